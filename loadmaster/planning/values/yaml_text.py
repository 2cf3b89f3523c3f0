"""YAML from outside: text in, plain values out. Everybody reads foreign YAML by this one function.

ruamel.yaml reads YAML 1.2; in YAML 1.1 a workflow's key `on` would be the boolean true. Its parser ends the process for a list of
depth 100 000, and works for hours on a few aliases of aliases. So its events are counted before anything is made of them.
"""

from __future__ import annotations

from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, ScalarEvent
from ruamel.yaml.nodes import Node

LONGEST = 1024 * 1024
"""Characters; GitHub takes half of it for a workflow."""
MOST_NODES, DEEPEST = 100_000, 100
"""Nodes are counted with what aliases repeat."""
_UNUSABLE = (YAMLError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError)
"""What ruamel.yaml raises for a number, a date or a tag that is none."""


class NotYaml(ValueError):
    """The gate or the client says whose text it is."""

    def __init__(self, why: str, line: int | None = None) -> None:
        """`line` is where the parser stopped, from 1; None if it did not say."""
        self.line = line
        super().__init__(why)


def read_yaml(text: str) -> Any:
    """The one document in `text`. Raises `NotYaml`, and nothing else."""
    if len(text) > LONGEST:
        raise NotYaml(f"it has more than {LONGEST} characters")
    try:
        _require_small(text)
        return YAML(typ="safe", pure=True).load(text)
    except NotYaml:
        raise
    except _UNUSABLE as error:
        mark = getattr(error, "problem_mark", None)
        raise NotYaml(" ".join(str(error).split()), mark.line + 1 if mark is not None else None) from error


def nodes_of(text: str) -> Node | None:
    """The nodes, with their lines, of a document that `read_yaml` has taken; None if it is empty."""
    root: Node | None = YAML(typ="safe", pure=True).compose(text)
    return root


def _require_small(text: str) -> None:
    """Raises `NotYaml` for a document that is too deep, or too large once its aliases are put in."""
    open_nodes: list[tuple[str | None, int]] = []  # each collection's anchor, and the count when it began
    sizes: dict[str, int] = {}
    count = 0
    for event in YAML(typ="safe", pure=True).parse(text):
        match event:
            case CollectionStartEvent():
                open_nodes.append((event.anchor, count))
                count += 1
            case CollectionEndEvent():
                anchor, before = open_nodes.pop()
                if anchor is not None:
                    sizes[anchor] = count - before
            case AliasEvent():
                if event.anchor not in sizes:
                    raise NotYaml(f"the alias `{event.anchor}` stands for nothing, or for what it is in")
                count += sizes[event.anchor]
            case ScalarEvent():
                count += 1
                if event.anchor is not None:
                    sizes[event.anchor] = 1
            case _:
                pass  # where the stream and its document begin and end
        if len(open_nodes) > DEEPEST or count > MOST_NODES:
            raise NotYaml(f"it is deeper than {DEEPEST}, or has more than {MOST_NODES} nodes")
