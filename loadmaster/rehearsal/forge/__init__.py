"""The forge of a rehearsal: the part of GitHub's REST API that a release uses, over the rehearsal's bare repository."""

from loadmaster.rehearsal.forge.application import Forge
from loadmaster.rehearsal.forge.store import LoggedRequest

__all__ = ["Forge", "LoggedRequest"]
