"""The client of a release's forge, with the token and with what this attempt remembers of its answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from loadmaster.clients.forge.http import ForgeClient, http_client
from loadmaster.credentials.sources import forge_token
from loadmaster.run.job import Job


@contextmanager
def forge_client(job: Job) -> Iterator[ForgeClient]:
    """Raises what `forge_token` raises."""
    token = forge_token(job.world).reveal()
    with http_client(str(job.world.forge), job.world.repository, token, memory=job.forge_memory) as client:
        yield client
