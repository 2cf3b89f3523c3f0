"""The gate about API tokens: is each alive until the end, and may it publish each crate? It knows only what was answered.

Whether a token may publish a crate has two halves. The probe shows scope, pattern and e-mail, and ends before the registry
looks at the crate's owners. Who owns the crate, `token_ownership` finds out. A crate passes if both halves did.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from loadmaster.planning.crates_io.tokens import TRUSTED_LIFE
from loadmaster.planning.permissions.facts import Facts
from loadmaster.planning.permissions.findings import Asked, Finding, Found
from loadmaster.planning.permissions.probe_answers import cannot_create, judge_probe
from loadmaster.planning.permissions.registry_gates import predict_publishing
from loadmaster.planning.permissions.seen import TokenSeen
from loadmaster.planning.permissions.token_answers import (
    NO_PERMISSION,
    SCOPE,
    TOKENS_PAGE,
    TokenRights,
    is_dead,
    liveness,
    renewal,
    rights_of,
)
from loadmaster.planning.permissions.token_ownership import judge_ownership, owned_apart, refuses
from loadmaster.planning.plan import Crate
from loadmaster.planning.profile.registry_style import Credential
from loadmaster.planning.values.gate import Outcome
from loadmaster.planning.values.permission_gate import PermissionGate
from loadmaster.planning.values.rates import Action

SOON = timedelta(minutes=5)
"""If publishing takes no longer, a token that is alive is taken to last. Any token may end while the first crate is uploaded."""


def token(facts: Facts) -> Iterator[Finding]:
    """Whether each token is valid until the end; then, for each crate, whether its token may publish it."""
    users: dict[TokenSeen, list[Action]] = {}
    for action, seen in facts.seen.tokens.items():
        users.setdefault(seen, []).append(action)
    for seen, actions in users.items():
        where = "token for new crates" if actions == [Action.NEW] else "token"
        for verdict in _verdicts_on_token(facts, seen, actions):
            yield verdict.at(PermissionGate.TOKEN, where)
    for crate in facts.crates:
        yield _permission(facts, crate).at(PermissionGate.TOKEN, crate.name)


def _verdicts_on_token(facts: Facts, seen: TokenSeen, actions: list[Action]) -> Iterator[Found]:
    if seen.unusable:
        fails = seen.is_broken or (facts.publishes and not seen.is_unknown)
        yield Found(Outcome.FAIL if fails else Outcome.COULD_NOT_CHECK, seen.unusable, seen.way_out)
        return
    yield liveness(seen, [SCOPE[action] for action in actions])
    if not seen.is_minted and not is_dead(seen):
        if (apart := owned_apart(facts, seen)) is not None:
            yield apart
        yield from _life(seen, facts.seen.at, timedelta(seconds=predict_publishing(facts).seconds))


def _life(seen: TokenSeen, now: datetime, needed: timedelta) -> Iterator[Found]:
    """Whether the token lives until publishing can have ended. Nothing is said of a release that ends soon."""
    end = now + needed
    takes = (
        f"publishing takes about {needed.total_seconds() / 60:.0f} min, until {end:%Y-%m-%d %H:%M} UTC at the earliest"
    )
    renew = f"make a token that lives longer at {TOKENS_PAGE}, put it into {seen.source}, and its end into the profile"
    if seen.expires is not None:
        asked = (Asked(question="the profile, for the token's end", answer=f"{seen.expires:%Y-%m-%d %H:%M %Z}"),)
        if seen.expires <= end:
            what = f"in {seen.source} expires at {seen.expires:%Y-%m-%d %H:%M %Z}, as the profile says, and {takes}"
            yield Found(Outcome.FAIL, what, f"{renew} (`registry.credentials`).", asked)
        else:
            yield Found(Outcome.PASS, f"in {seen.source} outlives the release: {takes}", asked=asked)
    elif seen.is_short_lived and needed > TRUSTED_LIFE:
        what = f"in {seen.source} is one of trusted publishing, which lives for 30 minutes from its making, and {takes}"
        fix = 'let Loadmaster make and renew it: `registry.credential = "trusted-publishing"`.'
        yield Found(Outcome.FAIL, what, fix)
    elif needed > SOON:
        what = f"whether the one in {seen.source} lives long enough, no answer of the registry shows: {takes}"
        settle = (
            f"look up its end at {TOKENS_PAGE}, and write it into the profile as `registry.credentials.token_expires`."
        )
        yield Found(Outcome.COULD_NOT_CHECK, what, settle)


def _permission(facts: Facts, crate: Crate) -> Found:
    action, seen = facts.action(crate), facts.token(crate)
    if facts.style.credential_for(action) is Credential.TRUSTED_PUBLISHING:
        return _by_trusted_publishing(facts, crate)
    if seen is None or seen.unusable:
        return Found(
            Outcome.COULD_NOT_CHECK, "nobody could ask without a token", "a token that can be used, see `token`."
        )
    if is_dead(seen):
        why = f"{seen.named} can do nothing, so it was asked nothing about the crate"
        return Found(Outcome.COULD_NOT_CHECK, why, "renew the token, and ask the preflight again.")
    if seen.is_short_lived:
        return _by_short_lived(facts, crate, seen)
    parts = [_rights(facts, crate, seen)]
    if action is Action.UPDATE:
        parts.append(judge_ownership(facts.crate(crate.name), crate.name, seen))
    return _together(parts, f"{seen.named} may publish it (`{SCOPE[action]}`)")


def _together(parts: list[Found], passed: str) -> Found:
    """A failure if any part fails, an open question if any is open; it tells the parts that decide it, with what is known."""
    outcome = next(
        (each for each in (Outcome.FAIL, Outcome.COULD_NOT_CHECK) if any(part.outcome is each for part in parts)),
        Outcome.PASS,
    )
    asked = tuple(dict.fromkeys(each for part in parts for each in part.asked))
    if outcome is Outcome.PASS:
        more = [part.what for part in parts[1:]]
        return Found(outcome, " and ".join([passed, *more]), asked=asked)
    told = parts if outcome is Outcome.COULD_NOT_CHECK else [part for part in parts if part.outcome is outcome]
    fixes = [part.fix for part in told if part.fix]
    return Found(outcome, "; ".join(part.what for part in told), " ".join(fixes), asked)


def _by_trusted_publishing(facts: Facts, crate: Crate) -> Found:
    seen, probe = facts.token(crate), facts.crate(crate.name).probe
    if probe is not None and seen is not None:
        verdict = judge_probe(crate.name, facts.action(crate), seen, probe)
        return verdict if verdict.outcome is not Outcome.PASS else verdict._replace(what=f"{seen.named} may publish it")
    if seen is not None and seen.unusable and facts.inquiry(crate.name).probe:
        return Found(Outcome.COULD_NOT_CHECK, f"the probe could not ask: {seen.unusable}", seen.way_out)
    return Found(Outcome.SKIP, "is published with a token that is made when it is needed")


def _by_short_lived(facts: Facts, crate: Crate, seen: TokenSeen) -> Found:
    """By a token of trusted publishing that somebody else made. Owners do not count for it."""
    probe = facts.crate(crate.name).probe
    if facts.action(crate) is Action.NEW:
        return cannot_create(seen)
    if probe is None:
        what = f"whether a configuration of the crate accepts {seen.named} is open"
        return Found(Outcome.COULD_NOT_CHECK, what, _what_asks(facts, crate))
    verdict = judge_probe(crate.name, Action.UPDATE, seen, probe)
    return verdict if verdict.outcome is not Outcome.PASS else verdict._replace(what=f"{seen.named} may publish it")


def _rights(facts: Facts, crate: Crate, seen: TokenSeen) -> Found:
    """Scope, pattern and e-mail: by the probe, else as far as other answers to the same token show them."""
    action, answers = facts.action(crate), facts.crate(crate.name)
    renew = renewal(
        seen.source, [SCOPE[each] for each, other in facts.seen.tokens.items() if other == seen], crate.name
    )
    has_scope = rights_of(seen) in (TokenRights.CONFIGS, TokenRights.ALL)
    if has_scope and refuses(answers.configs, seen, NO_PERMISSION):
        what = (
            f"no pattern of {seen.named} fits it (case counts in patterns, and `-` is not `_`): it may read other crates' "
            "configurations, and not this one's"
        )
        return Found(Outcome.FAIL, what, renew, Asked.of(answers.configs, seen.configs_of_user, answers.probe))
    if answers.probe is not None:
        return judge_probe(crate.name, action, seen, answers.probe, renew)
    if rights_of(seen) is TokenRights.ALL:
        pattern = "" if answers.configs is not None else "whether a pattern keeps it from this crate, and "
        what = (
            f"{seen.named} has no scopes, and so lacks none; {pattern}whether its account's e-mail is verified, is open"
        )
    else:
        what = f"whether {seen.named} may `{SCOPE[action]}` it, and whether its account's e-mail is verified, is open"
    return Found(Outcome.COULD_NOT_CHECK, what, _what_asks(facts, crate), Asked.of(seen.configs_of_user))


def _what_asks(facts: Facts, crate: Crate) -> str:
    if not facts.project.preflight.probe:
        return "`preflight.probe = true` in the profile asks that."
    if not facts.inquiry(crate.name).probe:
        return "only its upload shows it: more probes would use up the limit that the release needs."
    return "ask the preflight again."
