"""release-plz: what each setting becomes, or why it is left."""

from __future__ import annotations

import pytest

from loadmaster.errors.files import ToolFileBroken
from loadmaster.planning.elsewhere.release_plz import FILES
from loadmaster.planning.elsewhere.settings import Ground, SettingFate
from loadmaster.planning.profile.tag_patterns import Patterns
from tests.kit.building import package
from tests.kit.tools import TAIL, WING, adopted, ground, setting

SHOWN = Patterns(tag="v{version}", tags={"wing": "{name}-{version}"})
OLDER = package("tail", version="0.3.0")
FOLLOWING = Patterns(tag="v{version}", tags={}, tagged_with={"tail": "wing"})
PRIVATE = package("notes", publish=())
CHANGELOGS = {"CHANGELOG.md": "# Changelog\n", "crates/wing/CHANGELOG.md": "# Changelog\n"}


def workspace(line: str) -> str:
    return f"[workspace]\n{line}\n"


def of_wing(line: str) -> str:
    return f'[[package]]\nname = "wing"\n{line}\n'


ROWS: list[tuple[str, str, str, Ground, SettingFate, str]] = [
    (
        "a tag's name",
        workspace('git_tag_name = "{{ package }}-v{{ version }}"'),
        "workspace.git_tag_name",
        ground(),
        SettingFate.BECAME,
        'release.tag = "{name}-v{version}"',
    ),
    (
        "a tag's name with a filter",
        workspace('git_tag_name = "v{{ version | upper }}"'),
        "workspace.git_tag_name",
        ground(),
        SettingFate.LEFT,
        "nothing else but the package's name",
    ),
    (
        "a tag's name that the tags do not have",
        workspace('git_tag_name = "v{{ version }}"'),
        "workspace.git_tag_name",
        ground(patterns=SHOWN),
        SettingFate.LEFT,
        "the tags of `wing` have another shape, `{name}-{version}`",
    ),
    (
        "one tag for packages of two versions",
        workspace('git_tag_name = "v{{ version }}"'),
        "workspace.git_tag_name",
        ground(WING, OLDER),
        SettingFate.LEFT,
        "`tail`, `wing` would have one tag with several versions",
    ),
    (
        "one tag for packages of two versions, of which one has no tags of its own",
        workspace('git_tag_name = "v{{ version }}"'),
        "workspace.git_tag_name",
        ground(WING, OLDER, patterns=FOLLOWING),
        SettingFate.BECAME,
        'release.tag = "v{version}"',
    ),
    (
        "the tag's name of one package",
        of_wing('git_tag_name = "wing-{{ version }}"'),
        "package[0].git_tag_name",
        ground(),
        SettingFate.BECAME,
        'release.tags.wing = "{name}-{version}"',
    ),
    (
        "the tag's name that the package's tags have",
        of_wing('git_tag_name = "wing-{{ version }}"'),
        "package[0].git_tag_name",
        ground(patterns=SHOWN),
        SettingFate.BECAME,
        'release.tags.wing = "{name}-{version}"',
    ),
    (
        "a release's title",
        workspace('git_release_name = "{{ package }} {{ version }}"'),
        "workspace.git_release_name",
        ground(),
        SettingFate.BECAME,
        'release.tag_message = "{project} {version}"',
    ),
    (
        "a body that is the changelog's section",
        workspace('git_release_body = "{{ changelog }}"'),
        "workspace.git_release_body",
        ground(),
        SettingFate.ALREADY,
        "",
    ),
    (
        "a body of the project's own",
        workspace('git_release_body = "{{ changelog }} by me"'),
        "workspace.git_release_body",
        ground(),
        SettingFate.LEFT,
        "as it is",
    ),
    (
        "no forge releases",
        workspace("git_release_enable = false"),
        "workspace.git_release_enable",
        ground(),
        SettingFate.LEFT,
        "`--forge none`",
    ),
    (
        "forge releases",
        workspace("git_release_enable = true"),
        "workspace.git_release_enable",
        ground(),
        SettingFate.ALREADY,
        "",
    ),
    (
        "the type by the version",
        workspace('git_release_type = "auto"'),
        "workspace.git_release_type",
        ground(),
        SettingFate.ALREADY,
        "marked as one",
    ),
    (
        "no tags",
        workspace("git_tag_enable = false"),
        "workspace.git_tag_enable",
        ground(),
        SettingFate.LEFT,
        "every crate has a tag",
    ),
    (
        "a package that is not published",
        of_wing("publish = false"),
        "package[0].publish",
        ground(),
        SettingFate.BECAME,
        'release.exclude has {"package": "wing"',
    ),
    (
        "a package that is only tagged",
        of_wing("git_only = true"),
        "package[0].git_only",
        ground(),
        SettingFate.BECAME,
        "`git_only = true` in release-plz's settings",
    ),
    (
        "a package that is not released",
        of_wing("release = false"),
        "package[0].release",
        ground(),
        SettingFate.BECAME,
        "release.exclude has",
    ),
    (
        "nothing is published",
        workspace("publish = false"),
        "workspace.publish",
        ground(),
        SettingFate.LEFT,
        "a release publishes",
    ),
    (
        "only some are released",
        'workspace.release = false\n[[package]]\nname = "wing"\nrelease = true\n',
        "workspace.release",
        ground(),
        SettingFate.BECAME,
        'release.exclude has {"package": "tail"',
    ),
    (
        "none is released",
        workspace("release = false"),
        "workspace.release",
        ground(),
        SettingFate.LEFT,
        "nothing to release",
    ),
    (
        "a private package is not released",
        '[[package]]\nname = "notes"\nrelease = false\n',
        "package[0].release",
        ground(WING, PRIVATE),
        SettingFate.ALREADY,
        "by `publish` in the manifest",
    ),
    (
        "packages are not built",
        workspace("publish_no_verify = true"),
        "workspace.publish_no_verify",
        ground(),
        SettingFate.BECAME,
        "cargo.verify = false",
    ),
    (
        "one package is not built",
        of_wing("publish_no_verify = true"),
        "package[0].publish_no_verify",
        ground(),
        SettingFate.LEFT,
        "all or none",
    ),
    (
        "the API is not checked",
        workspace("semver_check = false"),
        "workspace.semver_check",
        ground(),
        SettingFate.LEFT,
        "is advice",
    ),
    (
        "the API is checked",
        workspace("semver_check = true"),
        "workspace.semver_check",
        ground(),
        SettingFate.ALREADY,
        "",
    ),
    (
        "dependencies are updated",
        workspace("dependencies_update = true"),
        "workspace.dependencies_update",
        ground(),
        SettingFate.LEFT,
        "in a commit of its own",
    ),
    (
        "one changelog for all",
        workspace('changelog_path = "./CHANGELOG.md"'),
        "workspace.changelog_path",
        ground(texts=CHANGELOGS),
        SettingFate.BECAME,
        'release.changelog = "CHANGELOG.md"',
    ),
    (
        "a changelog that is not there",
        workspace('changelog_path = "NEWS.md"'),
        "workspace.changelog_path",
        ground(texts=CHANGELOGS),
        SettingFate.LEFT,
        "there is no `NEWS.md`",
    ),
    (
        "one changelog for all beside one of a package",
        workspace('changelog_path = "CHANGELOG.md"'),
        "workspace.changelog_path",
        ground(WING, OLDER, texts=CHANGELOGS),
        SettingFate.LEFT,
        "`wing` has a `CHANGELOG.md` of its own",
    ),
    (
        "a package's changelog beside its manifest",
        of_wing('changelog_path = "crates/wing/CHANGELOG.md"'),
        "package[0].changelog_path",
        ground(WING, OLDER, texts=CHANGELOGS),
        SettingFate.BECAME,
        'release.changelog = "CHANGELOG.md"',
    ),
    (
        "a package's changelog elsewhere",
        of_wing('changelog_path = "CHANGELOG.md"'),
        "package[0].changelog_path",
        ground(WING, OLDER, texts=CHANGELOGS),
        SettingFate.LEFT,
        "beside its manifest",
    ),
    (
        "changelogs that people write",
        workspace("changelog_update = false"),
        "workspace.changelog_update",
        ground(),
        SettingFate.LEFT,
        "only dates their section",
    ),
    (
        "the repository",
        workspace('repo_url = "https://forge.example/ada/plane"'),
        "workspace.repo_url",
        ground(),
        SettingFate.BECAME,
        'forge = "ada/plane"',
    ),
    (
        "another repository than the clone's",
        workspace('repo_url = "https://forge.example/ada/plane"'),
        "workspace.repo_url",
        ground(forge="eve/plane"),
        SettingFate.LEFT,
        "comes from `eve/plane`",
    ),
    (
        "one version for all",
        of_wing('version_group = "a"') + '[[package]]\nname = "tail"\nversion_group = "a"\n',
        "package[0].version_group",
        ground(),
        SettingFate.BECAME,
        'release.policy = "lockstep"',
    ),
    (
        "one version for some",
        of_wing('version_group = "a"'),
        "package[0].version_group",
        ground(),
        SettingFate.LEFT,
        "`NAME=VERSION,NAME=VERSION`",
    ),
    (
        "one version for packages of two",
        of_wing('version_group = "a"') + '[[package]]\nname = "tail"\nversion_group = "a"\n',
        "package[0].version_group",
        ground(WING, OLDER),
        SettingFate.LEFT,
        "set them to one first",
    ),
    (
        "a package that is none",
        '[[package]]\nname = "fin"\npublish = false\n',
        "package[0].publish",
        ground(),
        SettingFate.LEFT,
        "no package `fin`",
    ),
    (
        "how entries are made",
        '[changelog]\nbody = "x"\n',
        "changelog.body",
        ground(),
        SettingFate.LEFT,
        "proposed from the commits",
    ),
    (
        "a setting that is none",
        workspace('git_tag_nam = "x"'),
        "workspace.git_tag_nam",
        ground(),
        SettingFate.UNKNOWN,
        "release-plz has no setting of this name",
    ),
    (
        "a setting that is none, of a package",
        of_wing("publsh = false"),
        "package[0].publsh",
        ground(),
        SettingFate.UNKNOWN,
        "no setting of this name",
    ),
    (
        "a table that is none",
        "[workspaces]\na = 1\n",
        "workspaces",
        ground(),
        SettingFate.UNKNOWN,
        "no setting of this name",
    ),
]


