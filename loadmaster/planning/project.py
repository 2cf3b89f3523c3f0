"""The profile of a project: where its workspace lives and how it is released. The model only; `loadmaster.project` reads it.

Every field's text below is what a person sees in the documentation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from string import Formatter
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from loadmaster.planning.file_rule import FileRule
from loadmaster.planning.lsm.style import SmokeStyle
from loadmaster.planning.manifest import Policy
from loadmaster.planning.permission_gate import PermissionGate
from loadmaster.planning.rates import CRATES_IO_RATES, Action, Rate
from loadmaster.planning.value import Value


def _only(*names: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        """Raises ValueError for a brace that is alone, too."""
        unknown = sorted({name for _, name, _, _ in Formatter().parse(text) if name is not None} - set(names))
        if unknown:
            known = " and ".join(f"`{{{name}}}`" for name in names)
            raise ValueError(f"`{{{unknown[0]}}}` means nothing here; {known} can be filled in")
        return text

    return check


Versioned = Annotated[str, Field(pattern=r"\{version\}"), AfterValidator(_only("version"))]
"""Text with `{version}` in it."""

TagPattern = Annotated[str, Field(pattern=r"\{version\}"), AfterValidator(_only("name", "version"))]
"""Text with `{version}` in it, and perhaps `{name}`."""


class Source(Value):
    """Where the workspace lives: exactly one of `repository` and `directory`."""

    repository: str | None = None
    """Git URL, or path of a local clone."""
    directory: str | None = None
    """A plain directory in Loadmaster's own repository; rehearsals import it as a repository of one commit."""
    branch: str = "main"
    """The release branch."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.repository is None) == (self.directory is None):
            raise ValueError("give exactly one of `repository` and `directory`")
        return self


class Exclusion(Value):
    """A package that its manifest would let out, and that this project does not publish."""

    package: str
    why: str


def _one_group(pattern: str) -> str:
    try:
        groups = re.compile(pattern).groups
    except re.error as error:
        raise ValueError(f"it is no regular expression: {error}") from error
    if groups != 1:
        raise ValueError(f"the pattern has {groups} groups; exactly one must hold the names")
    return pattern


class PublishList(Value):
    """A list of crates to publish that is kept by hand in one of the project's files."""

    file: str
    """Its path."""
    pattern: Annotated[str, AfterValidator(_one_group)]
    """Regular expression whose one group holds names, in the order in which they are published; every match counts."""


class DeclaredWorkflow(Value):
    """A workflow of the forge that a release relies on."""

    file: str = Field(pattern=r"^[^/\s]+\.ya?ml$")
    """Its name in `.github/workflows`."""
    dispatch: bool = True
    """Whether it must be possible to start it by hand (`workflow_dispatch`)."""


class ReleaseStyle(Value):
    """How the project names and writes a release."""

    policy: Policy = Policy.LOCKSTEP
    tag: TagPattern = "v{version}"
    """The tag's name; `{version}` stands for the version, `{name}` for the package, which then has a tag of its own."""
    tags: Mapping[str, TagPattern] = Field(default_factory=dict)
    """Patterns of packages whose tags differ from the others', by package."""
    commit_message: Versioned = "Release {version}"
    """Of the release commit; `{version}` stands for the version, or for what is released where there are several."""
    tag_message: Annotated[str, AfterValidator(_only("project", "version"))] = "{project} {version}"
    """Of the annotated tag; `{project}` and `{version}` stand for the title (of a package with a tag of its own: its name)
    and the version."""
    changelog: Annotated[str | None, BeforeValidator(lambda path: path or None)] = "CHANGELOG.md"
    """Path of the changelog; `""` if the project keeps none. With `policy = "independent"` each package has the file of that
    name beside its manifest; only where none has such a file do they share the one at the path."""
    stale_lockfiles: tuple[str, ...] = ()
    """Paths of lockfiles that the project does not keep current: left as they are, not asked about, told as a deviation."""
    files: tuple[FileRule, ...] = ()
    """Other files in which versions stand, one `[[release.files]]` each; `pyproject.toml` of a member needs none."""
    exclude: tuple[Exclusion, ...] = ()
    """Packages that stay back though their manifests would let them out: a list of `{ package = …, why = … }`."""
    publish: tuple[str, ...] = ()
    """Every crate that is meant to be published; the gates compare it with the publishable packages. Not compared if empty."""
    publish_lists: tuple[PublishList, ...] = ()
    """Lists of the same in the project's own files, which the gates compare, too: `{ file = …, pattern = … }`."""
    author_name: str = "Loadmaster"
    """Who the release commit and the tag are by."""
    author_email: str = "loadmaster@localhost"

    def tag_pattern(self, package: str) -> str:
        return self.tags.get(package, self.tag)

    def names_package(self, package: str) -> bool:
        """Whether the package has a tag of its own."""
        return package in self.tags or "{name}" in self.tag


