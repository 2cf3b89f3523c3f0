"""A repository with settings of other release tools, as `init` sees it, spelled shortly."""

from __future__ import annotations

from collections.abc import Mapping

from loadmaster.planning.elsewhere.adopting import Adopted, adopt
from loadmaster.planning.elsewhere.settings import Ground, Setting
from loadmaster.planning.profile.tag_patterns import Patterns
from loadmaster.planning.tree.workspace import Package, Workspace
from tests.kit.building import package

WING, TAIL = package("wing", version="1.2.0"), package("tail", version="1.2.0")
NO_TAGS = Patterns(tag="v{version}", tags={}, guessed=("wing", "tail"))


def ground(
    *packages: Package, patterns: Patterns = NO_TAGS, texts: Mapping[str, str] | None = None, **more: object
) -> Ground:
    """By default two released packages of one version, without a tag that shows a pattern."""
    members = packages or (WING, TAIL)
    released = tuple(each for each in members if each.is_publishable)
    fields: dict[str, object] = {
        "workspace": Workspace(packages=members),
        "released": released,
        "independent": len({each.version for each in released}) > 1,
        "branch": "main",
        "forge": None,
        "patterns": patterns,
        "paths": frozenset(texts or {}),
        "texts": texts or {},
    }
    return Ground.model_validate(fields | more)


def adopted(files: Mapping[str, str], here: Ground | None = None) -> Adopted:
    """What the settings in the files become."""
    seen = here or ground()
    changelogs = {path: text for path, text in seen.texts.items() if path.endswith("CHANGELOG.md")}
    return adopt(files, changelogs, seen)


def setting(found: Adopted, key: str) -> Setting:
    """The one setting of that key."""
    listed = [each for each in found.settings if each.key == key]
    assert len(listed) == 1, [each.key for each in found.settings]
    return listed[0]
