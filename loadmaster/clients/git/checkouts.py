"""What a person's own checkout has that a fresh clone has not: refused by name, rather than released otherwise than he sees it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from loadmaster.clients.git.asking import resolve
from loadmaster.clients.git.command import ask, run, split_entries, text
from loadmaster.clients.git.completing import require_whole
from loadmaster.errors.git import CheckoutAltered, CheckoutSparse, NoWorkTree, ObjectsReplaced

_ALTERS = re.compile(r"\b(?:text|eol|crlf|filter|ident|working-tree-encoding)\b")


def require_surveyable(directory: Path) -> None:
    """Raises `NoWorkTree`, `CheckoutSparse`, `SourceIncomplete`, `CheckoutAltered`: nobody can see in it what is released."""
    if ask(directory, "rev-parse", "--is-bare-repository").output == b"true\n":
        raise NoWorkTree(str(directory))
    listed = split_entries(run(directory, "ls-files", "-t", "-z"))
    if absent := [entry.removeprefix("S ") for entry in listed if entry.startswith("S ")]:
        raise CheckoutSparse(str(directory), absent[0], len(absent))
    require_whole(directory)
    require_unaltered(directory)


def require_unaltered(directory: Path) -> None:
    """Raises `CheckoutAltered` for settings that only this person has, and that give files other bytes than a clone has."""
    if settings := tuple(_settings(directory)):
        raise CheckoutAltered(str(directory), settings)


def _settings(directory: Path) -> Iterator[str]:
    home = {name: os.environ[name] for name in ("HOME", "XDG_CONFIG_HOME") if name in os.environ}
    for key, wrong in (("core.autocrlf", "true"), ("core.eol", "crlf")):
        said = ask(directory, "config", "--get", key, extra=home, own_configuration=False).output.decode().strip()
        if said == wrong:
            yield f"{key}={said}"
    place = directory / text(directory, "rev-parse", "--git-path", "info/attributes")
    lines = place.read_text(encoding="utf-8", errors="replace").splitlines() if place.is_file() else []
    yield from (
        f"info/attributes: {line.strip()}" for line in lines if not line.startswith("#") and _ALTERS.search(line)
    )


def require_unreplaced(repository: Path, revision: str) -> None:
    """Raises `ObjectsReplaced` if a replacement (`git replace`) would give the commit other files here than it has elsewhere."""
    replaced = {
        ref.rpartition("/")[2]
        for ref in text(repository, "for-each-ref", "--format=%(refname)", "refs/replace").split()
    }
    if not replaced:
        return
    commit = resolve(repository, revision)
    entries = split_entries(run(repository, "ls-tree", "-r", "-t", "-z", "--full-tree", commit))
    objects = {entry.split()[2]: entry.partition("\t")[2] for entry in entries}
    objects |= {commit: "the commit", text(repository, "rev-parse", f"{commit}^{{tree}}"): "its tree"}
    if found := sorted(replaced & objects.keys()):
        raise ObjectsReplaced(str(repository), commit, objects[found[0]], found[0])
