from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from loadmaster.planning.crates_io.refusal import Refusal
from loadmaster.rehearsal.registry import new_token
from loadmaster.rehearsal.registry.credentials import Grant, check_alive, check_allows, check_email, token_sent

NOW = datetime(2026, 7, 25, tzinfo=UTC)
TOKEN = "cio" + "aB3" * 10 + "zZ"


def grant(
    scopes: tuple[str, ...] | None = None, crates: tuple[str, ...] | None = None, expires: datetime | None = None
) -> Grant:
    return Grant(
        token_id=1, user_id=1, login="mia", email_verified=False, scopes=scopes, crates=crates, expires=expires
    )


def test_a_new_token_looks_like_one_of_crates_io() -> None:
    token = new_token()
    assert len(token) == len(TOKEN)
    assert token.startswith("cio")
    assert token.isalnum()


@pytest.mark.parametrize("header", [TOKEN, f"Bearer {TOKEN}", f"bearer  {TOKEN} "])
def test_a_token_is_sent_bare_or_as_bearer(header: str) -> None:
    assert token_sent(header) == TOKEN


@pytest.mark.parametrize(
    ("header", "status", "detail"),
    [
        pytest.param(None, 403, "this action requires authentication", id="no header"),
        pytest.param(
            "zzz", 401, "The given API token does not match the format used by crates.io. Tok", id="malformed"
        ),
        pytest.param(
            f"Basic {TOKEN}",
            401,
            "Invalid `Authorization` header: Found unexpected authentication scheme `Basic`",
            id="another scheme",
        ),
    ],
)
def test_a_header_is_refused(header: str | None, status: int, detail: str) -> None:
    with pytest.raises(Refusal) as refused:
        token_sent(header)
    assert refused.value.status == status
    assert refused.value.detail.startswith(detail)


@pytest.mark.parametrize("dead", [None, grant(expires=NOW), grant(expires=NOW - timedelta(days=1))])
def test_unknown_and_expired_tokens_get_one_answer(dead: Grant | None) -> None:
    with pytest.raises(Refusal, match=r"^authentication failed$"):
        check_alive(dead, NOW)


def test_a_token_is_alive_until_it_expires() -> None:
    alive = grant(expires=NOW + timedelta(seconds=1))
    assert check_alive(alive, NOW) is alive


@pytest.mark.parametrize(
    ("scopes", "crates", "allowed"),
    [
        pytest.param(None, None, True, id="a legacy token"),
        pytest.param(("publish-new",), (), True, id="the scope, and no patterns"),
        pytest.param(("publish-update", "yank"), None, False, id="other scopes"),
        pytest.param(None, ("aa-*",), True, id="a pattern that hits"),
        pytest.param(None, ("aa-b",), True, id="the very name"),
        pytest.param(None, ("*",), True, id="a pattern for all"),
        pytest.param(None, ("aa_*",), False, id="a pattern with the other dash"),
        pytest.param(None, ("AA-*",), False, id="a pattern in capitals"),
        pytest.param(None, ("aa",), False, id="a prefix that is no pattern"),
    ],
)
def test_what_a_token_allows(scopes: tuple[str, ...] | None, crates: tuple[str, ...] | None, allowed: bool) -> None:
    if allowed:
        check_allows(grant(scopes, crates), "publish-new", "aa-b")
    else:
        with pytest.raises(Refusal, match="this token does not have the required permissions"):
            check_allows(grant(scopes, crates), "publish-new", "aa-b")


def test_an_unverified_address_may_not_publish() -> None:
    with pytest.raises(Refusal, match="A verified email address is required"):
        check_email(grant())
