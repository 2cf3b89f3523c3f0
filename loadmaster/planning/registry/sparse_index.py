"""Where things lie in a sparse index: a crate's index file, and its `.crate`. cargo's rules, as text in and text out.

Knows addresses. Refuses to know who asks: the client and the rehearsal registry read the same rules here.
"""

from __future__ import annotations

from loadmaster.planning.tree.workspace import CRATES_IO

_MARKERS = ("{crate}", "{version}", "{prefix}", "{lowerprefix}", "{sha256-checksum}")


def crates_io_index() -> str:
    return f"sparse+https://index.{CRATES_IO}/"


def spellings(name: str) -> tuple[str, ...]:
    """What to ask for to find a crate whatever its `-` and `_`: as given, then with one of them throughout.

    To a registry they are one name, but its index knows only how the crate was spelled first.
    """
    return tuple(dict.fromkeys((name.lower(), name.lower().replace("_", "-"), name.lower().replace("-", "_"))))


def index_path(name: str) -> str:
    """Where the file of a crate lies below the index: `1/a`, `2/ab`, `3/a/abc`, `ab/cd/abcd`; always lower case."""
    lower = name.lower()
    return f"{_prefix(lower)}/{lower}"


def download_url(dl: str, name: str, version: str, checksum: str) -> str:
    """The address of a `.crate`: `dl` of `config.json` with its markers filled in, or, where it has none, continued."""
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
