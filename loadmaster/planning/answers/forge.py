"""What a forge's refusal means, by its status and its words. They are GitHub's; Gitea's and Forgejo's are like them.

Which answers are a limit or an outage is decided where they are read (`loadmaster.clients.forge`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from loadmaster.errors.forge.answers import (
    ForgeAddressForbidden,
    ForgeAlreadyThere,
    ForgeArchived,
    ForgeAssetTooLarge,
    ForgeClosed,
    ForgeConflict,
    ForgeForbidden,
    ForgeImmutable,
    ForgeLacksCommit,
    ForgeMoved,
    ForgeNotFound,
    ForgeRefused,
    ForgeSignOnNeeded,
    ForgeTagRefused,
    ForgeTextTooLong,
    ForgeUnauthorized,
    ForgeWorkflowRefused,
)
from loadmaster.errors.forge.landing import ForgeMergeRefused

ForgeRefusal = ForgeUnauthorized | ForgeForbidden | ForgeNotFound | ForgeMoved | ForgeRefused


class ForgeRow(NamedTuple):
    kind: type[ForgeRefusal]
    statuses: Sequence[int]
    says: str
    """A regular expression that is searched in the answer."""
    example: str
    """An answer with the first of the statuses, word for word; `errors` are spelled out after the message."""


ROWS = (
    ForgeRow(ForgeUnauthorized, (401,), r"", "Bad credentials"),
    ForgeRow(
        ForgeSignOnNeeded,
        (403,),
        r"SAML",
        "Resource protected by organization SAML enforcement. You must grant your Personal Access token access to this "
        "organization.",
    ),
    ForgeRow(
        ForgeAddressForbidden,
        (403,),
        r"IP allow list|IP address is not permitted",
        "Although you appear to have the correct authorization credentials, the `ORGANISATION` organization has an IP allow list "
        "enabled, and your IP address is not permitted to access this resource.",
    ),
    ForgeRow(ForgeArchived, (403, 423), r"archived", "Repository was archived so is read-only."),
    ForgeRow(ForgeForbidden, (403,), r"", "Resource not accessible by personal access token"),
    ForgeRow(ForgeNotFound, (404,), r"", "Not Found"),
    ForgeRow(ForgeMoved, (301, 302, 307, 308), r"", "Moved Permanently"),
    ForgeRow(ForgeMergeRefused, (405,), r"", "Pull Request is not mergeable"),
    ForgeRow(ForgeConflict, (409,), r"", "Git Repository is empty."),
    ForgeRow(ForgeClosed, (410, 451), r"", "Repository access blocked"),
    ForgeRow(
        ForgeAssetTooLarge,
        (422, 413),
        r"size must be less than|too large",
        "Validation Failed: size must be less than 2147483648",
    ),
    ForgeRow(ForgeAssetTooLarge, (413,), r"", "Request Entity Too Large"),
    ForgeRow(ForgeImmutable, (422,), r"immutable release\.?$", "Cannot upload assets to an immutable release."),
    ForgeRow(
        ForgeImmutable,
        (422,),
        r"cannot be changed on an immutable",
        "Validation Failed: tag_name cannot be changed on an immutable release",
    ),
    ForgeRow(ForgeAlreadyThere, (422,), r"already_exists", "Validation Failed: ReleaseAsset.name already_exists"),
    ForgeRow(
        ForgeLacksCommit,
        (422,),
        r"target_commitish|No commit found|No ref found",
        "Validation Failed: Release.target_commitish invalid",
    ),
    ForgeRow(
        ForgeTagRefused, (422,), r"tag_name|valid tag", "Validation Failed: Published releases must have a valid tag"
    ),
    ForgeRow(
        ForgeTextTooLong,
        (422,),
        r"body is too long",
        "Validation Failed: body is too long (maximum is 125000 characters)",
    ),
    ForgeRow(
        ForgeWorkflowRefused,
        (422,),
        r"workflow_dispatch|Unexpected inputs|Required input",
        "Workflow does not have 'workflow_dispatch' trigger",
    ),
    ForgeRow(ForgeRefused, (400, 422), r"", "Problems parsing JSON"),
)
"""The first row that fits counts."""


def forge_refusal(status: int, text: str) -> type[ForgeRefusal] | None:
    """The error for an answer with this status and these words; None if it is no refusal of the forge."""
    return next((row.kind for row in ROWS if status in row.statuses and re.search(row.says, text)), None)
