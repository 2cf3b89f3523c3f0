"""Gates on what is listed by hand: the crates to publish, and the workflows that a release starts.

Knows the profile's rules for finding such lists, and no file by its name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from loadmaster.errors.workspace import DependencyCycle
from loadmaster.planning.gates.evidence import Tree
from loadmaster.planning.gates.judging import CouldNotCheck, GateJudgement, Skip, by_profile, of_files
from loadmaster.planning.order import Edges, edges
from loadmaster.planning.profile.profile_patterns import find_all
from loadmaster.planning.profile.project import DeclaredWorkflow, Project, PublishList
from loadmaster.planning.values.gate import Problem

WORKFLOWS = ".github/workflows"

_WORD = re.compile(r"[A-Za-z][\w-]*")
_COMMENT = re.compile(r"#[^\n]*")


@of_files(
    "publish-list",
    "A new crate was left out of Assay's list in v2.6.0, v2.7.0 and v2.12.0; v4.0.0's was in a wrong order.",
)
def publish_list(tree: Tree) -> GateJudgement:
    """Is every list of the crates to publish equal to the publishable members? One that is carried out also has an order.

    The lists are the profile's own (`release.publish`) and those in the project's files (`release.publish_lists`). What
    the profile names and an older commit does not have yet is only pointed out where the past is rehearsed (`--as-of`).
    """
    project = tree.project
    if project is None or not (project.release.publish or project.release.publish_lists):
        return Skip(why="the profile has no list of crates")
    texts = {rule.file: tree.text(rule.file) for rule in project.release.publish_lists}
    missing = [file for file, text in texts.items() if text is None]
    told = [
        *_by_profile(tree, project),
        *(each for rule in project.release.publish_lists for each in _by_rule(tree, rule)),
    ]
    lacking = (*_gone(tree, project), *(_no_file(project, file) for file in missing if tree.holds_code))
    if missing and not (told or lacking):
        return CouldNotCheck(why=f"the tree holds no code, and `{missing[0]}` neither")
    return by_profile(tree, len(tree.released), told, lacking)


def _no_file(project: Project, file: str) -> Problem:
    fix = f"mend `release.publish_lists` in `projects/{project.name}.toml`."
    return Problem(where=file, what="is not in the tree", fix=fix)


def _gone(tree: Tree, project: Project) -> Iterator[Problem]:
    """What was published once stays on the registry."""
    for name in project.release.publish:
        if name not in tree.workspace.names:
            fix = "take it off the list; if it is on the registry, a last version should say where it went."
            what = f"lists `{name}`, which is no member of the workspace"
            yield Problem(where=f"projects/{project.name}.toml", what=what, fix=fix)


def _by_profile(tree: Tree, project: Project) -> Iterator[Problem]:
    listed = tuple(each for each in project.release.publish if each in tree.workspace.names)
    if project.release.publish:
        yield from _unequal(tree, f"projects/{project.name}.toml", listed)


def _by_rule(tree: Tree, rule: PublishList) -> Iterator[Problem]:
    """Nothing of a file that is not there."""
    text = tree.text(rule.file)
    if text is None:
        return
    found = [_COMMENT.sub("", each.text) for each in find_all(rule.pattern, 1, text, rule.file)]
    listed = tuple(name for block in found for name in _WORD.findall(block))
    if not listed:
        fix = "mend the pattern in `release.publish_lists`, or the list."
        yield Problem(where=rule.file, what=f"has no list that `{rule.pattern}` finds", fix=fix)
        return
    yield from _unequal(tree, rule.file, listed)
    yield from _wrong_order(tree, rule.file, listed)


def _unequal(tree: Tree, where: str, listed: tuple[str, ...]) -> Iterator[Problem]:
    for name in sorted(tree.names.difference(listed)):
        fix = f"add `{name}` to the list, or say `publish = false` in its manifest."
        yield Problem(where=where, what=f"does not list `{name}`, which is publishable", fix=fix)
    for name in sorted(set(listed) - tree.names):
        why = "not published" if name in tree.workspace.names else "no member of the workspace"
        fix = f"take `{name}` off the list, or let it be published."
        yield Problem(where=where, what=f"lists `{name}`, which is {why}", fix=fix)
    for name in sorted({each for each in listed if listed.count(each) > 1}):
        yield Problem(where=where, what=f"lists `{name}` twice", fix="leave one of them.")


def _wrong_order(tree: Tree, where: str, listed: tuple[str, ...]) -> Iterator[Problem]:
    for name, needs in _edges(tree).items():
        for needed in sorted(needs):
            if name in listed and needed in listed and listed.index(needed) > listed.index(name):
                what = f"lists `{name}` before `{needed}`, which it needs"
                yield Problem(where=where, what=what, fix=f"move `{needed}` above `{name}`.")


def _edges(tree: Tree) -> Edges:
    """None of a cycle: `dependency-cycle` tells it."""
    try:
        return edges(tree.released, {package.name: package.version for package in tree.released})
    except DependencyCycle:
        return {}


@of_files("workflow-exists", "Assay's checklist said for seven months to start `lsm-smoke-test`, which never existed.")
def workflow_exists(tree: Tree) -> GateJudgement:
    """Is every workflow that the profile declares there, and can it be dispatched where the profile says so?

    One that is not there yet is only pointed out where the past is rehearsed (`--as-of`).
    """
    declared = _declared(tree.project) if tree.project is not None else ()
    if not declared:
        return Skip(why="the profile declares no workflow")
    if not tree.holds_code and not any(path.startswith(f"{WORKFLOWS}/") for path in tree.files.paths):
        return CouldNotCheck(why="the tree holds no code, and no workflows either")
    told = (problem for each in declared for problem in _workflow(tree, each))
    return by_profile(tree, len(declared), told, (_no_workflow(each) for each in declared if _text(tree, each) is None))


def _declared(project: Project) -> tuple[DeclaredWorkflow, ...]:
    """With the one that is to make the smoke test."""
    smoke = project.smoke.workflow if project.smoke is not None else None
    known = {workflow.file for workflow in project.workflows}
    return (*project.workflows, *([DeclaredWorkflow(file=smoke)] if smoke and smoke not in known else []))


def _text(tree: Tree, declared: DeclaredWorkflow) -> str | None:
    return tree.text(f"{WORKFLOWS}/{declared.file}")


def _no_workflow(declared: DeclaredWorkflow) -> Problem:
    fix = "write it, or take it out of `workflows` in the profile."
    return Problem(where=f"{WORKFLOWS}/{declared.file}", what="is declared in the profile, and does not exist", fix=fix)


def _workflow(tree: Tree, declared: DeclaredWorkflow) -> Iterator[Problem]:
    """Nothing of one that is not there."""
    path, text = f"{WORKFLOWS}/{declared.file}", _text(tree, declared)
    if text is None:
        return
    try:
        events = _events(text)
    except YAMLError as error:
        yield Problem(where=path, what=f"is not YAML: {' '.join(str(error).split())}", fix="mend the file.")
        return
    if declared.dispatch and "workflow_dispatch" not in events:
        fix = "add `workflow_dispatch:` under `on:`, or say `dispatch = false` in the profile."
        yield Problem(where=path, what="cannot be dispatched", fix=fix)


def _events(text: str) -> tuple[str, ...]:
    """What starts a workflow: a word, a list or a table. YAML 1.1 takes `on` for true; this reads 1.2, where it is a word."""
    document = YAML(typ="safe").load(text)
    events = document.get("on", ()) if isinstance(document, dict) else ()
    return (events,) if isinstance(events, str) else tuple(events)
