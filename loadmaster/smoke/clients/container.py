"""The Docker engine: every request is made once, and its failures become errors of the catalogue.

Knows how a container is confined (no network, read-only, no new privileges, limits) and that it is always removed. Refuses to
know what runs in it. A container is never privileged and never sees a path of the host.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from threading import Thread

import docker
import requests
from docker import DockerClient
from docker.errors import APIError, DockerException, ImageNotFound, NotFound
from docker.models.containers import Container
from docker.models.images import Image
from docker.types import Ulimit
from urllib3.exceptions import HTTPError

from loadmaster.errors.smoke import EngineCannotStart, EngineHanging
from loadmaster.planning.smoke.host import EngineFacts
from loadmaster.planning.values.tell import Tell
from loadmaster.smoke.clients.engine_answers import CONFLICT, answering, passing_over_what_went, unreachable, words_of

PATIENCE = 30
"""Seconds that the engine may take for one answer."""
ENDS = "loadmaster.smoke.ends"
"""Label: the second of the epoch after which a container or image of ours is a leftover."""
LEFTOVER_AFTER = 15
"""Seconds after its deadline for which a container of another process is left alone, so that this process can remove it."""
KEPT_FOR = "loadmaster.smoke.image"
"""Label with the purpose of an image that is kept for the next run. A newer image for the same purpose supersedes it."""
REPOSITORY = "loadmaster-smoke-"
"""The prefix of our images' names."""
NO_DATE = "1970-01-01T00:00:00"
"""The creation date of our images. An image that somebody built upon ours inherits our labels, but has another date."""
MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
"""Podman names machines as Go does, Docker as `uname -m`."""
LAST_WORDS = 5.0
"""Seconds that the log may take to arrive after its container has ended."""
DEFAULT_ADDRESS = "unix:///var/run/docker.sock"
LIMITS = [Ulimit(name="nofile", soft=1024, hard=4096), Ulimit(name="nproc", soft=4096, hard=4096)]
"""Given, because podman would otherwise raise the limits to its own, which it may not on a host without `CAP_SYS_RESOURCE`."""


