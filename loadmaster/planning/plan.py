"""Decides what one release must bring about. Everything comes as an argument; the result is a frozen, hashable plan.

The plan has only the desired state, not what exists already. The same request at the same commit therefore gives the same
plan, and the same hash, before and after a failure. `outstanding(plan, seen)` is what is left to do.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date

from loadmaster.errors.release_commands.results import ReleaseCommandBrokePlan
from loadmaster.errors.workspace import NothingToPublish
from loadmaster.planning.commands.changes import FileChange
from loadmaster.planning.commands.results import CommandResult
from loadmaster.planning.edits.bump import edit_tree, moving_versions
from loadmaster.planning.edits.changelogs import WrittenChangelog
from loadmaster.planning.edits.released import label, manifest_versions, released_versions
from loadmaster.planning.forecast import Costs, Forecast, forecast
from loadmaster.planning.order import dependencies_first, edges, remaining_path
from loadmaster.planning.pace import Buckets
from loadmaster.planning.profile.ci_style import LandingWay, Publisher
from loadmaster.planning.profile.project import Exclusion, Install, Project
from loadmaster.planning.profile.registry_style import RegistryStyle, Wait
from loadmaster.planning.profile.release_command import ReleaseCommand, deviations_of
from loadmaster.planning.profile.shared_tags import require_leaders, require_one_version, tags_of
from loadmaster.planning.registry.seen import Seen, SourceSeen
from loadmaster.planning.schedule import Schedule
from loadmaster.planning.tree.workspace import Package, Workspace
from loadmaster.planning.values.rates import Action
from loadmaster.planning.values.value import Value, digest
from loadmaster.planning.values.version import same_version

CHECKSUMS = "SHA256SUMS"
RECEIPT = "receipt.json"

_NAMED_IN_TITLE = 3
"""How many crates a headline names at most."""


class Edit(Value):
    """One file of the release commit."""

    path: str
    text: str


class Crate(Value):
    """One `name@version` that must be on the registry."""

    name: str
    version: str
    current_version: str
    needs: tuple[str, ...]
    """Crates of this release that must be accepted before it."""
    remaining_path: int
    """Length of the longest chain that starts with it. The crate with the longest starts first."""
    is_new: bool
    """Whether the registry had no other version of it when the release was planned."""

    @property
    def id(self) -> str:
        return f"{self.name}@{self.version}"

    @property
    def action(self) -> Action:
        return Action.NEW if self.is_new else Action.UPDATE


class Tag(Value):
    """One tag, its crates, and the text of its forge release."""

    name: str
    message: str
    version: str
    crates: tuple[str, ...]
    """Names of the crates, dependencies first."""
    notes: str
    """Markdown for the forge release: the section of its crates' changelog, or the sections if there are several changelogs."""
    promised: tuple[str, ...] = ()
    """Names of the assets that CI uploads to its forge release."""
    proposed: bool = False
    """Whether notes were made from commits. Notes that a person writes belong in the changelog."""


