"""Who could make a release's smoke test, and what that means before anything is pushed."""

from __future__ import annotations

import pytest

from loadmaster.planning.smoke.host import HostFacts
from loadmaster.planning.smoke.style import SmokeStyle
from loadmaster.planning.smoke_worker import Offered, SmokePlace, place_of, worker_gate
from loadmaster.planning.values.gate import Outcome
from tests.kit.hosts import ABLE

WITHOUT_LSM = ABLE.model_copy(update={"lsms": ("lockdown",)})
WITHOUT_APT = ABLE.model_copy(update={"missing_tools": ("apt-get",)})
WITHOUT_ENGINE = ABLE.model_copy(update={"engine": None, "engine_problem": "nothing listens at `unix:///run/x`"})
NEITHER = WITHOUT_LSM.model_copy(update={"missing_tools": ("apt-get",)})


def style(**said: object) -> SmokeStyle:
    return SmokeStyle.model_validate(said)


ALL = Offered(forge=True, install=True)
KERNELS = ("6.1", "6.12")
DISPATCH = style(backend="dispatch", workflow="smoke.yml")
PLACES = {
    "a worker of the pool comes before this machine": (style(), True, ABLE, SmokePlace.POOL),
    "a worker of the pool does what this machine cannot": (style(), True, WITHOUT_ENGINE, SmokePlace.POOL),
    "this machine natively": (style(), False, WITHOUT_APT, SmokePlace.HERE),
    "this machine by a VM": (style(), False, WITHOUT_LSM, SmokePlace.HERE),
    "native was asked for, and cannot be": (style(backend="native"), False, WITHOUT_LSM, SmokePlace.NOWHERE),
    "a VM was asked for, and cannot be": (style(backend="vm"), False, WITHOUT_APT, SmokePlace.NOWHERE),
    "neither can be": (style(), False, NEITHER, SmokePlace.NOWHERE),
    "no engine": (style(), False, WITHOUT_ENGINE, SmokePlace.NOWHERE),
    "the forge needs no engine here": (DISPATCH, False, WITHOUT_ENGINE, SmokePlace.FORGE),
}


@pytest.mark.parametrize(("asked", "online", "here", "place"), PLACES.values(), ids=PLACES)
def test_it_is_made(asked: SmokeStyle, online: bool, here: HostFacts, place: SmokePlace) -> None:
    assert place_of(asked, ALL, runs_workflows=True, online=online, here=here)[0] is place


def test_a_rehearsal_dispatches_nothing() -> None:
    place, why = place_of(DISPATCH, ALL, runs_workflows=False, online=True, here=ABLE)
    assert (place, why) == (SmokePlace.NOWHERE, "a rehearsal's forge runs no workflow")


INSTALLED = {"binary": "hangar", "policy": "{victim}", "arguments": [], "ready": ["running"]}
OF_ASSETS = INSTALLED | {"asset": "hangar-{version}.tar.gz"}
LACKING: dict[str, tuple[dict[str, object], Offered, str]] = {
    "the installed program of a release that installs none": (
        {"artefact": INSTALLED},
        Offered(True, False),
        "[install]",
    ),
    "assets of a release without a forge": ({"artefact": OF_ASSETS}, Offered(False, True), "assets of the forge"),
    "a workflow, without a forge": (
        {"backend": "dispatch", "workflow": "smoke.yml"},
        Offered(False, True),
        "a workflow of the forge",
    ),
}


@pytest.mark.parametrize(("said", "offered", "told"), LACKING.values(), ids=LACKING)
def test_nobody_can_test(said: dict[str, object], offered: Offered, told: str) -> None:
    place, why = place_of(style(subject="release", **said), offered, runs_workflows=True, online=True, here=ABLE)
    assert place is SmokePlace.NOWHERE
    assert told in why


def test_what_a_release_does_not_need_it_may_lack() -> None:
    candidate = style(subject="release", artefact=INSTALLED, when="before-publish")
    for asked in (style(), candidate):
        assert place_of(asked, Offered(False, False), runs_workflows=True, online=True, here=ABLE)[0] is SmokePlace.POOL


def test_without_an_engine_one_is_told_how_to_get_one() -> None:
    _, why = place_of(style(), ALL, runs_workflows=False, online=False, here=WITHOUT_ENGINE)
    assert why.startswith("no Docker engine")
    assert "docker.io" in why


@pytest.mark.parametrize(
    ("asked", "may_skip", "outcome"),
    [
        (style(), False, Outcome.FAIL),
        (style(mode="best-effort"), False, Outcome.SKIP),
        (style(), True, Outcome.SKIP),
    ],
    ids=["a release that demands it", "a release that does not", "a rehearsal"],
)
def test_what_nobody_can_make(asked: SmokeStyle, may_skip: bool, outcome: Outcome) -> None:
    assert worker_gate(asked, SmokePlace.NOWHERE, "no engine", may_skip=may_skip, kernels=KERNELS).outcome is outcome


@pytest.mark.parametrize("place", [SmokePlace.HERE, SmokePlace.POOL, SmokePlace.FORGE])
def test_what_somebody_can_make_passes(place: SmokePlace) -> None:
    assert worker_gate(style(), place, "an engine", may_skip=False, kernels=KERNELS).outcome is Outcome.PASS


def test_a_kernel_that_cannot_be_booted_is_found_before_anything_is_released() -> None:
    asked = style(kernels=["6.12", "5.4"], mode="best-effort")
    answer = worker_gate(asked, SmokePlace.HERE, "an engine", may_skip=False, kernels=KERNELS)
    assert (answer.outcome, [each.where for each in answer.problems]) == (Outcome.FAIL, ["5.4"])


def test_a_workflow_of_the_forge_may_know_other_kernels() -> None:
    asked = style(backend="dispatch", workflow="smoke.yml", kernels=["5.4"])
    assert worker_gate(asked, SmokePlace.FORGE, "", may_skip=False, kernels=KERNELS).outcome is Outcome.PASS
