"""Who may ask the Prefect server, what its worker carries out, and what encrypts its Secret blocks."""

from __future__ import annotations

from collections.abc import Sequence

from loadmaster.errors.base import LoadmasterError, UsageError


class SignInMissing(LoadmasterError):
    """The file by which our processes sign in at the server is not there, or cannot be read."""

    def __init__(self, file: str, told: str) -> None:
        super().__init__(
            f"The file `{file}`, by which commands sign in at the Prefect server, cannot be read: {told}",
            why="it was removed, the server was started by another user, or `LOADMASTER_HOME` is another directory.",
            fix="run `loadmaster down --force`, then `loadmaster up`, which makes it anew. For a server on another machine, "
            "copy its file.",
        )


class ServerAnswersAnybody(LoadmasterError):
    """The server that runs was started by a version of Loadmaster whose server asked for no sign-in."""

    def __init__(self, address: str) -> None:
        super().__init__(
            f"The Prefect server at `{address}` answers any page and any user of this machine.",
            why="it was started by an earlier version of Loadmaster, before the server asked for a sign-in.",
            fix="run `loadmaster down`, which waits for the runs that are at work, then `loadmaster up`.",
        )


class BlockKeyBroken(UsageError):
    """The key that was given for the Secret blocks is no key."""

    def __init__(self, variable: str, size: int) -> None:
        super().__init__(
            f"`{variable}` holds no key for the Secret blocks: it has to be {size} bytes in URL-safe base64.",
            why="it was cut off, or is a password.",
            fix=f"give the whole key, or leave `{variable}` out: then a key is made, and kept in a file of its own.",
        )


class BlockKeyDiffers(LoadmasterError):
    """There are two keys, and the Secret blocks of this server were encrypted with one of them."""

    def __init__(self, file: str, places: Sequence[str]) -> None:
        super().__init__(
            f"There is more than one key for the Secret blocks: {' and '.join(places)} do not agree.",
            why="the blocks were encrypted before the variable was set, or the database is a copy from another time; with "
            "another key nobody can read them.",
            fix=f"leave the variable out, then try again. If the key in `{file}` is the wrong one, move that file away "
            "first. Blocks of the key that you give up have to be stored anew.",
        )


class ResultNotOurs(LoadmasterError):
    """A state on the server says that its result lies elsewhere than in our directory, or is something else than JSON."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"The run does not read {what}.",
            why="runs read what runs of Loadmaster wrote as JSON into their own `results`, and nothing else: a state may have been "
            "set by whoever is signed in, and other results can be code of his.",
            fix="look who set that state, in the events of the run, and start a new run.",
        )


class RunNotOurs(LoadmasterError):
    """The worker was asked to carry out something that `prefect.yaml` does not say."""

    def __init__(self, run: str, problems: Sequence[str]) -> None:
        super().__init__(
            f"The worker does not carry out run `{run}`: {'; '.join(problems)}.",
            why="a worker of Loadmaster runs the deployments of `prefect.yaml` as they are written there, and nothing else: "
            "who may start a run can release, and cannot run commands.",
            fix="start it from its own deployment, without changes to its infrastructure. `loadmaster up` registers the "
            "deployments and the work pools anew.",
        )


class ParameterNotAllowed(UsageError):
    """A run was asked for with a path or an address that its project's profile does not name."""

    def __init__(self, project: str, parameter: str, value: str) -> None:
        super().__init__(
            f"The run of `{project}` may not use `{value}` as its `{parameter}`.",
            why="it is not what the profile says, and whoever reaches the server could name any path or address.",
            fix="leave it out or write it into the profile. Or start the run from a terminal, with the same value: a value "
            "that was given there is allowed from then on.",
        )
