"""The table of a tool's settings, and how a file is read by it: each setting is judged, and none is passed over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from loadmaster.errors.files import ToolFileBroken
from loadmaster.planning.elsewhere.settings import Ground, JudgedSetting, Read, SettingFate, already, left
from loadmaster.planning.tree.key_lines import SettingPath


class SettingScope(NamedTuple):
    """What a setting is asked for."""

    ground: Ground
    folder: str = ""
    """The directory that its paths begin at, from the repository's top."""
    package: str = ""
    """The package that it is for; "" for all."""


class Kind(NamedTuple):
    """The type of a setting."""

    words: str
    fits: Callable[[Any], bool]


BOOL = Kind("`true` or `false`", lambda value: isinstance(value, bool))
TEXT = Kind("a text", lambda value: isinstance(value, str))
WHOLE = Kind("a whole number", lambda value: isinstance(value, int) and not isinstance(value, bool))
TEXTS = Kind("a list of texts", lambda value: isinstance(value, list) and all(isinstance(each, str) for each in value))
TABLE = Kind("a table", lambda value: isinstance(value, dict))
TABLES = Kind("a list of tables", lambda value: isinstance(value, list) and all(isinstance(one, dict) for one in value))
BOOL_OR_TEXT = Kind("`true`, `false` or a text", lambda value: isinstance(value, bool | str))
TEXT_OR_TEXTS = Kind("a text or a list of texts", lambda value: TEXT.fits(value) or TEXTS.fits(value))
LIST = Kind("a list", lambda value: isinstance(value, list))
ANY = Kind("anything", lambda value: True)


class SettingRow(NamedTuple):
    """One setting that a tool has."""

    kind: Kind
    judge: Callable[[SettingScope, Any], JudgedSetting]


class ToolFile(NamedTuple):
    """A file of a tool."""

    tool: str
    path: str
    lines: Mapping[SettingPath, int]

    def line(self, place: SettingPath) -> int | None:
        """The line of the setting, or of the nearest one that it is in."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place)

    def read(self, place: SettingPath, value: object, judged: JudgedSetting) -> Read:
        key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")
        return Read(self.tool, self.path, self.line(place), key, value, judged)

    def broken(self, place: SettingPath, reason: str) -> ToolFileBroken:
        return ToolFileBroken(self.path, self.line(place), reason)


def read_table(
    source: ToolFile,
    place: SettingPath,
    table: Any,
    rows: Mapping[str, SettingRow],
    asked: SettingScope,
    skip: tuple[str, ...] = (),
) -> Iterator[Read]:
    """The judgement of every setting of a table, but for `skip`. Raises `ToolFileBroken` for a value of another type."""
    require_kind(source, place, table, TABLE)
    for key, value in table.items():
        if key in skip:
            continue
        row = rows.get(key)
        if row is None:
            yield source.read((*place, key), value, unknown(source.tool))
            continue
        require_kind(source, (*place, key), value, row.kind)
        yield source.read((*place, key), value, row.judge(asked, value))


def require_kind(source: ToolFile, place: SettingPath, value: object, kind: Kind) -> None:
    """Raises `ToolFileBroken`."""
    if not kind.fits(value):
        name = f"`{place[-1]}`" if place else "the file"
        raise source.broken(place, f"{name} is not {kind.words}")


def unknown(tool: str) -> JudgedSetting:
    return JudgedSetting(SettingFate.UNKNOWN, (), f"{tool} has no setting of this name that Loadmaster knows")


def left_row(kind: Kind, why: str) -> SettingRow:
    """A setting that is left whatever its value is."""
    return SettingRow(kind, lambda asked, value: left(why))


def switch(*, on: str | None = None, off: str | None = None) -> SettingRow:
    """A switch, with why it is left where it is on or off; None where Loadmaster does so anyway."""
    return SettingRow(BOOL, lambda asked, value: left(why) if (why := on if value else off) is not None else already())
