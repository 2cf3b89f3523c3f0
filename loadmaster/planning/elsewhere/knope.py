"""knope: `knope.toml` at the top of a repository. Its package may be of several files, and has a name of knope's own."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import Any

from loadmaster.planning.elsewhere.common import PROPOSED, changelog, repository, tags
from loadmaster.planning.elsewhere.replacements import COMMAND, rule_of_kind, rule_of_pattern
from loadmaster.planning.elsewhere.rows import (
    ANY,
    BOOL,
    LIST,
    TABLE,
    TABLES,
    TEXT,
    TEXTS,
    Kind,
    SettingRow,
    SettingScope,
    ToolFile,
    left_row,
    read_table,
    require_kind,
    unknown,
)
from loadmaster.planning.elsewhere.settings import Ground, JudgedSetting, Read, already, left
from loadmaster.planning.tree.key_lines import SettingPath

TOOL = "knope"
FILE = "knope.toml"
_TRACKER = "a release changes no issues"
_FOLLOWS = "which packages follow another one is asked for with the versions"


def read(source: ToolFile, document: Mapping[str, Any], ground: Ground, folder: str) -> Iterator[Read]:
    """The settings of a file in `folder`. Raises `ToolFileBroken`."""
    asked = SettingScope(ground, folder)
    for key, value in document.items():
        if key == "package":
            require_kind(source, (key,), value, TABLE)
            yield from _package(source, (key,), value, ground, folder)
        elif key == "packages":
            require_kind(source, (key,), value, TABLE)
            for name, package in value.items():
                require_kind(source, (key, name), package, TABLE)
                yield from _named(source, name, package, ground, folder)
        elif key == "workflows":
            yield from _workflows(source, value)
        elif key in _TABLES:
            yield from _other(source, key, value, asked)
        else:
            yield source.read((key,), value, unknown(TOOL))


def _named(source: ToolFile, name: str, package: Mapping[str, Any], ground: Ground, folder: str) -> Iterator[Read]:
    """One of several packages: its tags have its name before the version."""
    crates = _crates(package, ground, folder)
    if crates:
        judged = tags(ground, dict.fromkeys(crates, f"{name}/v{{version}}"))
    else:
        judged = left("none of its files is the manifest of a package that is released")
    yield source.read(("packages", name), {"tags": f"{name}/v…"}, judged)
    yield from _package(source, ("packages", name), package, ground, folder)


def _crates(package: Mapping[str, Any], ground: Ground, folder: str) -> tuple[str, ...]:
    """The released packages whose manifests are files of knope's package; all of a workspace, for a root without a package."""
    files = package.get("versioned_files", [])
    paths = {_path(file) for file in files if not isinstance(file, dict)} if isinstance(files, list) else set()
    places = {posixpath.normpath(posixpath.join(folder, path)) for path in paths}
    virtual = places - {each.manifest for each in ground.workspace.packages}
    return tuple(each.name for each in ground.released if each.manifest in places or each.root in virtual)


def _package(
    source: ToolFile, place: tuple[str, ...], package: Mapping[str, Any], ground: Ground, folder: str
) -> Iterator[Read]:
    crates = _crates(package, ground, folder)
    asked = SettingScope(ground, folder, crates[0] if len(crates) == 1 and len(place) > 1 else "")
    yield from read_table(source, place, package, _PACKAGE, asked, skip=("versioned_files",))
    files = package.get("versioned_files", [])
    require_kind(source, (*place, "versioned_files"), files, LIST)
    for number, file in enumerate(files):
        here: SettingPath = (*place, "versioned_files", number)
        require_kind(source, here, file, _FILE)
        yield source.read(here, file, _versioned(asked, file))


def _path(file: object) -> str:
    return str(file.get("path")) if isinstance(file, dict) else str(file)


