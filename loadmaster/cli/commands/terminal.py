"""Shared by the commands: how they print progress and results, and how they read a path from the command line."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, NoReturn

import typer

from loadmaster.planning.values.receipt import Receipt, ReceiptOutcome


def tell(line: str) -> None:
    """Prints progress and errors to standard error; results go to standard output."""
    print(line, file=sys.stderr, flush=True)


def print_json(document: Any) -> None:
    print(json.dumps(document, indent=2, ensure_ascii=False))


def absolute(repository: str | None) -> str | None:
    """A path made absolute, because the run may have another working directory; an address unchanged."""
    return str(Path(repository).resolve()) if repository is not None and Path(repository).exists() else repository


def end_with_receipt(receipt: Receipt, as_json: bool) -> NoReturn:
    """Prints the receipt, and exits with 0 if it says that the release is out."""
    from loadmaster.planning.show import receipt_text

    print(receipt.to_json() if as_json else receipt_text(receipt), end="")
    raise typer.Exit(0 if receipt.outcome is ReceiptOutcome.RELEASED else 1)
