"""What the answer to a probe means: an upload that ends after its metadata, and is always refused.

It is refused for a reason that matters here, or because it is incomplete. crates.io checks in this order: the name was not
deleted lately; the token is alive, and its scope and pattern fit; the crate takes API tokens; the account's e-mail is
verified; its limit is not used up. Then it misses the crate file. It has not looked at the owners and at reserved names.
"""

from __future__ import annotations

from collections.abc import Iterable

from loadmaster.planning.permissions.findings import Asked, Found
from loadmaster.planning.permissions.ownership import INVITES_PAGE
from loadmaster.planning.permissions.reading import Refused, interpret, why_unread
from loadmaster.planning.permissions.seen import Exchange, TokenSeen
from loadmaster.planning.permissions.token_answers import DEAD, NO_PERMISSION, SCOPE, locked, way_out_of_lock
from loadmaster.planning.values.gate import Outcome
from loadmaster.planning.values.rates import Action

RECENTLY_DELETED = "was recently deleted"
NOT_COVERED = "is not valid for crate"
PROFILE_PAGE = "https://crates.io/settings/profile"
_PASSED_ALL = "invalid tarball length"
"""The answer of a server whose only objection to an upload is that the crate file is missing."""
_JUDGED = (400, 401, 403)


def passed(probe: Exchange | None) -> bool:
    """Whether the registry had no objection but the missing crate file."""
    reading = interpret(probe) if probe is not None else None
    return isinstance(reading, Refused) and reading.status in _JUDGED and reading.detail.startswith(_PASSED_ALL)


def reached_registry(probe: Exchange) -> bool:
    """Whether the registry's checks have answered: then it has looked for a deleted name first."""
    reading = interpret(probe)
    return isinstance(reading, Refused) and reading.status in (*_JUDGED, 429)


def judge_probe(name: str, action: Action, seen: TokenSeen, probe: Exchange, renew: str = "") -> Found:
    """A pass says that scope, pattern and e-mail are right, and nothing of the owners. `renew`: how to replace an API token."""
    asked, reading = Asked.of(probe), interpret(probe)
    if passed(probe):
        what = f"{seen.named} has the scope `{SCOPE[action]}` for it, and its account a verified e-mail"
        return Found(Outcome.PASS, what, asked=asked)
    if not isinstance(reading, Refused) or not reached_registry(probe):
        return Found(Outcome.COULD_NOT_CHECK, why_unread(reading), "ask the preflight again.", asked)
    if reading.status == 429:
        what = f"the limit of {seen.named} is used up: `{reading.detail}`"
        return Found(Outcome.COULD_NOT_CHECK, what, "ask the preflight again after that.", asked)
    if RECENTLY_DELETED in reading.detail:
        what = "the registry refuses the name before it looks at the token"
        return Found(Outcome.COULD_NOT_CHECK, what, "ask the preflight again when the name is free.", asked)
    return _refusal(name, action, seen, reading.detail, renew)._replace(asked=asked)


def _refusal(name: str, action: Action, seen: TokenSeen, detail: str, renew: str) -> Found:
    """The failure that the registry's own words mean for this crate."""
    if "do not support creating new crates" in detail:
        return cannot_create(seen)
    for text, what, fix in _refusals(name, action, seen, detail, renew):
        if text in detail:
            return Found(Outcome.FAIL, what, fix)
    fix = f"the registry's words say what it refuses: correct that for `{name}`, and ask the preflight again."
    return Found(Outcome.FAIL, f"would be refused: `{detail}`", fix)


def _refusals(name: str, action: Action, seen: TokenSeen, detail: str, renew: str) -> Iterable[tuple[str, str, str]]:
    """A text in the refusal, what it means for this crate, and what to do."""
    settings, scope = f"https://crates.io/crates/{name}/settings", SCOPE[action]
    return (
        (
            NO_PERMISSION,
            f"{seen.named} lacks the scope `{scope}`, or no pattern of its crates fits `{name}` (case counts in patterns, "
            "and `-` is not `_`)",
            renew,
        ),
        (
            "A verified email address is required",
            f"the account of {seen.named} has no verified e-mail",
            f"verify it at {PROFILE_PAGE}.",
        ),
        (
            "can only be published using Trusted Publishing",
            f"accepts new versions by trusted publishing only, and {seen.named} is an API token",
            f"publish it by trusted publishing, or switch that off at {settings}.",
        ),
        (
            NOT_COVERED,
            "no configuration of its trusted publishing accepts this workflow run",
            f"add a configuration for this repository, workflow and environment at {settings}.",
        ),
        (
            "Invalid authentication token",
            f"{seen.named} is unknown, revoked or expired",
            "let the workflow make a new one.",
        ),
        (DEAD, f"{seen.named} is unknown, revoked or expired", renew),
        ("This account is", f"{seen.named} belongs to {locked(detail)}", way_out_of_lock(detail)),
        (
            "don't seem to be an owner",
            f"is owned by others than the account of {seen.named}",
            f"accept the invitation at {INVITES_PAGE} if the account has one; else let an owner run "
            f"`cargo owner --add LOGIN {name}` for it first.",
        ),
    )


def cannot_create(seen: TokenSeen) -> Found:
    """The failure of a new crate that a token of trusted publishing is to publish."""
    what = f"is new, and {seen.named}, one of trusted publishing, cannot create crates"
    fix = "give new crates an API token with the scope `publish-new` (`LOADMASTER_REGISTRY_TOKEN_NEW`, or a Secret block in "
    return Found(Outcome.FAIL, what, f"{fix}`registry.credentials.new_token_block`).")
