"""A small workspace in a repository, a registry that is served for it, and the real command line, in a home of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.kit.checkout import ROOT
from tests.kit.packing import body, crate_file, manifest_text
from tests.kit.registry_world import Served
from tests.kit.waiting import PATIENCE

VERSION = "1.0.0"
MEMBERS: Mapping[str, tuple[str, ...]] = {"hull": (), "mid": ("hull",), "app": ("mid",)}
"""By name, what each needs."""


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


def loadmaster(home: Path, *arguments: str, **variables: str) -> Ran:
    """The command line as a program, in a directory that is no project's."""
    return loadmaster_in(ROOT, home, *arguments, **variables)


def loadmaster_in(place: Path, home: Path, *arguments: str, **variables: str) -> Ran:
    """The command line as a program in this directory; nothing of the user's tokens reaches it."""
    inherited = {name: value for name, value in os.environ.items() if "TOKEN" not in name}
    try:
        done = subprocess.run(
            (sys.executable, "-m", "loadmaster", *arguments),
            cwd=place,
            env={**inherited, "LOADMASTER_HOME": str(home), **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=PATIENCE,
            text=True,
        )
    except subprocess.TimeoutExpired as error:
        told = b"\n".join(filter(None, (error.stdout, error.stderr))).decode(errors="replace")
        raise AssertionError(f"`{' '.join(arguments)}` did not end within {PATIENCE:g} s, and told:\n{told}") from error
    assert "Traceback" not in done.stderr, done.stderr
    assert "Loadmaster itself failed" not in done.stderr, done.stderr
    return Ran(done.returncode, done.stdout, done.stderr)


def profile_with_commands(place: Path) -> Path:
    """A directory of profiles with the demo's, to which two commands are added: one of every release, one of later ones."""
    commands = (("docs", 'run = ["touch", "docs/table.md"]'), ("later", 'run = ["false"]\nsince = "99.0.0"'))
    text = (ROOT / "projects" / "demo.toml").read_text(encoding="utf-8")
    text += "".join(f'\n[[release.commands]]\nname = "{name}"\npaths = ["docs/*"]\n{rest}\n' for name, rest in commands)
    (place / "projects").mkdir(parents=True)
    (place / "projects" / "demo.toml").write_text(text, encoding="utf-8")
    return place / "projects"


def index_of(world: Served) -> str:
    return f"sparse+{world.address}/index/"


def packaged(name: str, version: str = VERSION, *, needs: tuple[str, ...] = (), extra: str = "") -> bytes:
    """A crate of the workspace, as its manifest has it."""
    rest = "".join(f'[dependencies.{each}]\nversion = "1.0.0"\n' for each in needs)
    return crate_file(name, version, manifest_text(name, version, extra, rest))


def publish(world: Served, *names: str, version: str = VERSION) -> None:
    for name in names:
        answer = world.put(body(packaged(name, version, needs=MEMBERS.get(name, ())), name, version))
        assert answer.status_code == 200, answer.text


def reserve(world: Served, *names: str) -> None:
    """An older version: crates.io wants a dependency's name to exist."""
    for name in names:
        assert world.put(body(packaged(name, "0.1.0"), name, "0.1.0")).status_code == 200


class Repository:
    """The workspace's repository, at the commit that carries the version."""

    def __init__(self, directory: Path, version: str = VERSION) -> None:
        self.directory = directory
        members = ", ".join(f'"{name}"' for name in MEMBERS)
        self._write("Cargo.toml", f"[workspace]\nresolver = '2'\nmembers = [{members}]\n")
        for name, needs in MEMBERS.items():
            rest = "[dependencies]\n" + "".join(
                f'{each} = {{ path = "../{each}", version = "1.0.0" }}\n' for each in needs
            )
            self._write(f"{name}/Cargo.toml", manifest_text(name, version, rest=rest))
            self._write(f"{name}/src/lib.rs", "")
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("add", ".")
        self.git("commit", "--quiet", "--message=All of it")

    def tag(self, name: str) -> None:
        self.git("tag", "--annotate", "--message=it", name)

    def begin(self, version: str) -> str:
        """The release commit of Loadmaster's, which is all that a killed run left; returns its id."""
        ours = ("-c", "user.name=Loadmaster", "-c", "user.email=loadmaster@localhost")
        self.git(*ours, "commit", "--quiet", "--allow-empty", f"--message=Release {version}")
        return self.git("rev-parse", "HEAD")

    def go_on(self) -> None:
        """A later commit of somebody's."""
        self._write("README.md", "Later.\n")
        self.git("add", ".")
        self.git("commit", "--quiet", "--message=Go on")

    def git(self, *arguments: str) -> str:
        author = ("-c", "user.name=Mia", "-c", "user.email=mia@localhost")
        command = ("git", *author, *arguments)
        return subprocess.run(command, cwd=self.directory, check=True, capture_output=True, text=True).stdout.strip()

    def _write(self, path: str, text: str) -> None:
        file = self.directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
