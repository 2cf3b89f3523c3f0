"""What the gates are told of the instant that a rehearsal sees: real git, real cargo."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from loadmaster.planning.plan import plan_release
from loadmaster.planning.profile.project import DeclaredWorkflow
from loadmaster.planning.registry.seen import Judged
from loadmaster.planning.values.gate import GateAnswer, Outcome
from loadmaster.rehearsal.request import rehearse_request
from loadmaster.rehearsal.world import rehearsal
from loadmaster.run.store import Store
from loadmaster.steps.check import check
from loadmaster.steps.look import look
from tests.kit import repositories
from tests.kit.hangar import repository

pytestmark = pytest.mark.cargo

YOUNGER = ("publish-list", "workflow-exists")


def answers(tmp_path: Path, as_of: str | None) -> dict[str, GateAnswer]:
    """By a profile that names a crate and a workflow which the commit does not have."""
    source = repository(tmp_path / "source")
    asked = {"project": "demo", "version": "minor", "repository": str(source), "as_of": as_of}
    store = Store(tmp_path / "home")
    with rehearsal(rehearse_request(asked), store.run("one"), store) as job:
        style = job.project.release.model_copy(update={"publish": ("hangar-cli", "hangar-units", "hangar-wing")})
        later = {"release": style, "workflows": (DeclaredWorkflow(file="kernel.yml"),)}
        job = replace(job, project=job.project.model_copy(update=later))
        seen = look(job)
        plan = plan_release(seen, job.project, job.wanted_version, job.pinned.today)
        return {each.gate: each for each in check(job, seen, plan, Judged.none("not built"))}


def test_what_only_todays_profile_knows_fails_a_release_of_today(tmp_path: Path) -> None:
    found = answers(tmp_path, None)
    assert {gate: found[gate].outcome for gate in YOUNGER} == dict.fromkeys(YOUNGER, Outcome.FAIL)


def test_what_only_todays_profile_knows_is_pointed_out_in_one_of_the_past(tmp_path: Path) -> None:
    found = answers(tmp_path, "commit")
    assert {gate: (found[gate].outcome, len(found[gate].warnings)) for gate in YOUNGER} == dict.fromkeys(
        YOUNGER, (Outcome.PASS, 1)
    )


def test_what_a_submodule_holds_is_none_of_the_texts_of_a_release(tmp_path: Path) -> None:
    source = repository(tmp_path / "source")
    corpus = repositories.repository(
        tmp_path / "corpus", {"Cargo.toml": b"\xff", "a/CHANGELOG.md": b"\xff", "Cargo.lock": b"\xff"}
    )
    repositories.add_submodule(source, "corpus", corpus)
    asked = {"project": "demo", "version": "minor", "repository": str(source)}
    store = Store(tmp_path / "home")
    with rehearsal(rehearse_request(asked), store.run("one"), store) as job:
        seen = look(job)
        plan = plan_release(seen, job.project, job.wanted_version, job.pinned.today)
        found = {each.gate: each for each in check(job, seen, plan, Judged.none("not built"))}
    assert (job.directory.checkout / "corpus" / "Cargo.toml").exists()
    assert found["submodules-there"].outcome is Outcome.PASS
