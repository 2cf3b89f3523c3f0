"""Shows the permission gates to a person: a table with a row for each crate and a column for each question, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from loadmaster.planning.permissions.findings import Alike, Finding, folded, worst
from loadmaster.planning.values.gate import Outcome
from loadmaster.planning.values.permission_gate import PermissionGate

SIGNS = {Outcome.PASS: "✔", Outcome.FAIL: "✘", Outcome.SKIP: "–", Outcome.COULD_NOT_CHECK: "?"}
_WARNING = "!"
_LEGEND = "✔ pass, ✘ fail, ! pass with a warning, ? could not be checked, – does not arise"


def table(findings: Sequence[Finding]) -> list[list[str]]:
    """A heading, then a row for each place: its name, and a sign for each question."""
    gates = [gate for gate in PermissionGate if any(finding.gate is gate for finding in findings)]
    places = dict.fromkeys(finding.where for finding in findings)
    cells: dict[tuple[str, PermissionGate], list[Finding]] = {(place, gate): [] for place in places for gate in gates}
    for finding in findings:
        cells[finding.where, finding.gate].append(finding)
    return [["", *gates], *([place, *(_sign(cells[place, gate]) for gate in gates)] for place in places)]


def _sign(findings: Sequence[Finding]) -> str:
    if not findings:
        return ""
    outcome = worst(findings)
    return _WARNING if outcome is Outcome.PASS and any(finding.is_warning for finding in findings) else SIGNS[outcome]


def permissions_rows(findings: Sequence[Finding]) -> list[dict[str, str]]:
    """The table for an artifact: a row for each place, its columns by name."""
    heading, *rows = table(findings)
    return [dict(zip(["what", *heading[1:]], row, strict=True)) for row in rows]


def permissions_markdown(findings: Sequence[Finding]) -> str:
    heading, *rows = table(findings)
    lines = [f"| {' | '.join(heading)} |", "|---" * len(heading) + "|"]
    lines += [f"| `{place}` | {' | '.join(signs)} |" for place, *signs in rows]
    details = [
        f"- {_sign([alike.finding])} **{alike.finding.gate}** {_sentence(alike)}" for alike in _to_show(findings)
    ]
    return "\n".join([*lines, "", _LEGEND, "", *details, ""])


def permissions_text(findings: Sequence[Finding]) -> str:
    """The table and the findings for a terminal."""
    heading, *rows = table(findings)
    width = max((len(row[0]) for row in rows), default=0)
    lines = [f"  {' ' * width}  {'  '.join(heading[1:])}"]
    for place, *signs in rows:
        marks = "  ".join(sign.center(len(gate)) for sign, gate in zip(signs, heading[1:], strict=True))
        lines.append(f"  {place:<{width}}  {marks}")
    details = [f"  {_sign([alike.finding])} {alike.finding.gate} {_sentence(alike)}" for alike in _to_show(findings)]
    return "\n".join([*(line.rstrip() for line in lines), f"  {_LEGEND}", "", *details, ""])


def _to_show(findings: Sequence[Finding]) -> Iterator[Alike]:
    """Failures first, then warnings, open questions and passes; what says the same of several places, once."""
    for outcome, warns in (
        (Outcome.FAIL, False),
        (Outcome.PASS, True),
        (Outcome.COULD_NOT_CHECK, False),
        (Outcome.PASS, False),
    ):
        yield from folded(each for each in findings if (each.outcome, each.is_warning) == (outcome, warns))


def _sentence(alike: Alike) -> str:
    """The finding in the words of its first place, and the other places that it holds for."""
    finding = alike.finding
    asked = f" [asked: {'; '.join(str(each) for each in finding.asked)}]" if finding.asked else ""
    leading = "To settle it" if finding.outcome is Outcome.COULD_NOT_CHECK else "Next"
    following = f" {leading}: {finding.fix}" if finding.fix else ""
    return f"`{finding.where}`: {finding.what}{asked}.{following}{_also(alike.others, finding.outcome)}"


def _also(others: Sequence[str], outcome: Outcome) -> str:
    """All other places that fail, by name; of the others only the first few."""
    shown = others if outcome is Outcome.FAIL else others[:3]
    names = ", ".join(f"`{name}`" for name in shown)
    more = f" and {len(others) - len(shown)} more" if len(others) > len(shown) else ""
    return f" The same for {names}{more}." if others else ""
