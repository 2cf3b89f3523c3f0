"""Which modules raise an error, as their source says. They are read, and not imported: this needs no Prefect."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

_ASKING = frozenset({"isinstance", "issubclass", "suppress"})
"""Functions that ask which error it is; whoever calls them raises none."""


class Raiser(NamedTuple):
    path: str
    """From the package on: `loadmaster/clients/disk.py`."""
    does: str
    """The first sentence of its docstring."""


def raisers(package: Path) -> Mapping[str, tuple[Raiser, ...]]:
    """The modules of the package that raise each class, by the class's name. The catalogue itself and pages of the docs are
    left out."""
    found: defaultdict[str, list[Raiser]] = defaultdict(list)
    for file in _modules(package):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        raiser = Raiser(file.relative_to(package.parent).as_posix(), _first_sentence(ast.get_docstring(tree) or ""))
        for name in sorted(set(_names(tree))):
            found[name].append(raiser)
    return {name: tuple(each) for name, each in found.items()}


def _modules(package: Path) -> Iterator[Path]:
    for top in sorted(package.iterdir()):
        if top.is_dir() and top.name not in ("errors", "shipped"):
            files = (top / file.relative_to(top.resolve()) for file in sorted(top.resolve().rglob("*.py")))
            yield from (file for file in files if not file.stem.endswith("_page"))


def _names(node: ast.AST) -> Iterator[str]:
    """The names that the code below the node uses, other than to ask which error it has."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            yield name
        case ast.Call(func=ast.Name(id=name)) if name in _ASKING:
            return
        case ast.MatchClass() | ast.arg() | ast.AnnAssign(value=None):
            return
        case _:
            pass
    for field, child in ast.iter_fields(node):
        if field not in ("annotation", "returns") and not (field == "type" and isinstance(node, ast.ExceptHandler)):
            yield from _names_within(child)


def _names_within(child: object) -> Iterator[str]:
    for each in child if isinstance(child, list) else [child]:
        if isinstance(each, ast.AST):
            yield from _names(each)


def _first_sentence(text: str) -> str:
    sentence, end, _ = " ".join(text.split()).partition(". ")
    return f"{sentence}." if end else sentence
