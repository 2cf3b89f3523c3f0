"""The released program, installed as a user would."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from loadmaster.clients import cargo
from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.cargo import InstalledProgramFailed, InstalledVersionWrong
from loadmaster.planning.values.observation import Observation
from loadmaster.planning.values.receipt import ObjectKind
from loadmaster.planning.values.state import ObjectState
from loadmaster.things.thing import Thing


@dataclass(frozen=True, kw_only=True)
class InstalledProgram(Thing[Observation]):
    """A program below `home` that reports its version."""

    kind: ClassVar[ObjectKind] = "install"
    cargo: cargo.Cargo
    home: Path
    package: str
    version: str
    binary: str

    @property
    def id(self) -> str:
        return f"{self.package}@{self.version}"

    @property
    def place(self) -> str:
        return str(self.home)

    def observe(self) -> Observation:
        """Runs the program. Raises `InstalledProgramFailed`."""
        program = self.home / "bin" / self.binary
        if not program.is_file():
            return Observation(state=ObjectState.ABSENT, code="absent")
        answer = cargo.version_of_program(self.cargo, program)
        if answer.code != 0:
            raise InstalledProgramFailed(self.package, self.version, answer.code, answer.tail)
        reported = answer.out.strip()
        is_right = self.version in reported.split()
        return Observation(
            state=ObjectState.SAME if is_right else ObjectState.DIFFERENT,
            code="says-its-version" if is_right else "says-another-version",
            facts={"said": reported},
            why=reported,
        )

    def conflict(self, seen: Observation) -> LoadmasterError:
        return InstalledVersionWrong(self.package, self.version, seen.why or "")

    def install(self, *, debug: bool) -> None:
        """`cargo install --locked` from the registry, with a `CARGO_HOME` of its own. Raises `CargoFailed`, `DiskFull`."""
        cargo.install(self.cargo, self.home, self.package, self.version, debug=debug)
