"""Keeps what is in this process's memory from other processes of the same user."""

from __future__ import annotations

import sys

_PR_SET_DUMPABLE = 4


def shield() -> None:
    """No other process may read this one's memory, environment or open files, and no core dump is written.

    Linux does so for every process that is not root's (root may read everything). Elsewhere it does nothing. A program that is
    started from here is open to others again.
    """
    if sys.platform == "linux":
        import ctypes  # every process of ours reads this module, and few hold a secret

        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
