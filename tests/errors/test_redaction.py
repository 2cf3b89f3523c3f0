"""What the redactor takes out of texts and log records, and what it leaves alone."""

from __future__ import annotations

import base64
import html
import json
import logging
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadmaster.credentials.token import SHORTEST
from loadmaster.errors.redaction import HIDDEN, Redactor, know, redact
from loadmaster.errors.registry import RegistryUnreachable

SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=SHORTEST + 4, max_size=60)
AROUND = st.binary(max_size=9)


def knowing(*secrets: str) -> Redactor:
    redactor = Redactor()
    for secret in secrets:
        redactor.know(secret)
    return redactor


@given(SECRETS, AROUND, AROUND)
def test_no_spelling_of_a_secret_comes_through(secret: str, before: bytes, after: bytes) -> None:
    redact = knowing(secret).redact
    spellings = {
        "plain": secret,
        "in JSON": json.dumps({"detail": f"not {secret}!"}),
        "in HTML": html.escape(f"<p>{secret}</p>"),
        "in a query": quote_plus(secret),
        "in a path": quote(secret),
        "URL-encoded": quote(secret, safe=""),
    }
    for name, text in spellings.items():
        assert secret not in redact(f"… {text} …"), name
        assert HIDDEN in redact(f"… {text} …"), name
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        left, hidden, right = redact(encode(before + secret.encode() + after).decode()).partition(HIDDEN)
        assert hidden
        # What is left decodes to nothing of the secret but the bits that it shares with a neighbour.
        assert len(left) * 6 < (len(before) + 1) * 8
        assert len(right.rstrip("=")) * 6 < (len(after) + 2) * 8


def test_a_secret_that_was_not_read_here_is_not_known() -> None:
    assert redact("cio-planted-and-never-read") == "cio-planted-and-never-read"


def test_the_longer_of_two_secrets_is_not_left_half_standing() -> None:
    assert knowing("redact-prefix", "redact-prefix-and-more").redact("redact-prefix-and-more") == HIDDEN


@pytest.fixture
def logger(caplog: pytest.LogCaptureFixture) -> logging.Logger:
    know("cio-canary-in-the-log")
    caplog.set_level(logging.DEBUG)
    return logging.getLogger("anybody")


def test_log_records_are_redacted_whoever_writes_them(logger: logging.Logger, caplog: pytest.LogCaptureFixture) -> None:
    logger.info("sent %s to %d", "cio-canary-in-the-log", 7)
    logger.info("sent cio-canary-in-the-log")
    assert [each.getMessage() for each in caplog.records] == [f"sent {HIDDEN} to 7", f"sent {HIDDEN}"]
    assert "canary" not in repr([vars(each) for each in caplog.records])


def test_a_traceback_in_the_log_is_redacted(logger: logging.Logger, caplog: pytest.LogCaptureFixture) -> None:
    try:
        raise ValueError("header cio-canary-in-the-log is illegal")
    except ValueError:
        logger.exception("failed")
    assert f"ValueError: header {HIDDEN} is illegal" in caplog.text
    assert "canary" not in caplog.text


def test_a_line_that_cannot_be_formatted_is_told_without_its_arguments(
    logger: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    logger.info("%d of them", "cio-canary-in-the-log")
    assert "canary" not in caplog.text
    assert "could not be formatted" in caplog.text


def test_other_records_keep_their_arguments(logger: logging.Logger, caplog: pytest.LogCaptureFixture) -> None:
    logger.info("%s of %s", 1, 2)
    assert caplog.records[-1].args == (1, 2)


def test_an_error_of_the_catalogue_redacts_what_a_server_said() -> None:
    know("cio-canary-echoed")
    error = RegistryUnreachable("http://localhost/cio-canary-echoed", "we got `Authorization: cio-canary-echoed`")
    assert "canary" not in f"{error} {error!r} {error.args} {vars(error)}"
    assert HIDDEN in error.what
