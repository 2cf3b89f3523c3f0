"""Shows a plan and a receipt to a person: as plain text, and as Markdown with a Mermaid graph."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from datetime import datetime

from loadmaster.errors.base import clause, in_one_line, more_line
from loadmaster.planning.begun import WayBack
from loadmaster.planning.commands.results import CommandResult
from loadmaster.planning.order import waves
from loadmaster.planning.pace import Turn
from loadmaster.planning.patience import NextTry, told_of
from loadmaster.planning.plan import ReleasePlan, Tag
from loadmaster.planning.smoke_worker import GATE as SMOKE_WORKER
from loadmaster.planning.values.gate import GateAnswer, Outcome, Problem
from loadmaster.planning.values.receipt import CommandRecord, Failure, ObjectRecord, Receipt
from loadmaster.planning.values.state import ObjectState
from loadmaster.planning.values.value import digest
from loadmaster.planning.way_on import WayOn, out_text, way_on

SIGN = {
    ObjectState.SAME: "✔",
    ObjectState.EQUIVALENT: "≈",
    ObjectState.ABSENT: "·",
    ObjectState.DIFFERENT: "✘",
    ObjectState.UNKNOWN: "?",
}
_PROPOSED = "notes proposed from commits; entries in the changelog would replace them"
_CODE = re.compile(r"(`[^`\n]*`)")
"""Code in a line of Markdown, where nothing is HTML."""
_GATE_SIGN = {Outcome.PASS: "✔", Outcome.FAIL: "✘", Outcome.SKIP: "–", Outcome.COULD_NOT_CHECK: "?"}


def plan_text(plan: ReleasePlan) -> str:
    """The plan for a terminal."""
    lines = [
        f"{plan.project} {_moves(plan)}",
        f"  from    {plan.base_commit} on `{plan.branch}`",
        f"  commit  {plan.commit_message}" if plan.edits else "  commit  none: the tree has the version already",
        *(f"            {edit.path}" for edit in plan.edits),
        *(line for result in plan.commands for line in _command_lines(result)),
        *(line for tag in plan.tags for line in _tag_lines(tag)),
        f"  crates  {len(plan.crates)}, dependencies first",
        *(_crate_line(plan, name) for name in (crate.name for crate in plan.crates)),
        f"            {_forecast(plan)}",
        *(f"  not published: {package.package} ({package.why})" for package in plan.excluded),
        *_forge_lines(plan),
    ]
    if plan.install:
        lines.append(f"  install {plan.install.package}, then `{plan.install.binary} --version`")
    lines += [f"  deviation: {line}" for line in plan.deviations]
    return "\n".join([*lines, f"  plan    {digest(plan)}", ""])


def _command_lines(result: CommandResult) -> list[str]:
    """A command of the project's own, and what it made."""
    lines = [f"  command {_command(result)}"]
    changed = [f"            {file.path} {file.how}" for file in result.files]
    return lines + (changed or ["            changes nothing"])


def _command(result: CommandResult) -> str:
    line = in_one_line(shlex.join(result.run))
    named = line if result.name == line else f"{result.name}: {line}"
    return f"{named} (in {result.directory})" if result.directory else named


def _tag_lines(tag: Tag) -> list[str]:
    """The tag. If its notes were proposed, they follow in full, because no person has read them yet."""
    lines = [f"  tag     {tag.name}"]
    if tag.proposed:
        lines += [f"            {_PROPOSED}:", *(f"            | {line}".rstrip() for line in tag.notes.splitlines())]
    return lines


def _notes_lines(plan: ReleasePlan) -> list[str]:
    lines = []
    for tag in plan.tags:
        lines += [f"### `{tag.name}`", ""] if len(plan.tags) > 1 else []
        lines += [f"_{_PROPOSED}._", ""] if tag.proposed else []
        lines += [tag.notes or "_none_", ""]
    return lines


