"""`python -m loadmaster.guarded.server HOME`: Prefect's own server behind our guard, on loopback.

As `prefect server start` does it, in one process with its services; Prefect's settings come from the environment and from
the profile in `PREFECT_HOME`. The key of the Secret blocks is handed over within the process: Prefect takes it from the
environment alone, and there another process of this user would see it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from loadmaster.credentials.memory import shield
from loadmaster.planning.guard import own_hosts
from loadmaster.planning.profile.secret_variables import ENCRYPTION_VARIABLES
from loadmaster.stack.access import read_block_key
from loadmaster.stack.privacy import keep_to_ourselves


def serve(home: Path) -> None:
    """Serves until it is told to end."""
    keep_to_ourselves()
    shield()
    os.environ[ENCRYPTION_VARIABLES[0]] = read_block_key(home)

    # After the key is there, and late: Prefect reads its settings when it is imported, which takes a second.
    import uvicorn
    from prefect.server.api.server import create_app
    from prefect.settings import get_current_settings

    from loadmaster.guarded.collecting import collect_elsewhere
    from loadmaster.guarded.guard import Guard
    from loadmaster.guarded.held_polls import HeldPolls

    api = get_current_settings().server.api
    application = Guard(HeldPolls(create_app(final=True)), own_hosts(api.port))
    collect_elsewhere()
    uvicorn.run(
        application,
        host=api.host,
        port=api.port,
        timeout_keep_alive=api.keepalive_timeout,
        ws_ping_interval=api.websocket_ping_interval,
        ws_ping_timeout=api.websocket_ping_timeout,
        log_level=get_current_settings().server.logging_level.lower(),
        proxy_headers=False,
        server_header=False,
    )


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
