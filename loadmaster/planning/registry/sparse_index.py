"""The addresses of a sparse index: of a crate's index file, and of its `.crate`. cargo's rules, text in and text out.

Knows addresses only. The client and the rehearsal registry use the same rules from here.
"""

from __future__ import annotations

from loadmaster.planning.tree.workspace import CRATES_IO

_MARKERS = ("{crate}", "{version}", "{prefix}", "{lowerprefix}", "{sha256-checksum}")


def crates_io_index() -> str:
    return f"sparse+https://index.{CRATES_IO}/"


def spellings(name: str) -> tuple[str, ...]:
    """The names to ask for in order to find a crate: as given, then with only `-`, then with only `_`.

    To a registry these are the same name, but its index has only the spelling that was published first.
    """
    return tuple(dict.fromkeys((name.lower(), name.lower().replace("_", "-"), name.lower().replace("-", "_"))))


def index_path(name: str) -> str:
    """The path of a crate's file in the index: `1/a`, `2/ab`, `3/a/abc`, `ab/cd/abcd`. It is always lower case."""
    lower = name.lower()
    return f"{_prefix(lower)}/{lower}"


def download_url(dl: str, name: str, version: str, checksum: str) -> str:
    """The address of a `.crate`: `dl` of `config.json` with its markers replaced. Without markers, cargo's suffix is added."""
    if not any(marker in dl for marker in _MARKERS):
        return f"{dl}/{name}/{version}/download"
    prefix = _prefix(name)
    for marker, value in zip(_MARKERS, (name, version, prefix, prefix.lower(), checksum), strict=True):
        dl = dl.replace(marker, value)
    return dl


def _prefix(name: str) -> str:
    match len(name):
        case 1 | 2:
            return str(len(name))
        case 3:
            return f"3/{name[0]}"
        case _:
            return f"{name[:2]}/{name[2:4]}"
