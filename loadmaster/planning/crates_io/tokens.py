"""How crates.io's tokens look and how long the short-lived ones live. Pure; from its source, as its answers do not say it."""

from __future__ import annotations

from datetime import timedelta

PREFIX = "cio"
TRUSTED_PREFIX = "cio_tp_"
"""The prefix of trusted publishers' tokens."""
TRUSTED_LIFE = timedelta(minutes=30)
"""The life of a trusted publisher's token, from its making."""
