"""The lines of a picture, for a terminal that shows it as it changes, and for a log that gets each line once."""

from __future__ import annotations

from collections.abc import Mapping

from loadmaster.errors.base import in_one_line
from loadmaster.planning.progress.notes import Phase
from loadmaster.planning.progress.picture import CrateLine, Mark, PhaseRow, Picture
from loadmaster.planning.values.value import Value

NARROWEST = 40
"""Columns below which a line is cut off all the same."""
_BAR = 8
_TIME = 8
_PHASE = 8


class Signs(Value):
    """The characters of a terminal: those of Unicode, or ASCII alone."""

    marks: Mapping[Mark, str]
    full: str
    empty: str
    cut: str


UNICODE = Signs(
    marks={Mark.DONE: "✔", Mark.AT_WORK: "▸", Mark.AHEAD: "·", Mark.WRONG: "✘"}, full="█", empty="░", cut="…"
)
ASCII = Signs(
    marks={Mark.DONE: "+", Mark.AT_WORK: ">", Mark.AHEAD: ".", Mark.WRONG: "x"}, full="#", empty="-", cut=".."
)


class MarkedLine(Value):
    """A line of text, and the mark that says how it may be coloured."""

    mark: Mark
    text: str


def lines_of(picture: Picture, width: int, height: int, signs: Signs) -> tuple[MarkedLine, ...]:
    """The whole picture in at most `height` lines of at most `width` columns."""
    width = max(width, NARROWEST)
    lines = [
        MarkedLine(mark=row.mark, text=_fit(_phase_line(row, signs), width, signs))
        for row in picture.phases
        if row.mark is not Mark.AHEAD
    ]
    room = height - len(lines) - 1
    rows = () if picture.published == len(picture.crates) else picture.crates
    shown = rows_shown(rows, room - 1) if room > 1 else ()
    name = min(max((len(row.id) for row in shown), default=0), width // 2 - 6)
    lines += [MarkedLine(mark=row.mark, text=_crate_line(row, name, width, signs)) for row in shown]
    if picture.crates and room > 0:
        lines.append(
            MarkedLine(mark=Mark.AT_WORK, text=_fit(_summary(picture, len(rows) - len(shown), signs), width, signs))
        )
    return tuple(lines[:height])


def rows_shown(rows: tuple[CrateLine, ...], room: int) -> tuple[CrateLine, ...]:
    """The rows that fit, in the order of the plan: the wrong ones first, those at work, the next ones, the last done ones."""
    urgency = {Mark.WRONG: 0, Mark.AT_WORK: 1, Mark.AHEAD: 2, Mark.DONE: 3}
    if len(rows) <= room:
        return rows
    last_done = {row.id: -place for place, row in enumerate(rows) if row.mark is Mark.DONE}
    kept = sorted(rows, key=lambda row: (urgency[row.mark], last_done.get(row.id, 0)))[: max(room, 0)]
    return tuple(row for row in rows if row in kept)


def new_lines(before: Picture | None, after: Picture, signs: Signs) -> tuple[str, ...]:
    """What a log is told when the picture has changed: a line for each crate and each phase that has ended since."""
    told = _ended(before) if before else frozenset()
    new = _ended(after) - told
    crates = [_crate_told(row, signs) for row in after.crates if row.id in new]
    lines: list[str] = []
    for row in after.phases:
        lines += crates if row.phase is Phase.EXECUTE else []
        lines += [_phase_line(row, signs)] if row.phase in new else []
    return tuple(lines)


def _ended(picture: Picture) -> frozenset[str]:
    """The phases, and the ids of the crates, that are done or wrong."""
    rows = (*((row.phase.value, row.mark) for row in picture.phases), *((row.id, row.mark) for row in picture.crates))
    return frozenset(name for name, mark in rows if mark in (Mark.DONE, Mark.WRONG))


def _crate_told(row: CrateLine, signs: Signs) -> str:
    told = f"  {in_one_line(row.told)}" if row.told else ""
    return f"  {signs.marks[row.mark]} {row.id}{_seconds(row.seconds, before='  ')}{told}"


def _phase_line(row: PhaseRow, signs: Signs) -> str:
    told = f"  {row.told}" if row.told else ""
    return f"{signs.marks[row.mark]} {row.phase:<{_PHASE}}{_seconds(row.seconds):>{_TIME}}{told}"


def _crate_line(row: CrateLine, name: int, width: int, signs: Signs) -> str:
    full = round(row.share * _BAR)
    bar = signs.full * full + signs.empty * (_BAR - full)
    time = f"in {duration(row.eta)}" if row.eta is not None else _seconds(row.seconds)
    named = _fit(row.id, name, signs).ljust(name)
    line = f"  {signs.marks[row.mark]} {named} {bar} {time:>{_TIME}}  {in_one_line(row.told)}"
    return _fit(line, width, signs)


def _summary(picture: Picture, hidden: int, signs: Signs) -> str:
    """The last line: how many crates are published, and when all of them will be."""
    total = len(picture.crates)
    full = round(picture.published / total * _BAR)
    bar = signs.full * full + signs.empty * (_BAR - full)
    eta = f"; all visible in about {duration(picture.eta)}" if picture.eta is not None else ""
    return f"  {bar} {picture.published} of {total} published{eta}{f'; {hidden} not shown' if hidden else ''}"


def _fit(text: str, width: int, signs: Signs) -> str:
    text = text.rstrip()
    return text if len(text) <= width else text[: width - len(signs.cut)] + signs.cut


def _seconds(seconds: float | None, before: str = "") -> str:
    if seconds is None:
        return ""
    return f"{before}{seconds:.1f} s" if seconds < 60 else f"{before}{duration(seconds)}"


def duration(seconds: float) -> str:
    """`12 s`, `3 min`, `2 h 5 m`: short enough for a column."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes}m{rest:02} s" if minutes < 60 else f"{minutes // 60}h{minutes % 60:02} m"
