"""What a release asks of its own smoke test, and of which bytes."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from typing import Any

import pytest

from loadmaster.errors.smoke_run import SmokeNotPassed
from loadmaster.planning.smoke.report import Subject
from loadmaster.planning.smoke.result import SmokeOutcome, SmokeResult
from loadmaster.planning.smoke.style import Backend, SmokeStyle
from loadmaster.planning.smoke.verdict import Judgement, Mode, Verdict
from loadmaster.planning.values.gate import Outcome
from loadmaster.run.job import Job
from loadmaster.smoke.steps.of_release import ask_for_worker_without_prefect, request_of, require_passed
from tests.kit.step_world import Prepared

pytestmark = pytest.mark.cargo

ARTEFACT: dict[str, Any] = {
    "binary": "hangar",
    "policy": "{victim}",
    "arguments": [],
    "ready": ["running"],
    "object": {"file": "out/{version}.o"},
}


def style(**said: Any) -> SmokeStyle:
    return SmokeStyle.model_validate({"subject": "release", "artefact": ARTEFACT} | said)


def test_before_publishing_the_program_is_built_from_the_release_commit(job: Job, prepared: Prepared) -> None:
    asked = request_of(job, prepared.plan, style(when="before-publish"))
    assert asked.binary is not None
    told = subprocess.run([asked.binary, "--version"], capture_output=True, text=True, check=True).stdout
    assert told.startswith("hangar 0.5.0")


def test_afterwards_it_is_the_one_that_was_installed_from_the_registry(job: Job, prepared: Prepared) -> None:
    asked = request_of(job, prepared.plan, style())
    assert asked.binary == str(job.directory.path / "install" / "bin" / "hangar")
    assert (asked.version, asked.tag, asked.project, asked.forge) == ("0.5.0", "v0.5.0", "demo", job.world.forge)


@pytest.mark.parametrize(
    "of_assets",
    [{"asset": "hangar-{version}.tar.gz"}, {"object": {"asset": "hangar.o"}}],
    ids=["the program is an asset", "the object is one"],
)
def test_in_a_rehearsal_whose_forge_has_no_such_assets_it_is_the_probe_alone(
    of_assets: dict[str, Any], job: Job, prepared: Prepared
) -> None:
    asked = request_of(job, prepared.plan, style(artefact=ARTEFACT | of_assets))
    assert (asked.subject, asked.binary, asked.forge) == (Subject.PROBE, None, None)  # the probe needs neither


def outcome(verdict: Verdict) -> SmokeOutcome:
    judgement = Judgement(verdict=verdict, why="it was seen")
    return SmokeOutcome(
        results=(SmokeResult(judgement=judgement, backend=Backend.VM, subject=Subject.PROBE, kernel="6.12"),)
    )


def test_a_release_goes_on_only_after_a_denial() -> None:
    require_passed(outcome(Verdict.ENFORCED), Mode.ENFORCE)
    with pytest.raises(SmokeNotPassed, match=r"`not-enforced` for the probe on `6\.12` \(vm\)"):
        require_passed(outcome(Verdict.NOT_ENFORCED), Mode.BEST_EFFORT)
    with pytest.raises(SmokeNotPassed, match="`refused`"):
        require_passed(outcome(Verdict.REFUSED), Mode.ENFORCE)
    require_passed(outcome(Verdict.REFUSED), Mode.BEST_EFFORT)


def asking(job: Job, said: SmokeStyle | None) -> Job:
    return replace(job, project=job.project.model_copy(update={"smoke": said}))


def test_without_prefect_a_missing_engine_is_an_open_question_that_closes_nothing(job: Job, prepared: Prepared) -> None:
    (answer,) = ask_for_worker_without_prefect(asking(job, SmokeStyle()), prepared.plan)
    assert (answer.outcome, answer.opens) == (Outcome.COULD_NOT_CHECK, True)
    assert "only the Prefect server knows" in answer.why


def test_where_no_smoke_test_is_wanted_nobody_is_asked(job: Job, prepared: Prepared) -> None:
    assert ask_for_worker_without_prefect(asking(job, None), prepared.plan) == ()
