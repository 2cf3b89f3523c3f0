"""The table of a registry's answers: every row has its reason, every reason its sentences, and no known word a default."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from string import Formatter

import pytest

from loadmaster.errors.refusals.reason import FALLBACKS, FINAL, Reason
from loadmaster.errors.refusals.sentences import SENTENCES, sentences_of
from loadmaster.planning.answers.registry import (
    EXCHANGES,
    NOT_A_WORD,
    ROWS,
    RefusalRow,
    read_exchange_refusal,
    read_refusal,
)
from tests.kit.checkout import ROOT

ALWAYS = {"crate", "name", "package", "token", "scope"}
"""The fields that the errors themselves put in."""
BY_FORM = {Reason.PROXY_LIMIT, Reason.TRUSTED_PUBLISHING_ABSENT}
"""Reasons that follow from the form of an answer, not from its words."""


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.example[:60])
class TestEveryRow:
    def test_its_example_is_read_by_it_and_by_none_before_it(self, row: RefusalRow) -> None:
        first = next(each for each in ROWS if re.search(each.says, row.example, re.DOTALL))
        assert first is row

    def test_its_words_fill_every_field_of_its_sentences(self, row: RefusalRow) -> None:
        reason, details = read_refusal(row.status, row.example)
        wanted = {field for text in SENTENCES[reason] for _, field, _, _ in Formatter().parse(text) if field}
        assert wanted <= details.keys() | ALWAYS
        assert all(value.strip() for value in details.values())
        told = sentences_of(reason, dict.fromkeys(ALWAYS, "`x`") | dict(details))
        assert all(value in " ".join(told) for name, value in details.items() if name in wanted)

    def test_its_example_is_not_one_of_unknown_words(self, row: RefusalRow) -> None:
        assert row.reason not in FALLBACKS


@pytest.mark.parametrize("reason", Reason)
class TestEveryReason:
    def test_its_sentences_end_with_one_full_stop(self, reason: Reason) -> None:
        for text in sentences_of(reason, dict.fromkeys(ALWAYS, "`x`")):
            assert text.endswith(".")
            assert ".." not in text

    def test_it_is_met(self, reason: Reason) -> None:
        assert reason in {row.reason for row in ROWS} | FALLBACKS | BY_FORM

    def test_a_higher_version_is_the_advice_exactly_for_the_crate_s_contents(self, reason: Reason) -> None:
        """The commit is pinned: for contents, trying again alone is no way out; for anything else, a version is not given up."""
        fix = SENTENCES[reason].fix
        assert ("commit that, and release a higher version" in fix) is (reason in FINAL)
        if reason not in FINAL:
            assert re.search(r"(?i)\btry again\b|start it by|choose a version|compare the version", fix), fix


@pytest.mark.parametrize(
    "reason",
    [
        *(Reason.TOKEN_LOST, Reason.TOKEN_MALFORMED, Reason.TOKEN_UNKNOWN, Reason.TOKEN_SILENT, Reason.TOKEN_SCOPE),
        *(Reason.TRUSTED_TOKEN_ENDED, Reason.TRUSTED_OTHER_CRATE, Reason.TRUSTED_ONLY, Reason.NOT_OWNER),
        *(Reason.EMAIL_UNVERIFIED, Reason.ACCOUNT_LOCKED, Reason.ACCOUNT_LOCKED_FOR_GOOD, Reason.ACCOUNT_READ_ONLY),
        Reason.ACCOUNT,
    ],
)
def test_a_refusal_of_a_credential_names_the_credential(reason: Reason) -> None:
    told = sentences_of(
        reason,
        {"token": "the token from the Secret block `crates`", "name": "`units`", "package": "units", "scope": "`x`"},
    )
    assert "the Secret block `crates`" in " ".join(told)


UNKNOWN = (
    (403, "no you may not", Reason.ACCOUNT),
    (401, "sign in", Reason.ACCOUNT),
    (404, "there is nothing here", Reason.ROUTE_ABSENT),
    (405, "Method Not Allowed", Reason.ROUTE_ABSENT),
    (413, "a limit was reached", Reason.TOO_LARGE),
    (400, "something is wrong with it", Reason.OTHER),
    (422, "something is wrong with it", Reason.OTHER),
    (200, "something is wrong with it", Reason.OTHER),
)


@pytest.mark.parametrize(("status", "told", "reason"), UNKNOWN, ids=[f"{row[0]} {row[1]}" for row in UNKNOWN])
def test_of_unknown_words_only_the_status_is_believed(status: int, told: str, reason: Reason) -> None:
    assert read_refusal(status, told).reason is reason


def test_words_that_are_not_known_give_no_version_up() -> None:
    """A wrong advice to release a higher version is dear: 400 alone does not say that the crate's contents are at fault."""
    assert read_refusal(400, "the quota of your team is used up").reason not in FINAL


