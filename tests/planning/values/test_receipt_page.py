"""The page `docs/receipt.md`: it lists every field of a receipt, and every code that the source gives a record."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from loadmaster.errors.registry import IndexDisagrees
from loadmaster.planning.values.receipt import Failure, ObjectRecord, Receipt
from loadmaster.planning.values.state import ObjectState
from loadmaster.planning.values.value import Value
from tests.kit.checkout import ROOT

PAGE = (ROOT / "docs" / "receipt.md").read_text(encoding="utf-8")
OBSERVING = ("loadmaster", "tasks", "flows")
"""Where a record may get its code."""


def codes_in(text: str) -> Iterator[str]:
    """Every literal of an argument or a variable called `code`. What a text fills in is `…`."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.keyword(arg="code", value=value) | ast.Assign(targets=[ast.Name(id="code")], value=value):
                yield from _literals(value)
            case _:
                pass


def _literals(value: ast.expr) -> Iterator[str]:
    match value:
        case ast.Constant(value=str(code)):
            yield code
        case ast.IfExp(body=body, orelse=orelse):
            yield from _literals(body)
            yield from _literals(orelse)
        case ast.JoinedStr(values=parts):
            yield "".join(str(each.value) if isinstance(each, ast.Constant) else "…" for each in parts)
        case _:
            pass


def codes_given() -> dict[str, Path]:
    """By code, a module that gives it."""
    files = [path for top in OBSERVING for path in sorted((ROOT / top).rglob("*.py"))]
    return {code: path for path in files for code in codes_in(path.read_text(encoding="utf-8"))}


def unlisted(text: str, page: str = PAGE) -> list[str]:
    """Codes of a module's source that the page does not list in backticks."""
    return [code for code in codes_in(text) if f"| `{code}` |" not in page]


def test_every_code_is_listed() -> None:
    given = codes_given()
    assert {code: str(path) for code, path in given.items() if f"| `{code}` |" not in PAGE} == {}
    assert {"absent", "kept-back", "other-files", "says-another-version", "run-…"} <= given.keys()


def test_no_code_is_listed_that_nothing_gives() -> None:
    table = PAGE.partition("## Codes of a record")[2].partition("### An error's code")[0]
    listed = re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)
    assert sorted(listed) == sorted({*codes_given(), IndexDisagrees.code})


@pytest.mark.parametrize(
    "planted",
    [
        'Observation(state=state, code="planted")',
        'Observation(state=state, code="absent" if there else "planted")',
        'code = "planted" if there else "absent"',
        'record.model_copy(update=dict(code=f"planted"))',
    ],
)
def test_a_code_that_the_page_lacks_is_found(planted: str) -> None:
    assert unlisted(planted) == ["planted"]


def test_a_code_that_is_filled_in_is_listed_by_its_beginning() -> None:
    assert list(codes_in('record(code=f"run-{says}")')) == ["run-…"]
    assert unlisted('record(code=f"walk-{says}")') == ["walk-…"]


@pytest.mark.parametrize("value", [Receipt, ObjectRecord, Failure])
def test_every_field_is_listed(value: type[Value]) -> None:
    fields = PAGE.partition("## Fields")[2].partition("## The five states")[0]
    assert [name for name in value.model_fields if f"`{name}`" not in fields] == []


def test_every_state_is_listed() -> None:
    assert [state for state in ObjectState if f"\n| `{state}` |" not in PAGE] == []
