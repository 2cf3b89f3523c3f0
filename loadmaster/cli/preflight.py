"""The command `preflight`: asks, before anybody starts a release, whether it could be published. Options only, as in `cli`."""

from __future__ import annotations

from typing import Annotated

import typer

from loadmaster.cli import words
from loadmaster.cli.commands.terminal import tell
from loadmaster.cli.formats.format import Format, GateFormatOption, JsonOption
from loadmaster.cli.formats.printing import Said, say
from loadmaster.cli.options import (
    BranchOption,
    ProjectOption,
    RegistryOption,
    RepositoryOption,
    TokenBlockOption,
)

app = typer.Typer()


@app.command(epilog="Example: loadmaster preflight")
def preflight(
    project: ProjectOption = None,
    version: Annotated[
        str | None,
        typer.Option(
            "--version",
            "-V",
            help="As for a release; `patch` if left out, which is enough for most questions.",
            metavar="VERSION",
            autocompletion=words.versions,
        ),
    ] = None,
    registry: RegistryOption = None,
    repository: RepositoryOption = None,
    branch: BranchOption = None,
    commit: Annotated[str | None, typer.Option(help="Commit to look at; else the head.", metavar="SHA")] = None,
    token_block: TokenBlockOption = None,
    as_json: JsonOption = False,
    form: GateFormatOption = Format.TEXT,
) -> None:
    """Asks the registry whether every crate could be published: owners, trusted publishing, the token, rate limits,
    names, crates.io's rules. Changes nothing.

    The token is read as for a release: from the Secret block that is named here or in the profile, for which the Prefect
    server is started if it is not running, or else from `LOADMASTER_REGISTRY_TOKEN`. Without one, the report names what could
    not be checked. The web API of crates.io is asked once a second. Exit codes: 0 nothing known stands in the way, 1 a
    release would not start, 2 usage.
    """
    from loadmaster.cli.commands.blocks import block_reader
    from loadmaster.cli.commands.preflight import preflight_here, report_text
    from loadmaster.cli.commands.projects.here import chosen
    from loadmaster.planning.ci.summary import preflight_summary
    from loadmaster.run.preflight import preflight_request
    from loadmaster.run.store import default_store
    from loadmaster.shipped import SHIPPED

    choice = chosen(project, repository)
    values = {
        "project": choice.project,
        "version": version,
        "registry": registry,
        "repository": choice.repository,
        "branch": branch,
        "commit": commit,
        "token_block": token_block,
    }
    request, store = preflight_request(values), default_store()
    with block_reader(store, SHIPPED, tell) as read_block:
        report = preflight_here(request, store, read_block)
    said = Said(
        text=report_text(report),
        document=report.model_dump(mode="json", exclude_none=True),
        summary=preflight_summary(f"{report.project} {report.version}", report.findings, report.gates),
        gates=report.gates,
    )
    say(said, form)
    raise typer.Exit(0 if report.is_open else 1)