@pytest.mark.parametrize(
    ("text", "key", "here", "fate", "told"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_what_becomes_of(text: str, key: str, here: Ground, fate: SettingFate, told: str) -> None:
    found = setting(adopted({"release-plz.toml": text}, here), key)
    assert (found.tool, found.file, found.fate) == ("release-plz", "release-plz.toml", fate), found
    assert told in f"{found.became} {found.why}"
    assert bool(found.became) == (fate is SettingFate.BECAME)
    assert fate in (SettingFate.BECAME, SettingFate.ALREADY) or found.why
    assert found.line is not None


SHARED = """
changelog_update custom_major_increment_regex custom_minor_increment_regex features_always_increment_minor git_only
git_release_body git_release_draft git_release_enable git_release_generate_notes git_release_latest git_release_name
git_release_type git_tag_enable git_tag_name publish publish_all_features publish_allow_dirty publish_features
publish_no_verify release semver_check changelog_path
"""
OF_ALL = """
allow_dirty changelog_config dependencies_update max_analyze_commits pr_body pr_branch_prefix pr_draft pr_labels pr_name
publish_timeout release_always release_commits repo_url
"""
OF_ONE = "changelog_include dist version_group"
OF_ENTRIES = """
header body trim protect_breaking_commits tag_pattern sort_commits commit_preprocessors link_parsers commit_parsers
postprocessors
"""
LISTS = ("features", "labels", "include", "processors", "parsers")
TEXTS = (
    "body",
    "name",
    "type",
    "path",
    "regex",
    "config",
    "prefix",
    "timeout",
    "commits",
    "url",
    "header",
    "pattern",
    "group",
)


def value(name: str) -> str:
    """One of the setting's type."""
    if name == "max_analyze_commits":
        return "5"
    if name in ("protect_breaking_commits", "publish_all_features"):
        return "true"
    return "[]" if name.endswith(LISTS) else '"x"' if name.endswith(TEXTS) else "true"


def table(head: str, *names: str) -> str:
    return head + "".join(f"{name} = {value(name)}\n" for each in names for name in each.split())


def test_all_settings_that_it_documents_are_known() -> None:
    """The names are those of its page of settings and of its schema, by table."""
    text = table("[workspace]\n", SHARED, OF_ALL) + table('[[package]]\nname = "wing"\n', SHARED, OF_ONE)
    found = adopted({"release-plz.toml": text + table("[changelog]\n", OF_ENTRIES)})
    names = f"{SHARED} {SHARED} {OF_ALL} {OF_ONE} {OF_ENTRIES}".split()
    assert sorted(each.key.rpartition(".")[2] for each in found.settings) == sorted(names)
    assert [each.key for each in found.settings if each.fate is SettingFate.UNKNOWN] == []


BROKEN = [
    ("a switch that is a text", "[workspace]\n\npublish = 'no'\n", 3, "`publish` is not `true` or `false`"),
    ("a text that is a number", "[[package]]\nname = 'wing'\ngit_tag_name = 1\n", 3, "`git_tag_name` is not a text"),
    ("a list of numbers", "[workspace]\npr_labels = [1]\n", 2, "`pr_labels` is not a list of texts"),
    ("a package without a name", "[[package]]\npublish = false\n", 1, "has no `name`"),
    ("a table that is a list", "workspace = []\n", 1, "`workspace` is not a table"),
    ("packages that are a table", "[package]\nname = 'wing'\n", 1, "`package` is not a list of tables"),
    ("no TOML", "[workspace]\npublish = \n", 2, "line 2"),
    ("merge markers", "[workspace]\n<<<<<<< HEAD\n", 2, "line 2"),
    ("a byte order mark", "\ufeff[workspace]\n", 1, "byte order mark"),
]


@pytest.mark.parametrize(("text", "line", "told"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_a_broken_file_is_refused_by_name_with_the_line(text: str, line: int, told: str) -> None:
    with pytest.raises(ToolFileBroken) as caught:
        adopted({"release-plz.toml": text})
    assert (caught.value.facts["path"], caught.value.facts["line"]) == ("release-plz.toml", line)
    assert f"`release-plz.toml` cannot be read, line {line}: " in caught.value.what
    assert told in caught.value.what


def test_it_reads_the_first_of_its_files_beside_the_workspace_and_at_the_top() -> None:
    texts = {name: workspace("release_always = true") for name in FILES}
    assert {each.file for each in adopted(texts).settings} == {"release-plz.toml"}
    del texts["release-plz.toml"]
    assert {each.file for each in adopted(texts).settings} == {".release-plz.toml"}
    below = ground(
        WING.model_copy(update={"root": "rust/Cargo.toml"}), TAIL.model_copy(update={"root": "rust/Cargo.toml"})
    )
    there = {f"rust/{name}": text for name, text in texts.items()}
    assert {each.file for each in adopted(there, below).settings} == {"rust/.release-plz.toml"}


def test_paths_of_a_file_below_the_top_begin_at_its_folder() -> None:
    below = ground(WING.model_copy(update={"root": "rust/Cargo.toml"}), texts={"rust/CHANGELOG.md": "# Changelog\n"})
    found = adopted({"rust/release-plz.toml": workspace('changelog_path = "CHANGELOG.md"')}, below)
    assert found.wish("release.changelog") == "rust/CHANGELOG.md"
