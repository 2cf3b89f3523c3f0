"""cargo-release: what each setting becomes, or why it is left; and which of its places goes before which."""

from __future__ import annotations

import pytest

from loadmaster.errors.files import ToolFileBroken
from loadmaster.planning.elsewhere.settings import Ground, SettingFate
from loadmaster.planning.profile.tag_patterns import Patterns
from loadmaster.planning.tree.workspace import Package
from tests.kit.building import package
from tests.kit.tools import TAIL, WING, adopted, ground, setting

AT_TOP = package("wing", version="1.2.0", manifest="Cargo.toml")
OLDER = package("tail", version="0.3.0")
PLAIN = Patterns(tag="v{plain}", tags={})
README = "README.md"


def replacement(search: str, replace: str, file: str = README, more: str = "") -> str:
    return f"[[pre-release-replacements]]\nfile = '{file}'\nsearch = '{search}'\nreplace = '{replace}'\n{more}"


def with_readme(text: str, *packages: Package) -> Ground:
    return ground(*(packages or (AT_TOP,)), texts={"README.md": text, "CHANGELOG.md": "# Changelog\n"})


ROWS: list[tuple[str, str, str, Ground, SettingFate, str]] = [
    ("the release branch", 'allow-branch = ["main"]', "allow-branch", ground(), SettingFate.ALREADY, "`source.branch`"),
    (
        "maintenance branches",
        'allow-branch = ["main", "v*-main"]',
        "allow-branch",
        ground(),
        SettingFate.BECAME,
        'release.branches has "v*-main"',
    ),
    ("any branch", 'allow-branch = ["*", "!HEAD"]', "allow-branch", ground(), SettingFate.LEFT, "`*` is no pattern"),
    (
        "a branch in braces",
        'allow-branch = ["{a,b}", "lts"]',
        "allow-branch",
        ground(),
        SettingFate.BECAME,
        'release.branches has "lts"',
    ),
    ("signed tags", "sign-tag = true", "sign-tag", ground(), SettingFate.LEFT, "are signed"),
    ("tags that are not signed", "sign-tag = false", "sign-tag", ground(), SettingFate.ALREADY, ""),
    ("one commit", "consolidate-commits = true", "consolidate-commits", ground(), SettingFate.ALREADY, ""),
    (
        "a commit for each",
        "consolidate-commits = false",
        "consolidate-commits",
        ground(),
        SettingFate.LEFT,
        "one commit",
    ),
    (
        "a commit's message",
        'pre-release-commit-message = "chore: v{{version}}"',
        "pre-release-commit-message",
        ground(),
        SettingFate.BECAME,
        'release.commit_message = "chore: v{version}"',
    ),
    (
        "a commit's message without a version",
        'pre-release-commit-message = "chore: Release"',
        "pre-release-commit-message",
        ground(),
        SettingFate.LEFT,
        "has the version",
    ),
    (
        "a commit's message with a date",
        'pre-release-commit-message = "{{version}} {{date}}"',
        "pre-release-commit-message",
        ground(),
        SettingFate.LEFT,
        "nothing else that changes",
    ),
    (
        "a tag's message",
        'tag-message = "{{crate_name}} {{version}}"',
        "tag-message",
        ground(),
        SettingFate.BECAME,
        'release.tag_message = "{project} {version}"',
    ),
    (
        "a tag's message with the tag",
        'tag-name = "v{{version}}"\ntag-message = "{{tag_name}}!"',
        "tag-message",
        ground(),
        SettingFate.BECAME,
        'release.tag_message = "v{version}!"',
    ),
    ("a tag without a message", 'tag-message = ""', "tag-message", ground(), SettingFate.LEFT, "has the version"),
    (
        "a tag's name",
        'tag-name = "{{crate_name}}/{{version}}"',
        "tag-name",
        ground(),
        SettingFate.BECAME,
        'release.tag = "{name}/{version}"',
    ),
    (
        "a tag's name that leaves build metadata out",
        'tag-name = "v{{version}}"',
        "tag-name",
        ground(patterns=PLAIN),
        SettingFate.BECAME,
        'release.tag = "v{plain}"',
    ),
    (
        "a prefix",
        'tag-prefix = "release-"',
        "tag-prefix",
        ground(),
        SettingFate.BECAME,
        'release.tag = "release-v{version}"',
    ),
    (
        "a tag's name with the default prefix",
        'tag-name = "{{prefix}}{{version}}"',
        "tag-name",
        ground(),
        SettingFate.BECAME,
        'release.tag = "{name}-{version}"',
    ),
    (
        "the default prefix at the top",
        'tag-name = "{{prefix}}{{version}}"',
        "tag-name",
        ground(AT_TOP, TAIL),
        SettingFate.BECAME,
        'release.tags.wing = "{version}"',
    ),
    (
        "a tag's name with the version before",
        'tag-name = "v{{prev_version}}"',
        "tag-name",
        ground(),
        SettingFate.LEFT,
        "nothing else but the package's name",
    ),
    ("no tags", "tag = false", "tag", ground(), SettingFate.LEFT, "every crate has a tag"),
    ("no push", "push = false", "push", ground(), SettingFate.LEFT, "pushes its commit"),
    ("the usual remote", 'push-remote = "origin"', "push-remote", ground(), SettingFate.ALREADY, ""),
    ("another remote", 'push-remote = "upstream"', "push-remote", ground(), SettingFate.LEFT, "`source.repository`"),
    ("another registry", 'registry = "works"', "registry", ground(), SettingFate.BECAME, 'registry.name = "works"'),
    ("nothing is published", "publish = false", "publish", ground(), SettingFate.LEFT, "a release publishes"),
    ("nothing is released", "release = false", "release", ground(), SettingFate.LEFT, "a release publishes"),
    ("packages are not built", "verify = false", "verify", ground(), SettingFate.BECAME, "cargo.verify = false"),
    (
        "owners",
        'owners = ["ada", "github:plane:crew"]',
        "owners",
        ground(),
        SettingFate.BECAME,
        'registry.owners has "ada"; registry.owners has "github:plane:crew"',
    ),
    (
        "an owner that is none",
        'owners = ["gitlab:plane:crew"]',
        "owners",
        ground(),
        SettingFate.LEFT,
        "`gitlab:plane:crew` is neither",
    ),
    ("features", 'enable-features = ["full"]', "enable-features", ground(), SettingFate.LEFT, "default features"),
    (
        "one version for all",
        "shared-version = true",
        "shared-version",
        ground(),
        SettingFate.BECAME,
        'release.policy = "lockstep"',
    ),
    (
        "one version by name",
        'shared-version = "workspace"',
        "shared-version",
        ground(),
        SettingFate.BECAME,
        'release.policy = "lockstep"',
    ),
    (
        "one version for packages of two",
        "shared-version = true",
        "shared-version",
        ground(WING, OLDER),
        SettingFate.LEFT,
        "several versions",
    ),
    (
        "requirements always move",
        'dependent-version = "upgrade"',
        "dependent-version",
        ground(),
        SettingFate.BECAME,
        'release.requirements = "all"',
    ),
    (
        "requirements move if they must",
        'dependent-version = "fix"',
        "dependent-version",
        ground(),
        SettingFate.BECAME,
        'release.requirements = "necessary"',
    ),
    (
        "requirements warn",
        'dependent-version = "warn"',
        "dependent-version",
        ground(),
        SettingFate.LEFT,
        "`release.requirements`",
    ),
    ("build metadata", 'metadata = "required"', "metadata", ground(), SettingFate.LEFT, "build metadata"),
    (
        "a rate limit",
        "rate-limit.new-packages = 7",
        "rate-limit.new-packages",
        ground(),
        SettingFate.BECAME,
        "registry.new_burst = 7",
    ),
    (
        "another rate limit",
        "rate-limit.existing-packages = 9",
        "rate-limit.existing-packages",
        ground(),
        SettingFate.BECAME,
        "registry.update_burst = 9",
    ),
    (
        "a program before the commit",
        'pre-release-hook = ["cargo", "xtask"]',
        "pre-release-hook",
        ground(),
        SettingFate.LEFT,
        "[[release.commands]]",
    ),
    (
        "a program afterwards",
        'post-release-hook = "x"',
        "post-release-hook",
        ground(),
        SettingFate.LEFT,
        "nothing is committed after a release",
    ),
    ("what it has dropped", "dev-version = true", "dev-version", ground(), SettingFate.LEFT, "has dropped it"),
    (
        "a setting that is none",
        'tag-nam = "x"',
        "tag-nam",
        ground(),
        SettingFate.UNKNOWN,
        "cargo-release has no setting of this name",
    ),
    (
        "a table that is none",
        "[workspace]\nx = 1",
        "workspace",
        ground(),
        SettingFate.UNKNOWN,
        "cargo-release has no setting of this name",
    ),
]


