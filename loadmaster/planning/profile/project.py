"""The profile of a project: where its workspace is and how it is released. The model only; `loadmaster.run.profiles` reads it.

The documentation shows the docstring of every field.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from enum import StrEnum
from string import Formatter
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from loadmaster.errors.request import BranchNotReleased, PublisherUnknown
from loadmaster.planning.profile.also_released import AlsoReleased
from loadmaster.planning.profile.ci_style import CiStyle, Landing, Publisher
from loadmaster.planning.profile.file_rule import FileRule
from loadmaster.planning.profile.policy import Policy, Requirements
from loadmaster.planning.profile.profile_patterns import groups_of
from loadmaster.planning.profile.registry_style import RegistryStyle
from loadmaster.planning.profile.rehearsed_job import RehearsedJob
from loadmaster.planning.profile.release_command import ReleaseCommand, require_own_titles
from loadmaster.planning.profile.secret_variables import GIT_ONLY, names_credential
from loadmaster.planning.profile.tag_name import SPELLINGS, fields_of, tag_name
from loadmaster.planning.smoke.style import SmokeStyle
from loadmaster.planning.values.globs import matches_glob
from loadmaster.planning.values.permission_gate import PermissionGate
from loadmaster.planning.values.tree_path import TreeDirectory, TreePath
from loadmaster.planning.values.value import Value


def _only(*names: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        """Raises ValueError, for a single brace too."""
        unknown = sorted({name for _, name, _, _ in Formatter().parse(text) if name is not None} - set(names))
        if unknown:
            known = " and ".join(f"`{{{name}}}`" for name in names)
            raise ValueError(f"`{{{unknown[0]}}}` means nothing here; {known} can be filled in")
        return text

    return check


Versioned = Annotated[str, Field(pattern=r"\{version\}"), AfterValidator(_only("version"))]
"""Text that contains `{version}`."""


def _one_version(pattern: str) -> str:
    if len(fields_of(pattern)) != 1:
        raise ValueError("it needs the version exactly once, as `{version}`, `{plain}` or `{short}`")
    return pattern


TagPattern = Annotated[str, AfterValidator(_only("name", *SPELLINGS)), AfterValidator(_one_version)]
"""Text that contains `{version}`, `{plain}` or `{short}`, and may contain `{name}`."""


BranchName = Annotated[str, Field(pattern=r"^[^\s~^:\\-][^\s~^:\\]*$")]
"""A branch as git takes it. It does not begin as an option does."""


class Source(Value):
    """Where the workspace is. At most one of `path` and `workspaces` is given. All paths of a profile begin at the top of the
    repository, wherever the workspace is. A profile in a repository is for that repository, and names none. One in `projects/`
    has exactly one of `repository` and `directory`."""

    repository: str | None = None
    """Only in `projects/`: a Git URL, or the path of a local clone."""
    directory: str | None = None
    """Only in `projects/`: a plain directory in Loadmaster's own repository. Rehearsals import it as a repository with one
    commit."""
    branch: BranchName = "main"
    """The release branch."""
    path: TreeDirectory | None = None
    """The directory of the workspace's root manifest, or of a single crate's manifest, such as `"rust"`. If left out: the
    directory in which the profile lies; for one in `projects/`, the top. cargo runs there, as with `cd`: so
    `rust-toolchain.toml` and `.cargo/config.toml` are looked for there and above."""
    workspaces: tuple[TreeDirectory, ...] = ()
    """Directories of several root manifests that are released together, such as `["core", "tools"]`, with `"."` for the top. Each
    workspace keeps its own lockfile, and is packaged from its own root."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.repository is None) == (self.directory is None):
            raise ValueError("give exactly one of `repository` and `directory`")
        if self.path is not None and self.workspaces:
            raise ValueError("give at most one of `path` and `workspaces`")
        if len(set(self.workspaces)) < len(self.workspaces):
            raise ValueError("`workspaces` names a directory twice")
        return self

    @property
    def roots(self) -> tuple[str, ...]:
        """The root manifests of what is released, from the repository's top."""
        return tuple(posixpath.join(folder, "Cargo.toml") for folder in self.workspaces or (self.path or "",))


class Exclusion(Value):
    """A package that this project does not publish although its manifest allows it."""

    package: str
    """Its name."""
    why: str
    """For whoever reads the profile."""


def _one_group(pattern: str) -> str:
    groups = groups_of(pattern)
    if groups != 1:
        raise ValueError(f"the pattern has {groups} groups; exactly one must hold the names")
    return pattern


