"""The pages of the docs about errors, as they came with Loadmaster."""

from __future__ import annotations

from difflib import get_close_matches

from loadmaster.errors.request import UnknownCode
from loadmaster.shipped import shipped


def error_page(code: str) -> str:
    """The page of this error, in Markdown. Raises `UnknownCode`."""
    pages = shipped("docs/errors")
    known = sorted(file.stem for file in pages.glob("*.md") if file.stem != "index")
    if code not in known:
        raise UnknownCode(code, get_close_matches(code, known))
    return (pages / f"{code}.md").read_text(encoding="utf-8")
