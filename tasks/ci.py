"""CI: follows the workflow runs of the release's tags to their ends, and compares each crate that appears.

The forge is looked at every few seconds, and the registry beside it. `planning.forge.watching` decides what a look means.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta

from prefect import get_run_logger
from prefect.artifacts import create_markdown_artifact

from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.forge.ci import CiNotApproved, CiTooSlow
from loadmaster.errors.run import RunCancelled
from loadmaster.planning.forge.show import runs_markdown
from loadmaster.planning.forge.watching import CiSight, CiState, pause
from loadmaster.planning.plan import Crate, ReleasePlan
from loadmaster.planning.profile.ci_style import CiStyle
from loadmaster.planning.values.artifact_key import artifact_key
from loadmaster.planning.values.receipt import ObjectRecord
from loadmaster.planning.values.state import ObjectState
from loadmaster.run.job import Job
from loadmaster.run.journal import Journal
from loadmaster.steps import ci_crates
from loadmaster.steps.forge import ci as step
from loadmaster.tasks.policy import asks_the_world, waits_out_outages
from loadmaster.tasks.publish import Accepted, Uploads

INDEX_SECONDS = 2.0
"""Between two looks at the registry's index."""
CLOSELY = 4
"""Every so many looks at a run that says nothing new, its jobs are asked for, too."""

start_workflow = asks_the_world("start workflow", "start workflow for {tag.name}")(step.start)
run_failed_again = asks_the_world("run failed jobs again")(step.run_failed_again)
confirm = asks_the_world("publish", "publish {crate.name} {crate.version}")(ci_crates.confirm_published)
"""Compares a crate that CI has published. It has the name of an upload, because it is that in the picture."""
_look = waits_out_outages(step.look)
_is_shown = waits_out_outages(ci_crates.is_shown)
_require_published = waits_out_outages(ci_crates.require_published)


class CiRuns:
    """The run of each tag, as it was seen last."""

    def __init__(self, job: Job, plan: ReleasePlan, commit: str, style: CiStyle, journal: Journal) -> None:
        self._job, self._plan, self._commit, self._style, self._journal = job, plan, commit, style, journal
        self._seen: dict[str, CiSight] = {}
        self._begun = self._changed = self._next = self._last = job.clock.now()
        self._approving = timedelta()
        self._looks = 0

    def begin(self) -> None:
        for tag in self._plan.tags:
            start_workflow(self._job, self._style, tag, self._commit)
        self.look()
        self._run_failed_again()

    def look(self) -> None:
        """Looks at every run that is not over, unless it is too soon. Raises what looking raises."""
        now = self._job.clock.now()
        if now < self._next:
            return
        if any(seen.state is CiState.WAITING for seen in self._seen.values()):
            self._approving += now - self._last
        self._last, before = now, dict(self._seen)
        for tag in self._plan.tags:
            known = self._seen.get(tag.name)
            if known is None or not known.state.is_over:
                wanted = step.wanted_run(self._style, tag, self._commit)
                self._seen[tag.name] = _look(self._job, wanted, known, closely=self._looks % CLOSELY == 0)
        self._looks += 1
        if self._seen != before:
            self._changed = now
            self._show(before)
        self._next = now + pause(now, self._changed, self._looks)

    @property
    def falls_back(self) -> bool:
        """Whether Loadmaster may upload what a run left out."""
        return self._style.falls_back

    @property
    def are_over(self) -> bool:
        return bool(self._seen) and all(seen.state.is_over for seen in self._seen.values())

    @property
    def unsuccessful(self) -> CiSight | None:
        """A run that is over without success."""
        ended = (seen for seen in self._seen.values() if seen.state.is_over)
        return next((seen for seen in ended if seen.state is not CiState.SUCCEEDED), None)

    def seen_for(self, crate: Crate) -> CiSight:
        tag = next(tag for tag in self._plan.tags if crate.name in tag.crates)
        return self._seen[tag.name]

    def failure(self, seen: CiSight) -> LoadmasterError:
        return step.failure(self._job, self._style.workflow, seen)

    def require_in_time(self) -> None:
        """Raises `CiRunMissing`, `CiNotApproved`, `CiTooSlow`."""
        now, style = self._job.clock.now(), self._style
        waited = (now - self._begun).total_seconds()
        approving = self._approving.total_seconds()
        for tag in self._plan.tags:
            seen = self._seen[tag.name]
            url = seen.url or ""
            if seen.state is CiState.ABSENT and waited > style.starts_within:
                wanted = step.wanted_run(style, tag, self._commit)
                raise step.missing(self._job, wanted, waited, len(self._plan.tags))
            if seen.state is CiState.WAITING and approving > style.approved_within:
                raise CiNotApproved(style.workflow, seen.says, url, approving)
            if not seen.state.is_over and waited - approving > style.ends_within:
                raise CiTooSlow(style.workflow, seen.says, url, waited - approving)

    def wait(self, seconds: float) -> None:
        """Raises `RunCancelled` if the run ends meanwhile."""
        if not self._job.outages.wait_until(self._job.clock.now() + timedelta(seconds=seconds)):
            raise RunCancelled

    def await_end(self) -> tuple[ObjectRecord, ...]:
        """The records of all runs, once all have succeeded. Raises the failure of one that has not, and what waiting raises."""
        while not self.are_over:
            self.require_in_time()
            self.wait(1.0)
            self.look()
        if (bad := self.unsuccessful) is not None:
            raise self.failure(bad)
        return self._records()

    def _records(self) -> tuple[ObjectRecord, ...]:
        return tuple(step.record_of_run(self._seen[tag.name], tag) for tag in self._plan.tags)

    def _run_failed_again(self) -> None:
        """What had failed before this attempt looked is run again, if the profile allows it."""
        failed = [tag for tag in self._plan.tags if self._seen[tag.name].state is CiState.FAILED]
        if not self._style.reruns or not failed:
            return
        for tag in failed:
            run = self._seen.pop(tag.name).run
            assert run is not None  # it is over
            run_failed_again(self._job, run)
        self._next = self._job.clock.now()
        self.look()

    def _show(self, before: Mapping[str, CiSight]) -> None:
        self._journal.note(*self._records())
        for tag in self._plan.tags:
            seen, known = self._seen[tag.name], before.get(tag.name)
            if known is None or seen.says != known.says:
                get_run_logger().info("%s for %s: %s", self._style.workflow, tag.name, seen.says)
        text = f"{self._style.workflow} of {self._plan.title}"
        key = artifact_key(self._job.project.name, "ci")
        markdown = runs_markdown(self._style.workflow, {tag.name: self._seen[tag.name] for tag in self._plan.tags})
        create_markdown_artifact(key=key, markdown=markdown, description=text)


