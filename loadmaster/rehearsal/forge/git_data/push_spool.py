"""The spool of pushes: git's hook writes down what came, and the forge takes it from there.

A file is one push, because GitHub counts the tags of one push. The hook needs no forge that listens: what is pushed while a
world is closed is taken when it is opened again.
"""

from __future__ import annotations

from pathlib import Path

from loadmaster.clients.disk import writing
from loadmaster.rehearsal.forge.git_data.updating import RefUpdate, read_updates

_SPOOL = "pushed"
_HOOK = """\
#!/bin/sh
# Tells the rehearsal's forge what was pushed: a file for each push, named by its instant.
mkdir -p pushed && cat > "pushed/.$$" && mv "pushed/.$$" "pushed/$(date +%s%N)-$$"
"""


def install(remote: Path) -> None:
    """Lets the bare repository write down its pushes from now on. Raises `DiskFull`, `NotWritten`."""
    hook = remote / "hooks" / "post-receive"
    if not remote.is_dir() or hook.exists():
        return
    with writing(hook):
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(_HOOK)
        hook.chmod(0o700)


def take(remote: Path) -> tuple[tuple[RefUpdate, ...], ...]:
    """The pushes since the last call, each with its updates, in their order."""
    spool = remote / _SPOOL
    if not spool.is_dir():
        return ()
    found = []
    for file in sorted(each for each in spool.iterdir() if not each.name.startswith(".")):
        found.append(read_updates(file.read_text(encoding="utf-8", errors="replace")))
        file.unlink()
    return tuple(found)
