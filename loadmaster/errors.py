"""The catalogue: one class per situation, each saying what happened, why it usually happens and what to do next.

A person sees that text (terminal, Prefect state message, artifact); the log keeps the traceback.
`transient` is the one question that retries ask of an error; see `is_worth_retrying`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from loadmaster.planning.seen import Lint


class LoadmasterError(Exception):
    """Base of the catalogue. Exit code 1 unless a subclass says otherwise."""

    exit_code: ClassVar[int] = 1
    transient: ClassVar[bool] = False

    def __init__(self, what: str, *, why: str, fix: str) -> None:
        super().__init__(what)
        self.what, self.why, self.fix = what, why, fix

    def __str__(self) -> str:
        return f"{self.what}\n  why: {self.why}\n  next: {self.fix}"

    def __reduce__(self) -> tuple[object, ...]:
        # Prefect pickles exceptions; subclasses take their own arguments, so rebuild from the finished texts and fields.
        return _rebuild, (type(self), self.what, self.why, self.fix), vars(self)


def _rebuild(kind: type[LoadmasterError], what: str, why: str, fix: str) -> LoadmasterError:
    error = kind.__new__(kind)
    LoadmasterError.__init__(error, what, why=why, fix=fix)
    return error


class UsageError(LoadmasterError):
    """The command or a parameter was wrong; nothing was looked at."""

    exit_code = 2


def _names(of: Iterable[str]) -> str:
    return ", ".join(f"`{each}`" for each in sorted(of)) or "none so far"


def is_worth_retrying(error: BaseException) -> bool:
    """Whether the same call, made again a little later, may succeed. Unknown errors are not retried."""
    return isinstance(error, LoadmasterError) and error.transient


# --- the rehearsal world ---------------------------------------------------------------------------------------------


class PortTaken(LoadmasterError):
    """A server of ours was told a port that it cannot have."""

    def __init__(self, port: int) -> None:
        super().__init__(
            f"Port `{port}` on loopback cannot be bound.",
            why="another program listens there (perhaps an earlier `loadmaster world`), or the port needs privileges.",
            fix="leave `--port` out to take a free one, or name another.",
        )


# --- packaged crates -------------------------------------------------------------------------------------------------


class CrateFileBroken(LoadmasterError):
    """The bytes of a `.crate` are not what cargo packages. `name` says which file, and begins the sentence."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"{name} is broken: {reason}.",
            why="it was cut short while it was written or downloaded, altered since, or not made by `cargo package`.",
            fix="if it is the packaged file, delete it and package again; "
            "if it came from the registry, download it again and compare its SHA-256 with the index.",
        )


# --- the request and the profile -------------------------------------------------------------------------------------


class MalformedVersion(UsageError):
    """What was given as a version is not SemVer."""

    def __init__(self, text: str) -> None:
        super().__init__(
            f"`{text}` is not a version.",
            why="versions are strict SemVer, without a leading `v` and with all three numbers.",
            fix="give a version such as `1.4.0` or `1.4.0-rc.1`, or one of `major`, `minor`, `patch`, `rc`.",
        )


