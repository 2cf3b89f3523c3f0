"""The forge: releases and their assets."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from loadmaster.errors.base import LoadmasterError, in_one_line


class AssetDifferent(LoadmasterError):
    """An asset of that name is on the forge release with other contents."""

    def __init__(self, asset: str, ours: str, theirs: str) -> None:
        super().__init__(
            f"The asset `{asset}` is on the release already with SHA-256 `{theirs}`; ours has `{ours}`.",
            why="it was uploaded by hand or by another run; an asset is never overwritten.",
            fix="compare the two, delete the wrong one on the forge by hand, then try again.",
        )


class ForgeUnauthorized(LoadmasterError):
    """The forge does not know the token."""

    def __init__(self, url: str, told: str) -> None:
        super().__init__(
            f"The forge did not accept the token at `{url}`: {in_one_line(told)}",
            why="it is missing, misspelt, revoked or has expired.",
            fix="put a valid one into `LOADMASTER_FORGE_TOKEN` (in a rehearsal: `forge.token` of its world), then try again.",
        )


class ForgeForbidden(LoadmasterError):
    """The forge knows the token, and it may not do this. A subclass for each reason that can be recognised."""

    _why: ClassVar[str] = (
        "the token lacks a permission; releases need `contents: write`, and workflows `actions: write`."
    )
    _fix: ClassVar[str] = "widen the token (`LOADMASTER_FORGE_TOKEN`) for this repository, then try again."

    def __init__(self, url: str, told: str) -> None:
        super().__init__(f"The forge forbids `{url}`: {in_one_line(told)}", why=self._why, fix=self._fix)


class ForgeSignOnNeeded(ForgeForbidden):
    """The organisation asks for single sign-on, and the token has none."""

    _why = "the repository's organisation asks for single sign-on (SAML), and the token was not authorised for it."
    _fix = "authorise the token for the organisation on the forge's page of tokens, then try again."


class ForgeAddressForbidden(ForgeForbidden):
    """The organisation lets only some addresses in."""

    _why = "the repository's organisation lets only addresses of its own list in, and this machine's is not on it."
    _fix = (
        "run the release where the address is on the list, or let an owner of the organisation add it, then try again."
    )


class ForgeArchived(ForgeForbidden):
    """The repository takes nothing any more."""

    _why = "the repository is archived, so that nothing of it can be changed."
    _fix = "let its owner end the archiving in the repository's settings, then try again."


class ForgeNotFound(LoadmasterError):
    """404: not there, or not visible with this token."""

    def __init__(self, url: str, told: str) -> None:
        super().__init__(
            f"The forge finds nothing at `{url}`: {in_one_line(told)}",
            why="it is not there, or the token lacks the permission: the forge answers both alike.",
            fix="check the repository's name, and that the token covers it with `contents: write`, then try again.",
        )


class ForgeMoved(LoadmasterError):
    """A redirect: the repository has another name now."""

    def __init__(self, url: str, told: str) -> None:
        super().__init__(
            f"The forge leads away from `{url}`: {in_one_line(told)}",
            why="the repository was renamed or given to another owner.",
            fix="write its present name into the profile's `forge` and `source.repository`, then try again.",
        )


class ForgeRefused(LoadmasterError):
    """Understood and refused. A subclass for each reason that can be recognised."""

    _why: ClassVar[str] = "it breaks one of the forge's rules; its words above are all that is known."
    _fix: ClassVar[str] = "mend what they name, then try again."

    def __init__(self, url: str, told: str) -> None:
        super().__init__(f"The forge refused `{url}`: {in_one_line(told)}", why=self._why, fix=self._fix)


class ForgeAlreadyThere(ForgeRefused):
    """422 `already_exists`: the object is there. The step finds out whether it is ours."""

    _why = "an earlier request made it and its answer was lost, or somebody else was first."
    _fix = "try again: what is there is then compared with what this release wants."


class ForgeLacksCommit(ForgeRefused):
    """The forge does not know the commit or ref."""

    _why = "the commit was pushed to another repository than the profile's `forge`, or the forge lags behind the push."
    _fix = "compare the profile's `forge` with the remote, then try again."


class ForgeTagRefused(ForgeRefused):
    """A release cannot have that tag."""

    _why = "the tag is gone from the forge, is no name for a tag, or belonged to an immutable release that was deleted."
    _fix = "look for the tag on the forge; if it is there and the forge still refuses it, release a higher version."


class ForgeImmutable(ForgeRefused):
    """The release is public, and the repository makes public releases immutable."""

    _why = "the release is public already, and this repository's public releases take no more changes."
    _fix = "compare its assets with this release's; if something is missing or wrong, release a higher version."


class ForgeTextTooLong(ForgeRefused):
    """The notes are longer than the forge takes."""

    _why = "the release's notes are longer than the forge takes (GitHub: 125000 characters)."
    _fix = "shorten the changelog's section, commit that, and release a higher version."


class ForgeAssetTooLarge(ForgeRefused):
    """The asset is larger than the forge takes."""

    _why = "the asset is larger than the forge, or a proxy before it, takes (GitHub: 2 GiB)."
    _fix = "let whoever runs the forge, or the proxy, raise the limit, then try again."


class ForgeWorkflowRefused(ForgeRefused):
    """The workflow cannot be started so."""

    _why = "the workflow has no trigger `workflow_dispatch` on that branch or tag, or does not take these inputs."
    _fix = "compare its file at that branch or tag with what the release sends, mend it there, then try again."


class ForgeConflict(ForgeRefused):
    """409: somebody changes the same thing at the same moment, or the repository is empty."""

    _why = "somebody else changes the same thing at the same moment, or the repository has no commit yet."
    _fix = "look at the repository on the forge, then try again."


class ForgeClosed(ForgeRefused):
    """410 or 451: taken away by the forge's operators."""

    _why = "the forge's operators have closed the repository, or this part of it."
    _fix = "read what the forge shows at the repository's address, and write to its operators."


