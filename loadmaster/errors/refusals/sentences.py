"""What each reason of a registry means, and what to do next.

The fields in braces: `{crate}` (`name@version`) and `{name}`, both in backticks; `{package}`, the name for a command; `{token}`,
with the place that it was read from; `{scope}`; and the values that `loadmaster.planning.answers.registry` finds in the
registry's words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from loadmaster.errors.refusals.reason import Reason

_HIGHER = "commit that, and release a higher version: the commit and the tag of this one stay as they are."
_NEW_TOKEN = "make a new token on the registry's page for API tokens, put it where that one is, then try again."


class Sentences(NamedTuple):
    why: str
    fix: str


_CREDENTIAL = {
    Reason.TOKEN_LOST: Sentences(
        "{token} was sent, and no credential arrived: a proxy between here and the registry took it away.",
        "let the proxy pass the header `Authorization` on, or go around it, then try again.",
    ),
    Reason.TOKEN_MALFORMED: Sentences(
        "{token} has not the form of this registry's tokens: a quote or a part of a line was copied with it, or it is another "
        "registry's.",
        "put the token there once more, alone and as the registry showed it, then try again.",
    ),
    Reason.TOKEN_UNKNOWN: Sentences(
        "the registry does not know {token}, or it has expired, or was revoked: its answer is the same for all three.",
        _NEW_TOKEN,
    ),
    Reason.TOKEN_SILENT: Sentences(
        "most likely the registry does not know {token}: kellnr refuses such a token without a word.",
        _NEW_TOKEN,
    ),
    Reason.TOKEN_SCOPE: Sentences(
        "{token} lacks the scope {scope}, or its list of crates does not cover {name}; in that list case counts, and `-` is "
        "not `_`.",
        "make a token with that scope which covers {name}, put it where that one is, then try again.",
    ),
    Reason.TRUSTED_TOKEN_ENDED: Sentences(
        "the registry no longer knows {token}: it lives 30 minutes, and was revoked or has ended.",
        "try again: the next attempt gets a new one.",
    ),
    Reason.TRUSTED_OTHER_CRATE: Sentences(
        "no configuration of trusted publishing of `{refused}` fits the repository, the workflow file and the environment of "
        "this job; {token} covers only the crates that have such a one.",
        "add that configuration on the settings page of `{refused}`, or let the profile publish with an API token "
        "(`registry.credential`), then try again.",
    ),
    Reason.TRUSTED_NEW_CRATE: Sentences(
        "{name} is not on the registry yet, and trusted publishing cannot create a crate.",
        'let the profile create crates with an API token that has the scope `publish-new` (`new = "token"` in '
        "`[registry.credentials]`), then try again.",
    ),
    Reason.TRUSTED_ONLY: Sentences(
        "the owners of {name} have switched off API tokens for it, so {token} may not publish it.",
        'let the profile publish by trusted publishing (`registry.credential = "trusted-publishing"`), or let an owner allow '
        "API tokens on the crate's settings page, then try again.",
    ),
}

_ACCOUNT = {
    Reason.NOT_OWNER: Sentences(
        "the account of {token} is not an owner of {name}, or was invited and has not accepted yet: the registry's answer is "
        "the same for both.",
        "if the account was invited, let it accept on the registry's page of invitations; else let an owner of {name} invite "
        "it (`cargo owner --add LOGIN {package}`), and let it accept. Then try again.",
    ),
    Reason.TEAM_RESTRICTED: Sentences(
        "a team of `{organisation}` owns {name}, and that organisation does not let crates.io see who is in its teams.",
        "let an administrator of `{organisation}` allow the application crates.io in the organisation's settings (third-party "
        "access), then try again.",
    ),
    Reason.EMAIL_UNVERIFIED: Sentences(
        "the account of {token} has no e-mail address that is verified.",
        "verify one on the registry's page for the account's profile, then try again; the token stays the same.",
    ),
    Reason.ACCOUNT_LOCKED: Sentences(
        "the registry's operators have locked the account of {token} until {until}; their reason is `{reason}`.",
        "try again after {until}, or write to the registry's operators; another owner's token works at once.",
    ),
    Reason.ACCOUNT_LOCKED_FOR_GOOD: Sentences(
        "the registry's operators have locked the account of {token}, without an end; their reason is `{reason}`.",
        "write to the registry's operators, or put the token of another owner there, then try again.",
    ),
    Reason.ACCOUNT_READ_ONLY: Sentences(
        "the account of {token} may only read: an administrator of the registry has set that.",
        "let an administrator allow it to write, or put another account's token there, then try again.",
    ),
    Reason.NEW_CRATES_CLOSED: Sentences(
        "{name} is not on the registry yet, and only its administrators create crates there.",
        "let an administrator create {name} or open the registry for new crates, then try again.",
    ),
    Reason.ACCOUNT: Sentences(
        "the registry does not let {token} do this; its words above are all that is known.",
        "do what its words say about the token, its account or the crate's owners, then try again.",
    ),
}

_REQUEST = {
    Reason.CLIENT_BLOCKED: Sentences(
        "the registry turns this client away, whatever the credential: for its address, its `User-Agent`, or how often it asked.",
        "wait an hour and try again, from another address if need be; if it stays so, write to the registry's operators.",
    ),
    Reason.CLIENT_NAMELESS: Sentences(
        "the request arrived without its `User-Agent`: a proxy between here and the registry took it away.",
        "let the proxy pass the header `User-Agent` on, or go around it, then try again.",
    ),
    Reason.ORIGIN_SENT: Sentences(
        "the request arrived with a header `Origin`, which only browsers send: a proxy between here and the registry added it.",
        "let the proxy leave that header out, or go around it, then try again.",
    ),
    Reason.REQUEST_DAMAGED: Sentences(
        "the request did not arrive as it was sent: the connection or a proxy cut it short or changed it.",
        "try again; if it stays so, go around the proxy, or look whether it limits the size of a request.",
    ),
    Reason.PROXY_LIMIT: Sentences(
        "a proxy in front of the registry, not the registry, takes no request of this size.",
        "let whoever runs it raise the limit (nginx: `client_max_body_size`), then try again.",
    ),
    Reason.ROUTE_ABSENT: Sentences(
        "nothing answers there: the `api` in the `config.json` of the registry's index is not its web API, or the registry "
        "cannot do this.",
        "compare the address with the registry's documentation, and with the one that was asked for here, then try again.",
    ),
    Reason.VERSION_UNREADABLE: Sentences(
        "the registry does not read the version in the address as one.",
        "compare the version with the crate's page on the registry; if they are equal, a proxy changed the address.",
    ),
    Reason.LOGIN_NEEDED: Sentences(
        "the registry lets only those read who sign in (`auth-required`), and Loadmaster reads without a token.",
        "let the registry be read without signing in, at least from this machine, then try again.",
    ),
    Reason.CRATE_HIDDEN: Sentences(
        "the registry lets only chosen accounts read this crate, and Loadmaster reads without a token.",
        "let the registry give the crate to everybody who reaches it, then try again.",
    ),
}

_REGISTRY = {
    Reason.THERE: Sentences(
        "an earlier upload took effect and its answer was lost, or somebody else was first; the index does not list it yet.",
        "try again a little later: what the registry has is then compared with what was packaged here.",
    ),
    Reason.DEPENDENCY: Sentences(
        "the registry has no crate `{dependency}`, which {name} needs, in exactly this spelling.",
        "publish `{dependency}` first, then try again; if the registry spells it otherwise, correct the manifest of {name} and "
        "release a higher version.",
    ),
    Reason.NAME_DELETED: Sentences(
        "a crate of this name was deleted a short time ago, and the registry gives its name to nobody until {until}.",
        "try again after {until}.",
    ),
    Reason.CRATE_ABSENT: Sentences(
        "the registry has no crate {name}: it was never published there, or was deleted.",
        "compare the name and the registry's address with the crate's page, then try again.",
    ),
    Reason.VERSION_ABSENT: Sentences(
        "the registry has {name}, but not this version of it; a part after `+` counts.",
        "compare the version with the crate's page on the registry, then try again.",
    ),
    Reason.UPSTREAM: Sentences(
        "it was published before the rehearsal began, and a rehearsal changes only what was published in it.",
        "choose a version that this rehearsal has published.",
    ),
}


def _contents(why: str, mend: str) -> Sentences:
    return Sentences(why, f"{mend}, {_HIGHER}")


_CONTENTS = {
    Reason.NAME_RESERVED: _contents(
        "nobody may have this name: the registry keeps the names of Rust's own crates, of Windows' devices, and those that its "
        "operators add.",
        "give the package {name} another name",
    ),
    Reason.NAME_INVALID: _contents(
        "the registry takes names of at most 64 characters, of ASCII letters, digits, `-` and `_`, which begin with a letter.",
        "give the package {name} such a name",
    ),
    Reason.OTHER_SPELLING: _contents(
        "the registry knows the crate as `{spelt}`; two names that differ only in case, `-` or `_` are one name.",
        "call the package `{spelt}`, in all manifests that name it",
    ),
    Reason.VERSION_INVALID: _contents(
        "the registry does not take this version: it is not strict SemVer, or is too long.",
        "give {name} another version",
    ),
    Reason.TOO_LARGE: _contents(
        "the packaged crate, or its README, is larger than the registry takes.",
        "ask the registry's operators for a higher limit, then try again; or leave out what users do not need (`exclude` in the "
        "manifest of {name})",
    ),
    Reason.TARBALL: _contents(
        "the registry cannot unpack the crate file, or it is too large when unpacked.",
        "look at what `cargo package --list --package {package}` shows, leave out what is large or generated",
    ),
    Reason.TARBALL_PATH: _contents(
        "a path in the crate file leads out of the crate's own directory, or is not UTF-8.",
        "rename that file of {name}, or leave it out (`exclude`)",
    ),
    Reason.TARBALL_ENTRY: _contents(
        "the registry takes plain files and directories only, and the crate file has a link or a device in it.",
        "put a plain file of {name} in its place, or leave it out (`exclude`)",
    ),
    Reason.TARBALL_MANIFEST: _contents(
        "the crate file must have one `Cargo.toml` at its top, in exactly this spelling, and has none or several.",
        "rename or leave out (`exclude`) what {name} has beside it",
    ),
    Reason.MANIFEST: _contents(
        "the registry cannot read the packaged `Cargo.toml`; its words name the place.",
        "mend that place in the manifest of {name}",
    ),
    Reason.MISMATCH: _contents(
        "what was announced is not what the packaged `Cargo.toml` says.",
        "look at the name and the version in the manifest of {name}; the part of a version after `+` counts",
    ),
    Reason.FIELDS_MISSING: _contents(
        "the registry asks for fields that the manifest of {name} does not have, or has empty.",
        "write the fields that its words name into the manifest of {name}",
    ),
    Reason.DESCRIPTION: _contents(
        "the `description` of {name} is too long; the registry counts bytes.",
        "shorten it",
    ),
    Reason.LICENSE: _contents(
        "the `license` of {name} is not an SPDX expression that the registry knows.",
        "correct it, or name a file by `license-file`",
    ),
    Reason.URL: _contents(
        "an address in the manifest of {name} is not one that begins with `http://` or `https://`.",
        "correct it",
    ),
    Reason.KEYWORDS: _contents(
        "the registry takes five keywords of at most 20 characters, of letters, digits, `-`, `_` and `+`, each beginning with "
        "a letter or a digit.",
        "correct `keywords` in the manifest of {name}",
    ),
    Reason.CATEGORIES: _contents(
        "the registry takes five categories, by the slugs of its own list.",
        "correct `categories` in the manifest of {name}",
    ),
    Reason.DEPENDENCY_NAME: _contents(
        "a dependency of {name} has a name that the registry does not take.",
        "rename that dependency in the manifest of {name}",
    ),
    Reason.REQUIREMENT: _contents(
        "the registry cannot read the version that {name} asks of a dependency.",
        "correct that requirement",
    ),
    Reason.WILDCARD: _contents(
        "{name} takes any version of `{dependency}`, which the registry does not allow.",
        "name a version of `{dependency}` in its manifest",
    ),
    Reason.FOREIGN_DEPENDENCY: _contents(
        "{name} needs `{dependency}` from another registry, and this one takes dependencies on its own crates only.",
        "take `{dependency}` from this registry, or make {name} do without it",
    ),
    Reason.FEATURES: _contents(
        "a feature of {name} has a name, or turns on something, that the registry does not take.",
        "rename that feature in the manifest of {name}",
    ),
    Reason.TOO_MANY: _contents(
        "{name} has more features or dependencies than the registry takes.",
        "ask the registry's operators for a higher limit, then try again; or take some out of the manifest of {name}",
    ),
    Reason.CONTENTS: _contents(
        "the crate breaks one of the registry's rules, which its words name.",
        "mend what they name in {name}",
    ),
}

_EXCHANGE = {
    Reason.ID_TOKEN_UNREADABLE: Sentences(
        "the registry does not accept the ID token: it has ended, is not made for this registry, or lacks what the registry "
        "reads; or this machine's clock is wrong.",
        "try again, which asks for a new one; if it stays so, compare the clock, and the registry's address with the one that "
        "the configuration is for.",
    ),
    Reason.ID_TOKEN_ISSUER: Sentences(
        "the registry takes no ID tokens from `{issuer}`; crates.io takes GitHub's and GitLab's.",
        "release from a job of one of these, or let the profile publish with an API token (`registry.credential`), then try "
        "again.",
    ),
    Reason.ID_TOKEN_KEY: Sentences(
        "the registry does not know the key that the ID token is signed with: its issuer has changed keys, or is not the one "
        "that it names.",
        "try again a little later, which asks for a new ID token.",
    ),
    Reason.ID_TOKEN_USED: Sentences(
        "an ID token is taken once, and this one was exchanged before: an earlier answer was lost, or somebody else has it.",
        "try again, which asks for a new one; if you cannot explain it, look at who can read the job.",
    ),
    Reason.ID_TOKEN_CLAIM: Sentences(
        "the ID token says `{claim}` in a form that the registry does not read: its issuer is not one that the registry knows.",
        "release from a plain job of GitHub Actions or GitLab CI, or let the profile publish with an API token "
        "(`registry.credential`), then try again.",
    ),
    Reason.TRIGGER_UNSUPPORTED: Sentences(
        "the workflow was started by `{event}`, which strangers can bring about, so the registry gives no token to it.",
        "start it by `push`, `release` or `workflow_dispatch`.",
    ),
    Reason.CONFIGURATION_ABSENT: Sentences(
        "no crate has a configuration of trusted publishing for the repository `{repository}`.",
        "add one on the settings page of each crate, with this repository and the workflow's file, then try again.",
    ),
    Reason.CONFIGURATION_OWNER: Sentences(
        "the configuration was made for `{repository}` when it belonged to another account of that name.",
        "delete the configuration on the crate's settings page and add it anew, then try again.",
    ),
    Reason.CONFIGURATION_WORKFLOW: Sentences(
        "the job runs `{workflow}`, and the configuration for `{repository}` names {expected}; case counts.",
        "release from a workflow that the configuration names, or add one for `{workflow}` on the crate's settings page, then "
        "try again.",
    ),
    Reason.CONFIGURATION_NEEDS_ENVIRONMENT: Sentences(
        "the configuration for `{repository}` asks for the environment {expected}, and the job runs in none.",
        "give the job that environment (`environment:`), or add a configuration without one, then try again.",
    ),
    Reason.CONFIGURATION_ENVIRONMENT: Sentences(
        "the job runs in the environment `{environment}`, and the configuration for `{repository}` asks for {expected}.",
        "give the job that environment (`environment:`), or add a configuration for `{environment}`, then try again.",
    ),
    Reason.TRUSTED_PUBLISHING_ABSENT: Sentences(
        "the registry has no trusted publishing, or the `api` in the `config.json` of its index is another server's.",
        "let the profile publish with an API token (`registry.credential`), then try again.",
    ),
}

_REST = {
    Reason.OTHER: Sentences(
        "the registry's words above are all that is known.",
        "if they are about the crate's contents, mend those and release a higher version; if they are about anything else, mend "
        "that, then try again.",
    ),
}

SENTENCES: Mapping[Reason, Sentences] = {
    **_CREDENTIAL,
    **_ACCOUNT,
    **_REQUEST,
    **_REGISTRY,
    **_CONTENTS,
    **_EXCHANGE,
    **_REST,
}


def sentences_of(reason: Reason, fields: Mapping[str, str]) -> Sentences:
    """The sentences of a reason with `fields` put in; an ellipsis stands for a field that is not there."""
    return Sentences(*(text.format_map(_Fields(fields)) for text in SENTENCES[reason]))


class _Fields(dict[str, str]):
    def __missing__(self, _name: str) -> str:
        return "…"
