"""The table of a tool's settings, and how a file is read by it: each setting is judged, and none is passed over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from loadmaster.errors.files import ToolFileBroken
from loadmaster.planning.elsewhere.key_lines import Place
from loadmaster.planning.elsewhere.settings import Fate, Ground, Judged, Read, already, left


class Asked(NamedTuple):
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


class Row(NamedTuple):
    """One setting that a tool has."""

    kind: Kind
    judge: Callable[[Asked, Any], Judged]


class Source(NamedTuple):
    """A file of a tool."""

    tool: str
    path: str
    lines: Mapping[Place, int]

    def line(self, place: Place) -> int | None:
        """The line of the setting, or of the nearest one that it is in."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place)

    def read(self, place: Place, value: object, judged: Judged) -> Read:
        key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")
        return Read(self.tool, self.path, self.line(place), key, value, judged)

    def broken(self, place: Place, reason: str) -> ToolFileBroken:
        return ToolFileBroken(self.path, self.line(place), reason)


def read_table(
    source: Source, place: Place, table: Any, rows: Mapping[str, Row], asked: Asked, skip: tuple[str, ...] = ()
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


def require_kind(source: Source, place: Place, value: object, kind: Kind) -> None:
    """Raises `ToolFileBroken`."""
    if not kind.fits(value):
        name = f"`{place[-1]}`" if place else "the file"
        raise source.broken(place, f"{name} is not {kind.words}")


def unknown(tool: str) -> Judged:
    return Judged(Fate.UNKNOWN, (), f"{tool} has no setting of this name that Loadmaster knows")


def left_row(kind: Kind, why: str) -> Row:
    """A setting that is left whatever its value is."""
    return Row(kind, lambda asked, value: left(why))


def switch(*, on: str | None = None, off: str | None = None) -> Row:
    """A switch, with why it is left where it is on or off; None where Loadmaster does so anyway."""
    return Row(BOOL, lambda asked, value: left(why) if (why := on if value else off) is not None else already())
