"""What the settings of several tools come down to: tags, changelogs, packages that are left out, texts, the forge."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Mapping

from loadmaster.planning.edits.changelogs import is_in_use
from loadmaster.planning.elsewhere.rows import SettingScope
from loadmaster.planning.elsewhere.settings import Ground, JudgedSetting, Wish, already, became, left
from loadmaster.planning.profile.tag_name import fields_of, tag_name
from loadmaster.planning.values.globs import matches_glob

DIRTY = "a release begins from a commit, never from what is not committed"
FEATURES = "a crate is built with its default features"
NO_VERSION = "who starts a release asks for the version"
PROPOSED = "entries that are missing are proposed from the commits in one way for all projects"
SIGNED = "neither commits nor tags are signed"
_HOST = re.compile(r"(?:\w+://|[\w.-]+@)(?:www\.)?[\w.-]+[/:](?P<owner>[\w.-]+)/(?P<name>[\w.-]+?)(?:\.git)?/?")


def tags(ground: Ground, wanted: Mapping[str, str | None]) -> JudgedSetting:
    """The patterns that packages should have, by package; None for one that no pattern can say.

    What the tags show goes before: a file may be older than they are, and what looks for a release looks for their shape.
    """
    wanted = {name: pattern for name, pattern in wanted.items() if name in ground.names}
    patterns = {name: _as_shown(ground, name, each) for name, each in wanted.items() if each and _is_usable(each)}
    if not wanted:
        return left("it is for no package that is released")
    if len(patterns) < len(wanted):
        return left("a tag's pattern has the version once, and nothing else but the package's name")
    for name, pattern in sorted(patterns.items()):
        shown = ground.patterns.tags.get(name, ground.patterns.tag)
        if name not in ground.patterns.guessed and pattern.replace("{name}", name) != shown.replace("{name}", name):
            return left(f"the tags of `{name}` have another shape, `{shown}`")
    if (clash := _shared_by_versions(ground, patterns)) is not None:
        return left(f"{clash} would have one tag with several versions")
    return became(*_tag_wishes(ground, patterns))


def _as_shown(ground: Ground, name: str, pattern: str) -> str:
    """The pattern; that of the tags, if these only leave out build metadata, which the tool's placeholder may do, too."""
    shown = ground.patterns.tags.get(name, ground.patterns.tag)
    same = shown.replace("{plain}", "{version}").replace("{name}", name) == pattern.replace("{name}", name)
    return shown if same else pattern


def _is_usable(pattern: str) -> bool:
    return len(fields_of(pattern)) == 1


def _shared_by_versions(ground: Ground, patterns: Mapping[str, str]) -> str | None:
    versions: dict[str, set[str]] = {}
    for package in ground.released:
        if package.name in patterns and package.name not in ground.patterns.tagged_with:
            place = tag_name(patterns[package.name], package.name, "0.0.0")
            versions.setdefault(place, set()).add(package.version)
    shared = [place for place, several in versions.items() if len(several) > 1]
    names = [name for name, pattern in patterns.items() if tag_name(pattern, name, "0.0.0") in shared]
    return ", ".join(f"`{name}`" for name in sorted(names)) if names else None


def _tag_wishes(ground: Ground, patterns: Mapping[str, str]) -> Iterable[Wish]:
    """The most frequent pattern for all, and the others by package; for a part of the packages by package alone."""
    named = {name: _with_name(pattern, name) for name, pattern in patterns.items()}
    if set(named) != set(ground.names):
        kept = {name: ground.patterns.tag for name in named if name not in ground.patterns.tags}
        for name, pattern in sorted(named.items()):
            if kept.get(name) == pattern:
                yield Wish(setting="release.tag", value=pattern)
            else:
                yield Wish(setting="release.tags", value=pattern, package=name)
        return
    most = Counter(sorted(named.values(), key=lambda pattern: "{name}" not in pattern)).most_common(1)[0][0]
    yield Wish(setting="release.tag", value=most)
    for name, pattern in sorted(named.items()):
        if pattern != most:
            yield Wish(setting="release.tags", value=pattern, package=name)