def _moves(plan: ReleasePlan) -> str:
    """The old and the new version if all crates have the same; else what is released."""
    before = {crate.current_version for crate in plan.crates}
    return f"{before.pop()} → {plan.title}" if len(before) == 1 and len(plan.tags) == 1 else plan.title


def _tag_names(plan: ReleasePlan) -> str:
    return f"tag{'s' * (len(plan.tags) > 1)} {', '.join(f'`{tag.name}`' for tag in plan.tags)}"


def _forge_lines(plan: ReleasePlan) -> list[str]:
    if not plan.on_forge:
        return ["  release none: without a forge"]
    return [f"  release {tag.name} with {', '.join(plan.assets)}" for tag in plan.tags]


def _crate_line(plan: ReleasePlan, name: str) -> str:
    crate = plan.crate(name)
    after = f" after {', '.join(crate.needs)}" if crate.needs else ""
    return f"            {crate.id}{' (new)' if crate.is_new else ''}{after}"


def _forecast(plan: ReleasePlan) -> str:
    """When the crates will be published, in words."""
    text = f"all published about {_duration(plan.forecast.seconds)} after the first upload"
    if plan.forecast.waits:
        text += f"; {plan.forecast.waits} have to wait for the registry's rate limit"
    return text


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def waiting_text(plan: ReleasePlan, turn: Turn) -> str:
    """Which crates wait for a rate limit, and until when, in one line."""
    names = ", ".join(plan.crate(name).id for name in turn.waiting)
    return f"waiting until {turn.until:%H:%M:%S} UTC for the registry's rate limit: {names}"


def outage_text(told: str, following: NextTry) -> str:
    """What is out of reach, and until when it is waited for, in one line."""
    told = " ".join(told.split())
    if following.named is not None:
        return f"waiting until {following.at:%H:%M:%S} UTC: {told.rstrip('.')}{told_of(following.named, following.at)}"
    return (
        f"waiting: {told.rstrip('.')}. It is asked again until {following.until:%H:%M:%S} UTC, with ever longer pauses."
    )


def outage_markdown(told: str, since: datetime, following: NextTry) -> str:
    when = "not before" if following.named is not None else "again and again, until"
    rows = [
        "| waits since | for | asked |",
        "|---|---|---|",
        f"| {since:%Y-%m-%d %H:%M:%S} UTC | {cell(told)} | {when} {following.until:%Y-%m-%d %H:%M:%S} UTC |",
    ]
    means = "Nothing is lost: what took effect meanwhile is recognised. `patience` in the profile says how long it is waited."
    return "\n".join([*rows, "", means, ""])


def outage_over_text(code: str, seconds: float) -> str:
    """That it is over, in one line."""
    return f"no longer waiting: `{code}` is over, after {_duration(seconds)}"


def waiting_markdown(plan: ReleasePlan, turn: Turn) -> str:
    rows = [
        f"| `{plan.crate(name).id}` | {plan.crate(name).action} | not before {turn.until:%Y-%m-%d %H:%M:%S} UTC |"
        for name in turn.waiting
    ]
    why = "The registry limits how many new crates and new versions one account may publish in a given time."
    return "\n".join(["| crate | counts as | may be published |", "|---|---|---|", *rows, "", why, ""])


def plan_markdown(plan: ReleasePlan) -> str:
    """The plan for an artifact."""
    rows = [
        f"| `{crate.id}` | {'new' if crate.is_new else 'update'} | {', '.join(f'`{n}`' for n in crate.needs) or '–'} |"
        for crate in plan.crates
    ]
    edits = [f"- `{edit.path}`" for edit in plan.edits] or ["- none: the tree has the version already"]
    edits += [
        f"- by `{result.name}`: {', '.join(f'`{file.path}` {file.how}' for file in result.files) or 'nothing'}"
        for result in plan.commands
    ]
    return "\n".join(
        [
            f"# {plan.project} {_moves(plan)}",
            f"From `{plan.base_commit}` on `{plan.branch}`, {_tag_names(plan)}, plan `{digest(plan)}`.",
            "## Order",
            _mermaid(plan, {}),
            "| crate | | after |",
            "|---|---|---|",
            *rows,
            "",
            f"{_forecast(plan)[0].upper()}{_forecast(plan)[1:]}.",
            *(f"Not published: `{package.package}` ({package.why})." for package in plan.excluded),
            "## Files",
            *edits,
            "## Notes of the release",
            *_notes_lines(plan),
            *_deviation_lines(plan.deviations),
            "",
        ]
    )


