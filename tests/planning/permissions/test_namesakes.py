"""Whose the crates are that have the names of members."""

from __future__ import annotations

import json

import pytest

from loadmaster.planning.permissions.namesakes import Whose, doubtful, family, place_of, whose
from loadmaster.planning.permissions.seen import CrateAnswers, Exchange
from loadmaster.planning.registry.index_line import IndexLine, Need
from loadmaster.planning.tree.workspace import Package, Workspace
from tests.kit.building import needs, package

OURS = "https://github.com/Ada/wing"


def line(name: str, *needed: str) -> IndexLine:
    return IndexLine(
        name=name, version="1.0.0", checksum="a" * 64, needs=tuple(Need(name=one, requirement="1") for one in needed)
    )


def answers(repository: str | None, *owners: str) -> CrateAnswers:
    def said(content: object) -> Exchange:
        return Exchange(request="GET", status=200, text=json.dumps(content))

    users = [{"login": login, "kind": "user", "url": f"https://github.com/{login}"} for login in owners]
    return CrateAnswers(crate=said({"crate": {"name": "x", "repository": repository}}), owners=said({"users": users}))


SILENT = CrateAnswers(crate=Exchange(request="GET", status=None, text="no answer"))


def test_crates_that_need_each_other_are_one_family() -> None:
    lines = {"wing": [line("wing", "tail")], "tail": [line("tail")], "api": [line("api", "serde")], "new": []}
    assert family(lines) == {"wing", "tail"}
    assert doubtful(lines) == ("api",)


def test_no_two_crates_are_tied() -> None:
    assert family({"wing": [line("wing", "serde")]}) == frozenset()
    assert doubtful({"wing": [line("wing")], "tail": []}) == ("wing",)


def judged(seen: CrateAnswers | None, relative: CrateAnswers | None = None, *members: Package) -> Whose:
    workspace = Workspace(packages=members or (package("api"), package("wing")))
    found = {} if seen is None else {"api": seen}
    return whose(["api"], found, [OURS, None, "none"], relative, workspace, {"api": [line("api")]})


THEIRS, MINE, UNKNOWN = "theirs", "mine", "unknown"
RELATIVE = answers(OURS, "ada")
CASES = [
    ("another repository and other owners", answers("https://github.com/eve/api", "eve"), RELATIVE, THEIRS),
    ("no repository and other owners", answers(None, "eve"), RELATIVE, THEIRS),
    ("our repository", answers("https://github.com/ada/Wing.git/tree/main/api", "eve"), RELATIVE, MINE),
    ("a repository that moved, and one of our owners", answers("https://github.com/ada/old", "Ada"), RELATIVE, MINE),
    ("another repository, and no other crate of ours", answers("https://github.com/eve/api", "eve"), None, THEIRS),
    ("no repository, and no other crate of ours", answers(None, "eve"), None, UNKNOWN),
    ("a registry that does not answer", SILENT, RELATIVE, UNKNOWN),
    ("nobody asked", None, None, UNKNOWN),
]


@pytest.mark.parametrize(("reason", "seen", "relative", "expected"), CASES, ids=[case[0] for case in CASES])
def test_whose_it_is(reason: str, seen: CrateAnswers | None, relative: CrateAnswers | None, expected: str) -> None:
    found = judged(seen, relative)
    assert (THEIRS if found.foreign else UNKNOWN if found.unknown else MINE) == expected, reason


def test_a_member_that_needs_others_is_no_crate_that_never_needed_them() -> None:
    member = package("api", needs("wing"))
    assert judged(SILENT, None, member, package("wing")).foreign == {"api"}


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("https://github.com/Ada/Wing", "ada/wing"),
        ("git@github.com:ada/wing.git", "ada/wing"),
        ("https://codeberg.org/ada/wing/src/branch/main", "ada/wing"),
        ("wing", None),
        (None, None),
    ],
)
def test_the_place_of_a_repository(address: str | None, place: str | None) -> None:
    assert place_of(address) == place
