"""The commands for runs: `runs`, `follow`, `resume` and `cancel`. Options only, as in `cli`."""

from __future__ import annotations

from typing import Annotated

import typer

from loadmaster.cli.commands.terminal import end_with_receipt, print_json, tell
from loadmaster.cli.options import JsonOption
from loadmaster.run.store import default_store
from loadmaster.shipped import SHIPPED

app = typer.Typer()

RunArgument = Annotated[
    str | None,
    typer.Argument(help="The beginning of its id, or its name on the run's page.", metavar="RUN", show_default=False),
]


@app.command(epilog="Example: loadmaster runs")
def runs(as_json: JsonOption = False) -> None:
    """Lists the runs of this machine, the newest first: what each released, what is out, and how it goes on.

    Works with and without the server. Exit codes: 0 done, 2 usage.
    """
    from loadmaster.cli.commands.known_runs import list_runs, runs_text

    seen = list_runs(default_store())
    if as_json:
        print_json([run.model_dump(mode="json", exclude_none=True) for run in seen])
    else:
        print(runs_text(seen))


@app.command(epilog="Example: loadmaster follow 3f2a8c1e")
def follow(run: RunArgument = None, as_json: JsonOption = False) -> None:
    """Shows a run's progress to its end, then its receipt; the newest run if none is named. Ctrl-C leaves it running.

    Exit codes: 0 released, 1 not released, 2 usage, 130 left by Ctrl-C.
    """
    from loadmaster.cli.commands.runs import follow_run

    end_with_receipt(follow_run(run, default_store(), tell), as_json)


@app.command(epilog="Example: loadmaster resume 3f2a8c1e")
def resume(run: RunArgument = None, as_json: JsonOption = False) -> None:
    """Goes on with a run that failed, crashed or was cancelled, and follows it: what Retry does on the run's page.

    Takes the newest one that did not finish if none is named. It looks first, and does only what is missing. Exit codes: 0
    released, 1 not released, 2 usage, 130 left by Ctrl-C.
    """
    from loadmaster.cli.commands.runs import resume as go_on

    end_with_receipt(go_on(run, default_store(), SHIPPED, tell), as_json)


@app.command(epilog="Example: loadmaster cancel 3f2a8c1e")
def cancel(run: RunArgument = None, as_json: JsonOption = False) -> None:
    """Ends a run, and prints the receipt of what is out; the only one at work if none is named. `resume` goes on with it.

    Exit codes: 0 it was released all the same, 1 cancelled, 2 usage.
    """
    from loadmaster.cli.commands.runs import cancel as end

    end_with_receipt(end(run, default_store(), tell), as_json)
