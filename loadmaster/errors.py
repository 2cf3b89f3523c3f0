"""The catalogue: one class per situation, each saying what happened, why it usually happens and what to do next.

A person sees that text (terminal, Prefect state message, artifact); the log keeps the traceback.
`transient` is the one question that retries ask of an error; see `is_worth_retrying`.
"""

from __future__ import annotations

from typing import ClassVar


class LoadmasterError(Exception):
    """Base of the catalogue. Exit code 1 unless a subclass says otherwise."""

    exit_code: ClassVar[int] = 1
    transient: ClassVar[bool] = False

    def __init__(self, what: str, *, why: str, fix: str) -> None:
        super().__init__(what)
        self.what, self.why, self.fix = what, why, fix

    def __str__(self) -> str:
        return f"{self.what}\n  why: {self.why}\n  next: {self.fix}"

    def __reduce__(self) -> tuple[object, ...]:
        # Prefect pickles exceptions; subclasses take their own arguments, so rebuild from the finished texts.
        return _rebuild, (type(self), self.what, self.why, self.fix)


def _rebuild(kind: type[LoadmasterError], what: str, why: str, fix: str) -> LoadmasterError:
    error = kind.__new__(kind)
    LoadmasterError.__init__(error, what, why=why, fix=fix)
    return error


class UsageError(LoadmasterError):
    """The command or a parameter was wrong; nothing was looked at."""

    exit_code = 2


def is_worth_retrying(error: BaseException) -> bool:
    """Whether the same call, made again a little later, may succeed. Unknown errors are not retried."""
    return isinstance(error, LoadmasterError) and error.transient


# --- the rehearsal world ---------------------------------------------------------------------------------------------


class PortTaken(LoadmasterError):
    """A server of ours was told a port that it cannot have."""

    def __init__(self, port: int) -> None:
        super().__init__(
            f"Port `{port}` on loopback cannot be bound.",
            why="another program listens there (perhaps an earlier `loadmaster world`), or the port needs privileges.",
            fix="leave `--port` out to take a free one, or name another.",
        )


# --- packaged crates -------------------------------------------------------------------------------------------------


class CrateFileBroken(LoadmasterError):
    """The bytes of a `.crate` are not what cargo packages. `name` says which file, and begins the sentence."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"{name} is broken: {reason}.",
            why="it was cut short while it was written or downloaded, altered since, or not made by `cargo package`.",
            fix="if it is the packaged file, delete it and package again; "
            "if it came from the registry, download it again and compare its SHA-256 with the index.",
        )
