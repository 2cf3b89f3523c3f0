"""Whether a registry's `.crate` is the one that was packaged here. Two byte strings in, a verdict out.

Knows what can change if the same sources are packaged at another time:

- the gzip, which depends on cargo's compressor
- the tar's headers: older cargos wrote other times
- the commit in `.cargo_vcs_info.json`
- versions and checksums in the embedded `Cargo.lock`, which gets the newest compatible sibling of the day

Does not know registries.
"""

from __future__ import annotations

import hashlib

from loadmaster.planning.registry.crate_file import CrateFile, PackedFile, read_crate
from loadmaster.planning.registry.embedded_lock import LOCKFILE, compare_locks
from loadmaster.planning.values.json_text import read_json
from loadmaster.planning.values.state import ObjectState
from loadmaster.planning.values.value import Value

VCS_INFO = ".cargo_vcs_info.json"
EQUAL_BYTES = "the bytes are equal"


class Difference(Value):
    path: str
    """The path below the crate's own directory."""
    how: str
    """For a person: `here` is the packaged file, `there` the registry's."""


class Comparison(Value):
    state: ObjectState
    """`same`, `equivalent` or `different`. Bytes cannot show the other two."""
    code: str
    """What `why` says, for programs; `docs/receipt.md` lists them."""
    differs: tuple[Difference, ...] = ()
    """The differences, sorted by path. Empty if every file is equal."""
    why: str


def compare(ours: bytes, theirs: bytes, *, crate: str = "") -> Comparison:
    """Compares a packaged `.crate` with the one on the registry (design section 6). The state is the same if they are swapped.

    `crate` (`NAME@VERSION`) is for the text of an error. Raises `CrateFileBroken`.
    """
    if hashlib.sha256(ours).digest() == hashlib.sha256(theirs).digest():
        return Comparison(state=ObjectState.SAME, code="equal-bytes", why=EQUAL_BYTES)
    of_crate = f" of `{crate}`" if crate else ""
    here = read_crate(ours, f"The packaged `.crate`{of_crate}", keep=(VCS_INFO, LOCKFILE))
    there = read_crate(theirs, f"The registry's `.crate`{of_crate}", keep=(VCS_INFO, LOCKFILE))
    if here.tar_sha256 == there.tar_sha256:
        why = "the tar inside is equal, only its gzip differs"
        return Comparison(state=ObjectState.EQUIVALENT, code="equal-tar", why=why)
    return _compare_files(here, there)


def _compare_files(here: CrateFile, there: CrateFile) -> Comparison:
    if here.root != there.root:
        root = Difference(path=".", how=f"directory `{here.root}` here, `{there.root}` there")
        why = "it is another package or version"
        return Comparison(state=ObjectState.DIFFERENT, code="another-package", differs=(root,), why=why)
    paths = sorted(
        path for path in here.files.keys() | there.files.keys() if here.files.get(path) != there.files.get(path)
    )
    judged = {path: _judge(path, here, there) for path in paths}
    differs = tuple(Difference(path=path, how=how) for path, (how, _) in judged.items())
    foreign = [f"`{path}`" for path, (_, packaging_may_change) in judged.items() if not packaging_may_change]
    if foreign:
        why = f"these differ, and packaging cannot change them: {_some(foreign)}"
        return Comparison(state=ObjectState.DIFFERENT, code="other-files", differs=differs, why=why)
    if differs:
        why = f"only these differ, and packaging may change them: {', '.join(f'`{path}`' for path in paths)}"
        return Comparison(state=ObjectState.EQUIVALENT, code="packaging-differs", differs=differs, why=why)
    why = "every file is equal, only headers of the tar differ"
    return Comparison(state=ObjectState.EQUIVALENT, code="equal-files", why=why)


def _judge(path: str, here: CrateFile, there: CrateFile) -> tuple[str, bool]:
    """How the file differs, and whether packaging at another time explains the difference."""
    ours, theirs = here.files.get(path), there.files.get(path)
    if path not in (VCS_INFO, LOCKFILE):
        return _how(ours, theirs), False
    if ours is None or theirs is None:
        return _how(ours, theirs), True
    if ours.mode != theirs.mode:
        return _how(ours, theirs), False
    if path == LOCKFILE:
        return compare_locks(here.kept[path], there.kept[path])
    return f"{_origin(here.kept[path])} here, {_origin(there.kept[path])} there", True


def _origin(vcs_info: bytes) -> str:
    """The content of a `.cargo_vcs_info.json` in a few words. It is only informative, so anything may be in it."""
    try:
        git = read_json(vcs_info)["git"]
        commit = str(git["sha1"])[:12]
        return f"commit {commit}, dirty" if git.get("dirty") else f"commit {commit}"
    except (ValueError, LookupError, TypeError, AttributeError):
        return "no commit"


def _how(ours: PackedFile | None, theirs: PackedFile | None) -> str:
    if ours is None:
        return "only there"
    if theirs is None:
        return "only here"
    how = [f"mode {ours.mode:o} here, {theirs.mode:o} there"] if ours.mode != theirs.mode else []
    if ours.size != theirs.size:
        how.append(f"{ours.size} bytes here, {theirs.size} there")
    elif ours.sha256 != theirs.sha256:
        how.append("same size, other content")
    return "; ".join(how)


def _some(names: list[str], at_most: int = 5) -> str:
    shown = ", ".join(names[:at_most])
    return shown if len(names) <= at_most else f"{shown} and {len(names) - at_most} more"