class PublishList(Value):
    """A list of the crates to publish that somebody maintains by hand in one of the project's files."""

    file: TreePath
    """The path of the file."""
    pattern: Annotated[str, AfterValidator(_one_group)]
    """A regular expression whose one group holds a crate's name. Every match counts; their order is the order of publishing."""


class DeclaredWorkflow(Value):
    """A workflow of the forge that a release relies on."""

    file: str = Field(pattern=r"^[^/\s]+\.ya?ml$")
    """The name of its file in `.github/workflows`."""
    dispatch: bool = True
    """Whether it must be possible to start it by hand (`workflow_dispatch`)."""


_IN_ONE_LINE = r"^[^\x00-\x1f<>]+$"
"""git ends a name at these."""


class ReleaseStyle(Value):
    """How the project names and writes a release."""

    policy: Policy = Policy.LOCKSTEP
    requirements: Requirements | None = None
    """Which requirements of members on one another change: `all`, the `current` ones or the `necessary` ones
    ([bumping](bump.md)). If left out: `all` with `lockstep`, `necessary` with the other policies."""
    tag: TagPattern = "v{version}"
    """The tag's name. `{version}` stands for the version, `{plain}` for the version without its build metadata, `{short}` for
    that without a patch number that is 0 (`0.29` for 0.29.0), `{name}` for the package. A pattern with `{name}` gives every
    package a tag of its own."""
    tags: Mapping[str, TagPattern] = Field(default_factory=dict)
    """Patterns of packages whose tags differ from the others', by package."""
    tagged_with: Mapping[str, str] = Field(default_factory=dict)
    """Packages that have no tag of their own: each is released with the package that is named, and its tag."""
    branches: tuple[Annotated[str, Field(pattern=r"^[^\s~^:\\]+$")], ...] = ()
    """Other branches that may be released, with `--branch`: maintenance branches of older versions, such as `release/1.*`. In a
    name `*` and `?` stand for anything but `/`."""
    commit_message: Versioned = "Release {version}"
    """The message of the release commit. `{version}` stands for the version; if there are several, for what is released."""
    tag_message: Annotated[str, AfterValidator(_only("project", "version"))] = "{project} {version}"
    """The message of the annotated tag. `{version}` stands for the version, `{project}` for the title. If a package has a
    tag of its own, `{project}` stands for its name."""
    changelog: Annotated[TreePath | None, BeforeValidator(lambda path: path or None)] = "CHANGELOG.md"
    """Path of the changelog; `""` if the project keeps none. With `policy = "independent"` Loadmaster looks for a file of
    this name beside each package's manifest. If no package has one, all packages share the file at the path."""
    changelogs: Mapping[str, TreePath] = Field(default_factory=dict)
    """With `policy = "independent"`: changelogs that have another name or lie elsewhere than beside the manifest, by package. The
    file at the top may so be that of one package in a directory."""
    stale_lockfiles: tuple[str, ...] = ()
    """Paths of lockfiles that the project does not keep current. They are not changed and no gate asks about them; the
    receipt lists them as a deviation."""
    files: tuple[FileRule, ...] = ()
    """Other files that contain versions, one `[[release.files]]` for each. A member's `pyproject.toml` needs none."""
    commands: Annotated[tuple[ReleaseCommand, ...], AfterValidator(require_own_titles)] = ()
    """Commands of the project's own, one `[[release.commands]]` for each: they run in this order, each on what the ones before it
    made."""
    exclude: tuple[Exclusion, ...] = ()
    """Packages that are not published although their manifests allow it: a list of `{ package = …, why = … }`."""
    publish: tuple[str, ...] = ()
    """Every crate that should be published. The gates compare it with the publishable packages, unless it is empty."""
    publish_lists: tuple[PublishList, ...] = ()
    """Lists of the same crates in the project's own files: `{ file = …, pattern = … }`. The gates compare these, too."""
    author_name: str = Field(default="Loadmaster", pattern=_IN_ONE_LINE)
    """The author of the release commit and the tag."""
    author_email: str = Field(default="loadmaster@localhost", pattern=_IN_ONE_LINE)
    """The author's e-mail address."""

    @model_validator(mode="after")
    def _leaders_have_tags(self) -> Self:
        for package, leader in self.tagged_with.items():
            if leader in self.tagged_with:
                raise ValueError(f"`{package}` cannot be tagged with `{leader}`, which has no tag of its own either")
            if package in self.tags:
                raise ValueError(f"`{package}` has a pattern in `tags`, so that it cannot be tagged with `{leader}`")
        return self

    @model_validator(mode="after")
    def _changelogs_of_packages(self) -> Self:
        if self.changelogs and (self.policy is not Policy.INDEPENDENT or self.changelog is None):
            raise ValueError('`changelogs` needs `policy = "independent"`, and `changelog` for the other packages')
        return self

    @property
    def moving_requirements(self) -> Requirements:
        by_policy = Requirements.ALL if self.policy is Policy.LOCKSTEP else Requirements.NECESSARY
        return self.requirements or by_policy

    def tag_pattern(self, package: str) -> str:
        return self.tags.get(package, self.tag)

    def leader(self, package: str) -> str:
        """The package whose tag it gets: itself, if it has tags of its own."""
        return self.tagged_with.get(package, package)

    def names_package(self, package: str) -> bool:
        """Whether the package has a tag of its own."""
        return package in self.tags or "{name}" in self.tag


