"""Which packages are to be checked with which Rust version, and what the checks say together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from loadmaster.planning.registry.seen import Lint
from loadmaster.planning.tree.workspace import Package


def by_rust_version(packages: Iterable[Package]) -> Mapping[str, tuple[str, ...]]:
    """The names of the packages that declare a Rust version, by that version, the newest first: most packages have it."""
    names: dict[str, list[str]] = {}
    for package in packages:
        if package.rust_version:
            names.setdefault(package.rust_version, []).append(package.name)
    return {rust: tuple(sorted(names[rust])) for rust in sorted(names, key=_numbers, reverse=True)}


def _numbers(rust: str) -> list[int]:
    return [int(part) if part.isdigit() else 0 for part in rust.partition("-")[0].split(".")]


def together(checks: Iterable[tuple[str, tuple[str, ...], Lint]]) -> Lint:
    """One judgement of the checks of each Rust version with its packages: what failed, and what could not be looked at."""
    listed = list(checks)
    findings = tuple(
        f"{_subject(rust, names)}: {lint.why}" for rust, names, lint in listed if lint.ran and not lint.passed
    )
    unasked = tuple(f"{_subject(rust, names)}: {lint.why}" for rust, names, lint in listed if not lint.ran)
    return Lint(
        ran=len(unasked) < len(listed), passed=not findings, why="; ".join(unasked), findings=findings, unasked=unasked
    )


def _subject(rust: str, names: tuple[str, ...]) -> str:
    return f"{', '.join(f'`{name}`' for name in names)} with Rust {rust}"
