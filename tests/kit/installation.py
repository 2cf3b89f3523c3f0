"""Loadmaster as a user installs it: sdist, wheel, an empty environment that he may not write, and a home of his own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.kit.checkout import ROOT
from tests.kit.engine import NOWHERE
from tests.kit.waiting import PATIENCE

BUILD_SDIST = "import sys; from setuptools import build_meta; print(build_meta.build_sdist(sys.argv[1]))"
PLAIN = ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if os.geteuid() == 0 else ()
"""Before a command: it is bound by the rights of files, whoever runs it."""


def tracked(root: Path) -> tuple[str, ...]:
    """What git has of the checkout, or would have after `git add`."""
    command = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    return tuple(name for name in listed.split("\0") if name and os.path.lexists(root / name))


def build_wheel(place: Path) -> Path:
    """The wheel, made from the sdist, which is made from a copy of what git has of the checkout."""
    source = place / "source"
    for name in tracked(ROOT):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, source / name, follow_symlinks=False)
    _run([sys.executable, "-c", BUILD_SDIST, str(place)], cwd=source)
    (sdist,) = place.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(place / "sdist", filter="data")
    (unpacked,) = (place / "sdist").iterdir()
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet"]
    _run([*pip, "--no-deps", "--no-build-isolation", "--wheel-dir", str(place), str(unpacked)], cwd=place)
    (wheel,) = place.glob("*.whl")
    return wheel


def names_in(wheel: Path) -> frozenset[str]:
    with zipfile.ZipFile(wheel) as archive:
        return frozenset(archive.namelist())


class Installation:
    """The environment, and whoever uses it: with nothing of ours in his variables, and in a directory of his own."""

    def __init__(self, place: Path, wheel: Path) -> None:
        self.environment, self.user = place / "environment", place / "user"
        self.user.mkdir()
        venv.create(self.environment, with_pip=True)
        pip = [str(self.environment / "bin" / "pip"), "--disable-pip-version-check", "install", "--quiet"]
        _run([*pip, f"{wheel}[pinned]"], cwd=place)
        for directory, folders, files in os.walk(self.environment):
            for name in (".", *folders, *files):
                path = Path(directory) / name
                if not path.is_symlink():
                    path.chmod(path.stat().st_mode & ~0o222)

    @property
    def variables(self) -> Mapping[str, str]:
        """Cargo's toolchains stay where they are; everything else is below the user's own home."""
        home = Path.home()
        kept = (
            "PATH",
            "LANG",
            "LC_ALL",
            "HTTP_PROXY",
            "HTTPS_PROXY",
            "NO_PROXY",
            "http_proxy",
            "https_proxy",
            "no_proxy",
        )
        rust = {"RUSTUP_HOME": str(home / ".rustup"), "CARGO_HOME": str(home / ".cargo")}
        given = {name: os.environ[name] for name in (*kept, *rust) if name in os.environ}
        path = f"{self.environment / 'bin'}{os.pathsep}{given.pop('PATH')}"
        return {**rust, **given, "PATH": path, "HOME": str(self.user), "DOCKER_HOST": NOWHERE, "CI": ""}

    @property
    def state(self) -> Path:
        return self.user / ".local" / "state" / "loadmaster"

    @property
    def caches(self) -> Path:
        return self.user / ".cache" / "loadmaster"

    def run(self, cwd: Path, *arguments: str, seconds: float = 4 * PATIENCE) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            (*PLAIN, "loadmaster", *arguments),
            cwd=cwd,
            env=self.variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def files(self) -> Mapping[str, tuple[int, int]]:
        """Size and time of every file of the environment."""
        return dict(self._files())

    def _files(self) -> Iterator[tuple[str, tuple[int, int]]]:
        for path in self.environment.rglob("*"):
            status = path.lstat()
            yield str(path), (status.st_size, status.st_mtime_ns)

    def remove(self) -> None:
        """Gives the rights back, so that pytest can remove it."""
        for directory, _, _ in os.walk(self.environment):
            Path(directory).chmod(0o755)


def _run(command: list[str], cwd: Path) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=4 * PATIENCE)
    assert done.returncode == 0, done.stdout + done.stderr
