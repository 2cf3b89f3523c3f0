"""The project's own commands: one task for each, and then the plan with what they made."""

from __future__ import annotations

from collections.abc import Callable

from prefect import get_run_logger

from loadmaster.planning.plan import ReleasePlan, commands_of
from loadmaster.planning.profile.release_command import ReleaseCommand
from loadmaster.planning.registry.seen import Seen
from loadmaster.planning.values.receipt import CommandRecord
from loadmaster.run.job import Job
from loadmaster.steps import commands as step
from loadmaster.tasks.policy import asks_the_world
from loadmaster.tasks.prepare import show_plan

Note = Callable[[CommandRecord], None]


@asks_the_world("run command", "run {command.title}")
def run_command(job: Job, seen: Seen, plan: ReleasePlan, command: ReleaseCommand) -> tuple[ReleasePlan, CommandRecord]:
    after, record = step.run_command(job, seen, plan, command)
    get_run_logger().info("%s: %s", command.title, told_of(record))
    return after, record


def carry_out(job: Job, seen: Seen, draft: ReleasePlan, note: Note) -> ReleasePlan:
    """The plan with what the project's commands make, one after the other."""
    plan = draft
    for command in commands_of(draft, seen, job.project):
        plan, record = run_command(job, seen, plan, command)
        note(record)
    if plan.commands:
        show_plan(job, plan)
    return plan


def told_of(record: CommandRecord) -> str:
    changed = f"changed {', '.join(record.files)}" if record.files else "changed nothing"
    return f"{changed}, as an earlier attempt kept it" if record.kept else f"{changed}, in {record.seconds:.1f} s"
