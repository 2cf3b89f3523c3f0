"""What the registry's answers to an API token say about the token itself: whether it is alive, and which rights it has.

crates.io has no request that shows a token's scopes, or when it expires:

- `/me` answers every token with 403. Only the text shows whether the token is valid, and whether its account is locked.
- A request for the configurations of another user is refused to every token, too. The text shows whether the token has scopes
  at all, and whether `trusted-publishing` is one of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum

from loadmaster.planning.permissions.findings import Asked, Found
from loadmaster.planning.permissions.reading import Document, Refused, interpret, why_unread
from loadmaster.planning.permissions.seen import Exchange, TokenSeen
from loadmaster.planning.values.gate import Outcome
from loadmaster.planning.values.rates import Action

TOKENS_PAGE = "https://crates.io/settings/tokens"
DEAD = "authentication failed"
NO_PERMISSION = "does not have the required permissions"
SCOPE = {Action.NEW: "publish-new", Action.UPDATE: "publish-update"}
LOCKED = re.compile(r"This account is (indefinitely locked|locked (?P<until>until .+? UTC))\. Reason: (?P<reason>.*)")
_LEGACY = "cannot be used with legacy API tokens"
_ANOTHER_USER = "requires authentication as the specified user"


class TokenRights(StrEnum):
    """What is known of a token's scopes."""

    ALL = "all"
    """A legacy token has no scopes, and may do everything; perhaps with some crates only."""
    CONFIGS = "configs"
    """It has `trusted-publishing`, and perhaps others; perhaps for some crates only."""
    OTHERS = "others"
    """It has scopes, and `trusted-publishing` is none of them."""
    UNKNOWN = "unknown"


def rights_of(seen: TokenSeen) -> TokenRights:
    if seen.configs_of_user is None:
        return TokenRights.UNKNOWN
    match interpret(seen.configs_of_user):
        case Document():
            return TokenRights.CONFIGS
        case Refused(detail=detail):
            texts = {_LEGACY: TokenRights.ALL, _ANOTHER_USER: TokenRights.CONFIGS, NO_PERMISSION: TokenRights.OTHERS}
            return next((rights for text, rights in texts.items() if text in detail), TokenRights.UNKNOWN)
        case _:
            return TokenRights.UNKNOWN


def is_dead(seen: TokenSeen) -> bool:
    """Whether the registry said that the token can do nothing: it is unknown, malformed, or its account is locked."""
    return not seen.unusable and liveness(seen, ()).outcome is Outcome.FAIL


def may_read_configs(seen: TokenSeen) -> bool:
    """Whether a token may read configurations of trusted publishing, as far as anybody knows."""
    has_api_token = not (seen.unusable or seen.is_minted or seen.is_short_lived)
    return has_api_token and not is_dead(seen) and rights_of(seen) is not TokenRights.OTHERS


def liveness(seen: TokenSeen, scopes: Sequence[str]) -> Found:
    """Whether a token that could be read is alive. `scopes`: those that a new one needs."""
    if seen.is_minted:
        return Found(Outcome.PASS, "was made for this workflow run, and is renewed while it is needed", asked=_MINTED)
    if seen.is_short_lived:
        what = f"in {seen.source} is one of trusted publishing, and the registry answers nothing but uploads to it"
        return Found(Outcome.COULD_NOT_CHECK, what, "`preflight.probe = true` in the profile asks with it.")
    if seen.me is None:
        return Found(Outcome.COULD_NOT_CHECK, f"in {seen.source} was not asked about")
    return _answered(seen.source, seen.me, scopes)


def _answered(source: str, me: Exchange, scopes: Sequence[str]) -> Found:
    reading, asked = interpret(me), Asked.of(me)
    detail = reading.detail if isinstance(reading, Refused) else ""
    if "can only be performed on the crates.io website" in detail:
        return Found(Outcome.PASS, f"in {source} is alive", asked=asked)
    if "This account is" in detail:
        return Found(Outcome.FAIL, f"in {source} belongs to {locked(detail)}", way_out_of_lock(detail), asked)
    for text, (what, fix) in _refusals(source, scopes).items():
        if text in detail:
            return Found(Outcome.FAIL, f"in {source} {what}", fix, asked)
    open_question = f"whether the one in {source} is alive is not known: {why_unread(reading)}"
    return Found(Outcome.COULD_NOT_CHECK, open_question, "ask again when the registry itself answers.", asked)


_MINTED = (Asked(question="an ID token, exchanged at the registry", answer="a token of trusted publishing"),)


def _refusals(source: str, scopes: Sequence[str]) -> dict[str, tuple[str, str]]:
    """What a text in the refusal means, and what to do. All have the status 403 or 401; only the text tells them apart."""
    renew = renewal(source, scopes)
    return {
        DEAD: ("is unknown, revoked or expired", renew),
        "requires authentication": ("did not arrive", "let the proxy on the way pass the header `Authorization`."),
        "does not match the format": (
            "is malformed: tokens of crates.io begin with `cio`",
            f"paste it once more; else {renew}",
        ),
    }


def renewal(source: str, scopes: Sequence[str], crate: str = "") -> str:
    """How to replace the token in `source`. The new one needs all that the old one is used for, and not this crate alone."""
    crates = f"`{crate}` and every other crate of this release" if crate else "every crate of this release"
    scope = " and ".join(f"`{scope}`" for scope in scopes)
    return (
        f"make a token at {TOKENS_PAGE} with the scope{'s' if len(scopes) > 1 else ''} {scope} and patterns that cover "
        f"{crates}, and put it into {source}."
    )


def locked(detail: str) -> str:
    """The locked account in words, with its date and reason, from the registry's text."""
    match = LOCKED.search(detail)
    if match is None:
        return f"an account that the registry refuses: `{detail}`"
    return f"an account that is locked {match['until'] or 'for good'}; the registry's reason: `{match['reason']}`"


def way_out_of_lock(detail: str) -> str:
    match = LOCKED.search(detail)
    waiting = f"wait {match['until']}, or " if match and match["until"] else ""
    return f"{waiting}write to help@crates.io about the lock; another owner's token will do, too."