def gates_text(answers: Iterable[GateAnswer]) -> str:
    """One line for each gate, with its problems below it."""
    lines = []
    for answer in answers:
        lines.append(f"  {_GATE_SIGN[answer.outcome]} {answer.gate}: {answer.outcome}{_summary(answer)}")
        lines += [_problem_lines(problem) for problem in answer.problems]
        lines += [
            f"      warning: {problem.places}: {problem.what}\n        next: {problem.fix}"
            for problem in answer.warnings
        ]
        lines += [f"      {passed}" for passed in answer.asked]
    return "\n".join([*lines, ""])


def not_passed_text(answers: Iterable[GateAnswer]) -> str:
    """The gates that did not pass, one line each, for the end of what a command prints; "" if all did."""
    lines = [f"    {answer.gate}: {not_passed_line(answer)}" for answer in answers if not answer.passed]
    return "\n".join(["  did not pass:", *lines, ""]) if lines else ""


def not_passed_line(answer: GateAnswer) -> str:
    """Why a gate did not pass, in one line."""
    if answer.outcome is Outcome.COULD_NOT_CHECK:
        return f"could not be checked: {in_one_line(answer.why)}"
    problems = answer.warnings if answer.advised else answer.problems
    first = f"{problems[0].places}: {in_one_line(problems[0].what)}" if problems else in_one_line(answer.why)
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return f"{'advice' if answer.advised else 'failed'}: {first}{more}"


def _problem_lines(problem: Problem) -> str:
    answered = f"\n        answer: {problem.evidence}" if problem.evidence else ""
    return f"      {problem.places}: {problem.what}{answered}\n        next: {problem.fix}"


def gates_markdown(answers: Iterable[GateAnswer]) -> str:
    lines = ["| gate | outcome | checked | |", "|---|---|---|---|"]
    for answer in answers:
        details = "\n".join(
            f"`{problem.places}`: {clause(problem.what)}. Next: {problem.fix}"
            for problem in answer.problems + answer.warnings
        )
        details = details or answer.why or "\n".join(answer.asked)
        lines.append(
            f"| `{answer.gate}` | {_GATE_SIGN[answer.outcome]}&nbsp;{answer.outcome} | {answer.checked} | {cell(details)} |"
        )
    return "\n".join([*lines, ""])


def cell(text: str) -> str:
    """Foreign text for a cell of a Markdown table. cargo's messages have several lines, and a bar would begin the next cell.

    What may be HTML is made plain: a comment that begins in a cell (`<!--`) would hide the rest of the page.
    """
    plain = (part if part.startswith("`") else part.replace("<", "&lt;") for part in _CODE.split(text))
    return "".join(plain).replace("|", "\\|").replace("\r", "").replace("\n", "<br>")


def _summary(answer: GateAnswer) -> str:
    return f" ({answer.why})" if answer.why else f" ({answer.checked} checked)"


def crates_text(records: Iterable[ObjectRecord]) -> str:
    """The state of each crate of a plan on the registry, one line each."""
    return "\n".join(
        f"  {record.state:<10} {record.id}{f'  ({record.why})' if record.why else ''}" for record in records
    )


def receipt_title(receipt: Receipt) -> str:
    return f"{receipt.project} {receipt.version}: {receipt.outcome}"


