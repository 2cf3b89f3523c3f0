"""Repositories as people have them, made by real git with nobody's configuration."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from loadmaster.clients import git
from loadmaster.clients.git.command import run

WHEN = datetime(2026, 10, 1, 12, tzinfo=UTC)
ADA = git.Author(name="Ada", email="ada@example.org")


def repository(directory: Path, files: Mapping[str, str | bytes], branch: str = "main") -> Path:
    """A repository with a work tree, and these files in its first commit."""
    directory.mkdir(parents=True, exist_ok=True)
    run(directory, "init", "--quiet", f"--initial-branch={branch}")
    save(directory, files)
    return directory


def save(directory: Path, files: Mapping[str, str | bytes]) -> str:
    """Writes the files and commits everything. Returns the commit."""
    for name, content in files.items():
        place = directory / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content if isinstance(content, bytes) else content.encode())
    return git.commit_all(directory, f"Add {', '.join(files) or 'changes'}", ADA, WHEN)


def add_submodule(directory: Path, path: str, source: Path, url: str | None = None) -> str:
    """Adds `source` as a submodule, checked out, and commits it; `url` is what `.gitmodules` says instead of its path."""
    allowed = {"GIT_ALLOW_PROTOCOL": "file"}
    run(directory, "submodule", "--quiet", "add", "--", str(source), path, extra=allowed)
    run(directory / path, "submodule", "--quiet", "update", "--init", "--recursive", extra=allowed)
    if url is not None:
        run(directory, "config", "--file", ".gitmodules", f"submodule.{path}.url", url)
    return save(directory, {})


def link_commit(directory: Path, path: str, commit: str, gitmodules: str | None) -> str:
    """Records a submodule by hand, as a hostile tree may have it. None: `.gitmodules` stays out."""
    if gitmodules is not None:
        (directory / ".gitmodules").write_text(gitmodules)
        run(directory, "add", ".gitmodules")
    run(directory, "update-index", "--add", "--cacheinfo", f"160000,{commit},{path}")
    made = run(
        directory, "commit-tree", "-p", "HEAD", "-m", "Link", run(directory, "write-tree").decode().strip(), extra=_BY
    )
    run(directory, "update-ref", "HEAD", made.decode().strip())
    return made.decode().strip()


_BY = {
    f"GIT_{role}_{part}": text for role in ("AUTHOR", "COMMITTER") for part, text in (("NAME", "A"), ("EMAIL", "a@b"))
}
