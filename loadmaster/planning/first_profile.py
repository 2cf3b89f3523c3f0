"""The first profile of a workspace: what the workspace itself shows, with comments, as a start for a person.

Decides from the result of a survey. It writes only settings of `planning.profile`. If it cannot find something out, it says
so in a comment, and does not guess.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import tomlkit
from pydantic import Field
from tomlkit import TOMLDocument
from tomlkit.items import Table

from loadmaster.planning.elsewhere.adopting import Adopted, adopt
from loadmaster.planning.elsewhere.settings import Ground
from loadmaster.planning.elsewhere.show import settings_lines
from loadmaster.planning.first_changelogs import first_changelogs
from loadmaster.planning.profile.in_repository import SCHEMA_FILE
from loadmaster.planning.profile.policy import Policy
from loadmaster.planning.profile.project import ClippyScope, GateStyle, ReleaseStyle
from loadmaster.planning.profile.shared_tags import require_one_version
from loadmaster.planning.profile.tag_patterns import Patterns, tag_patterns
from loadmaster.planning.tree.workspace import DEFAULT_REGISTRY, Package, Workspace
from loadmaster.planning.values.requirement import rewrite_requirement
from loadmaster.planning.values.value import Value


class Survey(Value):
    """What was seen of a workspace that has no profile."""

    repository: str
    """The path or address of the repository."""
    forge: str | None
    """`OWNER/NAME` by `forge_of`; None if nothing shows it."""
    branch: str
    workspace: Workspace
    tags: tuple[str, ...]
    published: Mapping[str, tuple[str, ...]] | None
    """The versions that crates.io has, by package; None if it could not be asked."""
    foreign: frozenset[str] = frozenset()
    """Those of these names that are somebody else's crates."""
    doubtful: tuple[str, ...] = ()
    """Those of which nothing tells whose they are."""
    later: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    """Those of them that were published after the clone's newest commit: the clone does not have their tags."""
    changelogs: Mapping[str, str]
    """The texts of the changelogs at the top, at the roots and beside packages, by path."""
    stale_lockfiles: tuple[str, ...] = ()
    """Tracked lockfiles, except the root's, that cargo would have to change before it could use them."""
    paths: frozenset[str] = frozenset()
    """All tracked files."""
    tools: Mapping[str, str] = Field(default_factory=dict)
    """The texts of the files that hold other tools' settings, manifests among them, by path."""
    mentioned: Mapping[str, str] = Field(default_factory=dict)
    """The texts of the files that those name, by path."""
    programs: tuple[tuple[str, str], ...] = ()
    """Package and binary of each program that a user would install."""
    pinned_toolchain: str | None = None
    substitute_toolchain: str | None = None
    """An installed toolchain, if the pinned one is not installed."""


_SHOWN = 5
"""How many names a comment lists."""
_REMOTE = re.compile(r"(?!file:)(?:\w+://[^/]+/|[\w.@-]+:)(?:.*/)?(?P<owner>[\w.-]+)/(?P<name>[\w.-]+?)(?:\.git)?/?")
_HOMEPAGE = re.compile(r"https?://(?:www\.)?github\.com/(?P<owner>[\w.-]+)/(?P<name>[\w.-]+?)(?:\.git)?(?:/.*)?")


def adopt_settings(survey: Survey) -> Adopted:
    """What other tools' settings become in the profile. Raises `ToolFileBroken`."""
    first = _adopt(survey, released_packages(survey))
    if not first.elements("release.exclude"):
        return first
    return _adopt(survey, _released(survey, first))  # what is left out changes what the others mean


def _adopt(survey: Survey, published: tuple[Package, ...]) -> Adopted:
    independent = _policy(published) is Policy.INDEPENDENT
    ground = Ground(
        workspace=survey.workspace,
        released=published,
        independent=independent,
        branch=survey.branch,
        forge=survey.forge,
        patterns=_patterns(survey, published, independent=independent),
        paths=survey.paths,
        texts={**survey.changelogs, **survey.mentioned},
    )
    return adopt(survey.tools, survey.changelogs, ground)


def _released(survey: Survey, adopted: Adopted) -> tuple[Package, ...]:
    """The packages to publish, without those that another tool leaves out; all, if it leaves out all."""
    waived = {waiver["package"] for waiver in adopted.elements("release.exclude")}
    packages = released_packages(survey)
    return tuple(package for package in packages if package.name not in waived) or packages


