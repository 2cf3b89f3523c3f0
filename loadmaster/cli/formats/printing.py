"""Prints what a command has to say, in the format that was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from loadmaster import __version__
from loadmaster.cli.commands.terminal import columns, print_json, show
from loadmaster.cli.formats.format import Format
from loadmaster.cli.formats.github import add_to_summary, annotate, folder_of
from loadmaster.cli.screen.volume import Volume, volume
from loadmaster.errors.base import LoadmasterError

if TYPE_CHECKING:
    from loadmaster.planning.values.gate import GateAnswer
    from loadmaster.planning.values.receipt import Failure, Receipt
    from loadmaster.run.store import RunDirectory, Store


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a command has to say, in every form."""

    text: str
    document: Any
    """For JSON."""
    summary: str = ""
    """Markdown, for the summary of a CI job's step; the text if it is left out."""
    gates: tuple[GateAnswer, ...] = ()
    failure: Failure | None = None
    """What ended a release, of which the receipt tells."""
    is_wrong: bool = False
    """Whether the text itself is bad news, of a command without gates: it exits with another code than 0."""
    tree: Path | None = None
    """The directory that the paths of the gates' problems begin in; None for the top of the repository."""


def say(said: Said, form: Format) -> None:
    match form:
        case Format.TEXT:
            show(said.text)
        case Format.JSON:
            print_json(said.document)
        case Format.GITHUB:
            show(said.text)
            _annotate(said)
            add_to_summary(said.summary or f"```text\n{said.text.replace('```', '` ` `')}\n```")
        case Format.SARIF:
            _print_sarif(said.gates, folder_of(said.tree), said.failure)


def _annotate(said: Said) -> None:
    from loadmaster.planning.ci.annotations import failure_annotation, gate_annotations, text_annotation

    told = () if said.failure is None else (failure_annotation(said.failure),)
    bad_news = (text_annotation(said.text),) if said.is_wrong else ()
    annotate((*told, *bad_news, *gate_annotations(said.gates)), said.tree)


def _print_sarif(gates: tuple[GateAnswer, ...], folder: str, failure: Failure | None) -> None:
    from loadmaster.planning.ci.sarif import sarif_log

    print_json(sarif_log(gates, __version__, folder, failure))


def say_failed(error: LoadmasterError, form: Format) -> None:
    """Prints what a command that failed says on standard output, in every format but text."""
    if form is Format.TEXT:
        return
    from loadmaster.planning.ci.annotations import failure_annotation
    from loadmaster.planning.ci.summary import failure_summary
    from loadmaster.planning.values.receipt import Failure

    failure = Failure.of(error)
    match form:
        case Format.JSON:
            print_json({"outcome": "failed", "failure": failure.model_dump(mode="json", exclude_none=True)})
        case Format.GITHUB:
            tree, file, line = _place(error)
            annotate((failure_annotation(failure, file, line),), tree)
            add_to_summary(failure_summary(failure))
        case Format.SARIF:
            _print_sarif((), "", failure)


def _place(error: LoadmasterError) -> tuple[Path | None, str | None, int | None]:
    """The tree, the file in it and its line, of a tree that could not be read; None for everything else."""
    tree, found = error.facts.get("tree"), error.__cause__
    if not (isinstance(tree, str) and isinstance(found, LoadmasterError)):
        return None, None, None
    path, line = found.facts.get("path"), found.facts.get("line")
    if not (isinstance(path, str) and (Path(tree) / path).is_file()):
        return None, None, None
    return Path(tree), path, line if isinstance(line, int) else None


def clone_of(options: Mapping[str, str] | None) -> Path | None:
    """The clone on this machine that a release is made from, by its options; None if they name none."""
    repository = (options or {}).get("repository")
    return Path(repository) if repository is not None and Path(repository).is_dir() else None


def end_with_receipt(receipt: Receipt, form: Format, store: Store) -> NoReturn:
    """Prints the receipt, and exits with 0 if it says that the release is out."""
    from loadmaster.planning.ci.summary import receipt_summary
    from loadmaster.planning.values.receipt import ReceiptOutcome
    from loadmaster.run.journal import plan_of

    directory = store.find_run(receipt.run) if receipt.run else None
    plan = plan_of(directory, receipt) if directory else None
    said = Said(
        text=_receipt_text(receipt, form, directory),
        document=receipt.model_dump(mode="json", exclude_none=True),
        summary=receipt_summary(receipt, plan),
        gates=receipt.gates,
        failure=receipt.failure,
        tree=clone_of(receipt.options),
    )
    say(said, form)
    raise typer.Exit(0 if receipt.outcome is ReceiptOutcome.RELEASED else 1)


def _receipt_text(receipt: Receipt, form: Format, directory: RunDirectory | None) -> str:
    """The receipt as a short table; all of it with `-v`, and in a job of CI, where nobody can ask again."""
    from loadmaster.planning.progress.outcome import outcome_text
    from loadmaster.planning.show import receipt_text

    if form is not Format.TEXT or volume() is Volume.VERBOSE:
        return receipt_text(receipt)
    log = directory.prefect_log if directory else None
    return outcome_text(receipt, str(log) if log and log.exists() else None, columns())
