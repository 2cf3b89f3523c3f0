"""The table of a forge's refusals."""

from __future__ import annotations

import pytest

from loadmaster.errors.forge.answers import ForgeForbidden, ForgeRefused, ForgeTagRefused
from loadmaster.planning.answers.forge import ROWS, ForgeRow, forge_refusal


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.statuses[0]} {row.example}"[:70])
def test_each_refusal_is_read_by_its_row(row: ForgeRow) -> None:
    assert forge_refusal(row.statuses[0], row.example) is row.kind


@pytest.mark.parametrize(
    ("status", "told", "kind"),
    [
        (403, "Resource not accessible by integration", ForgeForbidden),
        (422, "Validation Failed: something new", ForgeRefused),
        (422, "Validation Failed: tag_name is not a valid tag", ForgeTagRefused),
        (500, "Internal Server Error", None),
        (418, "teapot", None),
    ],
)
def test_answers_without_a_row_of_their_own(status: int, told: str, kind: type[ForgeForbidden] | None) -> None:
    assert forge_refusal(status, told) is kind
