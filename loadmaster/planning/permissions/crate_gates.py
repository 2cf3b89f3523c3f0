"""Gates about each crate by itself: does its name exist, who owns it, what does it need, does it break a rule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from loadmaster.planning.crates_io.names import canonical
from loadmaster.planning.crates_io.packaged import PackagedCrate
from loadmaster.planning.permissions.facts import Facts
from loadmaster.planning.permissions.findings import Finding
from loadmaster.planning.permissions.reading import Document, Refused, interpret, why_unread
from loadmaster.planning.permissions.seen import CrateAnswers, Exchange, NameSeen
from loadmaster.planning.plan import Crate
from loadmaster.planning.profile.registry_style import Credential
from loadmaster.planning.values.gate import Outcome
from loadmaster.planning.values.permission_gate import PermissionGate

RECENTLY_DELETED = "was recently deleted"


class OwnersSeen(NamedTuple):
    users: tuple[str, ...]
    teams: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.users, *self.teams)


def crate_exists(facts: Facts) -> Iterator[Finding]:
    for crate in facts.crates:
        outcome, what, fix = _existence(facts, crate)
        yield Finding(
            gate=PermissionGate.CRATE_EXISTS,
            where=crate.name,
            outcome=outcome,
            what=what,
            fix=fix,
            evidence=facts.crate(crate.name).crate,
        )


def _existence(facts: Facts, crate: Crate) -> tuple[Outcome, str, str]:
    seen = facts.crate(crate.name)
    if (spelled := _spelling(facts, crate.name)) is not None and spelled != crate.name:
        return (
            Outcome.FAIL,
            f"is on the registry as `{spelled}`: both are the same name to it, and it refuses this spelling",
            f"name the package `{spelled}`, or choose another name.",
        )
    if seen.probe is not None and RECENTLY_DELETED in seen.probe.text:
        return (
            Outcome.FAIL,
            why_unread(interpret(seen.probe)),
            "wait until then, or choose another name; the registry's team can free it: help@crates.io.",
        )
    if not facts.is_new(crate):
        return Outcome.PASS, "exists", ""
    if (unknown := _why_not_new(seen.crate)) is not None:
        return Outcome.COULD_NOT_CHECK, unknown, ""
    if facts.style.credential_for(facts.action(crate)) is Credential.TRUSTED_PUBLISHING:
        return Outcome.FAIL, "is new, and trusted publishing cannot create crates", bootstrap(facts, crate)
    return Outcome.PASS, "is new: the token needs the scope `publish-new`", ""


def _spelling(facts: Facts, name: str) -> str | None:
    """The registry's spelling of the name, by its web API, which knows every spelling, else by its index."""
    match interpret(facts.crate(name).crate):
        case Document(content={"crate": {"name": str(spelled)}}) if canonical(spelled) == canonical(name):
            return spelled
        case _:
            return facts.registry.spelled.get(name)


def _why_not_new(exchange: Exchange) -> str | None:
    """Why the web API does not confirm that the crate is new; None if it does. The index does not have the crate."""
    match reading := interpret(exchange):
        case Refused(status=404):
            return None
        case Document():
            return "the registry knows the name, but its index has no version of it"
        case _:
            return why_unread(reading)


def bootstrap(facts: Facts, crate: Crate) -> str:
    """The steps that bring this new crate under trusted publishing."""
    wanted = facts.style.trusted_publishing
    configured = (
        f"repository `{wanted.repository}`, workflow `{wanted.workflow}`"
        + (f", environment `{wanted.environment}`" if wanted.environment else "")
        if wanted
        else "the repository and the workflow that publish"
    )
    return (
        f'give new crates an API token with the scope `publish-new` (`registry.credentials.new = "token"`), or publish '
        f"a first version of `{crate.name}` by hand; then add {configured} at "
        f"https://crates.io/crates/{crate.name}/settings, and publish by trusted publishing from then on."
    )


def owners(facts: Facts) -> Iterator[Finding]:
    expected = facts.style.owners
    for crate in facts.crates:
        seen = facts.crate(crate.name)
        if not expected:
            outcome, what, fix, warns = Outcome.SKIP, "the profile names no owners", "", False
        elif facts.is_new(crate):
            outcome, what, fix, warns = Outcome.SKIP, "is new: whoever publishes it first owns it", "", False
        else:
            outcome, what, fix, warns = _ownership(crate.name, expected, seen)
        yield Finding(
            gate=PermissionGate.OWNERS,
            where=crate.name,
            outcome=outcome,
            what=what,
            fix=fix,
            evidence=seen.owners,
            is_warning=warns,
        )