def receipt_text(receipt: Receipt) -> str:
    """The whole receipt for a terminal; `progress.outcome` has the short one."""
    lines = [
        f"{receipt.project} {receipt.version}: {receipt.outcome.upper()} in {receipt.seconds:.1f} s ({receipt.world} world)",
        *(["  nothing was left to do: everything was released already"] if receipt.changed_nothing else []),
        f"  commit {receipt.commit}",
        *(command_record_line(record) for record in receipt.commands),
        *(_object_line(record) for record in receipt.objects),
        *(f"  deviation: {line}" for line in receipt.deviations),
    ]
    text = "\n".join(lines) + "\n"
    if any(not gate.opens or gate.warnings for gate in receipt.gates):
        text += gates_text(receipt.gates)
    elif skipped := [gate for gate in receipt.gates if gate.gate == SMOKE_WORKER and gate.outcome is Outcome.SKIP]:
        text += gates_text(skipped).rstrip("\n") + "\n"
    text += not_passed_text(receipt.gates)
    if receipt.failure:
        text += f"\n{receipt.failure.what}\n  why: {receipt.failure.why}\n  next: {receipt.failure.next}\n"
        text += f"{more_line(receipt.failure.code)}\n" if receipt.failure.code else ""
        text += f"\nout by now: {out_text(receipt)}\ngo on: {way_on_text(receipt)}\n"
    return text


def way_on_text(receipt: Receipt) -> str:
    """How a release that is not out goes on, in one line."""
    match way_on(receipt):
        case WayOn.RESUME:
            return f"`loadmaster resume {receipt.short_run}`"
        case WayOn.START_AGAIN:
            return "nothing is out yet; mend it, then start a new run"
        case _:
            return _fix_forward(receipt)


def _fix_forward(receipt: Receipt) -> str:
    told = (
        f"{receipt.version} can never be complete; mend the cause, then release a higher version of {receipt.project}"
    )
    if receipt.world == "rehearsal":  # nobody uses it, and its registry ended with it
        return told
    status_command = WayBack(project=receipt.project, options=receipt.options or {}).status_command(receipt.version)
    return f"{told}. `{status_command}` shows what users have meanwhile"


def command_record_line(record: CommandRecord) -> str:
    """A command of the project's own that ran, in one line."""
    changed = f"changed {', '.join(record.files)}" if record.files else "changed nothing"
    kept = "  (kept by an earlier attempt)" if record.kept else ""
    return f"  ✔ command  {record.name}  {record.seconds:.1f} s  {changed}{kept}"


def _object_line(record: ObjectRecord) -> str:
    digest_part = f"  sha256 {record.sha256[:12]}" if record.sha256 else ""
    acted = f", {record.attempts} attempts" if record.attempts > 1 else ""
    why = f"  ({record.why})" if record.why else ""
    return f"  {SIGN[record.state]} {record.kind:<8} {record.id}  {record.seconds:.1f} s{acted}{digest_part}{why}"


def receipt_markdown(
    receipt: Receipt, plan: ReleasePlan | None, kept_in: str | None = None, *, folds_gates: bool = False
) -> str:
    """The receipt for an artifact. If `plan` is given, a graph shows the state of each crate.

    `folds_gates`: the table of all gates is shown only if a reader opens it.
    `kept_in` is the directory of a rehearsal's world. It is shown because the world's addresses end with its process.
    """
    states = {record.id: record.state for record in receipt.objects if record.kind == "crate"}
    rows = [
        f"| {SIGN[record.state]}&nbsp;{record.state} | {record.kind} | `{record.id}` | {record.seconds:.1f} | {record.attempts} "
        f"| {f'`{record.sha256[:16]}…`' if record.sha256 else ''} | {cell(record.why or '')} |"
        for record in receipt.objects
    ]
    failure = receipt.failure
    return "\n".join(
        [
            f"# {receipt.project} {receipt.version}: {receipt.outcome}",
            f"Commit `{receipt.commit}`, {receipt.world} world, {receipt.seconds:.1f} s, toolchain `{receipt.toolchain}`.",
            *(_failure_lines(failure) if failure else []),
            *_way_on_lines(receipt),
            *(_world_lines(receipt, kept_in) if kept_in and receipt.world == "rehearsal" else []),
            *([_mermaid(plan, states)] if plan else []),
            "",
            "| state | kind | object | seconds | attempts | sha256 | |",
            "|---|---|---|---|---|---|---|",
            *rows,
            "## Gates",
            *_not_passed_lines(receipt.gates),
            *(folded("All gates", gates_markdown(receipt.gates)) if folds_gates else [gates_markdown(receipt.gates)]),
            *_deviation_lines(receipt.deviations),
            "",
        ]
    )


