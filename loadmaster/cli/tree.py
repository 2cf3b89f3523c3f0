"""The commands on a plain directory of files, which need no Git, no network and no cargo. Options only, as in `cli`."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from loadmaster.cli import words
from loadmaster.cli.formats.format import Format, FormatOption, GateFormatOption, JsonOption
from loadmaster.cli.formats.printing import Said, say
from loadmaster.cli.options import ManifestPathOption
from loadmaster.errors.edits import TreeMissing
from loadmaster.planning.profile.policy import Policy, Requirements

app = typer.Typer()


def _tree(text: str) -> Path:
    """An empty name, as from an unset variable, must not mean the current directory. Raises `TreeMissing`."""
    if not text:
        raise TreeMissing(text)
    return Path(text)


TreeArgument = Annotated[
    Path,
    typer.Argument(
        help="The directory of a workspace's root `Cargo.toml`; the repository's top, if the profile names a path.",
        metavar="TREE",
        parser=_tree,
    ),
]
ProfileOption = Annotated[
    str | None,
    typer.Option(
        "--project",
        "-p",
        help="A known project, for its rules; the tree's own if left out.",
        metavar="NAME",
        autocompletion=words.projects,
    ),
]


@app.command(epilog="Example: loadmaster bump examples/hangar --version minor --dry-run")
def bump(
    tree: TreeArgument,
    version: Annotated[
        list[str],
        typer.Option(
            "--version",
            "-V",
            help="`1.4.0` or a level; `NAME=1.4.0`, repeated, with `--policy independent`.",
            autocompletion=words.levels,
        ),
    ],
    policy: Annotated[Policy | None, typer.Option(help="The profile's, or `lockstep`, if left out.")] = None,
    requirements: Annotated[
        Requirements | None, typer.Option(help="Which requirements on members move; the policy's if left out.")
    ] = None,
    project: ProfileOption = None,
    day: Annotated[
        datetime | None, typer.Option("--date", help="The changelog's day; today if left out.", formats=["%Y-%m-%d"])
    ] = None,
    manifest_path: ManifestPathOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")] = False,
    as_json: JsonOption = False,
    form: FormatOption = Format.TEXT,
) -> None:
    """Writes a new version into every file of a tree that has one: manifests, lockfiles, changelog, and the profile's files.

    All files change, or none. The work of a bump that was killed is undone first. Exit codes: 0 done, 1 the tree cannot be
    bumped, 2 usage.
    """
    from loadmaster.cli.commands.bump import bump as bump_files
    from loadmaster.cli.commands.bump import bump_text
    from loadmaster.cli.commands.projects.here import profile_of_tree, roots_in
    from loadmaster.planning.profile.project import ReleaseStyle
    from loadmaster.run.profiles import load_project

    profile = load_project(project) if project is not None else profile_of_tree(tree)
    style, roots = profile.release if profile else ReleaseStyle(), roots_in(tree, manifest_path or (), profile)
    options = {"policy": policy, "requirements": requirements}
    style = style.model_copy(update={key: value for key, value in options.items() if value is not None})
    today = day.date() if day else date.today()
    bumped = bump_files(tree, ",".join(version), style, today, roots, dry_run=dry_run)
    say(Said(text=bump_text(bumped), document=bumped.model_dump(mode="json")), form)


@app.command(epilog="Example: loadmaster gates examples/hangar --tag v0.4.0")
def gates(
    tree: TreeArgument,
    tag: Annotated[str | None, typer.Option(help="The tag that will name the release, such as `v1.4.0`.")] = None,
    project: ProfileOption = None,
    manifest_path: ManifestPathOption = None,
    as_json: JsonOption = False,
    form: GateFormatOption = Format.TEXT,
) -> None:
    """Asks all gates that need only files, and shows what would stop a release of this tree half-way.

    Without a profile, all publishable packages count except those that maturin builds into Python packages. A gate without
    an answer does not fail here. Exit codes: 0 no gate fails, 1 a gate fails, 2 the tree cannot be read, or usage.
    """
    from loadmaster.cli.commands.gates import judge, judgement_text
    from loadmaster.cli.commands.projects.here import profile_of_tree, roots_in
    from loadmaster.planning.ci.summary import gates_summary
    from loadmaster.run.profiles import load_project

    profile = load_project(project) if project is not None else profile_of_tree(tree)
    judged = judge(tree, tag, profile, roots_in(tree, manifest_path or (), profile))
    said = Said(
        text=judgement_text(judged),
        document=judged.model_dump(mode="json", exclude=None if judged.commands else {"commands"}),
        summary=gates_summary("Gates", judged.gates),
        gates=judged.gates,
        tree=tree,
    )
    say(said, form)
    raise typer.Exit(judged.exit_code)
