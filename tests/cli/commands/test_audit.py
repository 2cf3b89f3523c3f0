"""`loadmaster audit`, as a program: what was released is packaged again by real cargo, and compared with what is served."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from loadmaster.cli.commands.init import write_first_profile
from tests.kit import fleet
from tests.kit.checkout import ROOT
from tests.kit.hangar import git
from tests.kit.packing import body
from tests.kit.published import publish_in_turns
from tests.kit.registry_world import Served
from tests.kit.running import MEMBERS, VERSION, Ran, Repository, index_of, loadmaster, packaged

pytestmark = pytest.mark.cargo


def audit(home: Path, repository: Repository, index: str, *options: str) -> Ran:
    asked = ("--project", "demo", "--version", VERSION, "--repository", str(repository.directory))
    return loadmaster(home, "audit", *asked, "--registry", index, *options)


def states(ran: Ran) -> dict[str, str]:
    return {each["crate"]: each["state"] for each in ran.document["crates"]}


def as_cargo_packages(repository: Repository, tmp_path: Path) -> dict[str, bytes]:
    """The crates of the tagged commit, packaged by cargo without Loadmaster."""
    clone, target = tmp_path / "clone", tmp_path / "target"
    subprocess.run(("git", "clone", "--quiet", str(repository.directory), str(clone)), check=True)
    arguments = ("cargo", "package", "--workspace", "--no-verify", "--quiet", "--target-dir", str(target), "--offline")
    # Its own home: offline, cargo takes what this machine's home has of crates.io, where there are crates of these names.
    subprocess.run(arguments, cwd=clone, check=True, env={**os.environ, "CARGO_HOME": str(tmp_path / "cargo")})
    return {name: (target / "package" / f"{name}-{VERSION}.crate").read_bytes() for name in MEMBERS}


def test_what_cargo_published_is_the_same(home: Path, repository: Repository, world: Served, tmp_path: Path) -> None:
    repository.tag("v1.0.0")
    for name, crate in as_cargo_packages(repository, tmp_path).items():
        assert world.put(body(crate, name, VERSION)).status_code == 200
    ran = audit(home, repository, index_of(world), "--json")
    assert ran.code == 0, ran.out
    assert states(ran) == dict.fromkeys(MEMBERS, "same")
    assert not [*(home / "runs").iterdir()]


def test_what_is_another_crate_is_different_and_what_is_missing_absent(
    home: Path, repository: Repository, world: Served, tmp_path: Path
) -> None:
    repository.tag("v1.0.0")
    crates = as_cargo_packages(repository, tmp_path)
    assert world.put(body(crates["hull"], "hull", VERSION)).status_code == 200
    assert world.put(body(packaged("mid", needs=("hull",)), "mid", VERSION)).status_code == 200
    ran = audit(home, repository, index_of(world))
    assert ran.code == 1
    assert "1 absent, 1 different, 1 same" in ran.out
    assert "Cargo.toml" in ran.out


def test_a_version_without_a_tag_cannot_be_audited(home: Path, repository: Repository, world: Served) -> None:
    ran = audit(home, repository, index_of(world), "--json")
    assert ran.code == 1
    assert "no tag `v1.0.0`" in ran.document["failure"]["what"]


def test_the_plan_says_of_every_crate_how_it_stands(home: Path) -> None:
    """In a rehearsal world of its own nothing is out: every crate is absent, and nothing had to be packaged."""
    ran = loadmaster(home, "plan", "--project", "demo", "--version", "minor", "--json")
    crates = [each for each in ran.document["objects"] if each["kind"] == "crate"]
    assert {each["state"] for each in crates} == {"absent"}
    assert len(crates) == len(ran.document["release"]["crates"])


def test_a_first_profile_rehearses(home: Path, repository: Repository, tmp_path: Path) -> None:
    repository.tag("v1.0.0")
    profiles = tmp_path / "profiles"
    ran = loadmaster(
        home, "init", str(repository.directory), "--name", "ship", "--json", LOADMASTER_PROJECTS=str(profiles)
    )
    assert ran.code == 0, ran.err
    assert ran.document["project"] == "ship"
    again = loadmaster(home, "init", str(repository.directory), "--name", "ship", LOADMASTER_PROJECTS=str(profiles))
    assert again.code == 1
    assert "is there already" in again.err
    planned = loadmaster(
        home, "plan", "--project", "ship", "--version", "patch", "--json", LOADMASTER_PROJECTS=str(profiles)
    )
    assert [each["name"] for each in planned.document["release"]["tags"]] == ["v1.0.1"]
    assert not (ROOT / "projects" / "ship.toml").exists()


def test_a_release_of_several_workspaces_is_the_same_as_its_author_s(home: Path, world: Served, tmp_path: Path) -> None:
    place = fleet.repository(tmp_path / "fleet", fleet.SEVERAL)
    git(place, "tag", "v0.4.0")
    ours = {"LOADMASTER_PROJECTS": str(tmp_path / "profiles")}
    publish_in_turns(world, place, tmp_path, fleet.SEVERAL_IN, "0.4.0")
    roots = ("core/Cargo.toml", "tool/Cargo.toml")
    write_first_profile(place, None, tmp_path / "profiles", index_of(world), roots, force=False)
    asked = ("--project", "fleet", "--version", "0.4.0", "--registry", index_of(world), "--json")
    ran = loadmaster(home, "audit", *asked, **ours)
    assert (ran.code, states(ran)) == (0, dict.fromkeys(fleet.SEVERAL_IN, "same")), ran.out
    shown = loadmaster(home, "status", *asked, "--repository", str(place), **ours).document["objects"]
    assert {each["id"]: each["state"] for each in shown if each["kind"] == "tag"} == {"v0.4.0": "same"}
