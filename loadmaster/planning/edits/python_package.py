"""The version of a Python package that is built from a member: its `pyproject.toml`, text in, text out.

Knows where maturin, setuptools and Poetry keep a version. A `dynamic` one comes from the member's manifest, and stays.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Any

from loadmaster.planning.edits.toml_literals import KeyPath, Literal, at, with_literals
from loadmaster.planning.values.toml_text import parse_toml

PYPROJECT = "pyproject.toml"

_PLACES: tuple[KeyPath, ...] = (("project", "version"), ("tool", "poetry", "version"))


def bump_python(texts: Mapping[str, str], versions: Mapping[str, str]) -> dict[str, str]:
    """Those of the `pyproject.toml`s in `texts`, by path, that change.

    `versions` is the planned version by the member's directory. A package belongs to the member beside it, or to the one
    that `tool.maturin.manifest-path` names. Raises `ByteOrderMark`, `NotToml` and `ManifestNotKept`.
    """
    after = {}
    for path, text in texts.items():
        if posixpath.dirname(path) not in versions and "manifest-path" not in text:
            continue  # somebody else's, and perhaps not even TOML
        document = parse_toml(path, text)
        version = versions.get(_folder_of_member(path, document))
        literals = [Literal(keys, version) for keys in _PLACES if version and isinstance(at(document, keys), str)]
        if any(at(document, literal.keys) != literal.text for literal in literals):
            after[path] = with_literals(path, text, literals)
    return after


def _folder_of_member(path: str, document: Mapping[str, Any]) -> str:
    told = at(document, ("tool", "maturin", "manifest-path"))
    manifest = told if isinstance(told, str) else "Cargo.toml"
    return posixpath.dirname(posixpath.normpath(posixpath.join(posixpath.dirname(path), manifest)))
