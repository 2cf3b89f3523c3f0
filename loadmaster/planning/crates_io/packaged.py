"""What crates.io would say about a packaged crate, before it is sent there: every rule that needs no registry. Pure.

crates.io stops at the first broken rule; this module finds all of them at once. Only the registry knows whether a name is
taken, by whom, and which versions are published. The limits are the general ones; crates.io raises them for some crates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from loadmaster.planning.crates_io.manifest import PackagedManifest, parse_packaged_manifest
from loadmaster.planning.crates_io.names import check_crate_name, check_not_reserved
from loadmaster.planning.crates_io.refusal import Refusal
from loadmaster.planning.crates_io.rules import MANIFEST_CHECKS, check_categories, check_version
from loadmaster.planning.crates_io.tarball import unpack
from loadmaster.planning.registry.crate_file import UNPACKED_LIMIT
from loadmaster.planning.values.value import Value

UPLOAD_LIMIT = 10 * 1024 * 1024
JSON_LIMIT = 1024 * 1024


class PackagedCrate(Value):
    """The result of the rules for one packaged crate."""

    name: str
    version: str
    problems: tuple[str, ...]
    """The broken rules, in crates.io's words and order; () if there are none."""
    dependencies: tuple[str, ...] = ()
    """The names on the registry of the crates that it depends on; () if its manifest cannot be read."""

    @property
    def id(self) -> str:
        return f"{self.name}@{self.version}"


def judge(crate: bytes, name: str, version: str, *, metadata_bytes: int = 0) -> PackagedCrate:
    """Checks a crate against all rules. `metadata_bytes` is the size of the JSON that an upload sends before the crate file."""
    problems = [*_refusals(lambda: check_crate_name(name)), *_refusals(lambda: check_version(version))]
    if metadata_bytes > JSON_LIMIT:
        problems.append(f"JSON metadata blob too large: {metadata_bytes} bytes, the limit is {JSON_LIMIT}")
    if len(crate) > UPLOAD_LIMIT:
        problems.append(f"max upload size is: {UPLOAD_LIMIT}; the packaged crate has {len(crate)} bytes")
    manifest: PackagedManifest | None = None
    try:
        contents = unpack(crate, f"{name}-{version}", UNPACKED_LIMIT)
        manifest = parse_packaged_manifest(contents.manifest, contents.paths)
    except Refusal as refusal:
        problems.append(refusal.detail)
    if manifest is not None:
        problems += _manifest_problems(manifest)
    problems += _refusals(lambda: check_not_reserved(name))
    crates = {dependency.crate for dependency in manifest.dependencies} if manifest else set()
    return PackagedCrate(name=name, version=version, problems=tuple(problems), dependencies=tuple(sorted(crates)))


def _manifest_problems(manifest: PackagedManifest) -> Iterator[str]:
    for check in MANIFEST_CHECKS:
        yield from _refusals(partial(check, manifest))
    yield from _refusals(lambda: check_categories(manifest.categories))


def _refusals(check: Callable[[], None]) -> list[str]:
    try:
        check()
    except Refusal as refusal:
        return [refusal.detail]
    return []
