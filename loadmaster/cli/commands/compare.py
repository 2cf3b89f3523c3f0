"""A packaged crate against a registry, by its bytes."""

from __future__ import annotations

import json
from pathlib import Path

from loadmaster.clients.registry.registry import RegistryClient
from loadmaster.errors.cargo import CrateFileBroken, GivenCrateBroken
from loadmaster.planning.registry.metadata import upload_metadata
from loadmaster.planning.values.state import ObjectState
from loadmaster.steps.observe import Compared, compare_with_registry
from loadmaster.things.crate import Packaged, PublishedCrate

EXIT_CODES = {
    ObjectState.SAME: 0,
    ObjectState.EQUIVALENT: 0,
    ObjectState.DIFFERENT: 1,
    ObjectState.ABSENT: 3,
    ObjectState.UNKNOWN: 4,
}


def compare(file: Path, index: str) -> Compared:
    """Compares the file with the registry. Name and version come from the packaged manifest, not from the file's name.

    Raises `GivenCrateBroken`.
    """
    try:
        ours = file.read_bytes()
        metadata = json.loads(upload_metadata(ours))
        name, version = str(metadata["name"]), str(metadata["vers"])
    except OSError as error:
        raise GivenCrateBroken(file.name, f"{error.strerror or error}.") from error
    except CrateFileBroken as error:
        raise GivenCrateBroken(file.name, error.what) from error
    registry = RegistryClient(index)
    return compare_with_registry(PublishedCrate(registry=registry, name=name, version=version, ours=Packaged.of(ours)))


def comparison_text(comparison: Compared) -> str:
    lines = [f"{comparison.crate}@{comparison.version}: {comparison.state} ({comparison.why})"]
    lines += [f"  {difference.path}: {difference.how}" for difference in comparison.differs]
    return "\n".join(lines)
