"""A released program of ours with one command line and several ways to behave, compiled for the test."""

from __future__ import annotations

import subprocess
from pathlib import Path

from loadmaster.planning.smoke.subject import Behaviour, ReleaseSubject
from loadmaster.smoke.running.payload import FLAGS, SOURCES

STRICT = ("-Wall", "-Wextra", "-Werror")
HERE = Path(__file__).parent
NEEDED = ("btf.c", "facts.c", "report.c", "rule.c")
POLICY = 'rules: [{type: file_open, match: "{victim}", action: deny}]\n'
READY = ("Assay Monitor running", "Policy applied: tier1 inode rules loaded")


def compile_standin(place: Path) -> bytes:
    """The program, linked dynamically: its libraries have to be found, too."""
    program = place / "standin"
    flags = [*(each for each in FLAGS if each != "-static"), *STRICT]
    sources = [str(HERE / "standin.c"), *(str(SOURCES / each) for each in NEEDED)]
    subprocess.run(["cc", *flags, "-I", str(SOURCES), "-o", str(program), *sources], check=True, timeout=60)
    return program.read_bytes()


def subject(program: bytes, conduct: str, *, ready_within: float = 20.0) -> ReleaseSubject:
    behaviour = Behaviour(
        policy=POLICY,
        arguments=(
            "monitor",
            "--ebpf",
            "{object}",
            "--policy",
            "{policy}",
            "--monitor-all",
            "--enforcement-health",
            "{health}",
        ),
        ready=READY,
        ready_within=ready_within,
        health=True,
    )
    return ReleaseSubject(name="standin", version="1.0.0", binary=program, object=conduct.encode(), behaviour=behaviour)
