"""The line that imports may not cross is held by Ruff, folder by folder; each ban is tried with a planted import."""

from __future__ import annotations

import subprocess
import sys

import pytest

from loadmaster.run.profiles import ROOT

PLANTED = [
    ("loadmaster/planning/x.py", "import prefect", "tasks/ and flows/ add"),
    ("loadmaster/planning/x.py", "import httpx", "Let a client ask"),
    ("loadmaster/planning/x.py", "import os", "has no environment"),
    ("loadmaster/planning/x.py", "from pathlib import Path", "opens nothing"),
    ("loadmaster/planning/x.py", "from loadmaster.clients import git", "other way"),
    ("loadmaster/planning/gates/x.py", "import subprocess", "runs nothing"),
    ("loadmaster/steps/x.py", "from prefect import task", "belongs into tasks/"),
    ("loadmaster/steps/x.py", "from loadmaster.rehearsal import world", "cannot tell a rehearsal"),
    ("loadmaster/index_as_of/x.py", "from loadmaster.rehearsal import world", "Packaging for real needs this"),
    ("loadmaster/rehearsal/x.py", "from loadmaster.run.live import live_job", "cannot make a live world"),
    ("loadmaster/rehearsal/x.py", "from loadmaster.credentials.sources import api_token", "makes up its own tokens"),
    ("loadmaster/smoke/x.py", "from loadmaster.planning.smoke.verdict import judge", "planning says"),
    ("loadmaster/clients/x.py", "from loadmaster.steps import look", "one way"),
    ("loadmaster/clients/x.py", "from loadmaster.rehearsal import world", "cannot tell a rehearsal"),
    ("tasks/x.py", "from flows.release import release", "one way"),
    ("tasks/x.py", "from loadmaster.rehearsal import world", "cannot tell a rehearsal"),
    ("flows/x.py", "from loadmaster.clients import git", "clients are for steps"),
    ("tests/x.py", "import unittest.mock", "No doubles"),
]


@pytest.mark.parametrize(("path", "planted", "taught"), PLANTED, ids=[f"{path}: {text}" for path, text, _ in PLANTED])
def test_an_import_that_crosses_the_line_is_refused_and_told_where_it_belongs(
    path: str, planted: str, taught: str
) -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--select", "TID251", "--stdin-filename", path, "-"],
        input=f"{planted}\n",
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 1
    assert "TID251" in checked.stdout
    assert taught in checked.stdout
