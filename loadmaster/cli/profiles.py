"""The commands on profiles: `projects`, `init`, `project …` and `profile …`. Options only, as in `cli`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from loadmaster.cli import words
from loadmaster.cli.commands.terminal import tell
from loadmaster.cli.formats.format import Format, FormatOption, JsonOption
from loadmaster.cli.formats.printing import Said, say
from loadmaster.cli.options import ManifestPathOption

app = typer.Typer()
project_app = typer.Typer(help="Makes projects known, whose profiles lie in their repositories.")
profile_app = typer.Typer(help="Checks and explains profiles.")
app.add_typer(project_app, name="project")
app.add_typer(profile_app, name="profile")

ProjectArgument = Annotated[
    str, typer.Argument(help="The project's name.", metavar="NAME", autocompletion=words.projects)
]


@app.command(epilog="Example: loadmaster projects --json")
def projects(as_json: JsonOption = False, form: FormatOption = Format.TEXT) -> None:
    """Lists the projects that are known here, with where the profile of each lies. One that cannot be used is listed with its
    problem.

    Exit codes: 0 done, 2 usage.
    """
    from loadmaster.cli.commands.projects.knowing import list_projects, projects_text
    from loadmaster.run.store import default_store

    listed = list_projects(default_store())
    say(Said(text=projects_text(listed), document=[one.model_dump(mode="json") for one in listed]), form)


@app.command(epilog="Example: loadmaster init ../hangar")
def init(
    path: Annotated[
        Path,
        typer.Argument(help="A clone of the repository, or a directory in it.", metavar="[PATH]", show_default=False),
    ] = Path(),
    manifest_path: ManifestPathOption = None,
    name: Annotated[str | None, typer.Option(help="The project's name; that on the forge if left out.")] = None,
    into: Annotated[
        Path | None,
        typer.Option(
            help="Write `NAME.toml` into this directory instead, for a server that releases many.", metavar="DIRECTORY"
        ),
    ] = None,
    schema: Annotated[
        bool, typer.Option(help="Write the JSON Schema beside it, and the line by which editors find it.")
    ] = True,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing profile.")] = False,
    as_json: JsonOption = False,
    form: FormatOption = Format.TEXT,
) -> None:
    """Writes the first profile of a workspace, with comments, from what cargo, git and crates.io's index know about it:
    `loadmaster.toml` beside its `Cargo.toml`.

    Without a manifest in PATH it takes the only workspace below, and says so. Exit codes: 0 done, 1 there is a profile already,
    or PATH holds no workspace or several, 2 usage.
    """
    from loadmaster.cli.commands.init import first_profile_text, write_first_profile
    from loadmaster.planning.registry.sparse_index import crates_io_index

    written = write_first_profile(
        path, name, into, crates_io_index(), manifest_path or (), force=force, with_schema=schema
    )
    say(Said(text=first_profile_text(written), document=written.model_dump(mode="json")), form)


@project_app.command(epilog="Example: loadmaster project add ../hangar")
def add(
    where: Annotated[
        str, typer.Argument(help="A clone, a directory in one, or a Git URL.", metavar="PATH|URL", show_default=False)
    ],
    name: Annotated[str | None, typer.Option(help="The project's name; the profile's if left out.")] = None,
    directory: Annotated[
        str | None,
        typer.Option(
            help="The directory of the profile, from the repository's top, if there are several.", metavar="DIRECTORY"
        ),
    ] = None,
    as_json: JsonOption = False,
    form: FormatOption = Format.TEXT,
) -> None:
    """Makes the project of a repository known to server, forms and workers, at once. Its profile is read from the head of its
    release branch, anew by every run, so that what is committed counts. If no server is running, the next one knows it.

    Exit codes: 0 done, 1 the repository has no profile or cannot be read, 2 the profile or the address cannot be used, or usage.
    """
    from loadmaster.cli.commands.projects.knowing import add, added_text
    from loadmaster.run.profiles import project_names
    from loadmaster.run.store import default_store
    from loadmaster.stack.deploying import offer_in_forms

    added = add(where, name, directory, default_store())
    offer_in_forms(default_store().root, project_names(), tell)
    say(Said(text=added_text(added), document=added.model_dump(mode="json")), form)


@project_app.command(name="list", epilog="Example: loadmaster project list --json")
def list_known(as_json: JsonOption = False, form: FormatOption = Format.TEXT) -> None:
    """Lists the projects, as `loadmaster projects` does.

    Exit codes: 0 done, 2 usage.
    """
    projects(as_json, form)


@project_app.command(epilog="Example: loadmaster project remove hangar")
def remove(name: ProjectArgument, as_json: JsonOption = False, form: FormatOption = Format.TEXT) -> None:
    """Makes a project unknown again, to server, forms and workers. Its repository, its profile and its runs stay.

    Exit codes: 0 done, 2 nobody made such a project known, or usage.
    """
    from loadmaster.cli.commands.projects.knowing import remove
    from loadmaster.run.profiles import project_names
    from loadmaster.run.store import default_store
    from loadmaster.stack.deploying import offer_in_forms

    address = remove(name, default_store())
    offer_in_forms(default_store().root, project_names(), tell)
    text = f"`{name}` is not known any more; nothing in {address} was changed"
    say(Said(text=text, document={"project": name, "address": address}), form)


@project_app.command(epilog="Example: loadmaster project allow hangar cargo.environment")
def allow(
    name: ProjectArgument,
    fields: Annotated[
        list[str],
        typer.Argument(
            help="Fields of its profile.", metavar="FIELD...", show_default=False, autocompletion=words.fields
        ),
    ],
    as_json: JsonOption = False,
    form: FormatOption = Format.TEXT,
) -> None:
    """Allows what a project's profile asks of this machine beyond what a stranger's gets, with the values that it has now.

    A value that changes later has to be allowed again. Exit codes: 0 done, 2 no such project, the profile does not ask for it,
    or usage.
    """
    from loadmaster.cli.commands.projects.knowing import allow_fields
    from loadmaster.run.store import default_store

    allowed = allow_fields(name, fields, default_store()).allowed
    lines = [f"allowed to `{name}` on this machine:", *(f"  {each} = {value}" for each, value in allowed.items())]
    say(Said(text="\n".join(lines), document={"project": name, "allowed": dict(allowed)}), form)


@profile_app.command(epilog="Example: loadmaster profile check --json")
def check(
    path: Annotated[
        Path,
        typer.Argument(
            help="A profile, or a directory from which upwards one lies.", metavar="[PATH]", show_default=False
        ),
    ] = Path(),
    as_json: JsonOption = False,
    form: FormatOption = Format.TEXT,
) -> None:
    """Shows everything that is wrong with a profile at once, with lines, and what it asks of this machine.

    Exit codes: 0 it can be used, 1 it cannot, 2 there is none, or usage.
    """
    from loadmaster.cli.commands.projects.checking import check_profile, checked_text

    checked = check_profile(path)
    said = Said(text=checked_text(checked), document=checked.model_dump(mode="json"), is_wrong=bool(checked.problems))
    say(said, form)
    raise typer.Exit(1 if checked.problems else 0)


@profile_app.command(epilog="Example: loadmaster profile explain release.tag")
def explain(
    field: Annotated[
        str,
        typer.Argument(
            help="A field or a table, such as `release.tag` or `cargo`.", metavar="FIELD", autocompletion=words.fields
        ),
    ],
    as_json: JsonOption = False,
    form: FormatOption = Format.TEXT,
) -> None:
    """Says what a field of a profile means, and what holds if it is left out; of a table, which fields it has.

    Exit codes: 0 done, 2 there is no such field, or usage.
    """
    from loadmaster.cli.commands.projects.explaining import explained_text
    from loadmaster.planning.profile.fields import explain

    table, found = explain(field)
    say(Said(text=explained_text(table, found), document=(found or table).model_dump(mode="json")), form)


@profile_app.command(epilog="Example: loadmaster profile schema")
def schema() -> None:
    """Prints the JSON Schema of a profile in a repository, by which editors complete and check it.

    Exit codes: 0 done, 2 usage.
    """
    from loadmaster.planning.profile.schema import json_schema

    print(json_schema(), end="")
