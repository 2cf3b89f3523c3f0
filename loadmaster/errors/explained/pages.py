"""The pages `docs/errors/*.md`, generated from the catalogue: `python -m loadmaster.errors.explained.pages docs/errors`."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_type_hints

import loadmaster
from loadmaster.errors.base import LoadmasterError, UsageError
from loadmaster.errors.explained.catalogue import catalogue
from loadmaster.errors.explained.placeholders import placeholder_error
from loadmaster.errors.explained.raisers import Raiser, raisers
from loadmaster.errors.refusals.reason import Reason

INDEX = "index.md"
_INDEX_HEAD = """# Errors

Each error of Loadmaster has a code. A terminal shows the code below the message, and `loadmaster explain CODE` prints its page
from here. The receipt has it as `code` ([receipt.md](../receipt.md)).

In the messages on these pages a word in capitals stands for a value: `PATH` for a path, ITS WORDS for what a server or a program
said. What each answer of a registry, a git remote or a forge means is listed in [messages.md](../messages.md).

These pages are generated from the catalogue in `loadmaster/errors/`.
"""
_ONCE_MENDED = "Then *Retry* on the run's page, or `loadmaster resume RUN`, goes on, and does only what is missing."
_BY_ITSELF = f"A run does so by itself, {{}}. If that was not enough: {_ONCE_MENDED[0].lower()}{_ONCE_MENDED[1:]}"


def pages() -> Mapping[str, str]:
    """The text of each page, by the name of its file."""
    kinds = catalogue()
    where = raisers(Path(loadmaster.__path__[0]))
    made = {f"{code}.md": _page(kind, where.get(kind.__name__, ())) for code, kind in kinds.items()}
    return {INDEX: _index(kinds), **made}


def _index(kinds: Mapping[str, type[LoadmasterError]]) -> str:
    groups = sorted({(_subject(kind), kind.__module__) for kind in kinds.values()})
    return "\n".join([_INDEX_HEAD, *(line for title, module in groups for line in _group(title, module, kinds))])


def _group(title: str, module: str, kinds: Mapping[str, type[LoadmasterError]]) -> Iterator[str]:
    yield f"## {title.rstrip('.')}\n"
    yield "| code | is |\n|---|---|"
    for code, kind in kinds.items():
        if kind.__module__ == module:
            yield f"| [`{code}`]({code}.md) | {_situation(kind)} |"
    yield ""


def _page(kind: type[LoadmasterError], where: tuple[Raiser, ...]) -> str:
    error = placeholder_error(kind)
    parts = [
        f"# {kind.code}",
        _situation(kind),
        f"**What happened.** {_paragraphs(error.what)}",
        f"**Why, as a rule.** {_paragraphs(error.why)}",
        f"**What next.** {_paragraphs(error.fix)}",
        *_by_reason(kind),
        "## Does it help to try again?",
        _again(kind),
        f"A command that it stops exits with {kind.exit_code}.",
        "## Where it comes up",
        _subject(kind),
        *(["\n".join(f"- {each.does} (`{each.path}`)" for each in where)] if where else []),
        *_for_programs(kind),
        "[All errors](index.md)",
    ]
    return "\n\n".join(parts) + "\n"


def _situation(kind: type[LoadmasterError]) -> str:
    """What the class says of itself; one whose name says all has the words of its base."""
    return " ".join((kind.__doc__ or (kind.__base__ and kind.__base__.__doc__) or "").split())


def _subject(kind: type[LoadmasterError]) -> str:
    return " ".join((inspect.getdoc(sys.modules[kind.__module__]) or "").partition("\n\n")[0].split())


def _paragraphs(text: str) -> str:
    """Markdown for a text whose lines matter: a list begins after an empty line."""
    first, *others = text.splitlines()
    begin = f"{first[:1].upper()}{first[1:]}"
    return "\n\n".join([begin, "\n".join(line.strip() for line in others)]) if others else begin


def _by_reason(kind: type[LoadmasterError]) -> Iterator[str]:
    if Reason in get_type_hints(kind.__init__).values():
        yield (
            "The two depend on the fact `reason`; shown is one of many. [messages.md](../messages.md) has every answer with its "
            "reason, and what to do next."
        )


def _again(kind: type[LoadmasterError]) -> str:
    if kind.final:
        return "No. What is in its way cannot be taken back, so no attempt at this version can succeed."
    if issubclass(kind, UsageError):
        return "No. Nothing was begun: mend what is wrong, and give the command again."
    if kind.outage:
        return f"Yes. {_BY_ITSELF.format('for as long as `patience` in the profile says')}"
    if kind.transient:
        return f"Yes. {_BY_ITSELF.format('a few times')}"
    return f"Not alone: what is said above under *What next* comes first. {_ONCE_MENDED}"


def _for_programs(kind: type[LoadmasterError]) -> Iterator[str]:
    hints = get_type_hints(kind.__init__)
    names = [name for name in inspect.signature(kind.__init__).parameters if name != "self"]
    yield "## For programs"
    yield f"`code` is `{kind.code}`. " + ("`facts` has:" if names else "It has no facts.")
    if names:
        yield "\n".join(["| fact | is |\n|---|---|", *(f"| `{name}` | {_in_words(hints[name])} |" for name in names)])


def _in_words(hint: Any) -> str:
    """The JSON that a fact of this type becomes."""
    text = str(hint)
    or_none = " or `null`" if NoneType in get_args(hint) else ""
    for pattern, words in _JSON:
        if re.search(pattern, text):
            return f"{words}{or_none}"
    raise TypeError(f"no words for {text}; add some to {__name__}")


_JSON = (
    (r"Mapping\[str, .*Sequence", "an object of lists of texts"),
    (r"Mapping", "an object of texts"),
    (r"(Sequence|Collection|tuple)\[.*str", "a list of texts"),
    (r"Sequence\[int", "a list of whole numbers"),
    (r"Sequence\[.*CrateFailure", "a list of failures, each with `crate`, `code`, `what`, `why` and `next`"),
    (r"Reason", "a reason: one of those in [messages.md](../messages.md)"),
    (r"datetime", "an instant, in ISO 8601"),
    (r"LoadmasterError", "the text of another error"),
    (r"bool", "`true` or `false`"),
    (r"int", "a whole number"),
    (r"float", "a number"),
    (r"str", "a text"),
)
"""What the type of a parameter says, by a part of its name; the first that fits."""


def write_pages(directory: Path) -> None:
    """Makes the directory hold these pages and no other one."""
    directory.mkdir(exist_ok=True)
    made = pages()
    for stale in {file.name for file in directory.glob("*.md")} - made.keys():
        (directory / stale).unlink()
    for name, text in made.items():
        (directory / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]))
