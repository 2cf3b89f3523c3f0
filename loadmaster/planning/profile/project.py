"""The profile of a project: where its workspace lives and how it is released. The model only; `loadmaster.run.profiles` reads it.

Every field's text below is what a person sees in the documentation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from string import Formatter
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from loadmaster.planning.profile.file_rule import FileRule
from loadmaster.planning.profile.policy import Policy, Requirements
from loadmaster.planning.profile.profile_patterns import groups_of
from loadmaster.planning.profile.registry_style import SECRET_VARIABLES, RegistryStyle
from loadmaster.planning.smoke.style import SmokeStyle
from loadmaster.planning.values.permission_gate import PermissionGate
from loadmaster.planning.values.tree_path import TreePath
from loadmaster.planning.values.value import Value


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
    groups = groups_of(pattern)
    if groups != 1:
        raise ValueError(f"the pattern has {groups} groups; exactly one must hold the names")
    return pattern


class PublishList(Value):
    """A list of crates to publish that is kept by hand in one of the project's files."""

    file: TreePath
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
    requirements: Requirements | None = None
    """Which requirements of members on one another move: `all`, the `current` ones or the `necessary` ones
    ([bumping](bump.md)). Left out, `all` with `lockstep`, and `necessary` with the other policies."""
    tag: TagPattern = "v{version}"
    """The tag's name; `{version}` stands for the version, `{name}` for the package, which then has a tag of its own."""
    tags: Mapping[str, TagPattern] = Field(default_factory=dict)
    """Patterns of packages whose tags differ from the others', by package."""
    commit_message: Versioned = "Release {version}"
    """Of the release commit; `{version}` stands for the version, or for what is released where there are several."""
    tag_message: Annotated[str, AfterValidator(_only("project", "version"))] = "{project} {version}"
    """Of the annotated tag; `{project}` and `{version}` stand for the title (of a package with a tag of its own: its name)
    and the version."""
    changelog: Annotated[TreePath | None, BeforeValidator(lambda path: path or None)] = "CHANGELOG.md"
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

    @property
    def moving_requirements(self) -> Requirements:
        by_policy = Requirements.ALL if self.policy is Policy.LOCKSTEP else Requirements.NECESSARY
        return self.requirements or by_policy

    def tag_pattern(self, package: str) -> str:
        return self.tags.get(package, self.tag)

    def names_package(self, package: str) -> bool:
        """Whether the package has a tag of its own."""
        return package in self.tags or "{name}" in self.tag


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
