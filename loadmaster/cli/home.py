"""The commands for this machine's server, worker and disk: `up`, `down` and `prune`. Options only, as in `cli`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from loadmaster.cli.commands.terminal import print_json, tell
from loadmaster.cli.options import JsonOption, PortOption
from loadmaster.run.profiles import ROOT
from loadmaster.run.store import default_store

app = typer.Typer()


@app.command(epilog="Example: loadmaster up --port 4200")
def up(
    port: PortOption = None,
    as_json: JsonOption = False,
) -> None:
    """Starts the project's own Prefect server and worker, with the deployments, and keeps them running.

    A second `up` changes nothing that is right already. Exit codes: 0 done, 1 something did not start, 2 usage.
    """
    from loadmaster.stack.starting import up as start

    stack = start(default_store().root, ROOT, port=port, tell=tell)
    if as_json:
        print_json({"ui": stack.ui_url, "api": stack.api_url})
    else:
        print(f"UI  {stack.ui_url}\nAPI {stack.api_url}")


@app.command(epilog="Example: loadmaster down")
def down(
    force: Annotated[bool, typer.Option("--force", help="Stop at once, and cut running releases off.")] = False,
) -> None:
    """Stops the server and the worker; waits until no release is running. A run whose process was killed does not count.

    Exit codes: 0 done, 1 the server does not answer, 2 usage.
    """
    from loadmaster.stack.stopping import down as stop

    stop(default_store().root, force, tell)


@app.command(epilog="Example: loadmaster prune --older-than 30 --dry-run")
def prune(
    older_than: Annotated[
        int, typer.Option("--older-than", help="Only what was not touched for this long.", metavar="DAYS", min=0)
    ] = 14,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be removed, and remove nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Removes what finished runs left in `.loadmaster` (or `LOADMASTER_HOME`), and unused build directories.

    Keeps every run that is at work or that another attempt could finish, and all receipts. Exit codes: 0 done, 2 usage.
    """
    from loadmaster.cli.commands.prune import prune as remove
    from loadmaster.cli.commands.prune import prune_text

    pruned = remove(default_store(), older_than, datetime.now(UTC), dry_run=dry_run)
    if as_json:
        print_json(pruned.model_dump(mode="json"))
    else:
        print(prune_text(pruned))
