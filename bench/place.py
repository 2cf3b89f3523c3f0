"""The bench's own place on the machine: a directory with Loadmaster's home, a Prefect stack, and registries.

Everything is below one temporary directory and is removed afterwards. Whoever starts a process stops it.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import ROOT
from loadmaster.clients.cargo import Cargo, cargo_in
from loadmaster.rehearsal.registry import Registry, Service, Upload
from loadmaster.stack.record import read_record

LOADMASTER = (sys.executable, "-m", "loadmaster")
PROFILE = """title = "{name}"
forge = "bench/{name}"

[source]
repository = "{repository}"

[cargo]
clippy = false
verify = {verify}

[registry]
connections = {connections}
{bursts}

[rehearsal]
upstream = false
"""
NO_LIMITS = "new_burst = 1000000\nupdate_burst = 1000000"
CONNECTIONS = 64


class BenchPlace:
    """`root` is empty and temporary."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.projects = root / "projects"
        self.home = root / "home"
        self.home.mkdir()
        shutil.copytree(ROOT / "projects", self.projects)  # the deployments name one of them

    @property
    def env(self) -> dict[str, str]:
        kept = {name: text for name, text in os.environ.items() if not name.startswith(("CARGO_", "LOADMASTER_"))}
        return kept | {
            "LOADMASTER_HOME": str(self.home),
            "LOADMASTER_PROJECTS": str(self.projects),
            "PYTHONPATH": str(ROOT),
            "CARGO_INCREMENTAL": "0",
        }

    def add_profile(self, name: str, repository: Path, *, verify: bool, bursts: str = NO_LIMITS) -> None:
        """`bursts`: lines of the profile's `[registry]`; if empty, crates.io's limits apply."""
        text = PROFILE.format(
            name=name,
            repository=repository,
            verify=str(verify).lower(),
            bursts=bursts,
            connections=CONNECTIONS,
        )
        (self.projects / f"{name}.toml").write_text(text, encoding="utf-8")

    def cargo(self, name: str, index: str | None) -> Cargo:
        """cargo with a new `CARGO_HOME` and a new target directory; `index` replaces crates.io."""
        home = self.root / "homes" / name
        home.mkdir(parents=True)
        return cargo_in(home, home / "cargo.log", sandbox=None, index=index).with_target(home / "target")


class RegistryProcess:
    def __init__(self, addresses: dict[str, str], service: Service, pid: int) -> None:
        """`addresses`: the document of `loadmaster world --json`."""
        self.index, self.service, self.pid = addresses["index"], service, pid
        self.token = Path(addresses["registry_token_file"]).read_text(encoding="ascii").strip()
        self.directory = Path(addresses["directory"])

    def uploads(self, prefix: str) -> list[Upload]:
        """The uploads of one contender, in order of acceptance."""
        uploads = Registry(self.directory / "registry").uploads()
        return [upload for upload in uploads if upload.crate.startswith(f"{prefix}-")]

    def first_upload(self, prefix: str) -> float:
        """When the first upload began, in seconds since the epoch. The registry records when it accepted it."""
        accepted = min(upload.at for upload in self.uploads(prefix) if upload.status == 200)
        return accepted.timestamp() - self.service.upload


@contextmanager
def registry_process(place: BenchPlace, service: Service) -> Iterator[RegistryProcess]:
    """A registry without rate limits, with these service times, in a process of its own."""
    times = f"upload={service.upload},visible={service.visible}"
    argv = [*LOADMASTER, "world", "--project", "demo", "--service", times, "--limits", "off", "--json"]
    with subprocess.Popen(argv, cwd=place.root, env=place.env, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            addresses = json.loads("".join([*iter(process.stdout.readline, "}\n"), "}"]))
            yield RegistryProcess(addresses, service, process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


@contextmanager
def prefect_stack(place: BenchPlace) -> Iterator[tuple[int, ...]]:
    """Runs Prefect's server and worker by `loadmaster up`. Yields their pids."""
    try:
        subprocess.run([*LOADMASTER, "up"], cwd=ROOT, env=place.env, check=True, stdout=subprocess.DEVNULL)
        stack = read_record(place.home)
        assert stack is not None and stack.worker is not None
        yield stack.server.pid, stack.worker.pid
    finally:
        subprocess.run([*LOADMASTER, "down", "--force"], cwd=ROOT, env=place.env, check=True)