class ReleasePlan(Value):
    project: str
    version: str
    """As a person would ask for it: the version of a lockstep workspace, else `NAME=VERSION,…` for the released packages."""
    base_commit: str
    branch: str
    edits: tuple[Edit, ...]
    """() if the tree has the version already. The base commit is then the release commit."""
    commit_message: str
    tags: tuple[Tag, ...]
    """One if all packages share a version; usually one for each if they have versions of their own."""
    crates: tuple[Crate, ...]
    """Dependencies first."""
    forecast: Forecast
    """When each crate can be published if nothing of the release is published yet."""
    excluded: tuple[Exclusion, ...]
    on_forge: bool
    """Whether the forge gets a release of each tag, with these assets."""
    assets: tuple[str, ...]
    install: Install | None
    deviations: tuple[str, ...]
    publisher: Publisher = Publisher.DIRECT
    landing: LandingWay = LandingWay.PUSH
    commands: tuple[CommandResult, ...] = ()
    """The project's own commands that ran, each with what it made. The release commit has that, if there are edits."""

    @property
    def has_results(self) -> bool:
        """Whether the release commit gets files that a command changed."""
        return bool(self.edits) and any(result.files for result in self.commands)

    @property
    def result_paths(self) -> tuple[str, ...]:
        """The files that commands leave in the release commit, sorted; without those that are gone afterwards."""
        left = {file.path: file.how for result in self.commands for file in result.files}
        return tuple(sorted(path for path, how in left.items() if how is not FileChange.DELETED)) if self.edits else ()

    def tree_name(self, base: str) -> str:
        """A name for the tree that is released, for builds that no other tree may share. `base` is that of the base commit's tree,
        from which all else follows where no command changed a file."""
        return digest(self) if self.has_results else base

    def crate(self, name: str) -> Crate:
        return next(crate for crate in self.crates if crate.name == name)

    @property
    def title(self) -> str:
        """What is released, short enough for a headline."""
        return _title(self.tags, self.crates)

    def asset_id(self, tag: Tag, asset: str) -> str:
        """An asset's name in a record. It includes the tag if there are several tags."""
        return asset if len(self.tags) == 1 else f"{tag.name}/{asset}"

    @property
    def versions(self) -> Mapping[str, str]:
        """The planned versions by crate."""
        return {crate.name: crate.version for crate in self.crates}

    @property
    def edges(self) -> Mapping[str, frozenset[str]]:
        return {crate.name: frozenset(crate.needs) for crate in self.crates}


def _title(tags: tuple[Tag, ...], crates: tuple[Crate, ...]) -> str:
    if len(tags) == 1:
        return tags[0].version
    names = [f"{crate.name} {crate.version}" for crate in crates]
    return ", ".join(names) if len(names) <= _NAMED_IN_TITLE else f"{len(names)} crates"


def plan_release(seen: Seen, project: Project, asked: str, today: date) -> ReleasePlan:
    """The plan for releasing `asked` (a version or a level).

    Raises `NothingToPublish`, `DependencyCycle`, `TagOfTwoVersions`, and the errors of `released_versions` and of the edits.
    """
    published, policy = publishable(seen.workspace, project), project.release.policy
    members = {name: versions for name, versions in seen.registry.crates.items() if name in seen.workspace.names}
    taken = {name: [version.version for version in versions] for name, versions in members.items()}
    released = released_versions(published, policy, asked, taken)
    packages = tuple(package for package in published if package.name in released)
    files, planned = seen.source.files, manifest_versions(seen.workspace, published, policy, released)
    versions = moving_versions(files, seen.workspace, planned)
    edited = edit_tree(files, seen.workspace, versions, project.release, today, seen.source.proposals)
    crates = _crates(packages, versions, seen)
    tags = _tags(crates, project, edited.changelogs)
    released_as = {crate.name: crate.version for crate in crates}
    commands = _due_commands(seen.source, project, released_as, has_edits=bool(edited.texts))
    return ReleasePlan(
        project=project.name,
        version=label(policy, released),
        base_commit=seen.source.commit,
        branch=seen.source.branch,
        edits=tuple(Edit(path=path, text=text) for path, text in sorted(edited.texts.items())),
        commit_message=project.release.commit_message.format(version=_title(tags, crates)),
        tags=tags,
        crates=crates,
        forecast=_forecast(crates, project.registry),
        excluded=tuple(rule for rule in project.release.exclude if rule.package in seen.workspace.names),
        on_forge=seen.forge is not None,
        assets=() if seen.forge is None else (CHECKSUMS, RECEIPT),
        install=_install(project, packages),
        deviations=(*_deviations(seen.source, project, packages), *deviations_of(commands)),
        publisher=project.publisher,
        landing=project.landing.way,
    )


def commands_of(plan: ReleasePlan, seen: Seen, project: Project) -> tuple[ReleaseCommand, ...]:
    """The project's own commands that run for the plan, in their order.

    () where its commit is one that Loadmaster made for this release: that has their results.
    """
    return _due_commands(seen.source, project, plan.versions, has_edits=bool(plan.edits))


def _due_commands(
    source: SourceSeen, project: Project, versions: Mapping[str, str], *, has_edits: bool
) -> tuple[ReleaseCommand, ...]:
    if not has_edits and source.own is not None and source.own.commit == source.commit:
        return ()
    return tuple(command for command in project.release.commands if command.holds_for(versions))