_OURS = ("LOADMASTER_", "PREFECT_")


def _no_credentials(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in sorted(names):
        if names_credential(name):
            raise ValueError(
                f"`{name}` holds a credential, as its name says, and cargo runs the code of the workspace and its dependencies: "
                "neither cargo nor git gets it. git has your credential helpers and your ssh agent without being told"
            )
        if name.upper().startswith(_OURS):
            raise ValueError(
                f"`{name}` is a variable of Loadmaster or Prefect, which the workspace's code must not know"
            )
    return names


class ClippyScope(StrEnum):
    WORKSPACE = "workspace"
    """Every target of every member: `--workspace --all-targets`."""
    PUBLISHED = "published"
    """The libraries and programs of the published packages. A private member may need something that is not installed."""


class SandboxChoice(StrEnum):
    AUTO = "auto"
    """bubblewrap where it can be used. A release for real does not go without; a rehearsal notes it as a deviation."""
    BUBBLEWRAP = "bubblewrap"
    """Always bubblewrap."""
    NONE = "none"
    """No sandbox: code of the workspace and of its dependencies can read what this user can. Recorded as a deviation."""


class CargoStyle(Value):
    """How cargo is called."""

    toolchain: str | None = Field(default=None, pattern=r"^\w[\w.-]*$")
    """Overrides the toolchain that the repository pins: a name that rustup knows, no path. Recorded as a deviation."""
    verify: bool = True
    """Build every packaged crate before anything is uploaded. `false` is recorded as a deviation."""
    clippy: bool = True
    """Run `cargo clippy`. `false` is recorded as a deviation."""
    clippy_of: ClippyScope = ClippyScope.WORKSPACE
    """Which targets clippy checks."""
    deny_warnings: bool = True
    """Every warning of clippy fails its gate. With `false`, warnings that the last release had already pass."""
    msrv: bool = True
    """Check the published packages with the oldest Rust that each declares. `false` is recorded as a deviation."""
    msrv_within: float = Field(default=900.0, gt=0, allow_inf_nan=False)
    """How many seconds these checks may take, all together. One that is not done by then could not be checked."""
    semver_within: float = Field(default=1800.0, gt=0, allow_inf_nan=False)
    """How many seconds comparing the APIs of the packages with those of their last releases (`cargo semver-checks`) may take,
    all together. One that is not done by then could not be compared."""
    environment: Annotated[tuple[str, ...], AfterValidator(_no_credentials)] = ()
    """Names of environment variables that cargo and git may see, in addition to the built-in allow-list. `SSH_AUTH_SOCK`,
    `SSH_AGENT_PID`, `SSH_ASKPASS` and `GIT_ASKPASS` are for git alone. A name that says that it holds a credential is refused:
    a word of it is `TOKEN`, `PASSWORD`, `PASSWD`, `PASSPHRASE`, `SECRET` or `CREDENTIAL`, or it ends in `_KEY`, `_KEYS`, `_PAT`
    or `_PWD`, or begins with `ACTIONS_` or `AWS_`. So are `LOADMASTER_…` and `PREFECT_…`."""
    sandbox: SandboxChoice = SandboxChoice.AUTO
    """The sandbox for everything that may run code of the workspace or of its dependencies: `auto`, `bubblewrap` or `none`.
    See [the sandbox](sandbox.md)."""
    sandbox_reads: tuple[Annotated[str, Field(pattern=r"^(/|~/)[^\x00]*$")], ...] = ()
    """Paths that builds may read besides the system and the toolchains, such as the socket of a database. They begin with `/`
    or `~/`."""

    @property
    def for_cargo(self) -> tuple[str, ...]:
        """The variables that cargo may see: it runs code that must not reach an agent."""
        return tuple(name for name in self.environment if name not in GIT_ONLY)


class Install(Value):
    """The install check: it installs the released crate as a user would, and asks the program for its version."""

    package: str
    """The crate to install."""
    binary: str
    """The program of the crate that is run with `--version`."""
    debug: bool = False
    """Build without optimizations, which is faster. Recorded as a deviation."""


class Preflight(Value):
    """How the permission gates ask. See [permissions](permissions.md)."""

    probe: bool = False
    """Also ask with uploads that end after their metadata. They show whether the token's scopes and patterns fit each crate and
    whether the account's e-mail is verified. Each costs a token of the rate limit."""
    blocking: tuple[PermissionGate, ...] = ()
    """Permission gates whose `could-not-check` keeps a release from starting. For the others it is only shown."""
    finish_within: float | None = Field(default=None, gt=0)
    """How many minutes publishing may take under the rate limits; any time if left out."""


class GateStyle(Value):
    """How the gates count. See [gates](gates.md)."""

    advice: tuple[str, ...] = ("bump-alone", "gone-crate", "msrv")
    """Ids of gates that never keep a release from starting: their problems are only shown."""


class Rehearsing(Value):
    """What the rehearsal world is like."""

    upstream: bool = True
    """Take external crates, and the project's own earlier versions, from crates.io's index."""
    jobs: tuple[RehearsedJob, ...] = ()
    """What jobs of the project's own workflows do in a rehearsal, one `[[rehearsal.jobs]]` for each."""


class Project(Value):
    """One profile."""

    name: str = Field(min_length=1)
    """What commands, forms and receipts call the project. If left out: the NAME of `forge`, which is the same in every clone. A
    profile in `projects/` has none, because the file's own name is the project's."""
    title: str = ""
    """What people call the project; the name if left out."""
    source: Source
    forge: str = Field(pattern=r"^[\w.-]+/[\w.-]+$")
    """The repository on the forge, `OWNER/NAME`; `local/NAME` if there is none."""
    patience: float = Field(default=600.0, ge=0, le=7 * 86_400, allow_inf_nan=False)
    """How many seconds an outage of the registry, the forge or the git remote is waited out, before it stops the release."""
    release: ReleaseStyle = ReleaseStyle()
    cargo: CargoStyle = CargoStyle()
    registry: RegistryStyle = RegistryStyle()
    preflight: Preflight = Preflight()
    gates: GateStyle = GateStyle()
    publisher: Publisher = Publisher.DIRECT
    """Who uploads the crates."""
    ci: CiStyle | None = None
    """The workflow that the release's tag starts; none if left out."""
    landing: Landing = Landing()
    also: tuple[AlsoReleased, ...] = ()
    """What CI releases beside crates and assets, one `[[also]]` for each."""
    workflows: tuple[DeclaredWorkflow, ...] = ()
    """Workflows that must exist: a list of `{ file = …, dispatch = … }`."""
    assets: tuple[Annotated[str, AfterValidator(_only("version"))], ...] = ()
    """Files that the project's own CI uploads to the forge release; `{version}` stands for the version. With `[ci]`, and one tag
    for all packages, the release is made public only once it has exactly these, beside Loadmaster's own, and every `.sha256`
    among them is right."""
    install: Install | None = None
    smoke: SmokeStyle | None = None
    rehearsal: Rehearsing = Rehearsing()

    @model_validator(mode="after")
    def _ci_can_publish(self) -> Self:
        if self.publisher is Publisher.CI and (self.ci is None or self.ci.job is None):
            raise ValueError('`publisher = "ci"` needs `[ci]` with `workflow`, and with `job`, the job that publishes')
        return self

    def by(self, publisher: Publisher | None) -> Self:
        """The project with this publisher; the same for None. Raises `PublisherUnknown`."""
        if publisher is Publisher.CI and (self.ci is None or self.ci.job is None):
            raise PublisherUnknown(self.name)
        return self if publisher is None else self.model_copy(update={"publisher": publisher})

    def with_token_block(self, block: str | None) -> Self:
        """The project with the API token of every crate from this Secret block; the same for None."""
        if block is None:
            return self
        credentials = self.registry.credentials.with_block(block)
        return self.model_copy(update={"registry": self.registry.model_copy(update={"credentials": credentials})})

    def on_branch(self, branch: str | None) -> Self:
        """The project with this release branch; the same for None. Raises `BranchNotReleased`."""
        if branch is None or branch == self.source.branch:
            return self
        if not any(matches_glob(branch, pattern) for pattern in self.release.branches):
            raise BranchNotReleased(branch, (self.source.branch, *self.release.branches))
        return self.model_copy(update={"source": self.source.model_copy(update={"branch": branch})})

    @property
    def is_on_maintenance_branch(self) -> bool:
        """Whether the release branch is one of `release.branches`."""
        return any(matches_glob(self.source.branch, pattern) for pattern in self.release.branches)

    def tag_of(self, package: str, version: str) -> str:
        return tag_name(self.release.tag_pattern(package), package, version)