class ProfilePlace(Value):
    """Where a first profile is written: it has in it what its place does not say."""

    title: str
    """The name of the directory, or the one that was given."""
    in_repository: bool
    """Whether it lies in the repository that it is for, and so needs no address."""
    name: str | None = None
    """The name that was given for a profile in a repository."""
    schema_line: bool = False
    """Whether the JSON Schema lies beside it."""


def first_profile(survey: Survey, place: ProfilePlace) -> str:
    """The text of the profile. Raises `TagOfTwoVersions`, `ToolFileBroken`."""
    adopted = adopt_settings(survey)
    published = _released(survey, adopted)
    policy = _policy(published)
    forge = survey.forge or adopted.wish("forge")
    document = tomlkit.document()
    document.add(
        tomlkit.comment("Written by `loadmaster init`; `loadmaster profile explain FIELD` says what a setting means.")
    )
    forge_or_local = forge or "local/" + re.sub(r"[^\w.-]", "-", place.title)
    if place.in_repository and place.name not in (None, forge_or_local.partition("/")[2]):
        document.add("name", tomlkit.item(place.name))
    document.add("title", tomlkit.item(place.title))
    document.add("forge", tomlkit.item(forge_or_local))
    if forge is None:
        document.add(
            tomlkit.comment(
                "Neither a remote of the clone nor a package names the forge: put the repository's OWNER/NAME here."
            )
        )
    source = _add(document, "source")
    if not place.in_repository:
        source.add(tomlkit.comment(_WHY_CLONE))
        source.add("repository", tomlkit.item(survey.repository))
    source.add("branch", tomlkit.item(survey.branch))
    _add_place(source, survey.workspace)
    _add_release(document, survey, published, policy, adopted)
    _add_registry(document, survey, adopted)
    _add_cargo(document, survey, adopted)
    _add_install(document, survey, published)
    _add_settings(document, adopted)
    first = f"#:schema ./{SCHEMA_FILE}\n" if place.schema_line else ""  # editors want it without a blank
    return first + tomlkit.dumps(document)


def _add_registry(document: TOMLDocument, survey: Survey, adopted: Adopted) -> None:
    wished = {key: adopted.wish(f"registry.{key}") for key in ("name", "new_burst", "update_burst")}
    wished["owners"] = adopted.elements("registry.owners") or None
    named = _registry(survey)
    if named != DEFAULT_REGISTRY:
        wished["name"] = named
    if not any(value is not None for value in wished.values()):
        return
    table = _add(document, "registry")
    if named != DEFAULT_REGISTRY:
        table.add(
            tomlkit.comment("All packages go to this registry, by `publish` in their manifests, and not to crates.io.")
        )
    for key, value in wished.items():
        if value is not None:
            table.add(key, tomlkit.item(value))


def _add_settings(document: TOMLDocument, adopted: Adopted) -> None:
    """Every setting of another tool, with what it became, as comments."""
    if not adopted.settings:
        return
    document.add(tomlkit.nl())
    document.add(tomlkit.comment("Settings of other tools, and what each of them became here:"))
    for line in settings_lines(adopted.settings):
        document.add(tomlkit.comment(line))


def forge_of(origin: str | None, metadata: Mapping[str, Any]) -> str | None:
    """`OWNER/NAME` from the address that the repository was cloned from, else from the `repository` that most packages name.

    None if neither shows it, as with a path on this machine.
    """
    if origin and (match := _REMOTE.fullmatch(origin)):
        return f"{match['owner']}/{match['name']}"
    named = Counter(package.get("repository") for package in metadata["packages"]).most_common()
    pages = (match for address, _ in named if address and (match := _HOMEPAGE.fullmatch(address)))
    return next((f"{page['owner']}/{page['name']}" for page in pages), None)