@dataclass(frozen=True, kw_only=True)
class Sandbox:
    """The parameters of one container."""

    image: str
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    seconds: int
    """The most until it must have ended by itself."""
    memory: int
    """MiB."""
    capabilities: tuple[str, ...] = ()
    user: str | None = None
    """None: root."""
    tmpfs: Mapping[str, str] = field(default_factory=dict)
    """Mount options by mount point."""


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
    patience: float = PATIENCE
    """Seconds that it may take for one answer."""

    def facts(self) -> EngineFacts:
        with self._speaking():
            info = self.client.info()
            parts = [str(part["Name"]) for part in self.client.version().get("Components") or ()]
        return EngineFacts(
            name="Podman" if any("podman" in part.lower() for part in parts) else "Docker",
            version=info["ServerVersion"],
            machine=MACHINES.get(info["Architecture"], info["Architecture"]),
            kernel=info["KernelVersion"],
            system=info["OSType"],
            rootless=any("rootless" in option for option in info.get("SecurityOptions") or ()),
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

    def remove_superseded(self, purpose: str, keep: str) -> list[str]:
        """Removes our images for that purpose except the one named `keep`. Returns the ids of the removed ones.

        Leaves alone an image that a container uses, and an image that somebody else has named or built upon.
        """
        with self._speaking():
            labelled = list(self._images(f"{KEPT_FOR}={purpose}"))
            old = [image for image in labelled if _is_ours(image) and not any(tag.endswith(keep) for tag in image.tags)]
            return [str(image.id) for image in old if self._try_to_remove(image)]

    def _try_to_remove(self, image: Image) -> bool:
        try:
            self.client.images.remove(str(image.id), force=False)
        except NotFound:
            return False
        except APIError as error:
            if error.status_code == CONFLICT:
                return False
            raise
        return True

    def run(self, sandbox: Sandbox, tell: Tell, *, allowance: float = 5.0) -> Ended:
        """Runs the container to its end, and removes it whatever happens. `tell` gets each line of its log at once.

        `allowance`: seconds after its own time until it is killed. Within `patience` more it is known whether the engine hangs
        or only the container does. Raises `EngineImageMissing`, `EngineLacksCapability`, `EngineCannotStart`, `EngineRefused`,
        `EngineHanging`, `EngineGone`.
        """
        # Made and removed in another thread: a signal interrupts this one, perhaps before it learns which container was made.
        with ThreadPoolExecutor(max_workers=1) as apart:
            creating = apart.submit(self._create, sandbox)
            answers = True
            try:
                return self._run_to_end(creating.result(), sandbox.seconds + allowance, tell)
            except EngineHanging:
                answers = False
                raise
            finally:
                # A hanging engine would not answer this either; the container ends by itself, and the next run sweeps it.
                if answers:
                    apart.submit(self._remove_made, creating).result()

    def _run_to_end(self, container: Container, seconds: float, tell: Tell) -> Ended:
        self._start(container)
        listener = Thread(target=_follow, args=(container, tell), daemon=True)
        listener.start()
        code = self._wait(container, seconds)
        with self._speaking():
            if code is None:
                _kill(container)
            listener.join(timeout=LAST_WORDS)
            container.reload()
            log = container.logs().decode(errors="replace")
        return Ended(code=code, out_of_memory=bool(container.attrs["State"]["OOMKilled"]), log=log)

    def _start(self, container: Container) -> None:
        with self._speaking():
            try:
                container.start()
            except NotFound:
                raise
            except APIError as error:
                raise EngineCannotStart(self.address, words_of(error)) from error

    def sweep(self, now: float) -> list[str]:
        """Removes leftovers of earlier runs: containers and images whose time ended before `now`. Returns their names."""
        with self._speaking():
            old = [
                container
                for container in self.client.containers.list(all=True, filters={"label": ENDS}, ignore_removed=True)
                if _is_over(container.labels, now)
            ]
            for container in old:
                self._remove(container)
            images = [image for image in self._images(ENDS) if _is_over(image.labels, now)]
        for image in images:
            self.remove_image(str(image.id))
        return [f"container {one.name}" for one in old] + [f"image {image.short_id}" for image in images]

    def _images(self, label: str) -> Iterator[Image]:
        """The images with the label. Docker lists their ids first and describes each later, when it may be gone."""
        listed: list[dict[str, str]] = []
        with passing_over_what_went():
            listed = self.client.api.images(filters={"label": label})
        for entry in listed:
            with passing_over_what_went():
                yield self.client.images.get(entry["Id"])

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
                ulimits=LIMITS,
                tmpfs=dict(sandbox.tmpfs),
                user=sandbox.user,
                labels={ENDS: ends_at(sandbox.seconds)},
            )

    def _wait(self, container: Container, seconds: float) -> int | None:
        """The exit code; None if the container still runs. Raises if the engine is gone by then, instead of only waiting."""
        with self._speaking():
            try:
                return int(container.wait(timeout=seconds)["StatusCode"])
            except (requests.ConnectionError, requests.ReadTimeout) as error:
                if "timed out" not in str(error):
                    raise
                self.client.ping()
                return None

    def _remove_made(self, creating: Future[Container]) -> None:
        if creating.exception() is None:
            self._remove(creating.result())

    def _remove(self, container: Container) -> None:
        """Removes the container. If the engine is away, the sweep of the next run does."""
        with contextlib.suppress(NotFound, requests.RequestException, APIError):
            container.remove(force=True)

    def _speaking(self, *, image: str = "") -> AbstractContextManager[None]:
        return answering(self.address, self.patience, image=image)


def _follow(container: Container, tell: Tell) -> None:
    """Passes the log on, line by line, until the container ends. If the engine goes away, `_wait` raises the error."""
    rest = b""
    with contextlib.suppress(OSError, HTTPError, DockerException):
        for chunk in container.logs(stream=True, follow=True):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                tell(line.decode(errors="replace").rstrip("\r"))
    if rest:
        tell(rest.decode(errors="replace"))


def _kill(container: Container) -> None:
    """Kills the container. If it has ended meanwhile, that is no error."""
    try:
        container.kill()
    except APIError as error:
        if error.status_code != CONFLICT:
            raise


def ends_at(seconds: int) -> str:
    return str(int(time.time()) + seconds + LEFTOVER_AFTER)


def connect(address: str | None = None, *, patience: int = PATIENCE) -> Engine:
    """The engine at `address`, else at `DOCKER_HOST`, else at the usual socket. It has answered with its version.

    Raises `EngineAbsent`, `EngineForbidden`, `EngineHanging`.
    """
    place = address or os.environ.get("DOCKER_HOST") or DEFAULT_ADDRESS
    try:
        client = docker.DockerClient(base_url=place, timeout=patience) if address else docker.from_env(timeout=patience)
    except DockerException as error:
        raise unreachable(error, place, patience) from error
    return Engine(client, place, patience)


def _is_over(labels: Mapping[str, str], now: float) -> bool:
    ends = labels.get(ENDS, "")
    return ends.isdigit() and int(ends) < now


def _is_ours(image: Image) -> bool:
    """Whether we made the image. It may have lost its name, and Podman puts `localhost/` before a name without a registry."""
    ours = all(tag.removeprefix("localhost/").startswith(REPOSITORY) for tag in image.tags)
    return ours and str(image.attrs["Created"]).startswith(NO_DATE)
