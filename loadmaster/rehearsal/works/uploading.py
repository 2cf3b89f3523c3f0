"""The job that uploads: the profile's assets, with bytes made up from their names, to the draft of the tag."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping

from loadmaster.rehearsal.forge.actions.works import JobTask
from loadmaster.rehearsal.forge.releases.planting import made_up
from loadmaster.rehearsal.works.surroundings import Surroundings, version_of

_SUMS = ".sha256"
PutAssets = Callable[[JobTask, Mapping[str, bytes]], None]
"""Creates or adopts the draft of the run's tag, and uploads files to it. Raises `WorkFailed`."""


def upload_assets(around: Surroundings, put: PutAssets, task: JobTask) -> None:
    """Raises `WorkFailed`."""
    version = version_of(task.run.head_branch)
    names = [pattern.replace("{version}", version) for pattern in around.project.assets]
    put(task, contents(names))


def contents(names: list[str]) -> dict[str, bytes]:
    """By name; a name that ends in `.sha256` has the sum of the file that it names."""
    found = {}
    for name in names:
        whole = name.removesuffix(_SUMS)
        if name.endswith(_SUMS) and whole in names:
            found[name] = f"{hashlib.sha256(made_up(whole)).hexdigest()}  {whole}\n".encode()
        else:
            found[name] = made_up(name)
    return found
