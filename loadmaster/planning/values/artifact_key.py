"""The keys of artifacts. Prefect takes small letters, digits and dashes; a project's name may hold other characters."""

from __future__ import annotations

import re


def artifact_key(project: str, what: str) -> str:
    """`parking-lot-plan` for the plan of `parking_lot`."""
    return re.sub(r"[^a-z0-9]+", "-", f"{project}-{what}".lower()).strip("-")
