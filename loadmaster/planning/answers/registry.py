"""Why a registry refused an upload, a yank, a read or an ID token, by the status and the words of its answer.

The words are those of crates.io's server (`src/controllers/` and `crates/` in its repository, and the conformance corpus),
of kellnr (its messages begin with `ERROR:`), and of the rehearsal's registry where it has some of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from loadmaster.errors.refusals.reason import Reason

NOT_A_WORD = "it gave no reason"
"""What stands for the words of a refusal that has none."""


Details = Mapping[str, str]
"""The values that a registry's words hold, by name: the fields of its reason's sentences."""


class RefusalRow(NamedTuple):
    reason: Reason
    says: str
    """A regular expression that is searched in the answer; its named groups are the fields of the reason's sentences."""
    status: int
    example: str
    """An answer with this status, word for word."""


class ReadRefusal(NamedTuple):
    reason: Reason
    details: Details


_CREDENTIAL = (
    RefusalRow(Reason.TOKEN_LOST, r"^this action requires authentication$", 403, "this action requires authentication"),
    RefusalRow(Reason.TOKEN_LOST, r"Missing `Authorization` header", 401, "Missing `Authorization` header"),
    RefusalRow(
        Reason.TOKEN_MALFORMED,
        r"does not match the format used by crates\.io",
        401,
        "The given API token does not match the format used by crates.io. Tokens generated before 2020-07-14 were generated with "
        "an insecure random number generator, and have been revoked.",
    ),
    RefusalRow(
        Reason.TOKEN_MALFORMED,
        r"Invalid `Authorization` header",
        401,
        "Invalid `Authorization` header: Failed to parse token",
    ),
    RefusalRow(Reason.TOKEN_UNKNOWN, r"^authentication failed$", 403, "authentication failed"),
    RefusalRow(Reason.TOKEN_SILENT, rf"^{NOT_A_WORD}$", 403, NOT_A_WORD),
    RefusalRow(
        Reason.TOKEN_SCOPE,
        r"does not have the required permissions",
        403,
        "this token does not have the required permissions to perform this action",
    ),
    RefusalRow(Reason.TRUSTED_TOKEN_ENDED, r"^Invalid authentication token$", 403, "Invalid authentication token"),
    RefusalRow(
        Reason.TRUSTED_OTHER_CRATE,
        r"access token is not valid for crate `(?P<refused>[^`]*)`",
        403,
        "The provided access token is not valid for crate `NAME`",
    ),
    RefusalRow(
        Reason.TRUSTED_NEW_CRATE,
        r"tokens do not support creating new crates",
        403,
        "Trusted Publishing tokens do not support creating new crates. Publish the crate manually, first",
    ),
    RefusalRow(
        Reason.TRUSTED_ONLY,
        r"can only be published using Trusted Publishing",
        403,
        "New versions of this crate can only be published using Trusted Publishing (see https://crates.io/docs/trusted-publishing).",
    ),
)

_ACCOUNT = (
    RefusalRow(
        Reason.NOT_OWNER,
        r"don't seem to be an owner",
        403,
        "this crate exists but you don't seem to be an owner. If you believe this is a mistake, perhaps you need to accept an "
        "invitation to be an owner before publishing.",
    ),
    RefusalRow(
        Reason.NOT_OWNER, r"must already be an owner to yank", 403, "must already be an owner to yank or unyank"
    ),
    RefusalRow(Reason.NOT_OWNER, r"Not the owner of the crate", 403, "ERROR: Not the owner of the crate"),
    RefusalRow(
        Reason.TEAM_RESTRICTED,
        r"organization '(?P<organisation>[^']*)' has restricted OAuth access",
        403,
        "GitHub organization 'ORGANISATION' has restricted OAuth access. A 'ORGANISATION' administrator must approve the "
        "'crates.io' application in the organization's 'Third-party access' settings.",
    ),
    RefusalRow(
        Reason.EMAIL_UNVERIFIED,
        r"verified email address is required",
        400,
        "A verified email address is required to publish crates to crates.io. Visit https://crates.io/settings/profile to set and "
        "verify your email address.",
    ),
    RefusalRow(
        Reason.ACCOUNT_LOCKED,
        r"account is locked until (?P<until>.+?)\. Reason: (?P<reason>.*)",
        403,
        "This account is locked until 2026-07-25 at 13:00:00 UTC. Reason: spam",
    ),
    RefusalRow(
        Reason.ACCOUNT_LOCKED_FOR_GOOD,
        r"account is indefinitely locked\. Reason: (?P<reason>.*)",
        403,
        "This account is indefinitely locked. Reason: spam",
    ),
    RefusalRow(
        Reason.ACCOUNT_READ_ONLY, r"Read-only users cannot", 400, "ERROR: Read-only users cannot modify the registry"
    ),
    RefusalRow(
        Reason.NEW_CRATES_CLOSED,
        r"New crates publishing has been restricted",
        400,
        "ERROR: New crates publishing has been restricted",
    ),
)

