"""knope: what each setting becomes, or why it is left."""

from __future__ import annotations

import pytest

from loadmaster.errors.files import ToolFileBroken
from loadmaster.planning.elsewhere.settings import Ground, SettingFate
from tests.kit.building import package
from tests.kit.tools import WING, adopted, ground, setting

AT_TOP = package("wing", version="1.2.0", manifest="Cargo.toml")
OLDER = package("tail", version="0.3.0")
TEXTS = {
    "CHANGELOG.md": "# Changelog\n",
    "package.json": '{\n  "version": "1.2.0"\n}\n',
    "app/tauri.conf.json": '{\n    "version": "1.2.0"\n}\n',
    "README.md": "version: 1.2.0\n",
    "pom.xml": "<version>1.2.0</version>\n",
    "Cargo.toml": "",
}
HERE = ground(AT_TOP, texts=TEXTS)
SEVERAL = ground(AT_TOP, OLDER, texts=TEXTS)


def one(line: str) -> str:
    return f"[package]\n{line}\n"


ROWS: list[tuple[str, str, str, Ground, SettingFate, str]] = [
    (
        "the changelog",
        one('changelog = "CHANGELOG.md"'),
        "package.changelog",
        HERE,
        SettingFate.BECAME,
        'release.changelog = "CHANGELOG.md"',
    ),
    (
        "a manifest",
        one('versioned_files = ["Cargo.toml"]'),
        "package.versioned_files[0]",
        HERE,
        SettingFate.ALREADY,
        "versions in manifests",
    ),
    (
        "a requirement on a member",
        one('versioned_files = [{ path = "Cargo.toml", dependency = "wing" }]'),
        "package.versioned_files[0]",
        HERE,
        SettingFate.ALREADY,
        "requirements on its members",
    ),
    (
        "a dependency of another language",
        one('versioned_files = [{ path = "package.json", dependency = "wing" }]'),
        "package.versioned_files[0]",
        HERE,
        SettingFate.LEFT,
        "[[release.commands]]",
    ),
    (
        "a file of another language",
        one('versioned_files = ["package.json"]'),
        "package.versioned_files[0]",
        HERE,
        SettingFate.BECAME,
        '"path": "package.json"',
    ),
    (
        "a file of tauri's",
        one('versioned_files = ["app/tauri.conf.json"]'),
        "package.versioned_files[0]",
        HERE,
        SettingFate.BECAME,
        '"path": "app/tauri.conf.json"',
    ),
    (
        "a file of which nobody knows where its version is",
        one('versioned_files = ["pom.xml"]'),
        "package.versioned_files[0]",
        HERE,
        SettingFate.LEFT,
        "[[release.files]]",
    ),
    (
        "a pattern",
        one(r"versioned_files = [{ path = 'README.md', regex = 'version:\s+(?<version>\d+\.\d+\.\d+)' }]"),
        "package.versioned_files[0]",
        HERE,
        SettingFate.BECAME,
        r'"pattern": "version:\\s+{version}"',
    ),
    (
        "a pattern without its group",
        one("versioned_files = [{ path = 'README.md', regex = 'version' }]"),
        "package.versioned_files[0]",
        HERE,
        SettingFate.LEFT,
        "[[release.files]]",
    ),
    (
        "several patterns",
        one("versioned_files = [{ path = 'README.md', regex = ['a', 'b'] }]"),
        "package.versioned_files[0]",
        HERE,
        SettingFate.LEFT,
        "for each",
    ),
    (
        "scopes of commits",
        one('scopes = ["wing"]'),
        "package.scopes",
        HERE,
        SettingFate.LEFT,
        "proposed from the commits",
    ),
    ("assets", one('assets = "dist/*"'), "package.assets", HERE, SettingFate.LEFT, "may upload more"),
    (
        "a setting that is none",
        one('version_files = ["x"]'),
        "package.version_files",
        HERE,
        SettingFate.UNKNOWN,
        "knope has no setting of this name",
    ),
    (
        "tags by the package's own name",
        '[packages.plane]\nversioned_files = ["Cargo.toml"]\n',
        "packages.plane",
        SEVERAL,
        SettingFate.BECAME,
        'release.tags.wing = "plane/v{version}"',
    ),
    (
        "tags of what is no package of Rust",
        '[packages.site]\nversioned_files = ["package.json"]\n',
        "packages.site",
        SEVERAL,
        SettingFate.LEFT,
        "none of its files",
    ),
    (
        "the forge",
        '[github]\nowner = "ada"\nrepo = "plane"\n',
        "github",
        HERE,
        SettingFate.BECAME,
        'forge = "ada/plane"',
    ),
    (
        "another forge",
        '[gitea]\nowner = "ada"\nrepo = "plane"\nhost = "x"\n',
        "gitea",
        HERE,
        SettingFate.LEFT,
        "by `forge`",
    ),
    (
        "a step that a release has",
        '[[workflows]]\nname = "r"\n[[workflows.steps]]\ntype = "PrepareRelease"\n',
        "workflows[0].steps[0]",
        HERE,
        SettingFate.ALREADY,
        "into its commit",
    ),
    (
        "a program",
        '[[workflows]]\nname = "r"\n[[workflows.steps]]\ntype = "Command"\ncommand = "make"\n',
        "workflows[0].steps[0]",
        HERE,
        SettingFate.LEFT,
        "[[release.commands]]",
    ),
    (
        "a step that is none",
        '[[workflows]]\nname = "r"\n[[workflows.steps]]\ntype = "Fly"\n',
        "workflows[0].steps[0]",
        HERE,
        SettingFate.UNKNOWN,
        "knope has no setting",
    ),
    ("a table that is none", "[realease]\nx = 1\n", "realease", HERE, SettingFate.UNKNOWN, "knope has no setting"),
]


