"""git runs this program at a push to a rehearsal's remote: it reports the push to the world, and does what the world answers.

It needs only Python's standard library, so that a push does not wait for imports. It
refuses to know the script of faults: the world decides and counts.

    push_hook.py ADDRESS before|after    (the updates, a line each, on standard input)
"""

from __future__ import annotations

import http.client
import os
import signal
import sys

GO_ON, REFUSE, CUT = "go on", "refuse", "cut"


def main(address: str, instant: str) -> int:
    """The exit status; before the update, 1 refuses the push."""
    host, _, path = address.removeprefix("http://").partition("/")
    connection = http.client.HTTPConnection(host)
    try:
        connection.request("POST", f"/{path}/{instant}", sys.stdin.buffer.read())
        verdict, _, detail = connection.getresponse().read().decode().partition("\n")
    except (OSError, http.client.HTTPException):  # the world has ended, so that its answer does not matter
        return 0
    if verdict == CUT:
        os.kill(os.getppid(), signal.SIGKILL)  # git receive-pack: the pushing side sees a lost connection
    if verdict == REFUSE:
        print(f"error: {detail}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