class UnknownProject(UsageError):
    """No profile of that name."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(
            f"There is no project `{name}`.",
            why="each project is one file `projects/NAME.toml`.",
            fix=f"use one of {_names(known)}, or write its profile.",
        )


class ProfileBroken(UsageError):
    """A profile that cannot be read."""

    def __init__(self, path: str, problems: Iterable[str]) -> None:
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


class WrongRequest(UsageError):
    """A request that its model refuses."""

    def __init__(self, problems: Iterable[str]) -> None:
        super().__init__(
            f"The request cannot be carried out: {'; '.join(problems)}.",
            why="a value has the wrong shape.",
            fix="mend it; `loadmaster rehearse --help` tells what each option takes.",
        )


class LiveWorldRefused(LoadmasterError):
    """A release was asked for that would leave this machine."""

    def __init__(self) -> None:
        super().__init__(
            "Releases in the live world are not open yet; only a registry on loopback, without a forge, may be released to.",
            why="approvals and permission checks are not built; without them nothing irreversible may leave this machine.",
            fix="rehearse: `loadmaster rehearse --project NAME --version V`, or the deployment `rehearse`; or give "
            "`--registry sparse+http://127.0.0.1:PORT/…/ --forge none` and a repository on this machine.",
        )


class ReleaseLocked(LoadmasterError):
    """Another process is at work on the same release."""

    def __init__(self, holder: str) -> None:
        super().__init__(
            f"This release is being carried out by process `{holder}` already.",
            why="Retry was pressed while the earlier attempt was still alive.",
            fix="wait until it has ended, then press Retry again; nothing was changed.",
        )


# --- the workspace ---------------------------------------------------------------------------------------------------


class NotAWorkspace(LoadmasterError):
    """cargo finds no workspace where one was expected."""

    def __init__(self, repository: str, told: str) -> None:
        super().__init__(
            f"`{repository}` is not a Cargo workspace: {told}",
            why="there is no `Cargo.toml` at its root, or cargo cannot read one of its manifests.",
            fix="name the repository of a workspace, at a commit where `cargo metadata --no-deps` works.",
        )


class NothingToPublish(LoadmasterError):
    """A workspace without a publishable package."""

    def __init__(self, project: str) -> None:
        super().__init__(
            f"The workspace of `{project}` has no package to publish.",
            why="every member says `publish = false`, or the profile excludes it.",
            fix="mend the manifests, or `release.exclude` in the profile.",
        )


class VersionsDisagree(LoadmasterError):
    """A lockstep workspace whose published packages carry several versions."""

    def __init__(self, versions: Mapping[str, str]) -> None:
        told = ", ".join(f"`{name}` {version}" for name, version in sorted(versions.items()))
        super().__init__(
            f"The published packages do not carry one version: {told}.",
            why="the policy `lockstep` gives all of them one version and one tag, and one of them was missed by a bump.",
            fix="set them to one version, or exclude the odd one in the profile (`release.exclude`).",
        )


class DependencyCycle(LoadmasterError):
    """Crates that wait for each other."""

    def __init__(self, cycle: Sequence[str]) -> None:
        super().__init__(
            f"The crates {' → '.join(f'`{each}`' for each in cycle)} need each other; none can be published first.",
            why="a dev-dependency with a version leads back; cargo resolves it while it packages.",
            fix="drop `version` from the dev-dependency and keep its `path`: it is then left out of the published manifest.",
        )


class GatesClosed(LoadmasterError):
    """Gates that failed, or that have no answer, all told at once."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(
            f"{len(problems)} problem{'s' if len(problems) != 1 else ''} found before anything was changed:\n"
            + "\n".join(f"  - {each}" for each in problems),
            why="a gate that fails now would stop the release half-way later.",
            fix="mend what is named above, then start again.",
        )


# --- cargo -----------------------------------------------------------------------------------------------------------


class CargoMissing(LoadmasterError):
    """No cargo to call."""

    def __init__(self, told: str) -> None:
        super().__init__(
            f"cargo cannot be run: {told}",
            why="Rust is not installed, not on PATH, or the toolchain that the profile or the repository names is not.",
            fix="install Rust with rustup, and the toolchain with `rustup toolchain install NAME`.",
        )


class CargoTooOld(LoadmasterError):
    """A cargo that cannot package a workspace's crates together."""

    def __init__(self, version: str, needed: str) -> None:
        super().__init__(
            f"cargo `{version}` is too old: `{needed}` or newer is needed.",
            why="older ones cannot package crates that depend on each other before they are published.",
            fix="run `rustup update`, or name a newer toolchain in the profile (`cargo.toolchain`).",
        )


class CargoFailed(LoadmasterError):
    """A cargo command that exited with an error; its last lines are told."""

    def __init__(self, command: str, code: int, tail: str) -> None:
        super().__init__(
            f"`{command}` exited with {code}:\n{tail}",
            why="the last lines above are cargo's own; the whole output is in the run's `cargo.log`.",
            fix="run the same command in a clone of the commit, mend what it names, commit, release again.",
        )


class DiskFull(LoadmasterError):
    """No space left where Loadmaster works."""

    def __init__(self, doing: str) -> None:
        super().__init__(
            f"The disk is full: no space left on device while {doing}.",
            why="builds, clones and packaged crates are kept under `.loadmaster/`.",
            fix="free some space (`make clean` removes builds and caches), then press Retry: nothing was uploaded.",
        )


class CrateMissingFromPackage(LoadmasterError):
    """cargo said that it packaged, and a file is not there."""

    def __init__(self, crate: str, path: str) -> None:
        super().__init__(
            f"`{crate}` was packaged, but `{path}` is not there.",
            why="cargo wrote it elsewhere: a `build.target-dir` in the workspace's configuration, or another cargo.",
            fix="remove the setting, or name the toolchain in the profile (`cargo.toolchain`).",
        )


