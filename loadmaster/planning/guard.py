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


class Asked(Value):
    """What tells where a request comes from. A header that is there twice is there twice."""

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


def why_refused(asked: Asked, own: Collection[str]) -> str | None:
    """Why a request is not answered, in a sentence; None if it is. `own`: the server's own names, with the port."""
    if len(asked.hosts) != 1 or asked.hosts[0].lower() not in own:
        return f"This server is {_names(own)}, and the request is for {_named(asked.hosts)}."
    if asked.origins:
        if len(asked.origins) != 1 or asked.origins[0].lower() != f"http://{asked.hosts[0].lower()}":
            return f"The request was sent by a page of {_named(asked.origins)}, which is not this server's."
        return None
    if asked.site is not None and asked.site not in OWN_SITES and not _follows_a_link(asked):
        return f"The request was sent by a page of another address (`Sec-Fetch-Site: {asked.site}`)."
    return None


def _follows_a_link(asked: Asked) -> bool:
    """Whether a person opens a page of the UI by a link elsewhere: it loads in a tab of its own, and changes nothing."""
    opens = asked.kind == "http" and asked.method == "GET" and asked.mode == "navigate" and asked.dest == "document"
    return opens and not asked.path.startswith("/api")


def _names(own: Collection[str]) -> str:
    return " or ".join(f"`{name}`" for name in own)


def _named(values: Sequence[str]) -> str:
    return ", ".join(f"`{value}`" for value in values) or "nobody"
