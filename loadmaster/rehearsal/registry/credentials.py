"""API tokens: how they look, how they are sent, what they allow. Pure, but for making a new one."""

from __future__ import annotations

import hashlib
import secrets
import string
from datetime import datetime

from loadmaster.planning.crates_io.refusal import Refusal, forbidden
from loadmaster.planning.value import Value

PREFIX = "cio"
_WRONG_FORMAT = (
    "The given API token does not match the format used by crates.io. "
    "Tokens generated before 2020-07-14 were generated with an insecure random number generator, "
    "and have been revoked. You can generate a new token at https://crates.io/me. "
    "For more information please see https://blog.rust-lang.org/2020/07/14/crates-io-security-advisory.html. "
    "We apologize for any inconvenience."
)


class Grant(Value):
    """What one token allows."""

    login: str
    email_verified: bool
    scopes: tuple[str, ...] | None
    """None: a legacy token, which may do everything."""
    crates: tuple[str, ...] | None
    """Patterns: a name, `prefix*` or `*`. None or empty: any crate."""
    expires: datetime | None


def new_token() -> str:
    return PREFIX + "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(32))


def token_digest(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def token_sent(authorization: str | None) -> str:
    """The token in an `Authorization` header, bare as cargo sends it or after `Bearer`. Raises `Refusal`."""
    if authorization is None:
        raise forbidden("this action requires authentication")
    scheme, blank, token = authorization.partition(" ")
    if not blank:
        scheme, token = "", authorization
    if scheme.lower() not in ("", "bearer"):
        raise Refusal(401, f"Invalid `Authorization` header: Found unexpected authentication scheme `{scheme}`")
    token = token.strip()
    if not token.startswith(PREFIX):
        raise Refusal(401, _WRONG_FORMAT)
    return token


def check_alive(grant: Grant | None, now: datetime) -> Grant:
    """An unknown token and an expired one are told apart by nobody. Raises `Refusal`."""
    if grant is None or (grant.expires is not None and grant.expires <= now):
        raise forbidden("authentication failed")
    return grant


def check_allows(grant: Grant, scope: str, crate: str) -> None:
    """Patterns are case-sensitive, and `-` is not `_`. Raises `Refusal`."""
    in_scope = grant.scopes is None or scope in grant.scopes
    if not in_scope or not (not grant.crates or any(_matches(pattern, crate) for pattern in grant.crates)):
        raise forbidden("this token does not have the required permissions to perform this action")


def check_email(grant: Grant) -> None:
    if not grant.email_verified:
        raise Refusal(
            400,
            "A verified email address is required to publish crates to crates.io. "
            "Visit https://crates.io/settings/profile to set and verify your email address.",
        )


def _matches(pattern: str, crate: str) -> bool:
    return crate.startswith(pattern[:-1]) if pattern.endswith("*") else crate == pattern
