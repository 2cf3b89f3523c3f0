"""Makes the `Tree` that the gates judge: of a plain directory, or of a commit with a plan's edits upon it."""

from __future__ import annotations

from collections.abc import Mapping

from loadmaster.errors.edits import NotToml
from loadmaster.errors.files import ByteOrderMark
from loadmaster.planning.edits.changelogs import changelog_globs
from loadmaster.planning.edits.python_package import PYPROJECT
from loadmaster.planning.edits.toml_literals import value_at
from loadmaster.planning.gates.evidence import Tree
from loadmaster.planning.gates.labels import labels_of, read_label
from loadmaster.planning.gates.lists import WORKFLOWS
from loadmaster.planning.plan import ReleasePlan, publishable
from loadmaster.planning.profile.project import Project
from loadmaster.planning.registry.seen import RegistrySeen
from loadmaster.planning.tree.tree import TreeFiles, read_workspace, sibling_path
from loadmaster.planning.tree.workspace import Package, Workspace
from loadmaster.planning.values.toml_text import parse_toml


def texts_to_read(project: Project | None) -> tuple[str, ...]:
    """Globs of the files that gates read besides what every release reads."""
    if project is None:
        return ()
    lists = {publish_list.file for publish_list in project.release.publish_lists}.union(
        changelog_globs(project.release)
    )
    return (*sorted(lists), f"{WORKFLOWS}/*.yml", f"{WORKFLOWS}/*.yaml")


def released_packages(files: TreeFiles, workspace: Workspace, project: Project | None) -> tuple[Package, ...]:
    """Without a profile all publishable packages but those that are built into Python packages. Raises `NothingToPublish`."""
    if project is not None:
        return publishable(workspace, project)
    return tuple(package for package in workspace.packages if package.is_publishable and not _is_python(files, package))


def _is_python(files: TreeFiles, package: Package) -> bool:
    """Whether maturin builds a Python package of it; such a one goes to PyPI."""
    path = sibling_path(package.manifest, PYPROJECT)
    try:
        text = files.texts.get(path)
        return text is not None and value_at(parse_toml(path, text), ("build-system", "build-backend")) == "maturin"
    except (ByteOrderMark, NotToml):
        return False  # `python-version` tells


def plain_tree(files: TreeFiles, sources: Mapping[str, str], tag: str | None, project: Project | None) -> Tree:
    """Of a directory. `tag` is the one that will name it. Raises what reading the workspace raises."""
    workspace = read_workspace(files)
    released = released_packages(files, workspace, project)
    names = [each.name for each in released]
    label = read_label(tag, names, project) if tag is not None else None
    if label is not None and len(label.crates) < len(released) and project is not None:
        released = tuple(each for each in released if each.name in label.crates)
    return Tree(
        files=files,
        workspace=workspace,
        released=released,
        labels=() if label is None else (label,),
        sources=sources,
        project=project,
    )


def planned_tree(
    files: TreeFiles,
    sources: Mapping[str, str],
    plan: ReleasePlan,
    project: Project,
    *,
    registry: RegistrySeen,
    of_past: bool = False,
) -> Tree:
    """Of the planned commit; `files` are those of the base commit. Raises what reading the workspace raises."""
    texts = {**files.texts, **{edit.path: edit.text for edit in plan.edits}}
    edited = files.model_copy(update={"texts": texts})
    workspace = read_workspace(edited)
    released = tuple(package for package in workspace.packages if package.name in plan.versions)
    return Tree(
        files=edited,
        workspace=workspace,
        released=released,
        before=Tree(files=files, workspace=read_workspace(files), released=released),
        labels=labels_of(plan, project),
        sources=sources,
        project=project,
        registry=registry,
        of_past=of_past,
    )
