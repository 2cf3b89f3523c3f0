"""The payload's program: our C files, compiled by this machine's compiler into one static file.

Equal sources and an equal compiler give equal bytes, so both are the key under which it is kept.
"""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

from loadmaster.clients.disk import scratch
from loadmaster.errors.smoke import SmokePayloadNotBuilt
from loadmaster.run.store import Store, write_atomically
from loadmaster.shipped import shipped

SOURCES = shipped("payload")
FLAGS = ("-static", "-O2", "-std=gnu11", "-D_GNU_SOURCE", "-Wl,--build-id=none", "-s")


def build_payload(store: Store) -> bytes:
    """The program. Raises `SmokePayloadNotBuilt`."""
    kept = store.part("smoke") / f"payload-{_key()}"
    if kept.is_file():
        return kept.read_bytes()
    content = compile_static(sorted(SOURCES.glob("*.c")))
    write_atomically(kept, content)
    return content


def compile_static(sources: list[Path]) -> bytes:
    """One static program of these C files. Raises `SmokePayloadNotBuilt`."""
    with scratch() as place:
        program = place / "payload"
        # Named without their directory: a path in an assertion would give other bytes on another machine.
        names = [source.name for source in sources]
        _compiler([*FLAGS, "-o", str(program), *names], cwd=sources[0].parent)
        return program.read_bytes()


def _key() -> str:
    version = _compiler(["--version"], cwd=SOURCES)
    texts = [file.read_bytes() for file in sorted(SOURCES.iterdir()) if file.suffix in {".c", ".h"}]
    return hashlib.sha256(b"\0".join([version.encode(), " ".join(FLAGS).encode(), *texts])).hexdigest()[:16]


def _compiler(arguments: list[str], *, cwd: Path) -> str:
    try:
        finished = subprocess.run(["cc", *arguments], cwd=cwd, capture_output=True, text=True, timeout=120, check=False)
    except FileNotFoundError as error:
        raise SmokePayloadNotBuilt("there is no `cc`") from error
    if finished.returncode != 0:
        raise SmokePayloadNotBuilt(finished.stderr.strip()[-1000:] or f"it ended with {finished.returncode}")
    return finished.stdout
