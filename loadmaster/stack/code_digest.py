"""A digest of the code that server, worker and runs are made of: whether what a process has read is still what is there."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from loadmaster import __version__
from loadmaster.planning.values.yaml_text import read_yaml
from loadmaster.shipped import SHIPPED
from loadmaster.stack.database import installed_prefect


def code_digest(project_root: Path) -> str:
    """Of `prefect.yaml`, of the files that it and the package name (by size and time of change), and of the versions."""
    text = (project_root / "prefect.yaml").read_text(encoding="utf-8")
    named = (str(each["entrypoint"]).partition(":") for each in read_yaml(text)["deployments"])
    files = [project_root / file for file, colon, _ in named if colon]
    code = sorted((str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in (*files, *_own_code()))
    return digest([text, code, __version__, installed_prefect(), sys.version])


def digest(document: object) -> str:
    """Of a JSON document, whatever the order of its keys."""
    return sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def _own_code() -> Iterator[Path]:
    """Flows and tasks are linked into the package in a checkout."""
    for place, _, names in os.walk(SHIPPED.parent, followlinks=True):
        yield from (Path(place) / name for name in names if name.endswith(".py"))
