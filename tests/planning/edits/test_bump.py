"""A bump of a whole tree: who moves, and which files follow."""

from __future__ import annotations

from datetime import date

import pytest

from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.edits import (
    ChangelogHeadings,
    FileRuleUnmatched,
    FileRuleWithoutPackage,
    InheritedVersionsDisagree,
    LockfileFormat,
    MergeMarkers,
    NotToml,
)
from loadmaster.errors.request import MalformedVersion
from loadmaster.errors.workspace import NoSuchPackage, NotAWorkspace, VersionsByName, VersionsDisagree
from loadmaster.planning.edits.bump import Bump, bump_tree
from loadmaster.planning.profile.file_rule import FileRule
from loadmaster.planning.profile.policy import Policy
from loadmaster.planning.profile.project import ReleaseStyle
from loadmaster.planning.tree.tree import TreeFiles
from tests.cases import bumps

DAY = date(2026, 1, 31)
LOCKSTEP = ReleaseStyle()
FLOOR = ReleaseStyle(policy=Policy.KEEP_CARET_FLOOR)
INDEPENDENT = ReleaseStyle(policy=Policy.INDEPENDENT)


def bump(texts: dict[str, str], asked: str, style: ReleaseStyle = LOCKSTEP) -> Bump:
    return bump_tree(TreeFiles(texts=texts, paths=frozenset({"crates/wing/src/lib.rs"})), asked, style, DAY)


def lock(*packages: str) -> str:
    blocks = [f'\n[[package]]\nname = "{each.split()[0]}"\nversion = "{each.split()[1]}"\n' for each in packages]
    return "version = 4\n" + "".join(blocks)


def member(name: str, version: str, more: str = "") -> str:
    return f'[package]\nname = "{name}"\nversion = "{version}"\n{more}'


NEEDS_WING = '[dependencies]\nwing = { path = "../wing", version = "1.2.0" }\n'
TREE = {
    "Cargo.toml": '[workspace]\nmembers = ["crates/*"]\nexclude = ["fuzz"]\n',
    "Cargo.lock": lock("wing 1.2.0", "tail 1.2.0", "tool 0.0.0"),
    "CHANGELOG.md": "# Changelog\n\n## [Unreleased]\n\n- a flap\n\n## [1.2.0] - 2025-12-24\n",
    "crates/wing/Cargo.toml": member("wing", "1.2.0"),
    "crates/wing/CHANGELOG.md": "## [1.2.0] - 2025-12-24\n",
    "crates/wing/pyproject.toml": '[project]\nname = "wing"\nversion = "1.2.0" # as the crate\n',
    "crates/tail/Cargo.toml": member("tail", "1.2.0", NEEDS_WING),
    "crates/tool/Cargo.toml": member("tool", "0.0.0", "publish = false\n" + NEEDS_WING),
    "fuzz/Cargo.toml": '[workspace]\n[package]\nname = "fuzz"\nversion = "1.2.0"\n'
    '[dependencies]\nwing = { path = "../crates/wing", version = "1.2.0" }\n',
    "fuzz/Cargo.lock": lock("fuzz 1.2.0", "wing 1.2.0"),
}


def test_all_that_keep_step_move_and_everything_follows() -> None:
    found = bump(TREE, "1.3.0")
    assert (found.planned, found.stays) == ({"wing": "1.3.0", "tail": "1.3.0"}, {"tool": "0.0.0"})
    expected = {path: text.replace("1.2.0", "1.3.0") for path, text in TREE.items() if "Cargo" in path or "py" in path}
    expected["fuzz/Cargo.toml"] = TREE["fuzz/Cargo.toml"].replace(
        'path = "../crates/wing", version = "1.2.0"', 'path = "../crates/wing", version = "1.3.0"'
    )
    expected["fuzz/Cargo.lock"] = lock("fuzz 1.2.0", "wing 1.3.0")
    expected["CHANGELOG.md"] = TREE["CHANGELOG.md"].replace("]\n\n- a", "]\n\n## [1.3.0] - 2026-01-31\n\n- a")
    assert found.edits == {path: text for path, text in expected.items() if text != TREE[path]}


def test_a_member_that_is_ahead_already_is_required_in_its_version() -> None:
    root = TREE["Cargo.toml"] + '[workspace.package]\nversion = "1.2.0"\n'
    ahead = TREE | {"Cargo.toml": root, "crates/wing/Cargo.toml": member("wing", "1.3.0")}
    found = bump(ahead, "1.3.0")
    assert (found.planned, found.stays) == ({"wing": "1.3.0", "tail": "1.3.0"}, {"tool": "0.0.0", "wing": "1.3.0"})
    assert 'version = "1.3.0" }' in found.edits["crates/tail/Cargo.toml"]


