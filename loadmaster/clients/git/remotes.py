"""Commands that talk to another repository: of a host, with the person's own way to sign in there, and with nothing else of his.

Only these commands see the person's credential helpers, agent and settings of addresses; a command on a repository here sees
none. What a setting may do is on a list: no hook, no filter, no other program of a configuration is run.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from loadmaster.clients.git.command import NOTHING, GitAnswer, ask, complaint_about, split_entries

THEIRS = frozenset(
    {
        *(
            "HOME",
            "USER",
            "LOGNAME",
            "XDG_CONFIG_HOME",
            "XDG_CACHE_HOME",
            "XDG_RUNTIME_DIR",
            "DBUS_SESSION_BUS_ADDRESS",
        ),
        *("SSH_AUTH_SOCK", "SSH_AGENT_PID", "GIT_ASKPASS", "GNUPGHOME"),
    }
)
"""The variables of the person that a command to a host sees beside those of every command."""

_SETTINGS = re.compile(
    r"(?:credential\..+|http\..+|url\..+\.(?:insteadof|pushinsteadof)|core\.(?:askpass|gitproxy)|ssh\.variant)",
    re.DOTALL,
)
"""What is taken from the person's configuration: how to sign in, how to reach a host, and which address stands for which."""
_SENT_TO_ALL = frozenset({"http.extraheader", "http.cookiefile"})
_CONFIGURATION = frozenset({"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"})
_UNATTENDED = "-o BatchMode=yes -o ConnectTimeout=30 -o ServerAliveInterval=15 -o ServerAliveCountMax=4"
_ANYWHERE = Path("/")
"""The directory for a command that needs no local repository: there is none here."""


def run_with(
    remote: str,
    *arguments: str,
    directory: Path = _ANYWHERE,
    extra: Mapping[str, str] = NOTHING,
    named_by_tree: bool = False,
) -> bytes:
    """As `ask_with`, for a command that only succeeds or fails.

    Raises `GitRemoteMissing`, `GitDenied`, `GitRemoteUnreachable`.
    """
    answer = ask_with(remote, *arguments, directory=directory, extra=extra, named_by_tree=named_by_tree)
    if answer.status:
        raise complaint_about(directory, arguments, answer.complaint, remote)
    return answer.output


def ask_with(
    remote: str,
    *arguments: str,
    directory: Path = _ANYWHERE,
    extra: Mapping[str, str] = NOTHING,
    named_by_tree: bool = False,
) -> GitAnswer:
    """As `ask`, for a command that talks to `remote`. It never waits for a person.

    A host that only the tree names gets no header and no cookie that the person's configuration sends to every host.
    """
    theirs = NOTHING if Path(remote).exists() else _sign_in(_SENT_TO_ALL if named_by_tree else frozenset())
    return ask(directory, *arguments, extra={**theirs, **extra})


def _sign_in(without: frozenset[str]) -> dict[str, str]:
    """The variables with which git can sign in as the person. `without` are settings that are left out."""
    theirs = {name: os.environ[name] for name in THEIRS if name in os.environ}
    settings = _settings(theirs)
    ours = [(key, value) for key, value in settings if _SETTINGS.fullmatch(key) and key not in without]
    numbered = {
        name: text
        for number, (key, value) in enumerate(ours)
        for name, text in ((f"GIT_CONFIG_KEY_{number}", key), (f"GIT_CONFIG_VALUE_{number}", value))
    }
    ssh = dict(settings).get("core.sshcommand", "ssh")
    if PurePosixPath(ssh.split()[0] if ssh.split() else "").name == "ssh":  # another program may not know these options
        ssh = f"{ssh} {_UNATTENDED}"
    return {
        **theirs,
        **numbered,
        "GIT_CONFIG_COUNT": str(len(ours)),
        "GIT_SSH_COMMAND": ssh,
        "GCM_INTERACTIVE": "never",
    }


def _settings(theirs: Mapping[str, str]) -> list[tuple[str, str]]:
    """The keys and values of the person's and the system's configuration, in git's order. A key without a value is `true`."""
    named = {name: os.environ[name] for name in _CONFIGURATION if name in os.environ}
    answer = ask(_ANYWHERE, "config", "--includes", "--list", "-z", extra={**theirs, **named}, own_configuration=False)
    entries = (entry.partition("\n") for entry in split_entries(answer.output)) if answer.status == 0 else ()
    return [(key, value if separator else "true") for key, separator, value in entries]
