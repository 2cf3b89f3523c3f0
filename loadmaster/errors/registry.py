"""The registry: reading it, uploading to it, waiting for it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from loadmaster.errors.base import LoadmasterError, in_one_line
from loadmaster.errors.refusals.reason import Reason
from loadmaster.errors.refusals.sentences import sentences_of


class RegistryUnreachable(LoadmasterError):
    """The registry did not answer, or answered that it cannot. A subclass for each answer that has a reason of its own."""

    transient: ClassVar[bool] = True
    _why: ClassVar[str] = "the network, a proxy, or the registry itself is down for the moment."
    _fix: ClassVar[str] = "wait until it answers, then try again."
    outage: ClassVar[bool] = True

    def __init__(self, url: str, told: str) -> None:
        super().__init__(
            f"The registry gave no usable answer at `{url}`: {in_one_line(told)}", why=self._why, fix=self._fix
        )


class RegistryReadOnly(RegistryUnreachable):
    """The registry's operators let it be read only for the moment."""

    _why = "the registry's operators have switched it to read-only, as they do during an incident or maintenance."
    _fix = "look at the registry's status page, wait until it takes uploads again, then try again."


class RegistryFailed(RegistryUnreachable):
    """500: the registry failed over the request."""

    _why = (
        "the registry has an error of its own. As a rule it passes; crates.io answers so, too, to a crate whose manifest is not "
        "UTF-8."
    )
    _fix = "try again a little later; if one crate fails so each time, look at what is odd about its manifest."


class AnotherAnswered(RegistryUnreachable):
    """The answer is not one of a registry: a page, a redirect, or nothing where there should be something."""

    _why = "a proxy or a login page answered in the registry's place, or this is not the registry's address."
    _fix = "open the address from this machine; when the registry answers there, try again."


class AnswerOutOfBounds(RegistryUnreachable):
    """The answer was given up while it was read: too large, cut off, or packed as nobody asked for. It is not waited out."""

    transient: ClassVar[bool] = False
    outage: ClassVar[bool] = False
    _why = "no registry answers so: something else answers in its place, or means to use up this machine's memory."
    _fix = "look at who answers at the address; nothing of the answer was used."


class ReadRefused(RegistryUnreachable):
    """The registry understood a question and does not answer it. Asking again changes nothing."""

    transient: ClassVar[bool] = False
    outage: ClassVar[bool] = False

    def __init__(self, url: str, status: int, told: str, reason: Reason) -> None:
        why, fix = sentences_of(reason, {"token": "this request", "name": "the crate"})
        LoadmasterError.__init__(
            self, f"The registry refused `{url}` with status {status}: {in_one_line(told)}", why=why, fix=fix
        )


class DownloadAbsent(RegistryUnreachable):
    """The index lists a version, and its file is not served."""

    def __init__(self, crate: str, url: str, status: int) -> None:
        LoadmasterError.__init__(
            self,
            f"The index lists `{crate}`, and its file is not at `{url}` (status {status}).",
            why="the registry's storage, or a cache before it, lags behind its index; or the file was removed.",
            fix="try again a little later; if it stays so, tell the registry's operators.",
        )


class RateLimited(LoadmasterError):
    """The registry says when it will take the next upload. A wait, not a failure."""

    transient: ClassVar[bool] = True
    until: datetime

    def __init__(self, crate: str, until: datetime, told: str) -> None:
        super().__init__(
            f"`{crate}` may be uploaded from {until:%Y-%m-%d %H:%M:%S} UTC on: {told}",
            why="crates.io limits how many crates and versions one user publishes in a time.",
            fix="wait; Loadmaster does so by itself.",
        )
        self.until = until


class UploadRefused(LoadmasterError):
    """The registry understood the upload and refused it.

    `details` are the values that its words hold, by name; `credential` is the place that the token was read from.
    """

    def __init__(
        self,
        crate: str,
        status: int,
        told: str,
        reason: Reason,
        details: Mapping[str, str] | None = None,
        credential: str | None = None,
    ) -> None:
        scope = "`publish-update` (for a crate that is new, `publish-new`)"
        why, fix = sentences_of(reason, _fields(crate, details, credential, scope))
        super().__init__(f"The registry refused `{crate}` with status {status}: {in_one_line(told)}", why=why, fix=fix)


class AlreadyUploaded(UploadRefused):
    """The registry has the version although its index did not list it; the next attempt compares the two."""

    transient: ClassVar[bool] = True


def _fields(crate: str, details: Mapping[str, str] | None, credential: str | None, scope: str) -> dict[str, str]:
    token = f"the token from {credential}" if credential else "the token"
    name = crate.partition("@")[0]
    return {
        **(details or {}),
        "crate": f"`{crate}`",
        "name": f"`{name}`",
        "package": name,
        "token": token,
        "scope": scope,
    }


class CrateTaken(LoadmasterError):
    """The version is on the registry with other contents."""

    final: ClassVar[bool] = True

    def __init__(self, crate: str, differs: Sequence[str]) -> None:
        super().__init__(
            f"`{crate}` is on the registry already and is not ours; it differs in {', '.join(f'`{path}`' for path in differs)}.",
            why="it was published from another commit, or by somebody else.",
            fix="compare the two, and release a higher version; a published version can never be replaced.",
        )


class IndexDisagrees(LoadmasterError):
    """The checksum in the index is not that of the file that the registry serves. cargo refuses such a crate for everybody."""

    transient: ClassVar[bool] = True
    outage: ClassVar[bool] = True
    """A cache may keep a wrong file for minutes."""

    def __init__(self, crate: str, listed: str, served: str) -> None:
        super().__init__(
            f"The index lists `{crate}` with the checksum `{listed}`; the file that the registry serves has `{served}`.",
            why="a cache in between is broken or being filled, or the registry itself is.",
            fix="try again a little later; if it stays so, tell the registry's operators, and let nobody depend on the crate.",
        )


