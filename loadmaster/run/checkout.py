"""Where Loadmaster itself lies."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""Loadmaster's own checkout. It holds the profiles that are shipped, the examples and the ignored `.loadmaster/`."""
