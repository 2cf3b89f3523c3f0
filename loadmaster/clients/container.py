"""The Docker engine: asks it once, and says in the catalogue's words what it answered.

Knows how a container is shut in (no network, read-only, no new privileges, limits) and that it is always removed; it
refuses to know what runs in it. A container is never privileged and never sees a path of the host.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from threading import Thread

import docker
import requests
from docker import DockerClient
from docker.errors import APIError, DockerException, ImageNotFound, NotFound
from docker.models.containers import Container
from urllib3.exceptions import HTTPError

from loadmaster.errors import (
    EngineAbsent,
    EngineForbidden,
    EngineGone,
    EngineHanging,
    EngineImageMissing,
    EngineLacksCapability,
    EngineRefused,
)
from loadmaster.planning.lsm.host import EngineFacts

Tell = Callable[[str], None]
PATIENCE = 30
"""Seconds that the engine may take for one answer."""
ENDS = "loadmaster.smoke.ends"
"""Label: the second of the epoch after which a container or image of ours is a leftover."""
LEFTOVER_AFTER = 15
"""Seconds beyond its deadline that a container of another process is left alone: that process removes it by itself."""
DEFAULT_ADDRESS = "unix:///var/run/docker.sock"


@dataclass(frozen=True, kw_only=True)
class Sandbox:
    """One container, as it is to be."""

    image: str
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    seconds: int
    """Until it must have ended by itself."""
    memory: int
    """MiB."""
    capabilities: tuple[str, ...] = ()
    user: str | None = None
    """None: root."""
    tmpfs: Mapping[str, str] = field(default_factory=dict)
    """Mount options by place."""


@dataclass(frozen=True, kw_only=True)
class Ended:
    code: int | None
    """None: it did not end in time."""
    out_of_memory: bool
    log: str


@dataclass(frozen=True)
class Engine:
    client: DockerClient
    address: str

    def facts(self) -> EngineFacts:
        with self._speaking():
            told = self.client.info()
        return EngineFacts(
            version=told["ServerVersion"],
            machine=told["Architecture"],
            kernel=told["KernelVersion"],
            system=told["OSType"],
            rootless=any("rootless" in each for each in told.get("SecurityOptions") or ()),
        )

    def has_image(self, image: str) -> bool:
        with self._speaking():
            try:
                self.client.images.get(image)
            except ImageNotFound:
                return False
            return True

    def load_image(self, archive: bytes) -> None:
        """Loads an archive as `docker save` writes it."""
        with self._speaking():
            self.client.images.load(archive)

    def remove_image(self, image: str) -> None:
        with self._speaking(), contextlib.suppress(NotFound):
            self.client.images.remove(image, force=True)

    def run(self, sandbox: Sandbox, tell: Tell, *, allowance: float = 5.0) -> Ended:
        """Runs it to its end, and removes it whatever happens; `tell` hears each line of its log when it comes.

        `allowance`: seconds beyond its own until it is given up. Raises `EngineImageMissing`, `EngineLacksCapability`,
        `EngineRefused`, `EngineHanging`, `EngineGone`.
        """
        container = self._create(sandbox)
        try:
            with self._speaking(gone=True):
                container.start()
            listener = Thread(target=_follow, args=(container, tell), daemon=True)
            listener.start()
            code = self._wait(container, sandbox.seconds + allowance)
            with self._speaking(gone=True):
                if code is None:
                    container.kill()
                listener.join(timeout=allowance)
                container.reload()
                log = container.logs().decode(errors="replace")
            return Ended(code=code, out_of_memory=bool(container.attrs["State"]["OOMKilled"]), log=log)
        finally:
            self._remove(container)

    def sweep(self, now: float) -> list[str]:
        """Removes what earlier runs left here and was to end before `now`, containers and images; says what it was."""
        with self._speaking():
            old = [
                each
                for each in self.client.containers.list(all=True, filters={"label": ENDS})
                if _is_over(each.labels, now)
            ]
            for container in old:
                self._remove(container)
            images = [each for each in self.client.images.list(filters={"label": ENDS}) if _is_over(each.labels, now)]
        for image in images:
            self.remove_image(str(image.id))
        return [f"container {each.name}" for each in old] + [f"image {each.short_id}" for each in images]

    def _create(self, sandbox: Sandbox) -> Container:
        with self._speaking(image=sandbox.image):
            return self.client.containers.create(
                sandbox.image,
                list(sandbox.command) or None,
                environment=dict(sandbox.environment),
                network_mode="none",
                read_only=True,
                cap_drop=["ALL"],
                cap_add=list(sandbox.capabilities),
                security_opt=["no-new-privileges"],
                pids_limit=256,
                mem_limit=f"{sandbox.memory}m",
                memswap_limit=f"{sandbox.memory}m",
                tmpfs=dict(sandbox.tmpfs),
                user=sandbox.user,
                labels={ENDS: ends_at(sandbox.seconds)},
            )

    def _wait(self, container: Container, seconds: float) -> int | None:
        """The exit code; None if it goes on. An engine that is gone by then is told from one that only waits."""
        with self._speaking(gone=True):
            try:
                return int(container.wait(timeout=seconds)["StatusCode"])
            except (requests.ConnectionError, requests.ReadTimeout) as error:
                if "timed out" not in str(error):
                    raise
                self.client.ping()
                return None

    def _remove(self, container: Container) -> None:
        """An engine that is away cannot remove; the sweep of the next run does."""
        with contextlib.suppress(NotFound, requests.RequestException, APIError):
            container.remove(force=True)

    @contextlib.contextmanager
    def _speaking(self, *, image: str = "", gone: bool = False) -> Iterator[None]:
        """What docker and requests raise, in the catalogue's words. `gone`: the engine has answered in this run before."""
        try:
            yield
        except ImageNotFound as error:
            raise EngineImageMissing(image or "unnamed", self.address) from error
        except APIError as error:
            told = str(error.explanation or error)
            if "unknown capability" in told.lower():
                raise EngineLacksCapability(self.address, told) from error
            raise EngineRefused(self.address, error.status_code or 0, told) from error
        except requests.ReadTimeout as error:
            raise EngineHanging(self.address, PATIENCE) from error
        except DockerException as error:
            raise EngineRefused(self.address, 200, str(error)) from error
        except requests.RequestException as error:
            if "timed out" in str(error):
                raise EngineHanging(self.address, PATIENCE) from error
            raise (EngineGone if gone else EngineAbsent)(self.address, _innermost(error)) from error


