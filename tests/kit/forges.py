"""A rehearsal's forge over a real bare repository, served over a socket, and asked as GitHub is asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from starlette.applications import Starlette
from starlette.routing import Mount

from loadmaster.clients import git
from loadmaster.clients.git.command import run
from loadmaster.clients.serving import serving
from loadmaster.rehearsal.faults import Misfortune
from loadmaster.rehearsal.forge import Forge
from loadmaster.rehearsal.forge_scenario import HEALTHY, ForgeScenario
from loadmaster.rehearsal.pushes import Pushes
from loadmaster.rehearsal.remote import create_remote
from tests.kit.github_openapi import problems
from tests.kit.hangar import write

API = "/repos/ada/hangar"
TOKEN = "t0ken"
WHEN = datetime(2026, 10, 1, tzinfo=UTC)
ADA = git.Author(name="Ada", email="ada@example.org")
RELEASE_WORKFLOW = """\
name: Release
run-name: Release ${{ github.ref_name }}
on: {push: {tags: ["v*"]}}
permissions: {}
jobs:
  build: {runs-on: ubuntu-24.04, steps: [{run: make}]}
  publish:
    needs: build
    runs-on: ubuntu-24.04
    environment: crates
    permissions: {id-token: write}
    steps: [{name: Publish, run: cargo publish}]
"""


class TickingClock:
    """A clock that a test sets forward."""

    def __init__(self) -> None:
        self._seconds = WHEN.timestamp()

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(self._seconds, UTC)

    def pass_by(self, seconds: float) -> None:
        self._seconds += seconds


@dataclass(frozen=True, kw_only=True)
class ServedForge:
    forge: Forge
    remote: Path
    clone: Path
    http: httpx.Client
    """Signed in."""
    stranger: httpx.Client
    clock: TickingClock
    address: str
    unchecked: set[str] = field(default_factory=set)

    def get(self, path: str, status: int = 200, /, **query: Any) -> Any:
        """The answer below `/repos/ada/hangar`, which has GitHub's shape."""
        return self.ask("GET", path, status, params=query)

    def ask(self, method: str, path: str, status: int, **arguments: Any) -> Any:
        """The body of an answer with that status, read from JSON, after a look whether its shape is GitHub's."""
        whole = path if path.startswith(("http", "/")) else f"{API}/{path}".rstrip("/")
        answer = self.http.request(method, whole, **arguments)
        assert answer.status_code == status, f"{answer.status_code}: {answer.text[:500]}"
        body = answer.json() if answer.content else None
        if 200 <= status < 300:
            asked = urlsplit(whole).path.removeprefix("/uploads")
            found = problems(method, asked, status, body)
            assert found == [], "\n".join(found)
        return body

    def commit(self, name: str, text: str, message: str = "Change", branch: str = "main") -> str:
        """A commit of the clone on top of that local branch, which is made if it is missing."""
        present = git.branch(self.clone)
        if present != branch:
            known = branch in run(self.clone, "branch", "--format=%(refname:short)").decode().split()
            run(self.clone, "checkout", "--quiet", *([] if known else ["-b"]), branch)
        write(self.clone, {name: text})
        return git.commit_all(self.clone, message, ADA, self.clock())

    def push(self, *refspecs: str) -> None:
        git.push(self.clone, "origin", list(refspecs))

    def tag(self, name: str, *, push: bool = True) -> None:
        git.create_tag(self.clone, name, "HEAD", name, ADA, WHEN)
        if push:
            self.push(f"refs/tags/{name}")

    def runs(self, **query: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("actions/runs", **query)["workflow_runs"]
        return found

    def run(self) -> dict[str, Any]:
        """The only run."""
        (found,) = self.runs()
        return found

    def jobs(self, run: int, **query: str) -> dict[str, dict[str, Any]]:
        return {job["name"]: job for job in self.get(f"actions/runs/{run}/jobs", **query)["jobs"]}


FILES: Mapping[str, str] = {"README.md": "# Hangar\n", ".github/workflows/release.yml": RELEASE_WORKFLOW}


@contextmanager
def served_forge(
    place: Path, scenario: ForgeScenario = HEALTHY, files: Mapping[str, str] = FILES, **settings: Any
) -> Iterator[ServedForge]:
    """The forge of a repository with one commit of `files` on `main`, and a clone to push from. Opened again it is the same."""
    if not (place / "remote.git").exists():
        write(place / "tree", files)
        commit = git.import_directory(place / "tree", place / "source.git", "main", WHEN)
        create_remote(place / "remote.git", place / "source.git", "main")
        git.clone_at(place / "remote.git", commit, place / "clone", "main")
    clock = TickingClock()
    remote = (place / "remote.git").resolve()
    forge = Forge(
        place / "forge", remote=remote, owner="ada", name="hangar", scenario=scenario, clock=clock, **settings
    )
    forge.add_token(TOKEN)
    pushes = Pushes(Misfortune(None, place / "faults.sqlite", clock=clock), forge.refusal_of_push)
    app = Starlette(routes=[Mount("/pushes", pushes.app()), Mount("/", forge.app())])
    with serving(app) as address, pushes.hooked(remote, f"{address}/pushes"):
        headers = {"Authorization": f"Bearer {TOKEN}"}
        with httpx.Client(base_url=address, headers=headers) as http, httpx.Client(base_url=address) as stranger:
            yield ServedForge(
                forge=forge,
                remote=remote,
                clone=place / "clone",
                http=http,
                stranger=stranger,
                clock=clock,
                address=address,
            )
