"""API tokens: how they look, how they are sent, what they allow. Pure, except for making a new one."""

from __future__ import annotations

import hashlib
import secrets
import string
from datetime import UTC, datetime

from pydantic import AwareDatetime

from loadmaster.planning.crates_io.refusal import Refusal, forbidden
from loadmaster.planning.crates_io.tokens import PREFIX
from loadmaster.planning.values.value import Value
from loadmaster.rehearsal.registry.limits import OwnLimits

_WRONG_FORMAT = (
    "The given API token does not match the format used by crates.io. "
    "Tokens generated before 2020-07-14 were generated with an insecure random number generator, "
    "and have been revoked. You can generate a new token at https://crates.io/me. "
    "For more information please see https://blog.rust-lang.org/2020/07/14/crates-io-security-advisory.html. "
    "We apologize for any inconvenience."
)


class Lock(Value):
    reason: str
    until: AwareDatetime | None = None
    """For ever if left out."""


class Grant(Value):
    """The owner of a token, and what it allows."""

    token_id: int
    user_id: int
    login: str
    email_verified: bool
    scopes: tuple[str, ...] | None
    """None: a legacy token, which may do everything."""
    crates: tuple[str, ...] | None
    """Patterns: a name, `prefix*` or `*`. None or empty: any crate."""
    expires: datetime | None
    revoked: bool = False
    lock: Lock | None = None
    """Of the account."""
    limits: OwnLimits | None = None
    """Of the account."""


def new_token() -> str:
    return PREFIX + "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(32))


def token_digest(token: str) -> str:
    """The digest of a token, which is all that is kept of it."""
    return hashlib.sha256(token.encode()).hexdigest()


def credential_sent(authorization: str | None) -> str | None:
    """The credential in an `Authorization` header: alone, as cargo sends it, or after `Bearer`. Raises `Refusal`."""
    if authorization is None:
        return None
    if not authorization.isascii():
        raise Refusal(401, "Invalid `Authorization` header: Found unexpected non-ASCII characters")
    scheme, blank, credential = authorization.partition(" ")
    if not blank:
        scheme, credential = "", authorization
    if scheme.lower() not in ("", "bearer"):
        raise Refusal(401, f"Invalid `Authorization` header: Found unexpected authentication scheme `{scheme}`")
    return credential.strip()


def token_sent(authorization: str | None) -> str:
    """The API token in an `Authorization` header. Raises `Refusal`."""
    token = credential_sent(authorization)
    if token is None:
        raise forbidden("this action requires authentication")
    if not token.startswith(PREFIX):
        raise Refusal(401, _WRONG_FORMAT)
    return token


def check_alive(grant: Grant | None, now: datetime) -> Grant:
    """Refuses an unknown, a revoked and an expired token alike; a locked account has a refusal of its own. Raises `Refusal`."""
    if grant is None or grant.revoked or (grant.expires is not None and grant.expires <= now):
        raise forbidden("authentication failed")
    if grant.lock is not None and (grant.lock.until is None or grant.lock.until > now):
        raise forbidden(_locked(grant.lock))
    return grant


def check_allows(grant: Grant, scope: str | None, crate: str | None) -> None:
    """Raises `Refusal` unless the token has this scope for this crate.

    Without a scope, only a legacy token may; without a crate, only a token for any crate. Patterns are
    case-sensitive, and `-` is not `_`.
    """
    in_scope = grant.scopes is None or scope in grant.scopes
    to_crate = not grant.crates or (crate is not None and any(_matches(each, crate) for each in grant.crates))
    if not (in_scope and to_crate):
        raise forbidden("this token does not have the required permissions to perform this action")


def check_email(grant: Grant) -> None:
    if not grant.email_verified:
        raise Refusal(
            400,
            "A verified email address is required to publish crates to crates.io. "
            "Visit https://crates.io/settings/profile to set and verify your email address.",
        )


def _locked(lock: Lock) -> str:
    if lock.until is None:
        return f"This account is indefinitely locked. Reason: {lock.reason}"
    return f"This account is locked until {lock.until.astimezone(UTC):%Y-%m-%d at %H:%M:%S} UTC. Reason: {lock.reason}"


def _matches(pattern: str, crate: str) -> bool:
    return crate.startswith(pattern[:-1]) if pattern.endswith("*") else crate == pattern
