"""The attacks over a real socket: each is an error of the catalogue, in time, and takes less than 200 MiB."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.kit.attacked import IN_NO_HURRY, SECONDS
from tests.kit.checkout import ROOT
from tests.kit.hostile_server import KINDS, hostile_server

MOST_MIB = 200
SLACK = 8.0
"""Seconds for what is no waiting, on a machine that is busy."""


@pytest.fixture(scope="module")
def attacked() -> dict[str, Any]:
    with hostile_server() as address:
        program = [sys.executable, "-m", "tests.kit.attacked", address, *KINDS]
        done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


@pytest.mark.parametrize("kind", KINDS)
def test_an_attack_is_an_error_of_the_catalogue_in_time_and_takes_little_memory(
    attacked: dict[str, Any], kind: str
) -> None:
    mib, told = attacked[kind]["mib"], attacked[kind]["told"]
    print(f"{kind}: {mib:.0f} MiB", *(f"{what}: {each}" for what, each in told.items()), sep="\n  ")
    outcomes = {what: each["outcome"] for what, each in told.items()}
    assert {what: told for what, told in outcomes.items() if told.startswith(("raised", "answered"))} == {}
    assert [
        what for what, each in told.items() if each["seconds"] > (SECONDS if "loris" in kind else IN_NO_HURRY) + SLACK
    ] == []
    assert mib < MOST_MIB