def test_a_tree_that_carries_the_version_already_changes_nothing() -> None:
    after = TREE | dict(bump(TREE, "1.3.0").edits)
    assert bump(after, "1.3.0").edits == {}


def test_the_floor_stays_where_the_version_still_satisfies_it() -> None:
    found = bump(TREE, "1.3.0", FLOOR)
    assert NEEDS_WING in found.edits["crates/tail/Cargo.toml"]
    assert "crates/tool/Cargo.toml" not in found.edits
    assert 'version = "2.0.0"' in bump(TREE, "major", FLOOR).edits["crates/tool/Cargo.toml"]


def test_independent_packages_move_alone_with_their_own_changelog() -> None:
    found = bump(TREE, "wing=minor", INDEPENDENT)
    assert found.planned == {"wing": "1.3.0"}
    assert sorted(found.edits) == [
        "Cargo.lock",
        "crates/wing/CHANGELOG.md",
        "crates/wing/Cargo.toml",
        "crates/wing/pyproject.toml",
        "fuzz/Cargo.lock",
    ]
    assert found.edits["Cargo.lock"] == lock("wing 1.3.0", "tail 1.2.0", "tool 0.0.0")


def test_requirements_on_independent_packages_move_where_they_must() -> None:
    found = bump(TREE, "wing=2.0.0,tail=1.2.1", INDEPENDENT)
    assert found.edits["crates/tail/Cargo.toml"] == member("tail", "1.2.1", NEEDS_WING.replace("1.2.0", "2.0.0"))
    assert "crates/tool/Cargo.toml" in found.edits


def test_a_level_moves_each_independent_package_from_its_own_version() -> None:
    texts = TREE | {"crates/tail/Cargo.toml": member("tail", "0.4.1")}
    assert bump(texts, "minor", INDEPENDENT).planned == {"wing": "1.3.0", "tail": "0.5.0"}


HEIR = '[package]\nname = "{}"\nversion.workspace = true\n{}'
HEIRS = {
    "Cargo.toml": '[workspace]\nmembers = ["a", "b"]\n[workspace.package]\nversion = "1.0.0"\n',
    "a/Cargo.toml": HEIR.format("a", ""),
}


def test_a_private_heir_follows() -> None:
    texts = HEIRS | {"b/Cargo.toml": HEIR.format("b", "publish = false\n"), "Cargo.lock": lock("a 1.0.0", "b 1.0.0")}
    found = bump(texts, "a=1.1.0", INDEPENDENT)
    assert found.planned == {"a": "1.1.0", "b": "1.1.0"}
    assert found.edits["Cargo.lock"] == lock("a 1.1.0", "b 1.1.0")


def test_an_heir_that_is_published_does_not_follow_in_silence() -> None:
    with pytest.raises(InheritedVersionsDisagree, match=r"`a` 1\.1\.0, `b` 1\.0\.0"):
        bump(HEIRS | {"b/Cargo.toml": HEIR.format("b", "")}, "a=1.1.0", INDEPENDENT)


def test_a_stale_lockfile_catches_up() -> None:
    texts = TREE | {"Cargo.lock": lock("wing 1.0.0", "tail 1.1.0", "tool 0.0.0-dev")}
    assert bump(texts, "1.3.0").edits["Cargo.lock"] == lock("wing 1.3.0", "tail 1.3.0", "tool 0.0.0")


def test_a_namesake_in_another_workspace_stays() -> None:
    texts = TREE | {
        "fuzz/Cargo.toml": '[workspace]\nmembers = ["tail"]\n',
        "fuzz/tail/Cargo.toml": member("tail", "1.2.0"),
        "fuzz/Cargo.lock": lock("tail 1.2.0"),
        "examples/Cargo.toml": member(
            "example", "1.2.0", '[dependencies]\ntail = { path = "../fuzz/tail", version = "1.2.0" }\n'
        ),
    }
    assert not any(path.startswith(("fuzz", "examples")) for path in bump(texts, "1.3.0").edits)


def test_what_nobody_needs_may_be_broken() -> None:
    broken = {
        "tests/broken/Cargo.toml": "wing = \n",
        "tests/old/Cargo.lock": "version = 9\n",
        "tests/x/Cargo.toml": "[]",
        "tests/x/pyproject.toml": "[]",
    }
    assert bump(TREE | broken, "1.3.0").edits == bump(TREE, "1.3.0").edits


PYTHON = {
    "literal": ('[project]\nversion = "1.2.0"\n', '[project]\nversion = "1.3.0"\n'),
    "of Poetry": ("[tool.poetry]\nversion = '1.2.0'\n", "[tool.poetry]\nversion = '1.3.0'\n"),
    "dynamic": ('[project]\ndynamic = ["version"]\n', '[project]\ndynamic = ["version"]\n'),
    "left behind": ('[project]\nversion = "0.9.0"\r\n# end', '[project]\nversion = "1.3.0"\r\n# end'),
}