class KeptCrateBroken(LoadmasterError):
    """A packaged crate in the store is not the bytes that were verified."""

    def __init__(self, crate: str, sha256: str) -> None:
        super().__init__(
            f"The kept file of `{crate}` does not have the SHA-256 `{sha256}` that it was verified with.",
            why="it was cut short or changed on disk; it was not uploaded.",
            fix="remove the run's kept crates (`make clean`) and press Retry: they are packaged again.",
        )


# --- the registry ----------------------------------------------------------------------------------------------------


class RegistryUnreachable(LoadmasterError):
    """The registry did not answer, or answered that it cannot."""

    transient: ClassVar[bool] = True

    def __init__(self, url: str, told: str) -> None:
        super().__init__(
            f"The registry gave no usable answer at `{url}`: {told}",
            why="the network, a proxy, or the registry itself is down for the moment.",
            fix="press Retry when it is back; what was uploaded is recognised and not uploaded again.",
        )


class RateLimited(LoadmasterError):
    """The registry says when it will take the next upload. A wait, not a failure."""

    transient: ClassVar[bool] = True

    def __init__(self, crate: str, until: datetime, told: str) -> None:
        super().__init__(
            f"`{crate}` may be uploaded from {until:%Y-%m-%d %H:%M:%S} UTC on: {told}",
            why="crates.io limits how many crates and versions one user publishes in a time.",
            fix="wait; Loadmaster does so by itself.",
        )
        self.until = until


class UploadRefused(LoadmasterError):
    """The registry understood the upload and refused it."""

    def __init__(self, crate: str, status: int, told: str) -> None:
        super().__init__(
            f"The registry refused `{crate}` with status {status}: {told}",
            why=(
                "the account is not an owner of this crate, or the token does not cover it."
                if status in (401, 403)
                else "the crate breaks one of the registry's rules, which the text names."
            ),
            fix="mend what it names (owners and tokens: on the registry's pages), then press Retry.",
        )


class AlreadyUploaded(UploadRefused):
    """The registry has the version although its index did not show it; the next attempt compares it."""

    transient: ClassVar[bool] = True


class CrateTaken(LoadmasterError):
    """The version is on the registry with other contents."""

    def __init__(self, crate: str, differs: Sequence[str]) -> None:
        super().__init__(
            f"`{crate}` is on the registry already and is not ours; it differs in {', '.join(f'`{each}`' for each in differs)}.",
            why="it was published from another commit, or by somebody else.",
            fix="compare the two, and release a higher version; a published version can never be replaced.",
        )


class CratesNotPublished(LoadmasterError):
    """Some crates of the release failed; their descendants were not tried, all others went out."""

    def __init__(self, failed: Mapping[str, str], blocked: Sequence[str]) -> None:
        waiting = (
            f" Not tried, because they need them: {', '.join(f'`{each}`' for each in blocked)}." if blocked else ""
        )
        super().__init__(
            "Not published: " + "; ".join(f"`{crate}`: {told}" for crate, told in failed.items()) + "." + waiting,
            why="each crate above says its own reason.",
            fix="mend the reason, then press Retry: what is out is recognised and not uploaded again.",
        )


class NotVisible(LoadmasterError):
    """Accepted, but the sparse index does not show it in time."""

    def __init__(self, crates: Sequence[str], seconds: float) -> None:
        super().__init__(
            f"After {seconds:.0f} s the index does not show {', '.join(f'`{each}`' for each in crates)}.",
            why="the registry accepted them, but its index or a cache before it lags behind.",
            fix="press Retry later: published crates are recognised, and only the reading is repeated.",
        )


class ChecksumMismatch(LoadmasterError):
    """The index serves another checksum than that of the uploaded bytes."""

    def __init__(self, crate: str, ours: str, theirs: str) -> None:
        super().__init__(
            f"The index gives `{crate}` the checksum `{theirs}`; the uploaded bytes have `{ours}`.",
            why="somebody else's upload won, or the registry is broken.",
            fix="compare the two files before anybody depends on this version; yank it if it is not yours.",
        )


class NotObserved(LoadmasterError):
    """An act that was accepted, and whose object is not there when it is looked at again."""

    transient: ClassVar[bool] = True

    def __init__(self, what: str, where: str) -> None:
        super().__init__(
            f"{what} was accepted by `{where}`, and is not there.",
            why="somebody changed it in the same moment, a hook undid it, or the answers come from a copy that lags.",
            fix="look at it there; then press Retry: what is there by then is recognised.",
        )


# --- verification ----------------------------------------------------------------------------------------------------