@pytest.mark.parametrize(
    ("text", "key", "here", "fate", "told"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_what_becomes_of(text: str, key: str, here: Ground, fate: SettingFate, told: str) -> None:
    found = setting(adopted({"knope.toml": text}, here), key)
    assert (found.tool, found.file, found.fate) == ("knope", "knope.toml", fate), found
    assert told in f"{found.became} {found.why}"
    assert found.line is not None


def test_every_step_that_it_documents_is_known() -> None:
    steps = (
        "BumpVersion Command Confirm CreateChangeFile CreatePullRequest PrepareRelease RebaseBranch Release SelectGitHubIssue "
        "SelectGiteaIssue SelectIssueFromBranch SelectJiraIssue SwitchBranches TransitionJiraIssue"
    )
    text = "[[workflows]]\nname = 'all'\n" + "".join(
        f"[[workflows.steps]]\ntype = '{each}'\n" for each in steps.split(" ")
    )
    assert {each.fate for each in adopted({"knope.toml": text}).settings} == {SettingFate.ALREADY, SettingFate.LEFT}


BROKEN = [
    ("a package that is a text", "package = 'x'\n", 1, "`package` is not a table"),
    ("files that are a text", "[package]\nversioned_files = 'x'\n", 2, "`versioned_files` is not a list"),
    (
        "a file without a path",
        "[package]\nversioned_files = [{ dependency = 'x' }]\n",
        2,
        "a path, or a table with a `path`",
    ),
    ("a step without a type", "[[workflows]]\n[[workflows.steps]]\ncommand = 'x'\n", 2, "has no `type`"),
    ("a forge without an owner", "[github]\nrepo = 'x'\n", 1, "`owner` and `repo`"),
    ("no TOML", "[package\n", 1, "line 1"),
]


@pytest.mark.parametrize(("text", "line", "told"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_a_broken_file_is_refused_by_name_with_the_line(text: str, line: int, told: str) -> None:
    with pytest.raises(ToolFileBroken) as caught:
        adopted({"knope.toml": text}, ground(WING))
    assert (caught.value.facts["path"], caught.value.facts["line"]) == ("knope.toml", line)
    assert told in caught.value.what