_REQUEST = (
    RefusalRow(
        Reason.CLIENT_BLOCKED,
        r"unable to process your request at this time",
        403,
        "We are unable to process your request at this time. This usually means that you are in violation of our API data access "
        "policy (https://crates.io/data-access).",
    ),
    RefusalRow(
        Reason.CLIENT_NAMELESS,
        r"requests include a `User-Agent` header",
        403,
        "We require that all requests include a `User-Agent` header.",
    ),
    RefusalRow(Reason.ORIGIN_SENT, r"^invalid origin header$", 403, "invalid origin header"),
    RefusalRow(
        Reason.REQUEST_DAMAGED,
        r"invalid metadata length|invalid tarball length|invalid upload request",
        400,
        "invalid tarball length for remaining payload: 217",
    ),
    RefusalRow(
        Reason.REQUEST_DAMAGED,
        r"Failed to (?:parse the request body as|deserialize the) JSON|Expected request with `Content-Type",
        422,
        "Failed to deserialize the JSON body into the target type: missing field `jwt` at line 1 column 2",
    ),
    RefusalRow(
        Reason.REQUEST_DAMAGED,
        r"Invalid (?:raw )?metadata|Invalid min\. length|Failed to extract bytes",
        400,
        "ERROR: Invalid min. length 3/10 bytes",
    ),
    RefusalRow(
        Reason.LOGIN_NEEDED, r"No authorization for download", 401, "ERROR: No authorization for download provided"
    ),
    RefusalRow(Reason.CRATE_HIDDEN, r"Not a crate user", 403, "ERROR: Not a crate user"),
    RefusalRow(
        Reason.VERSION_UNREADABLE,
        r"^Invalid URL: ",
        400,
        "Invalid URL: unexpected character 'x' while parsing major version number",
    ),
    RefusalRow(Reason.ROUTE_ABSENT, r"^Not Found$", 404, "Not Found"),
)

_REGISTRY = (
    RefusalRow(Reason.THERE, r"is already uploaded", 400, "crate version `1.0.0` is already uploaded"),
    RefusalRow(
        Reason.THERE,
        r"Crate with version already exists",
        400,
        "ERROR: Crate with version already exists: NAME-1.0.0",
    ),
    RefusalRow(
        Reason.DEPENDENCY, r"no known crate named `(?P<dependency>[^`]*)`", 400, "no known crate named `DEPENDENCY`"
    ),
    RefusalRow(
        Reason.NAME_DELETED,
        r"was recently deleted\. .* after (?P<until>[^ ]+?)\.?$",
        400,
        "A crate with the name `NAME` was recently deleted. Reuse of this name will be available after 2026-07-26T12:00:00Z.",
    ),
    RefusalRow(
        Reason.VERSION_ABSENT,
        r"crate `[^`]*` does not have a version",
        404,
        "crate `NAME` does not have a version `1.0.0`",
    ),
    RefusalRow(Reason.CRATE_ABSENT, r"crate `[^`]*` does not exist", 404, "crate `NAME` does not exist"),
    RefusalRow(Reason.CRATE_ABSENT, r"Crate not found", 404, "ERROR: Crate not found"),
    RefusalRow(
        Reason.UPSTREAM,
        r"is upstream's; a rehearsal changes only",
        400,
        "`NAME@1.0.0` is upstream's; a rehearsal changes only what was published in it",
    ),
)