TOKEN_VARIABLE = "LOADMASTER_REGISTRY_TOKEN"
NEW_TOKEN_VARIABLE = "LOADMASTER_REGISTRY_TOKEN_NEW"
"""A second token, for crates that are new."""
CARGO_TOKEN_VARIABLE = "CARGO_REGISTRY_TOKEN"
"""cargo's own, for crates.io: it is sent to no other registry."""
IDENTITY_VARIABLES = ("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN")
"""Where, and with what, a job of GitHub Actions asks for an ID token."""
SECRET_VARIABLES = frozenset({TOKEN_VARIABLE, NEW_TOKEN_VARIABLE, CARGO_TOKEN_VARIABLE, IDENTITY_VARIABLES[1]})
"""What only the process that uploads may have."""


def _no_secrets(names: tuple[str, ...]) -> tuple[str, ...]:
    if secret := sorted(SECRET_VARIABLES.intersection(names)):
        raise ValueError(f"`{secret[0]}` holds a secret that cargo and git must not have")
    return names


class ClippyScope(StrEnum):
    WORKSPACE = "workspace"
    """Every target of every member: `--workspace --all-targets`."""
    PUBLISHED = "published"
    """The libraries and programs of what is published; a private member may need what is not installed."""


class CargoStyle(Value):
    """How cargo is called."""

    toolchain: str | None = None
    """Overrides the toolchain that the repository pins; recorded as a deviation."""
    verify: bool = True
    """Build every packaged crate before anything is uploaded. `false` is recorded as a deviation."""
    clippy: bool = True
    """Run `cargo clippy`. `false` is recorded as a deviation."""
    clippy_of: ClippyScope = ClippyScope.WORKSPACE
    """What it looks at."""
    deny_warnings: bool = True
    """Every warning of clippy fails its gate; `false` lets those pass that the last release had already."""
    environment: Annotated[tuple[str, ...], AfterValidator(_no_secrets)] = ()
    """Names of variables that cargo and git may see besides the built-in allow-list."""


class Install(Value):
    """The install check: what a user would type, and what must come out."""

    package: str
    """The crate to install."""
    binary: str
    """The program of it whose `--version` is asked."""
    debug: bool = False
    """Build without optimizations, which is faster; recorded as a deviation."""


class Credential(StrEnum):
    """What the registry counts uploads by."""

    TOKEN = "token"
    """An account's API token: crates.io limits how many crates and versions it publishes in a time."""
    TRUSTED_PUBLISHING = "trusted-publishing"
    """A token that belongs to no account: not limited, and cannot create crates."""


class Credentials(Value):
    """Where the credentials come from, and a second one for crates that are new. See [credentials](credentials.md)."""

    new: Credential | None = None
    """What creates crates, `token` or `trusted-publishing`; the same as `credential` if left out."""
    token_block: str | None = Field(default=None, pattern=r"^[a-z0-9-]+$")
    """Name of the Prefect Secret block with the API token; the environment's if left out."""
    new_token_block: str | None = Field(default=None, pattern=r"^[a-z0-9-]+$")
    """Name of the Secret block with the API token that creates crates; `token_block` if left out."""

    def block_for(self, action: Action) -> str | None:
        return (self.new_token_block if action is Action.NEW else None) or self.token_block


class TrustedPublishing(Value):
    """What every crate's configuration of trusted publishing must say; the permission gates compare it."""

    repository: str = Field(pattern=r"^[\w.-]+/[\w.-]+$")
    """`OWNER/NAME` on GitHub, case ignored."""
    workflow: str = Field(pattern=r"^[^/\s]+\.ya?ml$")
    """File name of the workflow that publishes, such as `release.yml`; case counts."""
    environment: str | None = None
    """The environment that the publishing job names, if it names one; case ignored."""
    owner_id: int | None = Field(default=None, ge=1)
    """GitHub's id of the repository's owner, which no renaming changes; not compared if left out."""


