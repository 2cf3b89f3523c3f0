"""The person's own way to sign in at a host: for commands that talk to it, and for nothing else."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from loadmaster.clients import git
from loadmaster.clients.git.command import run
from loadmaster.clients.serving import serving
from loadmaster.errors.git import GitDenied
from tests.kit.repositories import link_commit, repository, save

_WORD = base64.b64encode(b"ada:open sesame").decode()


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    run(tmp_path, "clone", "--quiet", "--bare", str(repository(tmp_path / "work", {"a": "1\n"})), "private.git")
    run(tmp_path / "private.git", "update-server-info")
    return tmp_path / "private.git"


@pytest.fixture
def private(bare: Path) -> Iterator[str]:
    """The address of a repository that shows itself to those who know the word."""

    async def file(request: Request) -> Response:
        if request.headers.get("authorization") != f"Basic {_WORD}":
            return Response("who are you?", 401, {"WWW-Authenticate": 'Basic realm="private"'})
        place = bare / request.path_params["path"]
        return FileResponse(place) if place.is_file() else Response(status_code=404)

    with serving(Starlette(routes=[Route("/private.git/{path:path}", file)])) as address:
        yield f"{address}/private.git"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = tmp_path / "home"
    made.mkdir()
    monkeypatch.setenv("HOME", str(made))
    for name in ("XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL", "GIT_ASKPASS"):
        monkeypatch.delenv(name, raising=False)
    return made


def program(place: Path, text: str) -> Path:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(f"#!/bin/sh\n{text}\n")
    place.chmod(0o755)
    return place


def helper(home: Path) -> Path:
    """A credential helper in the person's configuration; the file tells that it was asked."""
    asked = home / "asked"
    name = program(
        home / "helper", f"[ $1 = get ] || exit 0\ntouch {asked}\necho username=ada\necho 'password=open sesame'"
    )
    (home / ".gitconfig").write_text(f"[credential]\n\thelper = {name}\n")
    return asked


def test_without_a_helper_the_host_denies_and_nobody_waits(tmp_path: Path, private: str, home: Path) -> None:
    with pytest.raises(GitDenied):
        git.mirror(private, tmp_path / "cache")


def test_the_persons_helper_is_asked_for_a_private_repository(
    tmp_path: Path, private: str, bare: Path, home: Path
) -> None:
    asked = helper(home)
    assert git.head(git.mirror(private, tmp_path / "cache")) == git.head(bare)
    assert asked.exists()


def test_the_answer_of_askpass_counts_too(
    tmp_path: Path, private: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = program(home / "askpass", "case $1 in Username*) echo ada;; *) echo open sesame;; esac")
    monkeypatch.setenv("GIT_ASKPASS", str(ask))
    assert "refs/heads/main" in git.observe_refs(private)


def test_a_header_of_the_configuration_is_sent(private: str, home: Path) -> None:
    (home / ".gitconfig").write_text(f"[http]\n\textraHeader = Authorization: Basic {_WORD}\n")
    assert "refs/heads/main" in git.observe_refs(private)


@pytest.mark.parametrize(("scope", "is_sent"), [("", False), ("scoped", True)], ids=["for all", "for this host"])
def test_a_host_that_the_tree_names_gets_no_header_that_is_for_every_host(
    tmp_path: Path, bare: Path, private: str, home: Path, scope: str, is_sent: bool
) -> None:
    section = f'[http "{private}"]' if scope else "[http]"
    (home / ".gitconfig").write_text(f"{section}\n\textraHeader = Authorization: Basic {_WORD}\n")
    outer = repository(tmp_path / "outer", {"a": ""})
    link_commit(outer, "n", git.head(bare), f'[submodule "n"]\n\tpath = n\n\turl = {private}\n')
    git.clone_at(outer, git.head(outer), tmp_path / "clone", "main")
    (found,) = git.fill(tmp_path / "clone", "https://forge.invalid/outer", tmp_path / "cache").submodules
    assert (found.absent == "") is is_sent, found.absent
    assert (tmp_path / "clone" / "n" / "a").exists() is is_sent


def test_an_address_that_stands_for_another_is_replaced(private: str, home: Path) -> None:
    asked = helper(home)
    with (home / ".gitconfig").open("a") as file:
        file.write(f'[url "{private.removesuffix("private.git")}"]\n\tinsteadOf = forge:\n')
    assert "refs/heads/main" in git.observe_refs("forge:private.git")
    assert asked.exists()


def test_a_command_on_a_repository_here_sees_none_of_it(tmp_path: Path, bare: Path, home: Path) -> None:
    asked = helper(home)
    seen = program(home / "ssh", f"env > {home / 'environment'}")
    with (home / ".gitconfig").open("a") as file:
        file.write(f'[core]\n\tsshCommand = {seen}\n\tfsmonitor = {seen}\n[alias]\n\tstatus = "!touch {asked}"\n')
    git.clone_at(git.mirror(str(bare), tmp_path / "cache"), git.head(bare), tmp_path / "clone", "main")
    git.status(tmp_path / "clone")
    settings = run(tmp_path / "clone", "config", "--list").decode()
    assert "credential" not in settings
    assert not asked.exists()
    assert not (home / "environment").exists()


@pytest.mark.parametrize("name", ["pre-push", "reference-transaction", "post-checkout", "post-commit"])
def test_no_hook_of_the_persons_is_run(tmp_path: Path, bare: Path, private: str, home: Path, name: str) -> None:
    helper(home)
    ran = home / "ran"
    program(home / "hooks" / name, f"touch {ran}")
    program(home / "template" / "hooks" / name, f"touch {ran}")
    with (home / ".gitconfig").open("a") as file:
        file.write(f"[core]\n\thooksPath = {home / 'hooks'}\n[init]\n\ttemplateDir = {home / 'template'}\n")
    git.clone_at(git.mirror(private, tmp_path / "cache"), git.head(bare), tmp_path / "clone", "main")
    save(tmp_path / "clone", {"b": ""})
    git.push(tmp_path / "clone", str(bare), ["HEAD:refs/heads/new"])
    assert not ran.exists()


def test_ssh_is_the_persons_own_with_the_agent_and_asks_nobody(
    tmp_path: Path, bare: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = home / "log"
    ssh = program(home / "bin" / "ssh", f'echo "$SSH_AUTH_SOCK $*" >> {log}\nfor last; do :; done\neval "$last"')
    (home / ".gitconfig").write_text(f"[core]\n\tsshCommand = {ssh} -i key\n")
    monkeypatch.setenv("SSH_AUTH_SOCK", "/run/agent")
    remote = f"ssh://git@forge.invalid{bare}"
    git.clone_at(git.mirror(remote, tmp_path / "cache"), git.head(bare), tmp_path / "clone", "main")
    git.push(tmp_path / "clone", remote, ["HEAD:refs/heads/new"])
    assert git.resolve(bare, "new") == git.head(bare)
    lines = log.read_text().splitlines()
    assert len(lines) == 2
    assert all(line.startswith("/run/agent -i key -o BatchMode=yes") for line in lines)
