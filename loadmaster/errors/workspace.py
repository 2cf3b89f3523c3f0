"""The workspace and its plan: members, versions, edges."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from loadmaster.errors.base import LoadmasterError, some_names


class NotAWorkspace(LoadmasterError):
    """cargo finds no workspace where one was expected."""

    def __init__(self, repository: str, told: str) -> None:
        super().__init__(
            f"`{repository}` is not a Cargo workspace: {told}",
            why="there is no `Cargo.toml` at its top, or where the profile says that the workspace is (`source.path`); or cargo "
            "cannot read one of its manifests.",
            fix="name the repository of a workspace and the directory of its root manifest, at a commit where "
            "`cargo metadata --no-deps` works there.",
        )


class InOtherWorkspace(LoadmasterError):
    """cargo takes the directory for a part of a workspace that lies around it, and is not."""

    def __init__(self, directory: str, root: str) -> None:
        super().__init__(
            f"cargo looks for the workspace of `{directory}` above it, and finds `{root}`, which does not have it as a member.",
            why="a package without a `[workspace]` of its own belongs to the nearest one above its directory; this copy lies "
            "inside another workspace.",
            fix="put the directory elsewhere (`LOADMASTER_HOME`, if it is Loadmaster's own copy), or add an empty table "
            "`[workspace]` to its manifest.",
        )


class NothingToPublish(LoadmasterError):
    """A workspace without a publishable package."""

    def __init__(
        self,
        project: str,
        registry: str,
        private: Sequence[str] = (),
        elsewhere: Mapping[str, Sequence[str]] | None = None,
        excluded: Sequence[str] = (),
    ) -> None:
        """`registry` is the profile's. `private` are members with `publish = false`, `elsewhere` those that name only other
        registries, with these, and `excluded` those that the profile leaves out.
        """
        elsewhere = elsewhere or {}
        others = sorted({name for named in elsewhere.values() for name in named})
        reasons = [
            *([f"`publish` of {some_names(elsewhere)} names only {some_names(others)}"] if elsewhere else []),
            *([f"{some_names(private)} may not be published (`publish = false`)"] if private else []),
            *([f"the profile excludes {some_names(excluded)}"] if excluded else []),
        ]
        to_mend = [
            *([f'write `name = "{others[0]}"` in the table `[registry]` of the profile'] if others else []),
            *(["let a manifest allow it (`publish`)"] if private else []),
            *(["take a package from `release.exclude` in the profile"] if excluded else []),
        ]
        super().__init__(
            f"The workspace of `{project}` has no package to publish to the registry `{registry}`.",
            why=f"{'; '.join(reasons) or 'it has no members'}.",
            fix=f"{', or '.join(to_mend) or 'name a workspace that has packages'}.",
        )


class VersionsDisagree(LoadmasterError):
    """A lockstep workspace whose published packages carry several versions."""

    def __init__(self, versions: Mapping[str, str]) -> None:
        carried = ", ".join(f"`{name}` {version}" for name, version in sorted(versions.items()))
        super().__init__(
            f"The published packages do not carry one version: {carried}.",
            why="the policy `lockstep` gives all of them one version and one tag, and one of them was missed by a bump.",
            fix="set them to one version, exclude the odd one in the profile (`release.exclude`), or let packages have versions "
            'of their own (`release.policy = "independent"`).',
        )


class VersionsByName(LoadmasterError):
    """The request gives one package a version where all packages share one."""

    def __init__(self, asked: str) -> None:
        super().__init__(
            f"`{asked}` asks for versions of single packages, and this project gives all of them one.",
            why="the profile's policy is `lockstep` or `keep-caret-floor`.",
            fix='ask for one version or level, or set `release.policy = "independent"` in the profile.',
        )


class NoSuchPackage(LoadmasterError):
    """The request names a package that this project does not publish."""

    def __init__(self, names: Sequence[str], known: Sequence[str]) -> None:
        unknown = ", ".join(f"`{name}`" for name in names)
        super().__init__(
            f"{unknown} cannot be released: the workspace publishes no package of that name.",
            why="the name is misspelled, or the package is private or excluded in the profile.",
            fix=f"name one of {', '.join(f'`{name}`' for name in known)}.",
        )


class DependencyCycle(LoadmasterError):
    """Crates that need each other."""

    def __init__(self, cycle: Sequence[str]) -> None:
        super().__init__(
            f"The crates {' → '.join(f'`{crate}`' for crate in cycle)} need each other; none can be published first.",
            why="a dev-dependency with a version leads back; cargo resolves it while it packages.",
            fix="let the dev-dependency name the `path` alone: it is then left out of the published manifest. If its line says "
            '`workspace = true`, it inherits the version: write `{ path = "…" }` in its place, and leave the workspace\'s line.',
        )


class ManifestIncomplete(LoadmasterError):
    """A manifest that is TOML, but that cargo would refuse."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            f"`{path}` is no manifest that cargo takes: {reason}.",
            why="a field is missing or misspelt, or the workspace lost what its members inherit.",
            fix="mend the manifest; `cargo metadata --no-deps` shows whether it is right.",
        )


