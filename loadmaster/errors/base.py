"""What every error of the catalogue is: three sentences, an exit code, and whether trying again may help."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from loadmaster.errors.redaction import redacted


class LoadmasterError(Exception):
    """Base of the catalogue. Exit code 1 unless a subclass says otherwise. A server's words may repeat a token: redacted."""

    exit_code: ClassVar[int] = 1
    transient: ClassVar[bool] = False

    def __init__(self, what: str, *, why: str, fix: str) -> None:
        self.what, self.why, self.fix = redacted(what), redacted(why), redacted(fix)
        super().__init__(self.what)

    def __str__(self) -> str:
        return f"{self.what}\n  why: {self.why}\n  next: {self.fix}"

    def __reduce__(self) -> tuple[object, ...]:
        # Prefect pickles exceptions; subclasses take their own arguments, so rebuild from the finished texts and fields.
        return _rebuild, (type(self), self.what, self.why, self.fix), vars(self)


def _rebuild(kind: type[LoadmasterError], what: str, why: str, fix: str) -> LoadmasterError:
    error = kind.__new__(kind)
    LoadmasterError.__init__(error, what, why=why, fix=fix)
    return error


class UsageError(LoadmasterError):
    """The command or a parameter was wrong; nothing was looked at."""

    exit_code = 2


def names(of: Iterable[str]) -> str:
    return ", ".join(f"`{each}`" for each in sorted(of)) or "none so far"


def is_worth_retrying(error: BaseException) -> bool:
    """Whether the same call, made again a little later, may succeed. Unknown errors are not retried."""
    return isinstance(error, LoadmasterError) and error.transient
