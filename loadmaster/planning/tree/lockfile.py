"""The members' versions in a Cargo.lock: text in, text out, edited by line, every other byte kept.

Knows the layout that cargo writes (formats 3 and 4) and how it spells an entry of `dependencies` where packages share a
name. Knows nothing of resolving: what a member depends on, and in which version, stays as it is. Cargo would sort
namesakes by version when it next writes the file; here their order is kept, and `--locked` accepts it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

from loadmaster.errors.edits import LockfileBroken, LockfileFormat, LockfileNotToml, MergeMarkers, NotToml
from loadmaster.planning.values.toml_text import parse_toml, require_no_mark

_FORMATS = ("3", "4")
_FORMAT = re.compile(r"version = (\d+)\s*")
_MERGE_MARKER = re.compile(r"(<{7}|\|{7}|={7}|>{7})( .*)?\s*")
_FIELD = re.compile(r'(?P<key>name|version|source) = "(?P<value>[^"]*)"\s*')
_ENTRY = re.compile(
    r'(?P<before> ")(?P<name>[^" ]+)(?: (?P<version>[^" ]+))?(?: \((?P<source>[^")]+)\))?(?P<after>",?\s*)'
)

_PACKAGE = "[[package]]"
_UNUSED_PATCH = "[[patch.unused]]"


class _Block(NamedTuple):
    table: str
    name: str
    version: str
    source: str | None
    """None for what lies in a directory: the members, and other packages by path."""
    version_line: int


class LockedPackage(BaseModel):
    """One `[[package]]`, as far as it matters here."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    version: str
    source: str | None = None
    """None for what lies in a directory: the members, and other packages by path."""
    dependencies: tuple[str, ...] = ()


class _Lockfile(BaseModel):
    model_config = ConfigDict(extra="ignore")

    package: tuple[LockedPackage, ...] = ()


def packages(path: str, text: str, members: Collection[str] = ()) -> tuple[LockedPackage, ...]:
    """All that it holds. `path` is for messages.

    Raises `ByteOrderMark`, `MergeMarkers`, `LockfileFormat`, `LockfileNotToml`, and `LockfileBroken`, also where one of
    `members` stands in it twice.
    """
    found, blocks = _read(path, text)
    _refuse_two_local(path, blocks, members)
    return found


def bump_lockfile(path: str, text: str, versions: Mapping[str, str]) -> str:
    """`text` with the planned version of each member that it holds. A namesake from a registry stays as it is.

    Raises what `packages` raises.
    """
    lines = text.split("\n")
    _, blocks = _read(path, text)
    _refuse_two_local(path, blocks, versions)
    after = [_moved(block, versions) for block in blocks]
    for old, new in zip(blocks, after, strict=True):
        lines[old.version_line] = lines[old.version_line].replace(f'"{old.version}"', f'"{new.version}"')
    pairs = [pair for pair in zip(blocks, after, strict=True) if pair[0].table == _PACKAGE]
    names = {old.name for old, new in pairs if old != new}
    for number, line in enumerate(lines):
        entry = _ENTRY.fullmatch(line)
        if entry is not None and entry["name"] in names:
            namesakes = [pair for pair in pairs if pair[0].name == entry["name"]]
            meant = _meant(entry, namesakes)
            if meant is None:
                raise LockfileBroken(path, number + 1, f"`{line.strip()}` is none of the packages below")
            lines[number] = entry["before"] + _spelled(meant, [new for _, new in namesakes]) + entry["after"]
    return "\n".join(lines)


def _read(path: str, text: str) -> tuple[tuple[LockedPackage, ...], list[_Block]]:
    """As TOML, and by line: what is wrong with a package is told with its line."""
    lines = text.split("\n")
    require_no_mark(path, text)
    _check(path, lines)
    try:
        document = parse_toml(path, text)
        blocks = _blocks(path, lines)
        return _Lockfile.model_validate(document).package, blocks
    except NotToml as error:
        raise LockfileNotToml(path, error.reason) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise LockfileNotToml(path, f"`{'.'.join(map(str, first['loc']))}`: {first['msg']}") from error


def _refuse_two_local(path: str, blocks: list[_Block], members: Collection[str]) -> None:
    seen: set[str] = set()
    for block in blocks:
        if block.table == _PACKAGE and block.source is None and block.name in members:
            if block.name in seen:
                raise LockfileBroken(path, block.version_line + 1, f"a second package `{block.name}` without a source")
            seen.add(block.name)


def _moved(block: _Block, versions: Mapping[str, str]) -> _Block:
    return block._replace(version=versions.get(block.name, block.version)) if block.source is None else block


def _meant(entry: re.Match[str], namesakes: list[tuple[_Block, _Block]]) -> _Block | None:
    """The package, as it is afterwards, that `entry` named before. Without a source it is the local one."""
    fitting = [
        (old, new)
        for old, new in namesakes
        if entry["version"] in (None, old.version) and entry["source"] in (None, _without_commit(old.source))
    ]
    local = [new for old, new in fitting if old.source is None]
    return next(iter(local or [new for _, new in fitting]), None)


def _spelled(meant: _Block, namesakes: list[_Block]) -> str:
    """As short as cargo writes it: the version if namesakes have several, the source if one has the same version."""
    twins = [namesake for namesake in namesakes if namesake.version == meant.version]
    source = _without_commit(meant.source)
    if len(namesakes) == 1:
        return meant.name
    if len(twins) == 1 or source is None:
        return f"{meant.name} {meant.version}"
    return f"{meant.name} {meant.version} ({source})"


def _without_commit(source: str | None) -> str | None:
    """The commit of a Git source stands in `source`, and not in the entries of `dependencies`."""
    return None if source is None else source.partition("#")[0]


def _blocks(path: str, lines: list[str]) -> list[_Block]:
    starts = [number for number, line in enumerate(lines) if line.startswith("[")]
    return [
        _block(path, lines, start, end)
        for start, end in pairwise([*starts, len(lines)])
        if lines[start].strip() in (_PACKAGE, _UNUSED_PATCH)
    ]


def _check(path: str, lines: list[str]) -> None:
    for number, line in enumerate(lines, start=1):
        if _MERGE_MARKER.fullmatch(line):
            raise MergeMarkers(path, number)
    found = next(_formats(lines), None)
    if found not in _FORMATS:
        raise LockfileFormat(path, found)


def _formats(lines: list[str]) -> Iterator[str]:
    for line in lines:
        if line.startswith("["):
            return
        if match := _FORMAT.fullmatch(line):
            yield match[1]


def _block(path: str, lines: list[str], start: int, end: int) -> _Block:
    found = {
        match["key"]: (match["value"], number)
        for number in range(start + 1, end)
        if (match := _FIELD.fullmatch(lines[number]))
    }
    if "name" not in found or "version" not in found:
        raise LockfileBroken(path, start + 1, "a package without a name or a version")
    (name, _), (version, version_line) = found["name"], found["version"]
    source = found["source"][0] if "source" in found else None
    return _Block(lines[start].strip(), name, version, source, version_line)
