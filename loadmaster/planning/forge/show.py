"""The runs of CI and the pull request as a page of the UI shows them. Markdown; what came from outside is escaped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from loadmaster.planning.forge.landing import PullSight
from loadmaster.planning.forge.runs import WorkflowJob
from loadmaster.planning.forge.watching import CiSight
from loadmaster.planning.profile.ci_style import MergeMethod
from loadmaster.planning.show import cell

_SIGNS = {"success": "✓", "failure": "✗", "timed_out": "✗", "startup_failure": "✗", "cancelled": "⊘", "skipped": "–"}


def runs_markdown(workflow: str, seen: Mapping[str, CiSight]) -> str:
    """A table of jobs for each tag's run, with their states, and what a person may have to do."""
    return "\n".join(line for tag, sight in seen.items() for line in _run_lines(workflow, tag, sight))


def _run_lines(workflow: str, tag: str, seen: CiSight) -> Iterator[str]:
    head = f"{cell(workflow)} for {cell(tag)}: {cell(seen.says)}"
    yield f"**{link(head, seen.url)}**" if seen.url else f"**{head}**"
    yield ""
    if seen.jobs:
        yield "| | job | state | step |"
        yield "|---|---|---|---|"
        yield from (_job_row(job) for job in seen.jobs)
        yield ""


def _job_row(job: WorkflowJob) -> str:
    state = job.conclusion or job.status
    sign = _SIGNS.get(job.conclusion or "", "…")
    name = link(cell(job.name), job.url) if job.url else cell(job.name)
    return f"| {sign} | {name} | {cell(state.replace('_', ' '))} | {cell(job.step or '')} |"


def link(text: str, url: str) -> str:
    """`text` is Markdown already. An address with a bracket would end the link."""
    return f"[{text}](<{url}>)" if not set(url) & set("<>\n\\") else text


def pull_markdown(seen: PullSight, method: MergeMethod) -> str:
    """The pull request, its checks, and what it waits for."""
    state = "merged" if seen.pull.is_merged else f"waits for {seen.waits_for(method) or 'nothing: it is merged now'}"
    lines = [f"**{link(cell(f'#{seen.pull.number} {seen.pull.title}'), seen.pull.url)}**: {cell(state)}", ""]
    if seen.checks:
        lines += ["| | check | required |", "|---|---|---|"]
        for check in seen.checks:
            sign = "…" if not check.is_over else "✓" if check.passed else "✗"
            lines.append(f"| {sign} | {cell(check.name)} | {'yes' if check.name in seen.required else ''} |")
    return "\n".join(lines)
