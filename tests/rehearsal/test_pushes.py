"""Faults of pushes, with real git: what git shows, and what became of the ref."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from loadmaster.clients import git
from loadmaster.clients.git.command import run
from loadmaster.clients.serving import serving
from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.git import GitRemoteUnreachable, PushHookDeclined, PushNotFastForward, PushProtected
from loadmaster.rehearsal.faults import Fault, FaultScript, Misfortune
from loadmaster.rehearsal.pushes import Pushes
from loadmaster.rehearsal.remote import create_remote
from loadmaster.run.clock import utc_now
from tests.kit.waiting import beside, eventually, result_of

WHEN = datetime(2026, 10, 1, tzinfo=UTC)
AUTHOR = git.Author(name="Ada", email="ada@example.org")
REFS = {"push-commit": "refs/heads/main", "push-tag": "refs/tags/v1"}
Door = Literal["push-commit", "push-tag"]
DOORS: tuple[Door, ...] = ("push-commit", "push-tag")


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "file").write_text("1")
    git.import_directory(tmp_path / "tree", tmp_path / "source.git", "main", WHEN)
    return create_remote(tmp_path / "remote.git", tmp_path / "source.git", "main")


@pytest.fixture
def clone(tmp_path: Path, remote: Path) -> Path:
    """One commit ahead of the remote, and a tag that the remote does not have."""
    git.clone_at(remote, git.resolve(remote, "main"), tmp_path / "clone", "main")
    (tmp_path / "clone" / "new").write_text("new")
    git.commit_all(tmp_path / "clone", "New", AUTHOR, WHEN)
    git.create_tag(tmp_path / "clone", "v1", "HEAD", "v1", AUTHOR, WHEN)
    return tmp_path / "clone"


@contextmanager
def opened(remote: Path, *faults: Fault) -> Iterator[None]:
    pushes = Pushes(Misfortune(FaultScript(faults=faults), remote.parent / "faults.sqlite", clock=utc_now))
    with (
        serving(Starlette(routes=[Mount("/pushes", pushes.app())])) as address,
        pushes.hooked(remote, f"{address}/pushes"),
    ):
        yield


def push(clone: Path, remote: Path, door: Door) -> None:
    source = "HEAD" if door == "push-commit" else REFS[door]
    git.push(clone, str(remote), [f"{source}:{REFS[door]}"])


def hooks(remote: Path) -> set[str]:
    return {each.name for each in (remote / "hooks").iterdir() if each.suffix != ".sample"}


def is_there(clone: Path, remote: Path, door: Door) -> bool:
    return git.observe_refs(str(remote)).get(REFS[door]) == git.observe_refs(str(clone)).get(REFS[door])


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("what", "error", "there"),
    [
        pytest.param({"lose_answer": True}, GitRemoteUnreachable, True, id="the link drops after the ref was updated"),
        pytest.param({"reset": "before-commit"}, GitRemoteUnreachable, False, id="the link drops before"),
        pytest.param(
            {"status": 500, "detail": "Internal Server Error"}, GitRemoteUnreachable, False, id="it fails there"
        ),
        pytest.param(
            {"status": 422, "detail": "no pushes on Fridays"}, PushHookDeclined, False, id="refused by a hook"
        ),
        pytest.param({"status": 422, "detail": "GH013: a new rule"}, PushProtected, False, id="refused by a rule"),
    ],
)
def test_a_push_fails_once(
    remote: Path, clone: Path, door: Door, what: dict[str, object], error: type[LoadmasterError], there: bool
) -> None:
    with opened(remote, Fault.model_validate({"on": door, **what})):
        with pytest.raises(error):
            push(clone, remote, door)
        assert is_there(clone, remote, door) is there
        push(clone, remote, door)
        assert is_there(clone, remote, door)
    run(remote, "fsck", "--strict")


@pytest.mark.parametrize("door", DOORS)
def test_a_push_that_is_held_goes_on_when_it_is_let_go(remote: Path, clone: Path, door: Door) -> None:
    held = remote.parent / "held" / door
    with opened(remote, Fault(on=door, hold_seconds=600)):
        pushed = beside(lambda: push(clone, remote, door))
        eventually(held.exists, "the push is held")
        assert not is_there(clone, remote, door)
        held.unlink()
        result_of(pushed, "the push was answered")
        assert is_there(clone, remote, door)


def test_a_refusal_is_in_the_script_s_words(remote: Path, clone: Path) -> None:
    with (
        opened(remote, Fault(on="push-tag", status=500, detail="Internal Server Error")),
        pytest.raises(GitRemoteUnreachable, match="Internal Server Error"),
    ):
        push(clone, remote, "push-tag")


def test_a_fault_of_tags_lets_commits_pass_and_is_counted_across_restarts(remote: Path, clone: Path) -> None:
    fault = Fault(on="push-tag", reset="before-commit", times=2)
    for _ in range(2):
        with opened(remote, fault):
            push(clone, remote, "push-commit")
            with pytest.raises(GitRemoteUnreachable):
                push(clone, remote, "push-tag")
    with opened(remote, fault):
        push(clone, remote, "push-tag")


def test_what_a_protected_branch_rejects_uses_no_fault_up(remote: Path, clone: Path) -> None:
    with opened(remote, Fault(on="push-commit", lose_answer=True)):
        run(clone, "commit", "--quiet", "--amend", "-m", "Other", extra=_SIGNED)
        with pytest.raises(GitRemoteUnreachable):
            push(clone, remote, "push-commit")
        run(clone, "commit", "--quiet", "--amend", "-m", "Another", extra=_SIGNED)
        with pytest.raises(PushNotFastForward):
            push(clone, remote, "push-commit")


def test_refs_that_are_updated_without_a_push_meet_no_fault(remote: Path) -> None:
    with opened(remote, Fault(on="push-tag", lose_answer=True)):
        run(remote, "update-ref", "refs/tags/v9", "main")
    assert "refs/tags/v9" in git.observe_refs(str(remote))


@pytest.mark.parametrize("faults", [(), (Fault(on="publish", kill=True),)], ids=["no script", "none of pushes"])
def test_a_world_without_such_faults_adds_no_hook(remote: Path, clone: Path, faults: tuple[Fault, ...]) -> None:
    with opened(remote, *faults):
        assert hooks(remote) == {"pre-receive"}
        push(clone, remote, "push-commit")


def test_the_hooks_go_with_the_world_and_harm_nobody_if_it_was_killed(remote: Path, clone: Path) -> None:
    with opened(remote, Fault(on="push-commit", lose_answer=True)):
        left_behind = {each: (remote / "hooks" / each).read_bytes() for each in hooks(remote)}
    assert hooks(remote) == {"pre-receive"}
    for name, text in left_behind.items():
        (remote / "hooks" / name).write_bytes(text)
        (remote / "hooks" / name).chmod(0o755)
    push(clone, remote, "push-commit")
    assert is_there(clone, remote, "push-commit")


_SIGNED = {f"GIT_{role}_{part}": "ada" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
