"""The lock of a release lasts as long as its process lives, and no longer, however that process ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from loadmaster.errors.request import ReleaseLocked
from loadmaster.run.store import Store
from tests.kit.waiting import code_of, killed_at_last, line_of

HOLDER = """
import sys
from pathlib import Path
from loadmaster.run.store import Store
with Store(Path(sys.argv[1])).run("one").locked():
    print("locked", flush=True)
    sys.stdin.read()
"""


def test_a_process_holds_the_lock_until_it_is_killed(tmp_path: Path) -> None:
    directory = Store(tmp_path).run("one")
    started = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with killed_at_last(subprocess.Popen(started, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)) as holder:
        assert line_of(holder.stdout, "the holder of the lock") == "locked\n"

        with pytest.raises(ReleaseLocked, match=rf"by process `{holder.pid}` already"), directory.locked():
            pass

        holder.kill()
        code_of(holder, "the holder that was killed")

    with directory.locked():
        pass
