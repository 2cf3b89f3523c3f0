"""A rehearsal world that runs alone: cargo is pointed at it as it says, and it ends when it is told to."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from loadmaster.rehearsal.registry import Registry
from tests.kit.checkout import ROOT
from tests.kit.waiting import PATIENCE, code_of, killed_at_last, line_of

pytestmark = [pytest.mark.end_to_end, pytest.mark.cargo]

COMMAND = (sys.executable, "-m", "loadmaster", "world")


@contextmanager
def world(home: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "LOADMASTER_HOME": str(home)}
    with killed_at_last(
        subprocess.Popen((*COMMAND, *options), env=environment, stdout=subprocess.PIPE, text=True)
    ) as process:
        yield process


def until(process: subprocess.Popen[str], last: str) -> str:
    """What the process prints up to the line `last`."""
    lines = [*iter(lambda: line_of(process.stdout, "the world") or "ended", last)]
    assert "ended" not in lines, "it ended early"
    return "".join(lines) + last


def cargo(home: Path, at: Path, told: dict[str, str], *arguments: str) -> None:
    """cargo as the world's instructions say: a home of its own, the index, the token."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("CARGO_")},
        "CARGO_HOME": str(home),
        "CARGO_REGISTRIES_REHEARSAL_INDEX": told["index"],
        "CARGO_REGISTRIES_REHEARSAL_TOKEN": Path(told["registry_token_file"]).read_text(),
    }
    done = subprocess.run(
        ("cargo", *arguments), cwd=at, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture
def parcel(tmp_path: Path) -> Path:
    """A package without dependencies: a binary that says hello."""
    package = tmp_path / "parcel"
    (package / "src").mkdir(parents=True)
    (package / "src" / "main.rs").write_text('fn main() { println!("hello"); }\n')
    (package / "Cargo.toml").write_text(
        '[package]\nname = "parcel"\nversion = "1.2.3"\nedition = "2021"\ndescription = "A parcel"\nlicense = "MIT"\n'
        "[workspace]\n"
    )
    return package


def test_cargo_publishes_to_it_and_installs_from_it_and_a_signal_ends_it_in_peace(tmp_path: Path, parcel: Path) -> None:
    with world(tmp_path / "home", "--json") as process:
        told = json.loads(until(process, "}\n"))

        cargo(tmp_path / "one", parcel, told, "publish", "--registry", "rehearsal")
        root = tmp_path / "installed"
        cargo(tmp_path / "two", parcel, told, "install", "--registry", "rehearsal", "parcel", "--root", str(root))

        process.send_signal(signal.SIGTERM)
        assert code_of(process, "the world") == 0
    assert subprocess.run(root / "bin" / "parcel", capture_output=True, check=True).stdout == b"hello\n"
    (upload,) = Registry(Path(told["directory"]) / "registry").uploads()
    assert (upload.crate, upload.version, upload.status) == ("parcel", "1.2.3", 200)


def test_what_it_prints_publishes_a_workspace_word_for_word_and_installs_from_it(tmp_path: Path) -> None:
    workspace = tmp_path / "hangar"
    shutil.copytree(ROOT / "examples" / "hangar", workspace)
    place = tmp_path / "a world's place"
    with world(tmp_path / "home", "--directory", str(place)) as process:
        printed = until(process, "    cargo install NAME\n")
        commands = [line.strip() for line in printed.splitlines() if line.startswith("    ")]
        script = "\n".join([*commands, 'exec "$CARGO_HOME/bin/hangar" --version']).replace(" NAME", " hangar-cli")
        bare = {name: value for name, value in os.environ.items() if not name.startswith("CARGO_")}
        done = subprocess.run(
            ("sh", "-euc", script),
            cwd=workspace,
            env=bare | {"TMPDIR": str(tmp_path), "CARGO_BUILD_TARGET_DIR": str(tmp_path / "target")},
            capture_output=True,
            text=True,
            check=False,
            timeout=10 * PATIENCE,
        )
        process.send_signal(signal.SIGTERM)
        assert code_of(process, "the world") == 0

    assert (done.returncode, done.stdout) == (0, "hangar 0.4.0\n"), done.stderr
    uploads = Registry(place / "registry").uploads()
    assert len(uploads) == 11
    assert {upload.status for upload in uploads} == {200}


def test_its_state_stays_for_another_time_on_another_port(tmp_path: Path) -> None:
    place = str(tmp_path / "kept")
    told = []
    for _ in range(2):
        with world(tmp_path / "home", "--json", "--directory", place) as process:
            told.append(json.loads(until(process, "}\n")))
            told[-1]["token"] = Path(told[-1]["registry_token_file"]).read_text()
            process.send_signal(signal.SIGINT)
            assert code_of(process, "the world") == 0

    assert told[0]["directory"] == told[1]["directory"] == place
    assert told[0]["token"] == told[1]["token"]


def test_a_scenario_says_who_is_there_once(tmp_path: Path, parcel: Path) -> None:
    file = tmp_path / "scenario.toml"
    file.write_text(
        'actor = "mia"\n[[users]]\nlogin = "mia"\n[[users]]\nlogin = "noah"\n'
        '[[crates]]\nname = "parcel"\nowners = ["mia", "noah"]\nversions = ["1.0.0"]\n'
    )
    place = str(tmp_path / "kept")
    for options in (("--scenario", str(file)), ()):
        with world(tmp_path / "home", "--json", "--directory", place, *options) as process:
            told = json.loads(until(process, "}\n"))
            if options:
                cargo(tmp_path / "one", parcel, told, "publish", "--registry", "rehearsal")
                cargo(tmp_path / "one", parcel, told, "owner", "--registry", "rehearsal", "--remove", "noah")
            process.send_signal(signal.SIGINT)
            assert code_of(process, "the world") == 0
    registry = Registry(Path(place) / "registry")
    assert [json.loads(line)["vers"] for line in registry.ledger.lines("parcel")] == ["1.0.0", "1.2.3"]
    assert [owner.login for owner in registry.ownership.owners("parcel")] == ["mia"]


def test_a_port_that_is_taken_is_an_error_of_the_catalogue(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        environment = {**os.environ, "LOADMASTER_HOME": str(tmp_path)}
        done = subprocess.run(
            (*COMMAND, "--port", port), env=environment, capture_output=True, text=True, check=False, timeout=120
        )

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"loadmaster: Port `{port}` on loopback cannot be bound.\n  why: ")
    assert "\n  next: " in done.stderr
