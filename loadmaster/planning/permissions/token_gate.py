"""The gate about API tokens: is the token valid, and may it publish each crate? It finds out what it can before an upload.

crates.io has no request that shows a token's scopes:

- `/me` answers every token with 403. Only the text shows whether the token is valid.
- A request that only tokens with scopes may make distinguishes these from legacy tokens, which may do everything.
- Only an upload shows the rest. An upload that ends after its metadata is always refused: either for a reason that matters
  here, or because it is incomplete.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from loadmaster.planning.permissions.crate_gates import RECENTLY_DELETED
from loadmaster.planning.permissions.facts import Facts
from loadmaster.planning.permissions.findings import Finding
from loadmaster.planning.permissions.reading import Refused, interpret, why_unread
from loadmaster.planning.permissions.seen import Exchange, TokenSeen
from loadmaster.planning.plan import Crate
from loadmaster.planning.profile.registry_style import Credential
from loadmaster.planning.values.gate import Outcome
from loadmaster.planning.values.permission_gate import PermissionGate
from loadmaster.planning.values.rates import Action

TOKENS_PAGE = "https://crates.io/settings/tokens"
PROFILE_PAGE = "https://crates.io/settings/profile"
_LEGACY = "cannot be used with legacy API tokens"
_PASSED_ALL = "invalid tarball length"
"""The answer of a server whose only objection to an upload is that the crate file is missing."""
_JUDGED = (400, 401, 403)

_SCOPE = {Action.NEW: "publish-new", Action.UPDATE: "publish-update"}
_PURPOSE = {Action.NEW: "token for new crates", Action.UPDATE: "token"}


class _Verdict(NamedTuple):
    outcome: Outcome
    what: str
    fix: str = ""


_RENEW = f"make a token at {TOKENS_PAGE} with the scopes `publish-update` and, for new crates, `publish-new`."
_ANSWERS_OF_ME = {
    "can only be performed on the crates.io website": _Verdict(Outcome.PASS, "is alive"),
    "authentication failed": _Verdict(Outcome.FAIL, "is unknown, revoked or expired", _RENEW),
    "requires authentication": _Verdict(Outcome.FAIL, "did not arrive", "check whether a proxy removes headers."),
    "does not match the format": _Verdict(
        Outcome.FAIL, "is malformed: tokens of crates.io begin with `cio`", f"paste it again, or {_RENEW}"
    ),
    "This account is": _Verdict(Outcome.FAIL, "belongs to a locked account", "write to help@crates.io."),
}
"""All of these have the status 403 or 401. Only the text distinguishes them."""

_ANSWERS_OF_PROBE = {
    "does not have the required permissions": (
        "is not covered by the token: it lacks the scope `{scope}`, or no pattern of its crates fits `{name}` (case "
        "counts in patterns, and `-` is not `_`)",
        f"make a token at {TOKENS_PAGE} with the scope `{{scope}}` and a pattern for `{{name}}`.",
    ),
    "A verified email address is required": (
        "cannot be published: the account has no verified e-mail",
        f"verify it at {PROFILE_PAGE}.",
    ),
    "can only be published using Trusted Publishing": (
        "accepts new versions by trusted publishing only",
        "publish it by trusted publishing, or switch that off at https://crates.io/crates/{name}/settings.",
    ),
    "is not valid for crate": (
        "is not covered by trusted publishing: no configuration of it accepts this workflow run",
        "add one at https://crates.io/crates/{name}/settings.",
    ),
    "authentication failed": ("cannot be published: the token is unknown, revoked or expired", _RENEW),
    "don't seem to be an owner": ("is owned by others", "let an owner run `cargo owner --add LOGIN {name}`."),
}


def token(facts: Facts) -> Iterator[Finding]:
    """Whether each token is valid; then, for each crate, whether the token may publish it."""
    for action, seen in facts.seen.tokens.items():
        outcome, what, fix = _alive(seen, publishes=facts.publishes)
        yield Finding(
            gate=PermissionGate.TOKEN,
            where=_PURPOSE[action],
            outcome=outcome,
            what=what,
            fix=fix,
            evidence=seen.me,
        )
    for crate in facts.crates:
        probe = facts.crate(crate.name).probe
        outcome, what, fix = _permission(facts, crate, probe)
        yield Finding(gate=PermissionGate.TOKEN, where=crate.name, outcome=outcome, what=what, fix=fix, evidence=probe)


def _alive(seen: TokenSeen, *, publishes: bool) -> _Verdict:
    if seen.is_minted:
        return _Verdict(Outcome.PASS, "was made for this workflow run")
    if seen.me is None:
        known = seen.is_broken or (publishes and not seen.is_unknown)
        return _Verdict(
            Outcome.FAIL if known else Outcome.COULD_NOT_CHECK, seen.unusable, seen.way_out if known else ""
        )
    reading = interpret(seen.me)
    if isinstance(reading, Refused):
        for text, verdict in _ANSWERS_OF_ME.items():
            if text in reading.detail:
                return verdict
    return _Verdict(Outcome.COULD_NOT_CHECK, f"whether it is alive is not known: {why_unread(reading)}")


def _permission(facts: Facts, crate: Crate, probe: Exchange | None) -> _Verdict:
    action = facts.action(crate)
    if probe is not None:
        return _probe_result(crate.name, action, probe)
    if facts.style.credential_for(action) is Credential.TRUSTED_PUBLISHING:
        return _Verdict(Outcome.SKIP, "is published with a token that is made when it is needed")
    seen = facts.seen.tokens.get(action)
    if seen is not None and seen.configs_of_user is not None and _is_legacy(seen.configs_of_user):
        why = "the token has no scopes and may publish every crate; only an upload shows whether the account's e-mail is verified"
    else:
        why = f"a token does not show whether it may `{_SCOPE[action]}` this crate, or whether the account's e-mail is verified"
    return _Verdict(Outcome.COULD_NOT_CHECK, f"{why} (`preflight.probe` asks)")


def _is_legacy(exchange: Exchange) -> bool:
    match interpret(exchange):
        case Refused(detail=detail):
            return _LEGACY in detail
        case _:
            return False


def _probe_result(name: str, action: Action, probe: Exchange) -> _Verdict:
    reading = interpret(probe)
    if not isinstance(reading, Refused) or reading.status not in _JUDGED or RECENTLY_DELETED in reading.detail:
        return _Verdict(Outcome.COULD_NOT_CHECK, why_unread(reading))
    if reading.detail.startswith(_PASSED_ALL):
        return _Verdict(Outcome.PASS, f"may be published with it (`{_SCOPE[action]}`)")
    known = next((text for text in _ANSWERS_OF_PROBE if text in reading.detail), None)
    if known is None:
        return _Verdict(Outcome.FAIL, f"would be refused: `{reading.detail}`", "correct what it names.")
    what, fix = (text.format(name=name, scope=_SCOPE[action]) for text in _ANSWERS_OF_PROBE[known])
    return _Verdict(Outcome.FAIL, what, fix)
