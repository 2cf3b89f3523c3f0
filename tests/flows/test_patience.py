"""A whole release through outages of its registry, its forge and its git remote, on a clock on which minutes take seconds.

The patience is the profile's own, ten minutes by the world's clock.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from prefect import flow

from loadmaster.errors.registry import CratesNotPublished
from loadmaster.flows.rehearse import rehearse
from loadmaster.flows.release import carry_out
from loadmaster.planning.values.receipt import Receipt, ReceiptOutcome
from loadmaster.rehearsal.faults import Fault
from loadmaster.rehearsal.registry import Limits
from loadmaster.rehearsal.request import RehearseRequest
from loadmaster.rehearsal.world import rehearsal
from loadmaster.run.store import RunDirectory, Store
from tests.kit.checkout import ROOT
from tests.kit.evidence import CRATES, accepted, crates_of, each_once, receipt_of, uploads

pytestmark = [pytest.mark.cargo, pytest.mark.xdist_group("flows")]

TEN_MINUTES_IN_FIVE_SECONDS = 120.0
A_CENTURY = 100 * 365 * 86_400
NO_LIMITS = Limits(new_burst=1000)


class Logged(logging.Handler):
    """What Prefect logs, in this process."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    @property
    def waits(self) -> list[str]:
        """The lines about waiting that a command shows, without those about limits of uploads."""
        told = [each.getMessage() for each in self.records if each.levelno >= logging.WARNING]
        return [each for each in told if each.startswith("waiting")]

    @property
    def tracebacks(self) -> int:
        return sum(bool(each.exc_info) for each in self.records)


@pytest.fixture(scope="module", autouse=True)
def without_ci(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The demo without the table `ci`: on this clock every run of CI would be late."""
    projects = tmp_path_factory.mktemp("projects")
    text = (ROOT / "projects" / "demo.toml").read_text(encoding="utf-8")
    before, _, after = text.partition("[ci]\n")
    (projects / "demo.toml").write_text(before + after[after.index("[source]") :], encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("loadmaster.run.profiles.PROJECTS", projects)
        yield


@dataclass
class Released:
    directory: RunDirectory
    log: Logged = field(default_factory=Logged)
    error: BaseException | None = None

    @property
    def receipt(self) -> Receipt:
        return receipt_of(self.directory)


def released(store: Store, version: str, *faults: Fault, speed: float = TEN_MINUTES_IN_FIVE_SECONDS) -> Released:
    request = RehearseRequest(project="demo", version=version, faults=faults, clock_speed=speed, limits=NO_LIMITS)
    log, loggers = Logged(), [logging.getLogger(name) for name in ("prefect.flow_runs", "prefect.task_runs")]
    for logger in loggers:
        logger.addHandler(log)
    try:
        state = rehearse(request, return_state=True)
    finally:
        for logger in loggers:
            logger.removeHandler(log)
    failure = state.result(raise_on_failure=False)
    directory = store.run(str(state.state_details.flow_run_id))
    return Released(directory, log, failure if isinstance(failure, BaseException) else None)


@flow(name="rehearse again")
def again(request: RehearseRequest, identity: str, store: Store) -> Receipt:
    directory = store.run(identity)
    with directory.locked(), rehearsal(request, directory, store) as job:
        return carry_out(job)


FAULTS = (
    # The registry as a whole, from the first look on; and again during the uploads, and for cargo's own downloads.
    Fault(on="registry", status=503, detail="Service Unavailable", for_seconds=20),
    Fault(on="publish", status=503, form="html", after=3, for_seconds=20),
    Fault(on="publish", crate="hangar-cli", reset="before-body"),
    Fault(on="publish", crate="hangar-units", status=429, form="empty"),
    Fault(on="download", crate="hangar-cli", status=503, times=5),  # cargo itself tries four times
    # A push whose answer is lost, and a forge behind a proxy's page.
    Fault(on="push-tag", lose_answer=True),
    Fault(on="forge", status=200, form="html", times=2),
    Fault(on="asset", form="html"),
    Fault(on="release", status=502),
)


@pytest.fixture(scope="module")
def outages(store: Store) -> Released:
    return released(store, "patch", *FAULTS)


@pytest.fixture(scope="module")
def stopped(store: Store) -> Released:
    return released(store, "minor", Fault(on="publish", status=503, after=3, for_seconds=1e9))


class TestOutages:
    def test_the_release_goes_out_and_nothing_is_uploaded_twice(self, outages: Released) -> None:
        assert outages.error is None
        assert outages.receipt.outcome is ReceiptOutcome.RELEASED
        assert accepted(outages.directory) == each_once()

    def test_no_outage_leaves_a_traceback_and_each_is_one_line(self, outages: Released) -> None:
        assert outages.log.tracebacks == 0
        told = " ".join(outages.log.waits)
        for named in (
            "The registry gave no",
            "could not reach what it needs",
            "remote.git` gave no",
            "The forge gave no",
        ):
            assert named in told
        assert not any("\n" in each for each in outages.log.waits)
        assert len(outages.log.waits) < 12

    def test_the_receipt_counts_the_tries(self, outages: Released) -> None:
        crates = crates_of(outages.receipt)
        assert all(each.attempts >= 1 for each in crates.values())
        assert crates["hangar-cli"].attempts >= 2
        assert crates["hangar-units"].attempts >= 2
        by_kind = {each.kind: each.attempts for each in outages.receipt.objects}
        assert by_kind["release"] == 2
        assert by_kind["install"] == 2


class TestOutageWithoutEnd:
    def test_it_becomes_a_failure_of_its_own_when_the_patience_ends(self, stopped: Released) -> None:
        assert isinstance(stopped.error, CratesNotPublished)
        failed = [each for each in crates_of(stopped.receipt).values() if each.code == "registry-unreachable"]
        assert failed
        assert all("the outage has lasted" in str(each.why) for each in failed)

    def test_each_crate_says_how_often_it_was_tried_and_how_long(self, stopped: Released) -> None:
        tries = [each.crate for each in uploads(stopped.directory)]
        for name, each in crates_of(stopped.receipt).items():
            if each.code == "registry-unreachable":
                assert (each.attempts, each.seconds > 0) == (tries.count(name), True)

    def test_forty_that_wait_are_one_line_and_one_traceback_at_most(self, stopped: Released) -> None:
        assert len(stopped.log.waits) == 1
        assert stopped.log.tracebacks <= 1

    def test_a_second_attempt_finishes_it(self, stopped: Released, store: Store) -> None:
        out = accepted(stopped.directory)
        assert 0 < len(out) < len(CRATES)
        receipt = again(
            RehearseRequest(project="demo", version="minor", limits=NO_LIMITS), stopped.directory.path.name, store
        )
        assert receipt.outcome is ReceiptOutcome.RELEASED
        assert accepted(stopped.directory) == each_once()


def test_instants_a_century_away_are_bounded_and_said(store: Store) -> None:
    an_hour_in_a_second = 3600.0
    limits = (
        Fault(on="publish", crate="hangar-units", status=429, detail="slowly", retry_after_seconds=A_CENTURY),
        Fault(on="asset", status=403, detail="secondary rate limit", retry_after_seconds=A_CENTURY),
    )
    through = released(store, "major", *limits, speed=an_hour_in_a_second)
    assert through.error is None
    told = [each.getMessage() for each in through.log.records if each.levelno >= logging.WARNING]
    bounded = [each for each in told if "is more than an hour away; it is asked again at" in each]
    assert {each.split()[0] for each in bounded} == {"`hangar-units@1.0.0`", "waiting"}
    assert through.log.tracebacks == 0
