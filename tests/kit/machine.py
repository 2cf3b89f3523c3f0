"""A machine with Loadmaster on it and a person in front, with a registry to release to.

The program runs from a copy of the checkout, which a test may spoil, with a home of its own.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loadmaster.errors.prefect import NoStackRunning
from loadmaster.planning.profile.secret_variables import TOKEN_VARIABLE
from loadmaster.rehearsal.registry import Registry, new_token
from loadmaster.rehearsal.registry.limits import Limits
from loadmaster.stack.record import running
from tests.kit.checkout import ROOT
from tests.kit.hangar import git
from tests.kit.next_step import BIN, environment
from tests.kit.registry_world import Served, served
from tests.kit.running import index_of
from tests.kit.waiting import PATIENCE

PROGRAM = ("loadmaster", "flows", "tasks", "deployments", "projects", "examples", "prefect.yaml")
TOKEN = new_token()


class Machine:
    """A machine with Loadmaster on it, and whoever sits there."""

    def __init__(self, root: Path) -> None:
        self.root, self.home, self.checkout, self.projects = root, root / "home", root / "checkout", root / "projects"
        for name in PROGRAM:
            place = self.checkout / name
            if (ROOT / name).is_dir():
                shutil.copytree(
                    ROOT / name, place, symlinks=True, ignore=shutil.ignore_patterns("__pycache__", "target")
                )
            else:
                shutil.copy(ROOT / name, place)
        self.projects.mkdir()
        self.environment = {
            "LOADMASTER_HOME": str(self.home),
            "LOADMASTER_PROJECTS": str(self.projects),
            "PYTHONPATH": str(self.checkout),
            "CI": "",
        }
        self.with_token = {**self.environment, TOKEN_VARIABLE: TOKEN}

    def run(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            (str(BIN / "loadmaster"), *arguments),
            cwd=self.root,
            env=environment({**self.with_token, **more}),
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )

    def up(self) -> None:
        try:
            running(self.home)
        except NoStackRunning:
            ran = self.run("up")
            assert ran.returncode == 0, ran.stderr


@contextmanager
def open_registry(place: Path, limits: Limits | None = None) -> Iterator[Served]:
    """A registry that knows the token of the machine."""
    registry = Registry(place, limits=limits or Limits())
    with served(registry) as world:
        registry.add_token("mia", TOKEN)
        yield world


def remote(source: Path, place: Path) -> Path:
    git(place.parent, "clone", "--quiet", "--bare", str(source), str(place))
    return place


def where(world: Served, bare: Path) -> tuple[str, ...]:
    return ("--project", "demo", "--registry", index_of(world), "--forge", "none", "--repository", str(bare))
