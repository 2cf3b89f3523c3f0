"""The command `doctor`: what Loadmaster needs of this machine, and what mends it. Options only, as in `cli`."""

from __future__ import annotations

from typing import Annotated

import typer

from loadmaster.cli.commands.terminal import columns
from loadmaster.cli.formats.format import Format, FormatOption, JsonOption
from loadmaster.cli.formats.printing import Said, say
from loadmaster.cli.options import RegistryOption

app = typer.Typer()


@app.command(epilog="Example: loadmaster doctor --offline")
def doctor(
    offline: Annotated[bool, typer.Option("--offline", help="Ask nobody outside: neither registry nor clock.")] = False,
    registry: RegistryOption = None,
    as_json: JsonOption = False,
    form: FormatOption = Format.TEXT,
) -> None:
    """Looks at what Loadmaster needs of this machine: programs, store, disk, server, engine, registry, clock. Says of each what
    needs it, and the command that mends it.

    Changes nothing, and starts nothing. Exit codes: 0 a release can be made here, perhaps with warnings, 1 none can, 2 usage.
    """
    from loadmaster.cli.commands.doctor.examination import examine
    from loadmaster.clients.registry.registry import RegistryClient
    from loadmaster.planning.doctor.check import CheckOutcome, worst
    from loadmaster.planning.doctor.show import doctor_json, doctor_text
    from loadmaster.planning.registry.sparse_index import crates_io_index
    from loadmaster.run.store import place_of_store

    asked = None if offline else RegistryClient(registry or crates_io_index())
    checks = tuple(examine(place_of_store(), asked))
    is_wrong = worst(checks) is CheckOutcome.FAIL
    say(Said(text=doctor_text(checks, columns()), document=doctor_json(checks), is_wrong=is_wrong), form)
    raise typer.Exit(int(is_wrong))
