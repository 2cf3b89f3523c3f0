"""The Docker engine at hand, which no test meets but those that ask for one: a release's smoke test takes seconds."""

from __future__ import annotations

import os

AT_HAND = os.environ.get("DOCKER_HOST")
"""What whoever runs the tests has named, before `conftest` points everything elsewhere."""
NOWHERE = "unix:///nonexistent/docker.sock"
