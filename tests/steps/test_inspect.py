"""What is asked about the code beside the last release: real git, real cargo, real clippy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from loadmaster.planning.plan import ReleasePlan, plan_release
from loadmaster.planning.profile.project import ClippyScope
from loadmaster.planning.registry.seen import Judged, Seen
from loadmaster.planning.tree.tree import TreeFiles
from loadmaster.planning.values.gate import Outcome
from loadmaster.rehearsal.request import rehearse_request
from loadmaster.rehearsal.world import rehearsal
from loadmaster.run.job import Job
from loadmaster.run.sandboxing import READS_VARIABLE
from loadmaster.run.store import Store
from loadmaster.steps import inspect, prepare
from loadmaster.steps.check import check
from loadmaster.steps.look import look
from tests.kit.hangar import FILES, commit_all, git, repository, write

pytestmark = pytest.mark.cargo

OLD = "pub const KILOGRAM: u32 = 1000;\npub fn one(x: u32) -> u32 {\n    return x;\n}\n"
NEW = OLD + "pub fn two(x: Vec<u32>) -> bool {\n    x.len() == 0\n}\n"
Looked = tuple[Job, Seen, ReleasePlan]


@contextmanager
def released_before(tmp_path: Path, now: Mapping[str, str], version: str = "minor") -> Iterator[Looked]:
    """A workspace that was released as 0.4.0 with a warning in it, and has changed since then."""
    source = repository(tmp_path / "source", {"units/src/lib.rs": OLD})
    git(source, "tag", "v0.4.0")
    write(source, {"README.md": "Later.\n", **now})
    commit_all(source)
    request = rehearse_request({"project": "demo", "version": version, "repository": str(source)})
    store = Store(tmp_path / "home")
    with rehearsal(request, store.run("one"), store) as job:
        style = job.project.cargo.model_copy(update={"deny_warnings": False})
        job = replace(job, project=job.project.model_copy(update={"cargo": style}))
        seen = look(job)
        yield job, seen, plan_release(seen, job.project, job.pinned.asked, job.pinned.today)


def test_a_warning_that_the_last_release_had_passes(tmp_path: Path) -> None:
    with released_before(tmp_path, {"units/src/lib.rs": f"//! Moved.\n\n{OLD}"}) as (job, seen, plan):
        assert inspect.clippy(job, seen, plan).passed


def test_a_new_warning_is_told_and_the_old_one_is_not(tmp_path: Path) -> None:
    with released_before(tmp_path, {"units/src/lib.rs": NEW}) as (job, seen, plan):
        found = inspect.clippy(job, seen, plan)
        assert not found.passed
        assert found.findings
        assert not any("return" in each for each in found.findings)


def test_members_are_linted_although_another_package_has_their_name_and_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = repository(tmp_path / "elsewhere with a namesake")
    monkeypatch.setenv(READS_VARIABLE, str(elsewhere))
    need = f'units-of-old = {{ package = "hangar-units", git = "{elsewhere.as_uri()}" }}\n'
    more = {
        "cli/Cargo.toml": FILES["cli/Cargo.toml"] + need,
        ".gitignore": "target\nCargo.lock\n",
        "units/src/lib.rs": NEW,
    }
    with released_before(tmp_path, more) as (job, seen, plan):
        style = job.project.cargo.model_copy(update={"clippy_of": ClippyScope.PUBLISHED})
        job = replace(job, project=job.project.model_copy(update={"cargo": style}))
        git(job.directory.checkout, "rm", "--quiet", "--cached", "Cargo.lock")
        (job.directory.checkout / "Cargo.lock").unlink()
        found = inspect.clippy(job, seen, plan)
    assert found.findings
    assert not any("ambiguous" in each for each in found.findings)


def test_what_was_published_before_and_is_gone_is_pointed_out(tmp_path: Path) -> None:
    private = '[package]\nname = "hangar-units"\nversion = "0.4.0"\nedition = "2021"\npublish = false\n'
    with released_before(tmp_path, {"units/Cargo.toml": private}) as (job, seen, plan):
        answers = {each.gate: each for each in check(job, seen, plan, Judged.none("not built"))}
    assert [each.where for each in answers["gone-crate"].warnings] == ["hangar-units"]
    assert answers["depends-on-unpublished"].outcome is Outcome.FAIL


def test_a_version_that_came_with_code_is_pointed_out(tmp_path: Path) -> None:
    with released_before(tmp_path, bumped(), "0.5.0") as (job, seen, plan):
        assert not plan.edits
        answers = {each.gate: each for each in check(job, seen, plan, Judged.none("not built"))}
    assert [each.where for each in answers["bump-alone"].warnings] == ["units/src/lib.rs"]


def bumped() -> dict[str, str]:
    """Everything of the next version, and code."""
    texts = {path: text.replace("0.4.0", "0.5.0") for path, text in FILES.items() if path != "CHANGELOG.md"}
    changelog = FILES["CHANGELOG.md"].replace("## [Unreleased]", "## [0.5.0] - 2026-11-01")
    return {**texts, "CHANGELOG.md": changelog, "units/src/lib.rs": NEW}


def test_without_a_declared_rust_nothing_is_built(tmp_path: Path) -> None:
    with released_before(tmp_path, {}) as (job, seen, plan):
        assert inspect.msrv(job, seen, plan).why == "no package declares a `rust-version`"


OWN_RUSTS = {
    "units/Cargo.toml": FILES["units/Cargo.toml"].replace("[package]\n", '[package]\nrust-version = "1.95"\n'),
    "cli/Cargo.toml": FILES["cli/Cargo.toml"].replace("[package]\n", '[package]\nrust-version = "1.57"\n'),
}


def test_each_package_is_checked_with_the_rust_that_it_declares(tmp_path: Path) -> None:
    with released_before(tmp_path, OWN_RUSTS) as (job, seen, plan):
        found = inspect.msrv(job, seen, plan)
    assert (found.ran, found.passed, found.findings) == (True, True, ())
    assert [why.partition(";")[0] for why in found.unasked] == [
        "`hangar-cli` with Rust 1.57: Rust 1.57.0 is not installed"
    ]


def test_a_check_with_the_oldest_rust_that_takes_too_long_could_not_be_made(tmp_path: Path) -> None:
    with released_before(tmp_path, OWN_RUSTS) as (job, seen, plan):
        style = job.project.cargo.model_copy(update={"msrv_within": 0.01})
        found = inspect.msrv(replace(job, project=job.project.model_copy(update={"cargo": style})), seen, plan)
    assert not found.ran
    assert "`hangar-units` with Rust 1.95: " in found.why
    assert "time" in found.why


def without_lockfile(files: TreeFiles) -> TreeFiles:
    texts = {path: text for path, text in files.texts.items() if path != "Cargo.lock"}
    return files.model_copy(update={"texts": texts})


def test_a_lockfile_that_cargo_left_where_none_is_tracked_is_neither_judged_nor_packaged_by(tmp_path: Path) -> None:
    untracked = {".gitignore": "target\nCargo.lock\n"}
    with released_before(tmp_path, untracked) as (job, seen, plan):
        checkout = job.directory.checkout
        git(checkout, "rm", "--quiet", "--cached", "Cargo.lock")
        source = seen.source.model_copy(update={"files": without_lockfile(seen.source.files), "lockfile_checks": ()})
        seen = seen.model_copy(update={"source": source})
        plan = plan_release(seen, job.project, job.pinned.asked, job.pinned.today)
        answers = {each.gate: each for each in check(job, seen, plan, Judged.none("not built"))}
        assert answers["lockfiles-current"].outcome is Outcome.SKIP
        prepare.commit(job, plan)
        assert (
            prepare.package(job, plan.versions, seen.source.tree, seen.registry, job.pinned.as_of).keys()
            == plan.versions.keys()
        )
