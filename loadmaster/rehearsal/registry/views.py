"""The JSON that crates.io answers for crates, versions and owners. Pure.

Fields that a rehearsal has no source for (downloads, avatars, line counts) are there, and empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from semver import Version

from loadmaster.rehearsal.registry.records import Owner, Published

JsonObject = dict[str, Any]


def crate_view(
    entries: Sequence[Mapping[str, Any]], ours: Mapping[str, Published], *, trustpub_only: bool = False
) -> JsonObject:
    """`entries` are index lines, oldest first, at least one; `ours` the versions uploaded here, by version."""
    name = entries[0]["name"]
    numbers = [entry["vers"] for entry in entries]
    usable = [entry["vers"] for entry in entries if not entry["yanked"]]
    stable = [number for number in usable if not Version.parse(number).prerelease]
    latest = [ours[number].manifest for number in numbers if number in ours][-1:]
    facts = {
        field: getattr(latest[0], field) if latest else None
        for field in ("description", "homepage", "documentation", "repository")
    }
    return {
        "id": name,
        "name": name,
        "updated_at": entries[-1].get("pubtime"),
        "versions": list(range(len(entries), 0, -1)),
        "keywords": list(latest[0].keywords) if latest else [],
        "categories": list(latest[0].categories) if latest else [],
        "badges": [],
        "created_at": entries[0].get("pubtime"),
        "downloads": 0,
        "recent_downloads": None,
        "default_version": _highest(stable) or _highest(usable) or _highest(numbers),
        "num_versions": len(entries),
        "yanked": not usable,
        "max_version": _highest(usable) or "0.0.0",
        "newest_version": usable[-1] if usable else "0.0.0",
        "max_stable_version": _highest(stable),
        **facts,
        "links": _crate_links(name),
        "exact_match": False,
        "trustpub_only": trustpub_only,
    }


WITHOUT_VERSIONS: JsonObject = {
    "versions": None,
    "max_version": "0.0.0",
    "newest_version": "0.0.0",
    "max_stable_version": None,
}
"""crates.io's fields of a crate if its versions were not requested."""


def without_lists(crate: JsonObject) -> JsonObject:
    """The crate without its versions, keywords and categories."""
    links = crate["links"] | {"versions": f"/api/v1/crates/{crate['name']}/versions"}
    return crate | {"versions": None, "keywords": None, "categories": None, "links": links}


def version_view(number: int, entry: Mapping[str, Any], ours: Published | None) -> JsonObject:
    """`number` is the version's place in the index, from 1."""
    address = f"/api/v1/crates/{entry['name']}/{entry['vers']}"
    manifest = ours.manifest if ours else None
    facts = {
        field: getattr(manifest, field, None)
        for field in ("license", "edition", "description", "homepage", "documentation", "repository")
    }
    return {
        "id": number,
        "crate": entry["name"],
        "num": entry["vers"],
        "dl_path": f"{address}/download",
        "readme_path": f"{address}/readme",
        "updated_at": entry.get("pubtime"),
        "created_at": entry.get("pubtime"),
        "downloads": 0,
        "features": entry["features"] | entry.get("features2", {}),
        "yanked": entry["yanked"],
        "yank_message": ours.yank_message if ours else None,
        "lib_links": entry.get("links"),
        "links": {
            "dependencies": f"{address}/dependencies",
            "version_downloads": f"{address}/downloads",
            "authors": f"{address}/authors",
        },
        "crate_size": ours.size if ours else 0,
        "published_by": profile_view(ours.published_by) if ours and ours.published_by else None,
        "audit_actions": [],
        "checksum": entry["cksum"],
        "rust_version": entry.get("rust_version"),
        "trustpub_data": ours.trustpub_data if ours else None,
        "linecounts": None,
        **facts,
    }


def dependency_view(number: int, version: int, dependency: Mapping[str, Any]) -> JsonObject:
    """`dependency` is one of an index line, `number` its place there, `version` the number of the version's view."""
    return {
        "id": number,
        "version_id": version,
        "crate_id": dependency.get("package", dependency["name"]),
        **{field: dependency[field] for field in ("req", "optional", "default_features", "features", "target", "kind")},
        "downloads": 0,
    }


def profile_view(user: Owner) -> JsonObject:
    return {field: value for field, value in owner_view(user).items() if field != "kind"}


def owner_view(owner: Owner) -> JsonObject:
    """A team's address is that of its organisation. Only a user has the field that says whether GitHub spells it alike."""
    place = owner.login.split(":")[1] if owner.kind == "team" else owner.login
    view = {"id": owner.id, "login": owner.login, "kind": owner.kind, "url": f"https://github.com/{place}"}
    view |= {"name": None if owner.kind == "team" else owner.login, "avatar": None}
    return view if owner.kind == "team" else view | {"github_username_matches": True}


def keyword_view(keyword: str, crates: int = 0) -> JsonObject:
    return {"id": keyword, "keyword": keyword, "crates_cnt": crates, "created_at": None}


def category_view(slug: str, crates: int = 0) -> JsonObject:
    return {"id": slug, "category": slug, "slug": slug, "description": "", "crates_cnt": crates, "created_at": None}


def publish_view(crate: JsonObject) -> JsonObject:
    """The answer to an upload. crates.io leaves the lists of the crate out of it, and its warnings empty."""
    return {"crate": without_lists(crate), "warnings": {"invalid_categories": [], "invalid_badges": [], "other": []}}


def _highest(numbers: Sequence[str]) -> str | None:
    return max(numbers, key=Version.parse, default=None)


def _crate_links(name: str) -> JsonObject:
    address = f"/api/v1/crates/{name}"
    return {
        "version_downloads": f"{address}/downloads",
        "versions": None,
        "owners": f"{address}/owners",
        "owner_team": f"{address}/owner_team",
        "owner_user": f"{address}/owner_user",
        "reverse_dependencies": f"{address}/reverse_dependencies",
    }
