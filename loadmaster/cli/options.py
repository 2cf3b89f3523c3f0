"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from loadmaster.cli import words

ProjectOption = Annotated[
    str | None,
    typer.Option(
        "--project",
        "-p",
        help="A known project; if left out, that of the repository here.",
        metavar="NAME",
        autocompletion=words.projects,
    ),
]
RepositoryOption = Annotated[
    str | None, typer.Option(help="Git URL or path of a clone, instead of the project's.", metavar="URL-OR-PATH")
]
BranchOption = Annotated[
    str | None,
    typer.Option(help="A maintenance branch of `release.branches`, instead of the release branch.", metavar="NAME"),
]
ManifestPathOption = Annotated[
    list[str] | None,
    typer.Option(
        "--manifest-path",
        help="The root manifest, from the directory, as `rust/Cargo.toml`; repeated, for workspaces that are released together.",
        metavar="MANIFEST",
    ),
]
CommitOption = Annotated[
    str | None, typer.Option(help="Commit to release; else the head of the release branch.", metavar="SHA")
]
AsOfOption = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        help="See crates.io's index as of this instant (RFC 3339), or when the `commit` was made.",
        metavar="INSTANT",
    ),
]
RegistryOption = Annotated[
    str | None, typer.Option(help="Sparse index address; crates.io if left out.", metavar="INDEX-ADDRESS")
]
PublisherOption = Annotated[
    str | None,
    typer.Option(
        help="Who uploads the crates: `direct` (Loadmaster) or `ci` (the forge's workflow), instead of the profile's.",
        metavar="direct|ci",
    ),
]
TokenBlockOption = Annotated[
    str | None,
    typer.Option(help="Name of the Secret block with the API token, instead of the profile's.", metavar="NAME"),
]
PortOption = Annotated[int | None, typer.Option(help="Port on loopback; a free one if left out.", min=1, max=65535)]