def _with_name(pattern: str, name: str) -> str:
    return re.sub(rf"^{re.escape(name)}(?=[-/@_]v?\{{)", "{name}", pattern)


def changelog(asked: SettingScope, path: str) -> JudgedSetting:
    """The changelog at `path`: of all packages, or of one."""
    ground, place = asked.ground, posixpath.normpath(posixpath.join(asked.folder, path))
    if place not in ground.paths:
        return left(f"there is no `{place}` in the repository")
    if not ground.independent:
        return became(Wish(setting="release.changelog", value=place))
    name = posixpath.basename(place)
    beside = {each.name: posixpath.join(posixpath.dirname(each.manifest), name) for each in ground.released}
    own = {
        package
        for package, file in beside.items()
        if is_in_use(file, ground.texts.get(file, "")) and file in ground.paths
    }
    if not asked.package:
        if own - ({next(iter(beside))} if len(beside) == 1 else set()):
            return left(
                f"{', '.join(f'`{one}`' for one in sorted(own))} has a `{name}` of its own, which a release writes"
            )
        return became(Wish(setting="release.changelog", value=place))
    if beside.get(asked.package) != place:
        return left(
            "of packages with versions of their own, each has its changelog beside its manifest, under one name"
        )
    return became(Wish(setting="release.changelog", value=name))


def leave_out(asked: SettingScope, names: Iterable[str], why: str) -> JudgedSetting:
    """Packages that are not published."""
    allowed = {package.name for package in asked.ground.workspace.packages if package.is_publishable}
    waived = [name for name in names if name in allowed]
    if not waived:
        return already("nothing of it may be published, by `publish` in the manifest")
    wishes = (Wish(setting="release.exclude", value={"package": name, "why": why}) for name in sorted(waived))
    return became(*wishes)


def branches(asked: SettingScope, globs: Iterable[str]) -> JudgedSetting:
    """Branches that may be released. The release branch itself is the profile's `source.branch`."""
    listed = list(globs)
    unclear = [
        glob for glob in listed if glob.startswith("!") or glob == "*" or re.search(r"[\[\]{}~^:\\\s]|\*\*", glob)
    ]
    others = [glob for glob in listed if glob not in unclear and not matches_glob(asked.ground.branch, glob)]
    why = "; ".join(
        [f"`{glob}` is no pattern of `release.branches`, which names maintenance branches" for glob in unclear]
    )
    if others:
        return became(*(Wish(setting="release.branches", value=glob) for glob in others), why=why)
    return left(why) if unclear else already("it is the release branch, `source.branch`")


def forge(asked: SettingScope, address: str) -> JudgedSetting:
    """The repository on the forge, by its address."""
    match = _HOST.fullmatch(address)
    if match is None:
        return left("it is no address of the form `https://HOST/OWNER/NAME`")
    return repository(asked, f"{match['owner']}/{match['name']}")


def repository(asked: SettingScope, name: str) -> JudgedSetting:
    """`OWNER/NAME`."""
    if asked.ground.forge is not None and asked.ground.forge.lower() != name.lower():
        return left(f"the clone comes from `{asked.ground.forge}`")
    return became(Wish(setting="forge", value=asked.ground.forge or name))


def one_version(ground: Ground, names: Iterable[str]) -> JudgedSetting:
    """A group of packages that should have one version."""
    group = {name for name in names if name in ground.names}
    versions = {package.version for package in ground.released if package.name in group}
    if not group:
        return left("it is for no package that is released")
    if group != set(ground.names):
        return left(
            "one version is for all released packages or for none; ask for the group's as `NAME=VERSION,NAME=VERSION`"
        )
    if len(versions) > 1 or ground.independent:
        return left("the released packages have several versions: set them to one first")
    return became(Wish(setting="release.policy", value="lockstep"))


def is_member(ground: Ground, name: str) -> bool:
    return name in ground.workspace.names