@pytest.mark.parametrize(("before", "after"), PYTHON.values(), ids=PYTHON)
def test_the_python_package_beside_a_member_follows(before: str, after: str) -> None:
    texts = TREE | {"crates/wing/pyproject.toml": before, "docs/pyproject.toml": before}
    found = texts | dict(bump(texts, "1.3.0").edits)
    assert (found["crates/wing/pyproject.toml"], found["docs/pyproject.toml"]) == (after, before)


def test_a_python_package_may_name_its_member() -> None:
    text = '[project]\nversion = "1.2.0"\n[tool.maturin]\nmanifest-path = "../crates/tail/Cargo.toml"\n'
    assert '"1.3.0"' in bump(TREE | {"python/pyproject.toml": text}, "1.3.0").edits["python/pyproject.toml"]


def style(*rules: FileRule, policy: Policy = Policy.LOCKSTEP) -> ReleaseStyle:
    return ReleaseStyle(policy=policy, files=rules)


README = """wing v1.2.0, v1.2.0rc1

```toml
[dependencies]
wing = "1.2"
tail = { features = ["a"], version = "~1.1.0" }
wing.version = '1.2.0'
serde = "1.2"
```

```rust
let wing = "1.2";
```
"""


def test_a_rule_finds_its_one_place() -> None:
    texts = TREE | {"docs/index.md": "Install v1.2.0-rc.1!\r\n(since 1.2.0)"}
    rule = FileRule(path="docs/index.md", pattern="^Install v{version}!")
    assert bump(texts, "1.3.0", style(rule)).edits["docs/index.md"] == "Install v1.3.0!\r\n(since 1.2.0)"


def test_toml_fences_follow_where_they_took_the_former_version() -> None:
    found = bump(TREE | {"README.md": README}, "2.0.0", style(FileRule(path="README.md", toml_fences=True)))
    expected = README.replace('wing = "1.2"\ntail', 'wing = "2.0"\ntail').replace("'1.2.0'", "'2.0.0'")
    assert found.edits["README.md"] == expected


def test_a_rule_of_a_package_that_stays_changes_nothing() -> None:
    rule = FileRule(path="README.md", pattern="wing v{version},", package="tail")
    found = bump(TREE | {"README.md": README}, "wing=2.0.0", style(rule, policy=Policy.INDEPENDENT))
    assert "README.md" not in found.edits


OTHERS = {"README.md": README}
TWICE = "## [1.3.0] - 2026-01-01\n\n## [1.3.0] - 2026-01-02\n"

REFUSED: dict[str, tuple[dict[str, str], str, ReleaseStyle, type[LoadmasterError], str]] = {
    "a level that is none": ({}, "newest", LOCKSTEP, MalformedVersion, "`newest` is not a version"),
    "names in lockstep": ({}, "wing=1.3.0", LOCKSTEP, VersionsByName, "wing=1.3.0"),
    "a name that is no member": ({}, "rudder=1.3.0", INDEPENDENT, NoSuchPackage, "rudder"),
    "a workspace without packages": (
        {"Cargo.toml": "[workspace]\n"},
        "1.3.0",
        LOCKSTEP,
        NotAWorkspace,
        "has no packages",
    ),
    "lockstep where everybody has a version of their own": (
        {"crates/tail/Cargo.toml": member("tail", "0.4.0")},
        "1.3.0",
        LOCKSTEP,
        VersionsDisagree,
        r"`tail` 0\.4\.0, `wing` 1\.2\.0",
    ),
    "a root manifest with two versions, and public packages of both": (
        {
            "Cargo.toml": member("ship", "2.0.0", TREE["Cargo.toml"]) + '[workspace.package]\nversion = "1.2.0"\n',
        },
        "2.1.0",
        LOCKSTEP,
        VersionsDisagree,
        r"`ship` 2\.0\.0",
    ),
    "a manifest of another workspace that is no TOML": (
        {"fuzz/Cargo.toml": "[package]\nname ="},
        "1.3.0",
        LOCKSTEP,
        NotToml,
        "`fuzz/Cargo.toml` is not TOML",
    ),
    "a lockfile of the future": (
        {"Cargo.lock": TREE["Cargo.lock"].replace("4", "5", 1)},
        "1.3.0",
        LOCKSTEP,
        LockfileFormat,
        "`Cargo.lock` has lockfile format `5`",
    ),
    "a second lockfile with merge markers": (
        {"fuzz/Cargo.lock": TREE["fuzz/Cargo.lock"] + "<<<<<<< HEAD\n"},
        "1.3.0",
        LOCKSTEP,
        MergeMarkers,
        "`fuzz/Cargo.lock` has merge markers, the first in line 10",
    ),
    "two headings of one version": (
        {"CHANGELOG.md": TWICE},
        "1.3.0",
        LOCKSTEP,
        ChangelogHeadings,
        r"2 headings for `1\.3\.0` \(lines 1, 3\), in `CHANGELOG\.md`",
    ),
    "two headings in one package's own changelog": (
        {"crates/wing/CHANGELOG.md": TWICE},
        "wing=1.3.0",
        INDEPENDENT,
        ChangelogHeadings,
        r"2 headings for `1\.3\.0` \(lines 1, 3\), in `crates/wing/CHANGELOG\.md`",
    ),
    "a pattern that matches twice": (
        OTHERS,
        "1.3.0",
        style(FileRule(path="README.md", pattern="v{version}")),
        FileRuleUnmatched,
        r"matches 2 times in `README\.md` \(lines 1, 1\)",
    ),
    "a pattern that matches nowhere": (
        OTHERS,
        "1.3.0",
        style(FileRule(path="README.md", pattern="^version {version}")),
        FileRuleUnmatched,
        "matches nowhere in `README.md`",
    ),
    "a rule for a file that is not there": (
        {},
        "1.3.0",
        style(FileRule(path="README.md", toml_fences=True)),
        FileRuleUnmatched,
        "matches nowhere in `README.md`",
    ),
    "one place for several versions": (
        OTHERS,
        "wing=1.3.0,tail=1.4.0",
        style(FileRule(path="README.md", pattern="wing v{version},"), policy=Policy.INDEPENDENT),
        FileRuleWithoutPackage,
        "names no package",
    ),
}


