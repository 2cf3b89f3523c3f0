"""The directory where Loadmaster keeps what saves time: runs, packaged crates by content, caches. All of it may be lost.

It is `.loadmaster/` in a checkout, and `loadmaster` in the user's directory for state (XDG) if Loadmaster is installed; then
the caches, marked with a *, are in his directory for caches. `LOADMASTER_HOME` names one place for all of it.

  store.json     which format the store has, and the version of Loadmaster that gave it that
  runs/ID/       one release: pinned request, clone, cargo home, rehearsal world, receipt, logs
  crates/        packaged `.crate` files by SHA-256
  mirrors/     * one bare mirror per repository
  upstream/    * index files and crates of crates.io, shared by all rehearsals
  build/       * cargo's target directories
  prefect/       the local server's home
  ui/            its pages, as it serves them
  keeper/        the keeper's socket
  keys/          what it asks whoever signs in, and what encrypts its Secret blocks
  projects/      the projects that a person made known, whose profiles lie in their repositories
  allowed/       paths and addresses that a person gave at a terminal, so that runs may name them
  smoke/       * the smoke test's payload, kernels and QEMU

The format is a number. A store of a lower one is read; one of a higher one is refused, because what is read half is taken for
less than there is (`docs/upgrading.md`).
"""

from __future__ import annotations

import hashlib
import os
import re
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePath
from typing import TypeVar

from pydantic import ConfigDict, ValidationError

from loadmaster import __version__
from loadmaster.clients.disk import remove_tree, writing
from loadmaster.clients.process import home_of_user
from loadmaster.errors.cargo import KeptCrateBroken
from loadmaster.errors.files import FileUnreadable, StoreMarkBroken, StoreNewer
from loadmaster.errors.request import ReleaseLocked
from loadmaster.errors.run import RunRecordBroken
from loadmaster.planning.values.value import Value
from loadmaster.shipped import checkout

V = TypeVar("V", bound=Value)

FORMAT = 1
"""Of the stores that this version writes. It is raised with every change of a record that the version before could not read:
a new field is one. A store without a number is of 0.1 before it had one, and counts as 0.
"""

CACHES = frozenset({"build", "mirrors", "smoke", "upstream"})
"""The parts that can be fetched or built again by anybody."""

CLOSING_SECONDS = 2.0
"""How long an attempt waits for the lock: a command may be closing what the attempt before it left."""


class StoreMark(Value):
    """What `store.json` says. A later version may say more in it."""

    model_config = ConfigDict(extra="ignore")

    format: int
    loadmaster: str
    """The version that gave the store this format."""


