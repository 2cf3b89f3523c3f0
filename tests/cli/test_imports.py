"""What a command imports, by name: a module that it does not use costs everybody who waits for it."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.kit.checkout import ROOT
from tests.kit.imports import draw

PROGRAM = """
import atexit, json, sys
from pathlib import Path

import loadmaster.cli
from loadmaster.__main__ import main

told, planted, *arguments = sys.argv[1:]
atexit.register(lambda: Path(told).write_text(json.dumps(sorted(sys.modules))))
sys.argv = ["loadmaster", *arguments]
loadmaster.cli.__path__.insert(0, planted)
main()
"""
"""The command line. Files in the directory `planted` stand for those of `loadmaster/cli`."""

THEIRS = (
    *("anyio", "cryptography", "docker", "fastapi", "filelock", "git", "httpx", "hypothesis", "jsonschema", "jwt"),
    *("markdown_it", "packaging", "prefect", "psutil", "pydantic", "pytest", "regex", "rich.markdown", "ruamel"),
    *("semver", "sqlalchemy", "starlette", "toml_rs", "tomlkit", "uvicorn"),
)
OURS = (
    *(
        "clients.git",
        "clients.registry",
        "clients.forge",
        "cli.commands.projects",
        "cli.standing",
        "credentials.keeper",
    ),
    *("flows", "guarded", "index_as_of", "planning.edits", "planning.gates", "planning.permissions", "planning.plan"),
    *("planning.profile.project", "rehearsal", "run.job", "run.store", "smoke", "stack.api", "stack.record", "steps"),
    *("survey", "tasks", "things"),
)
WATCHED = frozenset({*THEIRS, *(f"loadmaster.{name}" for name in OURS)})
"""What costs something, or belongs to few commands."""

OPTIONS = {"pydantic"}
"""By which typer reads what is typed."""
PAGE = {"rich.markdown", "markdown_it"}
"""By which typer prints help."""
PROFILE = {"pydantic", "regex", "semver", "loadmaster.planning.profile.project"}
STORE = {"loadmaster.run.store"}
TREE = {"markdown_it", "loadmaster.planning.edits", "loadmaster.cli.commands.projects"}
RUNS = {
    *(
        "filelock",
        "markdown_it",
        "psutil",
        "loadmaster.planning.plan",
        "loadmaster.planning.edits",
        "loadmaster.run.job",
    ),
    *("loadmaster.stack.record", "loadmaster.clients.git", *PROFILE, *STORE),
}

HANGAR = str(ROOT / "examples" / "hangar")
COMMANDS: tuple[tuple[str, list[str], set[str]], ...] = (
    ("the page of all commands", ["--help"], PAGE),
    ("a command's page", ["release", "--help"], PAGE | OPTIONS),
    ("the page of a group", ["project", "--help"], PAGE | OPTIONS),
    ("the version", ["--version"], OPTIONS | {"packaging"}),
    ("a command that there is not", ["fly"], OPTIONS),
    ("a command without what it needs", ["release"], OPTIONS),
    ("the shell's script", ["completion", "bash"], OPTIONS),
    ("the page of an error", ["explain", "upload-refused"], OPTIONS),
    ("the schema of a profile", ["profile", "schema"], PROFILE),
    ("a field of a profile", ["profile", "explain", "release.tag"], PROFILE | {"loadmaster.cli.commands.projects"}),
    ("the known projects", ["projects"], PROFILE | STORE | {"loadmaster.cli.commands.projects"}),
    (
        "the gates of a tree",
        ["gates", HANGAR],
        PROFILE | STORE | TREE | {"loadmaster.planning.gates", "loadmaster.planning.plan"},
    ),
    ("a bump", ["bump", HANGAR, "--version", "minor", "--dry-run"], PROFILE | STORE | TREE | {"tomlkit"}),
    ("the runs, where no server runs", ["runs"], RUNS),
    ("where one stands", [], RUNS | {"git", "loadmaster.cli.standing", "loadmaster.cli.commands.projects"}),
)
"""What is done, the arguments, and what of `WATCHED` that imports."""

KEYS: tuple[tuple[str, str, set[str]], ...] = (
    ("a command", "loadmaster gat", OPTIONS),
    ("an option", "loadmaster release --dep", OPTIONS),
    ("a version", "loadmaster plan --version m", OPTIONS),
    ("an error", "loadmaster explain up", OPTIONS),
    ("a run", "loadmaster follow ", OPTIONS | STORE),
    ("a project", "loadmaster plan -p ", PROFILE | STORE),
)
"""What the tab key completes."""


def imported(tmp_path: Path, arguments: list[str], environment: Mapping[str, str] | None = None) -> set[str]:
    """What of `WATCHED` the command imports, with the files of `tmp_path/planted` in place of the program's."""
    told = tmp_path / "modules.json"
    subprocess.run(
        [sys.executable, "-c", PROGRAM, str(told), str(tmp_path / "planted"), *arguments],
        cwd=tmp_path,
        env={**os.environ, "LOADMASTER_HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT), **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    return set(json.loads(told.read_text())) & WATCHED


def test_what_is_watched_is_there() -> None:
    assert {name for name in WATCHED if importlib.util.find_spec(name) is None} == set()


@pytest.mark.parametrize(("arguments", "expected"), [row[1:] for row in COMMANDS], ids=[row[0] for row in COMMANDS])
def test_a_command_imports_what_it_uses(arguments: list[str], expected: set[str], tmp_path: Path) -> None:
    assert imported(tmp_path, arguments) == expected


@pytest.mark.parametrize(("line", "expected"), [row[1:] for row in KEYS], ids=[row[0] for row in KEYS])
def test_the_tab_key_imports_what_it_offers(line: str, expected: set[str], tmp_path: Path) -> None:
    words = {"COMP_WORDS": line, "COMP_CWORD": str(line.count(" ")), "_LOADMASTER_COMPLETE": "complete_bash"}
    assert imported(tmp_path, [], words) == expected


def test_planted_an_import_at_the_top_of_a_command_is_found_with_every_other_command(tmp_path: Path) -> None:
    own = (ROOT / "loadmaster" / "cli" / "doctor.py").read_text(encoding="utf-8")
    (tmp_path / "planted").mkdir()
    (tmp_path / "planted" / "doctor.py").write_text(own.replace("import typer\n", "import httpx\nimport typer\n", 1))
    assert imported(tmp_path, ["--help"]) - PAGE == {"httpx"}


def test_no_command_imports_prefect_nor_what_does() -> None:
    """Wherever a module has its imports: of the commands that start servers, too, which no test here runs."""
    assert [module for module in _reached("loadmaster.cli") if _knows_prefect(module)] == []
    assert "loadmaster.guarded.worker" in filter(_knows_prefect, _reached("loadmaster.guarded"))


def _reached(room: str) -> Iterator[str]:
    """The modules of a room and below, and all modules that they import, and so on."""
    modules = draw(ROOT).modules
    waiting, seen = [name for name in modules if name.startswith(f"{room}.")], set[str]()
    while waiting:
        module = waiting.pop()
        if module not in seen:
            seen.add(module)
            waiting += modules[module]
            yield module


def _knows_prefect(module: str) -> bool:
    place = ROOT / Path(*module.split("."))
    file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    return any(line.strip().startswith(("import prefect", "from prefect")) for line in file.read_text().splitlines())
