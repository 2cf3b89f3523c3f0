"""What a command of the project's own made of the tree, and a release does not take over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from loadmaster.errors.base import LoadmasterError, clause, some_names

_LISTED = 10


class ReleaseCommandWentBeyond(LoadmasterError):
    """It touched files that its `paths` do not name."""

    def __init__(
        self, name: str, allowed: Sequence[str], changed: Sequence[str], left: Sequence[str], deleted: Sequence[str]
    ) -> None:
        """`left` are new files that git does not ignore."""
        told = (("changed", changed), ("left", left), ("deleted", deleted))
        touched = "; ".join(f"{how} {some_names(paths)}" for how, paths in told if paths)
        super().__init__(
            f"The command `{name}` touched files that it may not: {touched}.",
            why=f"the profile allows it {some_names(allowed)}, and nothing else goes from a command into the release commit.",
            fix="if it should do that, add them to its `paths` in the profile. If not, let it remove what it leaves, or name that "
            "in `.gitignore`. Nothing of it is committed.",
        )


class ReleaseCommandRefused(LoadmasterError):
    """It made something, within its `paths`, that no release takes from a command."""

    def __init__(self, name: str, refused: Mapping[str, str]) -> None:
        """`refused` says why, by path."""
        listed = "".join(f"\n  `{path}`: {clause(reason)}" for path, reason in sorted(refused.items())[:_LISTED])
        more = f"\n  and {len(refused) - _LISTED} more" if len(refused) > _LISTED else ""
        super().__init__(
            f"What the command `{name}` made is not taken into the release commit:{listed}{more}",
            why="a command may write plain files, and links to them. Whatever decides what git and cargo do with the release is "
            "the commit's own.",
            fix="let it write a plain file elsewhere, or commit such a change by itself, before the release. Nothing of it is "
            "committed.",
        )


class ReleaseCommandPathMissing(LoadmasterError):
    """A path of its `paths`, without a `*`, that is no file before or afterwards."""

    def __init__(self, name: str, paths: Sequence[str]) -> None:
        super().__init__(
            f"The command `{name}` may change {some_names(paths)}, and there is no such file before or after it.",
            why="the path is misspelt in the profile, leads through a symbolic link, or is one that git ignores; or the command "
            "does not write it.",
            fix="write the path as git lists it, from the repository's root; or take it out of `paths`. Nothing is committed.",
        )


class ReleaseCommandVaries(LoadmasterError):
    """Twice the same tree, and two results."""

    def __init__(self, name: str, paths: Sequence[str], earlier: bool) -> None:
        """`earlier`: one of the two is what an earlier attempt of this run kept."""
        when = "in an earlier attempt and now" if earlier else "twice, on two copies of the same tree,"
        way_on = (
            "start a new run of the same version. If the release commit is out already, it goes on from there and runs no command."
            if earlier
            else "let it sort what it writes, and take the time from `SOURCE_DATE_EPOCH`; or put `twice = false` to the command in "
            "the profile. Nothing of it is committed."
        )
        super().__init__(
            f"The command `{name}` was run {when} and made different files: {some_names(paths)}.",
            why="it writes the time, a random number, a path of its directory, or things in the order in which a directory or a "
            "hash table gives them. What was rehearsed would not be what is released.",
            fix=way_on,
        )


class ReleaseCommandBrokePlan(LoadmasterError):
    """After it, the tree is no longer the one that was planned."""

    def __init__(self, name: str, told: str) -> None:
        super().__init__(
            f"After the command `{name}`, the tree is not what was planned: {told}",
            why="it changed a manifest, a lockfile, a changelog or another file with a version in it. Which packages are released, "
            "in which versions, and what they need of each other is decided before a command runs.",
            fix="let it leave versions, members, dependencies on members and headings of the changelog as they are; the release "
            "writes these. Nothing of it is committed.",
        )