class InstalledVersionWrong(LoadmasterError):
    """The installed binary tells another version."""

    def __init__(self, package: str, expected: str, told: str) -> None:
        super().__init__(
            f"`{package}` was installed, and says `{told}` where `{expected}` was expected.",
            why="the binary takes its version from elsewhere than its manifest, or an older one was found first.",
            fix="run `cargo install --locked` by hand and look; a published version can only be followed by a higher one.",
        )


class TagTaken(LoadmasterError):
    """The tag stands at the remote on another commit."""

    def __init__(self, tag: str, ours: str, theirs: str) -> None:
        super().__init__(
            f"The tag `{tag}` stands on commit `{theirs}`; this release's commit is `{ours}`.",
            why="it was pushed by hand or by another release; a pushed tag is never moved.",
            fix="release another version.",
        )


class AssetDifferent(LoadmasterError):
    """An asset of that name is on the forge release with other contents."""

    def __init__(self, asset: str, ours: str, theirs: str) -> None:
        super().__init__(
            f"The asset `{asset}` is on the release already with SHA-256 `{theirs}`; ours has `{ours}`.",
            why="it was uploaded by hand or by another run; an asset is never overwritten.",
            fix="compare the two, delete the wrong one on the forge by hand, then press Retry.",
        )


# --- git -------------------------------------------------------------------------------------------------------------


class GitMissing(LoadmasterError):
    """There is no `git` on the path."""

    def __init__(self) -> None:
        super().__init__(
            "There is no `git` on the search path.",
            why="it is not installed, or `PATH` does not name its directory.",
            fix="install git 2.36 or newer, then try again.",
        )


class NotARepository(LoadmasterError):
    """A directory that should be a git repository is none, or is not ours to read."""

    def __init__(self, directory: str, told: str) -> None:
        super().__init__(
            f"`{directory}` is not a git repository that can be read: {told}",
            why="the path is misspelt, the directory is gone, or it belongs to another user.",
            fix="name the top of a repository; a plain directory is imported, not cloned.",
        )


class UnknownCommit(LoadmasterError):
    """The repository does not have the revision."""

    def __init__(self, repository: str, revision: str) -> None:
        super().__init__(
            f"`{repository}` has no commit `{revision}`.",
            why="it is misspelt or shortened, was never pushed there, or the clone is shallow.",
            fix="push the commit, or name one that `git log` shows in that repository.",
        )


class GitRemoteMissing(LoadmasterError):
    """Nothing answers to that address."""

    def __init__(self, remote: str, told: str) -> None:
        super().__init__(
            f"There is no repository at `{remote}`: {told}",
            why="the address or path is misspelt, or the repository is private and no credential was given.",
            fix="check the address with `git ls-remote`.",
        )


class GitDenied(LoadmasterError):
    """The remote asked for a credential, or did not accept the one it got."""

    def __init__(self, remote: str, told: str) -> None:
        super().__init__(
            f"`{remote}` refused access: {told}",
            why="no credential was given, it has expired, or it does not cover this repository.",
            fix="give the release a credential that may do this, then press Retry.",
        )


class GitRemoteUnreachable(LoadmasterError):
    """The remote did not answer, or broke off."""

    transient: ClassVar[bool] = True

    def __init__(self, remote: str, told: str) -> None:
        super().__init__(
            f"`{remote}` could not be reached: {told}",
            why="the network, a proxy, or the forge is down for the moment.",
            fix="press Retry when it is back; nothing was half done.",
        )


class GitFailed(LoadmasterError):
    """git failed in a way that the catalogue has no class for."""

    def __init__(self, command: str, directory: str, told: str) -> None:
        super().__init__(
            f"`{command}` failed in `{directory}`: {told}",
            why="git's own words above are all that is known.",
            fix="if they speak of a lock or a broken object, remove that directory: it is Loadmaster's and is made again.",
        )


class DirectoryTaken(LoadmasterError):
    """A clone would land where something is."""

    def __init__(self, directory: str) -> None:
        super().__init__(
            f"`{directory}` exists; a clone goes into a new directory only.",
            why="an earlier run left it there.",
            fix="remove it, or use what is in it.",
        )


class NothingToCommit(LoadmasterError):
    """The checkout equals its commit."""

    def __init__(self, directory: str) -> None:
        super().__init__(
            f"There is nothing to commit in `{directory}`.",
            why="the edits are in its commit already, or changed nothing.",
            fix="check that the planned version is not the one that the commit has.",
        )


