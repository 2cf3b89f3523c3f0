"""What the spelling of an address says. No name is looked up."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit


def is_loopback(address: str) -> bool:
    """Whether the host of an address is this machine. The address may begin with `sparse+`."""
    host = urlsplit(address.removeprefix("sparse+")).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
