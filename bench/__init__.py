"""Measures Loadmaster beside unmodified cargo, on this machine, against one registry process with simulated service times.

Knows how to make workspaces, run contenders and count. Refuses to know how a release is done, and writes only to a temporary
directory of its own.
"""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
"""The checkout that is measured."""
