"""Runs a command of the project's own: in copies of the clone with all that is planned so far, and keeps what it made.

What it may not do is an error, and then nothing of it is taken over. An attempt that comes later takes the result that was kept.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from loadmaster.clients import cargo, git
from loadmaster.clients.commands import CommandCall, directory_of, run_in_tree
from loadmaster.clients.disk import remove_tree
from loadmaster.errors.cargo import CargoFailed, CargoOffline
from loadmaster.errors.release_commands.results import ReleaseCommandVaries
from loadmaster.planning.commands.changes import ChangedFile, changed_paths
from loadmaster.planning.commands.judging import CommandSeen, judge
from loadmaster.planning.commands.results import CommandResult, KeptResult, differing, key_of
from loadmaster.planning.commands.variables import variables
from loadmaster.planning.plan import ReleasePlan, commands_of
from loadmaster.planning.profile.release_command import ReleaseCommand
from loadmaster.planning.registry.seen import Seen
from loadmaster.planning.values.receipt import CommandRecord
from loadmaster.run.command_results import CommandResults
from loadmaster.run.job import Job
from loadmaster.steps.build_trees import fetch_for, has_lockfile
from loadmaster.steps.planned_trees import copy_planned
from loadmaster.steps.replanning import plan_with


def run_commands(job: Job, seen: Seen, draft: ReleasePlan) -> tuple[ReleasePlan, tuple[CommandRecord, ...]]:
    """The plan with what the project's commands make, one after the other. Raises what `run_command` raises."""
    plan, records = draft, []
    for command in commands_of(draft, seen, job.project):
        plan, record = run_command(job, seen, plan, command)
        records.append(record)
    return plan, tuple(records)


def run_command(job: Job, seen: Seen, plan: ReleasePlan, command: ReleaseCommand) -> tuple[ReleasePlan, CommandRecord]:
    """The plan with what the command makes of it. `plan` has the results of those before.

    Raises the errors of `loadmaster.errors.release_commands`, `CargoFailed`, `CargoOffline`, `DiskFull`, `NotWritten`.
    """
    told = variables(
        plan.versions,
        {crate.name: crate.current_version for crate in plan.crates},
        [tag.name for tag in plan.tags],
        job.pinned.today,
    )
    key, kept = _key(job, seen, plan, command, told), CommandResults(job.directory.commands)
    earlier = kept.find(key)
    if earlier is not None and kept.has_files(earlier.result.files):
        return plan_with(job, seen, plan, earlier.result), earlier.record(kept=True)
    found = _run(job, seen, plan, command, told)
    if earlier is not None and (paths := differing(earlier.result.files, found.result.files)):
        raise ReleaseCommandVaries(command.title, paths, earlier=True)
    after = plan_with(job, seen, plan, found.result)
    kept.keep(key, found)
    return after, found.record(kept=False)


def _key(job: Job, seen: Seen, plan: ReleasePlan, command: ReleaseCommand, told: Mapping[str, str]) -> str:
    """A name for everything that decides the result."""
    tree = (seen.source.tree, seen.source.carried.name, plan.edits, plan.commands)
    return key_of(tree, command, dict(told), seen.toolchain, job.project.cargo, job.sandbox is not None)


def _run(job: Job, seen: Seen, plan: ReleasePlan, command: ReleaseCommand, told: dict[str, str]) -> KeptResult:
    number, started = len(plan.commands) + 1, time.monotonic()
    files = _run_once(job, seen, plan, command, told, f"{number}")
    seconds = round(time.monotonic() - started, 3)
    if command.twice:
        again = _run_once(job, seen, plan, command, told, f"{number}-again")
        if paths := differing(files, again):
            raise ReleaseCommandVaries(command.title, paths, earlier=False)
    return KeptResult(result=CommandResult.of(command, files), seconds=seconds)


def _run_once(
    job: Job, seen: Seen, plan: ReleasePlan, command: ReleaseCommand, told: dict[str, str], name: str
) -> tuple[ChangedFile, ...]:
    """What it changed in a fresh copy, which is removed afterwards. The changed files' bytes are kept."""
    checkout, tree = job.directory.checkout, job.directory.build_trees / f"command-{name}"
    called, submodules = _cargo(job), [each.path for each in seen.source.carried.submodules]
    copy_planned(job, plan, tree)
    _fetch(called, command, tree)
    before, tracked = git.look_at_tree(tree, checkout), frozenset(git.all_tracked_files(checkout))
    run_in_tree(
        called, CommandCall(command=command, tree=tree, variables=told, log=job.directory.commands / f"{name}.log")
    )
    after = git.look_at_tree(tree, checkout)
    changed = changed_paths(before, after, tracked, submodules)
    sighting = CommandSeen(before, after, changed, tracked, submodules, git.paths_of_lfs(checkout, changed))
    files = judge(command, sighting)
    _keep(job, tree, files)
    remove_tree(tree)
    return files


def _cargo(job: Job) -> cargo.Cargo:
    """cargo with a build directory of the run's own commands: no other run's build is taken for one of this tree."""
    return job.cargo().with_target(job.directory.commands / "target")


def _fetch(called: cargo.Cargo, command: ReleaseCommand, tree: Path) -> None:
    """What cargo refuses to fetch, a gate tells with everything else. A command that needs it fails by itself."""
    inner = directory_of(command, tree)
    try:
        fetch_for(called, tree)
        if inner != tree and has_lockfile(inner):
            cargo.fetch(called, inner, locked=True, tree=tree)
    except CargoOffline:
        raise
    except CargoFailed:
        pass


def _keep(job: Job, tree: Path, files: Iterable[ChangedFile]) -> None:
    for file in files:
        if file.sha256 is not None:
            CommandResults(job.directory.commands).keep_file(tree / file.path, file.sha256)
