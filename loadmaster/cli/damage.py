"""The commands for a release that went wrong, or might have: `compare`, `status` and `yank`. Options only, as in `cli`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loadmaster.cli.commands.terminal import show, tell
from loadmaster.cli.formats.format import Format, FormatOption, JsonOption
from loadmaster.cli.formats.printing import Said, say
from loadmaster.cli.options import (
    BranchOption,
    ProjectOption,
    RegistryOption,
    RepositoryOption,
    TokenBlockOption,
)

if TYPE_CHECKING:
    from loadmaster.planning.values.value import Value

app = typer.Typer()

ReleasedVersionOption = Annotated[
    str,
    typer.Option(
        "--version",
        "-V",
        help="The release's version, such as `1.4.0`, or `NAME=1.4.0,NAME=0.2.1`.",
        metavar="VERSION",
    ),
]


@app.command(epilog="Example: loadmaster compare target/package/hangar-units-0.5.0.crate")
def compare(
    file: Annotated[Path, typer.Argument(help="A packaged crate.", metavar="FILE.crate")],
    registry: RegistryOption = None,
    as_json: JsonOption = False,
    form: FormatOption = Format.TEXT,
) -> None:
    """Says whether a registry has this packaged crate: absent, same, equivalent, different, or unknown.

    Exit codes: 0 same or equivalent, 1 different, 2 FILE is no packaged crate, or usage, 3 absent, 4 unknown.
    """
    from loadmaster.cli.commands.compare import EXIT_CODES, compare, comparison_text
    from loadmaster.planning.registry.sparse_index import crates_io_index

    comparison = compare(file, registry or crates_io_index())
    code = EXIT_CODES[comparison.state]
    _print(comparison, comparison_text(comparison), form, is_wrong=code != 0)
    raise typer.Exit(code)


@app.command(epilog="Example: loadmaster status --version 0.5.0")
def status(
    version: ReleasedVersionOption,
    project: ProjectOption = None,
    registry: RegistryOption = None,
    forge: Annotated[
        str | None,
        typer.Option(
            help="Base address of the forge's API; GitHub's if left out, `none` to leave it out.", metavar="URL|none"
        ),
    ] = None,
    repository: RepositoryOption = None,
    branch: BranchOption = None,
    as_json: JsonOption = False,
    form: FormatOption = Format.TEXT,
) -> None:
    """Shows the state of every object of a release, whether consumers are broken now, and what to do next.

    Changes nothing. Members are read at the tag, or else at the release commit, or else at the branch's head.
    `LOADMASTER_FORGE_TOKEN` is sent to the forge if it was given. Exit codes: 0 everything is there, 1 something is
    different, 2 usage, 3 something is absent, 4 something is unknown; if several hold, the first.
    """
    from loadmaster.cli.commands.projects.here import chosen
    from loadmaster.cli.commands.status import status, status_text
    from loadmaster.clients.forge.http import GITHUB
    from loadmaster.planning.begun import WayBack
    from loadmaster.planning.registry.sparse_index import crates_io_index
    from loadmaster.run.profiles import load_project
    from loadmaster.run.store import default_store

    api = None if forge == "none" else forge or GITHUB
    index, choice = registry or crates_io_index(), chosen(project, repository)
    said = {"registry": registry, "forge": forge if forge == "none" else None, "repository": choice.remote}
    said["branch"] = branch
    way = WayBack(project=choice.project, options={name: value for name, value in said.items() if value is not None})
    profile = load_project(choice.project).on_branch(branch)
    seen = status(profile, _exact(version), index, api, choice.remote, default_store(), way)
    _print(seen, status_text(seen), form, is_wrong=seen.exit_code != 0)
    raise typer.Exit(seen.exit_code)


@app.command(epilog="Example: loadmaster audit --version 0.5.0 --as-of commit")
def audit(
    version: ReleasedVersionOption,
    project: ProjectOption = None,
    registry: RegistryOption = None,
    repository: RepositoryOption = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of",
            help="Package as of this instant (RFC 3339) or of the `commit`; if left out, of the release's receipt, or else now.",
            metavar="INSTANT",
        ),
    ] = None,
    as_json: JsonOption = False,
    form: FormatOption = Format.TEXT,
) -> None:
    """Packages a released version again at its tag, and compares every crate with what the registry serves.

    Changes nothing. Exit codes: 0 all are the same or equivalent, 1 one is different, 2 usage, 3 one is absent, 4 one is
    unknown; if several hold, the first.
    """
    from loadmaster.cli.commands.audit import audit, audit_text
    from loadmaster.cli.commands.projects.here import chosen
    from loadmaster.planning.registry.sparse_index import crates_io_index
    from loadmaster.run.profiles import load_project
    from loadmaster.run.store import default_store

    index, choice = registry or crates_io_index(), chosen(project, repository)
    audited = audit(load_project(choice.project), _exact(version), index, choice.remote, as_of, default_store(), tell)
    _print(audited, audit_text(audited), form, is_wrong=audited.exit_code != 0)
    raise typer.Exit(audited.exit_code)


@app.command(epilog="Example: loadmaster yank --version 0.5.0")
def yank(
    version: ReleasedVersionOption,
    project: ProjectOption = None,
    registry: RegistryOption = None,
    repository: RepositoryOption = None,
    token_block: TokenBlockOption = None,
    execute: Annotated[bool, typer.Option("--execute", help="Yank. Without it, only the plan is printed.")] = False,
    confirm: Annotated[
        str | None, typer.Option(help="The version again; if left out, a terminal asks for it.", metavar="VERSION")
    ] = None,
    as_json: JsonOption = False,
    form: FormatOption = Format.TEXT,
) -> None:
    """Takes a release back: plans to yank all its published crates, dependents first. With `--execute`, yanks them.

    For now only on a registry on loopback. The token comes from the Secret block that is named here or in the profile, or
    else from `LOADMASTER_REGISTRY_TOKEN`; only for crates.io, `CARGO_REGISTRY_TOKEN` will do. After a failure, run it again: it
    continues where it stopped. Exit codes: 0 done, 1 the registry refused or did not answer, 2 usage.
    """
    from loadmaster.cli.commands.blocks import block_reader
    from loadmaster.cli.commands.projects.here import chosen
    from loadmaster.cli.commands.yank import carry_out, plan_yank, require_confirmed, require_on_this_machine, yank_text
    from loadmaster.planning.profile.registry_style import Credentials
    from loadmaster.planning.registry.sparse_index import crates_io_index
    from loadmaster.run.profiles import load_project
    from loadmaster.run.store import default_store
    from loadmaster.shipped import SHIPPED

    index, store, choice = registry or crates_io_index(), default_store(), chosen(project, repository)
    profile = load_project(choice.project)
    if execute:
        require_on_this_machine(index)
    plan = plan_yank(profile, _exact(version), index, choice.remote, store)
    if execute:
        if confirm is None and sys.stdin.isatty() and form is not Format.JSON:
            show(yank_text(plan))
            confirm = typer.prompt(f"To yank, type the version of {choice.project}")
        require_confirmed(plan.version, confirm)
        sources = Credentials(token_block=token_block) if token_block else profile.registry.credentials
        with block_reader(store, SHIPPED, tell) as read_block:
            plan = carry_out(plan, sources, read_block)
    _print(plan, yank_text(plan), form)


def _exact(version: str) -> str:
    """Raises `MalformedVersion`, also for a level such as `minor`: it names no published version."""
    from loadmaster.planning.edits.released import named_versions
    from loadmaster.planning.values.version import parse

    named = named_versions(version)
    return ",".join(f"{name}={parse(one)}" for name, one in named.items()) if named else str(parse(version))


def _print(document: Value, text: str, form: Format, *, is_wrong: bool = False) -> None:
    say(Said(text=text, document=document.model_dump(mode="json", exclude_none=True), is_wrong=is_wrong), form)