class PushForced(LoadmasterError):
    """A refspec that overwrites or deletes; never sent."""

    def __init__(self, refspec: str) -> None:
        super().__init__(
            f"The refspec `{refspec}` would overwrite or delete at the remote.",
            why="a leading `+` forces, a leading `:` deletes; a release does neither.",
            fix="push `SOURCE:refs/heads/BRANCH` or `refs/tags/TAG`.",
        )


class PushRefused(LoadmasterError):
    """The remote did not take a ref, and so none of the push; a subclass for each reason that is told apart."""

    _why: ClassVar[str] = "a hook of the remote said no; its words are above."
    _fix: ClassVar[str] = "mend what it names, then press Retry."

    def __init__(self, ref: str, remote: str, told: str) -> None:
        super().__init__(f"`{remote}` did not take `{ref}`: {told}", why=self._why, fix=self._fix)


class PushProtected(PushRefused):
    """A protected branch or a rule on tags."""

    _why = "the branch or tag is protected, and the credential is not one that may pass."
    _fix = "bring the commit in as the rule asks (a pull request, a bot that may pass), then press Retry."


class PushNotFastForward(PushRefused):
    """The branch moved on since the clone was made."""

    _why = "somebody pushed to the branch in the meantime."
    _fix = "start a new release from the branch's head; a release never forces."


class RemoteTagExists(PushRefused):
    """The tag is at the remote, and is another object."""

    _why = "it was pushed by hand or by another release; a pushed tag is never moved."
    _fix = "compare it with `git ls-remote --tags`; if it is not this release's, release another version."


# --- the forge -------------------------------------------------------------------------------------------------------


class ForgeUnauthorized(LoadmasterError):
    """The forge does not know the token."""

    def __init__(self, url: str, told: str) -> None:
        super().__init__(
            f"The forge did not accept the token at `{url}`: {told}",
            why="it is missing, misspelt, revoked or has expired.",
            fix="put a valid token where the release takes it from, then press Retry.",
        )


class ForgeForbidden(LoadmasterError):
    """The forge knows the token, and it may not do this."""

    def __init__(self, url: str, told: str) -> None:
        super().__init__(
            f"The forge forbids `{url}`: {told}",
            why="the token lacks a permission (releases need `contents: write`), or the organisation has not allowed it.",
            fix="widen the token for this repository, then press Retry.",
        )


class ForgeNotFound(LoadmasterError):
    """404: not there, or not to be seen with this token."""

    def __init__(self, url: str, told: str) -> None:
        super().__init__(
            f"The forge finds nothing at `{url}`: {told}",
            why="it is not there, or the token lacks the permission: the forge answers both alike.",
            fix="check the repository's name, and that the token covers it with `contents: write`.",
        )


class ForgeRefused(LoadmasterError):
    """422: understood and refused."""

    def __init__(self, url: str, told: str) -> None:
        super().__init__(
            f"The forge refused `{url}`: {told}",
            why="it breaks one of the forge's rules, which the text names.",
            fix="mend what it names, then press Retry.",
        )


class ForgeAlreadyThere(ForgeRefused):
    """422 `already_exists`: the object is there; whether it is ours is for the step to find out."""


class ForgeUnreachable(LoadmasterError):
    """The forge did not answer, or answered that it cannot."""

    transient: ClassVar[bool] = True

    def __init__(self, url: str, told: str) -> None:
        super().__init__(
            f"The forge gave no usable answer at `{url}`: {told}",
            why="the network, a proxy, or the forge itself is down for the moment.",
            fix="press Retry when it is back; what was done is recognised and not done again.",
        )


class ForgeRateLimited(LoadmasterError):
    """The forge says when it will answer again. A wait, not a failure."""

    transient: ClassVar[bool] = True

    def __init__(self, url: str, until: datetime, told: str) -> None:
        super().__init__(
            f"The forge answers at `{url}` again from {until:%Y-%m-%d %H:%M:%S} UTC on: {told}",
            why="the token has used up its requests, or wrote too much in a short time.",
            fix="wait; Loadmaster does so by itself.",
        )
        self.until = until


class ForgeAnswerUnreadable(LoadmasterError):
    """A status of success, and a body that is not the forge's."""

    def __init__(self, url: str, told: str) -> None:
        super().__init__(
            f"The forge's answer at `{url}` cannot be read: {told}",
            why="the address is not that of the API, a proxy answers instead, or the API has changed.",
            fix="open the address and look; check the profile's forge.",
        )


