"""Where one stands: the workspace, its last release, what is unfinished, and the next command, without asking the network."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from loadmaster.cli.commands.known_runs import RunSeen
from loadmaster.cli.standing import (
    LastTag,
    last_release,
    standing_here,
    standing_text,
    unfinished_of,
    workspace_around,
)
from loadmaster.planning.registry.seen import TagSeen
from loadmaster.planning.way_on import WayOn
from loadmaster.run.store import Store
from tests.kit import fleet
from tests.kit.building import project
from tests.kit.hangar import git, repository, write


def tag(name: str, day: int) -> TagSeen:
    stamp = int(datetime(2026, 1, day, tzinfo=UTC).timestamp())
    return TagSeen(name=name, commit="c" * 40, parents=(), committed=stamp, subject="Release")


LAST = {
    "the youngest version": ((tag("v1.0.0", 1), tag("v1.1.0", 5)), "v1.1.0"),
    "the youngest, also of an older line": ((tag("v2.0.0", 1), tag("v1.1.1", 5)), "v1.1.1"),
    "the highest of one day": ((tag("v1.9.0", 1), tag("v1.10.0", 1)), "v1.10.0"),
    "no other tag": ((tag("v1.0.0", 1), tag("nightly", 9), tag("v1.x", 9)), "v1.0.0"),
    "none": ((tag("nightly", 9),), None),
}


@pytest.mark.parametrize(("tags", "expected"), LAST.values(), ids=list(LAST))
def test_the_last_release_is(tags: tuple[TagSeen, ...], expected: str | None) -> None:
    found = last_release(tags, None)
    assert (found.tag if found else None) == expected
    assert last_release(tags, project()) == found


SPELLED = {
    "the version alone": "2.0.19",
    "a package before it": "tower-timeout-0.3.0",
    "a package and a v before it": "rayon-core-v1.13.0",
}


@pytest.mark.parametrize("name", SPELLED.values(), ids=list(SPELLED))
def test_without_a_profile_the_last_release_is_found_by_the_usual_spellings(name: str) -> None:
    found = last_release([tag(name, 5), tag("nightly-2026-01-06", 6)], None)
    assert found is not None
    assert found.tag == name


def test_the_last_release_is_that_of_any_package() -> None:
    known = project(tag="{name}-{version}")
    found = last_release([tag("tower-0.5.2", 1), tag("tower-layer-0.3.3", 2)], known)
    assert found is not None
    assert (found.version, found.tag) == ("0.3.3", "tower-layer-0.3.3")


def run(id: str, next: WayOn, version: str = "1.0.0", **fields: object) -> RunSeen:
    return RunSeen.model_validate(
        {"id": id, "project": "demo", "version": version, "world": "live", "state": "failed", "next": next, **fields}
    )


UNFINISHED = {
    "one that can be resumed": ((run("a", WayOn.RESUME),), ["a"]),
    "not one that is released": ((run("a", WayOn.NOTHING),), []),
    "not one that a later run finished": ((run("b", WayOn.NOTHING), run("a", WayOn.RESUME)), []),
    "the later of two attempts": ((run("b", WayOn.RESUME), run("a", WayOn.RESUME)), ["b"]),
    "one of each release": ((run("b", WayOn.RESUME, "1.0.0"), run("a", WayOn.RESUME, "0.9.0")), ["b", "a"]),
    "not one at work": ((run("a", WayOn.RESUME, is_at_work=True),), []),
}


@pytest.mark.parametrize(("runs", "expected"), UNFINISHED.values(), ids=list(UNFINISHED))
def test_unfinished_is(runs: tuple[RunSeen, ...], expected: list[str]) -> None:
    assert [each.id for each in unfinished_of(runs)] == expected


def test_a_workspace_is_found_from_any_directory_in_it(tmp_path: Path) -> None:
    hangar = repository(tmp_path / "hangar")
    assert workspace_around(hangar / "cli" / "src") == hangar
    assert workspace_around(hangar) == hangar
    assert workspace_around(tmp_path) is None
    (tmp_path / "alone").mkdir()
    (tmp_path / "alone" / "Cargo.toml").write_text('[package]\nname = "alone"\n')
    assert workspace_around(tmp_path / "alone") == tmp_path / "alone"


def test_in_a_workspace_without_a_profile_init_is_next(tmp_path: Path) -> None:
    hangar = repository(tmp_path / "the hangar")
    git(hangar, "tag", "v0.4.0")
    standing = standing_here(hangar / "cli", Store(tmp_path / "home"))
    assert (standing.workspace, standing.project) == (str(hangar), None)
    assert isinstance(standing.last, LastTag)
    assert standing.next == f"`loadmaster init '{hangar}'` writes its first profile"
    text = standing_text(standing).splitlines()
    assert text[0] == f"workspace   {hangar}"
    assert text[2].startswith("last        0.4.0, tag v0.4.0, ")


def test_a_profile_is_found_upwards_and_next_needs_no_name(tmp_path: Path) -> None:
    hangar, store = repository(tmp_path / "hangar"), Store(tmp_path / "home")
    write(hangar, {"loadmaster.toml": 'name = "skyport"\nforge = "ada/hangar"\n[release]\ntag = "r{version}"\n'})
    git(hangar, "tag", "v0.9.0")
    git(hangar, "tag", "r0.4.0")
    standing = standing_here(hangar / "cli" / "src", store)
    assert (standing.workspace, standing.project, standing.problem) == (str(hangar), "skyport", None)
    assert standing.last is not None
    assert standing.last.tag == "r0.4.0"
    assert standing.next.startswith("`loadmaster next` says")
    elsewhere = standing_here(hangar, store, is_elsewhere=True)
    assert elsewhere.next.startswith(f"`loadmaster -C {hangar} next` says")


def test_a_profile_that_cannot_be_used_is_told_and_what_shows_all_of_it(tmp_path: Path) -> None:
    hangar = repository(tmp_path / "hangar")
    write(hangar, {"loadmaster.toml": 'name = "skyport"\nforge = 1\n'})
    standing = standing_here(hangar, Store(tmp_path / "home"))
    assert standing.project is None
    assert "project     not known: The profile `loadmaster.toml` cannot be used" in standing_text(standing)
    assert standing.next.startswith("`loadmaster profile check .` shows")


def test_a_profile_of_several_workspaces_is_one_to_stand_in(tmp_path: Path) -> None:
    profile = 'name = "fleet"\nforge = "ada/fleet"\n[source]\nworkspaces = ["core", "tool"]\n'
    top = fleet.repository(tmp_path / "fleet", {**fleet.SEVERAL, "loadmaster.toml": profile})
    standing = standing_here(top, Store(tmp_path / "home"))
    assert (standing.workspace, standing.project) == (str(top), "fleet")


def test_outside_of_a_workspace_one_sentence_says_what_comes_next(tmp_path: Path) -> None:
    told = standing_text(standing_here(tmp_path, Store(tmp_path / "home")))
    assert "\n" not in told
    assert told.startswith(f"`{tmp_path}` is in no Cargo workspace: ")
    assert "`loadmaster init`" in told


def test_a_clone_that_git_cannot_read_is_not_taken_for_one_without_releases(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hangar = repository(tmp_path / "hangar")
    monkeypatch.setenv("PATH", str(tmp_path))
    standing = standing_here(hangar, Store(tmp_path / "home"))
    assert standing.last is None
    assert "last        not known: " in standing_text(standing)
    assert standing.next.startswith("`loadmaster doctor` says")


def test_without_git_nothing_is_said_to_be_no_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    text = standing_text(standing_here(tmp_path, Store(tmp_path / "home")))
    assert "project     not known: There is no `git` on the search path" in text
    assert "is in no Cargo workspace" not in text


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    standing_here(tmp_path, Store(tmp_path / "home"))
    assert not (tmp_path / "home").exists()