class Wait(StrEnum):
    """When a crate may follow one that it needs."""

    ACCEPTED = "accepted"
    """As soon as the registry took it; crates.io asks only for the name."""
    VISIBLE = "visible"
    """When the index shows it, for a registry that resolves dependencies at upload."""


class RegistryStyle(Value):
    """How the registry takes uploads."""

    credential: Credential = Credential.TOKEN
    credentials: Credentials = Credentials()
    owners: tuple[Annotated[str, Field(pattern=r"^(github:[^:\s]+:[^:\s]+|[\w-]+)$")], ...] = ()
    """Who must own every crate: logins on the registry, and teams as `github:ORGANISATION:TEAM`. Not asked if empty."""
    trusted_publishing: TrustedPublishing | None = None
    """How trusted publishing must be set up for every crate. Not compared if left out."""
    wait: Wait = Wait.ACCEPTED
    new_burst: int = 5
    """Crates that the account may create at once; crates.io adds one every 10 minutes, and raises the burst on request."""
    update_burst: int = 30
    """Versions that the account may publish at once; crates.io adds one every minute."""
    connections: int = Field(default=8, ge=1, le=64)
    """Uploads at the same time."""
    visible_within: float = Field(default=900.0, gt=0)
    """Seconds that the index may lag behind; crates.io's caches keep a file for up to 600."""

    @property
    def rates(self) -> dict[Action, Rate]:
        """The limits that apply, by what is counted; none for what goes out by trusted publishing."""
        bursts = {Action.NEW: self.new_burst, Action.UPDATE: self.update_burst}
        return {
            action: rate.model_copy(update={"burst": bursts[action]})
            for action, rate in CRATES_IO_RATES.items()
            if self.credential_for(action) is Credential.TOKEN
        }

    def credential_for(self, action: Action) -> Credential:
        """What a crate is published with, by whether it is new."""
        return (self.credentials.new if action is Action.NEW else None) or self.credential


class Preflight(Value):
    """How the permission gates ask. See [permissions](permissions.md)."""

    probe: bool = False
    """Also ask with uploads that end after their metadata: they show whether the token may publish each crate and whether
    the account's e-mail is verified, and each costs a token of the rate limit."""
    blocking: tuple[PermissionGate, ...] = ()
    """Permission gates whose `could-not-check` keeps a release from starting; elsewhere it is only shown."""
    finish_within: float | None = Field(default=None, gt=0)
    """Minutes that the rate limits may stretch publishing to; any time if left out."""


class GateStyle(Value):
    """How the gates are judged. See [gates](gates.md)."""

    advice: tuple[str, ...] = ("bump-alone", "gone-crate", "msrv", "semver-compatible")
    """Ids of gates that keep no release from starting: what they find is only shown."""


class Rehearsing(Value):
    """What the rehearsal world is like."""

    upstream: bool = True
    """External crates, and the project's own earlier versions, come from crates.io's index."""


class Project(Value):
    """One file `projects/NAME.toml`."""

    name: str
    title: str = ""
    """What a person calls it; the name if left out."""
    source: Source
    forge: str = Field(pattern=r"^[\w.-]+/[\w.-]+$")
    """The repository on the forge, `OWNER/NAME`."""
    release: ReleaseStyle = ReleaseStyle()
    cargo: CargoStyle = CargoStyle()
    registry: RegistryStyle = RegistryStyle()
    preflight: Preflight = Preflight()
    gates: GateStyle = GateStyle()
    workflows: tuple[DeclaredWorkflow, ...] = ()
    """Workflows that must be there: a list of `{ file = …, dispatch = … }`."""
    assets: tuple[Annotated[str, AfterValidator(_only("version"))], ...] = ()
    """Files that the project's own CI puts into the forge release, `{version}` filled in: its contract, written down. Nothing
    compares it yet."""
    install: Install | None = None
    smoke: SmokeStyle | None = None
    rehearsal: Rehearsing = Rehearsing()

    def tag_of(self, package: str, version: str) -> str:
        return self.release.tag_pattern(package).format(name=package, version=version)
