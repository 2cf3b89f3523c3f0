"""A command of the project's own that could not be started, failed, or did not end."""

from __future__ import annotations

from loadmaster.errors.base import LoadmasterError


class ReleaseCommandNotStarted(LoadmasterError):
    """There is nothing to start."""

    def __init__(self, name: str, told: str) -> None:
        super().__init__(
            f"The command `{name}` cannot be started: {told}",
            why="it is not installed, not on PATH, or lies where the sandbox shows nothing, such as in a home; or the tree does "
            "not have what `run` or `directory` of the command names.",
            fix="name a program of the system, of a toolchain or of the tree itself; what else it needs to read is named in "
            "`cargo.sandbox_reads` of the profile.",
        )


class ReleaseCommandFailed(LoadmasterError):
    """It exited with an error; `tail` are its last lines."""

    def __init__(self, name: str, exit_code: int, tail: str, log: str) -> None:
        super().__init__(
            f"The command `{name}` exited with {exit_code}:\n{tail or '(it said nothing)'}",
            why="the last lines above are its own. It runs in the sandbox, in a copy of the clone with the release's edits: "
            "offline, without a home, without credentials, and `.git` can only be read.",
            fix=f"mend what it names, commit, and release again. Its whole output is in `{log}`. Nothing of it is committed.",
        )


class ReleaseCommandTooLong(LoadmasterError):
    """It was ended, because it had not ended by itself."""

    def __init__(self, name: str, seconds: float, tail: str, log: str) -> None:
        super().__init__(
            f"The command `{name}` was not done within {seconds:g} s, and was ended:\n{tail or '(it said nothing)'}",
            why="it waits for something that does not come, such as the network or an answer at a terminal; or it builds longer.",
            fix=f"look into `{log}` for what it was doing; `within` of the command in the profile gives it more seconds. Nothing "
            "of it is committed.",
        )
