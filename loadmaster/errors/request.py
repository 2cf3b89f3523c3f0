"""Requests that are wrong, or that may not start."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from loadmaster.errors.base import LoadmasterError, UsageError, names

_SHOWN = 5
"""How many of many things a sentence names."""


class MalformedVersion(UsageError):
    """The text is not a SemVer version."""

    def __init__(self, text: str) -> None:
        super().__init__(
            f"`{text}` is not a version.",
            why="versions are strict SemVer, without a leading `v` and with all three numbers.",
            fix="give a version such as `1.4.0` or `1.4.0-rc.1`, or one of `major`, `minor`, `patch`, `rc`; a release also takes "
            "`changed`.",
        )


class VersionTooLong(UsageError):
    """A version is too long for a crate's file name."""

    def __init__(self, text: str, limit: int) -> None:
        super().__init__(
            f"The version `{text[:40]}…` has {len(text)} characters, and may have {limit}.",
            why="cargo names a crate's file `NAME-VERSION.crate`; a file name may have 255 bytes, and a crate's name 64.",
            fix="give a shorter one.",
        )


class PackageNamedTwice(UsageError):
    """A request that gives one package two versions."""

    def __init__(self, package: str, versions: Sequence[str]) -> None:
        quoted = " and ".join(f"`{version}`" for version in versions)
        super().__init__(
            f"`{package}` is named twice, with the versions {quoted}.",
            why="an option was repeated, or copied and only half changed.",
            fix="name each package once, `NAME=VERSION`.",
        )


class UnknownProject(UsageError):
    """No profile of that name."""

    def __init__(self, name: str, known: Collection[str]) -> None:
        super().__init__(
            f"There is no project `{name}`.",
            why="a project is known by its profile, in its repository or as a file `NAME.toml` of this machine.",
            fix=f"use one of {names(known)}, or make its repository known: `loadmaster project add PATH`.",
        )


class UnknownCode(UsageError):
    """No error has this code. `near` are codes that are spelt alike."""

    def __init__(self, code: str, near: Sequence[str]) -> None:
        super().__init__(
            f"No error has the code `{code}`.",
            why="a code stands below an error's message, and in a receipt; a gate's id is none.",
            fix=f"copy it from the message; alike are: {names(near)}." if near else "copy it from the message.",
        )


class PublisherUnknown(UsageError):
    """CI is to publish, and the profile does not say how it does."""

    def __init__(self, project: str) -> None:
        super().__init__(
            f"CI cannot publish `{project}`: its profile has no table `ci` with a `job`.",
            why="the workflow and the job that publish are watched, so they must be known.",
            fix="write `[ci]` with `workflow` and `job` into the profile, or leave the publisher out.",
        )


class BranchNotReleased(UsageError):
    """A branch that the profile does not let out."""

    def __init__(self, branch: str, known: Collection[str]) -> None:
        super().__init__(
            f"The branch `{branch}` is not released.",
            why=f"the profile has {names(known)}, and a release from any other branch would never come together with them.",
            fix="name one of these, or add the branch to `release.branches` in the profile.",
        )


class ProfileThere(LoadmasterError):
    """`init` would write a profile that exists."""

    def __init__(self, file: str) -> None:
        super().__init__(
            f"`{file}` is there already, and nothing was written.",
            why="a person may have edited it, so it is not overwritten.",
            fix="edit it, or overwrite it with `--force`. The table of a `Cargo.toml` has to be taken out by hand.",
        )


class ProfileBroken(UsageError):
    """A profile that cannot be read."""

    def __init__(self, path: str, problems: Collection[str]) -> None:
        super().__init__(
            f"The profile `{path}` cannot be used: {'; '.join(problems)}.",
            why="it is not TOML, a name is misspelt, or a value has the wrong shape.",
            fix="mend the file; `docs/project.md` lists every field.",
        )


