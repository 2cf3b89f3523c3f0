"""What the commands share: where progress and results are printed, and what a path on the command line means."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def tell(line: str) -> None:
    """Progress and errors, beside the result."""
    print(line, file=sys.stderr, flush=True)


def print_json(document: Any) -> None:
    print(json.dumps(document, indent=2, ensure_ascii=False))


def absolute(repository: str | None) -> str | None:
    """A path from the root on, because the run may have another working directory; an address as it is."""
    return str(Path(repository).resolve()) if repository is not None and Path(repository).exists() else repository
