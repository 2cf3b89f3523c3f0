"""The commands for runs: `runs`, `follow`, `resume` and `cancel`. Options only, as in `cli`."""

from __future__ import annotations

from typing import Annotated

import typer

from loadmaster.cli import words
from loadmaster.cli.commands.terminal import tell
from loadmaster.cli.formats.format import Format, FormatOption, GateFormatOption, JsonOption
from loadmaster.cli.formats.printing import Said, end_with_receipt, say

app = typer.Typer()

RunArgument = Annotated[
    str | None,
    typer.Argument(
        help="The beginning of its id, or its name on the run's page.",
        metavar="RUN",
        show_default=False,
        autocompletion=words.runs,
    ),
]


@app.command(epilog="Example: loadmaster runs")
def runs(as_json: JsonOption = False, form: FormatOption = Format.TEXT) -> None:
    """Lists the runs of this machine, the newest first: what each released, what is out, and how it goes on.

    Works with and without the server. Exit codes: 0 done, 2 usage.
    """
    from loadmaster.cli.commands.known_runs import list_runs, runs_text
    from loadmaster.run.store import default_store

    seen = list_runs(default_store())
    document = [run.model_dump(mode="json", exclude_none=True) for run in seen]
    say(Said(text=runs_text(seen), document=document), form)


@app.command(epilog="Example: loadmaster follow 3f2a8c1e")
def follow(run: RunArgument = None, as_json: JsonOption = False, form: GateFormatOption = Format.TEXT) -> None:
    """Shows a run's progress to its end, then its receipt; the newest run if none is named. Ctrl-C leaves it running.

    Exit codes: 0 released, 1 not released, 2 usage, 130 left by Ctrl-C.
    """
    from loadmaster.cli.commands.runs import follow_run
    from loadmaster.run.store import default_store

    store = default_store()
    end_with_receipt(follow_run(run, store, tell), form, store)


@app.command(epilog="Example: loadmaster resume 3f2a8c1e")
def resume(run: RunArgument = None, as_json: JsonOption = False, form: GateFormatOption = Format.TEXT) -> None:
    """Goes on with a run that failed, crashed or was cancelled, and follows it: what Retry does on the run's page.

    Takes the newest one that did not finish if none is named. It looks first, and does only what is missing. Exit codes: 0
    released, 1 not released, 2 usage, 130 left by Ctrl-C.
    """
    from loadmaster.cli.commands.runs import resume as go_on
    from loadmaster.run.store import default_store
    from loadmaster.shipped import SHIPPED

    store = default_store()
    end_with_receipt(go_on(run, store, SHIPPED, tell), form, store)


@app.command(epilog="Example: loadmaster cancel 3f2a8c1e")
def cancel(run: RunArgument = None, as_json: JsonOption = False, form: GateFormatOption = Format.TEXT) -> None:
    """Ends a run, and prints the receipt of what is out; the only one at work if none is named. `resume` goes on with it.

    Exit codes: 0 it was released all the same, 1 cancelled, 2 usage.
    """
    from loadmaster.cli.commands.runs import cancel as end
    from loadmaster.run.store import default_store

    store = default_store()
    end_with_receipt(end(run, store, tell), form, store)