def with_result(plan: ReleasePlan, result: CommandResult, again: ReleasePlan | None) -> ReleasePlan:
    """The plan after one of its commands has run.

    `again` is what planning makes of the tree that it left: this very release, with nothing to edit. Only the notes may be
    others. None if it changed nothing that is committed. Raises `ReleaseCommandBrokePlan`.
    """
    tags = plan.tags
    if again is not None:
        if (told := _difference(plan, again)) is not None:
            raise ReleaseCommandBrokePlan(result.name, told)
        notes = {tag.name: tag.notes for tag in again.tags}
        tags = tuple(tag.model_copy(update={"notes": notes[tag.name]}) for tag in tags)
    return plan.model_copy(update={"tags": tags, "commands": (*plan.commands, result)})


def _difference(plan: ReleasePlan, again: ReleasePlan) -> str | None:
    """What the second plan has otherwise, in words; None if both are of one release."""
    if again.versions != plan.versions:
        moved = sorted(set(again.versions.items()) ^ set(plan.versions.items()))
        return f"the released versions are others, of {', '.join(f'`{name}`' for name in dict(moved))}"
    if again.edits:
        return f"the release would edit `{again.edits[0].path}` once more"
    if again.edges != plan.edges:
        return "the released packages need others of each other"
    without_notes = [
        [tag.model_copy(update={"notes": "", "proposed": False}) for tag in each.tags] for each in (plan, again)
    ]
    if without_notes[0] != without_notes[1]:
        return "it would get other tags"
    others = ("commit_message", "excluded", "install")
    changed = [name for name in others if getattr(again, name) != getattr(plan, name)]
    return f"its {changed[0].replace('_', ' ')} is another" if changed else None


def publishable(workspace: Workspace, project: Project) -> tuple[Package, ...]:
    """The packages that this release publishes. Raises `NothingToPublish`."""
    excluded, registry = {rule.package for rule in project.release.exclude}, project.registry.name
    allowed = [package for package in workspace.packages if package.may_go_to(registry)]
    packages = tuple(package for package in allowed if package.name not in excluded)
    if not packages:
        raise NothingToPublish(
            project.name,
            registry,
            private=[package.name for package in workspace.packages if not package.is_publishable],
            elsewhere={
                package.name: package.publish or ()
                for package in workspace.packages
                if package.is_publishable and package not in allowed
            },
            excluded=[package.name for package in allowed],
        )
    return packages


def _crates(packages: tuple[Package, ...], versions: Mapping[str, str], seen: Seen) -> tuple[Crate, ...]:
    by_name = {package.name: package for package in packages}
    graph = edges(packages, versions)
    paths = remaining_path(graph)
    return tuple(
        Crate(
            name=name,
            version=versions[name],
            current_version=by_name[name].version,
            needs=tuple(sorted(graph[name])),
            remaining_path=paths[name],
            is_new=all(same_version(crate.version, versions[name]) for crate in seen.registry.crates.get(name, ())),
        )
        for name in dependencies_first(graph)
    )


def schedule_of(
    crates: Iterable[Crate], registry: RegistryStyle, published: Collection[str] = (), buckets: Buckets | None = None
) -> Schedule:
    """The schedule before the first upload. `published` are crates that are on the registry already: they need no token.

    `buckets` are those of the last count. No registry shows them; if they are not known, they are full.
    """
    crates = tuple(crates)
    return Schedule.of(
        needs={crate.name: frozenset(crate.needs) for crate in crates},
        ids={crate.name: crate.id for crate in crates},
        actions={crate.name: crate.action for crate in crates if crate.name not in published},
        rates=registry.rates,
        connections=registry.connections,
        buckets=buckets,
    )


def _forecast(crates: tuple[Crate, ...], registry: RegistryStyle) -> Forecast:
    return forecast(schedule_of(crates, registry), Costs(), visible=registry.wait is Wait.VISIBLE)


