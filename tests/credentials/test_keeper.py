"""The keeper holds what it is given, answers its own user alone, and outlives whatever is sent to it."""

from __future__ import annotations

import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given as examples
from hypothesis import settings
from hypothesis import strategies as st

from loadmaster.credentials import asking, wire
from loadmaster.credentials.keeper import REQUEST_SECONDS, Keeper, keep, serve
from loadmaster.errors.credentials import KeeperSilent
from loadmaster.planning.profile.secret_variables import (
    CARGO_TOKEN_VARIABLE,
    FORGE_TOKEN_VARIABLE,
    NEW_TOKEN_VARIABLE,
    TOKEN_VARIABLE,
)
from tests.kit.keepers import keeping
from tests.kit.nobody import as_root, told_by_nobody
from tests.kit.waiting import PATIENCE, eventually


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Its path is longer than a socket's address has room for."""
    home = tmp_path_factory.mktemp("home") / ("deep" * 30)
    home.mkdir()
    with keeping(home):
        yield home


def test_what_is_given_is_held_and_a_newer_value_replaces_it(home: Path) -> None:
    assert asking.ask(home, TOKEN_VARIABLE) is None
    assert [asking.give(home, TOKEN_VARIABLE, value) for value in ("first", "first", "second")] == [False, False, True]
    assert asking.ask(home, TOKEN_VARIABLE) == "second"
    assert asking.ask(home, FORGE_TOKEN_VARIABLE) is None


def test_a_home_without_a_keeper_holds_nothing_and_takes_nothing(tmp_path: Path) -> None:
    assert asking.ask(tmp_path, TOKEN_VARIABLE) is None
    with keeping(tmp_path) as keeper:
        keeper.kill()
        keeper.wait(timeout=PATIENCE)
    assert asking.ask(tmp_path, TOKEN_VARIABLE) is None
    with pytest.raises(KeeperSilent, match="it has ended"):
        asking.give(tmp_path, TOKEN_VARIABLE, "value")


@pytest.mark.parametrize(("name", "value"), [("PATH", "/bin"), (TOKEN_VARIABLE, "x" * (wire.LONGEST + 1))])
def test_a_variable_that_is_none_of_ours_and_a_value_that_is_no_token_are_not_taken(
    home: Path, name: str, value: str
) -> None:
    with pytest.raises(KeeperSilent):
        asking.give(home, name, value)
    assert Keeper().answer([wire.ASK, name]) in ([wire.REFUSED], [wire.NONE])


def test_only_its_user_can_enter_the_place_of_the_socket(home: Path) -> None:
    place = home / wire.PLACE
    assert [each.stat().st_mode & 0o777 for each in (place, place / wire.SOCKET)] == [0o700, 0o600]


@as_root
def test_another_user_gets_no_answer_even_through_an_open_door(home: Path) -> None:
    """The keeper asks the kernel who is there, whatever the modes are."""
    asking.give(home, CARGO_TOKEN_VARIABLE, "canary-of-the-keeper")
    place = home / wire.PLACE
    door = os.open(place, os.O_RDONLY)
    request = [wire.ASK, CARGO_TOKEN_VARIABLE]
    try:
        place.chmod(0o755)
        (place / wire.SOCKET).chmod(0o666)
        assert asked_at(door, request) == "held canary-of-the-keeper"
        assert told_by_nobody(lambda: asked_at(door, request)) in (
            "Malformed",
            "ConnectionResetError",
            "BrokenPipeError",
        )
    finally:
        place.chmod(0o700)
        (place / wire.SOCKET).chmod(0o600)
        os.close(door)


@as_root
def test_a_keeper_that_is_not_root_s_answers_and_its_memory_is_closed_to_its_own_user() -> None:
    """So the way through `/proc/self/fd` is open to a process that is shielded."""
    assert told_by_nobody(own_keeper) == "held a-canary, environ closed, mem closed"


def own_keeper() -> str:
    """In a process of its own."""
    with tempfile.TemporaryDirectory() as place:
        home = Path(place) / ("deep" * 30)
        home.mkdir()
        if (keeper := os.fork()) == 0:
            keep(home)
        try:
            eventually(lambda: asking.is_there(home), "the keeper listened")
            asking.give(home, TOKEN_VARIABLE, "a-canary")
            held = asking.ask(home, TOKEN_VARIABLE)
            return f"held {held}, environ {door_of(keeper, 'environ')}, mem {door_of(keeper, 'mem')}"
        finally:
            os.kill(keeper, signal.SIGKILL)
            os.waitpid(keeper, 0)