def await_crates(
    job: Job,
    plan: ReleasePlan,
    runs: CiRuns,
    digests: Mapping[str, str],
    published: Collection[str],
    journal: Journal,
    on_accepted: Accepted,
) -> tuple[ObjectRecord, ...]:
    """Waits until CI has published every crate, and compares each with our own packaging: a record for each.

    A crate that is not there when its run is over has the record of that error. `published` are on the registry already. Raises
    what `CiRuns.require_in_time` raises.
    """
    awaited = {crate.name: crate for crate in plan.crates if crate.name not in published}
    records: dict[str, ObjectRecord] = {}
    for crate in awaited.values():
        journal.note(_awaited(crate))
    confirming = Uploads(job, plan, digests, confirm)
    confirming.start([crate.name for crate in plan.crates if crate.name in published], "before this attempt")
    left = len(published)
    while awaited or left:
        runs.look()
        shown = [crate for crate in awaited.values() if _is_next(crate, awaited) and _is_shown(job, crate)]
        for crate in shown:
            confirming.start([crate.name], runs.seen_for(crate).url or "")
            del awaited[crate.name]
        left += len(shown)
        if awaited and not shown:
            for crate, error in _lost(job, plan, runs, awaited):
                records[crate.name] = _absent(crate, error)
                journal.note(records[crate.name])
                del awaited[crate.name]
            if awaited:
                runs.require_in_time()
        until = job.clock.now() + timedelta(seconds=INDEX_SECONDS if not shown else 0.0)
        for name in confirming.wait_for_ended(until):
            outcome = confirming.outcome(name)
            assert isinstance(outcome, ObjectRecord)  # nothing was uploaded that could be postponed
            records[name], left = outcome, left - 1
            journal.note(outcome)
            if outcome.state is not ObjectState.UNKNOWN:
                on_accepted(plan.crate(name), outcome.sha256 or digests[name])
    return tuple(records[crate.name] for crate in plan.crates)


def _is_next(crate: Crate, awaited: Mapping[str, Crate]) -> bool:
    """Whether it may appear now. CI may publish in another order than ours, so one need is not waited for, only several."""
    return sum(name in awaited for name in crate.needs) <= 1


def _lost(
    job: Job, plan: ReleasePlan, runs: CiRuns, awaited: Mapping[str, Crate]
) -> list[tuple[Crate, LoadmasterError]]:
    """The crates that nobody will publish any more: their run is over, and the registry does not have them."""
    style = job.project.ci
    assert style is not None  # its runs are followed
    lost: list[tuple[Crate, LoadmasterError]] = []
    for crate in awaited.values():
        if not (seen := runs.seen_for(crate)).state.is_over:
            continue
        try:
            _require_published(job, crate, style, seen)
        except LoadmasterError as error:
            if error.outage:
                raise
            lost.append((crate, error))
    return lost


def _awaited(crate: Crate) -> ObjectRecord:
    why = "CI has not published it yet"
    return ObjectRecord(kind="crate", id=crate.id, state=ObjectState.ABSENT, code="awaits-ci", why=why)


def _absent(crate: Crate, error: LoadmasterError) -> ObjectRecord:
    return ObjectRecord.of_error("crate", crate.id, error).model_copy(update={"state": ObjectState.ABSENT})


def runs_of(job: Job, plan: ReleasePlan, commit: str, journal: Journal) -> CiRuns | None:
    """The runs of the release's tags, begun; None if the profile has no CI, or the release no forge."""
    if job.project.ci is None or not plan.on_forge:
        return None
    runs = CiRuns(job, plan, commit, job.project.ci, journal)
    runs.begin()
    return runs
