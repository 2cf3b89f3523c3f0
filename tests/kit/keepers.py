"""A keeper of a home of its own, as `up` starts one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loadmaster.credentials import asking
from tests.kit.checkout import ROOT
from tests.kit.waiting import eventually, killed_at_last


@contextmanager
def keeping(home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The keeper's process, which answers."""
    command = (sys.executable, "-m", "loadmaster.credentials.keeper", str(home))
    with killed_at_last(subprocess.Popen(command, cwd=ROOT)) as process:
        eventually(lambda: asking.is_there(home), "the keeper listened")
        yield process
