"""What a command is told of the release."""

from __future__ import annotations

from datetime import date

import pytest

from loadmaster.planning.commands.variables import variables

DAY = date(2026, 11, 22)
TOGETHER = {
    "LOADMASTER_DATE": "2026-11-22",
    "LOADMASTER_PACKAGES": "core=0.5.0 app=0.5.0",
    "LOADMASTER_PREVIOUS_PACKAGES": "core=0.4.0 app=0.4.0",
    "LOADMASTER_PREVIOUS_VERSION": "0.4.0",
    "LOADMASTER_TAG": "v0.5.0",
    "LOADMASTER_TAGS": "v0.5.0",
    "LOADMASTER_VERSION": "0.5.0",
    "SOURCE_DATE_EPOCH": "1795305600",
    "GIT_OPTIONAL_LOCKS": "0",
}
APART = {
    "LOADMASTER_DATE": "2026-11-22",
    "LOADMASTER_PACKAGES": "core=1.0.0 app=0.5.0",
    "LOADMASTER_PREVIOUS_PACKAGES": "core=0.4.0 app=0.3.9",
    "LOADMASTER_TAGS": "core-v1.0.0 app-v0.5.0",
    "SOURCE_DATE_EPOCH": "1795305600",
    "GIT_OPTIONAL_LOCKS": "0",
}


@pytest.mark.parametrize(
    ("versions", "previous", "tags", "told"),
    [
        ({"core": "0.5.0", "app": "0.5.0"}, {"core": "0.4.0", "app": "0.4.0"}, ["v0.5.0"], TOGETHER),
        ({"core": "1.0.0", "app": "0.5.0"}, {"core": "0.4.0", "app": "0.3.9"}, ["core-v1.0.0", "app-v0.5.0"], APART),
    ],
    ids=["one version for all", "versions of their own, and so no single one"],
)
def test_what_is_told(
    versions: dict[str, str], previous: dict[str, str], tags: list[str], told: dict[str, str]
) -> None:
    assert variables(versions, previous, tags, DAY) == told
