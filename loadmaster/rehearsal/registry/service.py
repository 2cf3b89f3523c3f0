"""The service times of a healthy registry, in seconds of the world's clock."""

from __future__ import annotations

from pydantic import Field

from loadmaster.planning.values.value import Value


class Service(Value):
    upload: float = Field(default=0.0, ge=0)
    """From the arrival of an upload to its acceptance, when it is answered. Uploads do not wait for each other."""
    visible: float = Field(default=0.0, ge=0)
    """From the acceptance of a version to its line in the index."""


AT_ONCE = Service()
