"""Commands that a person is led to before a release, and from the page of a rehearsal."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from loadmaster.clients.registry.registry import RegistryClient
from loadmaster.planning.show import receipt_markdown
from loadmaster.steps import publish
from tests.kit.hangar import commit_all
from tests.kit.next_step import run_as_printed, start_as_printed
from tests.kit.prepared_job import opening, prepared
from tests.kit.receipts import receipt
from tests.kit.running import loadmaster
from tests.kit.step_world import Opening, Prepared
from tests.kit.waiting import code_of, line_of

__all__ = ["opening", "prepared"]

pytestmark = pytest.mark.cargo


def test_the_help_of_a_command_says_what_it_takes(home: Path, cloned: Path, tmp_path: Path) -> None:
    asked = ("plan", "--project", "demo", "--version", "minor", "--repository", str(cloned), "--as-of")
    refused = loadmaster(home, *asked, "yesterday")
    assert refused.code == 2

    shown = run_as_printed("WrongRequest", "loadmaster COMMAND --help", refused.err, tmp_path, COMMAND="plan")

    assert "RFC 3339" in shown.stdout
    assert loadmaster(home, *asked, "2026-11-20T00:00:00Z").code == 0


def test_the_help_says_what_was_left_out(home: Path, tree: Path, tmp_path: Path) -> None:
    misused = loadmaster(home, "bump", str(tree), "--json")
    assert (misused.code, "--version" in misused.document["failure"]["what"]) == (2, True)

    shown = run_as_printed("usage._misuse_told", "{command} --help", misused.document["failure"]["next"], tmp_path)

    assert "--version" in shown.stdout
    assert loadmaster(home, "bump", str(tree), "--version", "minor", "--json").code == 0


STALE = (
    'version = 4\n\n[[package]]\nname = "fuzz"\nversion = "0.0.0"\ndependencies = [\n "hangar-units",\n]\n\n'
    '[[package]]\nname = "hangar-units"\nversion = "0.3.0"\n'
)


def test_a_first_profile_leads_to_current_lockfiles_and_to_a_plan(home: Path, cloned: Path, tmp_path: Path) -> None:
    fuzz, projects = cloned / "fuzz", tmp_path / "projects"
    fuzz.mkdir()
    (fuzz / "lib.rs").touch()
    (fuzz / "Cargo.toml").write_text(
        '[workspace]\n[package]\nname = "fuzz"\nversion = "0.0.0"\nedition = "2021"\npublish = false\n'
        '[lib]\npath = "lib.rs"\n[dependencies]\nhangar-units = { path = "../units" }\n'
    )
    (fuzz / "Cargo.lock").write_text(STALE)
    commit_all(cloned)
    here = {"LOADMASTER_HOME": str(home), "LOADMASTER_PROJECTS": str(projects)}
    first = loadmaster(home, "init", str(cloned), "--name", "my ship", "--into", str(projects), **here)
    assert 'stale_lockfiles = ["fuzz/Cargo.lock"]' in first.out

    run_as_printed("first_profile._WHY_STALE", "cargo update --workspace", first.out, fuzz)
    commit_all(cloned)
    profile = projects / "my ship.toml"
    kept = [line for line in profile.read_text().splitlines() if not line.startswith("stale_lockfiles")]
    profile.write_text("\n".join([*kept, "[rehearsal]", "upstream = false", ""]))  # a test asks no other registry

    planned = run_as_printed(
        "init._next_commands", "loadmaster plan --project {project} --version patch", first.out, tmp_path, here
    )
    assert "lockfiles-accepted: pass (2 checked)" in planned.stdout


def test_the_world_of_a_rehearsal_is_opened_again(opening: Opening, prepared: Prepared, tmp_path: Path) -> None:
    crate = prepared.plan.crate("hangar-units")
    with opening() as job:
        publish.publish_crate(job, crate, prepared.digests[crate.name])
        world = job.directory.world.rename(tmp_path / "a world's place")
    page = receipt_markdown(receipt(world="rehearsal", objects=()), None, kept_in=str(world))

    here = {"LOADMASTER_HOME": str(tmp_path / "home")}
    with start_as_printed(
        "show._world_lines",
        "loadmaster world --project {shlex.quote(receipt.project)} --directory {shlex.quote(kept_in)}{as_of}",
        page,
        tmp_path,
        here,
    ) as process:
        lines = iter(lambda: line_of(process.stdout, "the world"), "")
        index = next(line for line in lines if line.startswith("registry")).split()[1]
        assert [line.version for line in RegistryClient(index).versions(crate.name)] == [crate.version]
        process.send_signal(signal.SIGTERM)
        assert code_of(process, "the world") == 0
