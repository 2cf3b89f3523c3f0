"""The profile's table `[smoke]`: whether, when and how a release makes the LSM smoke test. The model only."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from loadmaster.planning.smoke.report import Subject
from loadmaster.planning.smoke.subject import Behaviour
from loadmaster.planning.smoke.verdict import Mode
from loadmaster.planning.values.value import Value

DEADLINE = 60


class Backend(StrEnum):
    """Where the payload runs."""

    AUTO = "auto"
    """Native if the worker can, else in a VM. The receipt says which."""
    NATIVE = "native"
    """In a container, on the worker's own kernel."""
    VM = "vm"
    """In an unprivileged container that boots a kernel under QEMU. Works on any Docker host."""
    DISPATCH = "dispatch"
    """In a workflow of the forge. Loadmaster starts it and watches it."""


class When(StrEnum):
    BEFORE_PUBLISH = "before-publish"
    """On the candidate's bytes, before anything is pushed."""
    AFTER_RELEASE = "after-release"


VersionedName = Annotated[str, Field(pattern=r"\{version\}")]


def _kernel(text: str) -> str:
    if not re.fullmatch(r"\d+\.\d+", text):
        raise ValueError(f"`{text}` is not a kernel; give one such as `6.12`")
    return text


Kernel = Annotated[str, AfterValidator(_kernel)]
"""The first two numbers of a kernel's release."""


class ObjectSource(Value):
    """Where the eBPF object comes from. Give exactly one of `asset` and `file`."""

    asset: str | None = None
    """The name of an asset of the forge release. `{version}` stands for the version."""
    file: VersionedName | None = None
    """The path of a file on the machine that releases. It contains `{version}`, so that an older file is never used."""
    version: str = "{version}"
    """The version of the object. Any other than the release's is an error."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.asset is None) == (self.file is None):
            raise ValueError("give exactly one of `asset` and `file`")
        return self


class ArtefactStyle(Behaviour):
    """The released program, if the subject is `release`."""

    binary: str = Field(pattern=r"^[^/\s]+$")
    """The file name of the program, in the archive or of the install check."""
    asset: VersionedName | None = None
    """The asset of the forge release that contains the program, alone or in an archive. If left out, the test uses the
    program that was installed from the registry; before publishing, one that was built from the release commit."""
    object: ObjectSource | None = None
    """Where its eBPF object comes from. Without one the verdict is `could-not-check`, and only the probe runs."""

    def assets_of(self, version: str) -> tuple[str, ...]:
        """The names of the forge release's assets that it needs."""
        names = (self.asset, self.object.asset if self.object else None)
        return tuple(name.format(version=version) for name in names if name is not None)


class SmokeStyle(Value):
    """The LSM smoke test: does the kernel deny what the released program says that it denies? See [smoke](smoke.md)."""

    mode: Mode = Mode.ENFORCE
    when: When = When.AFTER_RELEASE
    backend: Backend = Backend.AUTO
    subject: Subject = Subject.PROBE
    kernels: tuple[Kernel, ...] = ("6.12",)
    """The kernels that `vm` boots. The weakest verdict decides."""
    deadline: int = Field(default=DEADLINE, gt=0, le=3600)
    """How many seconds the test of one kernel may take."""
    workflow: str | None = Field(default=None, pattern=r"^[^/\s]+\.ya?ml$")
    """The name of the workflow for `dispatch`, in `.github/workflows`."""
    artefact: ArtefactStyle | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not self.kernels:
            raise ValueError("`kernels` is empty")
        if self.backend is Backend.DISPATCH and self.workflow is None:
            raise ValueError("the backend `dispatch` needs `workflow`")
        if self.backend is Backend.DISPATCH and self.when is When.BEFORE_PUBLISH:
            raise ValueError("`dispatch` needs what is pushed, so it can only be `after-release`")
        if self.subject is Subject.RELEASE and self.artefact is None and self.backend is not Backend.DISPATCH:
            raise ValueError("the subject `release` needs `[smoke.artefact]`")
        if self.when is When.BEFORE_PUBLISH and self.needs_assets:
            raise ValueError(
                "an asset can only be tested `after-release`; before, leave `artefact.asset` out, and give "
                "`artefact.object.file` instead of its `asset`"
            )
        return self

    @property
    def needs_assets(self) -> bool:
        """Whether it needs any asset of the forge release."""
        return self.artefact is not None and bool(self.artefact.assets_of(""))

    @property
    def needs_install_check(self) -> bool:
        """Whether it tests the program that was installed from the registry."""
        return (
            self.subject is Subject.RELEASE
            and self.when is When.AFTER_RELEASE
            and self.artefact is not None
            and self.artefact.asset is None
        )
