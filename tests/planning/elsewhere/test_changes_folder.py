"""What keeps entries in `.changes/`: covector's and changie's settings, and what each of them becomes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from loadmaster.errors.files import ToolFileBroken
from loadmaster.planning.elsewhere.settings import Ground, SettingFate
from tests.kit.building import package
from tests.kit.tools import WING, adopted, ground, setting

AT_TOP = package("wing", version="1.2.0", manifest="Cargo.toml")
HERE = ground(
    AT_TOP, texts={"CHANGELOG.md": "# Changelog\n", "package.json": '{\n  "version": "1.2.0"\n}\n', "Cargo.toml": ""}
)
IN_CRATES = ground(WING)

COVECTOR: list[tuple[str, dict[str, Any], str, Ground, SettingFate, str]] = [
    (
        "the forge",
        {"gitSiteUrl": "https://forge.example/ada/plane/"},
        "gitSiteUrl",
        HERE,
        SettingFate.BECAME,
        'forge = "ada/plane"',
    ),
    (
        "tags of changes",
        {"changeTags": {"feat": "New"}},
        "changeTags",
        HERE,
        SettingFate.LEFT,
        "proposed from the commits",
    ),
    ("a time limit", {"timeout": 3600}, "timeout", HERE, SettingFate.LEFT, "`patience`"),
    (
        "versions by cargo",
        {"pkgManagers": {"rust": {"version": True}}},
        "pkgManagers.rust.version",
        HERE,
        SettingFate.ALREADY,
        "",
    ),
    (
        "a program that publishes",
        {"pkgManagers": {"rust": {"publish": "cargo publish"}}},
        "pkgManagers.rust.publish",
        HERE,
        SettingFate.LEFT,
        "its own upload",
    ),
    (
        "programs around it",
        {"pkgManagers": {"rust": {"prepublish": ["cargo audit"]}}},
        "pkgManagers.rust.prepublish",
        HERE,
        SettingFate.LEFT,
        "[[release.commands]]",
    ),
    (
        "another language",
        {"pkgManagers": {"javascript": {"version": True}}},
        "pkgManagers.javascript",
        HERE,
        SettingFate.LEFT,
        "only packages of Rust",
    ),
    (
        "a package of another language",
        {"packages": {"api": {"path": "./api", "manager": "javascript"}}},
        "packages.api",
        HERE,
        SettingFate.LEFT,
        "only packages of Rust",
    ),
    (
        "a package's place",
        {"packages": {"plane": {"path": "./crates/wing", "manager": "rust"}}},
        "packages.plane.path",
        IN_CRATES,
        SettingFate.ALREADY,
        "where `wing` is",
    ),
    (
        "a place of no package",
        {"packages": {"plane": {"path": "./fin", "manager": "rust"}}},
        "packages.plane.path",
        IN_CRATES,
        SettingFate.LEFT,
        "no package at `fin/Cargo.toml`",
    ),
    (
        "a package that is not published",
        {"packages": {"plane": {"path": "crates/wing", "publish": False}}},
        "packages.plane.publish",
        IN_CRATES,
        SettingFate.BECAME,
        'release.exclude has {"package": "wing"',
    ),
    (
        "a program after the version",
        {"packages": {"plane": {"path": "crates/wing", "postversion": "node x.js"}}},
        "packages.plane.postversion",
        IN_CRATES,
        SettingFate.LEFT,
        "[[release.commands]]",
    ),
    (
        "what is no command",
        {"packages": {"plane": {"path": "crates/wing", "weight": 5}}},
        "packages.plane.weight",
        IN_CRATES,
        SettingFate.UNKNOWN,
        "covector has no setting",
    ),
    ("a setting that is none", {"gitSite": "x"}, "gitSite", HERE, SettingFate.UNKNOWN, "covector has no setting"),
]


@pytest.mark.parametrize(
    ("document", "key", "here", "fate", "told"), [row[1:] for row in COVECTOR], ids=[row[0] for row in COVECTOR]
)
def test_what_becomes_of_covector_s(document: Any, key: str, here: Ground, fate: SettingFate, told: str) -> None:
    found = setting(adopted({".changes/config.json": json.dumps(document, indent=2)}, here), key)
    assert (found.tool, found.file, found.fate) == ("covector", ".changes/config.json", fate), found
    assert told in f"{found.became} {found.why}"
    assert found.line is not None


CHANGIE: list[tuple[str, str, str, SettingFate, str]] = [
    (
        "the changelog",
        "changelogPath: CHANGELOG.md\n",
        "changelogPath",
        SettingFate.BECAME,
        'release.changelog = "CHANGELOG.md"',
    ),
    ("where entries wait", "unreleasedDir: unreleased\n", "unreleasedDir", SettingFate.LEFT, "`changelog-fragments`"),
    (
        "a section's heading",
        "versionFormat: '## {{.Version}}'\n",
        "versionFormat",
        SettingFate.LEFT,
        "the form of those that are there",
    ),
    (
        "a version in a file",
        'replacements:\n- path: package.json\n  find: \'"version": ".*"\'\n  replace: \'"version": "{{.VersionNoPrefix}}"\'\n',
        "replacements[0]",
        SettingFate.BECAME,
        '"path": "package.json"',
    ),
    (
        "more than a version in a file",
        "replacements:\n- path: package.json\n  find: x\n  replace: '{{.Time}}'\n",
        "replacements[0]",
        SettingFate.LEFT,
        "[[release.commands]]",
    ),
    (
        "a part's changelog",
        "projects:\n- label: Wing\n  key: wing\n  changelog: CHANGELOG.md\n",
        "projects[0].changelog",
        SettingFate.BECAME,
        'release.changelog = "CHANGELOG.md"',
    ),
    (
        "a part that is no package",
        "projects:\n- label: UI\n  key: ui\n",
        "projects[0].key",
        SettingFate.LEFT,
        "no released package is called `ui`",
    ),
    ("a part that is a package", "projects:\n- label: Wing\n  key: wing\n", "projects[0].key", SettingFate.ALREADY, ""),
    ("a setting that is none", "changelogPfad: x\n", "changelogPfad", SettingFate.UNKNOWN, "changie has no setting"),
]


@pytest.mark.parametrize(("text", "key", "fate", "told"), [row[1:] for row in CHANGIE], ids=[row[0] for row in CHANGIE])
def test_what_becomes_of_changie_s(text: str, key: str, fate: SettingFate, told: str) -> None:
    found = setting(adopted({".changie.yaml": text}, HERE), key)
    assert (found.tool, found.file, found.fate) == ("changie", ".changie.yaml", fate), found
    assert told in f"{found.became} {found.why}"
    assert found.line is not None


BROKEN = [
    ("no JSON", ".changes/config.json", '{\n "packages": {},\n}\n', 3, "line 3"),
    ("JSON that is a list", ".changes/config.json", "[]", None, "the file is not a table"),
    ("packages that are a list", ".changes/config.json", '{\n "packages": []\n}\n', 2, "`packages` is not a table"),
    ("a path that is a number", ".changes/config.json", '{"packages": {"a": {"path": 1}}}', 1, "`path` is not a text"),
    ("no YAML", ".changie.yaml", "a: 1\nb: [\n", 3, "line 3"),
    ("YAML that is a text", ".changie.yaml", "words\n", None, "the file is not a table"),
    ("a replacement without a path", ".changie.yaml", "replacements:\n- find: x\n", 2, "`path` is not a text"),
    (
        "replacements that are a table",
        ".changie.yaml",
        "a: 1\nreplacements: {}\n",
        2,
        "`replacements` is not a list of tables",
    ),
]


@pytest.mark.parametrize(("path", "text", "line", "told"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_a_broken_file_is_refused_by_name_with_the_line(path: str, text: str, line: int | None, told: str) -> None:
    with pytest.raises(ToolFileBroken) as caught:
        adopted({path: text}, HERE)
    assert (caught.value.facts["path"], caught.value.facts["line"]) == (path, line)
    assert told in caught.value.what
