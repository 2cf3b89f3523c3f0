"""One git command: the environment it gets, and which error of the catalogue its complaint is.

It knows that git reads dozens of variables and two configuration files that have nothing to do with a release, and
passes on none of them. It refuses to know what a command is for.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.git import (
    GitDenied,
    GitFailed,
    GitMissing,
    GitRemoteMissing,
    GitRemoteUnreachable,
    NotARepository,
)
from loadmaster.planning.profile.registry_style import SECRET_VARIABLES

NOTHING: Mapping[str, str] = {}
INHERITED = frozenset({"PATH", "TMPDIR", "LANGUAGE", "LC_ALL"}) | {
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH"),
    *("http_proxy", "https_proxy", "no_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"),
}
_OURS = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",  # asking for the status of a person's checkout writes nothing there
    "GIT_SSH_COMMAND": "ssh -o BatchMode=yes",
}
_SETTINGS = {
    "gc.autoDetach": "false",  # a collector that outlives the command would write where we delete
    "http.lowSpeedLimit": "1000",  # bytes per second, below which for a minute is taken for dead
    "http.lowSpeedTime": "60",
}
_ASKED_FOR_NOTHING = re.compile(r"not a git repository|not a bare repository|cannot change to|dubious ownership")
_NO_SUCH_REMOTE = re.compile(r"does not appear to be a git repository|[Rr]epository .*not found|does not exist")
_DENIED = re.compile(
    r"Authentication failed|could not read (Username|Password)|Permission denied|Host key verification"
    r"|returned error: 40[13]"
)
_BROKEN = re.compile(r"repository corruption|unable to read [0-9a-f]{40}|missing (blob|tree|commit)")
_AWAY = re.compile(
    r"Could not resolve|Connection (refused|reset|timed out)|Failed to connect|Operation timed out|early EOF"
    r"|hung up unexpectedly|unexpected disconnect|RPC failed|Operation too slow|returned error: (5\d\d|429)"
    r"|Network is unreachable|unable to access"
)


_ANYWHERE = Path("/")
"""Where a command runs that is about no local repository, so that it finds none."""


class GitAnswer(NamedTuple):
    status: int
    output: bytes
    complaint: str


def ask(
    directory: Path, *arguments: str, stdin: bytes = b"", extra: Mapping[str, str] = NOTHING, discover: bool = False
) -> GitAnswer:
    """Runs `git` in `directory` and returns what it said, whatever its exit status.

    The child gets the variables named in `INHERITED`, ours, and `extra`; nothing else, so no user or system
    configuration, no prompt, no GIT_DIR of a surrounding hook. The repository is `directory` itself: one that merely
    surrounds it is found only with `discover`. Raises `GitMissing`.
    """
    gitpython = _gitpython()
    given = _OURS | ({} if discover else {"GIT_CEILING_DIRECTORIES": str(directory.resolve().parent)}) | dict(extra)
    # GitPython can add variables but not take any away.
    dropped = [f"--unset={name}" for name in os.environ if name not in INHERITED and name not in given]
    settings = [word for key, value in _SETTINGS.items() for word in ("-c", f"{key}={value}")]
    command = ["env", *dropped, "git", *settings, "-C", str(directory), *arguments]
    with tempfile.TemporaryFile() as file:
        file.write(stdin)
        file.seek(0)
        try:
            status, output, complaint = gitpython.Git().execute(
                command,
                istream=file,
                env=given | _masked(),
                with_extended_output=True,
                with_exceptions=False,
                stdout_as_string=False,
                strip_newline_in_stdout=False,
            )
        except gitpython.GitCommandNotFound as error:
            raise GitMissing() from error
    if status == 127:
        raise GitMissing()
    return GitAnswer(status, output, complaint)


def _gitpython() -> ModuleType:
    """Its import runs `git version` with our whole environment: secrets step aside for that moment. Raises `GitMissing`."""
    aside = {} if "git" in sys.modules else {name: os.environ.pop(name) for name in _masked()}
    try:
        import git  # refuses to be imported where git is missing
    except ImportError as error:
        raise GitMissing() from error
    finally:
        os.environ.update(aside)
    return git


def _masked() -> dict[str, str]:
    """Secrets of ours, blank: `env` takes them away, but would itself be seen with them."""
    return dict.fromkeys(SECRET_VARIABLES.intersection(os.environ), "")


def run(
    directory: Path, *arguments: str, stdin: bytes = b"", extra: Mapping[str, str] = NOTHING, discover: bool = False
) -> bytes:
    """As `ask`, for a command that only succeeds or fails. Raises what `complaint_about` makes of the failure."""
    answer = ask(directory, *arguments, stdin=stdin, extra=extra, discover=discover)
    if answer.status:
        raise complaint_about(directory, arguments, answer.complaint)
    return answer.output


def text(directory: Path, *arguments: str, stdin: bytes = b"", extra: Mapping[str, str] = NOTHING) -> str:
    """As `run`, for a command that prints text: without the line's end."""
    return run(directory, *arguments, stdin=stdin, extra=extra).decode(errors="replace").rstrip("\n")


def run_with(remote: str, *arguments: str, directory: Path = _ANYWHERE, extra: Mapping[str, str] = NOTHING) -> bytes:
    """As `run`, for a command that talks to `remote`. Raises `GitRemoteMissing`, `GitDenied`, `GitRemoteUnreachable`."""
    answer = ask(directory, *arguments, extra=extra)
    if answer.status:
        raise complaint_about(directory, arguments, answer.complaint, remote)
    return answer.output


def address(source: Path | str) -> str:
    """An address as it is, a path in full: commands do not run where the caller does."""
    return str(Path(source).resolve()) if Path(source).exists() else str(source)


def separated(listed: bytes) -> list[str]:
    """The entries of an answer to `-z`."""
    return [entry.decode(errors="surrogateescape") for entry in listed.split(b"\0") if entry]


def complaint_about(
    directory: Path, arguments: tuple[str, ...], complaint: str, remote: str | None = None
) -> LoadmasterError:
    """The error that git's complaint is. `remote` is the other side, of a command that has one."""
    told = without_credentials(complaint).strip()
    if _ASKED_FOR_NOTHING.search(told) and remote is None:
        return NotARepository(str(directory), told)
    if remote is not None and not _BROKEN.search(told):
        for pattern, kind in ((_NO_SUCH_REMOTE, GitRemoteMissing), (_DENIED, GitDenied), (_AWAY, GitRemoteUnreachable)):
            if pattern.search(told):
                return kind(without_credentials(remote), told)
    return GitFailed(" ".join(("git", *map(without_credentials, arguments[:2]))), str(directory), told)


def without_credentials(text: str) -> str:
    """`text` without what stands before the @ of an address."""
    return re.sub(r"(?<=://)[^/@\s]+@", "", text)
