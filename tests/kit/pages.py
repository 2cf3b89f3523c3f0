"""What a page of the docs tells its reader to type."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

_SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
_CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def typed(page: Path) -> Mapping[str, tuple[str, ...]]:
    """The command lines of each section, by its heading, in their order."""
    _, *parts = _SECTION.split(page.read_text(encoding="utf-8"))
    blocks = {title: _CONSOLE.findall(text) for title, text in zip(parts[::2], parts[1::2], strict=True)}
    return {title: tuple(line for block in found for line in block.splitlines()) for title, found in blocks.items()}
