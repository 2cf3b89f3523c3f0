"""Decides what the next release is: which packages changed, which version each change asks for, and which dependents must follow.

Everything comes as an argument. A package is proposed because it changed, because a requirement of it must move, because one
that is proposed needs it, because it shares its version with one, or because the profile lists it as a new crate; never
because it is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from loadmaster.errors.base import some_names
from loadmaster.errors.request import ChangesUnknown, NothingChanged
from loadmaster.planning.changes.causes import Cause, own_causes, own_change, remarks_on, unknown_of
from loadmaster.planning.changes.followers import Move, as_published, moves, needed_by, weight_of
from loadmaster.planning.changes.level import Change, heaviest, version_for
from loadmaster.planning.changes.survey import PackageSeen
from loadmaster.planning.edits.bump import sharing_versions
from loadmaster.planning.edits.released import current_version, label
from loadmaster.planning.plan import publishable
from loadmaster.planning.profile.policy import Policy
from loadmaster.planning.profile.project import Project
from loadmaster.planning.registry.seen import Seen
from loadmaster.planning.tree.workspace import Package
from loadmaster.planning.values.value import Value
from loadmaster.planning.values.version import parse

API_GATE = "semver-compatible"
"""The gate on the API. Where the profile takes it for advice, an API that could not be compared decides nothing."""

Group = frozenset[str]
"""Packages that move to one version: all of them in lockstep, else those that inherit one."""


class PackageProposal(Value):
    """What is proposed for one package that may be published."""

    package: str
    version: str
    """The tree's."""
    released: str | None
    """The version on the registry that it was compared with."""
    since: str | None
    """The commit that changes were counted from."""
    proposed: str | None
    """Its next version; None if it is not to be released."""
    change: Change | None
    """The heaviest of its changes, and of those whose version it shares; None for a package that is not released, or is new."""
    causes: tuple[Cause, ...] = ()
    undecided: tuple[str, ...] = ()
    """What is not known and could change the proposal."""
    remarks: tuple[str, ...] = ()
    """What is worth a look, and what to do about it."""


class Proposal(Value):
    """The document of `loadmaster next --json`."""

    project: str
    policy: Policy
    commit: str
    packages: tuple[PackageProposal, ...]

    @cached_property
    def versions(self) -> Mapping[str, str]:
        """The proposed versions, by package."""
        return {each.package: each.proposed for each in self.packages if each.proposed is not None}

    @property
    def asked(self) -> str | None:
        """The release as a person would ask for it; None if nothing changed."""
        return label(self.policy, self.versions) if self.versions else None

    @property
    def undecided(self) -> Mapping[str, tuple[str, ...]]:
        """By package, what is not known and could change the proposal."""
        return {each.package: each.undecided for each in self.packages if each.undecided}


def asked_for(proposal: Proposal, command: str) -> str:
    """The proposal as a person would ask for it. `command` shows it. Raises `ChangesUnknown`, `NothingChanged`."""
    if proposal.undecided:
        raise ChangesUnknown(proposal.project, command, proposal.undecided)
    if proposal.asked is None:
        remarks = [f"`{each.package}`: {remark}" for each in proposal.packages for remark in each.remarks]
        raise NothingChanged(proposal.project, command, remarks)
    return proposal.asked


def propose(seen: Seen, packages: Mapping[str, PackageSeen], project: Project) -> Proposal:
    """`packages` has every package that the project publishes, by name.

    Raises `VersionsDisagree`, `NothingToPublish`, and what the edits of the manifests raise.
    """
    return _Decision(seen, packages, project).proposal()


def packages_to_compare(seen: Seen, packages: Mapping[str, PackageSeen], project: Project) -> tuple[str, ...]:
    """The changed packages whose API may ask for more than everything else does, by name. Raises what `propose` raises."""
    decision = _Decision(seen, packages, project)
    return tuple(
        name
        for name, each in sorted(packages.items())
        if each.is_changed and each.has_library and each.since is not None and decision.may_rise(name)
    )