@pytest.mark.parametrize(
    ("text", "key", "here", "fate", "told"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_what_becomes_of(text: str, key: str, here: Ground, fate: SettingFate, told: str) -> None:
    found = setting(adopted({"release.toml": text}, here), key)
    assert (found.tool, found.file, found.fate) == ("cargo-release", "release.toml", fate), found
    assert told in f"{found.became} {found.why}"
    assert bool(found.became) == (fate is SettingFate.BECAME)
    assert fate in (SettingFate.BECAME, SettingFate.ALREADY) or found.why
    assert found.line is not None


REPLACED: list[tuple[str, str, Ground, SettingFate, str]] = [
    (
        "a version in a readme",
        replacement("wing = .*", 'wing = "{{version}}"'),
        with_readme('wing = "1.2.0"\n'),
        SettingFate.BECAME,
        r'"pattern": "wing = \"{version}\""',
    ),
    (
        "at the start of a line",
        replacement("^version: .*", "version: {{version}}"),
        with_readme("cff-version: 1.2.0\nversion: 1.2.0\n"),
        SettingFate.BECAME,
        '"pattern": "^version: {version}"',
    ),
    (
        "the package's name in it",
        replacement("x", "{{crate_name}}@{{version}}"),
        with_readme("wing@1.2.0\n"),
        SettingFate.BECAME,
        '"pattern": "wing@{version}"',
    ),
    (
        "the tag in it",
        replacement("x", "tree/{{tag_name}}/"),
        with_readme("tree/v1.2.0/\n"),
        SettingFate.BECAME,
        '"pattern": "tree/v{version}/"',
    ),
    (
        "a place that is there twice",
        replacement("x", "v{{version}}"),
        with_readme("v1.2.0 v1.2.0\n"),
        SettingFate.LEFT,
        "write a `[[release.files]]`",
    ),
    (
        "a place that is not there",
        replacement("x", "wing {{version}}"),
        with_readme("nothing\n"),
        SettingFate.LEFT,
        "write a `[[release.files]]`",
    ),
    ("a day", replacement("x", "{{date}}"), with_readme("2026-01-31\n"), SettingFate.LEFT, "[[release.commands]]"),
    (
        "a part of what is found",
        replacement("(a)b", "$1{{version}}"),
        with_readme("a1.2.0\n"),
        SettingFate.LEFT,
        "[[release.commands]]",
    ),
    ("no version at all", replacement("x", "y"), with_readme("x\n"), SettingFate.LEFT, "puts in no version"),
    (
        "two versions",
        replacement("x", "{{version}} {{version}}"),
        with_readme("1.2.0 1.2.0\n"),
        SettingFate.LEFT,
        "or several",
    ),
    (
        "the changelog's heading",
        replacement("Unreleased", "{{version}}", "CHANGELOG.md"),
        with_readme(""),
        SettingFate.ALREADY,
        "dates the changelog's section",
    ),
    (
        "the manifest's own version",
        replacement("x", "{{version}}", "Cargo.toml"),
        ground(AT_TOP, paths=frozenset({"Cargo.toml"})),
        SettingFate.ALREADY,
        "versions in manifests",
    ),
    (
        "a file that no package has",
        replacement("x", "{{version}}", "NOTES.md"),
        with_readme(""),
        SettingFate.LEFT,
        "no released package has the file",
    ),
]


@pytest.mark.parametrize(
    ("text", "here", "fate", "told"), [row[1:] for row in REPLACED], ids=[row[0] for row in REPLACED]
)
def test_what_becomes_of_a_replacement_of(text: str, here: Ground, fate: SettingFate, told: str) -> None:
    found = setting(adopted({"release.toml": text}, here), "pre-release-replacements[0]")
    assert (found.fate, found.line) == (fate, 1), found
    assert told in f"{found.became} {found.why}"


def test_a_replacement_of_the_workspace_is_done_in_every_package_that_has_the_file() -> None:
    texts = {f"crates/{name}/README.md": f'{name} = "1.2.0"\n' for name in ("wing", "tail")}
    found = adopted({"release.toml": replacement("x", '{{crate_name}} = "{{version}}"')}, ground(texts=texts))
    assert [rule["path"] for rule in found.elements("release.files")] == [
        "crates/wing/README.md",
        "crates/tail/README.md",
    ]


def test_rules_of_packages_with_versions_of_their_own_name_the_package() -> None:
    here = ground(AT_TOP, OLDER, texts={"README.md": "wing 1.2.0\n"})
    found = adopted({"Cargo.toml": f"[package.metadata.release]\n{_inline('wing {{version}}')}\n"}, here)
    assert found.elements("release.files") == [{"path": "README.md", "pattern": "wing {version}", "package": "wing"}]


def _inline(replace: str) -> str:
    return f"pre-release-replacements = [{{ file = 'README.md', search = 'x', replace = '{replace}' }}]"


def test_a_package_goes_before_the_workspace_and_a_manifest_before_a_file_beside_it() -> None:
    texts = {
        "crates/wing/Cargo.toml": "[package.metadata.release]\ntag-name = 'wing-{{version}}'\n",
        "crates/wing/release.toml": "tag-name = 'no-{{version}}'\nrelease = true\n",
        "Cargo.toml": "[workspace.metadata.release]\ntag-name = 'v{{version}}'\n",
        "release.toml": "tag-name = 'never-{{version}}'\nrelease = false\n",
    }
    found = adopted(texts)
    assert {wish.text for wish in found.wishes if wish.setting.startswith("release.tag")} == {
        'release.tags.wing = "{name}-{version}"',
        'release.tag = "{name}-{version}"',
        'release.tags.tail = "v{version}"',
    }
    assert [waiver["package"] for waiver in found.elements("release.exclude")] == ["tail"]
    assert {each.file for each in found.settings} == texts.keys()


def test_what_is_for_all_packages_cannot_be_said_by_one() -> None:
    keys = {
        "pre-release-commit-message": "'{{version}}'",
        "tag-message": "'{{version}}'",
        "dependent-version": "'fix'",
        "verify": "false",
        "owners": "['ada']",
        "registry": "'works'",
    }
    text = "[package.metadata.release]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items())
    found = adopted({"crates/wing/Cargo.toml": text})
    assert [each.fate for each in found.settings] == [SettingFate.LEFT] * len(keys)
    assert found.wishes == ()
    alone = adopted({"crates/wing/Cargo.toml": text}, ground(WING))
    assert [each.fate for each in alone.settings] == [SettingFate.BECAME] * len(keys)


BROKEN = [
    ("a switch that is a text", "release.toml", "publish = 'no'\n", 1, "`publish` is not `true` or `false`"),
    (
        "a replacement without a file",
        "release.toml",
        "\n[[pre-release-replacements]]\nsearch = 'a'\nreplace = 'b'\n",
        2,
        "`file` is not a text",
    ),
    (
        "a replacement with more",
        "release.toml",
        replacement("a", "b", more="count = 1\n"),
        1,
        "`count` is no part of a replacement",
    ),
    ("a limit that is a text", "release.toml", "rate-limit.new-packages = 'x'\n", 1, "is not a whole number"),
    (
        "a table of a manifest that is a list",
        "crates/wing/Cargo.toml",
        "[package.metadata]\nrelease = []\n",
        2,
        "`release` is not a table",
    ),
    ("no TOML", "release.toml", "publish\n", 1, "line 1"),
]


@pytest.mark.parametrize(("path", "text", "line", "told"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_a_broken_file_is_refused_by_name_with_the_line(path: str, text: str, line: int, told: str) -> None:
    with pytest.raises(ToolFileBroken) as caught:
        adopted({path: text}, with_readme("", WING))
    assert (caught.value.facts["path"], caught.value.facts["line"]) == (path, line)
    assert told in caught.value.what


DOCUMENTED = """
allow-branch sign-commit sign-tag release shared-version dependent-version metadata consolidate-commits pre-release-replacements
pre-release-hook pre-release-commit-message tag tag-message tag-name tag-prefix push push-remote push-options publish registry
owners rate-limit certs-source verify enable-features enable-all-features target
"""
LISTS = ("allow-branch", "pre-release-replacements", "push-options", "owners", "enable-features")
TABLES = ("rate-limit",)
SWITCHES = (
    "sign-commit",
    "sign-tag",
    "release",
    "consolidate-commits",
    "tag",
    "push",
    "publish",
    "verify",
    "enable-all-features",
)


def test_all_settings_that_it_documents_are_known() -> None:
    def value(name: str) -> str:
        return "[]" if name in LISTS else "{}" if name in TABLES else "true" if name in SWITCHES else '"x"'

    text = "".join(f"{name} = {value(name)}\n" for name in DOCUMENTED.split())
    found = adopted({"release.toml": text})
    assert {each.key for each in found.settings} == set(DOCUMENTED.split()) - {"rate-limit"}
    assert [each.key for each in found.settings if each.fate is SettingFate.UNKNOWN] == []
