"""The pages of the docs about errors, as they came with Loadmaster."""

from __future__ import annotations

from difflib import get_close_matches

from loadmaster.errors.request import UnknownCode
from loadmaster.shipped import shipped


def error_page(code: str) -> str:
    """The page of this error, in Markdown. Raises `UnknownCode`."""
    if code not in (known := codes()):
        raise UnknownCode(code, get_close_matches(code, known))
    return (shipped("docs/errors") / f"{code}.md").read_text(encoding="utf-8")


def codes() -> tuple[str, ...]:
    """The codes that have a page."""
    return tuple(sorted(file.stem for file in shipped("docs/errors").glob("*.md") if file.stem != "index"))
