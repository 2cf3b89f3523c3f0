"""Generated workspaces with a given number of crates and layers, so small that a release mostly waits.

Knows Cargo's manifests and git. The same shape gives the same files. Every crate of a layer needs one of the layer before, so
the longest chain has exactly as many crates as there are layers.
"""

from __future__ import annotations

import random
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import Field

from loadmaster.planning.order import Edges, dependencies_first, remaining_path
from loadmaster.planning.plan import Crate
from loadmaster.planning.values.value import Value

VERSION = "0.1.0"
WIDEST_NEEDS = 3
"""The most other crates that a crate needs."""


class Shape(Value):
    crates: int = Field(ge=1)
    layers: int = Field(ge=1)
    payload_bytes: int = 0
    """Incompressible bytes in every crate."""

    def edges(self, prefix: str) -> Edges:
        """What each crate needs, by name. Names start with `prefix`, because a registry takes a name only once."""
        chance = random.Random(f"{self.crates}/{self.layers}")
        names = [f"{prefix}-{number:03}" for number in range(self.crates)]
        cuts = [self.crates * layer // self.layers for layer in range(self.layers + 1)]
        edges: dict[str, frozenset[str]] = dict.fromkeys(names[: cuts[1]], frozenset())
        for layer in range(1, self.layers):
            below = names[cuts[layer - 1] : cuts[layer]]
            for name in names[cuts[layer] : cuts[layer + 1]]:
                more = chance.sample(names[: cuts[layer]], chance.randrange(min(WIDEST_NEEDS, cuts[layer])))
                edges[name] = frozenset([chance.choice(below), *more])
        return edges

    def __str__(self) -> str:
        return f"{self.crates} crates in {self.layers} layers"


SHAPES = (Shape(crates=15, layers=6), Shape(crates=60, layers=8))
LARGEST = Shape(crates=400, layers=12)
RATE_LIMITED = Shape(crates=52, layers=6)


def crates_of(edges: Edges, version: str, existing: frozenset[str] = frozenset()) -> tuple[Crate, ...]:
    """The crates as in a plan, dependencies first; those in `existing` are updates."""
    lengths = remaining_path(edges)
    return tuple(
        Crate(
            name=name,
            version=version,
            current_version=VERSION,
            needs=tuple(sorted(edges[name])),
            remaining_path=lengths[name],
            is_new=name not in existing,
        )
        for name in dependencies_first(edges)
    )


def files(edges: Edges, payload_bytes: int = 0) -> Iterator[tuple[str, bytes]]:
    """Path and content of every file of the workspace."""
    yield "Cargo.toml", b'[workspace]\nresolver = "2"\nmembers = ["crates/*"]\n'
    yield ".gitignore", b"/target\n"
    yield "CHANGELOG.md", b"# Changelog\n\n## [Unreleased]\n\n- All of it.\n"
    for name, needs in edges.items():
        yield f"crates/{name}/Cargo.toml", _manifest(name, needs).encode()
        yield f"crates/{name}/src/lib.rs", _source(name, needs).encode()
        if payload_bytes:
            yield f"crates/{name}/payload.bin", random.Random(name).randbytes(payload_bytes)


def _manifest(name: str, needs: frozenset[str]) -> str:
    dependencies = "".join(
        f'{needed} = {{ path = "../{needed}", version = "{VERSION}" }}\n' for needed in sorted(needs)
    )
    return (
        f'[package]\nname = "{name}"\nversion = "{VERSION}"\nedition = "2021"\ndescription = "One of many"\n'
        f'license = "MIT"\nrepository = "https://git.example/bench"\n\n[dependencies]\n{dependencies}'
    )


def _source(name: str, needs: frozenset[str]) -> str:
    sum_of = " + ".join(["1", *(f"{needed.replace('-', '_')}::weight()" for needed in sorted(needs))])
    return (
        f"//! {name}.\n\n/// Counts itself, and what it needs once for every way to it.\n"
        f"pub fn weight() -> u64 {{\n    {sum_of}\n}}\n"
    )


def write(shape: Shape, prefix: str, directory: Path, env: Mapping[str, str]) -> Path:
    """Writes a checkout of the workspace, with its lockfile, in one commit on `main`. `env` is for cargo and git."""
    for path, content in files(shape.edges(prefix), shape.payload_bytes):
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    author = ["-c", "user.name=Bench", "-c", "user.email=bench@localhost", "-c", "core.compression=0"]
    for argv in (
        ["cargo", "generate-lockfile", "--offline", "--quiet"],
        ["git", "init", "--quiet", "--initial-branch", "main"],
        ["git", *author, "add", "."],
        ["git", *author, "commit", "--quiet", "--message", str(shape)],
    ):
        subprocess.run(argv, cwd=directory, env=dict(env), check=True)
    return directory


def bare_copy(checkout: Path, place: Path, env: Mapping[str, str]) -> Path:
    subprocess.run(["git", "clone", "--quiet", "--bare", str(checkout), str(place)], env=dict(env), check=True)
    return place