def _follow(container: Container, tell: Tell) -> None:
    """Passes the log on, line by line, until the container ends. An engine that goes away is told by who waits for it."""
    rest = b""
    with contextlib.suppress(OSError, HTTPError, DockerException):
        for chunk in container.logs(stream=True, follow=True):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                tell(line.decode(errors="replace").rstrip("\r"))
    if rest:
        tell(rest.decode(errors="replace"))


def ends_at(seconds: int) -> str:
    return str(int(time.time()) + seconds + LEFTOVER_AFTER)


def connect(address: str | None = None, *, patience: int = PATIENCE) -> Engine:
    """The engine at `address`, else where `DOCKER_HOST` says, else at the usual socket; it has said its version.

    Raises `EngineAbsent`, `EngineForbidden`, `EngineHanging`.
    """
    place = address or os.environ.get("DOCKER_HOST") or DEFAULT_ADDRESS
    try:
        client = docker.DockerClient(base_url=place, timeout=patience) if address else docker.from_env(timeout=patience)
    except DockerException as error:
        told = str(error)
        if "PermissionError" in told:
            raise EngineForbidden(place) from error
        if "Read timed out" in told:
            raise EngineHanging(place, patience) from error
        raise EngineAbsent(place, _innermost(error)) from error
    return Engine(client, place)


def _is_over(labels: Mapping[str, str], now: float) -> bool:
    ends = labels.get(ENDS, "")
    return ends.isdigit() and int(ends) < now


def _innermost(error: BaseException) -> str:
    """The words at the bottom of a chain of wrapped errors: those of the operating system, where there are any."""
    seen: BaseException | None = error
    while seen is not None:
        error, seen = seen, seen.__cause__ or seen.__context__
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or "it broke off"
