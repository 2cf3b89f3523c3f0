"""The asset contract: whether a forge release has exactly the files that the profile promises, whole, with true checksums.

Pure. Assay's v3.10.1 had a checksum file with CRLF; up to v3.36.0 its checksum files named paths that nobody has, so that
`sha256sum -c` failed for every user; v3.33.0 found an empty release in its place.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches

from loadmaster.planning.forge.releases import Asset

SUFFIX = ".sha256"
_LINE = re.compile(r"(?P<digest>[0-9a-fA-F]{64})  (?P<name>[^\n\r]+)\n")


def lacking(promised: Collection[str], assets: Sequence[Asset], ours: Collection[str]) -> Iterator[str]:
    """What is missing, not whole, or there although nobody promised it. `ours` are assets of Loadmaster's own."""
    there = {asset.name: asset for asset in assets}
    strangers = sorted(set(there) - set(promised) - set(ours))
    for name in sorted(promised):
        asset = there.get(name)
        if asset is None:
            like = get_close_matches(name, strangers, n=1, cutoff=0.8)
            yield f"`{name}` is missing" + (f", and `{like[0]}` is there, which nobody promised" if like else "")
            strangers = [each for each in strangers if each not in like]
        elif not asset.is_complete:
            yield f"the upload of `{name}` broke off"
        elif asset.size == 0:
            yield f"`{name}` is empty"
    for name in strangers:
        yield f"`{name}` is there, which nobody promised"


def broken_checksums(checksums: Mapping[str, str], digests: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with each checksum file. `checksums` are their texts by name, `digests` the SHA-256 of all assets by name."""
    for file, text in sorted(checksums.items()):
        about = file.removesuffix(SUFFIX)
        line = _LINE.fullmatch(text)
        if line is None:
            yield f"`{file}` {_not_a_line(text)}"
        elif line["name"] != about:
            yield f"`{file}` is about `{line['name'][:80]}`, and not about `{about}`"
        elif about not in digests:
            yield f"`{file}` is there without `{about}`"
        elif line["digest"].lower() != digests[about]:
            yield f"`{file}` says `{line['digest'][:12]}…`, and `{about}` has `{digests[about][:12]}…`"


def _not_a_line(text: str) -> str:
    if "\r" in text:
        return "ends its line with CR and LF, which `sha256sum -c` takes as part of the name"
    if not text.endswith("\n"):
        return "does not end with a line feed"
    if text.count("\n") > 1:
        return "has more than one line"
    return "is not one line of a digest, two blanks and the file's name"


def misreported(reported: Mapping[str, str | None], served: Mapping[str, str]) -> Iterator[str]:
    """The assets whose bytes have another digest than the forge lists."""
    for name, digest in sorted(served.items()):
        if (listed := reported.get(name)) is not None and listed != digest:
            yield f"the forge lists `{listed[:12]}…` for `{name}`, and serves `{digest[:12]}…`"


def checksum_files(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name.endswith(SUFFIX))
