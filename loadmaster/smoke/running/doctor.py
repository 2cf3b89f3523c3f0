"""Looks at a host without loading anything into its kernel. `planning/smoke/host.py` judges what it sees."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from loadmaster.errors.base import LoadmasterError
from loadmaster.planning.smoke.host import LSMS, EngineFacts, HostFacts
from loadmaster.smoke.clients.container import connect

TOOLS = ("cc", "apt-get", "apt-cache", "dpkg-deb")
TYPES = Path("/sys/kernel/btf/vmlinux")
HOOK = b"\0bpf_lsm_file_open\0"


def host_facts(address: str | None = None) -> HostFacts:
    """What this host can do. A missing engine is a fact, too, and no error."""
    engine: EngineFacts | None = None
    problem = why = fix = ""
    try:
        engine = connect(address).facts()
    except LoadmasterError as error:
        problem, why, fix = error.what, error.why, error.fix
    types = _read(TYPES)
    lsms = _read(Path(LSMS))
    return HostFacts(
        engine=engine,
        engine_problem=problem,
        engine_why=why,
        engine_fix=fix,
        has_podman=shutil.which("podman") is not None,
        kernel=os.uname().release,
        lsms=tuple(lsms.decode().strip().split(",")) if lsms else None,
        has_types=types is not None,
        has_hook=HOOK in (types or b""),
        uid_map=" ".join((_read(Path("/proc/self/uid_map")) or b"").decode().split()[:3]),
        missing_tools=tuple(tool for tool in TOOLS if shutil.which(tool) is None),
    )


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
