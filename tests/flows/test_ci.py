"""Releases whose forge takes part: CI publishes or only builds, commits land by pull requests, and what of it goes wrong.

Each that stops does so with its own error of the catalogue, and is finished by Retry after the repair.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from prefect import flow
from prefect.client.schemas.objects import State

from loadmaster.errors import also
from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.forge import ci, landing
from loadmaster.errors.registry import CratesNotPublished
from loadmaster.errors.request import GatesClosed
from loadmaster.flows.rehearse import rehearse
from loadmaster.flows.release import carry_out
from loadmaster.planning.values.receipt import ObjectRecord, Receipt, ReceiptOutcome
from loadmaster.planning.values.state import THERE
from loadmaster.rehearsal.faults import Fault
from loadmaster.rehearsal.forge_scenario import (
    ApprovedAfter,
    AssetMishap,
    ForgeScenario,
    ForgeTokenRights,
    MergedByPerson,
    NewerRun,
    Overtaken,
    PlantedRelease,
    PlayedCheck,
    PlayedEnvironment,
    PlayedJob,
    SecondaryLimit,
)
from loadmaster.rehearsal.request import RehearseRequest
from loadmaster.rehearsal.world import rehearsal
from loadmaster.run.allowed import allow
from loadmaster.run.store import RunDirectory, Store
from tests.kit.evidence import accepted, receipt_of
from tests.kit.hangar import WORKFLOW, git, repository

pytestmark = [pytest.mark.cargo, pytest.mark.xdist_group("flows")]

PROFILE = """forge = "ada/hangar"
assets = ["hangar-{version}.tar.gz", "hangar-{version}.tar.gz.sha256"]
[source]
repository = "REPOSITORY"
[cargo]
clippy = false
msrv = false
verify = false
[registry]
new_burst = 30
[rehearsal]
upstream = false
[[rehearsal.jobs]]
name = "build"
seconds = 0
[[rehearsal.jobs]]
name = "publish-crates"
seconds = 0
does = "publish"
[[rehearsal.jobs]]
name = "upload"
seconds = 0
does = "upload"
[ci]
workflow = "release.yml"
job = "publish-crates"
"""
SPEED = 10.0
"""Seconds of the world's clock for each real one: the forge is asked every five of them."""
BY_PULL = '[landing]\nway = "pull-request"\n'


class Hangar(NamedTuple):
    place: Path
    store: Store

    def says(self, more: str = "", landing: str = "") -> None:
        """`more` are settings of the table `ci`."""
        text = PROFILE.replace("REPOSITORY", str(self.place / "repository"))
        (self.place / "projects" / "hangar.toml").write_text(f"{text}{more}\n{landing}")

    def rehearsed(
        self, scenario: ForgeScenario | None = None, publisher: str = "ci", **more: Any
    ) -> tuple[State[Receipt], RunDirectory]:
        request = requested(scenario, publisher, **more)
        allow(request, self.store)
        state = rehearse(request, return_state=True)
        return state, self.store.run(str(state.state_details.flow_run_id))

    def again(
        self, directory: RunDirectory, scenario: ForgeScenario | None = None, publisher: str = "ci", **more: Any
    ) -> Receipt:
        return rehearse_again(requested(scenario, publisher, **more), directory.path.name, self.store)


def requested(scenario: ForgeScenario | None, publisher: str, **more: Any) -> RehearseRequest:
    said = {"project": "hangar", "version": "minor", "clock_speed": SPEED, "publisher": publisher, "forge": scenario}
    return RehearseRequest.model_validate(said | more)


@flow(name="rehearse again")
def rehearse_again(request: RehearseRequest, identity: str, store: Store) -> Receipt:
    """What Retry makes of the flow `rehearse`."""
    directory = store.run(identity)
    with directory.locked(), rehearsal(request, directory, store) as job:
        return carry_out(job)


