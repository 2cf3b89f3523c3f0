"""changie: `.changie.yaml`, which keeps entries in `.changes/unreleased` and a file for every version beside that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from loadmaster.planning.elsewhere.common import PROPOSED, changelog
from loadmaster.planning.elsewhere.replacements import rule_of_text
from loadmaster.planning.elsewhere.rows import (
    ANY,
    LIST,
    TABLES,
    TEXT,
    TEXTS,
    SettingRow,
    SettingScope,
    ToolFile,
    left_row,
    read_table,
    require_kind,
)
from loadmaster.planning.elsewhere.settings import Ground, JudgedSetting, Read, already, left
from loadmaster.planning.elsewhere.templates import pattern_of

TOOL = "changie"
FILES = (".changie.yaml", ".changie.yml")
_SECTIONS = "a changelog's new section has the form of those that are there"
_FRAGMENTS = (
    "the gate `changelog-fragments` asks whether entries wait there: the tool itself puts them into the changelog"
)


def read(source: ToolFile, document: Any, ground: Ground) -> Iterator[Read]:
    """The settings of the file. Raises `ToolFileBroken`."""
    asked = SettingScope(ground)
    yield from read_table(source, (), document, _ROWS, asked, skip=("projects", "replacements"))
    yield from _replacements(source, ("replacements",), document.get("replacements", []), asked)
    projects = document.get("projects", [])
    require_kind(source, ("projects",), projects, TABLES)
    for number, project in enumerate(projects):
        place = ("projects", number)
        package = next((each.name for each in ground.released if each.name == project.get("key")), "")
        own = asked._replace(package=package)
        yield from read_table(source, place, project, _PROJECT, own, skip=("replacements",))
        yield from _replacements(source, (*place, "replacements"), project.get("replacements", []), own)


def _replacements(source: ToolFile, place: tuple[str | int, ...], listed: Any, asked: SettingScope) -> Iterator[Read]:
    require_kind(source, place, listed, TABLES)
    for number, entry in enumerate(listed):
        here = (*place, number)
        for key in ("path", "find", "replace"):
            require_kind(source, (*here, key), entry.get(key), TEXT)
        yield source.read(here, entry, _replacement(asked, entry))


def _replacement(asked: SettingScope, entry: Mapping[str, Any]) -> JudgedSetting:
    put_in = pattern_of(entry["replace"].replace("{{.", "{{"), {"VersionNoPrefix": "{version}"})
    return rule_of_text(asked, entry["path"], put_in if "$" not in entry["replace"] else None)


def _key(asked: SettingScope, name: str) -> JudgedSetting:
    return already() if asked.package else left(f"no released package is called `{name}`")


_TEMPLATES = (
    "changeFormat",
    "componentFormat",
    "footerFormat",
    "fragmentFileFormat",
    "headerFormat",
    "kindFormat",
    "versionFormat",
)
_FOLDERS = ("changesDir", "headerPath", "unreleasedDir", "versionExt", "versionFooterPath", "versionHeaderPath")
_ROWS: Mapping[str, SettingRow] = {
    **{name: left_row(TEXT, _SECTIONS) for name in _TEMPLATES},
    **{name: left_row(TEXT, _FRAGMENTS) for name in _FOLDERS},
    **{name: left_row(ANY, PROPOSED) for name in ("body", "newlines")},
    **{name: left_row(LIST, PROPOSED) for name in ("custom", "kinds", "post")},
    "changelogPath": SettingRow(TEXT, changelog),
    "components": left_row(TEXTS, _SECTIONS),
    "envPrefix": left_row(TEXT, _SECTIONS),
    "projectsVersionSeparator": left_row(TEXT, "the tags that are there show their pattern: `release.tag`"),
}
_PROJECT: Mapping[str, SettingRow] = {
    "changelog": SettingRow(TEXT, changelog),
    "key": SettingRow(TEXT, _key),
    "label": left_row(TEXT, "a package has the name that its manifest has"),
}
