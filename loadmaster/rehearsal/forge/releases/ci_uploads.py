"""What a workflow's job does to a release: adopts the one that its tag has, or creates a draft, and uploads files to it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from loadmaster.rehearsal.forge.actions.works import JobTask, WorkFailed
from loadmaster.rehearsal.forge.front.refusals import ForgeProblem
from loadmaster.rehearsal.forge.git_data import looking
from loadmaster.rehearsal.forge.memory.premises import Premises
from loadmaster.rehearsal.forge.releases.asset_routes import AssetRoutes
from loadmaster.rehearsal.forge.releases.store import ReleaseStore, StoredRelease


class CiUploads:
    def __init__(self, premises: Premises, store: ReleaseStore, assets: AssetRoutes) -> None:
        self._premises, self._store, self._assets = premises, store, assets

    def has_release(self, task: JobTask) -> bool:
        """Whether there is one to adopt."""
        return self._adopted(task.run.head_branch) is not None

    def put(self, task: JobTask, files: Mapping[str, bytes]) -> None:
        """Raises `WorkFailed`."""
        tag = task.run.head_branch
        with self._premises.lock:
            release = self._adopted(tag) or self._created(tag)
        task.tell(f"Uploading to the release of {tag} ({release.id}, {'a draft' if release.draft else 'published'})")
        for name, content in files.items():
            if task.ended.is_set():
                raise WorkFailed("The operation was canceled.")
            with TemporaryDirectory(dir=task.directory) as folder, self._premises.lock:
                self._put_one(task, release, name, content, Path(folder) / "asset")

    def _put_one(self, task: JobTask, release: StoredRelease, name: str, content: bytes, file: Path) -> None:
        present = self._store.release(release.id)
        if present is None:
            raise WorkFailed("Not Found: the release is gone.")
        if present.immutable:
            raise WorkFailed("Cannot upload assets to an immutable release.")
        file.write_bytes(content)
        if any(each.name == name and each.state == "uploaded" for each in self._store.assets(release.id)):
            task.tell(f"{name} is there")
            return
        try:
            self._assets.keep(present, name, "application/octet-stream", file, by="ci")
        except ForgeProblem as refused:
            raise WorkFailed(f"{refused.status}: {refused.message} ({name})") from refused
        task.tell(f"uploaded {name}, {len(content)} bytes")

    def _adopted(self, tag: str) -> StoredRelease | None:
        """The published release of the tag; else its oldest draft."""
        of_tag = [each for each in self._store.releases() if each.tag_name == tag]
        return min(of_tag, key=lambda each: (each.draft, each.id), default=None)

    def _created(self, tag: str) -> StoredRelease:
        return self._store.add_release(
            {
                "tag_name": tag,
                "target_commitish": looking.default_branch(self._premises.remote),
                "name": tag,
                "body": None,
                "draft": True,
                "prerelease": False,
                "immutable": False,
                "published_at": None,
            }
        )