class _Decision:
    """The changes of the packages, and everything that follows from them."""

    def __init__(self, seen: Seen, packages: Mapping[str, PackageSeen], project: Project) -> None:
        self._seen, self._packages, self._project = seen, packages, project
        self._published = publishable(seen.workspace, project)
        self._groups = self._group()
        self._own = {name: change for name, each in packages.items() if (change := own_change(each)) is not None}
        released = {name: each.released for name, each in packages.items() if each.released is not None}
        self._before = as_published(seen.source.files, seen.workspace, released)
        self._moves: tuple[Move, ...] = ()
        self._changes = dict(self._own)
        self._wanted: dict[str, str] = {}
        """The packages that are released although nothing in them changed, with the reason."""
        self._want(self._listed_and_new())
        while self._follow():
            pass
        self._versions = self._plan(self._changes)

    def _group(self) -> Mapping[str, Group]:
        """The group of each package."""
        names = frozenset(package.name for package in self._published)
        if self._project.release.policy is not Policy.INDEPENDENT:
            current_version(self._published)
            return dict.fromkeys(names, names)
        shared = sharing_versions(self._seen.source.files, self._seen.workspace)
        return {name: next((group & names for group in shared if name in group), frozenset((name,))) for name in names}

    def _want(self, wanted: Mapping[str, str]) -> None:
        """They go out with the tree's own version; in lockstep with the others', which therefore moves."""
        self._wanted |= wanted
        if self._project.release.policy is not Policy.INDEPENDENT:
            self._changes = dict.fromkeys(wanted, Change.FIX) | self._changes

    def _listed_and_new(self) -> dict[str, str]:
        listed = self._project.release.publish
        why = "the registry has no version of it, and `release.publish` in the profile lists it"
        return {name: why for name, each in self._packages.items() if each.is_new and name in listed}

    def _follow(self) -> bool:
        """Adds those that must follow what moves so far; whether there were any."""
        versions = self._plan(self._changes)
        style, source = self._project.release, self._seen.source
        found = (
            moves(self._before, source.files, self._seen.workspace, versions, style.moving_requirements)
            if versions
            else ()
        )
        self._moves = tuple(move for move in found if move.package in self._packages and self._may_follow(move))
        grown = False
        for move in self._moves:
            weight = self._weight_of(move)
            if heaviest(filter(None, (self._changes.get(move.package), weight))) != self._changes.get(move.package):
                self._changes[move.package], grown = weight, True
        needed = needed_by(self._seen.workspace, versions, self._packages.keys(), self._seen.registry)
        why = "`{}` needs it, and the registry has no version that will do"
        self._want({name: why.format(by) for name, by in needed.items()})
        return self._lead(versions) or grown or bool(needed)

    def _lead(self, versions: Mapping[str, str]) -> bool:
        """Adds those with whose tag others are released; whether there were any."""
        leaders = {self._project.release.leader(name) for name in versions} & self._packages.keys()
        if missing := leaders - versions.keys():
            self._changes |= dict.fromkeys(missing, Change.FIX)
        return bool(missing)

    def _may_follow(self, move: Move) -> bool:
        """Packages that share a version move together, so that their requirements on each other ask for nothing more."""
        return self._groups.get(move.needed) != self._groups[move.package]

    def _weight_of(self, move: Move) -> Change:
        return weight_of(move, has_library=self._packages[move.package].has_library)

    def _plan(self, changes: Mapping[str, Change]) -> dict[str, str]:
        """The version of every package that is released: its group's if anything in that changed, else the tree's own."""
        versions = {name: self._packages[name].version for name in self._wanted}
        for group in set(self._groups.values()):
            change = heaviest(changes[name] for name in group if name in changes)
            if change is not None:
                versions |= dict.fromkeys(group, self._version_of(group, change))
        return dict(sorted(versions.items()))

    def _version_of(self, group: Group, change: Change) -> str:
        """The highest that any of the group asks for."""
        members = [self._packages[name] for name in sorted(group)]
        asked = [version_for(each.version, last, change) for each in members if (last := each.counted_from) is not None]
        return max(asked or [members[0].version], key=parse)

    def may_rise(self, name: str) -> bool:
        """Whether a breaking change of the package would change its version."""
        return self._versions.get(name) != self._version_of(self._groups[name], Change.BREAKING)

    def proposal(self) -> Proposal:
        return Proposal(
            project=self._project.name,
            policy=self._project.release.policy,
            commit=self._seen.source.commit,
            packages=tuple(self._of(package) for package in self._published),
        )

    def _of(self, package: Package) -> PackageProposal:
        name, each = package.name, self._packages[package.name]
        group, proposed = self._groups[name], self._versions.get(name)
        change = heaviest(self._changes[other] for other in group if other in self._changes)
        is_advice = API_GATE in self._project.gates.advice
        unknown = unknown_of(each)
        decides = unknown is not None and self.may_rise(name) and not (unknown.of_api and is_advice)
        causes = tuple(self._causes(name)) if proposed is not None else ()
        remarks = () if proposed is not None and each.is_new else remarks_on(each, self._project.release.policy)
        return PackageProposal(
            package=name,
            version=each.version,
            released=each.released,
            since=each.since,
            proposed=proposed,
            change=change if proposed is not None else None,
            causes=causes,
            undecided=(unknown.why,) if unknown is not None and decides else (),
            remarks=(*remarks, *((unknown.why,) if unknown is not None and not decides else ())),
        )

    def _causes(self, name: str) -> Iterable[Cause]:
        if name in self._own:
            yield from own_causes(self._packages[name])
        for move in self._moves:
            if move.package == name:
                yield Cause(change=self._weight_of(move), what=self._why_it_moves(move))
        followers = [other for other in self._versions if self._project.release.tagged_with.get(other) == name]
        if followers and name not in self._own:
            yield Cause(change=None, what=f"{some_names(followers)} has no tag of its own, and gets that of `{name}`")
        if name in self._wanted:
            yield Cause(change=None, what=self._wanted[name])
        elif name not in self._changes:
            yield Cause(change=None, what=self._why_with_others(name))

    def _why_it_moves(self, move: Move) -> str:
        version = self._versions[move.needed]
        return f"it needs `{move.needed} {move.before}`, which becomes `{move.after}` with `{move.needed} {version}`"

    def _why_with_others(self, name: str) -> str:
        others = sorted(other for other in self._groups[name] if other in self._changes)
        return f"it shares its version with {some_names(others)}"