@dataclass(frozen=True)
class Store:
    root: Path

    @property
    def mark_file(self) -> Path:
        return self.root / "store.json"

    def mark(self) -> StoreMark | None:
        """What the store says of itself; None if it says nothing, or is not there. Raises `StoreMarkBroken`, `FileUnreadable`."""
        try:
            return StoreMark.model_validate_json(self.mark_file.read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return None
        except ValidationError as error:
            raise StoreMarkBroken(str(self.mark_file), first_problem(error)) from error
        except OSError as error:
            raise FileUnreadable(str(self.mark_file), error.strerror or str(error)) from error

    def require_readable(self) -> None:
        """Raises `StoreNewer`, `StoreMarkBroken`, `FileUnreadable`."""
        mark = self.mark()
        if mark is not None and mark.format > FORMAT:
            raise StoreNewer(str(self.root), mark.format, FORMAT, mark.loadmaster)

    def claim(self) -> None:
        """Gives the store our format, once in a process, unless it has it. Whoever writes into it does so first.

        Raises `DiskFull`, `NotWritten`, and what `mark` raises.
        """
        _claim(self.root)

    @property
    def caches(self) -> Path:
        """Where its caches are: in the user's directory for caches if it is the user's own store, else in the store."""
        return _of_user("XDG_CACHE_HOME", ".cache") if self.root.resolve() == _own_place().resolve() else self.root

    def run(self, identity: str) -> RunDirectory:
        """The directory of a run; it is made if it is not there. Raises `DiskFull`, `NotWritten`, and what `mark` raises."""
        directory = RunDirectory(self.root / "runs" / identity)
        with writing(directory.path):
            directory.path.mkdir(parents=True, exist_ok=True)
        self.claim()
        return directory

    def find_run(self, identity: str) -> RunDirectory | None:
        """The directory of a run, if it has one."""
        directory = RunDirectory(self.root / "runs" / identity)
        return directory if directory.path.is_dir() else None

    def runs(self) -> Iterator[RunDirectory]:
        """Every run that has a directory. Makes none, so that they can be looked at on a disk that takes nothing."""
        runs = self.root / "runs"
        return (RunDirectory(path) for path in (sorted(runs.iterdir()) if runs.is_dir() else ()))

    def place(self, path: str) -> Path:
        """Where a path of the store lies, such as `build/NAME`; it need not exist."""
        return (self.caches if PurePath(path).parts[0] in CACHES else self.root) / path

    def part(self, name: str) -> Path:
        """A directory of the store; it is made if it is not there. Raises `DiskFull`, `NotWritten`, and what `mark` raises."""
        directory = self.place(name)
        with writing(directory):
            directory.mkdir(parents=True, exist_ok=True)
        self.claim()
        return directory

    def repository(self, project: str) -> Path:
        """The repository of a project that is a plain directory; it exists after the first real release."""
        return self.part("repositories") / f"{project}.git"

    def build_directory(self, *key: str) -> Path:
        """A target directory for one combination of project, toolchain and tree.

        It is never shared between trees: cargo assumes that one `name@version` of a registry always has the same bytes.
        """
        return self.part("build") / re.sub(r"[^\w.-]", "_", "-".join(key))

    def keep_crate(self, file: Path) -> str:
        """Keeps a `.crate` by its content, and returns its SHA-256. The file is complete on disk before it has its name."""
        content = file.read_bytes()
        sha256 = hashlib.sha256(content).hexdigest()
        write_atomically(self.crate_file(sha256), content)
        return sha256

    def crate(self, name: str, sha256: str) -> bytes:
        """The kept bytes. Raises `KeptCrateBroken` unless they have this digest."""
        content = self._kept(sha256)
        if content is None:
            raise KeptCrateBroken(name, sha256)
        return content

    def has_all(self, digests: Mapping[str, str]) -> bool:
        """Whether each of them is kept, with the bytes that it was kept with."""
        return all(self._kept(sha256) is not None for sha256 in digests.values())

    def _kept(self, sha256: str) -> bytes | None:
        file = self.crate_file(sha256)
        content = file.read_bytes() if file.is_file() else b""
        return content if hashlib.sha256(content).hexdigest() == sha256 else None

    def crate_file(self, sha256: str) -> Path:
        """The path for the `.crate` with this digest; the file need not exist."""
        return self.part("crates") / f"{sha256}.crate"


@dataclass(frozen=True)
class RunDirectory:
    """The directory of one release. A Retry, in another process, finds it by the run's id."""

    path: Path

    @property
    def pinned(self) -> Path:
        return self.path / "pinned.json"

    @property
    def checkout(self) -> Path:
        return self.path / "checkout"

    @property
    def build_trees(self) -> Path:
        """Copies of the checkout in which code of the workspace runs."""
        return self.path / "trees"

    @property
    def commands(self) -> Path:
        """The logs and the results of the project's own commands."""
        return self.path / "commands"

    @property
    def home(self) -> Path:
        return self.path / "home"

    @property
    def world(self) -> Path:
        return self.path / "world"

    @property
    def upstream(self) -> Path:
        """Index files of a registry that only this run uses."""
        return self.path / "upstream"

    @property
    def cargo_log(self) -> Path:
        return self.path / "cargo.log"

    @property
    def prefect_log(self) -> Path:
        """What Prefect and the steps logged, of all attempts."""
        return self.path / "prefect.log"

    @property
    def pace(self) -> Path:
        """The last state of the rate limits' buckets."""
        return self.path / "pace.json"

    @property
    def receipt(self) -> Path:
        return self.path / "receipt.json"

    @property
    def plan(self) -> Path:
        """The plan of the last attempt, for whoever shows it; every attempt plans anew."""
        return self.path / "plan.json"

    @property
    def journal(self) -> Path:
        """What the attempt that is at work has noted so far; gone once it has written its receipt."""
        return self.path / "journal.jsonl"

    @property
    def lock(self) -> Path:
        """The lock file. It names the process that holds it, or that held it last."""
        return self.path / "lock"

    def asset(self, name: str) -> Path:
        return self.path / "assets" / name

    def read(self, kind: type[V], file: Path) -> V | None:
        """What one of its files holds; None if the file is not there. Raises `RunRecordBroken`."""
        try:
            return kind.model_validate_json(file.read_bytes())
        except FileNotFoundError:
            return None
        except ValidationError as error:
            raise RunRecordBroken(self.path.name, str(file), first_problem(error)) from error
        except OSError as error:
            raise RunRecordBroken(self.path.name, str(file), error.strerror or str(error)) from error

    def last_holder(self) -> tuple[int, float] | None:
        """The pid of the process that locked this last, and when, in seconds since the epoch. None if the file names none."""
        try:
            with self.lock.open(encoding="ascii") as handle:
                pid = handle.read().strip()
                return (int(pid), os.fstat(handle.fileno()).st_mtime) if pid.isdigit() else None
        except FileNotFoundError:
            return None

    def remove(self) -> None:
        remove_tree(self.path)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Holds the lock while this process works on the release. The kernel frees it when the process dies.

        Raises `ReleaseLocked`, `DiskFull`, `NotWritten`.
        """
        from filelock import FileLock, Timeout  # the store is read by every command, and locked by few

        lock = FileLock(self.lock, timeout=CLOSING_SECONDS, preserve_lock_file=True, on_acquired=_sign)
        with writing(self.lock):
            try:
                lock.acquire()
            except Timeout:
                raise ReleaseLocked(self.lock.read_text(encoding="ascii").strip() or "unknown") from None
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def unattended(self) -> Iterator[bool]:
        """Holds the lock for a moment, if nobody works on the release, to close what an attempt left. Whether it is held."""
        from filelock import FileLock, Timeout

        lock = FileLock(self.lock, blocking=False, preserve_lock_file=True)
        with writing(self.lock), suppress(Timeout):
            lock.acquire()
        if not lock.is_locked:
            yield False
            return
        try:
            yield True
        finally:
            lock.release()


def _sign(lock: int) -> None:
    """Writes this process's pid into the file that it has locked."""
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(os.getpid()).encode("ascii"), 0)


