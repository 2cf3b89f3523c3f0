"""The release that was begun and is not finished: what of it is missing, and whether another may start.

A release is begun once the remote has its commit or one of its tags, made with the profile's identity and message. Knows what
was seen. Does not know who looked, and guesses nothing: a place that does not remember the time before is not asked.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterator, Mapping
from string import Formatter

from pydantic import Field

from loadmaster.errors.request import NothingToAbandon, ReleaseUnfinished
from loadmaster.planning.edits.released import label, named_versions
from loadmaster.planning.plan import CHECKSUMS, RECEIPT, ReleasePlan, publishable
from loadmaster.planning.profile.policy import Policy
from loadmaster.planning.profile.project import Project, ReleaseStyle
from loadmaster.planning.profile.shared_tags import tags_of
from loadmaster.planning.profile.tag_name import spelled
from loadmaster.planning.registry.seen import BranchCommit, OwnRelease, Seen, Signature, TagSeen
from loadmaster.planning.tree.workspace import Workspace
from loadmaster.planning.values.value import Value
from loadmaster.planning.values.version import CHANGED, Level

FIELDS: Mapping[str, str] = {
    "registry": "Registry",
    "forge": "Forge",
    "repository": "Repository",
    "branch": "Branch",
    "publisher": "Publisher",
    "token-block": "Secret block",
}
"""The title in a form of each option that a new run of a release has to be told again."""

_STRIPPED = "".join(map(chr, range(33))) + ".,:;<>\"\\'"
"""What git takes away from both ends of a name."""


class Begun(Value):
    """A release that is begun and not finished."""

    version: str
    """As a person asks for it."""
    release: OwnRelease
    missing: tuple[str, ...]
    """What the world does not have of it, as `kind id`; never ()."""


class Abandoned(Value):
    """A begun release that a person gives up."""

    version: str
    why: str

    @property
    def deviation(self) -> str:
        """What the receipt of the release that is carried out instead says."""
        return f"`{self.version}` was begun and is given up, by the request: {self.why}"


class WayBack(Value):
    """How a person starts a release again: on the command line, or in the form of the deployment `release`."""

    project: str
    options: Mapping[str, str] = Field(default_factory=dict)
    """What the request said beside project, version and commit, by option."""

    def command(self, version: str) -> str:
        return self._command("release", version, FIELDS)

    def status_command(self, version: str) -> str:
        """Looks at the release: it needs no token."""
        return self._command("status", version, FIELDS.keys() - {"token-block", "publisher"})

    def preflight_command(self, version: str) -> str:
        """Asks the registry whether it could be published."""
        return self._command("preflight", version, FIELDS.keys() - {"forge", "publisher"})

    def next_command(self, commit: str) -> str:
        """Shows what changed up to this commit: it needs no token."""
        options = {
            name: value for name, value in self._in_order().items() if name in ("registry", "repository", "branch")
        }
        named = {"commit": commit, **options}
        return shlex.join(["loadmaster", "next", self.project, *_as_options(named)])

    def form(self, version: str) -> str:
        filled = {"Project": self.project, "Version": version}
        filled |= {FIELDS[name]: value for name, value in self._in_order().items()}
        return ", ".join(f"{title} `{value}`" for title, value in filled.items())

    def _command(self, command: str, version: str, takes: Collection[str]) -> str:
        options = {name: value for name, value in self._in_order().items() if name in takes}
        return shlex.join(
            ["loadmaster", command, *_as_options({"project": self.project, "version": version, **options})]
        )

    def _in_order(self) -> dict[str, str]:
        return {name: self.options[name] for name in FIELDS if name in self.options}


def _as_options(named: Mapping[str, str]) -> Iterator[str]:
    return (word for name in named for word in (f"--{name}", named[name]))


def is_release_commit(commit: BranchCommit, project: Project) -> bool:
    style = project.release
    return _is_by(commit.by, style) and _fits(style.commit_message, commit.subject)


def is_own_tag(tag: TagSeen, project: Project) -> bool:
    style = project.release
    return tag.tagger is not None and _is_by(tag.tagger, style) and _fits(style.tag_message, tag.message)


def own_versions(
    tree: Workspace, before: Workspace | None, tags: Collection[str], project: Project
) -> Mapping[str, str]:
    """The versions, by name, that the release of a tree publishes. `tags` are Loadmaster's own on the commit.

    `before` is the tree of the release commit's parent; None if another's commit gave the tree its versions. If packages have
    versions of their own, those count that the release commit changed, or that are tagged. Raises `NothingToPublish`.
    """
    versions = {package.name: package.version for package in publishable(tree, project)}
    if project.release.policy is not Policy.INDEPENDENT:
        return versions
    former = versions if before is None else {package.name: package.version for package in before.packages}
    # Of a package without a tag of its own, the tag does not tell which version it is for; the commit does.
    carried = {name: tag for name, tag in tags_of(project.release, versions).items() if _tells(project, name, before)}
    return {
        name: version
        for name, version in versions.items()
        if former.get(name) != version or (name in carried and carried[name] in tags)
    }


def _tells(project: Project, package: str, before: Workspace | None) -> bool:
    return before is None or package not in project.release.tagged_with


def exact_request(asked: str) -> Mapping[str, str] | None:
    """The version by package, or for all packages under "", that a request names; None if it leaves one open."""
    named = named_versions(asked) or {"": asked}
    return None if set(named.values()) & {*Level, CHANGED} else named


def is_asked_for(release: OwnRelease, exact: Mapping[str, str]) -> bool:
    """Whether a request for these versions (see `exact_request`) is for this release."""
    return bool(release.versions) and all(
        exact.get(name, exact.get("")) == version for name, version in release.versions.items()
    )


def may_name(tag: str, exact: Mapping[str, str], style: ReleaseStyle) -> bool:
    """Whether the name of a tag is one that a release of these versions gives."""
    patterns = {style.tag, *style.tags.values()}
    return any(
        _fits(pattern, tag, spelled(version) | ({"name": name} if name else {}))
        for name, version in exact.items()
        for pattern in ([style.tag_pattern(name)] if name else patterns)
        if name not in style.tagged_with
    )


def may_announce(subject: str, exact: Mapping[str, str], style: ReleaseStyle) -> bool:
    """Whether the message of a release commit is one that a release of these versions has."""
    titles = {*exact.values(), f"{len(exact)} crates"}
    parts = sorted(f"{name} {version}" for name, version in exact.items())
    before, names_it, after = _first_line(style.commit_message).partition("{version}")
    if not names_it:
        return subject == before
    title = subject.removeprefix(before).removesuffix(after)
    return title in titles or sorted(title.split(", ")) == parts


def begun_release(seen: Seen, project: Project) -> Begun | None:
    """The newest release that was begun, if something of it is missing and it was not withdrawn."""
    own = seen.source.own
    if own is None or _is_withdrawn(own, seen) or not (missing := tuple(_missing(own, seen, project))):
        return None
    return Begun(version=label(project.release.policy, own.versions), release=own, missing=missing)


def require_finished(
    begun: Begun | None, plan: ReleasePlan, abandoned: Abandoned | None, way: WayBack, *, again: bool
) -> None:
    """Lets a release start if it is the begun one, if none is begun, or if the begun one is given up by its version.

    `again`: this run has begun the release itself. Raises `ReleaseUnfinished`, `NothingToAbandon`.
    """
    if begun is None or _resumes(plan, begun.release, again=again):
        if abandoned is not None and not again:
            raise NothingToAbandon(abandoned.version)
        return
    over = abandoned.version if abandoned else None
    if over != begun.version:
        raise _unfinished(begun, plan.version, way, over)


def version_to_finish(begun: Begun, commit: str, asked: str, way: WayBack) -> str:
    """The version of the begun release, if it is the one that `commit` makes: whoever leaves the version open resumes it.

    Raises `ReleaseUnfinished`.
    """
    if begun.release.commit != commit:
        raise _unfinished(begun, asked, way, None)
    return begun.version


def _unfinished(begun: Begun, asked: str, way: WayBack, over: str | None) -> ReleaseUnfinished:
    version = begun.version
    ways = way.command(version), way.form(version), way.status_command(version)
    return ReleaseUnfinished(way.project, version, asked, begun.missing, *ways, over)


def _resumes(plan: ReleasePlan, own: OwnRelease, *, again: bool) -> bool:
    """Whether the plan is this very release: its versions, from its commit."""
    same = all(plan.versions.get(name) == version for name, version in own.versions.items())
    return same and (again or plan.base_commit == own.commit)


def _missing(own: OwnRelease, seen: Seen, project: Project) -> Iterator[str]:
    tags = tuple(dict.fromkeys(tags_of(project.release, own.versions).values()))
    yield from (f"tag {tag}" for tag in tags if seen.source.tag(tag) is None)
    if seen.registry.remembers:
        versions = own.versions.items()
        yield from (f"crate {name}@{it}" for name, it in versions if seen.registry.find(name, it) is None)
    if seen.forge is not None and seen.forge.remembers:
        yield from (f"release {tag}" for tag in tags if tag not in seen.forge.published)
        there = seen.forge.assets
        yield from (
            f"asset {tag}/{it}" for tag in tags for it in (CHECKSUMS, RECEIPT) if it not in there.get(tag, (it,))
        )


def _is_withdrawn(own: OwnRelease, seen: Seen) -> bool:
    """Whether everything that was published of it is yanked: a person took it back."""
    found = [seen.registry.find(name, version) for name, version in own.versions.items()]
    published = [crate for crate in found if crate is not None]
    return bool(published) and all(crate.yanked for crate in published)


def _is_by(made: Signature, style: ReleaseStyle) -> bool:
    ours = Signature(name=style.author_name, email=style.author_email)
    return _stripped(made) == _stripped(ours)


def _stripped(made: Signature) -> tuple[str, str]:
    return made.name.strip(_STRIPPED), made.email.strip(_STRIPPED)


def _first_line(message: str) -> str:
    """The first line as git shows it: that of a paragraph, with its line ends as blanks."""
    return " ".join(message.strip().partition("\n\n")[0].splitlines())


def _fits(template: str, text: str, known: Mapping[str, str] | None = None) -> bool:
    """Whether the text's first line is the template's with something in its fields; with `known`, that in these."""
    values = known or {}
    parts = Formatter().parse(_first_line(template))
    pattern = "".join(
        re.escape(words) + ("" if field is None else re.escape(values[field]) if field in values else ".+")
        for words, field, _, _ in parts
    )
    return re.fullmatch(pattern, text) is not None