def test_a_registry_without_the_route_has_no_trusted_publishing() -> None:
    assert read_exchange_refusal(404, "`<h1>404</h1>`").reason is Reason.TRUSTED_PUBLISHING_ABSENT
    assert read_exchange_refusal(400, EXCHANGES[0].example).reason is EXCHANGES[0].reason


def test_a_refusal_without_a_word_is_kellnr_s_of_a_token() -> None:
    assert read_refusal(401, NOT_A_WORD).reason is read_refusal(403, NOT_A_WORD).reason is Reason.TOKEN_SILENT


RULES = (
    "loadmaster/planning/crates_io",
    *(f"loadmaster/rehearsal/registry/{name}.py" for name in ("framing", "credentials", "ledger", "policy", "gate")),
    *(f"loadmaster/rehearsal/registry/{name}.py" for name in ("yanking", "bodies")),
    *(
        f"loadmaster/rehearsal/registry/trustpub/{name}.py"
        for name in ("access_token", "claims", "exchange", "matching")
    ),
)
WEBSITE_ONLY = ("Cannot set yank message", "Cannot update yank message")
"""Answers of routes that no release asks."""


INSERTED = {"what": "crate", "field": "name"}
"""What a text has in the place of a value, for the values that its meaning depends on; any other is `1`."""


def refusals_in(source: str) -> Iterator[str]:
    """The texts that a module raises as a `Refusal`; not those of a failure or a limit, which are no refusals."""
    for call in ast.walk(ast.parse(source)):
        match call:
            case ast.Call(func=ast.Name(id="Refusal"), args=[ast.Constant(value=int(status)), text, *_]):
                told = "" if status in (429, 500, 503) else _text(text)
            case ast.Call(func=ast.Name(id="bad_request" | "forbidden"), args=[text, *_]):
                told = _text(text)
            case _:
                continue
        if told:
            yield told


def _text(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(map(_text, parts))
        case ast.FormattedValue(value=value):
            return INSERTED.get(ast.unparse(value), "1")
        case _:
            return ""  # a name: the corpus has its text


def test_every_refusal_that_the_rehearsal_s_registry_can_give_has_a_reason_of_its_own() -> None:
    files = [file for each in RULES for file in ([ROOT / each] if each.endswith(".py") else (ROOT / each).glob("*.py"))]
    texts = {text for file in files for text in refusals_in(file.read_text(encoding="utf-8"))}
    found = {text: read_refusal(400, text).reason for text in texts if not text.startswith(WEBSITE_ONLY)}
    assert len(found) > 40
    # What begins with a value, such as the kind of repository, is in the corpus; here it would be `1`.
    assert {text: each for text, each in found.items() if each in FALLBACKS and not text.startswith("1 ")} == {}


def test_planted_a_refusal_without_a_reason_is_found() -> None:
    (text,) = refusals_in('raise bad_request(f"crate `{name}` has too many authors")')
    assert text == "crate `1` has too many authors"
    assert read_refusal(400, text).reason in FALLBACKS