@dataclass(frozen=True, kw_only=True)
class CrateFailure:
    """Why one crate of a release was not published: the code and the sentences of its own error."""

    crate: str
    """`name@version`."""
    code: str
    what: str
    why: str
    next: str

    @property
    def alike(self) -> tuple[str, ...]:
        """The same for crates whose errors differ in nothing but the crate."""
        name = re.escape(self.crate.partition("@")[0])
        texts = (text.replace(self.crate, "") for text in (self.what, self.why, self.next))
        return (self.code, *(re.sub(rf"(?<![\w-]){name}(?![\w-])", "", text) for text in texts))


class CratesNotPublished(LoadmasterError):
    """Some crates of the release failed. Their dependents were not tried; all others were published."""

    def __init__(self, failed: Sequence[CrateFailure], blocked: Sequence[str]) -> None:
        groups: dict[tuple[str, ...], list[CrateFailure]] = {}
        for each in failed:
            groups.setdefault(each.alike, []).append(each)
        if len(groups) == 1:
            group = next(iter(groups.values()))
            what, why, fix = f"Not published: {_crates(group)}: {group[0].what}", group[0].why, group[0].next
        else:
            lines = [line for group in groups.values() for line in _group_lines(group)]
            what = "\n".join([f"Not published, for {len(groups)} reasons:", *lines])
            why = "each crate has its own reason, given with it above."
            fix = "do for each crate what is given with it above, then try again."
        super().__init__(_with_kept_back(what, blocked), why=why, fix=fix)


def _group_lines(group: Sequence[CrateFailure]) -> list[str]:
    first = group[0]
    return [f"  - {_crates(group)}: {first.what}", f"    why: {first.why}", f"    next: {first.next}"]


def _crates(group: Sequence[CrateFailure]) -> str:
    """The crates of a group, whose first speaks for all."""
    names = ", ".join(f"`{each.crate}`" for each in group)
    return names if len(group) == 1 else f"these {len(group)} crates, all like the first: {names}"


def _with_kept_back(what: str, blocked: Sequence[str]) -> str:
    if not blocked:
        return what
    told = f"Not tried, because they need them: {', '.join(f'`{crate}`' for crate in blocked)}."
    return f"{what}\n{told}" if "\n" in what else f"{what} {told}"


class NotVisible(LoadmasterError):
    """Accepted, but the sparse index does not show it in time."""

    def __init__(self, crates: Sequence[str], seconds: float) -> None:
        super().__init__(
            f"After {seconds:.0f} s the index does not show {', '.join(f'`{crate}`' for crate in crates)}.",
            why="the registry accepted them, but its index or a cache before it lags behind.",
            fix="try again later: they are published, and only the reading is repeated.",
        )


class ChecksumMismatch(LoadmasterError):
    """The checksum in the index is not that of the uploaded bytes."""

    def __init__(self, crate: str, ours: str, theirs: str) -> None:
        super().__init__(
            f"The index gives `{crate}` the checksum `{theirs}`; the uploaded bytes have `{ours}`.",
            why="somebody else's upload won, or the registry is broken.",
            fix="compare the two files before anybody depends on this version; yank it if it is not yours.",
        )


class DailyLimitReached(LoadmasterError):
    """A 429 that names no instant: crates.io's cap on the versions of one crate in a day."""

    def __init__(self, crate: str, told: str) -> None:
        super().__init__(
            f"The registry takes no more versions of `{crate}` today: {told}",
            why="crates.io takes a few versions of one crate within 24 hours, whatever the credential, and names no instant.",
            fix="try again a day after the first of today's versions.",
        )


class YankRefused(LoadmasterError):
    """The registry understood the yank and refused it. The parameters are those of `UploadRefused`."""

    def __init__(
        self,
        crate: str,
        status: int,
        told: str,
        reason: Reason,
        details: Mapping[str, str] | None = None,
        credential: str | None = None,
    ) -> None:
        why, fix = sentences_of(reason, _fields(crate, details, credential, "`yank`"))
        super().__init__(
            f"The registry refused to yank `{crate}` with status {status}: {in_one_line(told)}", why=why, fix=fix
        )


class YankLimited(LoadmasterError):
    """The registry says when it will take the next yank."""

    transient: ClassVar[bool] = True
    until: datetime

    def __init__(self, crate: str, until: datetime, told: str) -> None:
        super().__init__(
            f"`{crate}` may be yanked from {until:%Y-%m-%d %H:%M:%S} UTC on: {told}",
            why="crates.io takes 100 yanks of one user at once, then one a minute.",
            fix="yank again from then on: what is yanked already is left alone.",
        )
        self.until = until


class NotPublished(LoadmasterError):
    """Accepted, but neither the index nor the registry's API knows it."""

    def __init__(self, crates: Sequence[str], seconds: float) -> None:
        super().__init__(
            f"After {seconds:.0f} s neither the index nor the registry's API knows {', '.join(f'`{crate}`' for crate in crates)}.",
            why="the registry accepted them and has lost them, or another server answers for its API.",
            fix="try again: what is not there is then uploaded once more; if it happens twice, tell the registry's operators.",
        )


class RegistryBusy(RegistryUnreachable):
    """A 429 that is not about one crate: for a question, or for an upload without an instant."""

    _why = "too many requests came from this address, or with this token, in a short time."
    _fix = "wait a while, then try again: what was uploaded is recognised, and not uploaded again."

    def __init__(self, url: str, told: str, until: datetime | None = None) -> None:
        super().__init__(url, told)
        self.until = until
