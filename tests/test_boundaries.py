"""Where imports may go: Ruff holds each folder's bans, each tried with a planted import; no folders form a cycle."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.checkout import ROOT
from tests.kit.imports import TOPS, Picture, draw, named_types

REGISTRY = "loadmaster.rehearsal.registry"
ALLOWED = frozenset({frozenset((REGISTRY, f"{REGISTRY}.trustpub"))})
"""crates.io's server has trusted publishing in its midst, and so has the rehearsal's."""
AT_MOST = 20
"""Modules in a folder, beyond which nobody finds anything."""
OTHER_NAME = re.compile(r"^ *(?:from|import) (flows|tasks|deployments)\b", re.MULTILINE)

PLANTED = [
    ("loadmaster/planning/x.py", "import prefect", "tasks/ and flows/ add"),
    ("loadmaster/planning/x.py", "import httpx", "Let a client ask"),
    ("loadmaster/planning/x.py", "import os", "has no environment"),
    ("loadmaster/planning/x.py", "from pathlib import Path", "opens nothing"),
    ("loadmaster/planning/x.py", "from loadmaster.clients import git", "other way"),
    ("loadmaster/planning/gates/x.py", "import subprocess", "runs nothing"),
    ("loadmaster/planning/values/x.py", "from loadmaster.planning.plan import Crate", "is the ground"),
    ("loadmaster/planning/values/x.py", "import httpx", "Let a client ask"),
    ("loadmaster/run/x.py", "from loadmaster.cli.commands.status import status", "nothing imports it"),
    ("loadmaster/run/x.py", "from prefect import task", "belongs into tasks/"),
    ("loadmaster/cli/x.py", "from loadmaster.flows.release import release", "runs on the worker"),
    ("loadmaster/survey/x.py", "from loadmaster.run.job import Job", "before there is a job"),
    ("loadmaster/steps/x.py", "from prefect import task", "belongs into tasks/"),
    ("loadmaster/steps/x.py", "from loadmaster.rehearsal import world", "cannot tell a rehearsal"),
    ("loadmaster/index_as_of/x.py", "from loadmaster.rehearsal import world", "Packaging for real needs this"),
    ("loadmaster/rehearsal/x.py", "from loadmaster.run.live import live_job", "cannot make a live world"),
    ("loadmaster/rehearsal/x.py", "from loadmaster.credentials.sources import api_token", "makes up its own tokens"),
    ("loadmaster/smoke/running/x.py", "from loadmaster.planning.smoke.verdict import judge", "planning says"),
    ("loadmaster/smoke/clients/x.py", "from loadmaster.smoke.steps import make", "one way"),
    ("loadmaster/smoke/steps/x.py", "from loadmaster.rehearsal import world", "cannot tell a rehearsal"),
    ("loadmaster/guarded/x.py", "from loadmaster.flows.release import release", "by its entrypoint"),
    ("loadmaster/stack/x.py", "from loadmaster.guarded import worker", "started, and never imported"),
    ("loadmaster/stack/x.py", "from prefect import task", "belongs into tasks/"),
    ("loadmaster/clients/x.py", "from loadmaster.steps import look", "one way"),
    ("loadmaster/clients/x.py", "from loadmaster.rehearsal import world", "cannot tell a rehearsal"),
    ("loadmaster/clients/x.py", "from loadmaster.run.job import Job", "as an argument"),
    ("loadmaster/things/x.py", "from loadmaster.run.job import Job", "knows no job"),
    ("loadmaster/things/x.py", "from loadmaster.steps import publish", "steps → things → clients"),
    ("tasks/x.py", "from loadmaster.flows.release import release", "one way"),
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


@pytest.fixture(scope="module")
def picture() -> Picture:
    return draw(ROOT)


def test_no_folders_import_each_other_in_a_cycle(picture: Picture) -> None:
    """With `-s` it prints the picture."""
    for room, others in sorted(picture.rooms.items()):
        print(f"{room} ({len(picture.modules_in(room))} modules) → {', '.join(sorted(others)) or 'nothing of ours'}")
    print(f"{len(picture.rooms)} rooms, {picture.arrows} arrows")
    assert picture.cycle(ALLOWED) == []


def test_nothing_lies_at_the_top_of_the_library_but_what_python_wants_there() -> None:
    assert {each.name for each in (ROOT / "loadmaster").glob("*.py")} == {"__init__.py", "__main__.py"}


def test_a_folder_has_as_many_modules_as_a_person_can_look_through(picture: Picture) -> None:
    sizes = {room: len(picture.modules_in(room)) for room in picture.rooms if room != REGISTRY}
    assert {room: size for room, size in sizes.items() if size > AT_MOST} == {}


def test_planted_a_cycle_is_found_and_an_allowed_one_is_not(tmp_path: Path) -> None:
    for file, text in {
        "loadmaster/a/one.py": "from loadmaster.b import two\n",
        "loadmaster/b/two.py": "def late():\n    import loadmaster.a.one\n",
    }.items():
        (tmp_path / file).parent.mkdir(parents=True)
        (tmp_path / file).write_text(text)
    planted = draw(tmp_path)
    assert sorted(set(planted.cycle(frozenset()))) == ["loadmaster.a", "loadmaster.b"]
    assert planted.cycle(frozenset({frozenset(("loadmaster.a", "loadmaster.b"))})) == []


def test_a_class_name_has_one_meaning() -> None:
    """Type aliases count, names that begin with an underscore do not."""
    places: dict[str, list[str]] = {}
    for top in ("loadmaster", "flows", "tasks", "bench"):
        for path in sorted((ROOT / top).rglob("*.py")):
            for name in named_types(path.read_text(encoding="utf-8")):
                places.setdefault(name, []).append(str(path.relative_to(ROOT)))
    assert {name: where for name, where in places.items() if len(where) > 1} == {}
    assert "Schedule" in places


def test_what_lies_at_the_top_has_one_name() -> None:
    """`loadmaster.flows`, as in the wheel: by another name the same file would be a second module, with classes of its own."""
    found = [
        f"{path.relative_to(ROOT)}: {name}"
        for top in (*TOPS, "bench", "tests")
        for path in sorted((ROOT / top).rglob("*.py"))
        for name in OTHER_NAME.findall(path.read_text(encoding="utf-8"))
    ]
    assert found == []
    assert OTHER_NAME.findall("from flows.release import x\nimport tasks\nfrom loadmaster.flows import x") == [
        "flows",
        "tasks",
    ]


def test_test_modules_lend_each_other_nothing_but_by_the_kit() -> None:
    """What two tests need is in `tests/kit` (or a table in `tests/cases`); a test module can be moved or dropped alone."""
    borrowed = re.compile(r"^ *(?:from|import) (tests\.(?!kit\b|cases\b)[\w.]+)", re.MULTILINE)
    found = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in sorted((ROOT / "tests").rglob("*.py"))
        for name in borrowed.findall(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_nothing_in_the_tests_waits_without_a_time() -> None:
    """`tests/kit/waiting.py` waits with a deadline, and says what for."""
    endless = re.compile(r"\.(?:wait|get|join|readline|communicate)\(\)(?!, PATIENCE)")
    found = [
        f"{path.relative_to(ROOT)}: {waits}"
        for path in sorted((ROOT / "tests").rglob("*.py"))
        for waits in endless.findall(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_what_a_program_in_a_text_imports_is_there() -> None:
    """Tests start programs that are texts, which no type checker reads; one that dies at its import is waited for in vain."""
    imports = re.compile(r"^from (loadmaster[\w.]*) import ([\w, ]+)$", re.MULTILINE)
    found, seen = [], 0
    for path in sorted(set((ROOT / "tests").rglob("*.py")) - {Path(__file__)}):  # in which modules are invented
        for each in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            text = each.value if isinstance(each, ast.Constant) and isinstance(each.value, str) else ""
            for module, names in imports.findall(text) if "\n" in text else ():
                seen += 1
                missing = f"{path.relative_to(ROOT)}: {module} has no "
                found += [missing + name for name in names.split(", ") if not _has(module, name)]
    assert found == []
    assert seen > 5


def _has(module: str, name: str) -> bool:
    try:
        return hasattr(importlib.import_module(module), name) or bool(importlib.util.find_spec(f"{module}.{name}"))
    except ModuleNotFoundError:
        return False
