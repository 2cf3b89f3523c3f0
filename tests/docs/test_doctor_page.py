"""The page of the doctor has a row for each check, with who needs it in the words that the command prints."""

from __future__ import annotations

import re

from loadmaster.planning.doctor.check import NEEDED_BY
from tests.kit.checkout import ROOT

ROW = re.compile(r"^\| `([\w-]+)` \| .+? \| ([^|]+) \|$", re.MULTILINE)


def test_each_check_has_its_row() -> None:
    rows = ROW.findall((ROOT / "docs" / "doctor.md").read_text(encoding="utf-8"))
    assert dict(rows) == dict(NEEDED_BY)
    assert [name for name, _ in rows] == list(NEEDED_BY)
