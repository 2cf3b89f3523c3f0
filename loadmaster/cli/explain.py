"""The command `explain`: the page of an error, as it is in `docs/errors/`. Options only, as in `cli`."""

from __future__ import annotations

from typing import Annotated

import typer

from loadmaster.cli import words
from loadmaster.cli.formats.format import Format, FormatOption, JsonOption
from loadmaster.cli.formats.printing import Said, say

app = typer.Typer()


@app.command(epilog="Example: loadmaster explain upload-refused")
def explain(
    code: Annotated[
        str,
        typer.Argument(help="The code that stands below a message.", metavar="CODE", autocompletion=words.codes),
    ],
    as_json: JsonOption = False,
    form: FormatOption = Format.TEXT,
) -> None:
    """Prints the page of an error: why it happens, what to do, whether it helps to try again, where it comes up.

    Exit codes: 0 done, 2 there is no such code, or usage.
    """
    from loadmaster.errors.explained.page import error_page

    page = error_page(code)
    say(Said(text=page, document={"code": code, "page": page}), form)
