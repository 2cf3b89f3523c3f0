"""Tests run side by side in two processes; those of a group share a server or an engine, and stay together."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PLANTED = """
import os
import pytest

@pytest.fixture(scope="module", params=[pytest.param(each, marks=pytest.mark.xdist_group(each)) for each in "abcd"])
def case(request):
    return request.param

@pytest.mark.parametrize("number", range(3))
def test_of_a_case(case, number):
    print(case, os.environ["PYTEST_XDIST_WORKER"])
"""


def test_the_tests_of_a_group_run_in_one_process_and_the_groups_in_two(tmp_path: Path) -> None:
    (tmp_path / "test_planted.py").write_text(PLANTED)
    options = ("-n", "2", "--dist", "loadgroup", "-rP", "-p", "no:cacheprovider")
    done = subprocess.run(
        (sys.executable, "-m", "pytest", *options, str(tmp_path)),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    ran = [line.split() for line in done.stdout.splitlines() if line.endswith((" gw0", " gw1"))]
    assert len(ran) == 12
    homes = {case: {worker for other, worker in ran if other == case} for case in "abcd"}
    assert all(len(workers) == 1 for workers in homes.values()), homes
    assert set[str]().union(*homes.values()) == {"gw0", "gw1"}
