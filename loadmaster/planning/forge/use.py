"""How much a release asked of the forge."""

from __future__ import annotations

from loadmaster.planning.values.value import Value


class ForgeUse(Value):
    requests: int = 0
    """All that were sent."""
    unchanged: int = 0
    """Those of them that the forge answered with "not modified": they cost nothing of its limit."""