@pytest.mark.parametrize(("texts", "asked", "style", "error", "told"), REFUSED.values(), ids=REFUSED)
def test_refused(
    texts: dict[str, str], asked: str, style: ReleaseStyle, error: type[LoadmasterError], told: str
) -> None:
    with pytest.raises(error, match=told):
        bump(TREE | texts, asked, style)


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"pattern": "1.2.0"},
        {"pattern": "({version}"},
        {"pattern": "{version}", "toml_fences": True},
        {"pattern": "{version}", "since": "v1"},
    ],
)
def test_a_rule_says_one_thing(rule: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"exactly one|exactly once|not a regular expression|not a version"):
        FileRule.model_validate({"path": "README.md", **rule})


SINCE = FileRule(path="plugin.json", pattern='"version": "{version}"', since="1.3.0")


def test_a_rule_asks_nothing_of_releases_before_its_place_was_there() -> None:
    assert bump(TREE, "1.2.1", style(SINCE)).planned["wing"] == "1.2.1"
    with pytest.raises(FileRuleUnmatched):
        bump(TREE, "1.3.0", style(SINCE))
    found = bump(TREE | {"plugin.json": '{"version": "1.2.0"}\n'}, "1.3.0", style(SINCE))
    assert found.edits["plugin.json"] == '{"version": "1.3.0"}\n'


def test_a_tree_of_manifests_alone_is_not_asked_for_files_that_it_does_not_have() -> None:
    rules = style(SINCE, FileRule(path="README.md", pattern="v{version}"))
    found = bump_tree(TreeFiles(texts=TREE | {"README.md": "wing v1.2.0"}), "1.3.0", rules, DAY)
    assert (found.edits["README.md"], found.unasked) == ("wing v1.3.0", ("plugin.json",))
    with pytest.raises(FileRuleUnmatched):
        bump_tree(TreeFiles(texts=TREE | {"README.md": "wing"}), "1.3.0", rules, DAY)


def test_a_rule_of_a_package_holds_by_that_package_alone() -> None:
    rule = FileRule(path="plugin.json", pattern="{version}", package="tail", since="2.0.0")
    independent = style(rule, policy=Policy.INDEPENDENT)
    assert bump(TREE, "wing=2.0.0,tail=1.9.0", independent).planned == {"wing": "2.0.0", "tail": "1.9.0"}
    with pytest.raises(FileRuleUnmatched):
        bump(TREE, "tail=2.0.0", independent)


@pytest.mark.parametrize("case", bumps.BUMPS, ids=str)
def test_a_real_bump_is_reproduced_byte_for_byte(case: bumps.Bump) -> None:
    names = ("Cargo.toml", "Cargo.lock", "pyproject.toml")
    before = {path: text for name in names for path, text in case.before(name).items()}
    after = {path: text for name in names for path, text in case.after(name).items()}
    found = bump(before, case.new, case.style)
    assert before | dict(found.edits) == after
    assert set(found.planned) <= set(case.versions)
