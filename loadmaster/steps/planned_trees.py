"""The tree that a plan brings about, written out: the clone's files, the plan's edits, and what the project's commands made.

No foreign code runs in these trees. `build_trees` makes those in which it does.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from loadmaster.clients.disk import copy_tree, remove_tree, writing
from loadmaster.clients.files import is_within
from loadmaster.errors.release_commands.results import ReleaseCommandRefused
from loadmaster.planning.commands.changes import ChangedFile, FileChange
from loadmaster.planning.commands.results import CommandResult
from loadmaster.planning.plan import ReleasePlan
from loadmaster.planning.values.value import digest
from loadmaster.run.command_results import CommandResults
from loadmaster.run.job import Job


def planned_copy(job: Job, plan: ReleasePlan) -> Path:
    """A copy of the run's clone with everything of the plan in it. It is made once in an attempt.

    Raises `DiskFull`, `NotWritten`.
    """
    place = job.directory.build_trees / f"planned-{digest(plan)[:12]}"
    if not place.exists():
        copy_planned(job, plan, place)
    return place


def copy_planned(job: Job, plan: ReleasePlan, place: Path) -> None:
    """Makes `place` such a copy. Raises `DiskFull`, `NotWritten`."""
    unfinished = unfinished_copy(job.directory.checkout, place)
    write_plan(job, plan, unfinished)
    unfinished.rename(place)


def unfinished_copy(source: Path, place: Path) -> Path:
    """A copy of a clone, where `place` is made until it is whole. The git objects, which nobody changes, are shared."""
    unfinished = place.with_name(f"{place.name}.unfinished")
    for former in (unfinished, place):
        remove_tree(former)
    copy_tree(source, unfinished, linked=".git/objects")
    return unfinished


def write_plan(job: Job, plan: ReleasePlan, tree: Path) -> None:
    """Writes the plan's edits, and then what its commands made, into a tree of its base commit. Raises `DiskFull`, `NotWritten`."""
    for edit in plan.edits:
        with writing(tree / edit.path):
            (tree / edit.path).write_bytes(edit.text.encode("utf-8"))
    for result in plan.commands:
        _write_result(job, result, tree)


def _write_result(job: Job, result: CommandResult, tree: Path) -> None:
    """First what is deleted: a file may take the place of a directory."""
    for file in sorted(result.files, key=lambda file: file.how is not FileChange.DELETED):
        place = tree / file.path
        with writing(place):
            if not is_within(place.parent.resolve(), tree.resolve()):
                raise ReleaseCommandRefused(result.name, {file.path: "a symbolic link above it leads out of the tree"})
            if file.how is FileChange.DELETED:
                place.unlink(missing_ok=True)
            else:
                _write_file(job, file, place)


def _write_file(job: Job, file: ChangedFile, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    remove_tree(place)  # also a link, which would be written through
    if file.sha256 is None:
        place.symlink_to(str(file.link))
    else:
        shutil.copyfile(CommandResults(job.directory.commands).file(file.sha256), place)
        place.chmod(0o755 if file.executable else 0o644)
