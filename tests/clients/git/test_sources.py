"""Repositories as people have them: whole, shallow, partial, bare, linked, borrowed. Each is carried through or refused by name."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from loadmaster.clients import git
from loadmaster.clients.git.command import ask, run
from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.git import CheckoutAltered, CheckoutSparse, NoWorkTree, ObjectsReplaced, SourceIncomplete
from tests.kit.repositories import repository, save

FILES = {"Cargo.toml": "[workspace]\n", "docs/a.md": "a\n"}


@pytest.fixture(autouse=True)
def nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)


@pytest.fixture
def upstream(tmp_path: Path) -> Path:
    made = repository(tmp_path / "upstream", FILES)
    for number in (1, 2, 3):
        run(made, "tag", f"v0.{number}", save(made, {"n": f"{number}\n"}))
    run(made, "branch", "side", "v0.1")
    run(made, "config", "uploadpack.allowFilter", "true")
    return made


def cloned(upstream: Path, *how: str) -> Path:
    made = upstream.with_name("clone")
    run(upstream.parent, "clone", "--quiet", *how, "--", upstream.as_uri(), str(made))
    return made


def tags(repository: Path) -> list[str]:
    return [tag.name for tag in git.tags(repository)]


INCOMPLETE = {
    "a shallow clone": ("--depth=1",),
    "a partial clone without blobs": ("--filter=blob:none", "--no-checkout"),
    "a partial clone without trees": ("--filter=tree:0", "--no-checkout"),
    "a clone without tags": ("--no-tags",),
}


@pytest.mark.parametrize("how", INCOMPLETE.values(), ids=INCOMPLETE)
class TestIncomplete:
    def test_its_mirror_has_all_that_the_remote_has(self, tmp_path: Path, upstream: Path, how: tuple[str, ...]) -> None:
        clone = cloned(upstream, *how)
        before = run(clone, "for-each-ref")
        made = git.mirror(str(clone), tmp_path / "cache")
        assert tags(made) == ["v0.1", "v0.2", "v0.3"]
        assert [each.subject for each in git.history(made, "main")][-1] == "Add Cargo.toml, docs/a.md"
        git.clone_at(made, git.resolve(made, "v0.1"), tmp_path / "at", "main")
        assert (tmp_path / "at" / "n").read_text() == "1\n"
        assert run(clone, "for-each-ref") == before  # nothing was brought into the person's own

    def test_it_is_refused_by_name_if_the_remote_is_away(
        self, tmp_path: Path, upstream: Path, how: tuple[str, ...]
    ) -> None:
        clone = cloned(upstream, *how)
        upstream.rename(tmp_path / "away")
        with pytest.raises(SourceIncomplete, match=str(clone)):
            git.mirror(str(clone), tmp_path / "cache")
        assert not list((tmp_path / "cache").glob("*.git"))

    def test_it_is_refused_by_name_if_it_records_no_remote(
        self, tmp_path: Path, upstream: Path, how: tuple[str, ...]
    ) -> None:
        clone = cloned(upstream, *how)
        run(clone, "config", "--unset", "remote.origin.url")
        with pytest.raises(SourceIncomplete, match="records no remote"):
            git.mirror(str(clone), tmp_path / "cache")

    def test_no_profile_is_written_from_it(self, upstream: Path, how: tuple[str, ...]) -> None:
        with pytest.raises(SourceIncomplete):
            git.require_surveyable(cloned(upstream, *how))


def test_a_shallow_remote_is_refused_by_its_address(tmp_path: Path, upstream: Path) -> None:
    clone = cloned(upstream, "--depth=1", "--bare")
    with pytest.raises(SourceIncomplete, match="lacks history"):
        git.mirror(clone.as_uri(), tmp_path / "cache")
    run(clone, "fetch", "--quiet", "--unshallow")
    assert git.head(git.mirror(clone.as_uri(), tmp_path / "cache")) == git.head(upstream)


def single_branch(upstream: Path) -> Path:
    return cloned(upstream, "--single-branch", "--branch=main")


def detached(upstream: Path) -> Path:
    clone = cloned(upstream)
    run(clone, "checkout", "--quiet", "--detach", "v0.3")
    return clone


def linked(upstream: Path) -> Path:
    run(cloned(upstream), "worktree", "add", "--quiet", "--detach", str(upstream.with_name("linked")))
    return upstream.with_name("linked")


def bare(upstream: Path) -> Path:
    return cloned(upstream, "--bare")


def with_its_files_elsewhere(upstream: Path) -> Path:
    clone = cloned(upstream)
    clone.with_name("files").mkdir()
    run(clone, "config", "core.worktree", str(clone.with_name("files")))
    return clone


def sparse(upstream: Path) -> Path:
    clone = cloned(upstream)
    run(clone, "sparse-checkout", "set", "--no-cone", "/Cargo.toml")
    return clone


def grafted(upstream: Path) -> Path:
    clone = cloned(upstream)
    (clone / ".git" / "info" / "grafts").write_text(f"{git.head(clone)}\n")
    return clone


def with_replaced_history(upstream: Path) -> Path:
    clone = cloned(upstream)
    run(clone, "replace", "--graft", "v0.2")
    return clone


WHOLE: tuple[Callable[[Path], Path], ...] = (
    single_branch,
    detached,
    linked,
    bare,
    with_its_files_elsewhere,
    sparse,
    grafted,
    with_replaced_history,
)


@pytest.mark.parametrize("shape", WHOLE, ids=lambda shape: shape.__name__)
def test_it_is_carried_through_with_files_tags_and_history(
    tmp_path: Path, upstream: Path, shape: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = shape(upstream)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path / "elsewhere"))
    made = git.mirror(str(source), tmp_path / "cache")
    assert git.head(made) == git.head(upstream)
    git.require_unreplaced(made, "main")
    git.clone_at(made, git.resolve(made, "main"), tmp_path / "at", "main")
    assert (tmp_path / "at" / "docs" / "a.md").read_text() == "a\n"
    assert tags(tmp_path / "at") == ["v0.1", "v0.2", "v0.3"]
    assert len(list(git.history(tmp_path / "at", "main"))) == 4


def test_a_mirror_outlives_the_repository_that_its_source_borrows_from(tmp_path: Path, upstream: Path) -> None:
    run(tmp_path, "clone", "--quiet", "--shared", str(upstream), "borrower")
    made = git.mirror(str(tmp_path / "borrower"), tmp_path / "cache")
    shutil.rmtree(upstream)
    git.clone_at(made, git.head(made), tmp_path / "at", "main")
    assert (tmp_path / "at" / "docs" / "a.md").exists()


@pytest.mark.parametrize("of", ["HEAD", "HEAD^{tree}", "HEAD:docs", "HEAD:docs/a.md"])
def test_a_commit_whose_files_are_replaced_is_refused(tmp_path: Path, upstream: Path, of: str) -> None:
    kind = run(upstream, "cat-file", "-t", of).decode().strip()
    others = {
        "commit": "v0.1",
        "tree": "v0.1^{tree}",
        "blob": run(upstream, "hash-object", "-w", "--stdin", stdin=b"other").decode().strip(),
    }
    assert ask(upstream, "replace", "-f", of, others[kind]).status == 0
    made = git.mirror(str(upstream), tmp_path / "cache")
    with pytest.raises(ObjectsReplaced):
        git.require_unreplaced(made, "main")


@pytest.mark.parametrize(
    ("shape", "error"), [(bare, NoWorkTree), (sparse, CheckoutSparse)], ids=["a bare one", "a sparse one"]
)
def test_no_profile_is_written_from_what_does_not_show_all(
    upstream: Path, shape: Callable[[Path], Path], error: type[LoadmasterError]
) -> None:
    with pytest.raises(error):
        git.require_surveyable(shape(upstream))


@pytest.mark.parametrize("shape", [single_branch, detached, linked], ids=lambda shape: shape.__name__)
def test_a_profile_is_written_from_any_whole_checkout(upstream: Path, shape: Callable[[Path], Path]) -> None:
    git.require_surveyable(shape(upstream))


@pytest.mark.parametrize(("key", "value"), [("core.autocrlf", "true"), ("core.eol", "crlf")])
def test_a_checkout_whose_own_settings_change_line_ends_is_refused(upstream: Path, key: str, value: str) -> None:
    git.require_unaltered(upstream)
    run(upstream, "config", key, value)
    with pytest.raises(CheckoutAltered, match=key):
        git.require_unaltered(upstream)


def test_so_is_one_by_the_persons_settings_for_all_repositories(tmp_path: Path, upstream: Path) -> None:
    (tmp_path / "nobody").mkdir()
    (tmp_path / "nobody" / ".gitconfig").write_text("[core]\n\tautocrlf = true\n")
    with pytest.raises(CheckoutAltered, match=r"core\.autocrlf"):
        git.require_unaltered(upstream)


@pytest.mark.parametrize(
    ("line", "is_refused"),
    [
        ("*.txt text eol=crlf", True),
        ("secret filter=crypt", True),
        ("# *.txt eol=crlf", False),
        ("*.rs diff=rust", False),
    ],
)
def test_attributes_that_only_this_repository_has_count_if_they_change_bytes(
    upstream: Path, line: str, is_refused: bool
) -> None:
    (upstream / ".git" / "info").mkdir(exist_ok=True)
    (upstream / ".git" / "info" / "attributes").write_text(f"{line}\n")
    if is_refused:
        with pytest.raises(CheckoutAltered, match="info/attributes"):
            git.require_unaltered(upstream)
    else:
        git.require_unaltered(upstream)


def test_the_bytes_are_those_that_the_attributes_of_the_tree_give(tmp_path: Path) -> None:
    encoded = "utf16.txt text working-tree-encoding=UTF-16LE eol=lf\n"
    attributes = f"*.bat text eol=crlf\nident.txt ident\n{encoded}hidden export-ignore\n"
    source = repository(tmp_path / "source", {".gitattributes": attributes})
    files: dict[str, str | bytes] = {
        "a.bat": b"one\r\ntwo\r\n",
        "ident.txt": "$Id$\n",
        "utf16.txt": "ä\n".encode("utf-16-le"),
        "hidden": "x\n",
    }
    save(source, files)
    for name in files:
        (source / name).unlink()
    run(source, "checkout", "--", ".")
    made = git.mirror(str(source), tmp_path / "cache")
    git.clone_at(made, git.head(made), tmp_path / "at", "main")
    for name in files:
        assert (tmp_path / "at" / name).read_bytes() == (source / name).read_bytes()
    assert b"\r\n" in (tmp_path / "at" / "a.bat").read_bytes()
    assert (tmp_path / "at" / "ident.txt").read_text().startswith("$Id: ")
    assert git.status(tmp_path / "at") == ()
