"""What was seen of packages since their last releases, spelled shortly."""

from __future__ import annotations

from loadmaster.planning.changes.entries import Entry
from loadmaster.planning.changes.level import Change
from loadmaster.planning.changes.messages import Commit
from loadmaster.planning.changes.survey import ApiSeen, PackageSeen

SINCE = "5" * 40


def commit(message: str = "Tidy up", number: int = 1, *paths: str) -> Commit:
    return Commit(id=f"{number:040x}", message=message, paths=paths)


def entry(change: Change, text: str = "- **breaking:** it is gone") -> Entry:
    return Entry(change=change, path="CHANGELOG.md", line=5, text=text)


COMPATIBLE = ApiSeen(asked=True)


def unchanged(name: str, version: str = "0.4.0", released: str | None = None, **fields: object) -> PackageSeen:
    """A package whose bytes are those that are published."""
    known = {"released": released or version, "tag": f"v{released or version}", "is_tagged": True, "since": SINCE}
    return PackageSeen.model_validate({"name": name, "version": version, "is_new": False, **known, **fields})


def changed(name: str, *messages: str, **fields: object) -> PackageSeen:
    """A package that commits with these messages touched, and whose API is compatible."""
    commits = tuple(commit(text, number) for number, text in enumerate(messages or ("Tidy up",), start=1))
    own = {"files": ("src/lib.rs",), "commits": commits, "api": COMPATIBLE}
    return unchanged(name, **{**own, **fields})  # type: ignore[arg-type]  # pydantic checks them


def brand_new(name: str, version: str = "0.4.0") -> PackageSeen:
    return PackageSeen(name=name, version=version, is_new=True)
