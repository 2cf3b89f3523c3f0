"""The command `smoke`: whether a kernel denies what it is told to deny. Options only, as in `cli`."""

from __future__ import annotations

from typing import Annotated

import typer

from loadmaster.cli import words
from loadmaster.cli.commands.terminal import absolute, show, tell
from loadmaster.cli.formats.format import Format, FormatOption, JsonOption
from loadmaster.cli.formats.printing import Said, say

app = typer.Typer()

BackendOption = Annotated[
    str | None,
    typer.Option(
        help="`native`: this host's kernel; `vm`: a kernel booted for the test; `auto`; `dispatch`: the forge's workflow.",
        metavar="auto|native|vm|dispatch",
    ),
]
SubjectOption = Annotated[
    str | None,
    typer.Option(help="`probe`: our own payload denies; `release`: the released program.", metavar="probe|release"),
]
KernelOption = Annotated[
    list[str] | None, typer.Option(help="For `vm`: `6.1`, `6.12`, `7.2`; may be repeated.", metavar="KERNEL")
]
DeadlineOption = Annotated[
    int | None, typer.Option(help="The most that one kernel's test may take.", metavar="SECONDS")
]
TestedProjectOption = Annotated[
    str | None,
    typer.Option(
        "--project",
        "-p",
        help="The project whose table `smoke` gives the defaults; of a release, the one here.",
        metavar="NAME",
        autocompletion=words.projects,
    ),
]
TestedVersionOption = Annotated[
    str | None, typer.Option("--version", "-V", help="The version of the release to test.", metavar="VERSION")
]
TagOption = Annotated[
    str | None, typer.Option(help="The tag of the release; the profile's pattern if left out.", metavar="TAG")
]
ForgeOption = Annotated[
    str | None, typer.Option(help="Base address of the forge's API; GitHub's if left out.", metavar="URL")
]
AssetsOption = Annotated[
    str | None, typer.Option(help="Directory with the release's assets, instead of the forge.", metavar="DIR")
]
BinaryOption = Annotated[str | None, typer.Option(help="The program to test, instead of an asset.", metavar="PATH")]
DoctorOption = Annotated[
    bool, typer.Option("--doctor", help="Show what this host can do, and why, without loading anything; then exit.")
]


@app.command(epilog="Example: loadmaster smoke --backend vm --kernel 6.12")
def smoke(
    backend: BackendOption = None,
    subject: SubjectOption = None,
    kernel: KernelOption = None,
    deadline: DeadlineOption = None,
    project: TestedProjectOption = None,
    version: TestedVersionOption = None,
    tag: TagOption = None,
    forge: ForgeOption = None,
    assets: AssetsOption = None,
    binary: BinaryOption = None,
    doctor: DoctorOption = False,
    as_json: JsonOption = False,
    form: FormatOption = Format.TEXT,
) -> None:
    """Tests whether the kernel denies: opens a file before, during and after the denial, beside a file that must stay open,
    and from another process. Only a denial that was seen counts.

    Exit codes: 0 enforced, 1 not enforced or an error, 2 usage, 3 unsupported, 4 no privilege, 5 refused by the kernel.
    """
    from loadmaster.cli.commands.smoke import doctor_here, smoke_here
    from loadmaster.run.store import default_store

    if doctor:
        show(doctor_here(as_json=form is Format.JSON))
        raise typer.Exit
    if project is None and (subject == "release" or backend == "dispatch"):
        from loadmaster.cli.commands.projects.here import chosen

        project = chosen(None, None).project
    values = {
        "backend": backend,
        "subject": subject,
        "kernels": tuple(kernel) if kernel else None,
        "deadline": deadline,
        "project": project,
        "version": version,
        "tag": tag,
        "forge": forge,
        "assets": absolute(assets),
        "binary": absolute(binary),
    }
    text, code = smoke_here(values, default_store(), tell, as_json=form is Format.JSON)
    if form is Format.JSON:
        show(text)
    else:
        say(Said(text=text, document=None, is_wrong=code != 0), form)
    raise typer.Exit(code)