def programs(metadata: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Package and binary of every package that is a program: it has no library, and its default features build a binary.

    `metadata` is the document of `cargo metadata`.
    """
    programs: list[tuple[str, str]] = []
    for package in metadata["packages"]:
        kinds = {kind for target in package["targets"] for kind in target["kind"]}
        if kinds & {"lib", "rlib", "dylib", "cdylib", "staticlib", "proc-macro"}:
            continue
        default = set(package["features"].get("default", ()))
        binaries = [target for target in package["targets"] if "bin" in target["kind"]]
        programs += [
            (package["name"], binary["name"])
            for binary in binaries
            if default.issuperset(binary.get("required-features", ()))
        ]
    return tuple(programs)


def _registry(survey: Survey) -> str:
    """The registry of the profile: crates.io, unless all packages go to one other registry by their manifests."""
    public = [package.publish for package in survey.workspace.packages if package.is_publishable]
    named = {name for registries in public for name in registries or (DEFAULT_REGISTRY,)}
    return named.pop() if len(named) == 1 else DEFAULT_REGISTRY


def _elsewhere(survey: Survey) -> str:
    """The packages that may go to other registries only, with these; "" if there are none."""
    registry = _registry(survey)
    return ", ".join(
        f"{package.name} ({', '.join(package.publish or ())})"
        for package in survey.workspace.packages
        if package.is_publishable and not package.may_go_to(registry)
    )


def released_packages(survey: Survey) -> tuple[Package, ...]:
    """The packages to publish: those that crates.io has, and the new ones that these need.

    If crates.io has none of the publishable packages, or was not asked, it is all of them.
    """
    packages, registry = survey.workspace.packages, _registry(survey)
    publishable = {package.name: package for package in packages if package.may_go_to(registry)}
    known = [name for name in publishable if (survey.published or {}).get(name) and name not in survey.foreign]
    waiting = known or [name for name in publishable if name not in survey.foreign]
    names: set[str] = set()
    while waiting:
        names.add(name := waiting.pop())
        needed = {dependency.name for dependency in publishable[name].dependencies if dependency.is_packaged}
        waiting += needed & (publishable.keys() - names)
    return tuple(package for name, package in publishable.items() if name in names)


def _new(survey: Survey, published: tuple[Package, ...]) -> list[str]:
    """The packages that crates.io does not have; none if it has nothing of the workspace."""
    known = {name for name, versions in (survey.published or {}).items() if versions} - survey.foreign
    return [package.name for package in published if known and package.name not in known]


def _add_place(source: Table, workspace: Workspace) -> None:
    """Where the workspace is, if it is not the one at the top."""
    folders = [posixpath.dirname(root) or "." for root in workspace.roots]
    if len(folders) > 1:
        source.add(tomlkit.comment(_WHY_WORKSPACES))
        source.add("workspaces", tomlkit.item(folders))
    elif folders and folders != ["."]:
        source.add("path", tomlkit.item(folders[0]))


def _add(document: TOMLDocument, name: str) -> Table:
    table = tomlkit.table()
    document.add(tomlkit.nl())
    document.add(name, table)
    return table


def _policy(published: tuple[Package, ...]) -> Policy:
    """Lockstep if all have one version. If some requirements name an older one, they keep it."""
    if len({package.version for package in published}) > 1:
        return Policy.INDEPENDENT
    return Policy.KEEP_CARET_FLOOR if any(_lagging(published)) else Policy.LOCKSTEP


def _lagging(published: tuple[Package, ...]) -> Iterator[str]:
    """Members that another one requires by path in another version than the tree's."""
    versions = {package.name: package.version for package in published}
    for package in published:
        for need in package.dependencies:
            current = versions.get(need.name)
            if (
                current
                and need.path is not None
                and need.has_version
                and rewrite_requirement(need.requirement, current) != need.requirement
            ):
                yield need.name


def _add_release(
    document: TOMLDocument, survey: Survey, published: tuple[Package, ...], policy: Policy, adopted: Adopted
) -> None:
    independent = policy is Policy.INDEPENDENT
    shown = _patterns(survey, published, independent=independent)
    release, patterns = _add(document, "release"), _wished_patterns(shown, adopted)
    style = ReleaseStyle(policy=policy, tag=patterns.tag, tags=patterns.tags, tagged_with=patterns.tagged_with)
    require_one_version(style, {package.name: package.version for package in published})
    release.add(tomlkit.comment(_WHY_POLICY[policy]))
    release.add("policy", tomlkit.item(policy.value))
    release.add("tag", tomlkit.item(patterns.tag))
    for line in _doubts(survey, patterns, independent=independent):
        release.add(tomlkit.comment(line))
    _add_changelog(release, survey, published, adopted, independent=independent)
    _add_wishes(release, adopted)
    if survey.stale_lockfiles:
        release.add(tomlkit.comment(_WHY_STALE))
        release.add("stale_lockfiles", tomlkit.item(list(survey.stale_lockfiles)))
    if new := _new(survey, published):
        release.add(tomlkit.comment(f"Not on crates.io yet, but needed by packages that are: {', '.join(new)}."))
    if survey.doubtful:
        release.add(tomlkit.comment(f"Look at crates.io whose these are, nothing told it: {_some(survey.doubtful)}."))
    if (exclude := _exclusions(survey, published, adopted)) or survey.published is None:
        release.add(tomlkit.comment(_WHY_EXCLUDED if exclude else _NOT_ASKED))
    if exclude:
        release.add("exclude", exclude)
    if patterns.tags:
        release.add("tags", _table(patterns.tags))
    if patterns.tagged_with:
        release.add(tomlkit.comment(_WHY_TAGGED_WITH))
        release.add("tagged_with", _table(patterns.tagged_with))
    if rules := adopted.elements("release.files"):
        release.add("files", _rules(rules))
    if elsewhere := _elsewhere(survey):
        release.add(tomlkit.comment(f"Not for `{_registry(survey)}`, by `publish` in their manifests: {elsewhere}."))


def _add_changelog(
    release: Table, survey: Survey, published: tuple[Package, ...], adopted: Adopted, *, independent: bool
) -> None:
    wished = adopted.wish("release.changelog")
    versions = {package.name: _versions_at_clone(survey, package) for package in published}
    found = first_changelogs(survey.changelogs, survey.workspace.roots, published, versions, independent=independent)
    release.add("changelog", tomlkit.item(wished or found.path))
    if wished is not None:
        return
    if found.abandoned:
        release.add(tomlkit.comment(_WHY_ABANDONED))
    if found.mixed:
        release.add(tomlkit.comment(f"{_WHY_MIXED}: {_some(found.mixed)}."))
    if found.by_package:
        release.add(tomlkit.comment(_WHY_BY_PACKAGE))
        release.add("changelogs", _table(found.by_package))


def _wished_patterns(shown: Patterns, adopted: Adopted) -> Patterns:
    """The patterns of the tags; where no tag shows one, those that another tool's settings have."""
    tag, tags = adopted.wish("release.tag"), adopted.by_package("release.tags")
    if tag is None and not tags:
        return shown
    guessed = () if tag is not None else tuple(name for name in shown.guessed if name not in tags)
    return shown.model_copy(update={"tag": tag or shown.tag, "tags": {**shown.tags, **tags}, "guessed": guessed})


def _add_wishes(release: Table, adopted: Adopted) -> None:
    for key in ("requirements", "commit_message", "tag_message"):
        if (value := adopted.wish(f"release.{key}")) is not None:
            release.add(key, tomlkit.item(value))
    if branches := adopted.elements("release.branches"):
        release.add("branches", tomlkit.item(branches))


def _rules(rules: list[Any]) -> Any:
    """`[[release.files]]`, as a list of tables in one line each."""
    listed = tomlkit.array().multiline(True)
    for rule in rules:
        listed.append(_table(rule))
    return listed


_WHY_CLONE = "A clone on this machine. Plans and rehearsals read it; a release pushes to the repository named here."
_WHY_WORKSPACES = "Released together, each with its own lockfile. All paths begin at the top of the repository."
_WHY_POLICY = {
    Policy.LOCKSTEP: "All published packages have one version, and require each other in it.",
    Policy.KEEP_CARET_FLOOR: "All published packages have one version; requirements among them change only if they must.",
    Policy.INDEPENDENT: "The published packages have versions of their own.",
}
_WHY_ABANDONED = "The changelog at the root has none of the newest versions: it does not change."
_WHY_MIXED = "Loadmaster does not write these, because their headings name several packages"
_WHY_BY_PACKAGE = "The changelog at the top has the versions of this package alone."
_WHY_EXCLUDED = (
    "crates.io has no version of these, or only somebody else's, or another tool leaves them out, though their manifests allow "
    "publishing them: remove what should be published."
)
_WHY_TAGGED_WITH = (
    "No tag names a package, and these do not have the versions of the tags: they get no tags of their own."
)
_WHY_STALE = "cargo refuses these with `--locked`: run `cargo update --workspace` in each directory, and remove it from the list."
_NOT_ASKED = (
    "crates.io could not be asked which packages were ever published: list under `exclude` those that should not be."
)


def _versions_at_clone(survey: Survey, package: Package) -> tuple[str, ...]:
    """The versions that crates.io had when the clone was made, in the order of their publication."""
    known, later = (survey.published or {}).get(package.name, ()), survey.later.get(package.name, ())
    return tuple(version for version in known if version not in later)


def _patterns(survey: Survey, published: tuple[Package, ...], *, independent: bool) -> Patterns:
    versions = {package.name: {package.version, *_versions_at_clone(survey, package)} for package in published}
    return tag_patterns(survey.tags, versions, independent=independent)


def _doubts(survey: Survey, patterns: Patterns, *, independent: bool) -> Iterator[str]:
    """What is a guess about the tags."""
    if patterns.guessed and not survey.tags:
        yield "A guess: there are no tags that show the pattern."
    elif patterns.guessed and independent:
        yield f"A guess for {_some(patterns.guessed)}: no tag shows the pattern of these."
    elif patterns.guessed:
        yield "A guess: no tag names a version of these packages in a way that is known."
    if patterns.mixed:
        shown = ", ".join(f"{tag} ({name})" for name, tag in sorted(patterns.mixed.items())[:_SHOWN])
        yield f"A guess: most tags have this shape, and the newest have another: {shown}."


def _some(names: Collection[str]) -> str:
    listed = sorted(names)
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return ", ".join(listed[:_SHOWN]) + more


def _exclusions(survey: Survey, published: tuple[Package, ...], adopted: Adopted) -> Any:
    names = {package.name for package in published}
    packages, registry = survey.workspace.packages, _registry(survey)
    stay = [package.name for package in packages if package.may_go_to(registry) and package.name not in names]
    if not stay:
        return None
    exclusions = tomlkit.array().multiline(True)
    waived = {waiver["package"]: waiver["why"] for waiver in adopted.elements("release.exclude")}
    for name in stay:
        why = "somebody else's on crates.io" if name in survey.foreign else waived.get(name, "never published")
        exclusions.append(_table({"package": name, "why": why}))
    return exclusions


def _table(values: Mapping[str, str]) -> Any:
    table = tomlkit.inline_table()
    table.update(values)
    return table


def _add_cargo(document: TOMLDocument, survey: Survey, adopted: Adopted) -> None:
    cargo = _add(document, "cargo")
    if adopted.wish("cargo.verify") is False:
        cargo.add("verify", tomlkit.item(False))
    if survey.substitute_toolchain is not None:
        cargo.add(tomlkit.comment(f"The repository pins `{survey.pinned_toolchain}`, which is not installed here."))
        cargo.add("toolchain", tomlkit.item(survey.substitute_toolchain))
    cargo.add(tomlkit.comment("Tests, benches and private members may need something that is not installed here."))
    cargo.add("clippy_of", tomlkit.item(ClippyScope.PUBLISHED.value))
    cargo.add(tomlkit.comment("A warning stops a release only if the last release did not have it."))
    cargo.add("deny_warnings", tomlkit.item(False))
    if survey.substitute_toolchain is not None:
        gates = _add(document, "gates")
        gates.add(
            tomlkit.comment("Another toolchain's linter finds other things: they are shown, and stop no release.")
        )
        gates.add("advice", tomlkit.item([*GateStyle().advice, "clippy"]))


def _add_install(document: TOMLDocument, survey: Survey, published: tuple[Package, ...]) -> None:
    """The programs that could be installed to verify a release. Only a person knows whether one answers `--version`."""
    names = {package.name for package in published}
    programs = [(package, binary) for package, binary in survey.programs if package in names]
    if not programs:
        return
    document.add(tomlkit.nl())
    document.add(
        tomlkit.comment("To install a program from the registry after a release, and ask for its `--version`:")
    )
    for package, binary in programs:
        document.add(tomlkit.comment("[install]"))
        document.add(tomlkit.comment(f'package = "{package}"'))
        document.add(tomlkit.comment(f'binary = "{binary}"'))
