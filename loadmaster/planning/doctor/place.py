"""Where Loadmaster writes: the store, and the space that is left for it."""

from __future__ import annotations

from loadmaster.planning.doctor.check import Check, fail, failed, ok, warn
from loadmaster.planning.values.receipt import SHORT, Failure
from loadmaster.planning.values.value import Value

GB = 10**9
SCANTY = 2 * GB
"""A rehearsal of the demo takes 0.04 GB; what cargo builds of hundreds of dependencies takes some GB."""
TOO_LITTLE = GB // 5
"""Less than what cargo needs to build anything."""
_SHOWN = 5


class StoreSeen(Value):
    place: str
    caches: str
    is_there: bool = False
    format: int = 0
    """0: it does not say; one of 0.1 does not."""
    bytes: int = 0
    """On the disk, without the caches if those lie elsewhere."""
    cache_bytes: int = 0
    runs: int = 0
    broken: tuple[str, ...] = ()
    """The ids of runs whose records cannot be read."""
    failure: Failure | None = None
    """Why it cannot be used: it is a newer one, or cannot be read or written."""


class SpaceSeen(Value):
    what: str
    """What is kept there, such as `the store`."""
    path: str
    free: int | None
    """Bytes; None if the file system does not say."""


def judge_store(seen: StoreSeen) -> Check:
    if seen.failure is not None:
        return failed("store", seen.failure)
    if not seen.is_there:
        return ok("store", f"`{seen.place}`, which is made when it is needed")
    if seen.broken:
        named = ", ".join(f"`{run[:SHORT]}`" for run in seen.broken[:_SHOWN])
        told = f"`{seen.place}` has {len(seen.broken)} of {seen.runs} runs whose records cannot be read: {named}"
        return warn("store", told, "run `loadmaster runs`, which says why of each; no other run is affected")
    caches = "" if seen.caches == seen.place else f", and caches of {gigabytes(seen.cache_bytes)} in `{seen.caches}`"
    what = f"{seen.runs} runs, {gigabytes(seen.bytes)}{caches}"
    return ok("store", f"`{seen.place}`: format {seen.format}, {what}; it can be written")


def judge_disk(spaces: tuple[SpaceSeen, ...]) -> Check:
    known = [(space.free, space) for space in spaces if space.free is not None]
    if not known:
        return warn("disk", "no file system here says how much space is left", "run `df -h`, and look for yourself")
    told = ", ".join(f"{gigabytes(free)} for {space.what}" for free, space in known)
    least, place = min(known, key=lambda one: one[0])
    fix = "run `loadmaster prune --older-than 0`, which removes what finished runs and builds left"
    if least < TOO_LITTLE:
        return fail("disk", f"{told} are free, and that is too little in `{place.path}`", fix)
    if least < SCANTY:
        return warn("disk", f"{told} are free; a larger workspace needs more in `{place.path}`", fix)
    return ok("disk", f"{told} are free")


def gigabytes(size: int) -> str:
    return f"{size / GB:.1f} GB" if size >= GB else f"{size / 10**6:.1f} MB"