@pytest.fixture
def hangar(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hangar:
    (tmp_path / "projects").mkdir()
    repository(tmp_path / "repository")
    monkeypatch.setattr("loadmaster.run.profiles.PROJECTS", tmp_path / "projects")
    made = Hangar(tmp_path, store)
    made.says()
    return made


def failure_of(state: State[Receipt]) -> LoadmasterError:
    failure = state.result(raise_on_failure=False)
    assert isinstance(failure, LoadmasterError), failure
    return failure


def object_of(receipt: Receipt, kind: str) -> ObjectRecord:
    return next(each for each in receipt.objects if each.kind == kind)


def is_whole(receipt: Receipt) -> bool:
    """Whether everything is out, with the assets that CI promises."""
    names = {each.id for each in receipt.objects if each.kind == "asset"}
    promised = {"hangar-0.5.0.tar.gz", "hangar-0.5.0.tar.gz.sha256", "SHA256SUMS", "receipt.json"}
    there = all(each.state in THERE for each in receipt.objects)
    return receipt.outcome is ReceiptOutcome.RELEASED and there and promised <= names


def essence(receipt: Receipt) -> set[tuple[str, str, str]]:
    """Every object. The commits of two runs have their own instants, and so ids."""
    return {(each.kind, "" if each.kind == "commit" else each.id, str(each.state)) for each in receipt.objects}


ONCE = Counter({"hangar-cli": 1, "hangar-units": 1})


def test_both_ways_agree_on_every_object_and_ask_the_forge_little(hangar: Hangar) -> None:
    made = {}
    for publisher in ("direct", "ci"):
        state, directory = hangar.rehearsed(publisher=publisher)
        assert state.is_completed(), state.message
        made[publisher] = receipt_of(directory)
        assert is_whole(made[publisher])
        assert accepted(directory) == ONCE
    one, other = (essence(made[publisher]) for publisher in ("direct", "ci"))
    assert one == other
    assert {"published_by" in (each.facts or {}) for each in made["ci"].objects if each.kind == "crate"} == {True}
    used = made["ci"].forge
    assert used is not None
    assert 0 < used.requests < 60


def job(name: str = "publish-crates", **more: Any) -> ForgeScenario:
    return ForgeScenario(jobs=(PlayedJob(name=name, **more),))


STOPS: dict[str, tuple[ForgeScenario, str, type[LoadmasterError], str]] = {
    "no run appears": (ForgeScenario(runs="none"), "starts_within = 20.0", ci.CiRunMissing, "No run of `release.yml`"),
    "an environment waits for approval": (
        ForgeScenario(environments=(PlayedEnvironment(name="crates", reviewers=("grace",), answer="never"),)),
        "approved_within = 20.0",
        ci.CiNotApproved,
        "the environment `crates` waits for approval by grace",
    ),
    "an approval is refused": (
        ForgeScenario(environments=(PlayedEnvironment(name="crates", answer="rejected"),)),
        "",
        ci.CiFailed,
        "failed",
    ),
    "a job fails at the second crate": (
        job(fails_at=2, log=("\x1b[31merror\x1b[0m: 503 with ghp_0123456789abcdefABCDEF0123456789abcd",)),
        "",
        ci.CiFailed,
        "`publish-crates`",
    ),
    "another job fails": (job("upload", conclusion="failure"), "", ci.CiFailed, "failed in `upload`"),
    "no runner takes a job": (job(never_starts=True), "ends_within = 40.0", ci.CiTooSlow, "has not ended within"),
    "the run is cancelled": (job("build", conclusion="cancelled"), "", ci.CiCancelled, "was cancelled"),
    "an asset is missing": (
        ForgeScenario(assets=(AssetMishap(name="*.sha256", becomes="missing"),)),
        "",
        ci.AssetsIncomplete,
        "`hangar-0.5.0.tar.gz.sha256` is missing",
    ),
    "an asset has another name": (
        ForgeScenario(assets=(AssetMishap(name="*.tar.gz", becomes="renamed"),)),
        "",
        ci.AssetsIncomplete,
        "`hangar-0.5.0.tar.gz` is missing, and",
    ),
    "a checksum file ends as on Windows": (
        ForgeScenario(assets=(AssetMishap(name="*.sha256", becomes="crlf"),)),
        "",
        ci.AssetsIncomplete,
        "CR and LF",
    ),
    "an upload broke off": (
        ForgeScenario(assets=(AssetMishap(name="*.tar.gz", becomes="starter"),)),
        "",
        LoadmasterError,
        "hangar-0.5.0.tar.gz",
    ),
}


@pytest.mark.parametrize("what", STOPS)
def test_what_goes_wrong_in_ci_stops_with_its_own_words(what: str, hangar: Hangar) -> None:
    scenario, settings, kind, told = STOPS[what]
    hangar.says(settings)
    state, directory = hangar.rehearsed(scenario)
    error = failure_of(state)
    assert isinstance(error, kind), error
    assert told in str(error) or kind is LoadmasterError
    assert "\x1b" not in str(error)
    assert "ghp_" not in str(error)
    receipt = receipt_of(directory)
    assert receipt.outcome is ReceiptOutcome.FAILED
    assert not any(each.kind == "release" for each in receipt.objects)


def test_a_job_that_failed_halfway_is_run_again_by_retry_and_nothing_is_uploaded_twice(hangar: Hangar) -> None:
    scenario = job(fails_at=2, in_attempts=(1,))
    hangar.says("reruns = true")
    state, directory = hangar.rehearsed(scenario)
    assert isinstance(failure_of(state), ci.CiFailed)
    assert sum(accepted(directory).values()) == 1
    receipt = hangar.again(directory, scenario)
    assert is_whole(receipt)
    assert accepted(directory) == ONCE
    assert (object_of(receipt, "workflow-run").facts or {})["attempt"] == 2


def test_without_leave_to_run_it_again_retry_says_the_same(hangar: Hangar) -> None:
    scenario = job(fails_at=2, in_attempts=(1,))
    state, directory = hangar.rehearsed(scenario)
    assert isinstance(failure_of(state), ci.CiFailed)
    with pytest.raises(ci.CiFailed, match="Attempt 1"):
        hangar.again(directory, scenario)


def test_what_ci_left_out_is_uploaded_by_us_if_the_profile_says_so(hangar: Hangar) -> None:
    hangar.says("falls_back = true\nreruns = true")
    scenario = job(fails_at=2, in_attempts=(1,))
    state, directory = hangar.rehearsed(scenario)
    assert isinstance(failure_of(state), ci.CiFailed)  # the run failed all the same
    assert accepted(directory) == ONCE
    assert is_whole(hangar.again(directory, scenario))
    assert accepted(directory) == ONCE


def test_other_bytes_than_ours_stop_it_and_nothing_is_announced(hangar: Hangar) -> None:
    state, directory = hangar.rehearsed(job(alters=("hangar-units",)))
    error = failure_of(state)
    assert isinstance(error, CratesNotPublished)
    assert "hangar-units" in str(error)
    assert not any(each.kind == "release" for each in receipt_of(directory).objects)


@pytest.mark.parametrize("draft", [True, False], ids=["a draft", "a public one"])
def test_an_empty_release_that_is_there_is_filled_and_made_public(draft: bool, hangar: Hangar) -> None:
    scenario = ForgeScenario(releases=(PlantedRelease(tag="v0.5.0", draft=draft),))
    state, directory = hangar.rehearsed(scenario)
    assert state.is_completed(), state.message
    assert is_whole(receipt_of(directory))


def test_a_release_that_was_made_immutable_too_early_is_told_as_what_it_is(hangar: Hangar) -> None:
    scenario = ForgeScenario(releases=(PlantedRelease(tag="v0.5.0", immutable=True),))
    state, _ = hangar.rehearsed(scenario, publisher="direct")
    error = failure_of(state)
    assert isinstance(error, ci.ReleaseFrozen | ci.CiFailed), error


def test_a_newer_run_of_the_same_workflow_is_not_taken_for_ours(hangar: Hangar) -> None:
    scenario = ForgeScenario(newer_run=NewerRun(same_branch=True))
    state, directory = hangar.rehearsed(scenario)
    assert state.is_completed(), state.message
    assert is_whole(receipt_of(directory))


def test_a_wrong_order_of_crates_stops_in_the_words_of_the_job_and_is_finished_by_a_right_one(hangar: Hangar) -> None:
    hangar.says("reruns = true")
    state, directory = hangar.rehearsed(job(order=("hangar-cli", "hangar-units")))
    error = failure_of(state)
    assert isinstance(error, ci.CiFailed)
    assert "no matching package named `hangar-units` found" in str(error)
    assert is_whole(hangar.again(directory))
    assert accepted(directory) == ONCE


@pytest.mark.parametrize(
    "scenario",
    [
        ForgeScenario(secondary_limit=SecondaryLimit(after_writes=1, seconds=30)),
        ForgeScenario(requests_per_hour=12),
    ],
    ids=["the secondary limit", "the primary limit"],
)
def test_a_limit_of_the_forge_is_waited_out(scenario: ForgeScenario, hangar: Hangar) -> None:
    # Until the next hour. The token of trusted publishing would not live so long.
    speed, publisher = (2_000.0, "direct") if scenario.secondary_limit is None else (SPEED, "ci")
    hangar.says("starts_within = 500000.0\nends_within = 500000.0")
    state, directory = hangar.rehearsed(scenario, publisher, clock_speed=speed)
    assert state.is_completed(), state.message
    assert is_whole(receipt_of(directory))


def test_a_forge_that_is_down_for_a_minute_is_waited_out(hangar: Hangar) -> None:
    down = Fault(on="forge", after=8, for_seconds=60, status=503)
    state, directory = hangar.rehearsed(faults=(down,))
    assert state.is_completed(), state.message
    assert is_whole(receipt_of(directory))


@pytest.mark.parametrize("publisher", ["direct", "ci"])
@pytest.mark.parametrize("door", ["push-tag", "draft", "asset", "release"])
def test_an_answer_that_is_lost_after_its_effect_makes_nothing_twice(door: str, publisher: str, hangar: Hangar) -> None:
    lost = Fault.model_validate({"on": door, "lose_answer": True})
    state, directory = hangar.rehearsed(publisher=publisher, faults=(lost,))
    receipt = (
        receipt_of(directory) if state.is_completed() else hangar.again(directory, None, publisher, faults=(lost,))
    )
    assert is_whole(receipt)
    assert accepted(directory) == ONCE


class TestLanding:
    @pytest.mark.parametrize("door", ["branch", "pull", "merge"])
    @pytest.mark.parametrize("how", [{"lose_answer": True}, {"status": 502}], ids=["no answer", "a 502"])
    def test_an_answer_that_is_lost_opens_and_merges_nothing_twice(
        self, door: str, how: dict[str, object], hangar: Hangar
    ) -> None:
        hangar.says(landing=BY_PULL)
        fault = Fault.model_validate({"on": door, **how})
        state, directory = hangar.rehearsed(faults=(fault,))
        receipt = receipt_of(directory) if state.is_completed() else hangar.again(directory, faults=(fault,))
        assert is_whole(receipt)
        assert (object_of(receipt, "pull-request").facts or {})["number"] == 1
        assert accepted(directory) == ONCE

    @pytest.mark.parametrize("method", ["squash", "merge", "rebase"])
    def test_the_commit_lands_by_a_pull_request_and_is_tagged_where_it_landed(
        self, method: str, hangar: Hangar
    ) -> None:
        hangar.says(landing=f'{BY_PULL}method = "{method}"')
        scenario = ForgeScenario(
            requires_pull_request=True, required_checks=("test",), checks=(PlayedCheck(name="test", seconds=20),)
        )
        state, directory = hangar.rehearsed(scenario)
        assert state.is_completed(), state.message
        receipt, remote = receipt_of(directory), directory.world / "remote.git"
        assert is_whole(receipt)
        landed = object_of(receipt, "commit").id
        assert git(remote, "rev-parse", "v0.5.0^{}") == landed == receipt.commit
        assert git(remote, "merge-base", "main", landed) == landed
        assert object_of(receipt, "pull-request").id == "release/0.5.0"
        assert accepted(directory) == ONCE

    def test_a_person_may_merge_it(self, hangar: Hangar) -> None:
        hangar.says(landing=f'{BY_PULL}method = "person"')
        scenario = ForgeScenario(merged_by_person=MergedByPerson(method="squash", after_seconds=20))
        state, directory = hangar.rehearsed(scenario)
        assert state.is_completed(), state.message
        assert is_whole(receipt_of(directory))

    @pytest.mark.parametrize(
        ("scenario", "kind"),
        [
            (ForgeScenario(closed_after_seconds=5, checks=(PlayedCheck(name="t", seconds=60),)), landing.PullClosed),
            (ForgeScenario(overtaken=Overtaken(when="opened")), landing.PullOutdated),
            (ForgeScenario(overtaken=Overtaken(when="opened", conflicts=True)), LoadmasterError),
            (ForgeScenario(overtaken=Overtaken(when="merging")), landing.PullOvertaken),
            (ForgeScenario(checks=(PlayedCheck(name="test", conclusion="failure"),)), landing.PullChecksFailed),
            (ForgeScenario(checks=(PlayedCheck(name="test", conclusion=None),)), landing.PullNotReady),
            (ForgeScenario(approvals=ApprovedAfter(after_seconds=None)), landing.PullNotReady),
        ],
        ids=["closed", "outdated", "conflicts", "overtaken", "a check fails", "a check never ends", "no approval"],
    )
    def test_what_stops_it_has_its_own_words(
        self, scenario: ForgeScenario, kind: type[LoadmasterError], hangar: Hangar
    ) -> None:
        hangar.says(landing=f"{BY_PULL}checked_within = 30.0\nmerged_within = 30.0")
        state, directory = hangar.rehearsed(scenario)
        error = failure_of(state)
        assert isinstance(error, kind), error
        assert not any(each.kind in ("tag", "crate") for each in receipt_of(directory).objects)

    def test_retry_goes_on_with_the_same_pull_request(self, hangar: Hangar) -> None:
        hangar.says(landing=f"{BY_PULL}checked_within = 10.0\nmerged_within = 10.0")
        waits = ForgeScenario(checks=(PlayedCheck(name="test", seconds=100),))
        state, directory = hangar.rehearsed(waits)
        assert isinstance(failure_of(state), landing.PullNotReady)
        hangar.says(landing=BY_PULL)
        receipt = hangar.again(directory, waits)
        assert is_whole(receipt)
        assert (object_of(receipt, "pull-request").facts or {})["number"] == 1


@pytest.mark.parametrize(
    ("scenario", "landing_style", "told"),
    [
        (
            ForgeScenario(token=ForgeTokenRights(kind="fine-grained", permissions={"contents": "read"})),
            "",
            "it lacks `contents: write`",
        ),
        (
            ForgeScenario(token=ForgeTokenRights(kind="fine-grained", permissions={"contents": "write"})),
            BY_PULL,
            "it lacks `pull_requests: write`",
        ),
        (ForgeScenario(token=ForgeTokenRights(scopes=("workflow",))), "", "do not give it `contents: write`"),
        (ForgeScenario(token=ForgeTokenRights(role="read")), "", "may not write to the repository"),
        (ForgeScenario(requires_pull_request=True), "", "let changes in only by a pull request"),
        (ForgeScenario(merge_methods=("merge",)), BY_PULL, "does not allow to merge by `squash`"),
    ],
)
def test_what_the_forge_would_refuse_is_found_before_anything_starts(
    scenario: ForgeScenario, landing_style: str, told: str, hangar: Hangar
) -> None:
    hangar.says(landing=landing_style)
    state, directory = hangar.rehearsed(scenario, "direct")
    error = failure_of(state)
    assert isinstance(error, GatesClosed), error
    assert told in str(error)
    assert receipt_of(directory).objects == ()


ALSO = """
[[also]]
kind = "pypi"
name = "hangar-py"
wheels = ["any"]
job = "wheels"
imports = "hangar_py"
visible_within = 20.0
"""
WHEELS = '[[rehearsal.jobs]]\nname = "wheels"\nseconds = 0\ndoes = "wheels"\n'
PYPROJECT = '[project]\nname = "hangar-py"\nversion = "0.4.0"\n'


class TestPythonPackage:
    @pytest.fixture
    def with_package(self, hangar: Hangar) -> Hangar:
        repository = hangar.place / "repository"
        (repository / "py").mkdir()
        (repository / "py" / "pyproject.toml").write_text(PYPROJECT)
        workflow = repository / ".github" / "workflows" / "release.yml"
        workflow.write_text(f"{WORKFLOW}  wheels: {{needs: build, runs-on: x, permissions: {{id-token: write}}}}\n")
        git(repository, "add", "--all")
        git(repository, "commit", "--quiet", "-m", "A Python package")
        return hangar

    def test_it_is_waited_for_and_installed_as_a_user_would(self, with_package: Hangar) -> None:
        with_package.says(landing=WHEELS + ALSO)
        state, directory = with_package.rehearsed(publisher="direct")
        assert state.is_completed(), state.message
        receipt = receipt_of(directory)
        package = object_of(receipt, "package")
        assert (package.id, package.code) == ("hangar-py==0.5.0", "complete")
        installed = [each for each in receipt.objects if each.kind == "install"]
        assert [(each.id, (each.facts or {})["said"]) for each in installed] == [("hangar-py==0.5.0", "0.5.0")]

    def test_one_that_does_not_come_stops_it_and_names_the_job(self, with_package: Hangar) -> None:
        with_package.says(landing=ALSO)  # its job publishes nothing
        state, directory = with_package.rehearsed(publisher="direct")
        error = failure_of(state)
        assert isinstance(error, also.PackageNotThere)
        assert "`wheels`" in str(error)
        with_package.says(landing=WHEELS + ALSO)
        assert not any(each.kind == "release" for each in receipt_of(directory).objects)
