"""The summary of a CI job's step, in Markdown: what a person reads who opens the job's page. What is wrong comes first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from loadmaster.planning.plan import ReleasePlan
from loadmaster.planning.show import cell, folded, plan_markdown, receipt_markdown
from loadmaster.planning.values.gate import GateAnswer, Outcome, Problem
from loadmaster.planning.values.receipt import Failure, Receipt

if TYPE_CHECKING:
    from loadmaster.planning.permissions.findings import Finding

LONGEST = 1024 * 1024
"""Bytes; GitHub drops a step's whole summary if it is longer."""
_CUT = "\n\n_The rest is left out, because GitHub takes no summary of more than 1 MiB. The step's log has it._\n"


def gates_summary(title: str, answers: Iterable[GateAnswer]) -> str:
    """The gates: first the problems, one in a row, then all gates in a table that is folded."""
    listed = tuple(answers)
    counts = {outcome: sum(answer.outcome is outcome for answer in listed) for outcome in Outcome}
    told = ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count)
    return "\n".join([f"## {title}", "", f"{told or 'no gate was asked'}.", "", *_wrong(listed), *_all_gates(listed)])


def _wrong(answers: tuple[GateAnswer, ...]) -> list[str]:
    rows = [_row("✘", answer, problem) for answer in answers for problem in answer.problems]
    rows += [_row("!", answer, problem) for answer in answers for problem in answer.warnings]
    rows += [
        f"| ? | `{answer.gate}` | | {cell(f'could not be checked: {answer.why}')} | |"
        for answer in answers
        if answer.outcome is Outcome.COULD_NOT_CHECK
    ]
    return ["| | gate | where | what | next |", "|---|---|---|---|---|", *rows, ""] if rows else []


def _row(sign: str, answer: GateAnswer, problem: Problem) -> str:
    where = f"`{problem.places}`" if "`" not in problem.places else problem.places
    return f"| {sign} | `{answer.gate}` | {cell(where)} | {cell(problem.what)} | {cell(problem.fix)} |"


def _all_gates(answers: tuple[GateAnswer, ...]) -> list[str]:
    rows = [f"| `{each.gate}` | {each.outcome} | {each.checked} | {cell(each.why)} |" for each in answers]
    return (
        folded("All gates", "\n".join(["| gate | outcome | checked | |", "|---|---|---|---|", *rows])) if rows else []
    )


def plan_summary(plan: ReleasePlan, receipt: Receipt) -> str:
    """The plan, after the gates that would keep it from starting."""
    return f"{gates_summary(f'Gates of {plan.project} {receipt.version}', receipt.gates)}\n{plan_markdown(plan)}"


def receipt_summary(receipt: Receipt, plan: ReleasePlan | None = None) -> str:
    """The receipt, and the plan that it is of, if that is known."""
    text = receipt_markdown(receipt, plan, folds_gates=True)
    return "\n".join([text, *([] if plan is None else folded("The plan", plan_markdown(plan)))])


def preflight_summary(title: str, findings: tuple[Finding, ...], answers: tuple[GateAnswer, ...]) -> str:
    from loadmaster.planning.permissions.show import permissions_markdown

    return f"{gates_summary(title, answers)}\n{permissions_markdown(findings)}"


def failure_summary(failure: Failure) -> str:
    return "\n".join(
        [f"## {cell(failure.what)}", "", f"- why: {cell(failure.why)}", f"- next: {cell(failure.next)}", ""]
    )


def fitted(text: str, used: int = 0) -> str:
    """The summary, cut where GitHub would drop it. `used` is how many bytes the step has written already."""
    written, room = text.encode(errors="replace"), LONGEST - used
    if len(written) <= room:
        return text
    return written[: max(0, room - len(_CUT.encode()))].decode(errors="ignore") + _CUT
