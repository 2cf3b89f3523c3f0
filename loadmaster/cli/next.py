"""The command `next`: what changed since the last releases, and which versions that asks for. Options only, as in `cli`."""

from __future__ import annotations

from typing import Annotated

import typer

from loadmaster.cli import words
from loadmaster.cli.commands.terminal import tell
from loadmaster.cli.formats.format import Format, FormatOption, JsonOption
from loadmaster.cli.formats.printing import Said, say
from loadmaster.cli.options import AsOfOption, BranchOption, CommitOption, RegistryOption, RepositoryOption

app = typer.Typer()


@app.command(name="next", epilog="Example: loadmaster next")
def next_version(
    project: Annotated[
        str | None,
        typer.Argument(
            help="A known project; if left out, that of the repository here.",
            metavar="[PROJECT]",
            show_default=False,
            autocompletion=words.projects,
        ),
    ] = None,
    repository: RepositoryOption = None,
    branch: BranchOption = None,
    commit: CommitOption = None,
    as_of: AsOfOption = None,
    registry: RegistryOption = None,
    as_json: JsonOption = False,
    form: FormatOption = Format.TEXT,
) -> None:
    """Says of each package what changed since its own last release, and proposes the next version of those that did, and of
    their dependents that must follow.

    `--version changed` of `plan`, `rehearse` and `release` releases exactly that. Changes nothing, and needs no token. Where
    cargo-semver-checks is installed, it compares the APIs. Exit codes: 0 decided (perhaps that there is nothing to release),
    1 nothing can be proposed, 2 usage, 4 something is not known that could change it.
    """
    from loadmaster.cli.commands.next import propose_here
    from loadmaster.cli.commands.projects.here import chosen
    from loadmaster.planning.changes.show import proposal_markdown, proposal_text
    from loadmaster.planning.values.version import CHANGED
    from loadmaster.rehearsal.request import rehearse_request
    from loadmaster.run.store import default_store

    choice = chosen(project, repository)
    values = {"project": choice.project, "version": CHANGED, "repository": choice.repository, "branch": branch}
    request = rehearse_request({**values, "commit": commit, "as_of": as_of})
    proposal = propose_here(request, registry, default_store(), tell)
    document = {**proposal.model_dump(mode="json"), "asked": proposal.asked}
    said = Said(
        text=proposal_text(proposal),
        document=document,
        summary=proposal_markdown(proposal),
        is_wrong=bool(proposal.undecided),
    )
    say(said, form)
    raise typer.Exit(4 if proposal.undecided else 0)
