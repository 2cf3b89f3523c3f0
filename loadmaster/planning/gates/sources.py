"""Gates on source files: the files that they include must be in their own package, or the packaged crate does not build.

Reads only the `include` macros and `#[path]` attributes of Rust. Files that packages are not built from (tests, benches,
examples, files in `package.exclude`) are not checked. cargo's own verification decides in the end.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from loadmaster.planning.gates.evidence import Tree
from loadmaster.planning.gates.judging import CouldNotCheck, GateJudgement, each_of, of_files
from loadmaster.planning.tree.manifest_package import parse_manifest
from loadmaster.planning.tree.workspace import Package
from loadmaster.planning.values.gate import Problem
from loadmaster.planning.values.globs import matches_glob

_INCLUDE = re.compile(
    r"(?:\binclude(?:_str|_bytes)?!\s*\(\s*|#\[path\s*=\s*)"
    r'(?:(?P<root>concat!\(\s*env!\(\s*"CARGO_MANIFEST_DIR"\s*\)\s*,\s*")|")(?P<path>[^"]+)"'
)
_FOR_TESTS = re.compile(r"#\[cfg\((?:all\(\s*)?test\b")
_MODULE = re.compile(r"(?:pub(?:\([^)]*\))?\s+)?mod\s+(?P<name>\w+)\s*;")
_INLINE = re.compile(r"(?P<indent>\s*)(?:pub(?:\([^)]*\))?\s+)?mod\s+(?P<name>\w+)\s*\{")
_NOT_BUILT = ("tests", "benches", "examples")


def sources_to_read(tree_paths: frozenset[str], released: tuple[Package, ...]) -> tuple[str, ...]:
    """The Rust files that the packages are built from."""
    folders = {posixpath.dirname(package.manifest) for package in released}
    return tuple(path for path in sorted(tree_paths) if path.endswith(".rs") and _package_of(path, folders) is not None)


def _package_of(path: str, folders: set[str]) -> str | None:
    """The innermost package directory around `path`; None for files that packages are not built from, and outside of all."""
    folder = posixpath.dirname(path)
    while folder not in folders:
        if not folder:
            return None
        folder = posixpath.dirname(folder)
    inner = path.removeprefix(f"{folder}/") if folder else path
    return None if inner.split("/")[0] in _NOT_BUILT else folder


@of_files(
    "files-inside",
    "Assay's v2.10.0 and v3.0.0 did not build from their packages, because of an `include_str!` of a file outside.",
)
def files_inside(tree: Tree) -> GateJudgement:
    """Do the published packages include only their own files?"""
    if not tree.holds_code:
        return CouldNotCheck(why="the tree has no code")
    folders = {posixpath.dirname(package.manifest) for package in tree.released}
    built = {path: _strip_tests(text) for path, text in tree.sources.items()}
    for_tests = {path for place, source in built.items() for name in source.for_tests for path in _files(place, name)}
    sources = {path: source.text for path, source in built.items() if path not in for_tests}
    return each_of(
        tree.released, lambda package: _outside_includes(sources, package, folders, _exclude_patterns(tree, package))
    )


def _exclude_patterns(tree: Tree, package: Package) -> tuple[str, ...]:
    """The patterns of `package.exclude`."""
    patterns = parse_manifest(package.manifest, tree.files.texts[package.manifest])["package"].get("exclude", ())
    return tuple(pattern.strip("/") for pattern in patterns) if isinstance(patterns, list) else ()


def _is_excluded(path: str, patterns: tuple[str, ...]) -> bool:
    """Whether a pattern matches the file, or a directory above it."""
    places = [path, *(path[:end] for end, sign in enumerate(path) if sign == "/")]
    return any(matches_glob(place, pattern) for place in places for pattern in patterns)


def _outside_includes(
    sources: Mapping[str, str], package: Package, folders: set[str], excluded: tuple[str, ...]
) -> Iterator[Problem]:
    own = posixpath.dirname(package.manifest)
    for path, text in sources.items():
        if own and _package_of(path, folders) == own and not _is_excluded(path.removeprefix(f"{own}/"), excluded):
            for line, place in _includes(path, text, own):
                if not place.startswith(f"{own}/"):
                    fix = f"keep a copy in the package of `{package.name}`, and test that both are the same."
                    what = f"includes `{place}`, which is outside of its package"
                    yield Problem.in_file(path, line, what=what, fix=fix)


def _includes(path: str, text: str, own: str) -> Iterator[tuple[int, str]]:
    """The line of each inclusion, and the path in the tree that it includes."""
    for match in _INCLUDE.finditer(text):
        line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
        if not line.lstrip().startswith("//"):
            start = own if match["root"] else posixpath.dirname(path)
            inner = match["path"].lstrip("/") if match["root"] else match["path"]
            yield text.count("\n", 0, match.start()) + 1, posixpath.normpath(posixpath.join(start, inner))


class _Source(NamedTuple):
    text: str
    """The text with the items that are compiled for tests only left blank, so that lines keep their numbers."""
    for_tests: tuple[str, ...]
    """Modules in files of their own that are compiled for tests only; `outer/inner` for one inside an inline module."""


def _strip_tests(text: str) -> _Source:
    """Cuts every item with `#[cfg(test)]`. It relies on rustfmt's indentation to find an item's end."""
    if _FOR_TESTS.search(text) is None:
        return _Source(text, ())
    kept, modules, within = list[str](), list[str](), list[tuple[str, str]]()
    lines = enumerate(text.split("\n"))
    for number, line in lines:
        kept += [""] * (number - len(kept))
        if inline := _INLINE.fullmatch(line.rstrip()):
            within.append((inline["name"], f"{inline['indent']}}}"))
        elif within and line.rstrip() == within[-1][1]:
            within.pop()
        if _FOR_TESTS.match(line.lstrip()) is None:
            kept.append(line)
            continue
        item = line[line.index("]") + 1 :].strip()
        while not item or item.startswith(("#[", "//")):
            following = next(lines, None)
            if following is None:
                break
            item = following[1].strip()
        if module := _MODULE.match(item):
            modules.append("/".join([*(name for name, _ in within), module["name"]]))
        _skip_item(item, line[: len(line) - len(line.lstrip())], (each for _, each in lines))
    return _Source("\n".join(kept), tuple(modules))


def _skip_item(item: str, indent: str, lines: Iterator[str]) -> None:
    """Reads on to the last line of the item that begins with `item`."""
    ends = (f"{indent}}}", f"{indent}}};")
    if item.endswith((";", "}")):
        return
    for line in lines:
        if line in ends or ("{" not in item and line.endswith(";")):
            return
        item += line


def _files(place: str, module: str) -> tuple[str, ...]:
    """The paths where the module `module` of the file at `place` may be."""
    folder, stem = posixpath.dirname(place), posixpath.basename(place).removesuffix(".rs")
    inner = folder if stem in ("mod", "lib", "main") else posixpath.join(folder, stem)
    return posixpath.join(inner, f"{module}.rs"), posixpath.join(inner, module, "mod.rs")
