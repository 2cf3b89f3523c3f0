"""What a worker carries out, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from loadmaster.planning.deployment import FoundRun, why_not_ours, written_deployments, written_for

STEP = "prefect.deployments.steps.set_working_directory"
WRITTEN = written_deployments(
    {
        "pull": [{STEP: {"directory": "/checkout"}}],
        "deployments": [
            {"name": "release", "entrypoint": "loadmaster.flows.release.release", "work_pool": {"name": "loadmaster"}},
            {"name": "lsm-smoke", "entrypoint": "loadmaster.flows.smoke.smoke", "work_pool": {"name": "ebpf"}},
        ],
    }
)
OURS = FoundRun(
    pool="loadmaster",
    deployment="release",
    flow="release",
    entrypoint="loadmaster.flows.release.release",
    steps=(STEP,),
)

REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("a run of no deployment", {"deployment": None}, "it belongs to no deployment"),
    ("a deployment that somebody made", {"deployment": "shell"}, "no deployment `release/shell`"),
    ("our deployment's name for another flow", {"flow": "smoke"}, "no deployment `smoke/release`"),
    ("a worker of another pool", {"pool": "ebpf"}, "for the work pool `ebpf`"),
    ("another entrypoint", {"entrypoint": "/tmp/x.py:release"}, "its entrypoint is `/tmp/x.py:release` instead of"),
    ("no entrypoint", {"entrypoint": None}, "its entrypoint is `None`"),
    ("another pull step", {"steps": (STEP, "prefect.deployments.steps.run_shell_script")}, "run_shell_script"),
    ("no pull step: the code comes from storage", {"steps": ()}, "its pull steps are"),
    ("a command", {"job_variables": ("command",)}, "it sets `command`"),
    ("variables", {"job_variables": ("working_dir", "env", "env")}, "it sets `env`, `working_dir`"),
]


def test_our_own_deployment_is_carried_out_with_its_own_entrypoint() -> None:
    assert why_not_ours(OURS, WRITTEN) == ()
    assert written_for(OURS, WRITTEN) == WRITTEN[0]


@pytest.mark.parametrize(("changed", "told"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_anything_else_is_refused_and_told(changed: dict[str, Any], told: str) -> None:
    problems = why_not_ours(OURS.model_copy(update=changed), WRITTEN)
    assert told in "; ".join(problems)