class BumpRefused(LoadmasterError):
    """cargo does not take the bumped tree with the bumped lockfile."""

    def __init__(self, lockfile: str, told: str) -> None:
        super().__init__(
            f"After the bump, cargo refuses `{lockfile}`: {told}",
            why="a requirement on a member no longer fits its new version, or the lockfile needs more than new versions.",
            fix="run `cargo update --workspace` on the branch, look at what moves, commit it, release again.",
        )


class ClippyFailed(LoadmasterError):
    """Clippy found something, or could not run."""

    def __init__(self, lint: Lint) -> None:
        super().__init__(
            "clippy did not pass: " + ("; ".join(lint.findings[:5]) or lint.why),
            why="the code has warnings that the profile forbids, or clippy is not installed.",
            fix="run `cargo clippy --workspace --all-targets` on the commit and mend what it names.",
        )
        self.lint = lint


# --- the text edits of a release -------------------------------------------------------------------------------------


class MalformedRequirement(LoadmasterError):
    """What stands as a version requirement is none that cargo knows."""

    def __init__(self, requirement: str) -> None:
        super().__init__(
            f"`{requirement}` is not a version requirement.",
            why="cargo knows `1.2.3`, parts of it such as `1.2`, the operators `^ ~ = > >= < <=`, `*` as last part, and commas.",
            fix="search the manifests for it and write one of these.",
        )


class RequirementCannotFollow(LoadmasterError):
    """A requirement on a member that has no spelling for the member's planned version."""

    def __init__(self, path: str, member: str, requirement: str, version: str) -> None:
        super().__init__(
            f"`{path}` requires `{member}` as `{requirement}`, which shuts out the planned `{version}`.",
            why="it has an upper bound, and only its author knows whether that bound was meant to hold.",
            fix=f"write a requirement that `{version}` satisfies, commit it, and plan again.",
        )


class NotToml(LoadmasterError):
    """A manifest that is no TOML; the reason tells line and column."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            f"`{path}` is not TOML: {reason}.",
            why="a hand edit or a merge left it half written.",
            fix="mend the line; `cargo metadata --no-deps` tells when it is well.",
        )


class ByteOrderMark(LoadmasterError):
    """A file that begins with U+FEFF."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"`{path}` begins with a byte order mark.",
            why="an editor on Windows saved it as `UTF-8 with BOM`.",
            fix="save it as UTF-8 without a byte order mark, and commit it.",
        )


class ManifestNotKept(LoadmasterError):
    """A manifest that cannot be edited without moving bytes that have nothing to do with a version."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"`{path}` cannot be edited with every other byte kept.",
            why="most often the entries of an array of tables (`[[bin]]`) stand apart, with another table between them.",
            fix="put them next to one another, commit that, and plan again.",
        )


class InheritedVersionsDisagree(LoadmasterError):
    """Members that share one literal, and are planned to have different versions."""

    def __init__(self, path: str, versions: Mapping[str, str]) -> None:
        told = ", ".join(f"`{name}` {version}" for name, version in sorted(versions.items()))
        super().__init__(
            f"Members take their version from `{path}`, and are planned to have different ones: {told}.",
            why="`version.workspace = true` gives all of them the one version in `[workspace.package]`.",
            fix="plan one version for them, or give the odd one a version of its own in its manifest.",
        )


class MergeMarkers(LoadmasterError):
    """A lockfile with an unfinished merge in it."""

    def __init__(self, path: str, line: int) -> None:
        super().__init__(
            f"`{path}` has merge markers, the first in line {line}.",
            why="a merge or rebase was committed before its conflict was resolved.",
            fix="check out one side's lockfile, run `cargo metadata` beside it, and commit the result.",
        )


class LockfileFormat(LoadmasterError):
    """A lockfile whose format is not one that this version can edit."""

    def __init__(self, path: str, found: str | None) -> None:
        super().__init__(
            f"`{path}` has lockfile format `{found}`; 3 and 4 can be edited."
            if found is not None
            else f"`{path}` names no lockfile format; 3 and 4 can be edited.",
            why="a cargo older than 1.53, or newer than this version of Loadmaster knows, wrote it; or it was cut short.",
            fix="run `cargo generate-lockfile` with a current stable cargo, or use a newer Loadmaster.",
        )


class LockfileBroken(LoadmasterError):
    """A lockfile whose packages cannot be told apart or found."""

    def __init__(self, path: str, line: int, reason: str) -> None:
        super().__init__(
            f"`{path}`, line {line}: {reason}.",
            why="it was edited or merged by hand, or a directory holds another package of a member's name.",
            fix="run `cargo metadata` beside it, which rewrites it, and commit the result.",
        )


class ChangelogHeadings(LoadmasterError):
    """A version that does not have exactly one heading in the changelog."""

    def __init__(self, version: str, lines: Sequence[int]) -> None:
        told = f"{len(lines)} headings for `{version}` (lines {', '.join(map(str, lines))})"
        super().__init__(
            f"The changelog has {told if lines else f'no heading for `{version}`'}.",
            why="two branches each added one." if lines else "nobody wrote one, or it is not of level 2 (`##`).",
            fix=f"leave one heading for `{version}`, with all its entries under it, and commit that.",
        )


# --- the rehearsal registry ------------------------------------------------------------------------------------------


class UpstreamUnreachable(LoadmasterError):
    """The real index, or its downloads, gave no usable answer. Never taken for "no such crate"."""

    transient: ClassVar[bool] = True

    def __init__(self, url: str, told: str) -> None:
        super().__init__(
            f"The upstream registry gave no usable answer at `{url}`: {told}",
            why="this machine has no way there, or the registry is down for the moment.",
            fix="open the address from here; then press Retry: what was fetched before is kept.",
        )


class UpstreamChecksumMismatch(LoadmasterError):
    """A crate file from upstream is not the one that upstream's index names."""

    transient: ClassVar[bool] = True

    def __init__(self, crate: str, version: str, url: str) -> None:
        super().__init__(
            f"The crate file of `{crate}@{version}` at `{url}` does not have the checksum of the index.",
            why="the download was cut short, or a proxy answered in the registry's place.",
            fix="press Retry; if it stays so, open the address and look at what answers.",
        )