_CONTENTS = (
    RefusalRow(Reason.NAME_RESERVED, r"with a reserved name", 400, "cannot upload a crate with a reserved name"),
    RefusalRow(
        Reason.OTHER_SPELLING,
        r"crate was previously named `(?P<spelt>[^`]*)`",
        400,
        "crate was previously named `Na_Me`",
    ),
    RefusalRow(
        Reason.DEPENDENCY_NAME,
        r"in dependency name|the dependency name|dependency name cannot|as a dependency name",
        400,
        "invalid character ` ` in dependency name: `foo bar`, characters must be an ASCII alphanumeric characters, `-`, or `_`",
    ),
    RefusalRow(
        Reason.FEATURES,
        r"in feature `|feature cannot be empty",
        400,
        "invalid character `~` in feature `~x`, the first character must be a Unicode XID start character or digit (most letters "
        "or `_` or `0` to `9`)",
    ),
    RefusalRow(
        Reason.NAME_INVALID,
        r"in crate name|the crate name|crate name cannot be empty|as a crate name",
        400,
        "the name `1abc` cannot be used as a crate name, the name cannot start with a digit",
    ),
    RefusalRow(
        Reason.NAME_INVALID,
        r"Invalid (?:character in|length for) name",
        400,
        "ERROR: Invalid character in name",
    ),
    RefusalRow(Reason.VERSION_INVALID, r"is an invalid semver version", 400, '"1.0" is an invalid semver version'),
    RefusalRow(
        Reason.VERSION_INVALID,
        r"version number is too long",
        400,
        "the version number is too long (max 150 characters)",
    ),
    RefusalRow(Reason.VERSION_INVALID, r"Invalid SemVer", 400, "ERROR: Invalid SemVer"),
    RefusalRow(Reason.TOO_LARGE, r"max upload size is", 413, "max upload size is: 10485760"),
    RefusalRow(Reason.TOO_LARGE, r"metadata blob too large", 413, "JSON metadata blob too large"),
    RefusalRow(
        Reason.TARBALL_MANIFEST,
        r"tarball (?:is missing a|contains more than one) `Cargo\.toml`",
        400,
        "uploaded tarball is missing a `Cargo.toml` manifest file",
    ),
    RefusalRow(
        Reason.TARBALL,
        r"uploaded tarball (?:is malformed|contains more than)",
        400,
        "uploaded tarball is malformed or too large when decompressed",
    ),
    RefusalRow(Reason.TARBALL_PATH, r"invalid path found", 400, "invalid path found: other-1.0.0/Cargo.toml"),
    RefusalRow(
        Reason.TARBALL_ENTRY,
        r"unexpected tar entry type",
        400,
        "unexpected tar entry type Symlink found: NAME-1.0.0/link",
    ),
    RefusalRow(
        Reason.MANIFEST,
        r"failed to parse `Cargo\.toml`",
        400,
        "failed to parse `Cargo.toml` manifest file\n\ninvalid `rust-version` value",
    ),
    RefusalRow(
        Reason.MISMATCH,
        r"metadata (?:name|version) `.*` does not match manifest",
        400,
        "metadata version `1.0.0` does not match manifest version `1.0.0+x`",
    ),
    RefusalRow(
        Reason.FIELDS_MISSING,
        r"missing or empty metadata fields",
        400,
        "missing or empty metadata fields: description, license. Please see "
        "https://doc.rust-lang.org/cargo/reference/manifest.html for more information on configuring these fields",
    ),
    RefusalRow(
        Reason.FIELDS_MISSING,
        r"Required field\(s\) not defined",
        400,
        'ERROR: Required field(s) not defined for crate NAME, missing: ["license"], requires: ["license"]',
    ),
    RefusalRow(
        Reason.DESCRIPTION,
        r"The `description` is too long",
        400,
        "The `description` is too long. A maximum of 1000 characters are currently allowed.",
    ),
    RefusalRow(
        Reason.LICENSE,
        r"unknown or invalid license expression",
        400,
        "unknown or invalid license expression; see http://opensource.org/licenses for options, and http://spdx.org/licenses/ for "
        "their identifiers",
    ),
    RefusalRow(
        Reason.URL,
        r"^URL for field `",
        400,
        "URL for field `homepage` must begin with http:// or https:// (url: x.y)",
    ),
    RefusalRow(Reason.URL, r"is not a valid url", 400, "`homepage` is not a valid url: `https://`"),
    RefusalRow(Reason.KEYWORDS, r"is an invalid keyword", 400, '"a b" is an invalid keyword'),
    RefusalRow(Reason.KEYWORDS, r"keywords per crate", 400, "expected at most 5 keywords per crate"),
    RefusalRow(
        Reason.CATEGORIES,
        r"category slugs are not currently supported",
        400,
        "The following category slugs are not currently supported on crates.io: nope\n\nSee https://crates.io/category_slugs for a "
        "list of supported slugs.",
    ),
    RefusalRow(Reason.CATEGORIES, r"categories per crate", 400, "expected at most 5 categories per crate"),
    RefusalRow(
        Reason.REQUIREMENT, r"is an invalid version requirement", 400, '"abc" is an invalid version requirement'
    ),
    RefusalRow(
        Reason.WILDCARD,
        r"wildcard \(`\*`\) dependency constraints are not allowed.*problem: `(?P<dependency>[^`]*)`",
        400,
        "wildcard (`*`) dependency constraints are not allowed on crates.io. Crate with this problem: `DEPENDENCY` See "
        "https://doc.rust-lang.org/cargo/faq.html#can-libraries-use--as-a-version-for-their-dependencies for more information",
    ),
    RefusalRow(
        Reason.FOREIGN_DEPENDENCY,
        r"Dependency `(?P<dependency>[^`]*)` is hosted on another registry",
        400,
        "Dependency `DEPENDENCY` is hosted on another registry. Cross-registry dependencies are not permitted on crates.io.",
    ),
    RefusalRow(
        Reason.TOO_MANY,
        r"only allows a maximum number of",
        400,
        "crates.io only allows a maximum number of 300 features, but your crate is declaring 301 features.",
    ),
)

