"""The JSON that crates.io answers for crates, versions and owners. Pure.

Fields that a rehearsal has no source for (downloads, avatars, line counts) are there, and empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from semver import Version

from loadmaster.rehearsal.registry.records import Owner, Published

Json = dict[str, Any]


def crate_view(entries: Sequence[Mapping[str, Any]], ours: Mapping[str, Published]) -> Json:
    """`entries` are index lines, oldest first, at least one; `ours` the versions uploaded here, by version."""
    name = entries[0]["name"]
    numbers = [entry["vers"] for entry in entries]
    stable = [number for number in numbers if not Version.parse(number).prerelease]
    latest = [ours[number].manifest for number in numbers if number in ours][-1:]
    facts = {
        field: getattr(latest[0], field) if latest else None
        for field in ("description", "homepage", "documentation", "repository")
    }
    highest, highest_stable = _highest(numbers), _highest(stable) if stable else None
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
        "recent_downloads": 0,
        "default_version": highest_stable or highest,
        "num_versions": len(entries),
        "yanked": all(entry["yanked"] for entry in entries),
        "max_version": highest,
        "newest_version": numbers[-1],
        "max_stable_version": highest_stable,
        **facts,
        "links": _crate_links(name),
        "exact_match": False,
        "trustpub_only": False,
    }


def version_view(number: int, entry: Mapping[str, Any], ours: Published | None) -> Json:
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
        "yank_message": None,
        "lib_links": entry.get("links"),
        "links": {"dependencies": f"{address}/dependencies", "version_downloads": f"{address}/downloads"},
        "crate_size": ours.size if ours else 0,
        "published_by": {"login": ours.published_by} if ours else None,
        "audit_actions": [],
        "checksum": entry["cksum"],
        "rust_version": entry.get("rust_version"),
        "trustpub_data": None,
        "linecounts": None,
        **facts,
    }


def owner_view(owner: Owner) -> Json:
    return {"id": owner.id, "login": owner.login, "kind": "user", "url": None, "name": owner.login, "avatar": None}


def keyword_view(keyword: str) -> Json:
    return {"id": keyword, "keyword": keyword, "crates_cnt": 0, "created_at": None}


def category_view(slug: str) -> Json:
    return {"id": slug, "category": slug, "slug": slug, "description": "", "crates_cnt": 0, "created_at": None}


def publish_view(crate: Json) -> Json:
    """The answer to an upload. crates.io leaves the lists of the crate out of it, and its warnings empty."""
    bare = crate | {"versions": None, "keywords": None, "categories": None, "recent_downloads": None}
    return {"crate": bare, "warnings": {"invalid_categories": [], "invalid_badges": [], "other": []}}


def _highest(numbers: Sequence[str]) -> str:
    return max(numbers, key=Version.parse)


def _crate_links(name: str) -> Json:
    address = f"/api/v1/crates/{name}"
    return {
        "version_downloads": f"{address}/downloads",
        "versions": None,
        "owners": f"{address}/owners",
        "owner_team": f"{address}/owner_team",
        "owner_user": f"{address}/owner_user",
        "reverse_dependencies": f"{address}/reverse_dependencies",
    }
