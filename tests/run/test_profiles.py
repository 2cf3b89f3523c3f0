"""Profiles as files: those of this repository, and those that cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadmaster.errors.request import ProfileBroken, UnknownProject
from loadmaster.planning.edits.bump import rule_edits
from loadmaster.run.profiles import load_project, project_names

LEAST = 'forge = "ada/demo"\n[source]\nrepository = "demo.git"\n'


@pytest.mark.parametrize("name", project_names())
def test_every_profile_of_this_repository_loads(name: str) -> None:
    assert load_project(name).name == name


def test_assays_crates_and_assets_are_complete() -> None:
    """15 crates; 11 files with their checksums and `server.json`, as its own check of a release counts them."""
    assay = load_project("assay")
    assert len(set(assay.release.publish)) == len(assay.release.publish) == 15
    files = {each for each in assay.assets if f"{each}.sha256" in assay.assets}
    assert (len(files), len(set(assay.assets)), set(assay.assets) - files - {f"{each}.sha256" for each in files}) == (
        11,
        23,
        {"server.json"},
    )


PATHS = """{{
  "source_version": "{0}",
  "source_tag": "v{0}",
  "release_version": "5.3.0",
  "release_tag": "v5.3.0"
}}
"""
ASSAYS_FILES = {
    "CLAUDE.md": "Rust monorepo, workspace version `{0}`, 22 workspace packages (21 under `crates/` plus\n",
    "docs/guides/agent-golden-path.md": "This source tree declares Assay `{0}` (`v{0}`).\n"
    "This journey is pinned to Assay `5.3.0` ([`v5.3.0`](https://forge.example/tag/v5.3.0)).\n",
    "packaging/agent-plugin/plugin.json": '{{\n  "name": "assay",\n  "version": "{0}",\n}}\n',
    "docs/generated/agent-golden-path.json": PATHS,
    "packaging/agent-plugin/skills/assay-golden-path/references/agent-golden-path.json": PATHS,
    "packaging/claude-plugin/skills/assay-golden-path/references/agent-golden-path.json": PATHS,
}


def test_assays_rules_write_what_its_release_of_5_4_0_did_and_nothing_of_earlier_ones() -> None:
    before = {path: text.format("5.3.0") for path, text in ASSAYS_FILES.items()}
    after = {path: text.format("5.4.0") for path, text in ASSAYS_FILES.items()}
    rules = load_project("assay").release.files
    assert rule_edits(before, {"assay-cli": "5.3.0"}, {"assay-cli": "5.4.0"}, rules) == after
    assert rule_edits({}, {"assay-cli": "2.2.1"}, {"assay-cli": "2.2.2"}, rules) == {}


def test_the_two_that_the_readme_names_are_there() -> None:
    assert {"assay", "demo"} <= set(project_names())


def test_the_least_profile(tmp_path: Path) -> None:
    (tmp_path / "hangar.toml").write_text(LEAST)
    assert load_project("hangar", tmp_path).source.repository == "demo.git"


def test_one_s_own_profile_comes_before_another_of_its_name(tmp_path: Path) -> None:
    own, theirs = tmp_path / "own", tmp_path / "theirs"
    for place, title in ((own, "Mine"), (theirs, "Theirs")):
        place.mkdir()
        (place / "hangar.toml").write_text(f'title = "{title}"\n{LEAST}')
    (theirs / "demo.toml").write_text(LEAST)
    assert project_names(own, theirs) == ("demo", "hangar")
    assert load_project("hangar", own, theirs).title == "Mine"


@pytest.mark.parametrize("name", ["nope", "", "demo.toml", "../demo", "DEMO"])
def test_an_unknown_project_is_told_with_those_that_are_known(name: str, tmp_path: Path) -> None:
    for known in ("demo", "assay"):
        (tmp_path / f"{known}.toml").write_text(LEAST)
    with pytest.raises(UnknownProject) as caught:
        load_project(name, tmp_path)
    assert caught.value.exit_code == 2
    assert "`assay`, `demo`" in caught.value.fix


_COMMAND = "[[release.commands]]\nrun = [%s]\n"
_BY_RULE = '[release]\npublish_lists = [{ file = "a.sh", pattern = "x" }]\n'

BROKEN = [
    ("not TOML", "forge = \n[source]\n", "line 1"),
    ("not text", "\udcff", "utf-8"),
    ("nothing in it", "", "`source`: it is missing; `forge`: it is missing"),
    ("an unknown key", LEAST + 'brnch = "main"\n', "`source.brnch`: there is no such field"),
    ("a misspelt table", LEAST + "[relase]\n", "`relase`: there is no such field"),
    ("both sources", LEAST + 'directory = "x"\n', "`source`: give exactly one of `repository` and `directory`"),
    ("no source", 'forge = "ada/demo"\n[source]\n', "`source`: give exactly one of `repository` and `directory`"),
    ("a name of its own", 'name = "other"\n' + LEAST, "`name`: the file's own name"),
    ("a list's pattern without a group", LEAST + _BY_RULE, "exactly one must hold the names"),
    ("a list's pattern that is none", LEAST + _BY_RULE.replace("x", "("), "it is not a regular expression"),
    ("a workflow with a path", LEAST + '[[workflows]]\nfile = "a/b.yml"\n', "`workflows.0.file`"),
    (
        "a command without paths",
        LEAST + '[[release.commands]]\nrun = ["make"]\n',
        "`release.commands.0.paths`: it is missing",
    ),
    ("a command that may change nothing", LEAST + _COMMAND % '"make"' + "paths = []\n", "`release.commands.0.paths`"),
    (
        "a command that is a text",
        LEAST + '[[release.commands]]\nrun = "make"\npaths = ["a"]\n',
        "`release.commands.0.run`",
    ),
    ("a command that is empty", LEAST + _COMMAND % "" + 'paths = ["a"]\n', "`release.commands.0.run`"),
    ("a command without a program", LEAST + _COMMAND % '""' + 'paths = ["a"]\n', "`run` begins with an empty text"),
    ("a command with a zero byte", LEAST + _COMMAND % '"a\\u0000"' + 'paths = ["a"]\n', "`release.commands.0.run.0`"),
    (
        "a command's absolute path",
        LEAST + _COMMAND % '"a"' + 'paths = ["/etc/*"]\n',
        "`/etc/*` is no glob of files in the tree",
    ),
    (
        "a command's path out of the tree",
        LEAST + _COMMAND % '"a"' + 'paths = ["docs/../../*"]\n',
        "is no glob of files",
    ),
    (
        "a command's directory as a path",
        LEAST + _COMMAND % '"a"' + 'paths = ["docs/"]\n',
        "`docs/` is no glob of files",
    ),
    (
        "a command's path into git",
        LEAST + _COMMAND % '"a"' + 'paths = [".GIT/hooks/*"]\n',
        "which no command may change",
    ),
    ("a command's broken glob", LEAST + _COMMAND % '"a"' + 'paths = ["docs/[z-a]"]\n', "`docs/[z-a]` is no glob: "),
    (
        "a command elsewhere",
        LEAST + _COMMAND % '"a"' + 'paths = ["a"]\ndirectory = "../x"\n',
        "`../x` is no file of the tree",
    ),
    ("a command without time", LEAST + _COMMAND % '"a"' + 'paths = ["a"]\nwithin = 0\n', "`release.commands.0.within`"),
    ("a command for ever", LEAST + _COMMAND % '"a"' + 'paths = ["a"]\nwithin = inf\n', "`release.commands.0.within`"),
    (
        "a command's version that is none",
        LEAST + _COMMAND % '"a"' + 'paths = ["a"]\nsince = "1.4"\n',
        "`since` is not a version",
    ),
    (
        "a command's name of two lines",
        LEAST + _COMMAND % '"a"' + 'paths = ["a"]\nname = "a\\nb"\n',
        "`release.commands.0.name`",
    ),
    ("two commands of one title", LEAST + (_COMMAND % '"a"' + 'paths = ["a"]\n') * 2, "two commands are called `a`"),
    ("a tag without version", LEAST + '[release]\ntag = "v"\n', "`release.tag`"),
]


@pytest.mark.parametrize(("text", "told"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_a_profile_that_cannot_be_used_is_told_with_the_field(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "demo.toml").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(ProfileBroken) as caught:
        load_project("demo", tmp_path)
    assert caught.value.exit_code == 2
    assert "`demo.toml`" in caught.value.what
    assert told in caught.value.what


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "demo.toml").write_text('forge = "demo"\nsurprise = 1\n[source]\n')
    with pytest.raises(ProfileBroken) as caught:
        load_project("demo", tmp_path)
    assert all(field in caught.value.what for field in ("`source`", "`forge`", "`surprise`"))
