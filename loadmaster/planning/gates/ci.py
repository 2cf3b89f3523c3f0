"""The gate on the workflow that a release's tag starts: whether its file at the commit is what the profile's table `ci` says.

The v1.3.0 of Assay took ten commits in three hours until its workflow could publish.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from loadmaster.planning.gates.evidence import Tree
from loadmaster.planning.gates.judging import CouldNotCheck, Findings, GateJudgement, Skip, of_files, profile_findings
from loadmaster.planning.gates.lists import WORKFLOWS
from loadmaster.planning.profile.ci_style import CiStyle
from loadmaster.planning.profile.project import Project
from loadmaster.planning.tree.key_lines import yaml_lines
from loadmaster.planning.values.gate import Problem

if TYPE_CHECKING:
    from loadmaster.planning.forge.workflow_file import WorkflowInFile


@of_files("ci-workflow", "Assay's v1.3.0 took ten commits in three hours until its workflow could publish at all.")
def ci_workflow(tree: Tree) -> GateJudgement:
    """Is the workflow of the profile's table `ci` there, is it started by the release's tags, and can its job publish?

    The publishing job needs `id-token: write` for trusted publishing, and the environment and the file name that the registry's
    configuration has.
    """
    project = tree.project
    if project is None or project.ci is None:
        return Skip(why="the profile has no table `ci`")
    path = f"{WORKFLOWS}/{project.ci.workflow}"
    text = tree.text(path)
    if text is None:
        if not tree.holds_code:
            return CouldNotCheck(why="the tree has neither code nor workflows")
        fix = "write it, or correct `ci.workflow` in the profile."
        return profile_findings(tree, 1, (), [Problem.in_file(path, None, what="does not exist", fix=fix)])
    return Findings(checked=1, problems=tuple(_problems(tree, project, project.ci, path, text)))


def _problems(tree: Tree, project: Project, style: CiStyle, path: str, text: str) -> Iterator[Problem]:
    from loadmaster.planning.forge.workflow_file import read_workflow  # few profiles have one
    from loadmaster.planning.values.yaml_text import NotYaml

    try:
        workflow = read_workflow(text)
    except NotYaml as error:
        yield Problem.in_file(path, error.line, what=f"is no workflow: {error}", fix="correct the file.")
        return
    lines = yaml_lines(text)
    if style.dispatch is None:
        for label in tree.labels:
            if workflow.push is None or not workflow.push.takes_tag(label.tag):
                fix = "add the tag's pattern under `on.push.tags`, or set `ci.dispatch` in the profile."
                yield Problem.in_file(
                    path, lines.get(("on",)), what=f"is not started by the tag `{label.tag}`", fix=fix
                )
    elif workflow.dispatch is None:
        fix = "add `workflow_dispatch` under `on`, or remove `ci.dispatch` from the profile."
        yield Problem.in_file(path, lines.get(("on",)), what="cannot be started by hand", fix=fix)
    else:
        unknown = sorted(set(style.dispatch) - set(workflow.dispatch))
        lacking = sorted(name for name, needed in workflow.dispatch.items() if needed and name not in style.dispatch)
        if unknown or lacking:
            told = ", ".join(
                [*(f"does not take `{name}`" for name in unknown), *(f"needs `{name}`" for name in lacking)]
            )
            fix = "give `ci.dispatch` in the profile the inputs that the workflow has."
            yield Problem.in_file(path, lines.get(("on",)), what=told, fix=fix)
    if style.job is not None:
        for what, fix in _job_faults(project, style, style.job, workflow):
            yield Problem.in_file(path, lines.get(("jobs", style.job), lines.get(("jobs",))), what=what, fix=fix)


def _job_faults(project: Project, style: CiStyle, name: str, workflow: WorkflowInFile) -> Iterator[tuple[str, str]]:
    job = workflow.job(name)
    if job is None:
        known = ", ".join(f"`{each.id}`" for each in workflow.jobs)
        yield f"has no job `{name}`; it has {known}", "correct `ci.job` in the profile."
        return
    expected = project.registry.trusted_publishing
    if expected is None:
        return
    if job.calls is None and not workflow.may(job, "id-token"):
        fix = f"add `permissions: {{ id-token: write }}` to the job `{name}`."
        yield f"gives its job `{name}` no ID tokens, without which nothing can be published by trusted publishing", fix
    if expected.workflow != style.workflow:
        fix = "correct `ci.workflow` or `registry.trusted_publishing.workflow` in the profile."
        yield f"is not `{expected.workflow}`, which trusted publishing is configured for", fix
    if expected.environment is not None and (job.environment or "").lower() != expected.environment.lower():
        said = f"names the environment `{job.environment}`" if job.environment else "names no environment"
        fix = f"write `environment: {expected.environment}` into the job, or correct the profile."
        yield f"has the job `{name}`, which {said}; trusted publishing is configured for `{expected.environment}`", fix