class RequestMoved(UsageError):
    """A Retry whose parameters name another release than its first attempt did."""

    def __init__(self, pinned: str, asked: str) -> None:
        super().__init__(
            f"This run is pinned to `{pinned}`, and was asked for `{asked}`.",
            why="the parameters of a run cannot change between its attempts.",
            fix="start a new run for another release.",
        )


class ForgeLacksTag(LoadmasterError):
    """The tag was pushed and the forge does not show it."""

    transient: ClassVar[bool] = True

    def __init__(self, tag: str) -> None:
        super().__init__(
            f"The forge does not show the tag `{tag}` yet.",
            why="it was pushed to another repository than the profile's `forge`, or the forge lags behind.",
            fix="compare the profile's `forge` with the remote; then press Retry.",
        )


# --- the local Prefect stack -----------------------------------------------------------------------------------------


class StackDidNotStart(LoadmasterError):
    """The Prefect server or its worker ended, or gave no sign of life, while it was started."""

    def __init__(self, part: str, seconds: float, log: str, last_lines: str) -> None:
        super().__init__(
            f"The Prefect {part} was not ready after {seconds:.0f} s. The end of `{log}`:\n{last_lines or '(empty)'}",
            why="the machine is too busy, the disk is full, or Prefect's dependencies are not those of `constraints.txt`.",
            fix="read the log; run `make setup`, then `make up` again. What was started for this attempt is stopped.",
        )


class NoStackRunning(LoadmasterError):
    """A server was needed and none of ours runs."""

    def __init__(self, home: str) -> None:
        super().__init__(
            f"No Prefect server of this project is running (`{home}` records none that lives).",
            why="it was never started, was stopped, or the machine was restarted.",
            fix="run `make up`.",
        )


class DeploymentsNotApplied(LoadmasterError):
    """Prefect refused `prefect.yaml`, or one of its flows cannot be imported."""

    def __init__(self, last_lines: str) -> None:
        super().__init__(
            f"The deployments of `prefect.yaml` could not be registered:\n{last_lines}",
            why="a flow cannot be imported, or a field has a name or value that Prefect does not know.",
            fix="mend what the lines above name, then run `make up` again; the server and its work pool stay as they are.",
        )


class DeploymentUnknown(UsageError):
    """No deployment of that name on the server."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(
            f"The Prefect server has no deployment `{name}`.",
            why="the name is misspelt (it is `FLOW/DEPLOYMENT`), or the deployment was deleted in the UI.",
            fix=f"use one of {_names(known)}, or run `make up` to register again.",
        )


class ParametersRefused(UsageError):
    """The parameters do not fit the deployment's schema; no run was created."""

    def __init__(self, deployment: str, told: str) -> None:
        super().__init__(
            f"The deployment `{deployment}` refuses these parameters: {told}",
            why="a value is missing, misspelt or outside what the flow's parameter model allows.",
            fix="mend it; the form of the deployment in the UI shows every field and its choices.",
        )


