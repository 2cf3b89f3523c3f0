"""Gates about what a crate needs and holds: are its dependencies on the registry, and does the packaged crate break a rule?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from loadmaster.planning.crates_io.packaged import PackagedCrate
from loadmaster.planning.permissions.facts import Facts
from loadmaster.planning.permissions.findings import Asked, Finding, Found
from loadmaster.planning.permissions.seen import NameSeen
from loadmaster.planning.values.gate import Outcome
from loadmaster.planning.values.permission_gate import PermissionGate


def dependency_names(facts: Facts) -> Iterator[Finding]:
    """crates.io checks that a dependency's name exists in exactly this spelling. It does not check its version."""
    for crate in facts.crates if facts.is_crates_io else ():
        seen = {needed: facts.seen.names.get(needed, _NOT_LOOKED_FOR) for needed in facts.needs.get(crate.name, ())}
        yield _names(seen).at(PermissionGate.DEPENDENCY_NAMES, crate.name)


_NOT_LOOKED_FOR = NameSeen(spelled=None, unread="nobody looked for it")


def _names(seen: dict[str, NameSeen]) -> Found:
    if not seen:
        return Found(Outcome.SKIP, "depends on no crate outside of this release")
    asked = (Asked(question=f"the index for {', '.join(f'`{name}`' for name in seen)}", answer=_told(seen)),)
    problems = [f"`{name}` {each}" for name, answer in seen.items() if (each := _problem(name, answer))]
    if problems:
        fix = "correct the name in its `Cargo.toml`, or publish that crate first."
        what = f"depends on crates that the registry does not have: {'; '.join(problems)}"
        return Found(Outcome.FAIL, what, fix, asked)
    unread = [f"`{name}`: {answer.unread.rstrip('.')}" for name, answer in seen.items() if answer.unread]
    if unread:
        return Found(Outcome.COULD_NOT_CHECK, "; ".join(unread), "ask the preflight again when the index answers.")
    return Found(Outcome.PASS, "needs only crates that are there, in this spelling", asked=asked)


def _problem(name: str, seen: NameSeen) -> str:
    if seen.unread or seen.spelled == name:
        return ""
    return "is not on the registry" if seen.spelled is None else f"is spelled `{seen.spelled}` there"


def _told(seen: dict[str, NameSeen]) -> str:
    missing = [name for name, answer in seen.items() if answer.spelled is None]
    return f"it has {len(seen) - len(missing)} of {len(seen)}"


def crate_rules(packaged: Sequence[PackagedCrate], *, is_crates_io: bool) -> Iterator[Finding]:
    """What crates.io would refuse in the packaged crates, in its own words. For another registry these are only warnings."""
    for crate in packaged:
        broken = bool(crate.problems)
        told = "; ".join(crate.problems)
        yield Finding(
            gate=PermissionGate.CRATE_RULES,
            where=crate.name,
            outcome=Outcome.FAIL if broken and is_crates_io else Outcome.PASS,
            what=f"breaks rules of crates.io: {told}" if broken else "breaks no rule of crates.io",
            fix=f"correct it in the manifest or the files of `{crate.name}`." if broken else "",
            asked=(
                Asked(question=f"the packaged `{crate.id}`, by crates.io's rules", answer=told or "none is broken"),
            ),
            is_warning=broken and not is_crates_io,
        )
