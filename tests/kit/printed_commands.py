"""The commands that Loadmaster's texts name, and those that tests carry out: both are found in the source.

A command in a text is in backticks, or a line of its own that is indented for copying. A value that the text is made with
stands in braces, `loadmaster follow {run}`, as it does in the source.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

PROGRAMS = (
    *("loadmaster", "make", "cargo", "rustup", "rustc", "git", "docker", "podman", "scripts/engine", "scripts/setup"),
    *("sed", "rm", "mv", "cp", "chmod", "mount", "kill", "sudo", "apt", "apt-get", "systemctl", "usermod"),
    *("python", "pip", "pipx", "prefect", "curl", "ssh", "ssh-keyscan", "gh", "npm"),
)
CARRIES_OUT = ("run_as_printed", "start_as_printed")
"""The functions whose first two arguments are the place and the command."""
_PROGRAM = "|".join(re.escape(name) for name in PROGRAMS)
_SET = r"(?:[\w{}\[\]]+=\S+ )*"
"""Variables for one command: `NAME=VALUE loadmaster up`."""
_COMMAND = r"\{[\w.]*command\}"
"""A command that is a value itself."""
_QUOTED = re.compile(rf"`({_SET}(?:{_PROGRAM}) [^`\n]+|{_COMMAND}[^`\n]*)`")
_COPIED = re.compile(rf"^ +((?:{_PROGRAM}) .*\S|{_COMMAND})", re.MULTILINE)


class Named(NamedTuple):
    """A command in a text."""

    place: str
    """The class of the error; or else the module and the function, or the module and the constant: `show._fix_forward`."""
    command: str


def printed_commands(*folders: Path) -> set[Named]:
    """Every command that a text in the Python files of the folders names. Docstrings are no texts."""
    return {named for folder in folders for file in sorted(folder.rglob("*.py")) for named in commands_in(file)}


def commands_in(file: Path) -> Iterator[Named]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    docstrings = {id(text) for text in _docstrings(tree)}
    for statement in tree.body:
        place = _place(file.stem, statement)
        for text in _texts(statement, docstrings):
            yield from (Named(place, command) for command in (*_QUOTED.findall(text), *_COPIED.findall(text)))


def _place(module: str, statement: ast.stmt) -> str:
    match statement:
        case ast.ClassDef(name=name):
            return name
        case (
            ast.FunctionDef(name=name)
            | ast.Assign(targets=[ast.Name(id=name)])
            | ast.AnnAssign(target=ast.Name(id=name))
        ):
            return f"{module}.{name}"
        case _:
            return module


def _docstrings(tree: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


def _texts(node: ast.AST, docstrings: set[int]) -> Iterator[str]:
    """The texts below the node, with the values that they are made with as they are in the source."""
    if id(node) in docstrings:
        return
    if isinstance(node, ast.Constant | ast.JoinedStr):
        yield _source_of(node)
        return
    for child in ast.iter_child_nodes(node):
        yield from _texts(child, docstrings)


def _source_of(node: ast.Constant | ast.JoinedStr) -> str:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    return "".join(
        _source_of(part) if isinstance(part, ast.Constant) else f"{{{ast.unparse(part.value)}}}"
        for part in node.values
        if isinstance(part, ast.Constant | ast.FormattedValue)
    )


def carried_out(*folders: Path) -> set[Named]:
    """Those that `tests.kit.next_step` is called for in the Python files of the folders."""
    files = (file for folder in folders for file in sorted(folder.rglob("*.py")))
    calls = (node for file in files for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    return {
        Named(place, command)
        for node in calls
        if isinstance(node, ast.Call) and _name(node.func) in CARRIES_OUT
        for place, command in [_two_texts(node)]
    }


def _name(called: ast.expr) -> str:
    return called.id if isinstance(called, ast.Name) else called.attr if isinstance(called, ast.Attribute) else ""


def _two_texts(call: ast.Call) -> tuple[str, str]:
    match call.args[:2]:
        case [ast.Constant(value=str(place)), ast.Constant(value=str(command))]:
            return place, command
        case _:
            raise AssertionError(f"line {call.lineno}: the place and the command are not written out")