_CONFIGURATION = r"config for repository `(?P<repository>[^`]*)` "
EXCHANGES = (
    RefusalRow(Reason.ID_TOKEN_UNREADABLE, r"^Failed to decode JWT$", 400, "Failed to decode JWT"),
    RefusalRow(
        Reason.ID_TOKEN_ISSUER,
        r"^Unsupported JWT issuer: (?P<issuer>.*)",
        400,
        "Unsupported JWT issuer: https://example.com",
    ),
    RefusalRow(Reason.ID_TOKEN_KEY, r"^(?:Missing|Invalid) JWT key ID$", 400, "Invalid JWT key ID"),
    RefusalRow(Reason.ID_TOKEN_USED, r"^JWT has already been used$", 400, "JWT has already been used"),
    RefusalRow(Reason.ID_TOKEN_CLAIM, r"^Unexpected `(?P<claim>[^`]*)` value$", 400, "Unexpected `workflow_ref` value"),
    RefusalRow(
        Reason.TRIGGER_UNSUPPORTED,
        r"does not support the `(?P<event>[^`]*)` event trigger",
        400,
        "Trusted Publishing does not support the `pull_request_target` event trigger due to security concerns. Please use a "
        "different trigger such as `push`, `release`, or `workflow_dispatch`.",
    ),
    RefusalRow(
        Reason.CONFIGURATION_ABSENT,
        r"No Trusted Publishing config found for repository `(?P<repository>[^`]*)`",
        400,
        "No Trusted Publishing config found for repository `OWNER/NAME`.",
    ),
    RefusalRow(
        Reason.CONFIGURATION_OWNER,
        rf"{_CONFIGURATION}does not match the (?:repository owner|namespace) ID",
        400,
        "The Trusted Publishing config for repository `OWNER/NAME` does not match the repository owner ID (66) in the JWT. "
        "Expected owner IDs: 65. Please recreate the Trusted Publishing config to update the repository owner ID.",
    ),
    RefusalRow(
        Reason.CONFIGURATION_WORKFLOW,
        rf"{_CONFIGURATION}does not match the workflow file(?:name|path) `(?P<workflow>[^`]*)`"
        r".*Expected workflow \w+: (?P<expected>.*?)\.?$",
        400,
        "The Trusted Publishing config for repository `OWNER/NAME` does not match the workflow filename `other.yml` in the JWT. "
        "Expected workflow filenames: `release.yml`",
    ),
    RefusalRow(
        Reason.CONFIGURATION_NEEDS_ENVIRONMENT,
        rf"{_CONFIGURATION}requires an environment.*Expected environments: (?P<expected>.*?)\.?$",
        400,
        "The Trusted Publishing config for repository `OWNER/NAME` requires an environment, but the JWT does not specify one. "
        "Expected environments: `Release`",
    ),
    RefusalRow(
        Reason.CONFIGURATION_ENVIRONMENT,
        rf"{_CONFIGURATION}does not match the environment `(?P<environment>[^`]*)`"
        r".*Expected environments: (?P<expected>.*?)\.?$",
        400,
        "The Trusted Publishing config for repository `OWNER/NAME` does not match the environment `staging` in the JWT. Expected "
        "environments: `Release`",
    ),
)

ROWS = (*_CREDENTIAL, *_ACCOUNT, *_REQUEST, *_REGISTRY, *_CONTENTS, *EXCHANGES)
"""The first row that fits counts. `EXCHANGES` are of an ID token; the others are of everything else."""

_BY_STATUS = {
    401: Reason.ACCOUNT,
    403: Reason.ACCOUNT,
    404: Reason.ROUTE_ABSENT,
    405: Reason.ROUTE_ABSENT,
    413: Reason.TOO_LARGE,
}


READ_ONLY = (
    "crates.io is currently in read-only mode. Please check https://status.crates.io/ for details and try again later."
)


def is_read_only(text: str) -> bool:
    """Whether the registry, which answered 503, can be read only for the moment."""
    return "in read-only mode" in text


def read_refusal(status: int, text: str) -> ReadRefusal:
    """The reason of the registry's own refusal with these words; one of `FALLBACKS` if they are not known."""
    for row in ROWS:
        if found := re.search(row.says, text, re.DOTALL):
            return ReadRefusal(row.reason, {name: each for name, each in found.groupdict().items() if each is not None})
    return ReadRefusal(_BY_STATUS.get(status, Reason.OTHER), {})


def read_exchange_refusal(status: int, text: str) -> ReadRefusal:
    """As `read_refusal`, of an ID token that is exchanged: a registry that has no such route has no trusted publishing."""
    read = read_refusal(status, text)
    return ReadRefusal(Reason.TRUSTED_PUBLISHING_ABSENT, {}) if read.reason is Reason.ROUTE_ABSENT else read
