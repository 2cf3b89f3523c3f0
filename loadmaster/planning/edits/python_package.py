"""The version of a Python package that is built from a member: its `pyproject.toml`, text in, text out.

Knows where maturin, setuptools and Poetry keep a version. A `dynamic` version comes from the member's manifest; it stays.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Any

from loadmaster.planning.edits.toml_literals import KeyPath, Literal, replace_literals, value_at
from loadmaster.planning.values.toml_text import parse_toml

PYPROJECT = "pyproject.toml"

VERSION_PLACES: tuple[KeyPath, ...] = (("project", "version"), ("tool", "poetry", "version"))
"""Where a Python package may have its version."""


def bump_python(texts: Mapping[str, str], versions: Mapping[str, str]) -> dict[str, str]:
    """The `pyproject.toml`s in `texts` that change, by path.

    `versions` is the planned version by the member's directory. A package belongs to the member in its directory, or to the
    one that `tool.maturin.manifest-path` names. Raises `ByteOrderMark`, `NotToml` and `ManifestNotKept`.
    """
    after = {}
    for path, text in texts.items():
        if posixpath.dirname(path) not in versions and "manifest-path" not in text:
            continue  # somebody else's, and perhaps not even TOML
        document = parse_toml(path, text)
        version = versions.get(_folder_of_member(path, document))
        literals = [
            Literal(keys, version) for keys in VERSION_PLACES if version and isinstance(value_at(document, keys), str)
        ]
        if any(value_at(document, literal.keys) != literal.text for literal in literals):
            after[path] = replace_literals(path, text, literals)
    return after


def _folder_of_member(path: str, document: Mapping[str, Any]) -> str:
    setting = value_at(document, ("tool", "maturin", "manifest-path"))
    manifest = setting if isinstance(setting, str) else "Cargo.toml"
    return posixpath.dirname(posixpath.normpath(posixpath.join(posixpath.dirname(path), manifest)))
