"""Which requests a server on loopback answers: those that were sent to it by its own name, and not by a stranger's page.

A browser takes part in an attack without knowing it: any page may send requests to loopback, and by a name of its own that
resolves to loopback it may even read the answers. What gives it away is in the headers, which a page cannot choose.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal

from loadmaster.planning.values.value import Value

OWN_SITES = ("same-origin", "none")
"""Values of `Sec-Fetch-Site`: sent by a page of ours, or by a person (an address that was typed, a bookmark)."""

DOCUMENTATION = ("docs", "redoc", "openapi.json")
"""Pages that FastAPI makes of an API. They ask for no sign-in, and load scripts of another host into the UI's own address."""


class Caller(Value):
    """What a request says of where it comes from. A header that is there twice is there twice."""

    hosts: tuple[str, ...]
    origins: tuple[str, ...] = ()
    site: str | None = None
    """`Sec-Fetch-Site`; only browsers send it."""
    mode: str | None = None
    dest: str | None = None
    method: str = "GET"
    path: str = "/"
    kind: Literal["http", "websocket"] = "http"


def own_hosts(port: int) -> tuple[str, ...]:
    """The names of a server on loopback, as they are in `Host`."""
    return (f"127.0.0.1:{port}", f"localhost:{port}")


def why_refused(caller: Caller, own: Collection[str]) -> str | None:
    """Why a request is not answered, in a sentence; None if it is. `own`: the server's own names, with the port."""
    if len(caller.hosts) != 1 or caller.hosts[0].lower() not in own:
        return f"This server is {_names(own)}, and the request is for {_named(caller.hosts)}."
    if _is_documentation(caller.path):
        return f"This server does not show `{caller.path}`: such a page loads scripts of another host."
    if caller.origins:
        if len(caller.origins) != 1 or caller.origins[0].lower() != f"http://{caller.hosts[0].lower()}":
            return f"The request was sent by a page of {_named(caller.origins)}, which is not this server's."
        return None
    if caller.site is not None and caller.site not in OWN_SITES and not _follows_a_link(caller):
        return f"The request was sent by a page of another address (`Sec-Fetch-Site: {caller.site}`)."
    return None


def _follows_a_link(caller: Caller) -> bool:
    """Whether a person opens a page of the UI by a link elsewhere: it loads in a tab of its own, and changes nothing."""
    opens = caller.kind == "http" and caller.method == "GET" and caller.mode == "navigate" and caller.dest == "document"
    return opens and not caller.path.startswith("/api")


def _is_documentation(path: str) -> bool:
    parts = [part.lower() for part in path.split("/") if part]
    return any(first in DOCUMENTATION for first in (parts[1:2] if parts[:1] == ["api"] else parts[:1]))


def _names(own: Collection[str]) -> str:
    return " or ".join(f"`{name}`" for name in own)


def _named(values: Sequence[str]) -> str:
    return ", ".join(f"`{value}`" for value in values) or "nobody"
