"""The images that a smoke test runs, made here and named by their content; nothing is pulled from a registry.

A probe's image is the payload alone. A machine's image is QEMU, a kernel, and an initramfs with the payload as init. For a
release, either also holds the program with its libraries, object and policy, and is removed after the run. The other images
are kept; a new one replaces the one before it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from loadmaster.clients.disk import scratch, writing
from loadmaster.planning.smoke.subject import VICTIM, Behaviour, ReleaseSubject
from loadmaster.run.store import Store
from loadmaster.smoke.clients.container import ENDS, KEPT_FOR, REPOSITORY, Engine, ends_at
from loadmaster.smoke.running.archives import Files, docker_image, image_config, initramfs, tar_layer
from loadmaster.smoke.running.kernels import KernelPackage, fetch_kernel
from loadmaster.smoke.running.libraries import libraries_of
from loadmaster.smoke.running.machine import INITRAMFS, KERNEL, machine_memory, qemu_layer
from loadmaster.smoke.running.payload import build_payload

ROOM = "/run/smoke"
"""The payload makes its files here, in a tmpfs of its own."""
VICTIM_PATH, HEALTH_PATH = f"{ROOM}/victim", f"{ROOM}/health.json"
PROGRAM, OBJECT, POLICY, RECIPE = "/subject/program", "/subject/object.o", "/subject/policy.yaml", "/subject/recipe"
PAYLOAD = "/payload"
MOUNTED = ("/dev", "/proc", "/run", "/sys", "/tmp")


@dataclass(frozen=True)
class Image:
    name: str
    memory: int = 0
    """MiB of the virtual machine in it, if there is one."""
    kernel: KernelPackage | None = None


def container_image(engine: Engine, store: Store, subject: Files, mark: str) -> Image:
    """The image for the worker's own kernel. `mark` is the name of an image that is removed after use; empty for one to keep."""
    layer = tar_layer({PAYLOAD: build_payload(store), **subject}, MOUNTED)
    return Image(_load(engine, "probe", [layer], [PAYLOAD], mark))


def machine_image(engine: Engine, store: Store, series: str, subject: Files, mark: str) -> Image:
    """The image for Debian's kernel of that series."""
    kernel, content = fetch_kernel(series, store)
    packed = initramfs({"/init": build_payload(store), **subject}, MOUNTED)
    layers = [qemu_layer(store), tar_layer({KERNEL: content, INITRAMFS: packed})]
    return Image(
        _load(engine, f"machine-{series}", layers, [], mark),
        machine_memory(len(packed), is_release=bool(subject)),
        kernel,
    )


def _load(engine: Engine, purpose: str, layers: list[bytes], entry: list[str], mark: str) -> str:
    labels = {ENDS: ends_at(LONGEST)} if mark else {KEPT_FOR: purpose}
    config = image_config(layers, entry=entry, labels=labels)
    name = f"{REPOSITORY}{purpose}:{mark or hashlib.sha256(config).hexdigest()[:16]}"
    if not engine.has_image(name):
        engine.load_image(docker_image(name, layers, config))
    if not mark:
        engine.remove_superseded(purpose, name)
    return name


LONGEST = 3600
"""Seconds that the image of a release may be in use; after that it is a leftover."""


def subject_files(subject: ReleaseSubject) -> Files:
    """The files of a release that the payload needs, by path. Raises `SmokeLibraryMissing`."""
    with scratch() as place:
        program = place / subject.name
        with writing(program):
            program.write_bytes(subject.binary)
        libraries = libraries_of(program)
    return {
        **libraries,
        PROGRAM: subject.binary,
        OBJECT: subject.object,
        POLICY: subject.behaviour.policy.replace(VICTIM, VICTIM_PATH).encode(),
        RECIPE: recipe(subject.behaviour).encode(),
    }


def recipe(behaviour: Behaviour) -> str:
    """The text that `payload/release.c` reads: lines of `KEY VALUE`, each ended by a zero byte."""
    places = {"{object}": OBJECT, "{policy}": POLICY, VICTIM: VICTIM_PATH, "{health}": HEALTH_PATH}
    lines = [f"arg {PROGRAM}"]
    for argument in behaviour.arguments:
        for name, path in places.items():
            argument = argument.replace(name, path)
        lines.append(f"arg {argument}")
    lines += [f"ready {marker}" for marker in behaviour.ready]
    lines.append(f"patience {int(behaviour.ready_within * 1000)}")
    lines += [f"health {HEALTH_PATH}"] if behaviour.health else []
    return "".join(f"{line}\0" for line in lines)
