"""A world in a process of its own that a fault kills: after each effect, and before whoever asked for it hears of it.

In a rehearsal the process that serves the world is the release's own.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import httpx
import pytest

from loadmaster.clients import git
from loadmaster.rehearsal.registry import Registry
from tests.kit.checkout import ROOT
from tests.kit.packing import upload
from tests.kit.waiting import code_of, line_of

Effect = Literal["push-commit", "push-tag", "publish", "draft", "asset", "release"]
EFFECTS: tuple[Effect, ...] = ("push-commit", "push-tag", "publish", "draft", "asset", "release")
WHEN = datetime(2026, 10, 1, tzinfo=UTC)
AUTHOR = git.Author(name="Ada", email="ada@example.org")


@dataclass(frozen=True)
class Alone:
    """`loadmaster world`, with a client for each of its parts."""

    process: subprocess.Popen[str]
    remote: Path
    registry: httpx.Client
    forge: httpx.Client


def _client(base: str, authorization: str) -> httpx.Client:
    headers = {"Authorization": authorization, "User-Agent": "loadmaster-tests"}
    return httpx.Client(base_url=base, headers=headers, timeout=30)


@contextmanager
def alone(directory: Path, *options: str) -> Iterator[Alone]:
    command = [sys.executable, "-m", "loadmaster", "world", "--json", "--directory", str(directory), *options]
    environment = os.environ | {"LOADMASTER_HOME": str(directory.parent / "home")}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        document = ""
        while not document.endswith("\n}\n"):
            line = line_of(process.stdout, "the world")
            assert line, "it ended before it was open"
            document += line
        told = json.loads(document)
        registry, forge = (Path(told[f"{each}_token_file"]).read_text() for each in ("registry", "forge"))
        yield Alone(
            process,
            Path(told["remote"]),
            _client(told["index"].removeprefix("sparse+").removesuffix("index/"), registry),
            _client(f"{told['forge']}/repos/loadmaster/hangar", f"Bearer {forge}"),
        )
    finally:
        process.terminate()
        code_of(process, "the world")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone of the world's remote, made while it was closed: one commit ahead, and a tag."""
    with alone(tmp_path / "world") as world:
        git.clone_at(world.remote, git.resolve(world.remote, "main"), tmp_path / "clone", "main")
    (tmp_path / "clone" / "new").write_text("new")
    git.commit_all(tmp_path / "clone", "New", AUTHOR, WHEN)
    git.create_tag(tmp_path / "clone", "v1", "HEAD", "v1", AUTHOR, WHEN)
    return tmp_path / "clone"


def release(world: Alone, clone: Path) -> Iterator[Effect]:
    """A release in its order, by one that looks before it acts; yields what it is about to do."""
    refs = git.observe_refs(str(world.remote))
    if refs["refs/heads/main"] != git.head(clone):
        yield "push-commit"
        git.push(clone, str(world.remote), ["HEAD:refs/heads/main"])
    if "refs/tags/v1" not in refs:
        yield "push-tag"
        git.push(clone, str(world.remote), ["refs/tags/v1:refs/tags/v1"])
    if world.registry.get("index/ou/rs/ours").status_code == 404:
        yield "publish"
        world.registry.put("api/v1/crates/new", content=upload())
    if not (releases := world.forge.get("releases").json()):
        yield "draft"
        releases = [world.forge.post("releases", json={"tag_name": "v1", "draft": True}).json()]
    if not releases[0].get("assets"):
        yield "asset"
        world.forge.post(releases[0]["upload_url"].partition("{")[0], params={"name": "sums"}, content=b"sums")
    if releases[0]["draft"]:
        yield "release"
        world.forge.patch(releases[0]["url"], json={"draft": False})


@pytest.mark.parametrize("effect", EFFECTS)
def test_a_world_that_dies_after_an_effect_has_it_and_a_second_attempt_does_the_rest(
    tmp_path: Path, clone: Path, effect: Effect
) -> None:
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"fault": [{"on": effect, "kill": True}]}))
    with alone(tmp_path / "world", "--faults", str(script)) as world:
        with suppress(httpx.TransportError):
            last: Effect | None = None
            for following in release(world, clone):
                if last == effect:  # a push: it is git's own, and outlives the world
                    break
                last = following
        assert code_of(world.process, "the world") == -signal.SIGKILL
    with alone(tmp_path / "world", "--faults", str(script)) as world:
        rest = list(release(world, clone))
        assert rest == list(EFFECTS[EFFECTS.index(effect) + 1 :])
        assert list(release(world, clone)) == []
    assert [each.status for each in Registry(tmp_path / "world" / "registry").uploads()] == [200]


def test_a_registry_of_its_own_takes_the_time_and_the_limits_that_it_is_told(tmp_path: Path) -> None:
    options = ("--service", "upload=0.2,visible=600", "--limits", "off")
    with alone(tmp_path / "world", *options) as world:
        begun = time.monotonic()
        assert world.registry.put("api/v1/crates/new", content=upload()).status_code == 200
        assert time.monotonic() - begun >= 0.2
        assert world.registry.get("index/ou/rs/ours").status_code == 404
        answers = [world.registry.put("api/v1/crates/new", content=b"") for _ in range(40)]
        assert {each.status_code for each in answers} == {400}


@pytest.mark.parametrize(
    "options",
    [("--service", "upload=soon"), ("--service", "speed=1"), ("--service", ""), ("--limits", "none")],
    ids=" ".join,
)
def test_options_that_mean_nothing_are_refused(tmp_path: Path, options: tuple[str, str]) -> None:
    command = [sys.executable, "-m", "loadmaster", "world", "--directory", str(tmp_path / "w"), *options]
    refused = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert f"`{options[0].strip('-')}`: give" in refused.stderr
    assert not (tmp_path / "w").exists()
