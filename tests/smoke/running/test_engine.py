"""The Docker engine as it fails: each way has its own words. Sockets are real."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from docker.errors import APIError, NotFound

from loadmaster.errors.smoke import EngineAbsent, EngineForbidden, EngineHanging
from loadmaster.smoke.clients.container import connect
from loadmaster.smoke.clients.engine_answers import passing_over_what_went
from loadmaster.smoke.running.doctor import host_facts

NOBODY = 65534


@contextmanager
def silent_engine(place: Path) -> Iterator[str]:
    """Accepts connections and never answers."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(place / "s"))
        listening.listen()
        yield f"unix://{place / 's'}"


@contextmanager
def as_somebody_else(path: Path) -> Iterator[None]:
    """Whoever runs this may not open the socket: root may open everything, so it is somebody else meanwhile."""
    path.chmod(0o600 if os.geteuid() == 0 else 0)
    user = os.geteuid()
    if user == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(user)
        path.chmod(stat.S_IRWXU)


def test_nothing_listens(tmp_path: Path) -> None:
    with pytest.raises(EngineAbsent, match="No such file or directory"):
        connect(f"unix://{tmp_path / 'none'}")


def test_nobody_listens_any_more(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / "s"))
    with pytest.raises(EngineAbsent, match="Connection refused"):
        connect(f"unix://{tmp_path / 's'}")


def test_an_engine_that_takes_and_does_not_answer(tmp_path: Path) -> None:
    with silent_engine(tmp_path) as address, pytest.raises(EngineHanging, match="did not answer in 1 seconds"):
        connect(address, patience=1)


def test_a_socket_that_is_not_for_us(tmp_path: Path) -> None:
    with silent_engine(tmp_path) as address, as_somebody_else(tmp_path / "s"), pytest.raises(EngineForbidden):
        connect(address)


def test_the_place_comes_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path / 'elsewhere'}")
    with pytest.raises(EngineAbsent, match="elsewhere"):
        connect()


def test_a_host_without_an_engine_is_described_all_the_same(tmp_path: Path) -> None:
    facts = host_facts(f"unix://{tmp_path / 'none'}")
    assert facts.engine is None
    assert "No Docker engine answers" in facts.engine_problem
    assert facts.kernel == os.uname().release


@pytest.mark.parametrize(
    "error",
    [NotFound("404", explanation="No such image"), APIError("500", explanation="layer does not exist")],
    ids=["an image that is gone", "a list with one that is just going"],
)
def test_what_somebody_else_removes_is_passed_over(error: APIError) -> None:
    with passing_over_what_went():
        raise error


def test_what_else_an_engine_fails_with_is_not_passed_over() -> None:
    with pytest.raises(APIError, match="no space left"), passing_over_what_went():
        raise APIError("500", explanation="no space left on device")
