"""The modules `spdx_ids.py` and `category_slugs.py`, made of what crates.io itself reads; `scripts/snapshots` calls this.

`python -m loadmaster.planning.crates_io.snapshots spdx VERSION < identifiers.rs`, of the Rust crate `spdx` in that version;
`… categories DATE < categories.toml`, of crates.io's repository. Knows the shape of both, and refuses anything else.
"""

from __future__ import annotations

import re
import sys
import textwrap
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from loadmaster.planning.values.value import Value

_SPDX = '''"""The identifiers of SPDX that crates.io knows: those of its parser, the Rust crate `spdx`. Made by `scripts/snapshots`.

A snapshot, because it must be that list and no other: of the libraries for Python one knows no deprecated identifiers
and lacks several of the others, another one follows a newer list.
"""

from __future__ import annotations

LIST_VERSION = "{list_version}"
"""Of SPDX's list."""
CRATE_VERSION = "{crate_version}"
"""Of the crate `spdx` that carries it, as crates.io's server has it."""

_LICENSES = """
{licenses}
"""

LICENSES = frozenset(_LICENSES.split())

_EXCEPTIONS = """
{exceptions}
"""

EXCEPTIONS = frozenset(_EXCEPTIONS.split())
'''

_CATEGORIES = '''"""The slugs of crates.io's categories: those in `src/boot/categories.toml` there. Made by `scripts/snapshots`."""

from __future__ import annotations

COMMITTED = "{committed}"
"""The day of the commit that they were read at."""

_SLUGS = """
{slugs}
"""

CATEGORY_SLUGS = frozenset(_SLUGS.split())
'''


class SpdxList(Value):
    version: str
    licenses: frozenset[str]
    exceptions: frozenset[str]


def read_identifiers(source: str) -> SpdxList:
    """From `identifiers.rs`. Raises ValueError if it has another shape than it had so far."""
    version = re.search(r'^pub const VERSION: &str = "([\d.]+)";$', source, re.MULTILINE)
    if version is None:
        raise ValueError("no `VERSION` in the source of the identifiers")
    return SpdxList(version=version[1], licenses=_named(source, "License"), exceptions=_named(source, "Exception"))


def _named(source: str, kind: str) -> frozenset[str]:
    found = re.findall(rf'^    {kind} \{{\n        name: "([^"]+)",$', source, re.MULTILINE)
    if not found or len(found) != source.count(f"\n    {kind} {{"):
        raise ValueError(f"the entries `{kind}` have another shape than they had")
    return frozenset(found)


def read_slugs(source: str) -> frozenset[str]:
    """From `categories.toml`. Raises ValueError where it is no TOML or names no category."""
    slugs = frozenset(_slugs(tomllib.loads(source)))
    if not slugs:
        raise ValueError("no category in the file")
    return slugs


def _slugs(categories: Mapping[str, Any], above: str = "") -> Iterator[str]:
    for name, category in categories.items():
        yield f"{above}{name}"
        yield from _slugs(category.get("categories", {}), f"{above}{name}::")


def spdx_module(found: SpdxList, crate_version: str) -> str:
    return _SPDX.format(
        list_version=found.version,
        crate_version=crate_version,
        licenses=_wrapped(found.licenses),
        exceptions=_wrapped(found.exceptions),
    )


def categories_module(slugs: Iterable[str], committed: str) -> str:
    return _CATEGORIES.format(committed=committed, slugs=_wrapped(slugs))


def _wrapped(words: Iterable[str]) -> str:
    text = " ".join(sorted(words))
    lines = textwrap.wrap(text, width=112, break_long_words=False, break_on_hyphens=False)
    return textwrap.indent("\n".join(lines), "    ")


if __name__ == "__main__":
    made_of, version = sys.argv[1:]
    given = sys.stdin.read()
    made = {
        "spdx": lambda: spdx_module(read_identifiers(given), version),
        "categories": lambda: categories_module(read_slugs(given), version),
    }
    print(made[made_of](), end="")
