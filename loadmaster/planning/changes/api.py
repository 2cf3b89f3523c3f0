"""What the comparisons of APIs say of planned versions: whether each is high enough for what changed."""

from __future__ import annotations

from collections.abc import Mapping

from loadmaster.planning.changes.level import allows
from loadmaster.planning.changes.survey import ApiSeen
from loadmaster.planning.registry.seen import Lint


def judge_apis(compared: Mapping[str, tuple[str, str, ApiSeen]]) -> Lint:
    """`compared` has, by package, the version that it was compared with, the planned one, and the comparison."""
    if not compared:
        return Lint(ran=False, why="no package has an earlier release, by its tags, to compare it with")
    findings = tuple(text for name in compared if (text := _finding(name, *compared[name])) is not None)
    unasked = {name: api.why for name, (_, _, api) in compared.items() if not api.asked}
    return Lint(
        ran=len(unasked) < len(compared),
        passed=not findings,
        why=_in_one(unasked) if unasked else "",
        findings=findings,
        unasked=tuple(f"`{name}`: {why}" for name, why in unasked.items()),
    )


def _finding(package: str, before: str, after: str, api: ApiSeen) -> str | None:
    if api.needs is None or allows(before, after, api.needs):
        return None
    found = "; ".join(api.findings) or "it names none"
    return f"`{package}` {after} comes after {before}, and its API needs a {api.needs} one: {found}"


def _in_one(unasked: Mapping[str, str]) -> str:
    """The reason, told once if it is the same for all."""
    whys = set(unasked.values())
    if len(whys) == 1:
        return whys.pop()
    return "; ".join(f"`{name}`: {why}" for name, why in unasked.items())
