"""The first profile of a workspace: what can be read off it, written down with comments, for a person to go on from.

Decides from what a survey found. Everything that is written is a setting of `planning.project`; what could not be found out
is said in a comment, and not guessed.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import tomlkit
from pydantic import Field
from tomlkit import TOMLDocument
from tomlkit.items import Table

from loadmaster.planning.edits.changelog import has_unreleased, headings
from loadmaster.planning.profile.policy import Policy
from loadmaster.planning.profile.project import ClippyScope, GateStyle
from loadmaster.planning.profile.tag_patterns import Patterns, tag_patterns
from loadmaster.planning.tree.workspace import Package, Workspace
from loadmaster.planning.values.requirement import rewrite_requirement
from loadmaster.planning.values.value import Value


class Survey(Value):
    """What was found of a workspace that has no profile."""

    repository: str
    """Path or address of the repository."""
    forge: str | None
    """`OWNER/NAME` by `forge_of`; None if nothing tells it."""
    branch: str
    workspace: Workspace
    tags: tuple[str, ...]
    published: Mapping[str, tuple[str, ...]] | None
    """Versions that crates.io has, by package; None if it could not be asked."""
    later: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    """Those of them that came out after the clone's newest commit: their tags are not there to be read."""
    changelogs: tuple[str, ...]
    """Paths of the changelogs in the tree."""
    root_changelog: str | None = None
    """Text of the one at the root."""
    stale_lockfiles: tuple[str, ...] = ()
    """Tracked lockfiles, besides the root's, that cargo would have to change before it could use them."""
    programs: tuple[tuple[str, str], ...] = ()
    """Package and binary of what a user would install."""
    pinned_toolchain: str | None = None
    substitute_toolchain: str | None = None
    """An installed toolchain, where the pinned one is not installed."""


CHANGELOGS = ("changelog.md", "changes.md")
"""What changelogs are called, in small letters."""
_NEWEST = 10
"""A changelog that tells of none of as many last versions is no longer kept."""
_REMOTE = re.compile(r"(?!file:)(?:\w+://[^/]+/|[\w.@-]+:)(?:.*/)?(?P<owner>[\w.-]+)/(?P<name>[\w.-]+?)(?:\.git)?/?")
_HOMEPAGE = re.compile(r"https?://(?:www\.)?github\.com/(?P<owner>[\w.-]+)/(?P<name>[\w.-]+?)(?:\.git)?(?:/.*)?")


def first_profile(survey: Survey, title: str) -> str:
    """The text of `projects/NAME.toml`."""
    published = released_packages(survey)
    policy = _policy(published)
    document = tomlkit.document()
    document.add(tomlkit.comment("Written by `loadmaster init`; docs/project.md tells every setting."))
    document.add("title", tomlkit.item(title))
    document.add("forge", tomlkit.item(survey.forge or "local/" + re.sub(r"[^\w.-]", "-", title)))
    if survey.forge is None:
        document.add(
            tomlkit.comment(
                "Neither a remote of the clone nor a package names the forge: put the repository's OWNER/NAME here."
            )
        )
    source = _add(document, "source")
    source.add(tomlkit.comment(_WHY_CLONE))
    source.add("repository", tomlkit.item(survey.repository))
    source.add("branch", tomlkit.item(survey.branch))
    _add_release(document, survey, published, policy)
    _add_cargo(document, survey)
    _add_install(document, survey, published)
    return tomlkit.dumps(document)


def forge_of(origin: str | None, metadata: Mapping[str, Any]) -> str | None:
    """`OWNER/NAME` by the address that the repository was cloned from, or else by the `repository` that most packages name.

    None if neither tells it: a path on this machine does not.
    """
    if origin and (found := _REMOTE.fullmatch(origin)):
        return f"{found['owner']}/{found['name']}"
    named = Counter(package.get("repository") for package in metadata["packages"]).most_common()
    pages = (found for address, _ in named if address and (found := _HOMEPAGE.fullmatch(address)))
    return next((f"{found['owner']}/{found['name']}" for found in pages), None)


