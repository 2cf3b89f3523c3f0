"""Runs one git command: sets its environment, and turns its complaint into an error of the catalogue.

git reads dozens of variables and two configuration files that have nothing to do with a release; this module passes on none
of them. It refuses to know what a command is for. GitPython carries out this one call and nothing else:
the project's card asks for it, and its objects would read the user's configuration.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from loadmaster.clients.disk import complaint_of, scratch_file
from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.files import DiskFull, NotWritten
from loadmaster.errors.git import GitFailed, GitMissing, NotARepository
from loadmaster.planning.answers import git as answers
from loadmaster.planning.profile.secret_variables import SECRET_VARIABLES

NOTHING: Mapping[str, str] = {}
INHERITED = frozenset({"PATH", "TMPDIR", "LANGUAGE", "LC_ALL"}) | {
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH"),
    *("http_proxy", "https_proxy", "no_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"),
}
_NO_CONFIGURATION = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
_OURS = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",  # so that `git status` writes nothing into a person's checkout
    "GIT_SSH_COMMAND": "ssh -o BatchMode=yes",
    "GIT_ASKPASS": "",  # none; else a repository's configuration could name one
    "GIT_NO_REPLACE_OBJECTS": "1",  # a commit is what everybody else gets by its id
}
_SETTINGS = {
    "core.fsmonitor": "false",  # a program, as hooks are: what a repository's own configuration names is not run
    "core.hooksPath": os.devnull,
    "log.showSignature": "false",
    "gc.autoDetach": "false",  # a collector that outlives the command would write to a directory that we delete
    "http.lowSpeedLimit": "1000",  # bytes per second; a connection that is slower for a minute is given up
    "http.lowSpeedTime": "60",
}
_NO_REPOSITORY = re.compile(r"not a git repository|not a bare repository|cannot change to|dubious ownership")
_BROKEN = re.compile(r"repository corruption|unable to read [0-9a-f]{40}|missing (blob|tree|commit)")


class GitAnswer(NamedTuple):
    status: int
    output: bytes
    complaint: str


def ask(
    directory: Path,
    *arguments: str,
    stdin: bytes = b"",
    extra: Mapping[str, str] = NOTHING,
    discover: bool = False,
    own_configuration: bool = True,
) -> GitAnswer:
    """Runs `git` in `directory` and returns its output, whatever its exit status.

    The child gets only the variables named in `INHERITED`, ours, and `extra`: no user or system configuration, no prompt,
    no GIT_DIR of a surrounding hook. The repository is `directory` itself; one around it is found only with `discover`. Without
    `own_configuration` the user's and the system's are read.
    Raises `GitMissing`, and `DiskFull` or `NotWritten` where `stdin` is kept for it.
    """
    gitpython = _gitpython()
    ours = _OURS | (_NO_CONFIGURATION if own_configuration else {}) | dict(extra)
    if not discover:
        ours.setdefault("GIT_CEILING_DIRECTORIES", str(directory.resolve().parent))
    # GitPython can add variables but not remove any, so `env` removes them.
    dropped = [f"--unset={name}" for name in os.environ if name not in INHERITED and name not in ours]
    settings = [word for key, value in _SETTINGS.items() for word in ("-c", f"{key}={value}")]
    command = ["env", *dropped, "git", *settings, "-C", str(directory), *arguments]
    with scratch_file(stdin) as file:
        try:
            status, output, complaint = gitpython.Git().execute(
                command,
                istream=file,
                env=ours | _blank_secrets(),
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
    """Imports GitPython. The import runs `git version` with our whole environment, so secrets are removed from it meanwhile.

    Raises `GitMissing`.
    """
    aside = {} if "git" in sys.modules else {name: os.environ.pop(name) for name in _blank_secrets()}
    try:
        import git  # refuses to be imported where git is missing
    except ImportError as error:
        raise GitMissing() from error
    finally:
        os.environ.update(aside)
    return git


def _blank_secrets() -> dict[str, str]:
    """Our secret variables with empty values: `env` removes them, but other processes could see them in its own environment."""
    return dict.fromkeys(SECRET_VARIABLES.intersection(os.environ), "")


def run(
    directory: Path, *arguments: str, stdin: bytes = b"", extra: Mapping[str, str] = NOTHING, discover: bool = False
) -> bytes:
    """As `ask`, for a command that only succeeds or fails. Raises the error that `complaint_about` makes of a failure."""
    answer = ask(directory, *arguments, stdin=stdin, extra=extra, discover=discover)
    if answer.status:
        raise complaint_about(directory, arguments, answer.complaint)
    return answer.output


def text(directory: Path, *arguments: str, stdin: bytes = b"", extra: Mapping[str, str] = NOTHING) -> str:
    """As `run`, for a command that prints text. Returns it without the last line's end."""
    return run(directory, *arguments, stdin=stdin, extra=extra).decode(errors="replace").rstrip("\n")


def address(source: Path | str) -> str:
    """An address unchanged, a path made absolute: commands run in another directory than the caller."""
    return str(Path(source).resolve()) if Path(source).exists() else str(source)


def split_entries(listed: bytes) -> list[str]:
    """The entries of output that `-z` separates by zero bytes."""
    return [entry.decode(errors="surrogateescape") for entry in listed.split(b"\0") if entry]


def complaint_about(
    directory: Path, arguments: tuple[str, ...], complaint: str, remote: str | None = None
) -> LoadmasterError:
    """The error for git's complaint. `remote` is the other side, if the command talks to one."""
    words = strip_credentials(complaint).strip()
    if (trouble := _trouble_with_disk(directory, arguments, words, remote)) is not None:
        return trouble
    if _NO_REPOSITORY.search(words) and remote is None:
        return NotARepository(str(directory), words)
    if remote is not None and not _BROKEN.search(words) and (kind := answers.complaint(words)) is not None:
        return kind(strip_credentials(remote), words)
    return GitFailed(" ".join(("git", *map(strip_credentials, arguments[:2]))), str(directory), words)


def _trouble_with_disk(
    directory: Path, arguments: tuple[str, ...], words: str, remote: str | None
) -> DiskFull | NotWritten | None:
    """The error if the disk is full or cannot be written: here, or at a remote on this machine."""
    if remote is not None and (trouble := trouble_at(remote, words, arguments[0])) is not None:
        return trouble
    here = Path(arguments[-1]) if arguments[0] == "clone" else directory
    ours = "\n".join(line for line in words.splitlines() if not _is_said_by_remote(line))
    return complaint_of(ours, here, _while(arguments[0]))


def trouble_at(remote: str, words: str, command: str) -> DiskFull | NotWritten | None:
    """The error if git passes on that the disk of a remote on this machine is full or cannot be written."""
    theirs = "\n".join(line for line in words.splitlines() if _is_said_by_remote(line))
    return complaint_of(theirs, Path(remote), _while(command)) if Path(remote).is_dir() else None


def _is_said_by_remote(line: str) -> bool:
    return line.startswith(("remote:", "error: remote unpack"))


def _while(command: str) -> str:
    return f"while `git {command}` wrote there"


def strip_credentials(text: str) -> str:
    """`text` without the part of an address before its @."""
    return re.sub(r"(?<=://)[^/@\s]+@", "", text)
