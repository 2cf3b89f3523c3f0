"""On which line a manifest says something. Text in, number out; the manifest has been read before."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from loadmaster.planning.tree.key_lines import SettingPath, toml_lines
from loadmaster.planning.tree.workspace import Dependency
from loadmaster.planning.values.wire_spelling import cfg_as_cargo_writes_it

_TABLES = {"normal": "dependencies", "dev": "dev-dependencies", "build": "build-dependencies"}


@lru_cache(maxsize=16)
def _lines(text: str) -> Mapping[SettingPath, int]:
    """One text is asked for each of its problems. A key that only a newer TOML has leaves the text without lines."""
    try:
        return toml_lines(text)
    except ValueError:
        return {}


def setting_line(text: str, *places: SettingPath) -> int | None:
    """The line of the first of these settings that the text has, from 1; None if it has none of them."""
    lines = _lines(text)
    return next((lines[place] for place in places if place in lines), None)


def package_line(text: str, key: str) -> int | None:
    """The line of a field of `[package]`, or of that table's header where the field is missing."""
    return setting_line(text, ("package", key), ("package",))


def dependency_line(text: str, dependency: Dependency) -> int | None:
    """The line on which the entry of a dependency begins; None if it stands within a table of one line."""
    lines, table = _lines(text), _TABLES[dependency.kind]
    targets = {str(place[1]) for place in lines if place[0] == "target" and len(place) > 1}
    above: list[SettingPath] = [
        ("target", target)
        for target in sorted(targets)
        if dependency.target is not None and cfg_as_cargo_writes_it(target) == dependency.target
    ]
    tables = (table, table.replace("-", "_"))
    key = dependency.rename or dependency.name
    return setting_line(text, *((*outer, each, key) for outer in above or [()] for each in tables))