def _versioned(asked: SettingScope, file: str | Mapping[str, Any]) -> JudgedSetting:
    path = _path(file)
    if not isinstance(file, Mapping):
        return rule_of_kind(asked, path)
    if "dependency" in file:
        if posixpath.basename(path) in ("Cargo.toml", "Cargo.lock"):
            return already("a release writes the requirements on its members, and their versions in lockfiles")
        return left(f"the version of a dependency in such a file: {COMMAND}")
    patterns = file.get("regex")
    if isinstance(patterns, str):
        return rule_of_pattern(asked, path, patterns)
    return left("several patterns: write a `[[release.files]]` for each")


def _workflows(source: ToolFile, workflows: Any) -> Iterator[Read]:
    require_kind(source, ("workflows",), workflows, TABLES)
    for number, workflow in enumerate(workflows):
        steps = workflow.get("steps", [])
        require_kind(source, ("workflows", number, "steps"), steps, TABLES)
        for position, step in enumerate(steps):
            here = ("workflows", number, "steps", position)
            kind = step.get("type")
            if not isinstance(kind, str):
                raise source.broken(here, "a step has no `type` that is a text")
            judged = _STEPS.get(kind) or unknown(TOOL)
            yield source.read(here, {"workflow": workflow.get("name"), **step}, judged)


def _other(source: ToolFile, key: str, value: Any, asked: SettingScope) -> Iterator[Read]:
    if key == "github":
        require_kind(source, (key,), value, TABLE)
        if not isinstance(value.get("owner"), str) or not isinstance(value.get("repo"), str):
            raise source.broken((key,), "`[github]` has no `owner` and `repo` that are texts")
        yield source.read((key,), value, repository(asked, f"{value['owner']}/{value['repo']}"))
        return
    yield source.read((key,), value, left(_TABLES[key]))


def _is_file(value: object) -> bool:
    return isinstance(value, str) or (isinstance(value, dict) and isinstance(value.get("path"), str))


_FILE = Kind("a path, or a table with a `path`", _is_file)
_PACKAGE: Mapping[str, SettingRow] = {
    "assets": left_row(
        ANY, "a release uploads its checksums and its receipt; a workflow that its tag starts may upload more"
    ),
    "changelog": SettingRow(TEXT, changelog),
    "extra_changelog_sections": left_row(LIST, PROPOSED),
    "ignore_go_major_versioning": left_row(BOOL, "a release is of Rust packages"),
    "internal_dependencies": left_row(TEXTS, "cargo says which packages need each other"),
    "paths": left_row(TEXTS, PROPOSED),
    "scopes": left_row(TEXTS, PROPOSED),
    "track_paths": left_row(BOOL, PROPOSED),
    "update_internal_dependencies": left_row(TEXT, _FOLLOWS),
}
_TABLES: Mapping[str, str] = {
    "bot": "a release needs no bot of a forge",
    "changes": PROPOSED,
    "gitea": "the forge is the profile's, by `forge`",
    "github": "",
    "jira": _TRACKER,
    "release_notes": PROPOSED,
}
_STEPS: Mapping[str, JudgedSetting] = {
    "BumpVersion": already("a release writes the versions"),
    "Command": left(f"a program of the project's own; if it changes files of the release, {COMMAND}"),
    "Confirm": left("who starts a release has seen its plan"),
    "CreateChangeFile": left("entries are written into the changelog"),
    "CreatePullRequest": left("a release makes no pull request: its commit is pushed to the release branch"),
    "PrepareRelease": already("a release writes versions and changelogs into its commit"),
    "RebaseBranch": left("a release is of a commit on its branch"),
    "Release": already("a release makes tags and forge releases"),
    "SelectGitHubIssue": left(_TRACKER),
    "SelectGiteaIssue": left(_TRACKER),
    "SelectIssueFromBranch": left(_TRACKER),
    "SelectJiraIssue": left(_TRACKER),
    "SwitchBranches": left("a release is of a commit on its branch"),
    "TransitionJiraIssue": left(_TRACKER),
}
