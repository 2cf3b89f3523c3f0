"""What every error of the catalogue is: a code and facts for programs, three sentences for people, an exit code, and
whether trying again may help."""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection, Mapping
from typing import Any, ClassVar, Self

from pydantic import JsonValue
from pydantic_core import to_jsonable_python

from loadmaster.errors.redaction import redacted


class LoadmasterError(Exception):
    """Base of the catalogue. Exit code 1 unless a subclass says otherwise. A server's words may repeat a token: redacted.

    What a subclass is made of are its facts, by the names of its parameters: the text is made from them, and no program
    reads the text.
    """

    exit_code: ClassVar[int] = 1
    transient: ClassVar[bool] = False
    code: ClassVar[str] = "loadmaster-error"
    """The name of the class, `upload-refused` for `UploadRefused`: what programs tell situations apart by."""

    facts: Mapping[str, JsonValue]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.code = re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        error = super().__new__(cls)
        given = inspect.signature(cls.__init__).bind(error, *args, **kwargs)
        given.apply_defaults()
        of_its_own = cls.__init__ is not LoadmasterError.__init__  # else it is made of its text alone
        named = given.arguments.items() if of_its_own else ()
        error.facts = {name: _fact(value) for name, value in named if name != "self"}
        return error

    def __init__(self, what: str, *, why: str, fix: str) -> None:
        self.what, self.why, self.fix = redacted(what), redacted(why), redacted(fix)
        super().__init__(self.what)

    def __str__(self) -> str:
        return f"{self.what}\n  why: {self.why}\n  next: {self.fix}"

    def __reduce__(self) -> tuple[object, ...]:
        # Prefect pickles exceptions; subclasses take their own arguments, so rebuild from the finished texts and fields.
        return _rebuild, (type(self), self.what, self.why, self.fix), vars(self)


def _fact(value: object) -> JsonValue:
    """As JSON has it, redacted. An error within an error is what it says."""
    return _redacted(to_jsonable_python(value, fallback=str))


def _redacted(plain: JsonValue) -> JsonValue:
    match plain:
        case str():
            return redacted(plain)
        case list():
            return [_redacted(each) for each in plain]
        case dict():
            return {name: _redacted(each) for name, each in plain.items()}
        case _:
            return plain


def _rebuild(kind: type[LoadmasterError], what: str, why: str, fix: str) -> LoadmasterError:
    error = Exception.__new__(kind)
    LoadmasterError.__init__(error, what, why=why, fix=fix)
    return error


class UsageError(LoadmasterError):
    """The command or a parameter was wrong; nothing was looked at."""

    exit_code = 2


def names(of: Collection[str]) -> str:
    return ", ".join(f"`{each}`" for each in sorted(of)) or "none so far"


def is_worth_retrying(error: BaseException) -> bool:
    """Whether the same call, made again a little later, may succeed. Unknown errors are not retried."""
    return isinstance(error, LoadmasterError) and error.transient
