"""The command line. Thin: it reads options, calls the library, prints text or one JSON document, and exits.

Exit codes: 0 done, 1 the release or a gate failed, 2 usage. With `--json` only the document goes to standard output;
progress goes to standard error.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loadmaster import __version__
from loadmaster.cli import completion as cli_completion
from loadmaster.cli import conformance as cli_conformance
from loadmaster.cli import damage as cli_damage
from loadmaster.cli import doctor as cli_doctor
from loadmaster.cli import explain as cli_explain
from loadmaster.cli import home as cli_home
from loadmaster.cli import next as cli_next
from loadmaster.cli import preflight as cli_preflight
from loadmaster.cli import profiles as cli_profiles
from loadmaster.cli import runs as cli_runs
from loadmaster.cli import smoke as cli_smoke
from loadmaster.cli import tree as cli_tree
from loadmaster.cli import words
from loadmaster.cli.commands.terminal import tell, warn
from loadmaster.cli.ending import ended_in_words
from loadmaster.cli.formats.format import Format, FormatOption, GateFormatOption, JsonOption
from loadmaster.cli.formats.printing import Said, clone_of, end_with_receipt, say
from loadmaster.cli.options import (
    AsOfOption,
    BranchOption,
    CommitOption,
    PortOption,
    ProjectOption,
    PublisherOption,
    RepositoryOption,
    TokenBlockOption,
)
from loadmaster.cli.screen.streams import suit_the_locale
from loadmaster.cli.screen.volume import Volume, set_volume
from loadmaster.cli.usage import Commands
from loadmaster.credentials.given import hold, read_files
from loadmaster.planning.values.version import CHANGED, Level, parse
from loadmaster.stack.privacy import keep_to_ourselves

if TYPE_CHECKING:
    from loadmaster.rehearsal.request import RehearseRequest

app = typer.Typer(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)


def _version(text: str) -> str:
    """Raises `MalformedVersion`, `PackageNamedTwice`."""
    if "=" not in text:
        return text if text == CHANGED else _given(text)
    from loadmaster.planning.edits.released import named_versions

    return ",".join(f"{name}={_given(one)}" for name, one in named_versions(text).items())


def _given(text: str) -> str:
    return text if text in set(Level) else str(parse(text))


app.add_typer(cli_profiles.app)
app.add_typer(cli_completion.app)
app.add_typer(cli_conformance.app)
app.add_typer(cli_damage.app)
app.add_typer(cli_doctor.app)
app.add_typer(cli_explain.app)
app.add_typer(cli_home.app)
app.add_typer(cli_next.app)
app.add_typer(cli_preflight.app)
app.add_typer(cli_runs.app)
app.add_typer(cli_smoke.app)
app.add_typer(cli_tree.app)

_VERSIONS = "`1.4.0`, or `major`, `minor`, `patch`, `rc` from the current one; or `NAME=…,NAME=…`; or `changed`."
VersionOption = Annotated[
    str,
    typer.Option(
        "--version", "-V", help=_VERSIONS, callback=_version, metavar="VERSION", autocompletion=words.versions
    ),
]
NextVersionOption = Annotated[
    str,
    typer.Option(
        "--version",
        "-V",
        help=f"{_VERSIONS} `patch` if left out.",
        callback=_version,
        metavar="VERSION",
        show_default=False,
        autocompletion=words.versions,
    ),
]
FaultsOption = Annotated[Path | None, typer.Option(help="A TOML or JSON file of scripted faults.", metavar="FILE")]
ScenarioOption = Annotated[
    Path | None,
    typer.Option(help="A TOML or JSON file: accounts, owners, tokens and crates of the registry.", metavar="FILE"),
]
OverOption = Annotated[
    str | None,
    typer.Option(
        "--over", help="Give up this version, which is begun and not finished; with `--why`.", metavar="VERSION"
    ),
]
WhyOption = Annotated[str | None, typer.Option("--why", help="Why it is given up; for the receipt.", metavar="TEXT")]
PreflightOption = Annotated[bool, typer.Option(help="Ask the permission gates; the receipt notes it if not.")]


def main(secrets: Mapping[str, str]) -> None:
    """The program, with the credentials that it was given. It ends with `SystemExit`, as `ended_in_words` says."""
    set_volume(Volume.NORMAL)
    suit_the_locale()
    keep_to_ourselves()
    with ended_in_words():
        hold(secrets)
        read_files()
        code = app(prog_name="loadmaster", standalone_mode=False)
    raise SystemExit(code or 0)


def _change_to(directories: list[Path] | None) -> list[Path]:
    for directory in directories or ():
        os.chdir(directory)
    return directories or []


@app.callback()
def _options(
    context: typer.Context,
    show_version: Annotated[bool, typer.Option("--version", help="Print the version and exit.", is_eager=True)] = False,
    directory: Annotated[
        list[Path] | None,
        typer.Option(
            "-C",
            help="Work as if it had been started there, as with git; before the command.",
            metavar="DIR",
            exists=True,
            file_okay=False,
            is_eager=True,
            callback=_change_to,
        ),
    ] = None,
    as_json: JsonOption = False,
    form: FormatOption = Format.TEXT,
) -> None:
    """Releases Cargo workspaces as a Prefect DAG: planned, rehearsed, convergent. Without a command, tells where one stands."""
    if show_version:
        from loadmaster.shipped.versions import untested_text

        print(f"loadmaster {__version__}")
        if untested := untested_text():
            warn(untested)
        raise typer.Exit
    if context.invoked_subcommand is None:
        from loadmaster.cli.standing import standing_here, standing_text
        from loadmaster.run.store import default_store

        standing = standing_here(Path.cwd(), default_store(), is_elsewhere=bool(directory))
        document = standing.model_dump(mode="json", exclude_none=True)
        say(Said(text=standing_text(standing), document=document), form)


@app.command(epilog="Example: loadmaster plan --version minor")
def plan(
    project: ProjectOption = None,
    version: NextVersionOption = Level.PATCH.value,
    repository: RepositoryOption = None,
    branch: BranchOption = None,
    commit: CommitOption = None,
    as_of: AsOfOption = None,
    over: OverOption = None,
    why: WhyOption = None,
    as_json: JsonOption = False,
    form: GateFormatOption = Format.TEXT,
) -> None:
    """Looks, decides and checks, and prints the plan. Changes nothing; clippy is left to the rehearsal.

    Exit codes: 0 a release could start, 1 a gate prevents it, or no plan can be made, 2 usage.
    """
    from loadmaster.cli.commands.plan import plan_here, planned_text
    from loadmaster.planning.ci.summary import plan_summary
    from loadmaster.planning.values.receipt import ReceiptOutcome
    from loadmaster.run.store import default_store

    request = _request(project, version, repository, commit, as_of, over=over, why=why, branch=branch)
    planned = plan_here(request, default_store())
    more = planned.model_dump(mode="json", exclude={"receipt"})
    said = Said(
        text=planned_text(planned),
        document=planned.receipt.model_dump(mode="json", exclude_none=True) | more,
        summary=plan_summary(planned.release, planned.receipt),
        gates=planned.receipt.gates,
        tree=clone_of(request.options),
    )
    say(said, form)
    raise typer.Exit(0 if planned.receipt.outcome is ReceiptOutcome.PLANNED else 1)


@app.command(epilog="Example: loadmaster rehearse --version 0.5.0")
def rehearse(
    project: ProjectOption = None,
    version: NextVersionOption = Level.PATCH.value,
    repository: RepositoryOption = None,
    branch: BranchOption = None,
    commit: CommitOption = None,
    as_of: AsOfOption = None,
    faults: FaultsOption = None,
    scenario: ScenarioOption = None,
    publisher: PublisherOption = None,
    over: OverOption = None,
    why: WhyOption = None,
    preflight: PreflightOption = True,
    as_json: JsonOption = False,
    form: GateFormatOption = Format.TEXT,
) -> None:
    """Carries out the whole release in a rehearsal world: real cargo and git, and nothing reaches a live registry.

    Starts the run as the UI does, follows it and prints its receipt. A server that was not running is started for it. Ctrl-C
    leaves the run, which goes on. Exit codes: 0 released, 1 the release or a gate failed, 2 usage, 130 left by Ctrl-C.
    """
    from loadmaster.cli.commands.runs import start
    from loadmaster.deployments import REHEARSE
    from loadmaster.run.store import default_store
    from loadmaster.shipped import SHIPPED

    said = {"over": over, "why": why, "branch": branch, "publisher": publisher}
    request = _request(project, version, repository, commit, as_of, faults, scenario, **said)
    request = request.model_copy(update={"preflight": preflight})
    store = default_store()
    end_with_receipt(start(REHEARSE, request, store, SHIPPED, tell), form, store)


@app.command(
    epilog="Example: loadmaster release --project demo --version 0.5.0 "
    "--registry sparse+http://127.0.0.1:8888/registry/index/ --forge none"
)
def release(
    version: VersionOption,
    project: ProjectOption = None,
    registry: Annotated[
        str | None,
        typer.Option(
            help="Sparse index address on loopback, `sparse+http://127.0.0.1:PORT/.../`.", metavar="INDEX-ADDRESS"
        ),
    ] = None,
    forge: Annotated[str | None, typer.Option(help="`none` leaves the forge release out.", metavar="none")] = None,
    token_block: TokenBlockOption = None,
    publisher: PublisherOption = None,
    repository: RepositoryOption = None,
    branch: BranchOption = None,
    commit: CommitOption = None,
    over: OverOption = None,
    why: WhyOption = None,
    preflight: PreflightOption = True,
    as_json: JsonOption = False,
    form: GateFormatOption = Format.TEXT,
) -> None:
    """Releases for real. For now only to a registry on loopback, with `--forge none`; crates.io is refused.

    A release that was begun is finished by its version alone, whatever came after it; until then no other one starts.
    The token comes from the Secret block that is named here or in the profile, else from `LOADMASTER_REGISTRY_TOKEN`, which
    the keeper holds from then on.
    Starts the run as the UI does, follows it and prints its receipt. Ctrl-C leaves the run, which goes on. Exit codes: 0
    released, 1 the release or a gate failed, 2 usage, 130 left by Ctrl-C.
    """
    from loadmaster.cli.commands.projects.here import chosen
    from loadmaster.cli.commands.runs import start
    from loadmaster.deployments import RELEASE
    from loadmaster.run.live import require_allowed_registry
    from loadmaster.run.request import live_request
    from loadmaster.run.store import default_store
    from loadmaster.shipped import SHIPPED

    choice = chosen(project, repository)
    request = live_request(
        {
            "project": choice.project,
            "version": version,
            "registry": registry,
            "forge": forge,
            "token_block": token_block,
            "publisher": publisher,
            "repository": choice.remote,
            "branch": branch,
            "commit": commit,
            "over": over,
            "why": why,
            "preflight": preflight,
        }
    )
    require_allowed_registry(request)
    store = default_store()
    end_with_receipt(start(RELEASE, request, store, SHIPPED, tell), form, store)


def _request(
    project: str | None,
    version: str,
    repository: str | None,
    commit: str | None,
    as_of: str | None,
    faults: Path | None = None,
    scenario: Path | None = None,
    **more: str | None,
) -> RehearseRequest:
    from loadmaster.cli.commands.projects.here import chosen
    from loadmaster.rehearsal.conditions import read_script
    from loadmaster.rehearsal.request import rehearse_request
    from loadmaster.rehearsal.scenario import read_scenario

    choice = chosen(project, repository)
    return rehearse_request(
        {
            "project": choice.project,
            "version": version,
            "repository": choice.repository,
            "commit": commit,
            "as_of": as_of,
            **more,
            **(read_script(faults).model_dump(exclude_defaults=True) if faults else {}),
            **({"scenario": read_scenario(scenario)} if scenario else {}),
        }
    )


@app.command(epilog="Example: loadmaster world --port 8888")
def world(
    project: Annotated[
        str | None,
        typer.Option(
            "--project",
            "-p",
            help="The project to make a world for; if left out, the one here, or else `demo`.",
            metavar="NAME",
            autocompletion=words.projects,
        ),
    ] = None,
    directory: Annotated[
        Path | None, typer.Option(help="The directory for its state; a new one if left out.", file_okay=False)
    ] = None,
    as_of: AsOfOption = None,
    faults: FaultsOption = None,
    scenario: ScenarioOption = None,
    service: Annotated[
        str | None,
        typer.Option(help="How long the registry takes: `upload=1.0,visible=3.0`.", metavar="NAME=SECONDS,..."),
    ] = None,
    limits: Annotated[
        str | None, typer.Option(help="The registry's rate limits; the profile's if left out.", metavar="off|crates.io")
    ] = None,
    port: PortOption = None,
    as_json: JsonOption = False,
    form: FormatOption = Format.TEXT,
) -> None:
    """Runs a rehearsal world alone, until Ctrl-C, and prints how to point cargo at it.

    Exit codes: 0 ended by Ctrl-C or SIGTERM, 1 the port is taken, 2 usage.
    """
    from loadmaster.cli.commands.projects.here import chosen, find_here
    from loadmaster.cli.commands.world import conditions_of, run_alone
    from loadmaster.run.profiles import load_project
    from loadmaster.run.store import default_store

    conditions = conditions_of(faults, scenario, service, limits)
    name = project if project is not None or find_here(Path.cwd()) is not None else "demo"
    profile = load_project(chosen(name, None).project)
    run_alone(profile, directory, as_of, conditions, port or 0, default_store(), form is Format.JSON)