class FaultScriptBroken(UsageError):
    """A fault script that cannot be read."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(
            f"The fault script `{path}` cannot be used: {problem}.",
            why="it is neither TOML nor (with a name that ends so) JSON, or a fault has an unknown or misplaced field.",
            fix="mend it; `docs/rehearsal.md` shows one.",
        )


class ScenarioBroken(UsageError):
    """A scenario that cannot be read, or that contradicts itself."""

    def __init__(self, path: str, problems: Collection[str]) -> None:
        super().__init__(
            f"The scenario `{path}` cannot be used: {'; '.join(problems)}.",
            why="it is neither TOML nor (with a name that ends so) JSON, a key is misspelt, or it names a user or a "
            "team that it does not introduce.",
            fix="mend it; `docs/rehearsal.md` shows one. Nothing was made.",
        )


class WrongRequest(UsageError):
    """A request that its model refuses."""

    def __init__(self, problems: Collection[str]) -> None:
        super().__init__(
            f"The request cannot be carried out: {'; '.join(problems)}.",
            why="a value has the wrong shape.",
            fix="mend it; the help of each field of the form, and `loadmaster COMMAND --help`, say what it takes.",
        )


class LiveWorldRefused(LoadmasterError):
    """The release would reach beyond this machine."""

    def __init__(self) -> None:
        super().__init__(
            "Releases in the live world are not open yet; only a registry on loopback, without a forge, may be released to.",
            why="approvals do not exist yet; without them nothing irreversible may leave this machine.",
            fix="rehearse it instead; or name a registry on loopback (`sparse+http://127.0.0.1:PORT/…/`), no forge (`none`), and a "
            "repository on this machine.",
        )


class ReleaseLocked(LoadmasterError):
    """Another process is at work on the same release."""

    def __init__(self, holder: str) -> None:
        super().__init__(
            f"This release is being carried out by process `{holder}` already.",
            why="it was started again while the earlier attempt was still alive.",
            fix="wait until that process has ended, then try again; this attempt changed nothing.",
        )


class ReleaseUnfinished(LoadmasterError):
    """Another release of the project was begun, and something of it is missing."""

    def __init__(
        self,
        project: str,
        version: str,
        asked: str,
        missing: Sequence[str],
        command: str,
        form: str,
        status_command: str,
        over: str | None = None,
    ) -> None:
        """`version` is the one that was begun. `command` finishes it, and `form` says the same for the deployment's form.

        `status_command` says whether it can be. `over`: the version that the request gives up, which is another.
        """
        shown = ", ".join(f"`{each}`" for each in missing[:_SHOWN])
        more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        not_it = f" `{over}`, which was to be given up, is not the one that was begun." if over else ""
        super().__init__(
            f"Finish `{version}` of `{project}` first: it was begun, and of it these are missing: {shown}{more}. `{asked}` "
            f"was asked for, and nothing was changed.{not_it}",
            why="a run was stopped after it had pushed its release commit or its tag; a release over it would leave "
            "it unfinished for ever.",
            fix=f"finish it: `{command}`. In the form of the deployment `release`: {form}, and no commit. If it "
            f"can never be complete, which `{status_command}` says, give it up for ever: ask again for what you want with "
            f'`--over {version} --why "…"` (*Over* and *Why* in the form).',
        )


class NothingToAbandon(UsageError):
    """A request gives up a release, and none besides the one that it asks for is begun and not finished."""

    def __init__(self, over: str) -> None:
        super().__init__(
            f"`{over}` cannot be given up: no release besides the one that was asked for is begun and not finished.",
            why="another run finished it meanwhile, or it was never begun; only a begun release has to be given up.",
            fix="leave `--over` and `--why` out (*Over* and *Why* in a form).",
        )


class NothingChanged(LoadmasterError):
    """What changed is asked for, and nothing did."""

    def __init__(self, project: str, command: str, remarks: Sequence[str] = ()) -> None:
        """`command` shows what was looked at. `remarks` are what was worth a look: new packages that nobody asked for, files
        that differ without a commit.
        """
        shown = "".join(f"\n  - {remark}" for remark in remarks)
        super().__init__(
            f"Nothing of `{project}` changed since the last release of each package, so there is nothing to release.{shown}",
            why="no commit since then touches a file that cargo packages, or the packaged files are those that are published.",
            fix=f"`{command}` shows what was looked at; to release it all the same, ask for a version.",
        )


class ChangesUnknown(LoadmasterError):
    """What changed is asked for, and something that decides it is not known."""

    def __init__(self, project: str, command: str, unknown: Mapping[str, Sequence[str]]) -> None:
        """`command` shows everything that was looked at. `unknown` is by package."""
        lines = [f"`{package}`: {why}" for package, whys in sorted(unknown.items()) for why in whys]
        super().__init__(
            f"What changed in `{project}` cannot be released by itself, because it is not known of every package:\n"
            + "\n".join(f"  - {line}" for line in lines),
            why="what is not known is never taken for unchanged, nor for compatible.",
            fix=f"settle what each line says, or ask for versions; `{command}` shows it with everything else.",
        )


class GatesClosed(LoadmasterError):
    """All the gates that failed or have no answer."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(
            f"{len(problems)} problem{'s' if len(problems) != 1 else ''} found before anything was changed:\n"
            + "\n".join(f"  - {problem}" for problem in problems),
            why="a gate that fails now would stop the release half-way later.",
            fix="do what each line says after `next:`, then start again.",
        )


class RequestMoved(UsageError):
    """The parameters of a later attempt do not name the release of its first attempt."""

    def __init__(self, pinned: str, asked: str) -> None:
        super().__init__(
            f"This run is pinned to `{pinned}`, and was asked for `{asked}`.",
            why="the parameters of a run cannot change between its attempts.",
            fix="start a new run for another release.",
        )


class RunWithoutReceipt(LoadmasterError):
    """A flow run that ended before it had anything to write down."""

    def __init__(self, run: str, told: str, log: str) -> None:
        super().__init__(
            f"The flow run `{run}` ended without a receipt: {told}",
            why="it stopped before it had looked at the workspace, its process was killed, or the receipt could not be written.",
            fix=f"look at the run's page and at its log, `{log}`; mend what they name, then try again.",
        )


class YankNotConfirmed(UsageError):
    """A yank needs the version to be typed."""

    def __init__(self, version: str, typed: str | None) -> None:
        super().__init__(
            f"To yank, the version `{version}` must be typed; "
            + ("nothing was." if typed is None else f"`{typed}` was."),
            why="a yank withdraws a version from everybody who does not have it in a lockfile.",
            fix=f"look at the plan, then give `--execute --confirm {version}`.",
        )
