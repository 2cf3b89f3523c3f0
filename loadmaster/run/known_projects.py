"""Projects that a person made known: where each one's repository is, and its profile as it was read there last.

They lie in the store, where nobody but its owner can write. So whoever reaches the server can start what is known, and can
make nothing known. Every run reads the profile anew (`read_anew`); what it read is kept, for when nobody can be asked.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from pydantic import Field, JsonValue, ValidationError

from loadmaster.clients.disk import writing
from loadmaster.errors.edits import NotUtf8
from loadmaster.errors.files import FileUnreadable
from loadmaster.errors.git import BranchMissing
from loadmaster.errors.profile.lying import NoProfileIn, ProfileAsksForMore, TwoProfiles
from loadmaster.errors.request import ProfileBroken
from loadmaster.errors.workspace import LinkOutOfTree
from loadmaster.planning.profile.in_repository import FILE, MANIFEST, ProfileText, profiles_in, project_of
from loadmaster.planning.profile.project import Project
from loadmaster.planning.values.value import Value
from loadmaster.run.store import Store, write_atomically


class KnownProject(Value):
    """A project whose profile lies in its own repository."""

    name: str
    address: str
    """A Git URL, or the path of a clone."""
    branch: str | None
    """The branch from whose head the profile is read, so that what is committed counts. None: the file in the clone, as it is,
    because a command was run there."""
    folder: str
    """The directory of the profile, from the repository's top."""
    profile: ProfileText
    """The last one that could be used; at first, the one that there is."""
    problem: str = ""
    """Why the one that was read last cannot be used; "" if it can. It is for whoever lists projects."""
    allowed: Mapping[str, JsonValue] = Field(default_factory=dict)
    """What its profile may ask of this machine, by field, with the values that a person allowed."""

    def project(self) -> Project:
        """Raises `ProfileBroken`, `ProfileAsksForMore`."""
        return project_of(self.profile, self.address, name=self.name, allowed=self.allowed)


def known_names(store: Store) -> tuple[str, ...]:
    return tuple(name for name, _ in _files(store))


def find_known(name: str, store: Store) -> KnownProject | None:
    """The project of that name, as it is kept; None if nobody made it known. Raises `ProfileBroken` for a damaged file."""
    file = dict(_files(store)).get(name)
    if file is None:
        return None
    try:
        return KnownProject.model_validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        raise ProfileBroken(
            file.name, [f"what is kept of the project is damaged; make it known again ({type(error).__name__})"]
        ) from error


def keep(known: KnownProject, store: Store) -> KnownProject:
    """Raises `DiskFull`, `NotWritten`."""
    write_atomically(_file(known.name, store), known.model_dump_json(indent=2).encode())
    return known


def forget(name: str, store: Store) -> None:
    """Its profile is not touched, nor its runs. Raises `NotWritten`."""
    file = _file(name, store)
    with writing(file):
        file.unlink(missing_ok=True)


def look_again(known: KnownProject, store: Store) -> KnownProject:
    """Reads its profile where it lies, and keeps it. If that cannot be used, the last one is kept, so that what was begun by it
    can go on, and the next look finds what was mended.

    Raises what `KnownProject.project` and `profile_at` raise.
    """
    try:
        fresh = known.model_copy(update={"profile": profile_at(known, store), "problem": ""})
        fresh.project()
    except (ProfileBroken, ProfileAsksForMore, NoProfileIn, TwoProfiles, BranchMissing) as error:
        keep(known.model_copy(update={"problem": str(error)}), store)
        raise
    return known if fresh == known else keep(fresh, store)


def profile_at(known: KnownProject, store: Store) -> ProfileText:
    """The profile as it lies in the repository now. Raises `NoProfileIn`, `TwoProfiles`, `BranchMissing`, and what reading a clone
    or a mirror raises.
    """
    from loadmaster.clients import git  # whoever lists projects asks no repository

    if known.branch is None:
        texts, at = texts_in(Path(known.address), known.folder), "the files of the clone"
    else:
        bare = git.mirror(known.address, store.part("mirrors"))
        if known.branch not in (branches := git.branches(bare)):
            raise BranchMissing(known.address, known.branch, branches)
        texts, at = _texts_at(bare, f"refs/heads/{known.branch}", known.folder), known.branch
    found = profiles_in(texts).get(known.folder)
    if found is None:
        raise NoProfileIn(known.address, known.folder, at)
    return found


def texts_in(top: Path, folder: str) -> dict[str, str]:
    """The files of a checkout's directory that may hold a profile, by path. A link that leads out of the checkout is refused. What
    is wrong with a manifest is for whoever reads it as one to say: it holds no profile.

    Raises `LinkOutOfTree`, `FileUnreadable`, `NotUtf8`.
    """
    from loadmaster.clients.files import read_texts

    texts = read_texts(top, [posixpath.join(folder, FILE)])
    with suppress(LinkOutOfTree, FileUnreadable, NotUtf8):
        texts |= read_texts(top, [posixpath.join(folder, MANIFEST)])
    return texts


def _texts_at(bare: Path, commit: str, folder: str) -> dict[str, str]:
    from loadmaster.clients import git

    paths = (posixpath.join(folder, name) for name in (FILE, MANIFEST))
    contents = ((path, git.show_file(bare, commit, path)) for path in paths)
    return {path: content.decode(errors="replace") for path, content in contents if content is not None}


def _files(store: Store) -> Iterator[tuple[str, Path]]:
    """By name, in order. Makes no directory, so that projects can be listed where nothing can be written."""
    place = store.root / "projects"
    files = sorted(place.glob("*.json")) if place.is_dir() else ()
    return ((file.stem, file) for file in files)


def _file(name: str, store: Store) -> Path:
    return store.part("projects") / f"{name}.json"
