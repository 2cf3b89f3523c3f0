"""Makes the `Tree` that the gates judge, from a plain directory, or from a commit and a plan's edits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
from loadmaster.planning.tree.tree import MANIFEST, TreeFiles, read_workspaces, sibling_path
from loadmaster.planning.tree.workspace import DEFAULT_REGISTRY, Package, Workspace
from loadmaster.planning.values.toml_text import parse_toml


def texts_to_read(project: Project | None) -> tuple[str, ...]:
    """Globs of the files that gates read in addition to those of every release."""
    if project is None:
        return ()
    lists = {publish_list.file for publish_list in project.release.publish_lists}.union(
        changelog_globs(project.release)
    )
    return (*sorted(lists), f"{WORKFLOWS}/*.yml", f"{WORKFLOWS}/*.yaml")


def released_packages(files: TreeFiles, workspace: Workspace, project: Project | None) -> tuple[Package, ...]:
    """The packages to publish. Without a profile: all that may go to crates.io, else all publishable ones, except those that are
    built into Python packages.

    Raises `NothingToPublish`.
    """
    if project is not None:
        return publishable(workspace, project)
    public = [package for package in workspace.packages if package.is_publishable]
    candidates = [package for package in public if package.may_go_to(DEFAULT_REGISTRY)] or public
    return tuple(package for package in candidates if not _is_python(files, package))


def _is_python(files: TreeFiles, package: Package) -> bool:
    """Whether maturin builds a Python package from it, which goes to PyPI."""
    path = sibling_path(package.manifest, PYPROJECT)
    try:
        text = files.texts.get(path)
        return text is not None and value_at(parse_toml(path, text), ("build-system", "build-backend")) == "maturin"
    except (ByteOrderMark, NotToml):
        return False  # `python-version` reports it


def plain_tree(
    files: TreeFiles,
    sources: Mapping[str, str],
    tag: str | None,
    project: Project | None,
    roots: Sequence[str] = (MANIFEST,),
) -> Tree:
    """The tree of a directory. `tag` is the tag that will name it. Raises what reading the workspaces with these roots raises."""
    workspace = read_workspaces(files, roots)
    released = released_packages(files, workspace, project)
    names = [package.name for package in released]
    label = read_label(tag, names, project) if tag is not None else None
    if label is not None and len(label.crates) < len(released) and project is not None:
        released = tuple(package for package in released if package.name in label.crates)
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
    is_past: bool = False,
    after: TreeFiles | None = None,
) -> Tree:
    """The tree of the planned commit. `files` are those of the base commit; `after` are those of the planned one, if its edits
    are not all that changes them.

    Raises what reading the workspace raises.
    """
    edited = after or files.after({edit.path: edit.text for edit in plan.edits})
    workspace = read_workspaces(edited, project.source.roots)
    released = tuple(package for package in workspace.packages if package.name in plan.versions)
    return Tree(
        files=edited,
        workspace=workspace,
        released=released,
        before=Tree(files=files, workspace=read_workspaces(files, project.source.roots), released=released),
        labels=labels_of(plan, project),
        sources=sources,
        project=project,
        registry=registry,
        is_past=is_past,
    )