def _tags(crates: Iterable[Crate], project: Project, new_changelogs: Iterable[WrittenChangelog]) -> tuple[Tag, ...]:
    """The tags. Crates whose tags have the same name share one. Raises `TagOfTwoVersions`, `LeaderNotReleased`."""
    by_name = {crate.name: crate for crate in crates}
    versions = {name: crate.version for name, crate in by_name.items()}
    require_leaders(project.release, versions)
    require_one_version(project.release, versions)
    by_tag: dict[str, list[Crate]] = {}
    for name, tag in tags_of(project.release, versions).items():
        by_tag.setdefault(tag, []).append(by_name[name])
    tags = tuple(_tag(name, tagged, project, new_changelogs) for name, tagged in by_tag.items())
    if len(tags) > 1 or project.ci is None:
        return tags
    promised = tuple(sorted(asset.format(version=tag.version) for tag in tags for asset in project.assets))
    return tuple(tag.model_copy(update={"promised": promised}) for tag in tags)


def _tag(name: str, crates: list[Crate], project: Project, new_changelogs: Iterable[WrittenChangelog]) -> Tag:
    style = project.release
    crates = sorted(crates, key=lambda crate: crate.name in style.tagged_with)  # whose tag it is comes first
    version, names = crates[0].version, tuple(crate.name for crate in crates)
    own = tuple(changelog for changelog in new_changelogs if not set(names).isdisjoint(changelog.packages))
    titled = crates[0].name if style.names_package(crates[0].name) else project.title or project.name
    return Tag(
        name=name,
        message=style.tag_message.format(project=titled, version=version),
        version=version,
        crates=names,
        notes=_notes(own, names),
        proposed=any(changelog.proposed for changelog in own),
    )


def _notes(own: tuple[WrittenChangelog, ...], crates: tuple[str, ...]) -> str:
    """The notes. If there are several changelogs, each has the names of its crates as a heading."""
    if len(own) == 1:
        return own[0].notes
    sections = (
        f"## {', '.join(name for name in crates if name in changelog.packages)}\n\n{changelog.notes}"
        for changelog in own
        if changelog.notes
    )
    return "\n\n".join(sections)


def _install(project: Project, packages: tuple[Package, ...]) -> Install | None:
    """The install check, if this workspace has the binary. A profile may be used to release another repository."""
    check = project.install
    return next(
        (check for package in packages if check and package.name == check.package and check.binary in package.binaries),
        None,
    )


def _deviations(source: SourceSeen, project: Project, packages: tuple[Package, ...]) -> tuple[str, ...]:
    """Where the profile differs from the repository or from a careful release. The receipt repeats these texts."""
    deviations = []
    if project.cargo.toolchain and source.pinned_toolchain and project.cargo.toolchain != source.pinned_toolchain:
        deviations.append(
            f"toolchain `{project.cargo.toolchain}` by the profile; the repository pins `{source.pinned_toolchain}`"
        )
    deviations += [f"`{path}` is not kept current, by the profile" for path in project.release.stale_lockfiles]
    if not project.cargo.verify:
        deviations.append("packaged with `verify = false` by the profile: the packaged crates were not built")
    if not project.cargo.clippy:
        deviations.append("clippy was not run, by the profile")
    if not project.cargo.msrv and any(package.rust_version for package in packages):
        deviations.append("the oldest Rust of the packages was not tried, by the profile")
    if project.install and _install(project, packages) is None:
        deviations.append(f"no install check: nothing that is published has the binary `{project.install.binary}`")
    elif project.install and project.install.debug:
        deviations.append("the install check built without optimizations, by the profile")
    return tuple(deviations)


def outstanding(plan: ReleasePlan, seen: Seen) -> tuple[str, ...]:
    """What the plan wants and the world does not have yet, as `kind id`. () for a complete release.

    It checks presence only. The release compares the bytes of existing crates while it runs.
    """
    missing = [f"tag {tag.name}" for tag in plan.tags if seen.source.tag(tag.name) is None]
    missing += [f"crate {crate.id}" for crate in plan.crates if seen.registry.find(crate.name, crate.version) is None]
    if seen.forge is not None:
        missing += [f"release {tag.name}" for tag in plan.tags if tag.name not in seen.forge.published]
    return tuple(missing)
