"""What speaks for a package's next version, in words: its own changes, what nobody knows, and what is worth a look."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from loadmaster.planning.changes.level import Change, heaviest
from loadmaster.planning.changes.messages import change_in, standing
from loadmaster.planning.changes.survey import PackageSeen
from loadmaster.planning.profile.policy import Policy
from loadmaster.planning.values.value import Value

_SHOWN = 5
"""How many of many things a sentence names."""
_SHORT = 10
"""How many characters of a commit's id are shown."""


class Cause(Value):
    change: Change | None
    """What it asks for; None if it says no more than that the package is to be released."""
    what: str


class Unknown(Value):
    """Something that nobody could find out."""

    why: str
    of_api: bool = False
    """Whether it is what cargo-semver-checks would say."""


def own_change(seen: PackageSeen) -> Change | None:
    """The heaviest of the package's own changes; None if it has none, or nobody knows."""
    if not seen.is_changed:
        return None
    said = (cause.change for cause in own_causes(seen) if cause.change is not None)
    return heaviest((Change.FIX, *said))


def own_causes(seen: PackageSeen) -> Iterator[Cause]:
    """Why a changed package is to be released."""
    assert seen.files
    count = len(seen.commits)
    touch = f"{count} commit{'s touch' if count > 1 else ' touches'} its packaged files"
    yield Cause(change=Change.FIX, what=f"{touch}; other than in {seen.released}: {_some(seen.files)}")
    for commit in standing(seen.commits):
        if (change := change_in(commit.message)) is not Change.FIX:
            yield Cause(change=change, what=f"commit {commit.id[:_SHORT]}: {commit.subject}")
    for entry in seen.entries:
        yield Cause(change=entry.change, what=f"{entry.where}: {entry.text}")
    if seen.api is not None and seen.api.asked:
        found = "; ".join(seen.api.findings) or "nothing that needs more than this"
        yield Cause(change=seen.api.needs or Change.FIX, what=f"cargo-semver-checks finds in its API: {found}")


def unknown_of(seen: PackageSeen) -> Unknown | None:
    """What is not known of the package, if anything."""
    if seen.files is None:
        return Unknown(why=f"whether it changed is not known: {seen.why_unknown}")
    if seen.is_changed is None:
        since = f"its files differ from those of {seen.released}, and since when is not known: the history has"
        if seen.tag is None:
            return Unknown(why=f"{since} not the commit that the published crate names, and it has no tag of its own")
        return Unknown(
            why=f"{since} neither the tag `{seen.tag}` nor the commit that the published crate names; put the tag on the commit "
            "that was published"
        )
    if seen.api is not None and not seen.api.asked:
        return Unknown(why=f"its API could not be compared with that of {seen.released}: {seen.api.why}", of_api=True)
    return None


def remarks_on(seen: PackageSeen, policy: Policy) -> tuple[str, ...]:
    """What is worth a look at a package, and what to do about it. A new one that is released needs none."""
    return tuple(_remarks(seen, policy))


def _remarks(seen: PackageSeen, policy: Policy) -> Iterator[str]:
    if seen.is_new:
        asked = f"ask for `{seen.name}={seen.version}`" if policy is Policy.INDEPENDENT else "ask for a version"
        yield (
            f"the registry has no version of it; to release it, {asked}, or list it in `release.publish` of the profile; if it "
            "is not meant for the registry, write `publish = false` in its manifest"
        )
    elif seen.released is None:
        yield (
            f"the registry has only higher versions than the tree's {seen.version}; raise the tree's, or release from the "
            "branch that they came from"
        )
    if seen.above is not None:
        yield (
            f"{seen.above} was released from another branch, so it is compared with {seen.released}; the next number comes "
            f"after {seen.above}"
        )
    if seen.is_changed and not seen.is_tagged and seen.tag is not None and seen.since is not None:
        yield (
            f"the history has no tag `{seen.tag}`; changes are counted from commit {seen.since}, which the crate that was "
            f"published as {seen.released} names. To mend it: `git tag {seen.tag} {seen.since}`, and push the tag"
        )
    if seen.files and seen.since is not None and not seen.commits:
        yield (
            f"its files differ from those of {seen.released}, but no commit since then touches them ({_some(seen.files)}): "
            "it was published from something else than this history, or by another cargo"
        )


def _some(paths: Iterable[str]) -> str:
    listed = list(paths)
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return ", ".join(f"`{path}`" for path in listed[:_SHOWN]) + more
