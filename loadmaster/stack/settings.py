"""The environment of the server, the worker and Prefect's command line: every Prefect setting in one place."""

from __future__ import annotations

import os
from pathlib import Path

from loadmaster.planning.guard import own_hosts
from loadmaster.planning.profile.secret_variables import names_credential
from loadmaster.stack.record import LOOPBACK

QUERY_SECONDS = 1.0
"""Between two polls of a worker, each of which our server holds for a while (`loadmaster.guarded.held_polls`). Prefect's worker
gives up after twelve polls without an answer; with shorter pauses it would not outlast a server that is started again."""
TURN_SECONDS = 3
"""How long a run waits before it asks again for its turn, which the run before it has. Prefect's default is 30."""


def environment(home: Path, port: int, project_root: Path, api_url: str | None = None) -> dict[str, str]:
    """Our environment without what would change Prefect's behaviour, then the stack's own settings.

    Settings of the user's other Prefect servers are left out; what is meant for this one is taken over into files
    (`settle_access`). So is every credential: what the worker runs could read them there, as long as it lives. The keeper has
    those that a release needs. Byte code is written, because importing Prefect without it takes three times as long. `api_url`:
    of a server elsewhere, for a worker.
    """
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PREFECT_") and name != "PYTHONDONTWRITEBYTECODE" and not names_credential(name)
    }
    direct = ",".join(filter(None, [os.environ.get("NO_PROXY", os.environ.get("no_proxy")), LOOPBACK]))
    return {
        **inherited,
        "NO_PROXY": direct,
        "no_proxy": direct,
        "LOADMASTER_HOME": str(home),
        "LOADMASTER_PROJECT_ROOT": str(project_root),
        "DO_NOT_TRACK": "1",
        "PREFECT_HOME": str(home / "prefect"),
        "PREFECT_API_URL": api_url or f"http://{LOOPBACK}:{port}/api",
        "PREFECT_SERVER_API_HOST": LOOPBACK,
        # Its own page, and no other: the guard before it refuses them as well (`loadmaster.guarded`).
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": ",".join(f"http://{host}" for host in own_hosts(port)),
        "PREFECT_SERVER_CSRF_PROTECTION_ENABLED": "true",
        "PREFECT_UI_API_URL": "/api",  # of the page's own address, whichever of the two names it was opened by
        "PREFECT_SERVER_UI_STATIC_DIRECTORY": str(home / "ui"),  # else it writes its pages beside its own code
        "PREFECT_SERVER_API_PORT": str(port),  # not `--port`: with that, the UI would still call the default port
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        # The default keeps leases in memory: a slot that was held when the server restarted would never be freed.
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
        "PREFECT_SERVER_DEPLOYMENTS_CONCURRENCY_SLOT_WAIT_SECONDS": str(TURN_SECONDS),
        "PREFECT_RESULTS_LOCAL_STORAGE_PATH": str(home / "results"),
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
        "PREFECT_LOGGING_COLORS": "false",
        "PREFECT_CLI_COLORS": "false",
        "PREFECT_WORKER_QUERY_SECONDS": str(QUERY_SECONDS),
    }
