"""Gates on lists that somebody maintains by hand: the crates to publish, and the workflows that a release starts.

Knows the profile's rules for finding such lists, and no file by its name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from loadmaster.errors.workspace import DependencyCycle
from loadmaster.planning.gates.evidence import Tree
from loadmaster.planning.gates.judging import CouldNotCheck, GateJudgement, Skip, of_files, profile_findings
from loadmaster.planning.order import Edges, edges
from loadmaster.planning.profile.profile_patterns import find_all
from loadmaster.planning.profile.project import DeclaredWorkflow, Project, PublishList
from loadmaster.planning.tree.key_lines import yaml_lines
from loadmaster.planning.values.gate import Problem

WORKFLOWS = ".github/workflows"


class ListFault(NamedTuple):
    what: str
    fix: str


_WORD = re.compile(r"[A-Za-z][\w-]*")
_COMMENT = re.compile(r"#[^\n]*")


@of_files(
    "publish-list",
    "Assay's list lacked a new crate in v2.6.0, v2.7.0 and v2.12.0; in v4.0.0 its order was wrong.",
)
def publish_list(tree: Tree) -> GateJudgement:
    """Does every list of the crates to publish have exactly the publishable members? A list in a file also needs their order.

    The lists are the profile's own (`release.publish`) and those in the project's files (`release.publish_lists`). In the
    rehearsal of a past release (`--as-of`), things that its commit does not have yet are only warnings.
    """
    project = tree.project
    if project is None or not (project.release.publish or project.release.publish_lists):
        return Skip(why="the profile has no list of crates")
    texts = {rule.file: tree.text(rule.file) for rule in project.release.publish_lists}
    missing = [file for file, text in texts.items() if text is None]
    problems = [
        *_own_list_problems(tree, project),
        *(problem for rule in project.release.publish_lists for problem in _file_list_problems(tree, rule)),
    ]
    lacking = (*_unknown_members(tree, project), *(_no_file(project, file) for file in missing if tree.holds_code))
    if missing and not (problems or lacking):
        return CouldNotCheck(why=f"the tree has neither code nor `{missing[0]}`")
    return profile_findings(tree, len(tree.released), problems, lacking)


def _no_file(project: Project, file: str) -> Problem:
    fix = f"correct `release.publish_lists` in `projects/{project.name}.toml`."
    return Problem.in_file(file, None, what="is not in the tree", fix=fix)


def _unknown_members(tree: Tree, project: Project) -> Iterator[Problem]:
    """A crate that was published once stays on the registry."""
    for name in project.release.publish:
        if name not in tree.workspace.names:
            fix = (
                "remove it from the list; if it is on the registry, publish a last version that says what replaces it."
            )
            what = f"lists `{name}`, which is not a member of the workspace"
            yield Problem(where=f"projects/{project.name}.toml", what=what, fix=fix)


def _own_list_problems(tree: Tree, project: Project) -> Iterator[Problem]:
    listed = tuple(name for name in project.release.publish if name in tree.workspace.names)
    for _, fault in _unequal(tree, listed) if project.release.publish else ():
        yield Problem(where=f"projects/{project.name}.toml", what=fault.what, fix=fault.fix)


def _file_list_problems(tree: Tree, rule: PublishList) -> Iterator[Problem]:
    """No problems if the file is missing: the caller reports that."""
    text = tree.text(rule.file)
    if text is None:
        return
    lines = _listed_lines(text, rule)
    listed = tuple(name for name, _ in lines)
    if not listed:
        fix = "correct the pattern in `release.publish_lists`, or the list."
        yield Problem.in_file(rule.file, None, what=f"has no list that `{rule.pattern}` finds", fix=fix)
        return
    for name, fault in (*_unequal(tree, listed), *_wrong_order(tree, listed)):
        line = next((line for each, line in lines if each == name), lines[0][1])
        yield Problem.in_file(rule.file, line, what=fault.what, fix=fault.fix)


def _listed_lines(text: str, rule: PublishList) -> list[tuple[str, int]]:
    """Every name that the rule finds in its file, with its line, from 1."""
    found = []
    for match in find_all(rule.pattern, 1, text, rule.file):
        block = _COMMENT.sub("", match.text)
        first = text.count("\n", 0, match.start) + 1
        found += [(word[0], first + block.count("\n", 0, word.start())) for word in _WORD.finditer(block)]
    return found


def _unequal(tree: Tree, listed: tuple[str, ...]) -> Iterator[tuple[str, ListFault]]:
    """The name that is listed wrongly, or not at all, and the fault."""
    for name in sorted(tree.names.difference(listed)):
        fix = f"add `{name}` to the list, or write `publish = false` in its manifest."
        yield name, ListFault(f"does not list `{name}`, which is publishable", fix)
    for name in sorted(set(listed) - tree.names):
        why = "not published" if name in tree.workspace.names else "not a member of the workspace"
        fix = f"remove `{name}` from the list, or publish it."
        yield name, ListFault(f"lists `{name}`, which is {why}", fix)
    for name in sorted({name for name in listed if listed.count(name) > 1}):
        yield name, ListFault(f"lists `{name}` twice", "remove one of them.")


def _wrong_order(tree: Tree, listed: tuple[str, ...]) -> Iterator[tuple[str, ListFault]]:
    for name, needs in _edges(tree).items():
        for needed in sorted(needs):
            if name in listed and needed in listed and listed.index(needed) > listed.index(name):
                what = f"lists `{name}` before `{needed}`, which it needs"
                yield name, ListFault(what, f"move `{needed}` above `{name}`.")


def _edges(tree: Tree) -> Edges:
    """No edges if there is a cycle: `dependency-cycle` reports it."""
    try:
        return edges(tree.released, {package.name: package.version for package in tree.released})
    except DependencyCycle:
        return {}


@of_files("workflow-exists", "Assay's checklist said for seven months to start `lsm-smoke-test`, which never existed.")
def workflow_exists(tree: Tree) -> GateJudgement:
    """Does every workflow that the profile declares exist, and can it be dispatched if the profile says so?

    In the rehearsal of a past release (`--as-of`) a workflow that does not exist yet is only a warning.
    """
    declared = _workflows(tree.project) if tree.project is not None else ()
    if not declared:
        return Skip(why="the profile declares no workflow")
    if not tree.holds_code and not any(path.startswith(f"{WORKFLOWS}/") for path in tree.files.paths):
        return CouldNotCheck(why="the tree has neither code nor workflows")
    problems = (problem for workflow in declared for problem in _workflow_problems(tree, workflow))
    missing = (_no_workflow(workflow) for workflow in declared if _text(tree, workflow) is None)
    return profile_findings(tree, len(declared), problems, missing)


def _workflows(project: Project) -> tuple[DeclaredWorkflow, ...]:
    """The declared workflows, and the one that makes the smoke test."""
    smoke = project.smoke.workflow if project.smoke is not None else None
    known = {workflow.file for workflow in project.workflows}
    return (*project.workflows, *([DeclaredWorkflow(file=smoke)] if smoke and smoke not in known else []))


def _text(tree: Tree, declared: DeclaredWorkflow) -> str | None:
    return tree.text(f"{WORKFLOWS}/{declared.file}")


def _no_workflow(declared: DeclaredWorkflow) -> Problem:
    fix = "write it, or remove it from `workflows` in the profile."
    path = f"{WORKFLOWS}/{declared.file}"
    return Problem.in_file(path, None, what="is declared in the profile but does not exist", fix=fix)


def _workflow_problems(tree: Tree, declared: DeclaredWorkflow) -> Iterator[Problem]:
    """No problems if the workflow does not exist: the caller reports that."""
    path, text = f"{WORKFLOWS}/{declared.file}", _text(tree, declared)
    if text is None:
        return
    from loadmaster.planning.values.yaml_text import NotYaml  # few profiles declare a workflow

    try:
        events = read_events(text)
    except NotYaml as error:
        yield Problem.in_file(path, error.line, what=f"is not YAML: {error}", fix="correct the file.")
        return
    if declared.dispatch and "workflow_dispatch" not in events:
        fix = "add `workflow_dispatch:` under `on:`, or write `dispatch = false` in the profile."
        yield Problem.in_file(path, yaml_lines(text).get(("on",)), what="cannot be dispatched", fix=fix)


def read_events(text: str) -> tuple[str, ...]:
    """The events that start a workflow: the file has a word, a list or a table of them. Raises `NotYaml`."""
    from loadmaster.planning.values.yaml_text import read_yaml

    document = read_yaml(text)
    events = document.get("on") if isinstance(document, dict) else None
    if isinstance(events, str):
        return (events,)
    return tuple(map(str, events)) if isinstance(events, dict | list) else ()
