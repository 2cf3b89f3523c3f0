"""Prepares, in the run's clone: the release commit, then the crates, packaged together and kept by their content."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from loadmaster.clients import cargo, git
from loadmaster.errors import BumpRefused
from loadmaster.job import Job
from loadmaster.planning.packaging import needs_index
from loadmaster.planning.plan import ReleasePlan
from loadmaster.planning.seen import RegistrySeen
from loadmaster.planning.state import ObjectState
from loadmaster.steps.look import look_at_workspace
from loadmaster.steps.publish import compare_published


def commit(job: Job, plan: ReleasePlan) -> str:
    """The release commit: every edit of the plan, or the base commit where there is none. Its id depends on the plan only.

    Raises `BumpRefused` if cargo does not accept the edited tree as it is.
    """
    checkout = job.directory.checkout
    if not plan.edits:
        return plan.base_commit
    for edit in plan.edits:
        (checkout / edit.path).write_bytes(edit.text.encode("utf-8"))
    for edit in plan.edits:
        if Path(edit.path).name == "Cargo.lock":
            _require_accepted(job, edit.path)
    return git.commit_all(checkout, plan.commit_message, job.identity, job.pinned.started)


def _require_accepted(job: Job, lockfile: str) -> None:
    problem = cargo.locked_problem(job.cargo(), (job.directory.checkout / lockfile).parent)
    if problem is not None:
        raise BumpRefused(lockfile, problem)


def package(job: Job, crates: Mapping[str, str], tree: str, registry: RegistrySeen) -> dict[str, str]:
    """Packages and verifies the crates (version by name) together; SHA-256 by name. The files are kept by content.

    `registry` is what is there before. Where the lockfile decides everything, cargo fetches once and stays off the index.
    """
    called, checkout, style = job.cargo(), job.directory.checkout, job.project.cargo
    target = job.store.build_directory(job.project.name, style.toolchain or "default", tree[:12])
    lockfile = _lockfile(job)
    offline = needs_index(look_at_workspace(job), crates, lockfile, registry) is None
    if offline:
        cargo.fetch(called, checkout)
    files = cargo.package(
        called, checkout, target, crates, locked=lockfile is not None, verify=style.verify, offline=offline
    )
    return {name: job.store.keep_crate(path) for name, path in files.items()}


def _lockfile(job: Job) -> str | None:
    """The tracked lockfile. One that cargo left there, for a workspace that tracks none, is of the versions before the bump."""
    file = job.directory.checkout / "Cargo.lock"
    if git.tracked_files(job.directory.checkout, "Cargo.lock"):
        return file.read_text(encoding="utf-8")
    file.unlink(missing_ok=True)
    return None


def compare_with_registry(
    job: Job, plan: ReleasePlan, registry: RegistrySeen, digests: Mapping[str, str]
) -> dict[str, ObjectState]:
    """`same` or `equivalent` for each crate of the plan that is out already. Raises `CrateTaken` for one that is another."""
    states = {}
    for crate in plan.crates:
        if (out := registry.find(crate.name, crate.version)) is not None:
            states[crate.name] = compare_published(job, crate, digests[crate.name], out).state
    return states
