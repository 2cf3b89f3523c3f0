"""The Docker engine: asks it once, and says in the catalogue's words what it answered.

Knows how a container is shut in (no network, read-only, no new privileges, limits) and that it is always removed; it
refuses to know what runs in it. A container is never privileged and never sees a path of the host.
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
"""Seconds beyond its deadline that a container of another process is left alone: that process removes it by itself."""
KEPT_FOR = "loadmaster.smoke.image"
"""Label of an image that is kept for the next run: what it is for. A newer one for the same supersedes it."""
REPOSITORY = "loadmaster-smoke-"
"""What the names of our images begin with."""
NO_DATE = "1970-01-01T00:00:00"
"""When our images say that they were made; one that somebody has built upon ours, and our labels with it, says another."""
MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
"""Podman names machines as Go does, Docker as `uname -m`."""
LAST_WORDS = 5.0
"""Seconds that the log may take to come after its container has ended."""
DEFAULT_ADDRESS = "unix:///var/run/docker.sock"
LIMITS = [Ulimit(name="nofile", soft=1024, hard=4096), Ulimit(name="nproc", soft=4096, hard=4096)]
"""Said, because podman would else raise its own, which on a host without `CAP_SYS_RESOURCE` it may not."""


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
    patience: float = PATIENCE
    """Seconds that it may take for one answer."""

    def facts(self) -> EngineFacts:
        with self._speaking():
            told = self.client.info()
            parts = [str(each["Name"]) for each in self.client.version().get("Components") or ()]
        return EngineFacts(
            name="Podman" if any("podman" in each.lower() for each in parts) else "Docker",
            version=told["ServerVersion"],
            machine=MACHINES.get(told["Architecture"], told["Architecture"]),
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

    def remove_superseded(self, purpose: str, keep: str) -> list[str]:
        """Removes our images for that purpose but the one named `keep`; their ids.

        Left alone are those in use by any container, and what somebody else has given a name or built upon.
        """
        with self._speaking():
            labelled = list(self._images(f"{KEPT_FOR}={purpose}"))
            old = [each for each in labelled if _is_ours(each) and not any(tag.endswith(keep) for tag in each.tags)]
            return [str(each.id) for each in old if self._removed(each)]

    def _removed(self, image: Image) -> bool:
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
        """Runs it to its end, and removes it whatever happens; `tell` hears each line of its log when it comes.

        `allowance`: seconds beyond its own until it is given up; an engine that hangs is told from a container that does
        within `patience` more. Raises `EngineImageMissing`, `EngineLacksCapability`, `EngineCannotStart`, `EngineRefused`,
        `EngineHanging`, `EngineGone`.
        """
        # Made and removed in a thread of its own: a signal interrupts this one, perhaps before it hears what was made.
        with ThreadPoolExecutor(max_workers=1) as apart:
            creating = apart.submit(self._create, sandbox)
            answers = True
            try:
                return self._ended(creating.result(), sandbox.seconds + allowance, tell)
            except EngineHanging:
                answers = False
                raise
            finally:
                # One that hangs would not answer this either; what is left ends by itself, and the next run sweeps it.
                if answers:
                    apart.submit(self._remove_made, creating).result()

    def _ended(self, container: Container, seconds: float, tell: Tell) -> Ended:
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
        """Removes what earlier runs left here and was to end before `now`, containers and images; says what it was."""
        with self._speaking():
            old = [
                each
                for each in self.client.containers.list(all=True, filters={"label": ENDS}, ignore_removed=True)
                if _is_over(each.labels, now)
            ]
            for container in old:
                self._remove(container)
            images = [each for each in self._images(ENDS) if _is_over(each.labels, now)]
        for image in images:
            self.remove_image(str(image.id))
        return [f"container {each.name}" for each in old] + [f"image {each.short_id}" for each in images]

    def _images(self, label: str) -> Iterator[Image]:
        """Those with the label. Docker lists them by id and then tells of each: one may be gone by then."""
        found: list[dict[str, str]] = []
        with passing_over_what_went():
            found = self.client.api.images(filters={"label": label})
        for each in found:
            with passing_over_what_went():
                yield self.client.images.get(each["Id"])

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
        """The exit code; None if it goes on. An engine that is gone by then is told from one that only waits."""
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
        """An engine that is away cannot remove; the sweep of the next run does."""
        with contextlib.suppress(NotFound, requests.RequestException, APIError):
            container.remove(force=True)

    def _speaking(self, *, image: str = "") -> AbstractContextManager[None]:
        return answering(self.address, self.patience, image=image)


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


def _kill(container: Container) -> None:
    """One that has ended meanwhile is as good."""
    try:
        container.kill()
    except APIError as error:
        if error.status_code != CONFLICT:
            raise


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
        raise unreachable(error, place, patience) from error
    return Engine(client, place, patience)


def _is_over(labels: Mapping[str, str], now: float) -> bool:
    ends = labels.get(ENDS, "")
    return ends.isdigit() and int(ends) < now


def _is_ours(image: Image) -> bool:
    """Podman puts `localhost/` before a name without a registry. An image may have lost its name."""
    ours = all(tag.removeprefix("localhost/").startswith(REPOSITORY) for tag in image.tags)
    return ours and str(image.attrs["Created"]).startswith(NO_DATE)