class MemberMissing(LoadmasterError):
    """A workspace names a member that is not there."""

    def __init__(self, root: str, entry: str) -> None:
        super().__init__(
            f"`{root}` has the member `{entry}`, and no `Cargo.toml` is found there.",
            why="the directory was moved, removed or never committed, or the glob matches a directory that is no package.",
            fix=f"mend `workspace.members` in `{root}`, or put the directory into `workspace.exclude`.",
        )


class MemberOutOfTree(LoadmasterError):
    """A member of the workspace lies outside of what was given: of the repository, or of the directory that is read."""

    def __init__(self, root: str, entry: str) -> None:
        super().__init__(
            f"`{root}` has the member `{entry}`, which lies outside the tree.",
            why="cargo takes members from anywhere; a release reads, commits and tags one repository, and a plain directory ends "
            "where it was named.",
            fix="name the directory that holds both, and the manifest within it (`--manifest-path`); a package of another "
            "repository needs a workspace of its own there.",
        )


class MemberBeside(LoadmasterError):
    """A workspace lists a package that is not below its root, and that does not say whose it is."""

    def __init__(self, root: str, member: str, pointer: str) -> None:
        super().__init__(
            f"`{root}` has the member `{member}`, which is not below it and does not name it.",
            why="cargo looks for a package's workspace above the package, unless its manifest says where the workspace is; so it "
            "refuses this one.",
            fix=f'write `workspace = "{pointer}"` into `[package]` of `{member}`.',
        )


class RootElsewhere(LoadmasterError):
    """A manifest that was named as a workspace's root belongs to a workspace with another root."""

    def __init__(self, manifest: str, root: str) -> None:
        """Both from the repository's top."""
        folder = root.removesuffix("Cargo.toml").rstrip("/") or "."
        super().__init__(
            f"`{manifest}` belongs to the workspace of `{root}`.",
            why="a release needs the root of a workspace: its lockfile, its tables and the other members are there.",
            fix=f'write `path = "{folder}"` into `[source]` of the profile (or in its list `workspaces`); for a command, name '
            f"`{root}`.",
        )


class SeveralWorkspaces(LoadmasterError):
    """A repository without a manifest at its top, and with several workspaces below."""

    def __init__(self, directory: str, roots: Mapping[str, Sequence[str]]) -> None:
        """`roots` has the packages of each, by the path of its manifest."""
        found = "; ".join(f"`{root}` ({_packages(packages)})" for root, packages in sorted(roots.items()))
        place, (first, *rest) = shlex.quote(directory), [shlex.quote(root) for root in sorted(roots)]
        others = " --manifest-path ".join(rest)
        super().__init__(
            f"`{directory}` has no `Cargo.toml`, and {len(roots)} workspaces below: {found}.",
            why="nothing tells which of them is to be released, or whether all are one release.",
            fix=f"name one, as in `loadmaster init {place} --manifest-path {first}`, for a project of its own; or name all that "
            f"are released together, as in `loadmaster init {place} --manifest-path {first} --manifest-path {others}`.",
        )


def _packages(names: Sequence[str]) -> str:
    return some_names(names) if names else "nothing to publish"


class ToolchainsDiffer(LoadmasterError):
    """Workspaces that are released together pin different toolchains."""

    def __init__(self, pinned: Mapping[str, str | None]) -> None:
        """The channel by root manifest; None for one that pins none."""
        told = ", ".join(
            f"`{root}` {f'`{channel}`' if channel else 'none'}" for root, channel in sorted(pinned.items())
        )
        super().__init__(
            f"The workspaces pin different toolchains: {told}.",
            why="one release is packaged and checked by one cargo, and rustup would choose another in each directory.",
            fix="let them pin the same one, name it in the profile (`cargo.toolchain`), or release them as projects of their own.",
        )


class TwoMembers(LoadmasterError):
    """Two members of one workspace, or of workspaces that are released together, with one name."""

    def __init__(self, name: str, manifests: Sequence[str], *, several: bool = False) -> None:
        """`several`: they are of different workspaces."""
        super().__init__(
            f"Two members are called `{name}`: {' and '.join(f'`{path}`' for path in manifests)}.",
            why="a release gives every name one version, and cargo does not know two workspaces together."
            if several
            else "a package was copied and its copy not renamed; cargo refuses such a workspace.",
            fix="rename one of them, or release the workspaces as projects of their own."
            if several
            else "rename one of them, or take it out of the workspace.",
        )


class LinkOutOfTree(LoadmasterError):
    """A symbolic link leads out of the tree, and a release would have to follow it."""

    def __init__(self, link: str, needed_by: str) -> None:
        super().__init__(
            f"`{link}` is a symbolic link that leads out of the tree, and `{needed_by}` needs it.",
            why="a file there belongs to no commit of this repository; a release does not read or write it.",
            fix="put the file or directory itself in the link's place, or exclude what needs it from the release.",
        )
