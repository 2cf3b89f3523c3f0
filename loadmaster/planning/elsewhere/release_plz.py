"""release-plz: `release-plz.toml`, `.release-plz.toml`, `.config/release-plz.toml`. Its settings, as its page of them has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from loadmaster.planning.elsewhere.common import (
    DIRTY,
    FEATURES,
    NO_VERSION,
    PROPOSED,
    changelog,
    forge,
    is_member,
    leave_out,
    one_version,
    tags,
)
from loadmaster.planning.elsewhere.rows import (
    BOOL,
    LIST,
    TABLES,
    TEXT,
    TEXTS,
    WHOLE,
    SettingRow,
    SettingScope,
    ToolFile,
    left_row,
    read_table,
    require_kind,
    switch,
    unknown,
)
from loadmaster.planning.elsewhere.settings import Ground, JudgedSetting, Read, Wish, already, became, left
from loadmaster.planning.elsewhere.templates import pattern_of

TOOL = "release-plz"
FILES = ("release-plz.toml", ".release-plz.toml", ".config/release-plz.toml")
"""It takes the first of these, in the directory where it is run."""
_PULL_REQUEST = "a release makes no pull request: its commit is pushed to the release branch"
_NAMES = {"package": "{name}", "version": "{version}"}
_TITLES = {"package": "{project}", "version": "{version}"}


def read(source: ToolFile, document: Mapping[str, Any], ground: Ground, folder: str) -> Iterator[Read]:
    """The settings of a file in `folder`. Raises `ToolFileBroken`."""
    for key, value in document.items():
        if key == "workspace":
            rows = {**_SHARED, **_WORKSPACE, "release": SettingRow(BOOL, partial(_release_of_all, document))}
            yield from read_table(source, (key,), value, rows, SettingScope(ground, folder))
        elif key == "package":
            require_kind(source, (key,), value, TABLES)
            yield from _packages(source, value, ground, folder)
        elif key == "changelog":
            yield from read_table(source, (key,), value, _CHANGELOG, SettingScope(ground, folder))
        else:
            yield source.read((key,), value, unknown(TOOL))


def _packages(source: ToolFile, packages: list[dict[str, Any]], ground: Ground, folder: str) -> Iterator[Read]:
    groups: dict[str, list[str]] = {}
    for package in packages:
        groups.setdefault(str(package.get("version_group")), []).append(str(package.get("name")))
    for number, package in enumerate(packages):
        place, name = ("package", number), package.get("name")
        if not isinstance(name, str):
            raise source.broken(place, "`[[package]]` has no `name` that is a text")
        rows = {**_SHARED, **_PACKAGE, "version_group": SettingRow(TEXT, partial(_group, groups))}
        if not is_member(ground, name):
            rows = {key: left_row(row.kind, f"the workspace has no package `{name}`") for key, row in rows.items()}
        yield from read_table(source, place, package, rows, SettingScope(ground, folder, name), skip=("name",))


def _release_of_all(document: Mapping[str, Any], asked: SettingScope, on: bool) -> JudgedSetting:
    if on:
        return already()
    packages = document.get("package", [])
    kept = {one.get("name") for one in packages if isinstance(one, dict) and one.get("release") is True}
    others = [package.name for package in asked.ground.workspace.packages if package.name not in kept]
    if not kept & asked.ground.workspace.names:
        return left("then there is nothing to release: list in `release.exclude` what should not be published")
    return leave_out(asked, others, f"`release = false` in {TOOL}'s settings")


def _group(groups: Mapping[str, list[str]], asked: SettingScope, name: str) -> JudgedSetting:
    return one_version(asked.ground, groups[name])


def _exclude(setting: str, asked: SettingScope, on: bool) -> JudgedSetting:
    """A switch that keeps one package from being published; of all packages it says only who publishes."""
    if on is (setting != "git_only"):
        return already()
    if not asked.package:
        return left("a release publishes: list in `release.exclude` what should not be")
    return leave_out(asked, [asked.package], f"`{setting} = {str(on).lower()}` in {TOOL}'s settings")


def _tag(asked: SettingScope, template: str) -> JudgedSetting:
    pattern = pattern_of(template, _NAMES)
    return tags(asked.ground, dict.fromkeys([asked.package] if asked.package else asked.ground.names, pattern))


def _title(asked: SettingScope, template: str) -> JudgedSetting:
    title = pattern_of(template, _TITLES)
    if title is None:
        return left("a release's title has the version and the package's name, and nothing else that changes")
    if asked.package:
        return left("one title is for all packages: `release.tag_message`")
    return became(
        Wish(setting="release.tag_message", value=title), why="the tag's message is the forge release's title"
    )


def _body(asked: SettingScope, template: str) -> JudgedSetting:
    if pattern_of(template.strip(), {"changelog": ""}) == "":
        return already("the notes are the changelog's section")
    return left("the notes are the changelog's section, as it is")


def _kind_of_release(asked: SettingScope, kind: str) -> JudgedSetting:
    if kind == "auto":
        return already("a version with a pre-release is marked as one")
    return left("a version with a pre-release is marked as one, and no other")


def _verify(asked: SettingScope, off: bool) -> JudgedSetting:
    if not off:
        return already()
    if asked.package:
        return left("packaged crates are built, all or none: `cargo.verify`")
    return became(Wish(setting="cargo.verify", value=False))


_SHARED: Mapping[str, SettingRow] = {
    "changelog_path": SettingRow(TEXT, changelog),
    "changelog_update": switch(off="entries that people wrote stay as they are; a release only dates their section"),
    "custom_major_increment_regex": left_row(TEXT, NO_VERSION),
    "custom_minor_increment_regex": left_row(TEXT, NO_VERSION),
    "features_always_increment_minor": left_row(BOOL, NO_VERSION),
    "git_only": SettingRow(BOOL, partial(_exclude, "git_only")),
    "git_release_body": SettingRow(TEXT, _body),
    "git_release_draft": switch(on="a draft is made, and is public at the end of the release"),
    "git_release_enable": switch(off="every tag has a forge release; `--forge none` leaves all of them out"),
    "git_release_generate_notes": switch(on="the notes are the changelog's section, and nothing of the forge's own"),
    "git_release_latest": switch(off="the highest version is marked as the latest, and a maintenance release is not"),
    "git_release_name": SettingRow(TEXT, _title),
    "git_release_type": SettingRow(TEXT, _kind_of_release),
    "git_tag_enable": switch(off="every crate has a tag; crates whose tags have one name share it (`release.tags`)"),
    "git_tag_name": SettingRow(TEXT, _tag),
    "publish": SettingRow(BOOL, partial(_exclude, "publish")),
    "publish_all_features": switch(on=FEATURES),
    "publish_allow_dirty": switch(on=DIRTY),
    "publish_features": left_row(TEXTS, FEATURES),
    "publish_no_verify": SettingRow(BOOL, _verify),
    "release": SettingRow(BOOL, partial(_exclude, "release")),
    "semver_check": switch(off="the gate `semver-compatible` is advice: it is shown, and stops no release"),
}
_WORKSPACE: Mapping[str, SettingRow] = {
    "allow_dirty": switch(on=DIRTY),
    "changelog_config": left_row(TEXT, PROPOSED),
    "dependencies_update": switch(
        on="in a lockfile a release changes the members' versions alone: update in a commit of its own"
    ),
    "max_analyze_commits": left_row(WHOLE, NO_VERSION),
    "pr_body": left_row(TEXT, _PULL_REQUEST),
    "pr_branch_prefix": left_row(TEXT, _PULL_REQUEST),
    "pr_draft": left_row(BOOL, _PULL_REQUEST),
    "pr_labels": left_row(TEXTS, _PULL_REQUEST),
    "pr_name": left_row(TEXT, _PULL_REQUEST),
    "publish_timeout": left_row(
        TEXT, "an outage is waited out for as long as `patience` says; a release has no other time limit"
    ),
    "release_always": left_row(BOOL, "a release begins when somebody starts it"),
    "release_commits": left_row(TEXT, NO_VERSION),
    "repo_url": SettingRow(TEXT, forge),
}
_PACKAGE: Mapping[str, SettingRow] = {
    "changelog_include": left_row(TEXTS, "entries are proposed from the commits in a package's own folder"),
    "dist": left_row(BOOL, "a release builds no programs for others; a workflow that its tag starts may"),
}
_CHANGELOG: Mapping[str, SettingRow] = {
    **{name: left_row(TEXT, PROPOSED) for name in ("header", "body", "tag_pattern", "sort_commits")},
    **{name: left_row(BOOL, PROPOSED) for name in ("trim", "protect_breaking_commits")},
    **{
        name: left_row(LIST, PROPOSED)
        for name in ("commit_preprocessors", "commit_parsers", "link_parsers", "postprocessors")
    },
}
