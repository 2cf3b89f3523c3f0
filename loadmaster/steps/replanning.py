"""Plans once more, on the tree that a command of the project's own left: it must still be the release that was planned."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from loadmaster.clients import cargo
from loadmaster.errors.base import LoadmasterError, is_worth_retrying
from loadmaster.errors.files import DiskFull, NotWritten
from loadmaster.errors.release_commands.results import ReleaseCommandBrokePlan
from loadmaster.planning.commands.results import CommandResult
from loadmaster.planning.plan import ReleasePlan, plan_release, with_result
from loadmaster.planning.registry.seen import Seen
from loadmaster.planning.tree.tree import LOCKFILE, MANIFEST
from loadmaster.planning.tree.workspace import Workspace
from loadmaster.run.job import Job
from loadmaster.steps.look import files_to_plan, workspace_in
from loadmaster.steps.planned_trees import planned_copy


def plan_with(job: Job, seen: Seen, plan: ReleasePlan, result: CommandResult) -> ReleasePlan:
    """The plan with the result in it. Raises `ReleaseCommandBrokePlan`; `CargoOffline`, `DiskFull`, `NotWritten`."""
    if not plan.edits or not result.files:  # the release commit gets nothing of it
        return with_result(plan, result, None)
    tree = planned_copy(job, plan.model_copy(update={"commands": (*plan.commands, result)}))
    with _told_as_broken(result):
        again = _plan_again(job, seen, plan, tree, result)
        after = with_result(plan, result, again)
        _require_accepted(job, seen, tree, result)
    return after


@contextmanager
def _told_as_broken(result: CommandResult) -> Iterator[None]:
    """Turns what is wrong with the tree into `ReleaseCommandBrokePlan`."""
    try:
        yield
    except (DiskFull, NotWritten, ReleaseCommandBrokePlan):
        raise
    except LoadmasterError as error:
        if is_worth_retrying(error):
            raise
        raise ReleaseCommandBrokePlan(result.name, error.what) from error


def _plan_again(job: Job, seen: Seen, plan: ReleasePlan, tree: Path, result: CommandResult) -> ReleasePlan:
    workspace = workspace_in(job.cargo(), tree, job.project.source.roots, "the tree after it")
    _require_members(seen.workspace, workspace, result)
    files = files_to_plan(job, tree, workspace, seen.source.carried)
    source = seen.source.model_copy(update={"files": files, "proposals": {}})
    after = seen.model_copy(update={"source": source, "workspace": workspace})
    return plan_release(after, job.project, plan.version, job.pinned.today)


def _require_members(before: Workspace, after: Workspace, result: CommandResult) -> None:
    """A private member, too, must stay: the gates and the lockfiles know it."""
    members = [{(package.name, package.manifest) for package in each.packages} for each in (before, after)]
    if moved := sorted({name for name, _ in members[0] ^ members[1]}):
        names = ", ".join(f"`{name}`" for name in moved)
        raise ReleaseCommandBrokePlan(result.name, f"the workspace has other members: {names}")


def _require_accepted(job: Job, seen: Seen, tree: Path, result: CommandResult) -> None:
    """Asks cargo about the lockfiles, if one of them or a manifest was changed."""
    if not {PurePosixPath(file.path).name for file in result.files} & {LOCKFILE, MANIFEST}:
        return
    for path in seen.source.lockfiles:
        problem = cargo.lockfile_problem(job.cargo().in_tree(tree), (tree / path).parent)
        if problem is not None:
            raise ReleaseCommandBrokePlan(result.name, f"cargo refuses `{path}`: {problem}")
