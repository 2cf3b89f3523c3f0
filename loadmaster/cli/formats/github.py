"""The runner of GitHub Actions around this process: where the repository is, and where a step's summary goes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from loadmaster.cli.commands.terminal import print_command, warn
from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.redaction import redact

if TYPE_CHECKING:
    from loadmaster.planning.ci.annotations import Annotation

SUMMARY = "GITHUB_STEP_SUMMARY"
WORKSPACE = "GITHUB_WORKSPACE"


def annotate(annotations: tuple[Annotation, ...], tree: Path | None) -> None:
    """Prints the annotations for the runner. `tree` is the directory that their paths begin in; None for the repository's top."""
    from loadmaster.planning.ci.annotations import shown

    folder = folder_of(tree)
    for annotation in shown(annotations):
        print_command(annotation.below(folder).command)


def folder_of(tree: Path | None) -> str:
    """The directory of the repository that is `tree`; "" for its top, and for a tree that lies elsewhere."""
    if tree is None:
        return ""
    top = Path(os.environ.get(WORKSPACE) or ".").resolve()
    inner = tree.resolve()
    return str(inner.relative_to(top)).removeprefix(".") if inner.is_relative_to(top) else ""


def add_to_summary(text: str) -> None:
    """Appends Markdown to the summary of the step, if there is one. A summary that cannot be written ends nothing."""
    place = os.environ.get(SUMMARY)
    if not place or not text:
        return
    from loadmaster.clients.disk import writing
    from loadmaster.planning.ci.summary import fitted

    file = Path(place)
    try:
        used = file.stat().st_size if file.exists() else 0
        with writing(file), file.open("a", encoding="utf-8", errors="replace") as sink:
            sink.write(f"{fitted(redact(text), used)}\n")
    except LoadmasterError as error:
        warn(f"loadmaster: the step's summary was not written: {error.what}")