class ForgeUnreachable(LoadmasterError):
    """The forge did not answer, or answered that it cannot."""

    transient: ClassVar[bool] = True
    outage: ClassVar[bool] = True

    def __init__(self, url: str, told: str) -> None:
        super().__init__(
            f"The forge gave no usable answer at `{url}`: {in_one_line(told)}",
            why="the network, a proxy, or the forge itself is down for the moment.",
            fix="wait until it answers, then try again.",
        )


class ForgeRateLimited(LoadmasterError):
    """The forge says when it will answer again. A wait, not a failure."""

    transient: ClassVar[bool] = True
    outage: ClassVar[bool] = True
    until: datetime

    def __init__(self, url: str, until: datetime, told: str) -> None:
        super().__init__(
            f"The forge answers at `{url}` again from {until:%Y-%m-%d %H:%M:%S} UTC on: {in_one_line(told)}",
            why="the token has used up its requests, or wrote too much in a short time.",
            fix="wait; Loadmaster does so by itself.",
        )
        self.until = until


class ForgeAnswerUnreadable(LoadmasterError):
    """The status says success, but the body is not one of the forge's."""

    def __init__(self, url: str, told: str) -> None:
        super().__init__(
            f"The forge's answer at `{url}` cannot be read: {in_one_line(told)}",
            why="the address is not that of the API, a proxy answers instead, or the API has changed.",
            fix="open the address and look; check the profile's forge.",
        )


class ForgeAddressForeign(LoadmasterError):
    """The forge's answer names an address elsewhere, where a request would take the token."""

    def __init__(self, url: str, elsewhere: str) -> None:
        super().__init__(
            f"The forge's answer names an address at `{elsewhere}`, which is not that of `{url}`; nothing was sent there.",
            why="something else answers in the forge's place, or the forge gives its addresses by another name than the profile.",
            fix="compare the two; if they are one forge, write the name that it gives itself into the profile or the proxy.",
        )


class ForgeLacksTag(LoadmasterError):
    """The tag was pushed and the forge does not show it."""

    transient: ClassVar[bool] = True

    def __init__(self, tag: str) -> None:
        super().__init__(
            f"The forge does not show the tag `{tag}` yet.",
            why="it was pushed to another repository than the profile's `forge`, or the forge lags behind.",
            fix="compare the profile's `forge` with the remote, then try again.",
        )
