"""Shows a smoke test to a person: a line for each kernel, a table of several, a small timeline of each report. Also as JSON.

The Markdown has the outcome as JSON at its end. In this way a run on another machine returns its result through Prefect's
API alone.
"""

from __future__ import annotations

import errno
import json
from collections.abc import Iterable
from typing import Any

from loadmaster.planning.smoke.report import Moment, Report, Subject
from loadmaster.planning.smoke.result import SmokeOutcome, SmokeResult
from loadmaster.planning.smoke.style import Backend
from loadmaster.planning.smoke.verdict import Verdict

_SIGN = {Verdict.ENFORCED: "✔", Verdict.NOT_ENFORCED: "✘", Verdict.ERROR: "✘"}
_JSON, _END = "```json\n", "\n```\n"


def smoke_text(outcome: SmokeOutcome) -> str:
    """For a terminal."""
    return "\n".join([line for result in outcome.results for line in _lines(result)]) + "\n"


def _lines(result: SmokeResult) -> Iterable[str]:
    verdict = result.judgement.verdict
    where = f"{result.subject} on {result.kernel} ({result.backend})"
    yield f"{_SIGN.get(verdict, '–')} {result.judgement.text}: {where}, {result.seconds:.1f} s"
    yield f"    {result.why}"
    if result.kernel_package:
        yield f"    kernel {result.kernel_package}"
    for name, moment in _moments(result.report):
        yield f"    {moment.ms:>6} ms  {name:<7} {', '.join(f'{file} {result}' for file, result in _opens(moment))}"


def smoke_markdown(outcome: SmokeOutcome) -> str:
    """For an artifact."""
    weakest = outcome.weakest
    rows = [
        f"| {_SIGN.get(result.judgement.verdict, '–')}&nbsp;`{result.judgement.text}` | {result.subject} | `{result.kernel}` "
        f"| {result.backend} | {result.seconds:.1f} | {_cell(result.why)} |"
        for result in outcome.results
    ]
    return "\n".join(
        [
            f"# LSM smoke test: {weakest.judgement.text}",
            "",
            "| verdict | subject | kernel | backend | seconds | |",
            "|---|---|---|---|---|---|",
            *rows,
            "",
            *(line for result in outcome.results for line in _timeline(result)),
            "<details><summary>As JSON</summary>\n",
            f"{_JSON}{outcome.model_dump_json()}{_END}",
            "</details>\n",
        ]
    )


def outcome_of(markdown: str) -> SmokeOutcome:
    """The outcome in a text of `smoke_markdown`. Raises ValueError if it has none."""
    _, fence, rest = markdown.rpartition(_JSON)
    if not fence:
        raise ValueError("it has no outcome")
    return SmokeOutcome.model_validate_json(rest.partition(_END)[0])


def smoke_json(outcome: SmokeOutcome) -> dict[str, Any]:
    """What `--json` prints: the weakest result. If there are several, `kernels` has all of them."""
    several = {"kernels": [_result_json(result) for result in outcome.results]} if len(outcome.results) > 1 else {}
    return {**_result_json(outcome.weakest), "seconds": outcome.seconds, **several}


def failure_json(backend: Backend, subject: Subject, kernels: tuple[str, ...], why: str) -> dict[str, Any]:
    """The same document if the test could not be made at all."""
    return {
        "verdict": str(Verdict.ERROR),
        "backend": backend,
        "subject": subject,
        "kernel": ", ".join(kernels),
        "report": None,
        "seconds": 0.0,
        "why": why,
    }


def _result_json(result: SmokeResult) -> dict[str, Any]:
    """`verdict` is `error(KIND)` for an error."""
    return {
        "verdict": result.judgement.text,
        "backend": result.backend,
        "subject": result.subject,
        "kernel": result.kernel,
        "report": result.report.model_dump(mode="json") if result.report else None,
        "seconds": result.seconds,
        "why": result.why,
    }


def _timeline(result: SmokeResult) -> Iterable[str]:
    if result.report is None:
        return
    yield f"## `{result.report.kernel}`, {result.subject}\n"
    yield "| ms | | victim | control | other process |"
    yield "|---|---|---|---|---|"
    for name, moment in _moments(result.report):
        yield f"| {moment.ms} | {name} | {' | '.join(result for _, result in _opens(moment))} |"
    yield ""
    if result.kernel_package:
        yield f"Kernel from {result.kernel_package}.\n"
    if result.report.artefact is not None and result.report.artefact.health is not None:
        yield f"Its own health file, which proves nothing: `{_cell(result.report.artefact.health)}`\n"


def _moments(report: Report | None) -> Iterable[tuple[str, Moment]]:
    if report is not None:
        moments = {"before": report.before, "during": report.during, "after": report.after}
        yield from ((name, moment) for name, moment in moments.items() if moment is not None)


def _opens(moment: Moment) -> tuple[tuple[str, str], ...]:
    opens = {"victim": moment.victim, "control": moment.control, "other process": moment.other}
    return tuple(
        (name, f"denied ({errno.errorcode.get(number, number)})" if number else "open")
        for name, number in opens.items()
    )


def _cell(text: str) -> str:
    return " ".join(json.dumps(text, ensure_ascii=False)[1:-1].replace("|", "\\|").replace("`", "'").split())