def door_of(process: int, name: str) -> str:
    try:
        Path(f"/proc/{process}/{name}").open("rb").close()
    except PermissionError:
        return "closed"
    return "open"


def asked_at(door: int, request: list[str]) -> str:
    with closing(connected_at(door)) as line:
        return " ".join(asked(line, request))


def connected_at(door: int) -> socket.socket:
    line = socket.socket(socket.AF_UNIX)
    line.settimeout(PATIENCE)
    line.connect(f"/proc/self/fd/{door}/{wire.SOCKET}")
    return line


def connected(home: Path) -> socket.socket:
    door = os.open(home / wire.PLACE, os.O_RDONLY)
    try:
        return connected_at(door)
    finally:
        os.close(door)


def asked(line: socket.socket, fields: list[str]) -> list[str]:
    deadline = time.monotonic() + PATIENCE
    wire.send(line, fields, deadline)
    return wire.receive(line, deadline)


NO_REQUESTS = {
    "a length that nobody may have": struct.pack("!I", 2**32 - 1),
    "nothing": b"",
    "half a length": b"\0\0",
    "half a request": struct.pack("!I", 100) + b"ask",
    "a word that it does not know": struct.pack("!I", 4) + b"dump",
    "bytes that are no text": struct.pack("!I", 4) + b"\xff\xfe\0\xff",
}


@pytest.mark.parametrize("sent", NO_REQUESTS.values(), ids=NO_REQUESTS)
def test_what_is_no_request_ends_with_its_connection(home: Path, sent: bytes) -> None:
    with closing(connected(home)) as line:
        line.sendall(sent)
        line.shutdown(socket.SHUT_WR)
        assert line.recv(100) in (b"", struct.pack("!I", 7) + b"refused")
    assert asking.is_there(home)


def test_who_says_nothing_keeps_others_waiting_for_a_second_and_no_longer(home: Path) -> None:
    asking.give(home, NEW_TOKEN_VARIABLE, "value")
    begun = time.monotonic()
    with closing(connected(home)):
        assert asking.ask(home, NEW_TOKEN_VARIABLE) == "value"
    assert REQUEST_SECONDS * 0.5 < time.monotonic() - begun < REQUEST_SECONDS + 5


TRICKLE = """
import os, time
os.write(1, b"\\0\\0\\0\\x64")
while True:
    os.write(1, b".")
    time.sleep(0.1)
"""


def test_who_sends_a_byte_now_and_then_is_ended_too() -> None:
    """The time is one for the whole request, which would take ten seconds."""
    ours, theirs = socket.socketpair()
    with ours, theirs, subprocess.Popen([sys.executable, "-c", TRICKLE], stdout=ours.fileno()) as trickle:
        try:
            begun = time.monotonic()
            serve(theirs, Keeper())
            assert REQUEST_SECONDS * 0.9 < time.monotonic() - begun < REQUEST_SECONDS + 5
        finally:
            trickle.kill()


def test_a_keeper_that_was_stopped_is_silent_and_not_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unknown is not "no token"."""
    monkeypatch.setattr(asking, "PATIENCE", 0.5)
    with keeping(tmp_path) as keeper:
        keeper.send_signal(signal.SIGSTOP)
        with pytest.raises(KeeperSilent):
            asking.ask(tmp_path, TOKEN_VARIABLE)


@settings(max_examples=200)
@examples(st.lists(st.one_of(st.sampled_from([wire.GIVE, wire.ASK, TOKEN_VARIABLE, ""]), st.text()), max_size=5))
def test_every_request_has_an_answer_and_none_gives_what_was_not_given(request_: list[str]) -> None:
    keeper = Keeper()
    answer = keeper.answer(request_)
    assert answer in ([wire.KEPT], [wire.NONE], [wire.REFUSED])
    held = keeper.answer([wire.ASK, TOKEN_VARIABLE])
    assert held in ([wire.NONE], [wire.HELD, request_[-1] if request_ else ""])


@settings(max_examples=200, deadline=None)
@examples(st.binary(max_size=64))
def test_any_bytes_are_read_or_refused(sent: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(sent)
        ours.shutdown(socket.SHUT_WR)
        serve(theirs, Keeper())


def test_its_module_imports_nothing_slow() -> None:
    heavy = "import sys, loadmaster.credentials.keeper; print({'pydantic', 'httpx', 'prefect'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True, timeout=PATIENCE)
    assert done.stdout == "set()\n"