class PrefectUnreachable(LoadmasterError):
    """The Prefect server gave no answer, or an internal error."""

    transient: ClassVar[bool] = True

    def __init__(self, url: str, told: str) -> None:
        super().__init__(
            f"The Prefect server gave no usable answer at `{url}`: {told}",
            why="it was stopped, is starting or overloaded, or the machine was asleep.",
            fix="run `make up`; if it runs but does not answer, read `server.log` below `.loadmaster/`, or `make down FORCE=1`.",
        )


class PrefectRefused(LoadmasterError):
    """The Prefect server understood and refused."""

    def __init__(self, asked: str, told: str) -> None:
        super().__init__(
            f"The Prefect server refused `{asked}`: {told}",
            why="the run, pool or deployment was changed or deleted meanwhile.",
            fix="look at it in the UI, then try again.",
        )


class RunWithoutReceipt(LoadmasterError):
    """A flow run that ended before it had anything to write down."""

    def __init__(self, run: str, told: str) -> None:
        super().__init__(
            f"The flow run `{run}` ended without a receipt: {told}",
            why="it stopped before it had looked at the workspace, or its process was killed.",
            fix="look at the run's page and its logs, mend what they name, then press Retry.",
        )


class DailyLimitReached(LoadmasterError):
    """A 429 that names no instant: crates.io's cap on the versions of one crate in a day."""

    def __init__(self, crate: str, told: str) -> None:
        super().__init__(
            f"The registry takes no more versions of `{crate}` today: {told}",
            why="crates.io takes a few versions of one crate within 24 hours, whatever the credential, and names no instant.",
            fix="press Retry a day after the first of today's versions; what is out is recognised and not uploaded again.",
        )


class TokenMissing(LoadmasterError):
    """A release for real without a credential for its registry."""

    def __init__(self, variables: Sequence[str]) -> None:
        super().__init__(
            f"There is no token for the registry: {' and '.join(f'`{each}`' for each in variables)} are not set.",
            why="it is read from the environment of the process that uploads, at the first upload.",
            fix=f"set `{variables[0]}` for `loadmaster release`, or for `make up` before the worker starts; then press Retry.",
        )


# --- damage control --------------------------------------------------------------------------------------------------


class GivenCrateBroken(UsageError):
    """The file that `loadmaster compare` was given is no packaged crate."""

    def __init__(self, path: str, told: str) -> None:
        super().__init__(
            f"`{path}` cannot be compared. {told}",
            why="it was cut short, altered since, or not made by `cargo package`.",
            fix="package again, and name the file below `target/package/`.",
        )


class YankRefused(LoadmasterError):
    """The registry understood the yank and refused it."""

    def __init__(self, crate: str, status: int, told: str) -> None:
        super().__init__(
            f"The registry refused to yank `{crate}` with status {status}: {told}",
            why=(
                "the account is not an owner of this crate, or the token may not yank (its scope is `yank`)."
                if status in (401, 403)
                else "the registry does not know this version, or cannot yank."
            ),
            fix="mend what it names, then run `loadmaster yank` again: what is yanked stays so and is not yanked twice.",
        )


class YankLimited(LoadmasterError):
    """The registry says when it will take the next yank."""

    transient: ClassVar[bool] = True

    def __init__(self, crate: str, until: datetime, told: str) -> None:
        super().__init__(
            f"`{crate}` may be yanked from {until:%Y-%m-%d %H:%M:%S} UTC on: {told}",
            why="crates.io takes 100 yanks of one user at once, then one a minute.",
            fix="run `loadmaster yank` again from then on: it goes on where it stopped.",
        )
        self.until = until


class YankNotConfirmed(UsageError):
    """A yank was to be carried out, and the version was not typed."""

    def __init__(self, version: str, typed: str | None) -> None:
        super().__init__(
            f"To yank, the version `{version}` must be typed; "
            + ("nothing was." if typed is None else f"`{typed}` was."),
            why="a yank takes a version away from everybody who does not have it in a lockfile.",
            fix=f"look at the plan, then give `--execute --confirm {version}`.",
        )


class NotPublished(LoadmasterError):
    """Accepted, and then neither the index nor the registry's API knows it."""

    def __init__(self, crates: Sequence[str], seconds: float) -> None:
        super().__init__(
            f"After {seconds:.0f} s neither the index nor the registry's API knows {', '.join(f'`{each}`' for each in crates)}.",
            why="the registry said that it took them and has lost them, or another server answers for its API.",
            fix="press Retry: what is not there is uploaded again; if it happens twice, tell the registry's operators.",
        )