def programs(metadata: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Package and binary of every package that is a program: it has binaries which its default features build, and no library.

    `metadata` is the document of `cargo metadata`.
    """
    found: list[tuple[str, str]] = []
    for package in metadata["packages"]:
        kinds = {kind for target in package["targets"] for kind in target["kind"]}
        if kinds & {"lib", "rlib", "dylib", "cdylib", "staticlib", "proc-macro"}:
            continue
        default = set(package["features"].get("default", ()))
        binaries = [target for target in package["targets"] if "bin" in target["kind"]]
        found += [
            (package["name"], binary["name"])
            for binary in binaries
            if default.issuperset(binary.get("required-features", ()))
        ]
    return tuple(found)


def released_packages(survey: Survey) -> tuple[Package, ...]:
    """Publishable ones of which crates.io has a version, with the new ones that these need; all publishable ones where it has
    none of any, or was not asked."""
    publishable = {package.name: package for package in survey.workspace.packages if package.is_publishable}
    waiting = [name for name in publishable if (survey.published or {}).get(name)] or list(publishable)
    found: set[str] = set()
    while waiting:
        found.add(name := waiting.pop())
        needed = {dependency.name for dependency in publishable[name].dependencies if dependency.is_packaged}
        waiting += needed & (publishable.keys() - found)
    return tuple(each for name, each in publishable.items() if name in found)


def _new(survey: Survey, published: tuple[Package, ...]) -> list[str]:
    """Those that crates.io does not have; none of a workspace of which it has nothing."""
    known = {name for name, versions in (survey.published or {}).items() if versions}
    return [each.name for each in published if known and each.name not in known]


def _add(document: TOMLDocument, name: str) -> Table:
    table = tomlkit.table()
    document.add(tomlkit.nl())
    document.add(name, table)
    return table


def _policy(published: tuple[Package, ...]) -> Policy:
    """Lockstep if all carry one version; their requirements stay where some of them lag behind it."""
    if len({each.version for each in published}) > 1:
        return Policy.INDEPENDENT
    return Policy.KEEP_CARET_FLOOR if any(_lagging(published)) else Policy.LOCKSTEP


def _lagging(published: tuple[Package, ...]) -> Iterator[str]:
    """Members that another requires by path in a version that is not the one which stands in the tree."""
    versions = {each.name: each.version for each in published}
    for each in published:
        for need in each.dependencies:
            stands = versions.get(need.name)
            if (
                stands
                and need.path is not None
                and need.has_version
                and rewrite_requirement(need.requirement, stands) != need.requirement
            ):
                yield need.name


def _add_release(document: TOMLDocument, survey: Survey, published: tuple[Package, ...], policy: Policy) -> None:
    independent = policy is Policy.INDEPENDENT
    release, patterns = _add(document, "release"), _patterns(survey, published, independent=independent)
    release.add(tomlkit.comment(_WHY_POLICY[policy]))
    release.add("policy", tomlkit.item(policy.value))
    release.add("tag", tomlkit.item(patterns.tag))
    if not survey.tags:
        release.add(tomlkit.comment("There are no tags to read the pattern off."))
    left = not independent and _is_left_behind(survey, published)
    release.add("changelog", tomlkit.item("" if left else _changelog(survey, published, independent=independent)))
    if left:
        release.add(tomlkit.comment(_WHY_LEFT))
    if survey.stale_lockfiles:
        release.add(tomlkit.comment(_WHY_STALE))
        release.add("stale_lockfiles", tomlkit.item(list(survey.stale_lockfiles)))
    if new := _new(survey, published):
        release.add(tomlkit.comment(f"Not on crates.io yet, and needed by what is: {', '.join(new)}."))
    if (exclude := _exclusions(survey, published)) or survey.published is None:
        release.add(tomlkit.comment(_WHY_EXCLUDED if exclude else _NOT_ASKED))
    if exclude:
        release.add("exclude", exclude)
    if patterns.tags:
        release.add("tags", _table(patterns.tags))


_WHY_CLONE = "A clone on this machine, which plans and rehearsals read; a release pushes to the repository named here."
_WHY_POLICY = {
    Policy.LOCKSTEP: "All published packages carry one version, and require each other in it.",
    Policy.KEEP_CARET_FLOOR: "All published packages carry one version; requirements among them move only where they must.",
    Policy.INDEPENDENT: "The published packages carry versions of their own.",
}
_WHY_LEFT = "The changelog at the root tells of none of the newest versions: it stays as it is."
_WHY_EXCLUDED = (
    "Their manifests would let these out, and crates.io has no version of them: take out what is to be published."
)
_WHY_STALE = "cargo refuses these with `--locked`: `cargo update --workspace` beside each, and take it out of the list."
_NOT_ASKED = (
    "crates.io could not be asked which packages were ever published: list under `exclude` those that stay back."
)


def _out(survey: Survey, package: Package) -> tuple[str, ...]:
    """Versions that were on crates.io when the clone was made, in the order in which they came out."""
    known, later = (survey.published or {}).get(package.name, ()), survey.later.get(package.name, ())
    return tuple(each for each in known if each not in later)


def _patterns(survey: Survey, published: tuple[Package, ...], *, independent: bool) -> Patterns:
    versions = {each.name: {each.version, *_out(survey, each)} for each in published}
    return tag_patterns(survey.tags, versions, independent=independent)


def _is_left_behind(survey: Survey, published: tuple[Package, ...]) -> bool:
    """Whether the changelog at the root has no place for the next version, and tells of none of the newest of any package."""
    text = survey.root_changelog
    if text is None or has_unreleased(text):
        return False
    newest = {version for each in published for version in _out(survey, each)[-_NEWEST:]}
    return bool(newest) and newest.isdisjoint(heading.version for heading in headings(text))


def _changelog(survey: Survey, published: tuple[Package, ...], *, independent: bool) -> str:
    """That of the root; where packages have versions of their own, what most of them call the one beside their manifest.

    `""` where there is none, and where such packages share one: which entries are whose, nobody can tell.
    """
    if not independent:
        return next((changelog for changelog in survey.changelogs if "/" not in changelog), "")
    folders = [posixpath.dirname(each.manifest) for each in published]
    names = Counter(
        posixpath.basename(changelog) for changelog in survey.changelogs if posixpath.dirname(changelog) in folders
    )
    return names.most_common(1)[0][0] if names else ""


def _exclusions(survey: Survey, published: tuple[Package, ...]) -> Any:
    names = {each.name for each in published}
    stay = [
        package.name for package in survey.workspace.packages if package.is_publishable and package.name not in names
    ]
    if not stay:
        return None
    listed = tomlkit.array().multiline(True)
    for name in stay:
        listed.append(_table({"package": name, "why": "never published"}))
    return listed


def _table(values: Mapping[str, str]) -> Any:
    table = tomlkit.inline_table()
    table.update(values)
    return table


def _add_cargo(document: TOMLDocument, survey: Survey) -> None:
    cargo = _add(document, "cargo")
    if survey.substitute_toolchain is not None:
        cargo.add(tomlkit.comment(f"The repository pins `{survey.pinned_toolchain}`, which is not installed here."))
        cargo.add("toolchain", tomlkit.item(survey.substitute_toolchain))
    cargo.add(tomlkit.comment("Tests, benches and private members may need more than is installed here."))
    cargo.add("clippy_of", tomlkit.item(ClippyScope.PUBLISHED.value))
    cargo.add(tomlkit.comment("Only warnings that the last release did not have close a release."))
    cargo.add("deny_warnings", tomlkit.item(False))
    if survey.substitute_toolchain is not None:
        gates = _add(document, "gates")
        gates.add(
            tomlkit.comment("The linter of another toolchain finds other things: they are shown, and close nothing.")
        )
        gates.add("advice", tomlkit.item([*GateStyle().advice, "clippy"]))


def _add_install(document: TOMLDocument, survey: Survey, published: tuple[Package, ...]) -> None:
    """The programs that could be installed to verify a release; whether one answers `--version`, only a person knows."""
    names = {each.name for each in published}
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
