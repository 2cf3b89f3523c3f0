"""Registers the deployments of `prefect.yaml`, and keeps what an operator has switched in the UI.

Prefect's own `deploy` switches every schedule and deployment back on, and deletes schedules made in the UI. So it is given a
copy of our file with the operator's choices written in. Nothing is switched on, even for a moment.

It imports Prefect and every flow, which takes seconds. So it is left out where it would change nothing: if all that it reads
is as it was the last time, and the server's deployments are still those that it left. The projects that forms offer come and
go more often, and are written into the forms alone.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from loadmaster.clients.disk import writing
from loadmaster.errors.prefect import DeploymentsNotApplied, NoStackRunning
from loadmaster.planning.deployment import function_of, offer_projects
from loadmaster.planning.values.tell import Tell
from loadmaster.planning.values.value import Value
from loadmaster.planning.values.yaml_text import read_yaml
from loadmaster.run.profiles import project_names
from loadmaster.stack.access import connect
from loadmaster.stack.api import Api
from loadmaster.stack.code_digest import code_digest, digest
from loadmaster.stack.record import changing, read_record, running

Definition = dict[str, Any]
"""A part of `prefect.yaml`, or of the server's answer about a deployment, in Prefect's own shape."""

REGISTERING_SECONDS = 300.0
"""A server that hangs would keep Prefect's command for good. It takes 7 s on an idle machine; 60 s were seen on a busy one."""
ENTRIES_OF_A_SCHEDULE = ("cron", "day_or", "interval", "anchor_date", "rrule", "timezone")


class Registered(Value):
    """What the last registration read, and what the server had after it. Both are digests."""

    read: str
    deployed: str


def apply_deployments(home: Path, project_root: Path, env: Mapping[str, str], api: Api, tell: Tell) -> None:
    """Creates or updates every deployment of the project's `prefect.yaml`, unless all of them are right already, and offers the
    known projects in their forms. Raises `DeploymentsNotApplied`, `PrefectUnreachable`, `PrefectRefused`.
    """
    record, deployed = home / "registered.json", api.deployments()
    read = code_digest(project_root)
    if _last(record) != Registered(read=read, deployed=digest_of_deployments(deployed)):
        tell("registering the deployments")
        _register(home, project_root, env, deployed)
        deployed = api.deployments()
        with writing(record):
            registered = Registered(read=read, deployed=digest_of_deployments(deployed))
            record.write_text(registered.model_dump_json())
    _offer(api, deployed, project_names())


def _offer(api: Api, deployed: Iterable[Definition], names: tuple[str, ...]) -> None:
    for deployment in deployed:
        schema = deployment["parameter_openapi_schema"]
        if (wanted := offer_projects(schema, names)) != schema:
            api.give_form(deployment["id"], wanted)


def _last(record: Path) -> Registered | None:
    """None if nothing can be said of the last registration: then there is another one."""
    try:
        return Registered.model_validate_json(record.read_bytes())
    except (OSError, ValidationError):
        return None


MOVES_BY_ITSELF = frozenset({"created", "updated", "last_polled", "status", "active_slots"})
"""What Prefect changes in a deployment that nobody touches. A run takes a slot, and gives it back some time after its end."""


def digest_of_deployments(deployed: Iterable[Definition]) -> str:
    """Of all that a registration would write anew. Which projects the forms offer is none of that."""
    return digest(sorted((_lasting(offer_projects(each, ())) for each in deployed), key=lambda one: str(one.get("id"))))


def _lasting(part: Any) -> Any:
    if isinstance(part, list):
        return [_lasting(each) for each in part]
    if isinstance(part, dict):
        return {name: _lasting(value) for name, value in part.items() if name not in MOVES_BY_ITSELF}
    return part


def _register(home: Path, project_root: Path, env: Mapping[str, str], deployed: Iterable[Definition]) -> None:
    written = read_yaml((project_root / "prefect.yaml").read_text(encoding="utf-8"))
    merged = home / "prefect.yaml"
    with writing(merged):
        merged.write_text(json.dumps(add_choices(written, deployed), indent=2))  # JSON is YAML
    try:
        done = _deploy(merged, project_root, env)
    except subprocess.TimeoutExpired as error:
        raise DeploymentsNotApplied(f"it was not done within {REGISTERING_SECONDS:.0f} s") from error
    with writing(home / "deploy.log"):
        (home / "deploy.log").write_text(done.stdout)
    if done.returncode != 0:
        raise DeploymentsNotApplied("\n".join(done.stdout.rstrip().splitlines()[-25:]))


def _deploy(merged: Path, project_root: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(merged)],
        cwd=project_root,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
        timeout=REGISTERING_SECONDS,
    )


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


def offer_in_forms(home: Path, names: Iterable[str], tell: Tell) -> None:
    """Offers these projects in the forms of the running server, at once. Without a server there is nothing to do: the next one
    offers what is known when it starts. Raises `PrefectUnreachable`, `PrefectRefused`.
    """
    home, offered = home.resolve(), tuple(names)
    if read_record(home) is None:
        return
    with changing(home, tell):
        try:
            stack = running(home)
        except NoStackRunning:
            return
        with connect(home, stack) as api:
            _offer(api, api.deployments(), offered)
