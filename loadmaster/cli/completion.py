"""The command `completion`: what a shell has to read, so that its tab key knows our words. Options only, as in `cli`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

app = typer.Typer()


class Shell(StrEnum):
    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


@app.command(epilog="Example: loadmaster completion bash")
def completion(
    shell: Annotated[Shell, typer.Argument(help="Your shell.", metavar="bash|zsh|fish", show_default=False)],
) -> None:
    """Prints what the shell has to read at its start, so that the tab key completes commands, options, projects, versions, runs.

    bash: `eval "$(loadmaster completion bash)"` in `~/.bashrc`; zsh: the same with `zsh`, after `compinit`, in `~/.zshrc`;
    fish: `loadmaster completion fish | source` in `~/.config/fish/config.fish`. Exit codes: 0 done, 2 usage.
    """
    # The scripts are typer's own. Its option `--install-completion` would write them into the user's files.
    from typer._completion_shared import get_completion_script

    print(get_completion_script(prog_name="loadmaster", complete_var="_LOADMASTER_COMPLETE", shell=shell).strip())
