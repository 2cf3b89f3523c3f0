"""The commands on profiles: `projects` and `init`. Options only, as in `cli`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from loadmaster.cli.formats.format import Format, FormatOption, JsonOption
from loadmaster.cli.formats.printing import Said, say
from loadmaster.cli.options import ManifestPathOption
from loadmaster.run.profiles import PROJECTS, load_project, project_names

app = typer.Typer()


@app.command(epilog="Example: loadmaster projects --json")
def projects(as_json: JsonOption = False, form: FormatOption = Format.TEXT) -> None:
    """Lists the projects: the profiles in `projects/`, and in `LOADMASTER_PROJECTS` if it names a directory.

    Exit codes: 0 done, 2 a profile cannot be read, or usage.
    """
    profiles = {name: load_project(name) for name in project_names()}
    lines = [f"{name:<12} {profile.title or name} ({profile.forge})" for name, profile in profiles.items()]
    document = [{"project": name, "title": one.title, "forge": one.forge} for name, one in profiles.items()]
    say(Said(text="\n".join(lines), document=document), form)


@app.command(epilog="Example: loadmaster init ../hangar")
def init(
    path: Annotated[
        Path,
        typer.Argument(help="A clone of the repository, or a directory in it.", metavar="[PATH]", show_default=False),
    ] = Path(),
    manifest_path: ManifestPathOption = None,
    name: Annotated[str | None, typer.Option(help="The project's name; the directory's if left out.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing profile.")] = False,
    as_json: JsonOption = False,
    form: FormatOption = Format.TEXT,
) -> None:
    """Writes the first profile of a workspace, with comments, from what cargo, git and crates.io's index know about it.

    Without a manifest in PATH it takes the only workspace below, and says so. Exit codes: 0 done, 1 there is a profile already,
    or PATH holds no workspace or several, 2 usage.
    """
    from loadmaster.cli.commands.init import first_profile_text, write_first_profile
    from loadmaster.planning.registry.sparse_index import crates_io_index

    written = write_first_profile(path, name, PROJECTS, crates_io_index(), manifest_path or (), force=force)
    say(Said(text=first_profile_text(written), document=written.model_dump(mode="json")), form)
