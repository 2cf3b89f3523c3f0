"""The base of every error of the catalogue: a code and facts for programs, three sentences for people, an exit code, and
whether trying again may help."""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection, Iterable, Mapping
from copy import copy
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self

from loadmaster.errors.redaction import redact

if TYPE_CHECKING:
    from pydantic import JsonValue

_SHOWN = 5
"""How many names a sentence lists."""


class LoadmasterError(Exception):
    """Base of the catalogue. The exit code is 1 unless a subclass sets another. Every text is redacted, because a server's
    words may repeat a token.

    A subclass's parameters are its facts: their names are the fields that a program reads. The text is made from them, and no
    program reads the text.
    """

    exit_code: ClassVar[int] = 1
    transient: ClassVar[bool] = False
    """Whether the same call, made again a little later, may succeed."""
    outage: ClassVar[bool] = False
    """Whether somebody else is out of reach for a while, so that the call is worth waiting for (`planning.patience`)."""
    final: ClassVar[bool] = False
    """Whether no attempt at this version can ever succeed, because what is in its way cannot be taken back."""
    code: ClassVar[str] = "loadmaster-error"
    """The name of the class, `upload-refused` for `UploadRefused`: programs tell situations apart by it."""

    facts: Mapping[str, JsonValue]
    until: datetime | None = None
    """The instant from which on the other side answers again, if it named one."""
    tries: int = 0
    """How often the call was made that raised it; 0 if nobody counted."""
    seconds: float = 0.0
    """How long that took, with the waits between the tries."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.code = re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        error = super().__new__(cls)
        call = inspect.signature(cls.__init__).bind(error, *args, **kwargs)
        call.apply_defaults()
        has_parameters = cls.__init__ is not LoadmasterError.__init__  # else there is only the text
        parameters = call.arguments.items() if has_parameters else ()
        error.facts = {name: _fact(value) for name, value in parameters if name != "self"}
        return error

    def __init__(self, what: str, *, why: str, fix: str) -> None:
        self.what, self.why, self.fix = (sentence(redact(text)) for text in (what, why, fix))
        super().__init__(self.what)

    def after_outage(self, seconds: float) -> Self:
        """The same error, which also says that an outage outlasted all its tries."""
        often = "once" if self.tries == 1 else f"{self.tries} times"
        error = copy(self)
        error.what = f"{self.what} It was tried {often}, and the outage has lasted {seconds:.0f} s."
        error.args = (error.what,)
        return error

    def __str__(self) -> str:
        return f"{self.what}\n  why: {self.why}\n  next: {self.fix}"

    def __reduce__(self) -> tuple[object, ...]:
        # Prefect pickles exceptions; subclasses take their own arguments, so rebuild from the finished texts and fields.
        return _rebuild, (type(self), self.what, self.why, self.fix), vars(self)


def _fact(value: object) -> JsonValue:
    """The value as JSON, redacted. An error within an error becomes its text."""
    from pydantic_core import to_jsonable_python  # every command imports the catalogue, and few raise from it

    return _redact_json(to_jsonable_python(value, fallback=str))


def _redact_json(plain: JsonValue) -> JsonValue:
    match plain:
        case str():
            return redact(plain)
        case list():
            return [_redact_json(item) for item in plain]
        case dict():
            return {name: _redact_json(item) for name, item in plain.items()}
        case _:
            return plain


def _rebuild(kind: type[LoadmasterError], what: str, why: str, fix: str) -> LoadmasterError:
    error = Exception.__new__(kind)
    LoadmasterError.__init__(error, what, why=why, fix=fix)
    return error


class UsageError(LoadmasterError):
    """The command or a parameter was wrong; nothing was looked at."""

    exit_code = 2


def at_terminal(error: LoadmasterError) -> str:
    """The error's text, and below it the command that prints its page of the docs; wrong usage as such has no page."""
    has_page = type(error) not in (LoadmasterError, UsageError)
    return f"{error}\n{more_line(error.code)}" if has_page else str(error)


def more_line(code: str) -> str:
    return f"  more: loadmaster explain {code}"


def sentence(text: str) -> str:
    """`text` with exactly one full stop at its end: a server's words may bring none, one, or a line break of their own.

    A list, with a line for each item, stays as it is.
    """
    text = text.rstrip()
    if text.endswith(("…", "?", "!")) or ("\n" in text and not text.endswith("..")):
        return text
    return f"{text.rstrip('.')}."


def install_text(version: str | None) -> str:
    """The sentence with the command that installs this version of Loadmaster; a newer one than this, where nobody knows which."""
    if version is None:
        return "install the Loadmaster that used it, or a newer one: `pipx install --force 'WHEEL[pinned]'`, with its wheel."
    return f"install Loadmaster {version} or a newer one: `pipx install --force 'loadmaster-{version}-py3-none-any.whl[pinned]'`."


def in_one_line(text: str) -> str:
    """A server's words without their line breaks."""
    return " ".join(text.split())


def clause(text: str) -> str:
    """A sentence without its full stop, for use within another."""
    return text.rstrip().rstrip(".")


def names(known: Collection[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(known)) or "none so far"


def some_names(known: Iterable[str]) -> str:
    """The first names, and how many more there are."""
    listed = sorted(known)
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return ", ".join(f"`{name}`" for name in listed[:_SHOWN]) + more


def is_worth_retrying(error: BaseException) -> bool:
    """Whether the same call, made again a little later, may succeed. Unknown errors are not retried."""
    return isinstance(error, LoadmasterError) and error.transient
