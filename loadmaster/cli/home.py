"""The commands for this machine's server, workers and disk: `up`, `ui`, `down`, `worker` and `prune`. Options only, as in `cli`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from loadmaster.cli.commands.terminal import tell, warn
from loadmaster.cli.formats.format import Format, FormatOption, JsonOption
from loadmaster.cli.formats.printing import Said, say
from loadmaster.cli.options import PortOption

app = typer.Typer()


@app.command(epilog="Example: loadmaster up --port 4200")
def up(
    port: PortOption = None,
    as_json: JsonOption = False,
    form: FormatOption = Format.TEXT,
) -> None:
    """Starts the project's own Prefect server and worker, with the deployments, and keeps them running.

    A second `up` changes nothing that is right already. Exit codes: 0 done, 1 something did not start, 2 usage.
    """
    from loadmaster.run.store import default_store
    from loadmaster.shipped import SHIPPED
    from loadmaster.shipped.versions import untested_text
    from loadmaster.stack.access import sign_in_file
    from loadmaster.stack.starting import up as start

    if untested := untested_text():
        warn(untested)
    stack = start(default_store().root, SHIPPED, port=port, tell=tell)
    sign_in = str(sign_in_file(default_store().root))
    text = (
        f"UI  {stack.ui_url}\nAPI {stack.api_url}\n    it asks once for what is in {sign_in}; `loadmaster ui` opens it"
    )
    say(Said(text=text, document={"ui": stack.ui_url, "api": stack.api_url, "sign_in": sign_in}), form)


@app.command(epilog="Example: loadmaster ui --print")
def ui(
    only_print: Annotated[bool, typer.Option("--print", help="Print the address, and open nothing.")] = False,
    as_json: JsonOption = False,
    form: FormatOption = Format.TEXT,
) -> None:
    """Opens the UI in a browser, and says how to sign in: it asks once. A server that was not running is started for it.

    Exit codes: 0 done, 1 no server could be started, 2 usage.
    """
    import webbrowser

    from loadmaster.cli.commands.runs import stack_for_command
    from loadmaster.errors.prefect import NoStackRunning
    from loadmaster.run.store import default_store
    from loadmaster.shipped import SHIPPED
    from loadmaster.stack.access import sign_in_file
    from loadmaster.stack.record import running

    store = default_store()
    try:
        stack = running(store.root.resolve())
    except NoStackRunning:
        with stack_for_command(store, SHIPPED, tell) as (stack, _):
            pass
    page, file = stack.ui_url, sign_in_file(store.root)
    text = f"UI  {page}\n    it asks once for what is in {file}"
    say(Said(text=text, document={"ui": page, "sign_in": str(file)}), form)
    if form is Format.JSON:
        return
    if not only_print and not webbrowser.open(page):
        warn("no browser could be opened; open the address yourself")


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

    For a server elsewhere, its file `keys/sign-in` has to be in the store (`LOADMASTER_HOME`) here, too. Exit codes:
    0 ended, 1 no server or no sign-in, 2 usage.
    """
    from loadmaster.cli.commands.worker import become_worker
    from loadmaster.run.store import default_store
    from loadmaster.shipped import SHIPPED

    become_worker(default_store(), SHIPPED, pool, name, api)


@app.command(epilog="Example: loadmaster down")
def down(
    force: Annotated[bool, typer.Option("--force", help="Stop at once, and cut running releases off.")] = False,
) -> None:
    """Stops the server and the worker; waits until no release is running. A run whose process was killed does not count.

    Exit codes: 0 done, 1 the server does not answer, 2 usage.
    """
    from loadmaster.run.store import default_store
    from loadmaster.stack.stopping import down as stop

    stop(default_store().root, force, tell)


@app.command(epilog="Example: loadmaster prune --older-than 30 --dry-run")
def prune(
    older_than: Annotated[
        int, typer.Option("--older-than", help="Only what was not touched for this long.", metavar="DAYS", min=0)
    ] = 14,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be removed, and remove nothing.")] = False,
    as_json: JsonOption = False,
    form: FormatOption = Format.TEXT,
) -> None:
    """Removes what finished runs left in the store (`LOADMASTER_HOME`), and unused build directories.

    Keeps every run that is at work or that another attempt could finish, and all receipts. Exit codes: 0 done, 2 usage.
    """
    from loadmaster.cli.commands.prune import prune as remove
    from loadmaster.cli.commands.prune import prune_text
    from loadmaster.run.store import default_store

    pruned = remove(default_store(), older_than, datetime.now(UTC), dry_run=dry_run)
    say(Said(text=prune_text(pruned), document=pruned.model_dump(mode="json")), form)
