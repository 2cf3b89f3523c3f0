"""covector: `.changes/config.json`. Its packages are of several languages; only those of Rust concern a release."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import Any

from loadmaster.planning.elsewhere.common import NO_VERSION, PROPOSED, forge, leave_out
from loadmaster.planning.elsewhere.replacements import COMMAND
from loadmaster.planning.elsewhere.rows import (
    ANY,
    TABLE,
    TEXT,
    TEXTS,
    SettingRow,
    SettingScope,
    ToolFile,
    left_row,
    read_table,
    require_kind,
    unknown,
)
from loadmaster.planning.elsewhere.settings import Ground, JudgedSetting, Read, already, left

TOOL = "covector"
FILE = ".changes/config.json"
_OF_OTHERS = "only packages of Rust are released"
_HOOK = f"commands before and after a step: {COMMAND}, if they change files of the release"


def read(source: ToolFile, document: Any, ground: Ground) -> Iterator[Read]:
    """The settings of the file. Raises `ToolFileBroken`."""
    require_kind(source, (), document, TABLE)
    asked = SettingScope(ground)
    yield from read_table(source, (), document, _TOP, asked, skip=("pkgManagers", "packages"))
    managers, packages = document.get("pkgManagers", {}), document.get("packages", {})
    for key, tables in (("pkgManagers", managers), ("packages", packages)):
        require_kind(source, (key,), tables, TABLE)
        for name, table in tables.items():
            require_kind(source, (key, name), table, TABLE)
    for name, table in managers.items():
        yield from _manager(source, name, table, asked)
    for name, table in packages.items():
        yield from _package(source, name, table, asked)


def _manager(source: ToolFile, name: str, table: Mapping[str, Any], asked: SettingScope) -> Iterator[Read]:
    if name == "rust":
        yield from _commands(source, ("pkgManagers", name), table, asked)
    else:
        yield source.read(("pkgManagers", name), sorted(table), left(_OF_OTHERS))


def _package(source: ToolFile, name: str, table: Mapping[str, Any], asked: SettingScope) -> Iterator[Read]:
    place = ("packages", name)
    if table.get("manager") not in ("rust", None):
        yield source.read(place, {"manager": table["manager"]}, left(_OF_OTHERS))
        return
    path = table.get("path", ".")
    require_kind(source, (*place, "path"), path, TEXT)
    folder = posixpath.normpath(posixpath.dirname(path) if path.endswith(".toml") else path)
    manifest = posixpath.normpath(posixpath.join(folder, "Cargo.toml"))
    crate = next((each for each in asked.ground.workspace.packages if each.manifest == manifest), None)
    if crate is None:
        yield source.read((*place, "path"), path, left(f"the workspace has no package at `{manifest}`"))
        return
    yield source.read((*place, "path"), path, already(f"cargo says where `{crate.name}` is"))
    yield from _commands(source, place, table, asked._replace(package=crate.name))


def _commands(
    source: ToolFile, place: tuple[str, ...], table: Mapping[str, Any], asked: SettingScope
) -> Iterator[Read]:
    """The settings of a manager or a package. Any name may be one of a command that is run by hand."""
    for key, value in table.items():
        if key in ("path", "manager"):
            continue
        row = _ROWS.get(key)
        judged = row.judge(asked, value) if row is not None else _command(value)
        if row is not None:
            require_kind(source, (*place, key), value, row.kind)
        yield source.read((*place, key), value, judged)


def _command(value: object) -> JudgedSetting:
    listed = value if isinstance(value, list) else [value]
    if all(isinstance(each, str | dict | bool) for each in listed):
        return left(_HOOK)
    return unknown(TOOL)


def _step(asked: SettingScope, value: object) -> JudgedSetting:
    """A step that a release makes itself, unless a program is named for it."""
    if value is False and asked.package:
        return leave_out(asked, [asked.package], f"`publish: false` in {TOOL}'s settings")
    return (
        already()
        if isinstance(value, bool)
        else left(f"a release does it with cargo and its own upload; else {COMMAND}")
    )


_TOP: Mapping[str, SettingRow] = {
    "$schema": left_row(TEXT, "it describes the file itself"),
    "additionalBumpTypes": left_row(TEXTS, NO_VERSION),
    "changeFolder": left_row(TEXT, "the gate `changelog-fragments` knows the usual folders"),
    "changeTags": left_row(TABLE, PROPOSED),
    "defaultChangeTag": left_row(TEXT, PROPOSED),
    "gitSiteUrl": SettingRow(TEXT, forge),
    "timeout": left_row(
        ANY, "an outage is waited out for as long as `patience` says; a release has no other time limit"
    ),
}
_ROWS: Mapping[str, SettingRow] = {
    "assets": left_row(
        ANY, "a release uploads its checksums and its receipt; a workflow that its tag starts may upload more"
    ),
    "dependencies": left_row(TEXTS, "cargo says which packages need each other"),
    "errorOnVersionRange": left_row(TEXT, "the gate `version-greater` asks about the version"),
    "getPublishedVersion": SettingRow(ANY, lambda asked, value: already("the registry's index is asked")),
    "packageFileName": left_row(TEXT, "cargo says where a package is"),
    "publish": SettingRow(ANY, _step),
    "releaseTag": left_row(ANY, "the tags that are there show their pattern: `release.tag`"),
    "version": SettingRow(ANY, _step),
}
