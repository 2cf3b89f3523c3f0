"""What `loadmaster doctor` prints."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from loadmaster.errors.base import clause, in_one_line, sentence
from loadmaster.planning.doctor.check import Check, CheckOutcome, worst

_WORD = {CheckOutcome.OK: "ok", CheckOutcome.WARN: "warn", CheckOutcome.FAIL: "FAIL", CheckOutcome.NOT_ASKED: "-"}
_INDENT = " " * 6
_NARROWEST = 40


def doctor_text(checks: Sequence[Check], width: int) -> str:
    """A line for each check, in lines of at most `width` where words allow it; below it what needs it, and what mends it."""
    wrapped = (line for check in checks for line in _lines(check, max(width, _NARROWEST)))
    return "\n".join([*wrapped, "", *_wrap(_verdict(checks), "", width)])


def doctor_json(checks: Sequence[Check]) -> dict[str, Any]:
    """The document of `loadmaster doctor --json`."""
    rows = [{**check.model_dump(mode="json", exclude_none=True), "needed_by": check.needed_by} for check in checks]
    return {"outcome": worst(checks).value, "checks": rows}


def _lines(check: Check, width: int) -> Iterator[str]:
    yield from _wrap(f"{check.name:<9} {clause(in_one_line(check.seen))}", f"{_WORD[check.outcome]:<6}", width)
    if check.fix is None:
        return
    yield from _wrap(f"needed by {check.needed_by}", _INDENT, width)
    yield from _wrap(f"next: {sentence(check.fix)}", _INDENT, width)
    if check.code is not None:
        yield f"{_INDENT}more: loadmaster explain {check.code}"


def _wrap(text: str, first: str, width: int) -> list[str]:
    rest = _INDENT if first else ""
    return textwrap.wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _verdict(checks: Sequence[Check]) -> str:
    count = Counter(check.outcome for check in checks)
    if fails := count[CheckOutcome.FAIL]:
        return f"No release can be made here: {fails} of {len(checks)} checks failed."
    if warnings := count[CheckOutcome.WARN]:
        return f"A release can be made here. Warnings: {warnings}, which hurt only what needs it."
    return "A release can be made here."
