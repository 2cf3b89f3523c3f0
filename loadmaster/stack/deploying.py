"""Registers the deployments of `prefect.yaml`, and keeps what an operator has switched in the UI.

Prefect's own `deploy` switches every schedule and deployment back on, and deletes schedules made in the UI. So it is given a
copy of our file with the operator's choices written in. Nothing is switched on, even for a moment.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from loadmaster.clients.disk import writing
from loadmaster.errors.prefect import DeploymentsNotApplied
from loadmaster.planning.deployment import function_of
from loadmaster.planning.values.yaml_text import read_yaml

Definition = dict[str, Any]
"""A part of `prefect.yaml`, or of the server's answer about a deployment, in Prefect's own shape."""

ENTRIES_OF_A_SCHEDULE = ("cron", "day_or", "interval", "anchor_date", "rrule", "timezone")


def apply_deployments(home: Path, project_root: Path, env: Mapping[str, str], deployed: Iterable[Definition]) -> None:
    """Creates or updates every deployment of the project's `prefect.yaml`. Raises `DeploymentsNotApplied`."""
    written = read_yaml((project_root / "prefect.yaml").read_text(encoding="utf-8"))
    merged = home / "prefect.yaml"
    with writing(merged):
        merged.write_text(json.dumps(add_choices(written, deployed), indent=2))  # JSON is YAML
    done = subprocess.run(
        [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(merged)],
        cwd=project_root,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    with writing(home / "deploy.log"):
        (home / "deploy.log").write_text(done.stdout)
    if done.returncode != 0:
        raise DeploymentsNotApplied("\n".join(done.stdout.rstrip().splitlines()[-25:]))


def add_choices(written: Definition, deployed: Iterable[Definition]) -> Definition:
    """`prefect.yaml` with the operator's choices: which deployments are paused, and which schedules are active.

    Schedules without a slug were made in the UI; ours have one. Deployments are matched by name and flow: an earlier version
    may have registered another entrypoint.
    """
    known = {_key(one): one for one in deployed}
    deployments = [
        _add_choices_of(ours, known[_key(ours)]) if _key(ours) in known else ours for ours in written["deployments"]
    ]
    return {**written, "deployments": deployments}


def _key(definition: Definition) -> tuple[str, str]:
    return definition["name"], function_of(definition["entrypoint"] or "")


def _add_choices_of(written: Definition, deployed: Definition) -> Definition:
    active = {schedule["slug"]: schedule["active"] for schedule in deployed["schedules"]}
    ours = [{**one, "active": active.get(one["slug"], one["active"])} for one in written.get("schedules", [])]
    made_in_ui = [_definition_of(schedule) for schedule in deployed["schedules"] if schedule["slug"] is None]
    return {**written, "paused": deployed["paused"], "schedules": ours + made_in_ui}


def _definition_of(schedule: Definition) -> Definition:
    timing = {name: value for name, value in schedule["schedule"].items() if name in ENTRIES_OF_A_SCHEDULE}
    return {**timing, "active": schedule["active"], "parameters": schedule["parameters"]}
