"""The workspace and its plan: members, versions, edges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from loadmaster.errors.base import LoadmasterError


class NotAWorkspace(LoadmasterError):
    """cargo finds no workspace where one was expected."""

    def __init__(self, repository: str, told: str) -> None:
        super().__init__(
            f"`{repository}` is not a Cargo workspace: {told}",
            why="there is no `Cargo.toml` at its root, or cargo cannot read one of its manifests.",
            fix="name the repository of a workspace, at a commit where `cargo metadata --no-deps` works.",
        )


class NothingToPublish(LoadmasterError):
    """A workspace without a publishable package."""

    def __init__(self, project: str) -> None:
        super().__init__(
            f"The workspace of `{project}` has no package to publish.",
            why="every member says `publish = false`, or the profile excludes it.",
            fix="mend the manifests, or `release.exclude` in the profile.",
        )


class VersionsDisagree(LoadmasterError):
    """A lockstep workspace whose published packages carry several versions."""

    def __init__(self, versions: Mapping[str, str]) -> None:
        told = ", ".join(f"`{name}` {version}" for name, version in sorted(versions.items()))
        super().__init__(
            f"The published packages do not carry one version: {told}.",
            why="the policy `lockstep` gives all of them one version and one tag, and one of them was missed by a bump.",
            fix="set them to one version, or exclude the odd one in the profile (`release.exclude`).",
        )


class DependencyCycle(LoadmasterError):
    """Crates that wait for each other."""

    def __init__(self, cycle: Sequence[str]) -> None:
        super().__init__(
            f"The crates {' → '.join(f'`{each}`' for each in cycle)} need each other; none can be published first.",
            why="a dev-dependency with a version leads back; cargo resolves it while it packages.",
            fix="drop `version` from the dev-dependency and keep its `path`: it is then left out of the published manifest.",
        )
