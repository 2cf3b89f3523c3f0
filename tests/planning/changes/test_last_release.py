"""What a package is compared with."""

from __future__ import annotations

import pytest

from loadmaster.planning.changes.last_release import commit_it_names, releases_before
from loadmaster.planning.profile.project import Project, Source
from loadmaster.planning.registry.compare import VCS_INFO
from loadmaster.planning.registry.seen import CrateVersion
from tests.kit.building import package, project
from tests.kit.packed import MANIFEST, packed

LINES = [
    ("the tree's own version", "1.4.0", ["1.3.0", "1.4.0"], "1.4.0"),
    ("a hotfix that the tree does not have", "1.4.0", ["1.4.0", "1.4.1"], "1.4.1"),
    ("the tree is raised already", "2.0.0", ["1.3.0", "1.4.0"], "1.4.0"),
    ("the tree is raised within its series", "1.5.0", ["1.3.0", "1.4.0"], "1.4.0"),
    ("the tree is of an older series", "1.4.0", ["1.4.0", "2.0.0"], "1.4.0"),
    ("a candidate of a later version is no release of this line", "1.4.0", ["1.4.0", "1.5.0-rc.1"], "1.4.0"),
    ("a candidate of the tree's version is", "2.0.0", ["1.4.0", "2.0.0-rc.2"], "2.0.0-rc.2"),
    ("the tree is a candidate", "2.0.0-rc.2", ["1.4.0", "2.0.0-rc.1", "2.0.0-rc.2"], "2.0.0-rc.2"),
    ("0.3 and 0.4 are two lines", "0.3.9", ["0.3.9", "0.4.0"], "0.3.9"),
    ("a yanked version counts", "1.4.0", ["1.3.0", "yanked 1.4.0"], "1.4.0"),
    ("every published version is above the tree's line", "0.0.0", ["1.0.0", "1.1.0"], None),
    ("there is none", "0.1.0", [], None),
]


def published(*versions: str) -> tuple[CrateVersion, ...]:
    return tuple(
        CrateVersion(version=text.removeprefix("yanked "), checksum="0" * 64, yanked=text.startswith("yanked"))
        for text in versions
    )


@pytest.mark.parametrize(("reason", "tree", "versions", "expected"), LINES, ids=[row[0] for row in LINES])
def test_the_last_release_is_of_the_tree_s_own_line(
    reason: str, tree: str, versions: list[str], expected: str | None
) -> None:
    found = releases_before(package("hull", version=tree), published(*versions), {}, project())
    assert next((release.crate.version for release in found), None) == expected, reason


def test_on_a_maintenance_branch_the_line_is_that_of_two_numbers() -> None:
    profile = Project.model_validate(
        {
            "name": "demo",
            "forge": "someone/demo",
            "source": Source(repository="demo", branch="release/1.4"),
            "release": {"branches": ["release/*"]},
        }
    )
    found = releases_before(package("hull", version="1.4.2"), published("1.4.1", "1.4.2", "1.5.0"), {}, profile)
    assert [release.crate.version for release in found] == ["1.4.2", "1.4.1"]


def test_its_commit_is_that_of_the_tag_that_the_profile_gives_it_if_the_history_has_it() -> None:
    own = project(policy="independent", tag="{name}-v{version}")
    tags = {"hull-v1.4.0": "a" * 40, "v1.4.0": "b" * 40}
    (hull,) = releases_before(package("hull", version="1.4.0"), published("1.4.0"), tags, own)
    (mast,) = releases_before(package("mast", version="1.4.0"), published("1.4.0"), tags, own)
    assert (hull.tag, hull.commit, hull.is_tagged) == ("hull-v1.4.0", "a" * 40, True)
    assert (mast.tag, mast.commit, mast.is_tagged) == ("mast-v1.4.0", None, False)


NAMED = [
    ("the commit", b'{"git": {"sha1": "%s"}}' % (b"a1" * 20), "a1" * 20),
    ("a commit, and other files with it", b'{"git": {"sha1": "%s", "dirty": true}}' % (b"a1" * 20), None),
    ("a part of an id", b'{"git": {"sha1": "a1b2c3d"}}', None),
    ("what git would take for an option", b'{"git": {"sha1": "--batch"}}', None),
    ("a number", b'{"git": {"sha1": 7}}', None),
    ("no commit", b"{}", None),
    ("a list", b"[]", None),
    ("no JSON", b"\xff", None),
    ("nothing", None, None),
]


@pytest.mark.parametrize(("reason", "content", "commit"), NAMED, ids=[row[0] for row in NAMED])
def test_what_a_published_crate_says_that_it_was_made_from(
    reason: str, content: bytes | None, commit: str | None
) -> None:
    files = {"Cargo.toml": MANIFEST, **({VCS_INFO: content} if content is not None else {})}
    assert commit_it_names(packed(files), "hangar@0.4.0") == commit, reason