def folded(title: str, markdown: str) -> list[str]:
    """Markdown that is shown only if a reader opens it."""
    return [f"<details><summary>{title}</summary>", "", markdown, "", "</details>", ""]


def _not_passed_lines(answers: Iterable[GateAnswer]) -> list[str]:
    rows = [f"- `{answer.gate}`: {not_passed_line(answer)}" for answer in answers if not answer.passed]
    return ["Did not pass:", "", *rows, ""] if rows else []


def _failure_lines(failure: Failure) -> list[str]:
    headline, _, rest = failure.what.partition("\n")
    return ["", f"**{headline}**", rest, "", f"- why: {failure.why}", f"- next: {failure.next}"]


def _way_on_lines(receipt: Receipt) -> list[str]:
    match way_on(receipt):
        case WayOn.NOTHING:
            return []
        case WayOn.RESUME:
            how = f"press **Retry** on this run's page, or run `loadmaster resume {receipt.short_run}`"
        case WayOn.START_AGAIN:
            how = "nothing is out yet: mend it, then start a new run"
        case _:
            how = _fix_forward(receipt)
    return ["", f"Out by now: {out_text(receipt)}.", "", f"**To go on:** {how}."]


def _world_lines(receipt: Receipt, kept_in: str) -> list[str]:
    as_of = f" --as-of {receipt.as_of.isoformat()}" if receipt.as_of else ""
    return [
        "",
        "The registry and the forge of a rehearsal are reachable only while it runs, but what was published there is kept. To "
        "open them again, on another port:",
        "",
        f"    loadmaster world --project {shlex.quote(receipt.project)} --directory {shlex.quote(kept_in)}{as_of}",
        "",
    ]


def _deviation_lines(deviations: tuple[str, ...]) -> list[str]:
    return ["## Deviations", *(f"- {deviation}" for deviation in deviations)] if deviations else []


_COLOUR = {
    ObjectState.SAME: "fill:#1a7f37,color:#fff",
    ObjectState.EQUIVALENT: "fill:#4d8f2a,color:#fff",
    ObjectState.DIFFERENT: "fill:#b31d28,color:#fff",
    ObjectState.UNKNOWN: "fill:#9a6700,color:#fff",
    ObjectState.ABSENT: "fill:#6e7781,color:#fff",
}


def _mermaid(plan: ReleasePlan, states: dict[str, ObjectState]) -> str:
    """A graph: the crates as boxes in layers, with an arrow from each crate to those that wait for it."""
    number = {crate.name: f"c{position}" for position, crate in enumerate(plan.crates)}
    lines = ["```mermaid", "graph LR"]
    for wave in waves(plan.edges):
        lines += [f'  {number[name]}["{plan.crate(name).id}"]' for name in wave]
    lines += [f"  {number[needed]} --> {number[crate.name]}" for crate in plan.crates for needed in crate.needs]
    lines += [
        f"  style {number[crate.name]} {_COLOUR[states[crate.id]]}" for crate in plan.crates if crate.id in states
    ]
    return "\n".join([*lines, "```"])
