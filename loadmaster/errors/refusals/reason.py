"""The reasons for which a registry refuses. A reason is a fact of an error: programs tell refusals apart by it."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Values are kept in receipts, so none is renamed."""

    # The credential
    TOKEN_LOST = "token-lost"
    TOKEN_MALFORMED = "token-malformed"
    TOKEN_UNKNOWN = "token-unknown"
    """Unknown, expired or revoked: crates.io says the same of all three."""
    TOKEN_SILENT = "token-silent"
    """A refusal without a word, as kellnr's of a token that it does not know."""
    TOKEN_SCOPE = "token-scope"
    TRUSTED_TOKEN_ENDED = "trusted-token-ended"
    TRUSTED_OTHER_CRATE = "trusted-other-crate"
    TRUSTED_NEW_CRATE = "trusted-new-crate"
    TRUSTED_ONLY = "trusted-only"

    # The account behind it
    NOT_OWNER = "not-owner"
    TEAM_RESTRICTED = "team-restricted"
    EMAIL_UNVERIFIED = "email-unverified"
    ACCOUNT_LOCKED = "account-locked"
    ACCOUNT_LOCKED_FOR_GOOD = "account-locked-for-good"
    ACCOUNT_READ_ONLY = "account-read-only"
    NEW_CRATES_CLOSED = "new-crates-closed"
    ACCOUNT = "account"
    """Forbidden, in words that are not known here."""

    # The request
    CLIENT_BLOCKED = "client-blocked"
    CLIENT_NAMELESS = "client-nameless"
    ORIGIN_SENT = "origin-sent"
    REQUEST_DAMAGED = "request-damaged"
    PROXY_LIMIT = "proxy-limit"
    """Too large, but not in the registry's own words."""
    ROUTE_ABSENT = "route-absent"
    VERSION_UNREADABLE = "version-unreadable"
    LOGIN_NEEDED = "login-needed"
    CRATE_HIDDEN = "crate-hidden"

    # What the registry has
    THERE = "there"
    """The registry has the version already."""
    DEPENDENCY = "dependency"
    """The registry does not know a crate that this one needs. It may know it later."""
    NAME_DELETED = "name-deleted"
    CRATE_ABSENT = "crate-absent"
    VERSION_ABSENT = "version-absent"
    UPSTREAM = "upstream"

    # The contents of the crate: only a higher version helps
    NAME_RESERVED = "name-reserved"
    NAME_INVALID = "name-invalid"
    OTHER_SPELLING = "other-spelling"
    VERSION_INVALID = "version-invalid"
    TOO_LARGE = "too-large"
    TARBALL = "tarball"
    TARBALL_PATH = "tarball-path"
    TARBALL_ENTRY = "tarball-entry"
    TARBALL_MANIFEST = "tarball-manifest"
    MANIFEST = "manifest"
    MISMATCH = "mismatch"
    FIELDS_MISSING = "fields-missing"
    DESCRIPTION = "description"
    LICENSE = "license"
    URL = "url"
    KEYWORDS = "keywords"
    CATEGORIES = "categories"
    DEPENDENCY_NAME = "dependency-name"
    REQUIREMENT = "requirement"
    WILDCARD = "wildcard"
    FOREIGN_DEPENDENCY = "foreign-dependency"
    FEATURES = "features"
    TOO_MANY = "too-many"
    CONTENTS = "contents"
    """Of receipts that are older than the finer reasons."""

    # An ID token that is exchanged
    ID_TOKEN_UNREADABLE = "id-token-unreadable"
    ID_TOKEN_ISSUER = "id-token-issuer"
    ID_TOKEN_KEY = "id-token-key"
    ID_TOKEN_USED = "id-token-used"
    ID_TOKEN_CLAIM = "id-token-claim"
    TRIGGER_UNSUPPORTED = "trigger-unsupported"
    CONFIGURATION_ABSENT = "configuration-absent"
    CONFIGURATION_OWNER = "configuration-owner"
    CONFIGURATION_WORKFLOW = "configuration-workflow"
    CONFIGURATION_NEEDS_ENVIRONMENT = "configuration-needs-environment"
    CONFIGURATION_ENVIRONMENT = "configuration-environment"
    TRUSTED_PUBLISHING_ABSENT = "trusted-publishing-absent"

    OTHER = "other"
    """Words that are not known here. They may be about anything, so nothing follows from them."""


FINAL = frozenset(
    {
        *(Reason.NAME_RESERVED, Reason.NAME_INVALID, Reason.OTHER_SPELLING, Reason.VERSION_INVALID, Reason.TOO_LARGE),
        *(Reason.TARBALL, Reason.TARBALL_PATH, Reason.TARBALL_ENTRY, Reason.TARBALL_MANIFEST, Reason.MANIFEST),
        *(Reason.MISMATCH, Reason.FIELDS_MISSING, Reason.DESCRIPTION, Reason.LICENSE, Reason.URL, Reason.KEYWORDS),
        *(Reason.CATEGORIES, Reason.DEPENDENCY_NAME, Reason.REQUIREMENT, Reason.WILDCARD, Reason.FOREIGN_DEPENDENCY),
        *(Reason.FEATURES, Reason.TOO_MANY, Reason.CONTENTS),
    }
)
"""The crate's own contents break a rule. They are of the release's commit, which is pinned, so no other attempt changes that."""

FALLBACKS = frozenset({Reason.ACCOUNT, Reason.OTHER, Reason.CONTENTS})
"""Reasons for words that are not known here."""
