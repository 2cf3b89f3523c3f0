"""The picture of the code's imports, drawn from the code itself: folders are rooms, imports between them are arrows."""

from __future__ import annotations

import ast
import graphlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

TOPS = ("loadmaster", "flows", "tasks", "deployments")
DOOR = "loadmaster.__main__"
"""Of the roof, at the top because Python wants it there: it is no part of the picture."""


@dataclass(frozen=True)
class Picture:
    """`modules` holds for each module the modules of ours that it imports, wherever in the file; both by dotted name."""

    modules: Mapping[str, frozenset[str]]
    packages: frozenset[str]

    @property
    def rooms(self) -> Mapping[str, frozenset[str]]:
        """For each folder that holds modules the folders that it imports from."""
        found: dict[str, set[str]] = {self.room(each): set() for each in self.modules}
        for module, imported in self.modules.items():
            found[self.room(module)] |= {self.room(each) for each in imported} - {self.room(module)}
        return {room: frozenset(others) for room, others in found.items()}

    @property
    def arrows(self) -> int:
        return sum(map(len, self.rooms.values()))

    def room(self, module: str) -> str:
        """The folder of a module; a package's own `__init__` lies in the package."""
        return module if module in self.packages else module.rpartition(".")[0]

    def modules_in(self, room: str) -> list[str]:
        """Without `__init__`."""
        return sorted(each for each in self.modules if each not in self.packages and self.room(each) == room)

    def cycle(self, allowed: frozenset[frozenset[str]]) -> list[str]:
        """One cycle between rooms, first name repeated at its end; [] if there is none. `allowed` are pairs that may."""
        graph = {
            room: {each for each in others if frozenset((room, each)) not in allowed}
            for room, others in self.rooms.items()
        }
        try:
            graphlib.TopologicalSorter(graph).prepare()
        except graphlib.CycleError as error:
            return list(error.args[1])
        return []


def draw(root: Path) -> Picture:
    files = {_dotted(path.relative_to(root)): path for top in TOPS for path in sorted((root / top).rglob("*.py"))}
    files.pop(DOOR, None)
    packages = frozenset(name for name, path in files.items() if path.name == "__init__.py")
    modules = {name: frozenset(_imported(path.read_text(encoding="utf-8"), files)) for name, path in files.items()}
    return Picture(modules, packages)


def _dotted(path: Path) -> str:
    """Its name in an import: what lies at the top is a part of `loadmaster`, too."""
    parts = path.with_suffix("").parts
    return ".".join(parts if parts[0] == "loadmaster" else ("loadmaster", *parts)).removesuffix(".__init__")


def _imported(text: str, known: Mapping[str, Path]) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            for each in node.names:
                name = f"{node.module}.{each.name}"
                yield from {name if name in known else node.module} & known.keys()
        elif isinstance(node, ast.Import):
            yield from {each.name for each in node.names} & known.keys()


def named_types(text: str) -> Iterator[str]:
    """Public classes and type aliases at the top of a module: `Name = …` with more than one letter, not all of them capitals."""
    for node in ast.parse(text).body:
        match node:
            case ast.ClassDef(name=name) | ast.Assign(targets=[ast.Name(id=name)]):
                if name[0].isupper() and not name.isupper():
                    yield name
            case _:
                pass
