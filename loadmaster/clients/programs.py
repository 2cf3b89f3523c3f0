"""Whether a program can be run, and which version it says it has. Knows no program, and refuses to judge a version."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping, Sequence

from loadmaster.planning.doctor.programs import ProgramSeen

SECONDS = 30.0
"""For which a program may think about its version: rustup, and a disk that wakes up, take some."""
_VERSION = re.compile(r"\d+\.\d+[\w.+-]*")


def version_of(argv: Sequence[str], environment: Mapping[str, str]) -> ProgramSeen:
    """Runs `argv`, which asks a program for its version, in this directory: rustup and git may be set otherwise in another."""
    command = " ".join(argv)
    try:
        done = subprocess.run(
            argv,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS,
            check=False,
        )
    except FileNotFoundError:
        return ProgramSeen(version=None, trouble=f"there is no `{argv[0]}` on the search path")
    except subprocess.TimeoutExpired:
        return ProgramSeen(version=None, trouble=f"`{command}` did not end within {SECONDS:g} s")
    except OSError as error:
        return ProgramSeen(version=None, trouble=f"`{argv[0]}` cannot be run: {error.strerror}")
    found = _VERSION.search(done.stdout)
    if done.returncode == 0 and found is not None:
        return ProgramSeen(version=found[0])
    words = next((line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()), "nothing")
    return ProgramSeen(version=None, trouble=f"`{command}` exited with {done.returncode}, and said: {words}")
