"""A build script that tries to reach the rest of the world, and the places that it would reach with the network."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import psutil

ANYWHERE = "203.0.113.1:9"
"""An address for documentation: nobody has it, but a machine with a network has a way there."""

_SCRIPT = """use std::net::{{SocketAddr, TcpStream, UdpSocket}};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{{SocketAddr as Named, UnixStream}};
use std::time::Duration;

fn tcp(place: &str) -> bool {{
    let address: SocketAddr = place.parse().unwrap();
    TcpStream::connect_timeout(&address, Duration::from_secs(5)).is_ok()
}}

fn named(name: &str) -> bool {{
    UnixStream::connect_addr(&Named::from_abstract_name(name).unwrap()).is_ok()
}}

fn udp(place: &str) -> bool {{
    UdpSocket::bind("0.0.0.0:0").and_then(|socket| socket.connect(place)).is_ok()
}}

fn main() {{
    let mut reached: Vec<&str> = Vec::new();
{tries}
    println!("cargo:rustc-env=REACHED={{}}", reached.join(","));
}}
"""


@contextmanager
def open_places(registry: str | None = None) -> Iterator[Mapping[str, str]]:
    """How Rust code reaches each place, by its name. `registry` is the address of an index on loopback.

    A machine that has no network has two places less.
    """
    name = f"loadmaster-reached-{os.getpid()}"
    own = next((each for each in map(_own_address, psutil.net_if_addrs()) if each is not None), None)
    with ExitStack() as leaving:
        port = leaving.enter_context(socket.create_server(("0.0.0.0", 0))).getsockname()[1]
        without_file = leaving.enter_context(socket.socket(socket.AF_UNIX))
        without_file.bind(f"\0{name}")
        without_file.listen()
        places = {
            "loopback": f'tcp("127.0.0.1:{port}")',
            "abstract": f'named("{name}")',
        }
        if registry is not None:
            places |= {"registry": f'tcp("{urlsplit(registry.removeprefix("sparse+")).netloc}")'}
        if own is not None:
            places |= {"own": f'tcp("{own}:{port}")'}
        if _has_a_way_anywhere():
            places |= {"anywhere": f'udp("{ANYWHERE}")'}
        yield places


def reaching_script(places: Mapping[str, str]) -> str:
    """A build script that tells which of the places it reached, in the variable `REACHED` of what it is built for."""
    tries = "\n".join(f'    if {how} {{ reached.push("{name}") }}' for name, how in places.items())
    return _SCRIPT.format(tries=tries)


def _own_address(interface: str) -> str | None:
    addresses = [each.address for each in psutil.net_if_addrs()[interface] if each.family is socket.AF_INET]
    return next((address for address in addresses if not address.startswith("127.")), None)


def _has_a_way_anywhere() -> bool:
    host, _, port = ANYWHERE.partition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect((host, int(port)))
        except OSError:
            return False
    return True
