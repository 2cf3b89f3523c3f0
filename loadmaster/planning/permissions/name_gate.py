"""The gate about names: does each crate exist in this spelling, or can it be created?

Two obstacles to a new name show nowhere but in an upload: a deletion in the last day, which the probe meets, and the
registry's own list of reserved names, which only a whole upload meets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadmaster.planning.crates_io.names import canonical, check_not_reserved
from loadmaster.planning.crates_io.refusal import Refusal
from loadmaster.planning.permissions.facts import Facts
from loadmaster.planning.permissions.findings import Asked, Finding, Found
from loadmaster.planning.permissions.ownership import OwnersSeen, owners_of, quote
from loadmaster.planning.permissions.probe_answers import RECENTLY_DELETED, reached_registry
from loadmaster.planning.permissions.reading import Document, Refused, interpret, why_unread
from loadmaster.planning.permissions.seen import CrateAnswers, Exchange
from loadmaster.planning.permissions.token_ownership import NOT_AN_OWNER
from loadmaster.planning.plan import Crate
from loadmaster.planning.profile.registry_style import Credential
from loadmaster.planning.values.gate import Outcome
from loadmaster.planning.values.permission_gate import PermissionGate

_FREE_AGAIN = re.compile(r"will be available after ([\dT:.+Z-]+?)\.?$")


def crate_exists(facts: Facts) -> Iterator[Finding]:
    for crate in facts.crates:
        yield _existence(facts, crate).at(PermissionGate.CRATE_EXISTS, crate.name)


def _existence(facts: Facts, crate: Crate) -> Found:
    seen = facts.crate(crate.name)
    if (spelled := _spelling(facts, crate.name)) is not None and spelled != crate.name:
        return _other_spelling(facts, seen, spelled)
    return _new(facts, crate, seen) if facts.is_new(crate) else _known(facts, crate, seen.crate)


def _known(facts: Facts, crate: Crate, exchange: Exchange) -> Found:
    newest = facts.registry.crates[crate.name][-1].version
    index = Asked(question=f"the index for `{crate.name}`", answer=f"it has `{newest}`")
    match interpret(exchange):
        case Document():
            return Found(Outcome.PASS, "exists", asked=(index, *Asked.of(exchange)))
        case Refused(status=404):
            what = (
                "the index has it, and the web API does not know it: it was deleted lately, or one of both lags behind"
            )
            return Found(Outcome.COULD_NOT_CHECK, what, "ask the preflight again later.", (index, *Asked.of(exchange)))
        case _:
            return Found(Outcome.PASS, "exists by the index; the web API did not say so", asked=(index,))


def is_spelled_otherwise(name: str, crate: Exchange) -> bool:
    """Whether the web API knows the crate by another spelling."""
    return _spelled_by_api(name, crate) not in (None, name)


def _spelling(facts: Facts, name: str) -> str | None:
    """The registry's spelling of the name, by its web API, which knows every spelling, else by its index."""
    return _spelled_by_api(name, facts.crate(name).crate) or facts.registry.spelled.get(name)


def _spelled_by_api(name: str, crate: Exchange) -> str | None:
    match interpret(crate):
        case Document(content={"crate": {"name": str(spelled)}}) if canonical(spelled) == canonical(name):
            return spelled
        case _:
            return None


def _other_spelling(facts: Facts, seen: CrateAnswers, spelled: str) -> Found:
    """Whose that crate is decides the way out: a name of somebody else's is lost."""
    owners, asked = owners_of(seen), Asked.of(seen.crate, seen.owners, seen.configs)
    what = f"is on the registry as `{spelled}`: both are the same name to it, and it refuses this spelling"
    taking, choosing = f"name the package `{spelled}`", "choose another name"
    if isinstance(owners, OwnersSeen):
        what = f"{what}; {quote(owners.names)} {'owns' if len(owners.names) == 1 else 'own'} that crate"
        profile = {login.lower() for login in facts.style.owners}
        if _may_read(seen.configs) or profile & {login.lower() for login in owners.names}:
            return Found(Outcome.FAIL, what, f"{taking}, or {choosing}.", asked)
        if profile or (_is_not_ours(seen.configs) and not owners.teams):
            return Found(Outcome.FAIL, what, f"{choosing}: that crate is somebody else's.", asked)
    return Found(Outcome.FAIL, what, f"if that crate is yours, {taking}; else {choosing}.", asked)


def _may_read(configs: Exchange | None) -> bool:
    return configs is not None and isinstance(interpret(configs), Document)


def _is_not_ours(configs: Exchange | None) -> bool:
    reading = interpret(configs) if configs is not None else None
    return isinstance(reading, Refused) and NOT_AN_OWNER in reading.detail


def _new(facts: Facts, crate: Crate, seen: CrateAnswers) -> Found:
    if seen.probe is not None and RECENTLY_DELETED in seen.probe.text:
        return _deleted(seen.probe)
    if facts.is_crates_io and (refusal := _reserved(crate.name)) is not None:
        what = f"is new, and crates.io reserves the name: `{refusal}`"
        source = Asked(question="crates.io's own list of reserved names", answer="the name is on it")
        return Found(Outcome.FAIL, what, "choose another name.", (source,))
    asked = Asked.of(seen.crate)
    if (unknown := _why_not_new(seen.crate)) is not None:
        return Found(Outcome.COULD_NOT_CHECK, unknown, "ask the preflight again later.", asked)
    if facts.style.credential_for(facts.action(crate)) is Credential.TRUSTED_PUBLISHING:
        what = "is new, and trusted publishing cannot create crates"
        return Found(Outcome.FAIL, what, bootstrap(facts, crate), asked)
    return _perhaps_free(facts, crate, seen)


def _perhaps_free(facts: Facts, crate: Crate, seen: CrateAnswers) -> Found:
    """A name that neither the index nor the web API knows. Only the upload itself shows whether it may be had."""
    asked, settle = Asked.of(seen.crate, seen.probe), "only the first upload shows that."
    if seen.probe is not None and reached_registry(seen.probe):
        what = "is new and was not deleted lately; whether the registry has the name on its own list of reserved ones is open"
        return Found(Outcome.COULD_NOT_CHECK, what, settle, asked)
    what = (
        "is new to the index and the web API; whether the name was deleted in the last day, or is on the registry's own list "
        "of reserved ones, is open"
    )
    if not facts.project.preflight.probe:
        settle = "`preflight.probe = true` in the profile shows a deletion; only the first upload shows a reservation."
    return Found(Outcome.COULD_NOT_CHECK, what, settle, asked)


def _deleted(probe: Exchange) -> Found:
    reading = interpret(probe)
    match = _FREE_AGAIN.search(reading.detail) if isinstance(reading, Refused) else None
    when = f"after {match[1]}" if match else "when the name is free again"
    fix = f"ask the preflight again {when}, or choose another name; help@crates.io can free it earlier."
    return Found(Outcome.FAIL, f"was deleted lately: {why_unread(reading)}", fix, Asked.of(probe))


def _reserved(name: str) -> str | None:
    try:
        check_not_reserved(name)
    except Refusal as refusal:
        return refusal.detail
    return None


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
