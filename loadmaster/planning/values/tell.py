"""Where progress goes, line by line: a terminal, a run's log, a test's list."""

from __future__ import annotations

from collections.abc import Callable

Tell = Callable[[str], None]
