"""Gates on numbers: tags, versions, the changelog, the Python package beside."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from loadmaster.planning.gates.evidence import Evidence
from loadmaster.planning.values.gate import Outcome
from tests.kit.building import CHANGELOG, needs, package, project
from tests.kit.gates_asked import answer, fails, of_the_past, tree

HEALTHY = (package("app", needs("core")), package("core"))
OWN_VERSIONS = (package("app", version="2.0.0"), package("app-core"))
BY_NAME = project(policy="independent", tag="{name}@{version}")
OWN_CHANGELOGS = {
    "crates/app/CHANGELOG.md": "## 2.0.0 (2026-10-01)\n",
    "crates/app-core/CHANGELOG.md": "## 0.4.0 (2026-10-01)\n",
}
PYPROJECT = '[project]\nname = "app"\nversion = "{}"\n'

PLANTED: list[tuple[str, str, Callable[[], Evidence], str, str]] = [
    ("a tag of two numbers", "strict-tag", lambda: tree(*HEALTHY, tag="v0.4"), "v0.4", "`0.4` is not SemVer"),
    ("a leading zero", "strict-tag", lambda: tree(*HEALTHY, tag="v0.04.0"), "v0.04.0", "is not SemVer"),
    (
        "a tag that does not follow the profile's pattern",
        "strict-tag",
        lambda: tree(*HEALTHY, tag="v0.4.0", profile=project(tag="release-{version}")),
        "v0.4.0",
        "`v0.4.0` is not SemVer",
    ),
    (
        "a tree of the version before",
        "tag-equals-version",
        lambda: tree(*HEALTHY, tag="v0.5.0"),
        "crates/core/Cargo.toml",
        "`core` has the version `0.4.0` under the tag `v0.5.0`",
    ),
    (
        "a candidate's tag on a tree of the final version",
        "tag-equals-version",
        lambda: tree(*HEALTHY, tag="v0.4.0-rc.1"),
        "crates/core/Cargo.toml",
        "under the tag",
    ),
    (
        "a tag with other build metadata",
        "tag-equals-version",
        lambda: tree(package("core", version="0.4.0+spec-2"), tag="v0.4.0+spec-1"),
        "crates/core/Cargo.toml",
        "`core` has the version `0.4.0+spec-2`",
    ),
    (
        "one member that was forgotten, by a profile in lockstep",
        "tag-equals-version",
        lambda: tree(package("app"), package("core", version="0.3.0"), tag="v0.4.0", profile=project()),
        "crates/core/Cargo.toml",
        "`core` has the version `0.3.0`",
    ),
    (
        "a package's own tag with another version",
        "tag-equals-version",
        lambda: tree(*OWN_VERSIONS, tag="app-v2.1.0"),
        "crates/app/Cargo.toml",
        "`app` has the version `2.0.0`",
    ),
    ("no heading", "changelog-heading", lambda: tree(*HEALTHY, tag="v0.5.0"), "CHANGELOG.md", "0 headings for `0.5.0`"),
    (
        "two headings",
        "changelog-heading",
        lambda: tree(*HEALTHY, texts={"CHANGELOG.md": CHANGELOG + "\n## [0.4.0] - 2026-10-02\n"}),
        "CHANGELOG.md",
        "2 headings",
    ),
    (
        "a heading that is not dated",
        "changelog-heading",
        lambda: tree(*HEALTHY, texts={"CHANGELOG.md": "## [0.4.0] - 2026-XX-XX\n"}),
        "CHANGELOG.md",
        "without a date",
    ),
    (
        "a heading that is not dated, as another is",
        "changelog-heading",
        lambda: tree(*HEALTHY, texts={"CHANGELOG.md": "## 0.4.0\n\n## 0.3.0\n\n## 0.2.0 (2026-01-01)\n"}),
        "CHANGELOG.md",
        "without a date",
    ),
    (
        "a changelog that only the profile knows of",
        "changelog-heading",
        lambda: tree(*HEALTHY, profile=project(), without="CHANGELOG.md"),
        "CHANGELOG.md",
        "is not in the tree",
    ),
    (
        "one package's own changelog",
        "changelog-heading",
        lambda: tree(
            *OWN_VERSIONS,
            profile=BY_NAME,
            texts=OWN_CHANGELOGS | {"crates/app/CHANGELOG.md": "## 1.9.0 (2026-01-01)\n"},
        ),
        "crates/app/CHANGELOG.md",
        "0 headings for `2.0.0`",
    ),
    (
        "a Python package that was forgotten",
        "python-version",
        lambda: tree(*HEALTHY, texts={"crates/app/pyproject.toml": PYPROJECT.format("0.3.0")}),
        "crates/app/pyproject.toml",
        "another version",
    ),
]


@pytest.mark.parametrize(
    "tag",
    [
        *("nonsense", "main", "v", "", "v1.0", "v01.0.0", "V0.4.0", "v0.4.0.0", "v0.4.0 ", "va0.4.0", "x-v0.4.0"),
        "2026-01-01",
    ],
)
def test_a_tag_that_names_no_version_and_is_no_known_alias_is_none(tag: str) -> None:
    assert fails(answer(tree(*HEALTHY, tag=tag), "strict-tag"), tag, "is not SemVer")


def test_a_tag_is_told_as_it_is() -> None:
    assert "`x-v0.4.0` is not SemVer" in answer(tree(*HEALTHY, tag="x-v0.4.0"), "strict-tag").problems[0].what


@pytest.mark.parametrize(
    ("planted", "gate", "found", "where", "what"), PLANTED, ids=[f"{each[1]}: {each[0]}" for each in PLANTED]
)
def test_what_is_planted_is_found(
    planted: str, gate: str, found: Callable[[], Evidence], where: str, what: str
) -> None:
    assert fails(answer(found(), gate), where, what), planted


PASSING: list[tuple[str, str, Callable[[], Evidence]]] = [
    ("a strict tag", "strict-tag", lambda: tree(*HEALTHY, tag="v0.4.0")),
    ("a tag as a forge tells it", "tag-equals-version", lambda: tree(*HEALTHY, tag="refs/tags/v0.4.0")),
    ("the packages' version under an alias", "changelog-heading", lambda: tree(*HEALTHY, tag="v1")),
    ("a tag without v", "strict-tag", lambda: tree(*HEALTHY, tag="0.4.0")),
    ("a candidate with build metadata", "strict-tag", lambda: tree(*HEALTHY, tag="v0.4.0-rc.1+b7")),
    ("a package's own tag", "strict-tag", lambda: tree(*OWN_VERSIONS, tag="app-core-v0.4.0")),
    ("a package's own tag after a slash", "strict-tag", lambda: tree(*OWN_VERSIONS, tag="app-core/0.4.0")),
    ("the longer of two names", "tag-equals-version", lambda: tree(*OWN_VERSIONS, tag="app-core-v0.4.0")),
    ("the main package's version", "tag-equals-version", lambda: tree(*OWN_VERSIONS, tag="v2.0.0")),
    (
        "a tag that leaves out build metadata",
        "tag-equals-version",
        lambda: tree(package("core", version="0.4.0+spec-2"), tag="v0.4.0"),
    ),
    (
        "the package's own tag by the profile",
        "tag-equals-version",
        lambda: tree(*OWN_VERSIONS, tag="app@2.0.0", profile=BY_NAME),
    ),
    (
        "the changelog of each package",
        "changelog-heading",
        lambda: tree(*OWN_VERSIONS, profile=BY_NAME, texts=OWN_CHANGELOGS),
    ),
    (
        "the changelog beside the package that the tag names",
        "changelog-heading",
        lambda: tree(*OWN_VERSIONS, tag="app-v2.0.0", texts={"crates/app/CHANGELOG.md": "## 2.0.0 (2026-10-01)\n"}),
    ),
    (
        "a changelog that dates nothing",
        "changelog-heading",
        lambda: tree(*HEALTHY, texts={"CHANGELOG.md": "## 0.4.0\n\n## 0.3.0\n"}),
    ),
    (
        "Python's spelling of a candidate",
        "python-version",
        lambda: tree(
            package("app", version="0.4.0-rc.1"), texts={"crates/app/pyproject.toml": PYPROJECT.format("0.4.0rc1")}
        ),
    ),
    (
        "a dynamic version",
        "python-version",
        lambda: tree(*HEALTHY, texts={"crates/app/pyproject.toml": '[project]\nname = "app"\ndynamic = ["version"]\n'}),
    ),
]


@pytest.mark.parametrize(("reason", "gate", "found"), PASSING, ids=[f"{each[1]}: {each[0]}" for each in PASSING])
def test_what_is_no_problem_passes(reason: str, gate: str, found: Callable[[], Evidence]) -> None:
    assert answer(found(), gate).outcome is Outcome.PASS, reason


SKIPPED: list[tuple[str, str, Callable[[], Evidence], str]] = [
    ("no tag was named", "strict-tag", lambda: tree(*HEALTHY), "no tag"),
    ("an alias of the major version", "strict-tag", lambda: tree(*HEALTHY, tag="v1"), "an alias that moves"),
    ("an alias in words", "strict-tag", lambda: tree(*HEALTHY, tag="latest"), "an alias that moves"),
    ("an alias names no version", "tag-equals-version", lambda: tree(*HEALTHY, tag="v1"), "names no version"),
    ("a tag that names no version", "changelog-heading", lambda: tree(*HEALTHY, tag="v0.4"), "names no version"),
    (
        "a changelog that leaves it to the releases",
        "changelog-heading",
        lambda: tree(*HEALTHY, texts={"CHANGELOG.md": "# Changes\n\nSee https://f.example/a/b/releases.\n"}),
        "the forge's releases",
    ),
    ("no changelog anywhere", "changelog-heading", lambda: tree(*HEALTHY, without="CHANGELOG.md"), "there is no"),
    (
        "a project that keeps none",
        "changelog-heading",
        lambda: tree(*HEALTHY, profile=project(changelog="")),
        "names no changelog",
    ),
    ("versions of their own and no tag", "changelog-heading", lambda: tree(*OWN_VERSIONS), "versions of their own"),
    (
        "no package has a changelog of its own",
        "changelog-heading",
        lambda: tree(*OWN_VERSIONS, profile=BY_NAME, without="CHANGELOG.md"),
        "none of the packages",
    ),
    ("no Python", "python-version", lambda: tree(*HEALTHY), "no Python package"),
    (
        "a tool's own Python project",
        "python-version",
        lambda: tree(*HEALTHY, texts={"tools/pyproject.toml": PYPROJECT.format("9.9.9")}),
        "no Python package",
    ),
]


@pytest.mark.parametrize(("reason", "gate", "found", "why"), SKIPPED, ids=[f"{each[1]}: {each[0]}" for each in SKIPPED])
def test_a_question_that_does_not_arise_is_skipped(
    reason: str, gate: str, found: Callable[[], Evidence], why: str
) -> None:
    said = answer(found(), gate)
    assert said.outcome is Outcome.SKIP, reason
    assert why in said.why


def test_each_packages_own_changelog_is_counted() -> None:
    assert answer(tree(*OWN_VERSIONS, profile=BY_NAME, texts=OWN_CHANGELOGS), "changelog-heading").checked == 2


def test_a_changelog_that_packages_of_several_versions_share_is_pointed_out() -> None:
    found = answer(tree(*OWN_VERSIONS, profile=BY_NAME), "changelog-heading")
    assert found.outcome is Outcome.PASS
    assert [(each.where, "in several versions" in each.what) for each in found.warnings] == [("CHANGELOG.md", True)]


def test_a_changelog_that_a_commit_of_the_past_does_not_have_yet_is_pointed_out() -> None:
    found = answer(of_the_past(tree(*HEALTHY, profile=project(), without="CHANGELOG.md")), "changelog-heading")
    assert (found.outcome, [each.where for each in found.warnings]) == (Outcome.PASS, ["CHANGELOG.md"])
