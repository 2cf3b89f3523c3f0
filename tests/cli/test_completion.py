"""The tab key, in the real shells: commands, options, projects, words for a version, runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from loadmaster.cli import words
from tests.kit.checkout import ROOT
from tests.kit.terminal import terminal

REQUIRED = os.environ.get("LOADMASTER_SHELLS") == "required"
TYPED = {
    "a command": ("loadmaster reh", "rehearse"),
    "a project": ("loadmaster plan --project de", "demo"),
    "a word for a version": ("loadmaster rehearse --project demo --version ch", "changed"),
    "a project of a group's command": ("loadmaster project remove de", "demo"),
    "a field of a profile": ("loadmaster profile explain release.stale", "release.stale_lockfiles"),
    "a format": ("loadmaster gates . --format sa", "sarif"),
    "a run": ("loadmaster resume 3f2", "3f2a8c1e"),
}


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    run = tmp_path / "home" / "runs" / "3f2a8c1e-0000"
    run.mkdir(parents=True)
    (run / "lock").touch()
    here = str(Path(sys.executable).parent)
    kept = {name: os.environ[name] for name in ("HOME", "LOADMASTER_PROJECTS") if name in os.environ}
    return {
        **kept,
        "PATH": f"{here}:{os.environ['PATH']}",
        "LOADMASTER_HOME": str(tmp_path / "home"),
        "TERM": "xterm",
        "LANG": "C.UTF-8",
    }


def shell(name: str) -> str:
    path = shutil.which(name)
    if path is None and not REQUIRED:
        pytest.skip(f"{name} is not installed")
    assert path is not None, f"{name} is not installed"
    return path


def said(program: list[str], environment: dict[str, str]) -> list[str]:
    done = subprocess.run(program, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout.split()


@pytest.mark.parametrize(("typed", "word"), TYPED.values(), ids=list(TYPED))
class TestShells:
    def test_bash(self, typed: str, word: str, environment: dict[str, str]) -> None:
        last = len(typed.split()) - 1
        script = f"""
            eval "$(loadmaster completion bash)"
            COMP_WORDS=({typed}); COMP_CWORD={last}
            _loadmaster_completion loadmaster; printf '%s\\n' "${{COMPREPLY[@]}}"
        """
        assert said([shell("bash"), "--norc", "-c", script], environment) == [word]

    def test_fish(self, typed: str, word: str, environment: dict[str, str]) -> None:
        script = f"loadmaster completion fish | source; complete --do-complete '{typed}'"
        assert word in said([shell("fish"), "--no-config", "-c", script], environment)

    def test_zsh(self, typed: str, word: str, environment: dict[str, str], tmp_path: Path) -> None:
        with terminal([shell("zsh"), "-f", "-i"], environment, ROOT) as shown:
            shown.type(
                "autoload -U compinit && compinit -u -D; PS1=; eval \"$(loadmaster completion zsh)\"; echo rea''dy\n"
            )
            shown.read_until("ready")
            shown.type(f"{typed}\t")
            shown.read_until(word)


def test_a_shell_that_is_not_known_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "loadmaster", "completion", "tcsh"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "'tcsh' is not one of 'bash', 'zsh', 'fish'" in done.stderr


def test_a_word_that_begins_otherwise_is_not_offered() -> None:
    assert list(words.versions("m")) == ["major", "minor"]
    assert list(words.levels("c")) == []
    assert list(words.projects("nothing")) == []
    assert list(words.fields("nothing")) == []
