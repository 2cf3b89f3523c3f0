"""The commands for this machine's server, workers and disk: `up`, `ui`, `down`, `worker` and `prune`. Options only, as in `cli`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from loadmaster.cli.commands.terminal import print_json, tell
from loadmaster.cli.options import JsonOption, PortOption
from loadmaster.run.store import default_store
from loadmaster.shipped import SHIPPED

app = typer.Typer()


@app.command(epilog="Example: loadmaster up --port 4200")
def up(
    port: PortOption = None,
    as_json: JsonOption = False,
) -> None:
    """Starts the project's own Prefect server and worker, with the deployments, and keeps them running.

    A second `up` changes nothing that is right already. Exit codes: 0 done, 1 something did not start, 2 usage.
    """
    from loadmaster.shipped.versions import untested_text
    from loadmaster.stack.access import sign_in_file
    from loadmaster.stack.starting import up as start

    if untested := untested_text():
        tell(untested)
    stack = start(default_store().root, SHIPPED, port=port, tell=tell)
    if as_json:
        sign_in = str(sign_in_file(default_store().root))
        print_json({"ui": stack.ui_url, "api": stack.api_url, "sign_in": sign_in})
    else:
        print(f"UI  {stack.ui_url}\nAPI {stack.api_url}")
        print(f"    it asks once for what is in {sign_in_file(default_store().root)}; `loadmaster ui` opens it")


@app.command(epilog="Example: loadmaster ui --print")
def ui(
    only_print: Annotated[bool, typer.Option("--print", help="Print the address, and open nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Opens the UI of the running server in a browser, and says how to sign in: it asks once.

    Exit codes: 0 done, 1 no server is running, 2 usage.
    """
    import webbrowser

    from loadmaster.stack.access import sign_in_file
    from loadmaster.stack.record import running

    home = default_store().root
    page, file = running(home.resolve()).ui_url, sign_in_file(home)
    if as_json:
        print_json({"ui": page, "sign_in": str(file)})
        return
    print(f"UI  {page}\n    it asks once for what is in {file}")
    if not only_print and not webbrowser.open(page):
        tell("no browser could be opened; open the address yourself")


@app.command(epilog="Example: loadmaster worker --pool ebpf --api http://127.0.0.1:4200/api")
def worker(
    pool: Annotated[str, typer.Option(help="The work pool.", metavar="NAME")] = "ebpf",
    name: Annotated[
        str | None, typer.Option(help="Its name in the UI; this host's if left out.", metavar="NAME")
    ] = None,
    api: Annotated[
        str | None, typer.Option(help="Address of the server's API; that of this machine's if left out.", metavar="URL")
    ] = None,
) -> None:
    """Runs a worker of a pool until Ctrl-C: it carries out the deployments of `prefect.yaml`, and nothing else.

    For a server elsewhere, its file `keys/sign-in` has to be in `.loadmaster` (or `LOADMASTER_HOME`) here, too. Exit codes:
    0 ended, 1 no server or no sign-in, 2 usage.
    """
    from loadmaster.cli.commands.worker import become_worker

    become_worker(default_store(), SHIPPED, pool, name, api)


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
