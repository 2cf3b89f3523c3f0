"""`docs/command-line.md`, made from the help of the commands: `python -m loadmaster.cli.help_page > docs/command-line.md`."""

from __future__ import annotations

from collections.abc import Iterator

from typer._click.core import Command, Context, Parameter
from typer.core import TyperArgument, TyperGroup, TyperOption
from typer.main import get_group

BAR = "\\|"
"""A bar within a cell of a table."""
_HEAD = """# The command line

This page is made from the commands' own help.

Without a command, `loadmaster` tells where one stands: the workspace around the working directory, its last release, what is
unfinished, and the next command. It asks nothing of the network.

## What holds for all commands

- `-h` beside `--help`. `-C DIR` before the command works as if it had been started in DIR, as git's does.
- Results go to standard output; progress and problems go to standard error. With `--json` standard output has one document. It is
  short for `--format json`; `--format github` and `sarif` are for CI ([ci.md](ci.md)).
- `-q` leaves the progress out, and prints the outcome and problems alone. `-v` shows Prefect's log as it comes, and the receipt
  in full. Without either, Prefect's log is only in the run's directory, and the end of a run names the file.
- On a terminal a run is a picture that changes in place: a line for each phase, then a table of crates with a bar, the seconds
  or the time until its upload begins by the schedule, and what it waits for. Elsewhere, and with `TERM=dumb`, each phase and
  each crate is one line when it has ended.
- Colours are for terminals. `NO_COLOR` forbids them; `FORCE_COLOR` and `CLICOLOR_FORCE` ask for them.
- In a locale without UTF-8 (`LANG=C`) signs and bars are ASCII.
- Exit codes: 0 done, 1 the release or a gate failed, 2 usage, 130 stopped by Ctrl-C; 141 if whoever read the output left. A
  command that has more says so.
- Whatever stops a command is told in three sentences: what happened, why it usually happens, what to do next. Of a bug in
  Loadmaster itself the traceback is kept in a file, whose path is told.
- The tab key: `eval "$(loadmaster completion bash)"` in `~/.bashrc`, the same with `zsh` in `~/.zshrc` after `compinit`;
  `loadmaster completion fish | source` in `~/.config/fish/config.fish`.

## The commands
"""


def page() -> str:
    from loadmaster.cli.app import app

    group = get_group(app)
    return "\n".join([_HEAD, *(_section(name, command) for name, command in commands_of(group))])


def commands_of(group: TyperGroup, before: str = "") -> Iterator[tuple[str, Command]]:
    """All commands by their names, in order; those of a group by both names, such as `project add`."""
    for name, command in sorted(group.commands.items()):
        if isinstance(command, TyperGroup):
            yield from commands_of(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


def _section(name: str, command: Command) -> str:
    context = Context(command, info_name=f"loadmaster {name}")
    usage = " ".join(command.get_usage(context).removeprefix("Usage: ").split())
    rows = [_row(parameter) for parameter in command.params if not _is_for_all(parameter)]
    table = ["| | |", "|---|---|", *rows, ""] if rows else []
    text = " ".join((command.help or "").split())
    return "\n".join([f"### `loadmaster {name}`", "", f"    {usage}", "", text, "", *table, f"{command.epilog}", ""])


def _is_for_all(parameter: Parameter) -> bool:
    return "--quiet" in parameter.opts or "--verbose" in parameter.opts


def _row(parameter: Parameter) -> str:
    names = (
        [parameter.metavar or ""]
        if isinstance(parameter, TyperArgument)
        else [*parameter.opts, *parameter.secondary_opts]
    )
    told = parameter.help if isinstance(parameter, TyperOption | TyperArgument) else None
    cells = (", ".join(f"`{name}`" for name in names), f"{told or ''}{' Required.' if parameter.required else ''}")
    return f"| {' | '.join(cell.replace('|', BAR) for cell in cells)} |"


if __name__ == "__main__":
    print(page(), end="")
