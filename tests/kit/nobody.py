"""What another user of the machine sees: a child of this process that has become `nobody`."""

from __future__ import annotations

import ctypes
import os
import traceback
from collections.abc import Callable

import pytest

NOBODY = 65534
PR_SET_DUMPABLE = 4
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


def told_by_nobody(work: Callable[[], str]) -> str:
    """What `work` returns in a process of nobody's, or the name of what it raised. It has this process's files and modules."""
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        told = "?"
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)  # as of any program that he starts
            told = work()
        except BaseException as error:  # noqa: BLE001 - it must not go on as a second pytest
            traceback.print_exc()
            told = type(error).__name__
        finally:
            os.write(into, told.encode())
            os._exit(0)
    os.close(into)
    with os.fdopen(out) as end:
        told = end.read()
    os.waitpid(child, 0)
    return told
