"""The command `conformance`. Options only, as in `cli`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from loadmaster.cli.formats.format import Format, FormatOption, JsonOption
from loadmaster.cli.formats.printing import Said, say

app = typer.Typer()


@app.command(epilog="Example: loadmaster conformance --url http://127.0.0.1:8888/registry")
def conformance(
    url: Annotated[str, typer.Option("--url", help="The server's web API, such as `http://127.0.0.1:8888/registry`.")],
    tokens: Annotated[
        Path | None,
        typer.Option(
            help="TOML or JSON file of `NAME = TOKEN`, for the names of the corpus' scenario; its own if left out."
        ),
    ] = None,
    issuer: Annotated[
        str | None,
        typer.Option(
            help="Issuer of ID tokens, such as `http://127.0.0.1:8888/issuer`; without it their cases are left out."
        ),
    ] = None,
    corpus: Annotated[
        Path | None, typer.Option(help="Another corpus than this checkout's.", metavar="DIRECTORY")
    ] = None,
    as_json: JsonOption = False,
    form: FormatOption = Format.TEXT,
) -> None:
    """Asks a registry the questions that crates.io was asked, in order, and prints where the answers differ.

    The server must hold exactly what the corpus' `scenario.toml` lists: `loadmaster world --scenario`.
    Exit codes: 0 no answer differs, 1 some do, 2 usage, 4 the server does not answer.
    """
    from loadmaster.cli.commands.conformance import replay_corpus, replay_text

    replayed = replay_corpus(url, tokens, issuer, corpus)
    document = replayed.model_dump(mode="json")
    say(Said(text=replay_text(replayed), document=document, is_wrong=bool(replayed.different)), form)
    raise typer.Exit(1 if replayed.different else 0)
