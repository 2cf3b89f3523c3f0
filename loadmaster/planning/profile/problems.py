"""What is wrong with a profile, in the order of its fields, with lines where the text is known. Values only."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from loadmaster.planning.values.toml_text import load_toml
from loadmaster.planning.values.value import Value

FieldPlace = tuple[str | int, ...]
"""A field by the names of its tables, and by the numbers of their elements in lists, from 0."""
_TRIES = 1000
"""How often a statement of a document is tried, which may end at each of its lines: a hostile one would take minutes."""
_WORDS = {"extra_forbidden": "there is no such field", "missing": "it is missing"}
"""Where pydantic's own words are for programmers, by the kind of its error."""
_DEEPEST = 16
"""Tables within tables, beyond which no field of a profile lies."""


class ProfileProblem(Value):
    """One thing that keeps a profile from being used."""

    field: str
    """Such as `release.tag`; "" if the problem concerns the whole."""
    what: str
    line: int | None = None
    """Counted from 1; None if nothing of the text is to blame, as with a field that is missing."""

    @property
    def text(self) -> str:
        return f"`{self.field}`: {self.what}" if self.field else self.what


def problems_in(error: ValidationError, places: Mapping[FieldPlace, int] | None = None) -> tuple[ProfileProblem, ...]:
    """The problems that pydantic found. `places`: the lines of the text, by `lines_of`."""
    return tuple(
        ProfileProblem(
            field=".".join(map(str, one["loc"])),
            what=_WORDS.get(one["type"]) or one["msg"].removeprefix("Value error, "),
            line=line_at(places or {}, one["loc"]),
        )
        for one in error.errors()
    )


def problems_of(error: ValidationError) -> list[str]:
    """A validation error as short sentences: `field: problem`, or only the problem if it concerns the whole."""
    return [problem.text for problem in problems_in(error)]


def not_toml(told: str) -> ProfileProblem:
    """The problem of a text that is no TOML, as the reader told it."""
    at = re.search(r"\(at line (\d+), column \d+\)$", told)
    return ProfileProblem(field="", what=told, line=int(at[1]) if at else None)


def line_at(lines: Mapping[FieldPlace, int], place: Sequence[str | int]) -> int | None:
    """The line of a field, or of the innermost table around it that the text has."""
    for size in range(len(place), 0, -1):
        if (line := lines.get(tuple(place[:size]))) is not None:
            return line
    return None


def lines_of(text: str) -> dict[FieldPlace, int]:
    """The line in which each table and each field of a TOML document begins; {} for a text that is none.

    Of a field that goes over several lines, what is inside of it has no line of its own.
    """
    try:
        load_toml(text)
    except ValueError:
        return {}
    lines: dict[FieldPlace, int] = {}
    table: FieldPlace = ()
    for number, statement in _statements(text):
        content = load_toml(statement)
        if statement.lstrip().startswith("["):
            table = _of_table(content, lines)
            lines.setdefault(table, number)
        else:
            for place in _places_in(content):
                lines.setdefault((*table, *place), number)
    return lines


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Every header and every assignment of a sound document, with its first line; only the first ones of a very long document."""
    begun, waiting, tries = 1, "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if not waiting and not line.split("#", 1)[0].strip():
            continue
        begun = begun if waiting else number
        waiting = f"{waiting}\n{line}" if waiting else line
        try:
            load_toml(waiting)
        except ValueError:  # it goes on in the next line
            if (tries := tries + 1) > _TRIES:
                return
            continue
        yield begun, waiting
        waiting = ""


def _of_table(header: Mapping[str, Any], known: Mapping[FieldPlace, int]) -> FieldPlace:
    """The table that a header opens. In a list of tables it is a new element, or lies within the last one."""
    place: FieldPlace = ()
    inner: Any = header
    while inner and len(place) < _DEEPEST:
        if isinstance(inner, list):
            place, inner = (*place, _count(place, known)), inner[0]
            continue
        name, inner = next(iter(inner.items()))
        place = (*place, name)
        if isinstance(inner, dict) and inner and (elements := _count(place, known)):
            place = (*place, elements - 1)
    return place


def _count(place: FieldPlace, known: Mapping[FieldPlace, int]) -> int:
    """How many elements the list has so far."""
    size = len(place)
    inside = (each[size] for each in known if each[:size] == place and len(each) > size)
    return len({each for each in inside if isinstance(each, int)})


def _places_in(content: Mapping[str, Any]) -> Iterator[FieldPlace]:
    """The fields of an assignment, those of inline tables too."""
    waiting: list[tuple[FieldPlace, object]] = [((), content)]
    while waiting:
        place, value = waiting.pop()
        if place:
            yield place
        if isinstance(value, dict) and len(place) < _DEEPEST:
            waiting += [((*place, name), inner) for name, inner in value.items()]