def first_problem(error: ValidationError) -> str:
    """What is wrong with a record, in one line: the first field, and how many more there are."""
    problems = error.errors(include_url=False, include_input=False)
    field, more = ".".join(map(str, problems[0]["loc"])), len(problems) - 1
    told = f"`{field}`: {problems[0]['msg']}" if field else problems[0]["msg"]
    return f"{told}, and {more} more" if more else told


@cache
def _claim(root: Path) -> None:
    store = Store(root)
    mark = store.mark()
    if mark is None or mark.format < FORMAT:
        ours = StoreMark(format=FORMAT, loadmaster=__version__)
        write_atomically(store.mark_file, f"{ours.model_dump_json(indent=2)}\n".encode())


def default_store() -> Store:
    """The store of this user, which this version can read. Raises `StoreNewer`, `StoreMarkBroken`, `FileUnreadable`,
    `HomeUnknown`.
    """
    store = place_of_store()
    store.require_readable()
    return store


def place_of_store() -> Store:
    """The store at `LOADMASTER_HOME` if that is set; else a checkout's own, and for an installation the user's own.

    Nobody has looked whether this version can read it: that is for whoever has to name it all the same. Raises `HomeUnknown`.
    """
    if given := os.environ.get("LOADMASTER_HOME"):
        return Store(Path(given))
    top = checkout()
    return Store(top / ".loadmaster" if top is not None else _own_place())


def _own_place() -> Path:
    """The store of a user who installed Loadmaster."""
    return _of_user("XDG_STATE_HOME", ".local/state")


def _of_user(variable: str, otherwise: str) -> Path:
    """`loadmaster` in a base directory of the user's. A relative path in the variable does not count: the XDG rules say so."""
    given = Path(os.environ.get(variable, ""))
    return (given if given.is_absolute() else home_of_user() / otherwise) / "loadmaster"


def _for_us_alone(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def write_atomically(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Writes `content` so that a reader sees all of it or the former file, even if this process is killed.

    If `durable`, that holds after a power cut, too. The file is for this user alone. Raises `DiskFull`, `NotWritten`.
    """
    half = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with open(half, "xb", opener=_for_us_alone) as sink:
                sink.write(content)
                if durable:
                    sink.flush()
                    os.fsync(sink.fileno())
            half.replace(path)
        except OSError:
            with suppress(OSError):
                half.unlink(missing_ok=True)
            raise