def _ownership(name: str, expected: Sequence[str], seen: CrateAnswers) -> tuple[Outcome, str, str, bool]:
    actual = owners_of(seen)
    if isinstance(actual, str):
        return Outcome.COULD_NOT_CHECK, actual, "", False
    known, wanted = ({login.lower() for login in logins} for logins in (actual.names, expected))
    missing = [login for login in expected if login.lower() not in known]
    extra = [login for login in actual.names if login.lower() not in wanted]
    if missing:
        by_team = not actual.users
        only = ", which only teams own: their members may publish, but cannot manage owners" if by_team else ""
        what = f"{_quote(missing)} {'does' if len(missing) == 1 else 'do'} not own it{only}"
        adding = "; ".join(f"`cargo owner --add {login} {name}`" for login in missing)
        fix = f"let one of {_quote(actual.names)} run {adding}; a user then accepts at https://crates.io/me/pending-invites."
        return Outcome.FAIL, what, fix, False
    if extra:
        fix = f"if they are no longer wanted: `cargo owner --remove LOGIN {name}`; else add them to `registry.owners`."
        return Outcome.PASS, f"is also owned by {_quote(extra)}, whom the profile does not name", fix, True
    return Outcome.PASS, "is owned as the profile says", "", False


def owners_of(seen: CrateAnswers) -> OwnersSeen | str:
    """Users and teams, or the reason why they are not known."""
    if seen.owners is None:
        return "nobody asked for its owners"
    match reading := interpret(seen.owners):
        case Document(content={"users": list(entries)}) if all(_is_owner(entry) for entry in entries):
            logins = [(str(entry["login"]), entry.get("kind")) for entry in entries]
            return OwnersSeen(
                users=tuple(login for login, kind in logins if kind != "team"),
                teams=tuple(login for login, kind in logins if kind == "team"),
            )
        case _:
            return why_unread(reading)


def _is_owner(entry: Any) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("login"), str)


def _quote(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "nobody"


def dependency_names(facts: Facts) -> Iterator[Finding]:
    """crates.io checks that a dependency's name exists in exactly this spelling. It does not check its version."""
    for crate in facts.crates if facts.is_crates_io else ():
        problems, unread = [], []
        for needed in facts.needs.get(crate.name, ()):
            seen = facts.seen.names.get(needed, NameSeen(spelled=None, unread="nobody looked for it"))
            if seen.unread:
                unread.append(f"`{needed}`: {seen.unread}")
            elif seen.spelled is None:
                problems.append(f"`{needed}` is not on the registry")
            elif seen.spelled != needed:
                problems.append(f"`{needed}` is spelled `{seen.spelled}` there")
        yield _names_finding(crate.name, problems, unread)


def _names_finding(crate: str, problems: Sequence[str], unread: Sequence[str]) -> Finding:
    gate = PermissionGate.DEPENDENCY_NAMES
    if problems:
        fix = "correct the name in its `Cargo.toml`, or publish that crate first."
        what = f"depends on crates that the registry does not have: {'; '.join(problems)}"
        return Finding(gate=gate, where=crate, outcome=Outcome.FAIL, what=what, fix=fix)
    if unread:
        return Finding(gate=gate, where=crate, outcome=Outcome.COULD_NOT_CHECK, what="; ".join(unread))
    return Finding(gate=gate, where=crate, outcome=Outcome.PASS)


def crate_rules(packaged: Sequence[PackagedCrate], *, is_crates_io: bool) -> Iterator[Finding]:
    """What crates.io would refuse in the packaged crates, in its own words. For another registry these are only warnings."""
    for crate in packaged:
        broken = bool(crate.problems)
        yield Finding(
            gate=PermissionGate.CRATE_RULES,
            where=crate.name,
            outcome=Outcome.FAIL if broken and is_crates_io else Outcome.PASS,
            what=f"breaks rules of crates.io: {'; '.join(crate.problems)}" if broken else "breaks no rule of crates.io",
            fix=f"correct it in the manifest or the files of `{crate.name}`." if broken else "",
            is_warning=broken and not is_crates_io,
        )
