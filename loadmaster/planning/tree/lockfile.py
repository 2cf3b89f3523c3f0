"""The members' versions in a Cargo.lock: text in, text out. Edits single lines and keeps every other byte.

Knows the layout that cargo writes (formats 3 and 4) and how it spells an entry of `dependencies` if packages share a
name. Does not resolve anything: what a member depends on, and in which version, stays as it is. Cargo would sort
namesakes by version when it next writes the file. Here they keep their order, and `--locked` accepts it.
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
    """None for what is in a directory: the members, and other packages by path."""
    version_line: int


class LockedPackage(BaseModel):
    """The fields of one `[[package]]` that matter here."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    version: str
    source: str | None = None
    """None for what is in a directory: the members, and other packages by path."""
    dependencies: tuple[str, ...] = ()


class _Lockfile(BaseModel):
    model_config = ConfigDict(extra="ignore")

    package: tuple[LockedPackage, ...] = ()


def packages(path: str, text: str, members: Collection[str] = ()) -> tuple[LockedPackage, ...]:
    """Every package in the lockfile `text`. `path` is for messages.

    Raises `ByteOrderMark`, `MergeMarkers`, `LockfileFormat`, `LockfileNotToml`, and `LockfileBroken`, also if one of
    `members` is in it twice.
    """
    locked, blocks = _parse(path, text)
    _refuse_two_local(path, blocks, members)
    return locked


def locked_line(path: str, text: str, name: str) -> int | None:
    """The line of a package's version in the lockfile `text`, which `packages` has taken: of the one without a source, if there
    is one. None if the package is not in it.
    """
    lines = text.split("\n")
    named = [block for block in _blocks(path, lines) if block.table == _PACKAGE and block.name == name]
    return next((block.version_line + 1 for block in sorted(named, key=lambda block: block.source or "")), None)


def bump_lockfile(path: str, text: str, versions: Mapping[str, str]) -> str:
    """`text` with the planned version of each member in it. A namesake from a registry stays as it is.

    Raises what `packages` raises.
    """
    lines = text.split("\n")
    _, blocks = _parse(path, text)
    _refuse_two_local(path, blocks, versions)
    after = [_bump(block, versions) for block in blocks]
    for old, new in zip(blocks, after, strict=True):
        lines[old.version_line] = lines[old.version_line].replace(f'"{old.version}"', f'"{new.version}"')
    pairs = [pair for pair in zip(blocks, after, strict=True) if pair[0].table == _PACKAGE]
    names = {old.name for old, new in pairs if old != new}
    for number, line in enumerate(lines):
        entry = _ENTRY.fullmatch(line)
        if entry is not None and entry["name"] in names:
            namesakes = [pair for pair in pairs if pair[0].name == entry["name"]]
            package = _resolve(entry, namesakes)
            if package is None:
                raise LockfileBroken(path, number + 1, f"`{line.strip()}` is none of the packages below")
            lines[number] = entry["before"] + _spelling(package, [new for _, new in namesakes]) + entry["after"]
    return "\n".join(lines)


def _parse(path: str, text: str) -> tuple[tuple[LockedPackage, ...], list[_Block]]:
    """The packages as TOML has them, and their lines, which messages name."""
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


def _bump(block: _Block, versions: Mapping[str, str]) -> _Block:
    return block._replace(version=versions.get(block.name, block.version)) if block.source is None else block


def _resolve(entry: re.Match[str], namesakes: list[tuple[_Block, _Block]]) -> _Block | None:
    """The package that `entry` named before the bump, with its new version. Without a source it is the local one."""
    fitting = [
        (old, new)
        for old, new in namesakes
        if entry["version"] in (None, old.version) and entry["source"] in (None, _strip_commit(old.source))
    ]
    local = [new for old, new in fitting if old.source is None]
    return next(iter(local or [new for _, new in fitting]), None)


def _spelling(package: _Block, namesakes: list[_Block]) -> str:
    """The package as cargo writes it in `dependencies`: as short as possible.

    It adds the version if the namesakes have several, and the source if another one has the same version.
    """
    twins = [namesake for namesake in namesakes if namesake.version == package.version]
    source = _strip_commit(package.source)
    if len(namesakes) == 1:
        return package.name
    if len(twins) == 1 or source is None:
        return f"{package.name} {package.version}"
    return f"{package.name} {package.version} ({source})"


def _strip_commit(source: str | None) -> str | None:
    """A package's `source` has the commit of a Git source; the entries of `dependencies` do not."""
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
    version = next(_formats(lines), None)
    if version not in _FORMATS:
        raise LockfileFormat(path, version)


def _formats(lines: list[str]) -> Iterator[str]:
    for line in lines:
        if line.startswith("["):
            return
        if match := _FORMAT.fullmatch(line):
            yield match[1]


def _block(path: str, lines: list[str], start: int, end: int) -> _Block:
    fields = {
        match["key"]: (match["value"], number)
        for number in range(start + 1, end)
        if (match := _FIELD.fullmatch(lines[number]))
    }
    if "name" not in fields or "version" not in fields:
        raise LockfileBroken(path, start + 1, "a package without a name or a version")
    (name, _), (version, version_line) = fields["name"], fields["version"]
    source = fields["source"][0] if "source" in fields else None
    return _Block(lines[start].strip(), name, version, source, version_line)
