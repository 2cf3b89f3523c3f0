"""What a run keeps of the project's own commands, for its later attempts: the results, and the bytes of the files they made.

It may be lost: then a command runs again.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from loadmaster.clients.disk import writing
from loadmaster.planning.commands.changes import ChangedFile
from loadmaster.planning.commands.results import KeptResult
from loadmaster.run.store import write_atomically


@dataclass(frozen=True)
class CommandResults:
    """Those in the directory `commands` of a run."""

    directory: Path

    def find(self, key: str) -> KeptResult | None:
        """What an earlier attempt kept under this name; None if it kept nothing, or nothing that can be read."""
        try:
            return KeptResult.model_validate_json(self._place(key).read_bytes())
        except (FileNotFoundError, ValidationError):
            return None

    def keep(self, key: str, result: KeptResult) -> None:
        """Raises `DiskFull`, `NotWritten`."""
        write_atomically(self._place(key), result.model_dump_json(indent=2).encode())

    def file(self, sha256: str) -> Path:
        """The path for a file with this digest that a command made; the file need not exist."""
        return self.directory / "files" / sha256

    def keep_file(self, made: Path, sha256: str) -> None:
        """Keeps a file that a command made. Raises `NotWritten` if it has another digest by now, and `DiskFull`."""
        place = self.file(sha256)
        half = place.with_name(f".{sha256}")
        with writing(place):
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(made, half, follow_symlinks=False)
            if half.is_symlink() or _sha256(half) != sha256:
                raise OSError(f"{made} changed after the command had ended")
            half.replace(place)

    def has_files(self, files: Iterable[ChangedFile]) -> bool:
        """Whether the bytes of each of them are kept, as they were."""
        kept = {file.sha256: self.file(file.sha256) for file in files if file.sha256 is not None}
        return all(place.is_file() and _sha256(place) == sha256 for sha256, place in kept.items())

    def _place(self, key: str) -> Path:
        return self.directory / f"{key[:24]}.json"


def _sha256(file: Path) -> str:
    with file.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()
