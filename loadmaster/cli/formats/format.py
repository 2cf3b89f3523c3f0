"""The formats, the options that choose one, and which one a command line asks for.

`--json` is short for `--format json`. A command has both options, and `form` holds what both say.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Any

import typer


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    """The text, with GitHub's annotations of what is wrong, and Markdown in the summary of the step."""
    SARIF = "sarif"
    """The gates' answers as SARIF 2.1.0."""


def chosen(context: typer.Context, form: Format) -> Format:
    """What `--format` and `--json` say together; `--json` is eager, so it has been read. Raises `typer.BadParameter`."""
    source = context.get_parameter_source("form")
    is_given = source is not None and source.name == "COMMANDLINE"
    if not context.params.get("as_json"):
        return form
    if is_given and form is not Format.JSON:
        raise typer.BadParameter(f"`--json` is short for `--format json`, and `{form}` was asked for, too")
    return Format.JSON


def _option(*formats: Format, more: str = "") -> Any:
    help_text = f"How the result is printed.{more}"

    def parse(text: str) -> Format:
        if text not in formats:
            raise typer.BadParameter(f"`{text}` is none of {', '.join(formats)}")
        return Format(text)

    def offered(incomplete: str) -> list[str]:
        return [form for form in formats if form.startswith(incomplete)]

    return typer.Option(
        "--format",
        help=help_text,
        parser=parse,
        metavar="|".join(formats),
        callback=chosen,
        autocompletion=offered,
    )


FormatOption = Annotated[Format, _option(Format.TEXT, Format.JSON, Format.GITHUB)]
GateFormatOption = Annotated[Format, _option(*Format, more=" `sarif` has the gates' answers.")]
JsonOption = Annotated[
    bool,
    typer.Option("--json", help="Print one JSON document and nothing else: `--format json`.", is_eager=True),
]


def asked_for(arguments: Sequence[str]) -> Format:
    """The format that a command line asks for, before it has been understood: wrong usage is told in it, too."""
    if "--json" in arguments:
        return Format.JSON
    given = [after for option, after in pairwise(arguments) if option == "--format"]
    given += [each.removeprefix("--format=") for each in arguments if each.startswith("--format=")]
    return Format(given[-1]) if given and given[-1] in tuple(Format) else Format.TEXT
