"""A whole release for real of a workspace whose every piece of code hunts for credentials. It is released; they find nothing."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from loadmaster.credentials.wire import PLACE, SOCKET
from loadmaster.planning.profile.secret_variables import FORGE_TOKEN_VARIABLE, TOKEN_VARIABLE
from loadmaster.stack.access import block_key_file, sign_in_file
from loadmaster.stack.record import running
from loadmaster.stack.stopping import down
from tests.kit.canary import in_files
from tests.kit.hangar import git
from tests.kit.hunting import HUNTERS, hunting_workspace, hunts_below
from tests.kit.machine import TOKEN, Machine, open_registry, remote, where
from tests.kit.sandboxed_cargo import require_sandbox

pytestmark = [pytest.mark.end_to_end, pytest.mark.cargo, pytest.mark.xdist_group("hunters")]

FORGE_TOKEN, KEY = "canary-of-the-forge-token", "canary-of-the-private-key"


@dataclass(frozen=True)
class Hunted:
    machine: Machine
    place: Path
    source: Path
    person: dict[str, str]
    """A person's environment: a home with a key, an agent."""
    released: str
    """What the command printed."""
    agent_was_asked: bool
    sockets: tuple[Path, ...]
    ports: tuple[int, ...]
    """Of the server, and of another program of this machine."""

    @property
    def canaries(self) -> dict[str, str]:
        home = self.machine.home
        keys = {
            "sign-in": sign_in_file(home).read_text().strip(),
            "block key": block_key_file(home).read_text().strip(),
        }
        return {"token": TOKEN, "forge token": FORGE_TOKEN, "private key": KEY, **keys}


@pytest.fixture(scope="module")
def hunted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hunted]:
    require_sandbox()
    place = tmp_path_factory.mktemp("hunted")
    machine, home = Machine(tmp_path_factory.mktemp("machine")), place / "person"
    git(machine.root, "init", "--quiet")  # the home lies in a checkout, as by default
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh" / "id_ed25519").write_text(KEY)
    rustup = os.environ.get("RUSTUP_HOME") or str(Path.home() / ".rustup")
    with socket.socket(socket.AF_UNIX) as agent, socket.create_server(("127.0.0.1", 0)) as another:
        agent.bind(str(home / "agent"))
        agent.listen()
        agent.setblocking(False)
        person = {
            "HOME": str(home),
            "RUSTUP_HOME": rustup,
            "SSH_AUTH_SOCK": str(home / "agent"),
        }
        assert machine.run("up", **person, **{FORGE_TOKEN_VARIABLE: FORGE_TOKEN}).returncode == 0
        sockets = (home / "agent", machine.home / PLACE / SOCKET)
        ports = (running(machine.home).port, another.getsockname()[1])
        source = hunting_workspace(place / "source", [home, machine.home], sockets, ports)
        bare = remote(source, place / "hangar.git")
        with open_registry(place / "registry") as world:
            done = machine.run("release", "--version", "minor", *where(world, bare), **person)
        yield Hunted(
            machine,
            place,
            source,
            person,
            done.stdout + done.stderr,
            agent_was_asked=_was_asked(agent),
            sockets=sockets,
            ports=ports,
        )
        down(machine.home, True, print)


def _was_asked(agent: socket.socket) -> bool:
    try:
        agent.accept()
    except BlockingIOError:
        return False
    return True


def test_the_release_succeeds(hunted: Hunted) -> None:
    assert "demo 0.5.0: RELEASED" in hunted.released, hunted.released
    assert "without a sandbox" not in hunted.released


def test_each_of_them_hunted_and_found_nothing(hunted: Hunted) -> None:
    hunts = hunts_below(hunted.machine.home)
    assert set(HUNTERS) <= hunts.keys()
    files = [file for found in hunts.values() for file in found]
    assert {name: in_files(canary, files) for name, canary in hunted.canaries.items()} == {
        name: [] for name in hunted.canaries
    }
    told = "".join(file.read_text(errors="replace") for file in files)
    assert [place for place in hunted.sockets if f"there is the socket {place}" in told] == []
    assert [port for port in hunted.ports if f"reached the port {port}" in told] == []
    assert '"block_schema_id"' not in told
    assert not hunted.agent_was_asked


def test_what_is_installed_hunted_too(hunted: Hunted) -> None:
    hunts = hunts_below(hunted.machine.home)
    assert [file for file in hunts["build-script"] if "install" in file.relative_to(hunted.machine.home).parts]


def test_outside_of_the_sandbox_the_same_hunt_finds_them(hunted: Hunted, tmp_path: Path) -> None:
    given = {TOKEN_VARIABLE: TOKEN, FORGE_TOKEN_VARIABLE: FORGE_TOKEN}
    env = {**os.environ, **hunted.person, **given, "TMPDIR": str(tmp_path)}
    subprocess.run(["bash", str(hunted.source / "units" / "hunt.sh"), "outside"], env=env, check=True, timeout=120)
    (found,) = hunts_below(tmp_path)["outside"]
    missed = [name for name, canary in hunted.canaries.items() if not in_files(canary, [found])]
    assert missed == []
    for place in hunted.sockets:
        assert f"there is the socket {place}" in found.read_text(errors="replace")
    for port in hunted.ports:
        assert f"reached the port {port}" in found.read_text(errors="replace")


def test_no_process_of_the_stack_has_a_credential_in_its_environment(hunted: Hunted) -> None:
    stack = running(hunted.machine.home)
    parts = [part for part in (stack.server, stack.worker, stack.supervisor, stack.keeper) if part is not None]
    assert len(parts) == 4
    for part in parts:
        environment = Path(f"/proc/{part.pid}/environ").read_bytes()
        assert [name for name, canary in hunted.canaries.items() if canary.encode() in environment] == []
