"""Shared by the commands: how they print progress and results, and how they read a path from the command line."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any, NoReturn

import typer

from loadmaster.cli.screen.streams import has_ascii_only
from loadmaster.cli.screen.volume import Volume, volume
from loadmaster.planning.values.receipt import Receipt, ReceiptOutcome
from loadmaster.run.store import default_store


def tell(line: str) -> None:
    """Prints progress to standard error, unless only the outcome is wanted; results go to standard output."""
    if volume() is not Volume.QUIET:
        warn(line)


def warn(line: str) -> None:
    """Prints a problem to standard error, also where only the outcome is wanted."""
    print(line, file=sys.stderr, flush=True)


def print_json(document: Any) -> None:
    """Prints one document. Where the terminal has no Unicode, its letters are spelled out, and stay what they are."""
    print(json.dumps(document, indent=2, ensure_ascii=has_ascii_only(sys.stdout)))


def absolute(repository: str | None) -> str | None:
    """A path made absolute, because the run may have another working directory; an address unchanged."""
    return str(Path(repository).resolve()) if repository is not None and Path(repository).exists() else repository


def columns() -> int:
    """How wide a line may be: as wide as the terminal, or any length where there is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else 1000


def end_with_receipt(receipt: Receipt, as_json: bool) -> NoReturn:
    """Prints the receipt, and exits with 0 if it says that the release is out."""
    if as_json:
        print_json(receipt.model_dump(mode="json", exclude_none=True))
    else:
        print(_receipt_text(receipt), end="")
    raise typer.Exit(0 if receipt.outcome is ReceiptOutcome.RELEASED else 1)


def _receipt_text(receipt: Receipt) -> str:
    """The receipt as a short table; all of it with `-v`."""
    from loadmaster.planning.progress.outcome import outcome_text
    from loadmaster.planning.show import receipt_text

    if volume() is Volume.VERBOSE:
        return receipt_text(receipt)
    directory = default_store().find_run(receipt.run) if receipt.run else None
    log = directory.prefect_log if directory else None
    return outcome_text(receipt, str(log) if log and log.exists() else None, columns())
