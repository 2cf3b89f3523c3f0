"""The gate about owners: do those that the profile names own every crate?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from loadmaster.planning.permissions.facts import Facts
from loadmaster.planning.permissions.findings import Asked, Finding, Found
from loadmaster.planning.permissions.ownership import OwnersSeen, how_to_add, owners_of, quote
from loadmaster.planning.permissions.seen import CrateAnswers
from loadmaster.planning.values.gate import Outcome
from loadmaster.planning.values.permission_gate import PermissionGate


def owners(facts: Facts) -> Iterator[Finding]:
    expected = facts.style.owners
    for crate in facts.crates:
        if not expected:
            verdict = Found(Outcome.SKIP, "the profile names no owners")
        elif facts.is_new(crate):
            verdict = Found(Outcome.SKIP, "is new: whoever publishes it first owns it")
        else:
            verdict = _ownership(crate.name, expected, facts.crate(crate.name))
        yield verdict.at(PermissionGate.OWNERS, crate.name)


def _ownership(name: str, expected: Sequence[str], seen: CrateAnswers) -> Found:
    actual, asked = owners_of(seen), Asked.of(seen.owners)
    if isinstance(actual, str):
        return Found(
            Outcome.COULD_NOT_CHECK, actual, "ask the preflight again when the registry itself answers.", asked
        )
    known, wanted = ({login.lower() for login in logins} for logins in (actual.names, expected))
    missing = [login for login in expected if login.lower() not in known]
    extra = [login for login in actual.names if login.lower() not in wanted]
    if missing:
        what = f"{quote(missing)} {'does' if len(missing) == 1 else 'do'} not own it, but {quote(actual.names)}"
        return Found(Outcome.FAIL, what, " ".join(_way_out(login, name, actual) for login in missing), asked)
    if extra:
        what = f"is also owned by {quote(extra)}, whom the profile does not name"
        fix = f"if they are no longer wanted: `cargo owner --remove LOGIN {name}`; else add them to `registry.owners`."
        return Found(Outcome.PASS, what, fix, asked, is_warning=True)
    return Found(Outcome.PASS, f"is owned by {quote(actual.names)}, as the profile says", asked=asked)


def _way_out(login: str, name: str, actual: OwnersSeen) -> str:
    if (renamed := actual.on_github.get(login.lower())) is not None:
        return f"write `{renamed}` instead of `{login}` into `registry.owners`: GitHub calls that owner `{login}`."
    return how_to_add(login, name, actual)
