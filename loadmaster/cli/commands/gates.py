"""The gates of a plain directory: no git, no network, no cargo. Nothing is changed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from loadmaster.clients.files import read_tree
from loadmaster.clients.rewriting import require_whole
from loadmaster.clients.sources import read_sources
from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.edits import TreeNotJudged
from loadmaster.planning.gates import GATES, ON_FILES, check
from loadmaster.planning.gates.evidence import Evidence
from loadmaster.planning.gates.sources import sources_to_read
from loadmaster.planning.gates.trees import plain_tree, texts_to_read
from loadmaster.planning.profile.project import Project
from loadmaster.planning.show import gates_text, not_passed_text
from loadmaster.planning.tree.tree import MANIFEST
from loadmaster.planning.values.gate import GateAnswer, Outcome
from loadmaster.planning.values.value import Value


class TreeJudged(Value):
    """The gates' answers, in the shape of a receipt."""

    gates: tuple[GateAnswer, ...]
    commands: tuple[str, ...] = ()
    """Commands of the profile that a release runs. Here none is run: the tree is judged as it is."""

    @property
    def exit_code(self) -> int:
        return 1 if any(answer.outcome is Outcome.FAIL for answer in self.gates) else 0


def judge(directory: Path, tag: str | None, project: Project | None, roots: Sequence[str] = (MANIFEST,)) -> TreeJudged:
    """`roots` are the root manifests in the directory.

    Raises `TreeNotJudged` if the directory's workspace cannot be read, or if a killed bump has left it half written."""
    try:
        require_whole(directory)
        stale = project.release.stale_lockfiles if project else ()
        files = read_tree(directory, texts_to_read(project), without=stale)
        tree = plain_tree(files, {}, tag, project, roots)
        sources = read_sources(directory, sources_to_read(files.paths, tree.released))
        tree = tree.model_copy(update={"sources": sources})
    except LoadmasterError as error:
        raise TreeNotJudged(error, str(directory)) from error
    versions = {package.name: package.version for package in tree.released}
    commands = tuple(each.title for each in project.release.commands if each.holds_for(versions)) if project else ()
    return TreeJudged(gates=check(Evidence(tree=tree), ON_FILES), commands=commands)


def judgement_text(judged: TreeJudged) -> str:
    more = len(GATES) - len(judged.gates)
    asked = f"{gates_text(judged.gates).rstrip()}\n  {more} more need the repository, the registry or cargo; a release asks them\n"
    if judged.commands:
        titles = ", ".join(f"`{title}`" for title in judged.commands)
        asked += f"  a release also runs the profile's commands, and asks of what they make: {titles}\n"
    return asked + not_passed_text(judged.gates)
