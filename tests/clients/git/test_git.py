"""Real git, in directories of the test's own."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from loadmaster.clients import git
from loadmaster.clients.git.acting import signature
from loadmaster.clients.git.command import ask, complaint_about, run
from loadmaster.clients.serving import serving
from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.files import DiskFull, NotWritten
from loadmaster.errors.git import (
    DirectoryTaken,
    GitDenied,
    GitFailed,
    GitForbidden,
    GitMissing,
    GitRemoteMissing,
    GitRemoteUnreachable,
    NotARepository,
    NothingToCommit,
    PushForced,
    PushHookDeclined,
    PushNotFastForward,
    PushProtected,
    PushRefused,
    PushToCheckedOut,
    RemoteRefLocked,
    RemoteTagExists,
    TagTaken,
    UnknownCommit,
)
from tests.kit.small_disk import fill, make_read_only, small_disk

WHEN = datetime(2026, 10, 1, 12, tzinfo=UTC)
AUTHOR = git.Author(name="Ada", email="ada@example.org")
FILES = {"Cargo.toml": "[workspace]\n", "crates/a/Cargo.lock": "# lock\n", "ä b.txt": "umlaut\n"}


def write(directory: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)
    return directory


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    git.import_directory(write(tmp_path / "tree", FILES), tmp_path / "bare.git", "main", WHEN)
    return tmp_path / "bare.git"


@pytest.fixture
def clone(tmp_path: Path, bare: Path) -> Path:
    git.clone_at(bare, git.head(bare), tmp_path / "clone", "main")
    return tmp_path / "clone"


def commit(clone: Path, name: str, when: datetime = WHEN) -> str:
    write(clone, {name: f"{name}\n"})
    return git.commit_all(clone, f"Add {name}", AUTHOR, when)


def lose(bare: Path, name: str) -> None:
    blob = run(bare, "rev-parse", name).decode().strip()
    (bare / "objects" / blob[:2] / blob[2:]).unlink()


class TestImport:
    def test_equal_files_give_an_equal_commit_wherever_they_stand(self, tmp_path: Path) -> None:
        ids = [
            git.import_directory(write(tmp_path / place, FILES), tmp_path / f"{place}.git", "main", WHEN)
            for place in ("here", "there")
        ]
        assert ids[0] == ids[1]

    def test_the_time_zone_of_the_instant_does_not_matter(self, tmp_path: Path, bare: Path) -> None:
        elsewhere = WHEN.astimezone(timezone(timedelta(hours=5)))
        assert git.import_directory(tmp_path / "tree", tmp_path / "b.git", "main", elsewhere) == git.head(bare)

    @pytest.mark.parametrize("change", ["a byte", "an executable bit", "a new file", "a file less"])
    def test_a_change_gives_another_commit(self, tmp_path: Path, bare: Path, change: str) -> None:
        tree, before = tmp_path / "tree", git.head(bare)
        match change:
            case "a byte":
                (tree / "Cargo.toml").write_text("[workspace]\n\n")
            case "an executable bit":
                (tree / "Cargo.toml").chmod(0o755)
            case "a new file":
                (tree / "new").touch()
            case _:
                (tree / "ä b.txt").unlink()
        assert git.import_directory(tree, bare, "main", WHEN) != before

    def test_build_output_and_git_directories_stay_out(self, tmp_path: Path, bare: Path) -> None:
        litter = {"target/debug/x": "", "crates/a/target/y": "", "nested/.git/HEAD": ""}
        assert git.import_directory(write(tmp_path / "tree", litter), bare, "main", WHEN) == git.head(bare)
        assert run(bare, "rev-list", "--count", "main") == b"1\n"

    def test_inside_a_repository_only_what_it_tracks_is_taken_as_it_is_on_disk(self, tmp_path: Path) -> None:
        outer = write(tmp_path / "outer", {f"examples/{name}": text for name, text in FILES.items()})
        run(outer, "init", "--quiet")
        run(outer, "add", "--all")
        write(outer / "examples", {"untracked": "", "Cargo.toml": "[workspace] # edited\n"})
        git.import_directory(outer / "examples", tmp_path / "b.git", "main", WHEN)
        assert git.show_file(tmp_path / "b.git", "main", "untracked") is None
        assert git.show_file(tmp_path / "b.git", "main", "Cargo.toml") == b"[workspace] # edited\n"
        with pytest.raises(NotARepository):
            git.status(outer / "examples")  # the surrounding repository is not taken for its own

    def test_an_empty_directory_is_an_empty_commit(self, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        git.import_directory(tmp_path / "empty", tmp_path / "b.git", "main", WHEN)
        assert git.tracked_files(tmp_path / "b.git", "*") == ()


class TestMirrorOfAnAddress:
    def test_it_is_made_once_and_then_kept_up_to_date(self, tmp_path: Path, bare: Path, clone: Path) -> None:
        first = git.mirror(bare.as_uri(), tmp_path / "cache")
        tip = commit(clone, "new")
        git.push(clone, "origin", ["main:refs/heads/main"])
        again = git.mirror(bare.as_uri(), tmp_path / "cache")
        assert again == first
        assert git.resolve(again, "main") == git.head(again) == tip

    def test_a_branch_that_is_gone_goes(self, tmp_path: Path, bare: Path) -> None:
        run(bare, "branch", "old")
        made = git.mirror(bare.as_uri(), tmp_path / "cache")
        run(bare, "branch", "-D", "old")
        git.mirror(bare.as_uri(), tmp_path / "cache")
        assert "refs/heads/old" not in git.observe_refs(str(made))

    def test_one_whose_making_was_cut_short_is_finished(self, tmp_path: Path, bare: Path) -> None:
        made = git.mirror(bare.as_uri(), tmp_path / "cache")
        (made / "HEAD").unlink()
        shutil.rmtree(made / "refs")
        assert git.head(git.mirror(bare.as_uri(), tmp_path / "cache")) == git.head(bare)

    def test_a_broken_source_is_not_taken_for_one_that_is_away(self, tmp_path: Path, bare: Path) -> None:
        lose(bare, "main:Cargo.toml")
        with pytest.raises(GitFailed, match=r"unable to read|corruption"):
            git.mirror(bare.as_uri(), tmp_path / "cache")


class TestMirrorOfAPath:
    def test_each_state_has_one(self, tmp_path: Path, bare: Path, clone: Path) -> None:
        first = git.mirror(str(bare), tmp_path / "cache")
        assert git.mirror(str(bare), tmp_path / "cache") == first
        before, tip = git.head(bare), commit(clone, "new")
        git.push(clone, "origin", ["main:refs/heads/main"])
        assert git.head(git.mirror(str(bare), tmp_path / "cache")) == tip
        assert git.head(first) == before

    def test_one_whose_making_was_cut_short_is_made_anew(self, tmp_path: Path, bare: Path) -> None:
        made = git.mirror(str(bare), tmp_path / "cache")
        made.rename(f"{made}.unfinished")
        (Path(f"{made}.unfinished") / "HEAD").unlink()
        assert git.head(git.mirror(str(bare), tmp_path / "cache")) == git.head(bare)

    def test_a_detached_head_of_a_clone_is_mirrored(self, tmp_path: Path, clone: Path) -> None:
        run(clone, "checkout", "--quiet", "--detach")
        tip = commit(clone, "detached")
        assert git.head(git.mirror(str(clone), tmp_path / "cache")) == tip

    def test_a_repository_that_lacks_objects_can_be_released_from_where_it_lacks_none(
        self, tmp_path: Path, bare: Path, clone: Path
    ) -> None:
        write(clone, {"Cargo.toml": "[workspace]\nresolver = '3'\n"})
        tip = git.commit_all(clone, "Mend", AUTHOR, WHEN)
        git.push(clone, "origin", ["main:refs/heads/main"])
        lose(bare, "main^:Cargo.toml")
        git.clone_at(git.mirror(str(bare), tmp_path / "cache"), tip, tmp_path / "whole", "main")
        assert git.status(tmp_path / "whole") == ()

    def test_two_sources_of_one_name_have_two_mirrors(self, tmp_path: Path, bare: Path) -> None:
        other = tmp_path / "other" / "bare.git"
        shutil.copytree(bare, other)
        assert git.mirror(str(bare), tmp_path / "cache") != git.mirror(str(other), tmp_path / "cache")

    @pytest.mark.parametrize("made", [True, False], ids=["a plain directory", "no directory"])
    def test_what_is_no_repository_is_said_so(self, tmp_path: Path, made: bool) -> None:
        if made:
            (tmp_path / "nowhere").mkdir()
        with pytest.raises(GitRemoteMissing, match="nowhere"):
            git.mirror(str(tmp_path / "nowhere"), tmp_path / "cache")


class TestClone:
    def test_the_commit_is_checked_out_on_the_branch_with_its_origin(self, tmp_path: Path, bare: Path) -> None:
        git.clone_at(bare, git.head(bare), tmp_path / "clone", "release/1.0")
        clone = tmp_path / "clone"
        assert run(clone, "symbolic-ref", "HEAD") == b"refs/heads/release/1.0\n"
        assert run(clone, "remote", "get-url", "origin").decode().strip() == str(bare)
        assert git.status(clone) == ()
        assert (clone / "ä b.txt").read_text() == "umlaut\n"

    def test_an_unknown_commit_is_named_and_leaves_no_directory(self, tmp_path: Path, bare: Path) -> None:
        with pytest.raises(UnknownCommit, match="1" * 40):
            git.clone_at(bare, "1" * 40, tmp_path / "clone", "main")
        assert not (tmp_path / "clone").exists()
        git.clone_at(bare, git.head(bare), tmp_path / "clone", "main")

    def test_what_is_there_is_not_cloned_over(self, clone: Path, bare: Path) -> None:
        with pytest.raises(DirectoryTaken):
            git.clone_at(bare, git.head(bare), clone, "main")


class TestAsking:
    def test_resolve_names_the_unknown_revision(self, bare: Path) -> None:
        assert git.resolve(bare, "main") == git.resolve(bare, git.head(bare)[:8]) == git.head(bare)
        for revision in ("v9", "0" * 40, "--all", "main:Cargo.toml"):
            with pytest.raises(UnknownCommit, match=revision):
                git.resolve(bare, revision)

    @pytest.mark.parametrize("made", [True, False], ids=["a plain directory", "no directory"])
    def test_what_is_no_repository_is_said_so(self, tmp_path: Path, made: bool) -> None:
        if made:
            (tmp_path / "plain").mkdir()
        with pytest.raises(NotARepository, match="plain"):
            git.status(tmp_path / "plain")
        with pytest.raises(NotARepository, match="plain"):
            git.head(tmp_path / "plain")

    def test_status_lists_changed_removed_and_untracked_paths_but_no_ignored_ones(self, clone: Path) -> None:
        write(clone, {"Cargo.toml": "", "new/ü": "", ".gitignore": "target/\n", "target/x": ""})
        (clone / "crates/a/Cargo.lock").unlink()
        assert sorted(git.status(clone)) == [".gitignore", "Cargo.toml", "crates/a/Cargo.lock", "new/ü"]

    def test_ancestry(self, clone: Path) -> None:
        before, after = git.head(clone), commit(clone, "new")
        assert git.is_ancestor(clone, before, after)
        assert git.is_ancestor(clone, after, after)
        assert not git.is_ancestor(clone, after, before)
        with pytest.raises(UnknownCommit):
            git.is_ancestor(clone, "1" * 40, after)

    def test_every_tag_is_seen_with_the_commit_it_leads_to(self, clone: Path) -> None:
        assert git.tags(clone) == ()
        before, after = git.head(clone), commit(clone, "new\ttab")
        git.create_tag(clone, "annotated", after, "a", AUTHOR, WHEN)
        run(clone, "tag", "light", before)
        run(
            clone,
            "tag",
            "-m",
            "n",
            "nested",
            "annotated",
            extra={"GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@b"},
        )
        run(clone, "tag", "tree", "HEAD^{tree}")
        first = ("light", before, (), "Import the workspace")
        second = (after, (before,), "Add new\ttab")
        assert [(each.name, each.commit, each.parents, each.subject) for each in git.tags(clone)] == [
            ("annotated", *second),
            first,
            ("nested", *second),
        ]

    def test_a_tag_beside_a_commit_is_not_below_it(self, clone: Path) -> None:
        before, after = git.head(clone), commit(clone, "new")
        run(clone, "tag", "first", before)
        git.create_tag(clone, "second", after, "a", AUTHOR, WHEN)
        assert git.tags_below(clone, before) == ("first",)
        assert git.tags_below(clone, after) == ("first", "second")
        with pytest.raises(UnknownCommit):
            git.tags_below(clone, "1" * 40)

    def test_a_tree_has_an_id(self, clone: Path) -> None:
        before, after = git.head(clone), commit(clone, "new")
        assert git.tree_of(clone, after) == git.tree_of(clone, "HEAD") != git.tree_of(clone, before)
        with pytest.raises(UnknownCommit):
            git.tree_of(clone, "1" * 40)

    def test_a_file_is_shown_as_it_is_in_the_commit(self, clone: Path) -> None:
        write(clone, {"Cargo.toml": "dirty"})
        assert git.show_file(clone, "HEAD", "Cargo.toml") == b"[workspace]\n"
        assert git.show_file(clone, "HEAD", "missing") is None
        assert git.show_file(clone, "HEAD", "crates") is None
        with pytest.raises(UnknownCommit):
            git.show_file(clone, "1" * 40, "Cargo.toml")

    def test_an_object_that_is_lost_is_not_taken_for_a_missing_file(self, clone: Path, bare: Path) -> None:
        lose(bare, "main:Cargo.toml")
        with pytest.raises(GitFailed):
            git.show_file(bare, "main", "Cargo.toml")

    def test_the_texts_of_one_name_are_read_at_once(self, clone: Path) -> None:
        first = git.head(clone)
        write(clone, {"Cargo.toml": "[later]\n", "crates/a/Cargo.toml": "ä\n\n", "empty/Cargo.toml": ""})
        git.commit_all(clone, "Later", AUTHOR, WHEN)
        assert git.texts_at(clone, "HEAD", "Cargo.toml") == {
            "Cargo.toml": "[later]\n",
            "crates/a/Cargo.toml": "ä\n\n",
            "empty/Cargo.toml": "",
        }
        assert git.texts_at(clone, first, "Cargo.toml") == {"Cargo.toml": "[workspace]\n"}
        assert git.texts_at(clone, first, "nothing") == {}

    def test_the_newest_change_of_a_line_tells_what_changed_with_it(self, clone: Path) -> None:
        write(clone, {"Cargo.toml": 'version = "1.0.0"\n', "src/lib.rs": "//\n"})
        git.commit_all(clone, "Bump", AUTHOR, WHEN)
        commit(clone, "later")
        assert git.last_change(clone, "HEAD", r'^version = "1\.0\.0"', "Cargo.toml") == ("Cargo.toml", "src/lib.rs")
        assert git.last_change(clone, "HEAD", r'^version = "9', "Cargo.toml") is None

    def test_the_commits_since_another_are_told_newest_first_with_their_words_and_paths(self, clone: Path) -> None:
        base = git.head(clone)
        write(clone, {"a b": "1", "c": "1", "gone": "1"})
        first = git.commit_all(clone, "Add them\n\nAnd say why.", AUTHOR, WHEN)
        (clone / "gone").rename(clone / "moved")
        second = git.commit_all(clone, "//Move it", AUTHOR, WHEN)
        run(
            clone,
            "commit",
            "--quiet",
            "--allow-empty",
            "--allow-empty-message",
            "--message=",
            extra=signature(AUTHOR, WHEN),
        )
        third = git.head(clone)
        found = git.changes_since(clone, base, "HEAD")
        assert [(each.id, each.message) for each in found] == [
            (third, ""),
            (second, "//Move it"),
            (first, "Add them\n\nAnd say why."),
        ]
        assert [set(each.paths) for each in found] == [set(), {"gone", "moved"}, {"a b", "c", "gone"}]
        assert git.changes_since(clone, third, "HEAD") == ()

    def test_a_merge_changed_what_none_of_its_parents_has_so(self, clone: Path) -> None:
        base = git.head(clone)
        run(clone, "checkout", "--quiet", "-b", "side")
        theirs = git.commit_all(write(clone, {"theirs": "1"}), "Theirs", AUTHOR, WHEN)
        run(clone, "checkout", "--quiet", "main")
        ours = git.commit_all(write(clone, {"ours": "1"}), "Ours", AUTHOR, WHEN)
        run(clone, "merge", "--quiet", "--no-commit", "--no-ff", "side", extra=signature(AUTHOR, WHEN))
        merge = git.commit_all(write(clone, {"ours": "2"}), "Merge", AUTHOR, WHEN)
        found = {each.id: each.paths for each in git.changes_since(clone, base, "HEAD")}
        assert found == {merge: ("ours",), ours: ("ours",), theirs: ("theirs",)}
        assert set(run(clone, "rev-list", "HEAD", f"^{base}").decode().split()) == found.keys()

    def test_an_unknown_commit_since_which_is_named(self, clone: Path) -> None:
        with pytest.raises(UnknownCommit):
            git.changes_since(clone, "0" * 40, "HEAD")

    def test_the_first_commit_of_all_changed_nothing(self, clone: Path) -> None:
        assert git.last_change(clone, "HEAD", r"^\[workspace", "Cargo.toml") is None

    def test_tracked_files_match_at_any_depth(self, clone: Path) -> None:
        write(clone, {"Cargo.lock": "", "b/Cargo.lock": ""})
        run(clone, "add", "Cargo.lock")
        assert git.tracked_files(clone, "*Cargo.lock") == ("Cargo.lock", "crates/a/Cargo.lock")


class TestCommitAndTag:
    def test_the_id_of_a_commit_depends_on_the_arguments_only(self, tmp_path: Path, bare: Path) -> None:
        clones = [tmp_path / "one", tmp_path / "two"]
        for each in clones:
            git.clone_at(bare, git.head(bare), each, "main")
        assert commit(clones[0], "new") == commit(clones[1], "new")
        assert commit(clones[0], "x") != commit(clones[1], "x", WHEN + timedelta(seconds=1))

    def test_nothing_to_commit_is_an_error(self, clone: Path) -> None:
        with pytest.raises(NothingToCommit):
            git.commit_all(clone, "Empty", AUTHOR, WHEN)

    def test_a_tag_is_annotated_and_its_id_depends_on_the_arguments_only(self, tmp_path: Path, bare: Path) -> None:
        tip, ids = git.head(bare), []
        for name in ("one", "two"):
            git.clone_at(bare, tip, tmp_path / name, "main")
            ids.append(git.create_tag(tmp_path / name, "v1.0.0", tip, "Hangar v1.0.0", AUTHOR, WHEN))
        assert ids[0] == ids[1] != tip
        assert git.resolve(tmp_path / "one", "v1.0.0") == tip
        shown = run(tmp_path / "one", "cat-file", "tag", "v1.0.0").decode()
        assert "tagger Ada <ada@example.org> 1790856000 +0000\n\nHangar v1.0.0\n" in shown

    def test_a_tag_on_the_same_commit_stays_and_one_on_another_is_refused(self, clone: Path) -> None:
        first = git.create_tag(clone, "v1", "HEAD", "v1", AUTHOR, WHEN)
        assert git.create_tag(clone, "v1", "HEAD", "v1", AUTHOR, WHEN + timedelta(days=1)) == first
        commit(clone, "new")
        with pytest.raises(TagTaken, match="v1"):
            git.create_tag(clone, "v1", "HEAD", "v1", AUTHOR, WHEN)


class TestPush:
    def test_a_commit_and_its_tag_arrive_and_twice_is_harmless(self, clone: Path, bare: Path) -> None:
        tip = commit(clone, "new")
        tag = git.create_tag(clone, "v1", tip, "v1", AUTHOR, WHEN)
        for _ in range(2):
            git.push(clone, "origin", ["main:refs/heads/main", "refs/tags/v1:refs/tags/v1"])
        refs = git.observe_refs(str(bare))
        assert refs["refs/heads/main"] == refs["HEAD"] == refs["refs/tags/v1^{}"] == tip
        assert refs["refs/tags/v1"] == tag

    def test_a_branch_that_moved_on_is_told_apart_and_nothing_arrives(
        self, tmp_path: Path, clone: Path, bare: Path
    ) -> None:
        git.clone_at(bare, git.head(bare), tmp_path / "other", "main")
        theirs = commit(tmp_path / "other", "theirs")
        git.push(tmp_path / "other", "origin", ["main:refs/heads/main"])
        git.create_tag(clone, "v1", commit(clone, "ours"), "v1", AUTHOR, WHEN)
        with pytest.raises(PushNotFastForward, match="refs/heads/main"):
            git.push(clone, "origin", ["refs/tags/v1:refs/tags/v1", "main:refs/heads/main"])
        assert git.observe_refs(str(bare)) == {"HEAD": theirs, "refs/heads/main": theirs}

    def test_a_tag_that_exists_is_told_apart(self, clone: Path) -> None:
        git.create_tag(clone, "v1", "HEAD", "v1", AUTHOR, WHEN)
        git.push(clone, "origin", ["refs/tags/v1:refs/tags/v1"])
        run(clone, "tag", "--delete", "v1")
        git.create_tag(clone, "v1", commit(clone, "new"), "v1", AUTHOR, WHEN)
        with pytest.raises(RemoteTagExists, match="refs/tags/v1"):
            git.push(clone, "origin", ["refs/tags/v1:refs/tags/v1"])

    @pytest.mark.parametrize(
        ("words", "kind"),
        [
            ("error: GH006: Protected branch update failed for refs/heads/main.", PushProtected),
            ("error: GH013: Repository rule violations found for refs/heads/main.", PushProtected),
            ("error: no pushes on Fridays", PushHookDeclined),
        ],
    )
    def test_what_a_hook_says_is_told(self, clone: Path, bare: Path, words: str, kind: type[PushRefused]) -> None:
        hook = bare / "hooks" / "pre-receive"
        hook.write_text(f"#!/bin/sh\necho '{words}' >&2\nexit 1\n")
        hook.chmod(0o755)
        commit(clone, "new")
        with pytest.raises(PushRefused) as caught:
            git.push(clone, "origin", ["main:refs/heads/main"])
        assert type(caught.value) is kind
        assert words in str(caught.value)

    def test_a_lock_at_the_remote_is_no_fault_of_this_directory(self, clone: Path, bare: Path) -> None:
        lock = bare / "refs" / "heads" / "main.lock"
        lock.touch()
        commit(clone, "new")
        with pytest.raises(RemoteRefLocked, match="cannot lock ref") as caught:
            git.push(clone, "origin", ["main:refs/heads/main"])
        assert caught.value.transient
        lock.unlink()
        git.push(clone, "origin", ["main:refs/heads/main"])

    def test_a_remote_that_somebody_works_in_is_told_apart(self, tmp_path: Path, clone: Path, bare: Path) -> None:
        git.clone_at(bare, git.head(bare), tmp_path / "theirs", "main")
        commit(clone, "new")
        with pytest.raises(PushToCheckedOut, match="refs/heads/main"):
            git.push(clone, str(tmp_path / "theirs"), ["main:refs/heads/main"])

    @pytest.mark.parametrize("refspec", ["+main:refs/heads/main", ":refs/tags/v1"])
    def test_force_and_deletion_are_never_sent(self, clone: Path, refspec: str) -> None:
        with pytest.raises(PushForced):
            git.push(clone, "origin", [refspec])

    def test_a_remote_that_is_not_there_is_said_so(self, tmp_path: Path, clone: Path) -> None:
        with pytest.raises(GitRemoteMissing, match="nowhere"):
            git.push(clone, str(tmp_path / "nowhere"), ["main:refs/heads/main"])
        with pytest.raises(GitRemoteMissing, match="nowhere"):
            git.observe_refs(str(tmp_path / "nowhere"))

    def test_a_remote_that_does_not_answer_is_worth_retrying(self) -> None:
        with pytest.raises(GitRemoteUnreachable) as caught:
            git.observe_refs("http://user:secret@127.0.0.1:1/x.git")
        assert caught.value.transient
        assert "secret" not in str(caught.value)


class TestSurroundings:
    def test_the_users_configuration_and_a_hooks_variables_have_no_effect(
        self, tmp_path: Path, bare: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / ".gitconfig").write_text(
            "[core]\n\tautocrlf = true\n[user]\n\tname = Eve\n[commit]\n\tgpgSign = true\n"
        )
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
        monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
        monkeypatch.setenv("GIT_AUTHOR_NAME", "Eve")
        git.clone_at(bare, git.head(bare), tmp_path / "clone", "main")
        commit(tmp_path / "clone", "new")
        assert (tmp_path / "clone" / "Cargo.toml").read_bytes() == b"[workspace]\n"
        assert run(tmp_path / "clone", "show", "-s", "--format=%an %cn") == b"Ada Ada\n"
        assert not (tmp_path / "index").exists()

    def test_configuration_that_is_passed_in_has_effect(self, tmp_path: Path, bare: Path) -> None:
        config = tmp_path / "config"
        config.write_text(f'[url "{bare}"]\n\tinsteadOf = https://forge.invalid/hangar\n')
        extra = {"GIT_CONFIG_GLOBAL": str(config)}
        refs = git.observe_refs("https://forge.invalid/hangar", extra=extra)
        assert refs["refs/heads/main"] == git.head(bare)
        made = git.mirror("https://forge.invalid/hangar", tmp_path / "cache", extra=extra)
        assert git.head(made) == git.head(bare)

    def test_git_missing_is_said_so(self, tmp_path: Path, bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        env = shutil.which("env")
        assert env
        (tmp_path / "bin").mkdir()
        monkeypatch.setenv("PATH", str(tmp_path / "bin"))
        with pytest.raises(GitMissing):
            git.head(bare)
        (tmp_path / "bin" / "env").symlink_to(env)
        with pytest.raises(GitMissing):
            git.head(bare)

    def test_git_missing_before_it_was_ever_used_is_said_so(self, tmp_path: Path) -> None:
        program = (
            "from pathlib import Path; from loadmaster.clients import git; from loadmaster.errors.git import GitMissing\n"
            "try: git.head(Path('.'))\n"
            "except GitMissing as error: print(error)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", program],
            env={"PATH": str(tmp_path), "PYTHONPATH": str(Path(git.__file__).parents[3])},
            capture_output=True,
            text=True,
            check=False,
        )
        assert "no `git`" in done.stdout, done.stderr


@pytest.mark.parametrize(
    ("complaint", "kind"),
    [
        ("remote: Repository not found.\nfatal: repository 'https://x/y/' not found", GitRemoteMissing),
        ("fatal: could not read Username for 'https://x': terminal prompts disabled", GitDenied),
        ("fatal: unable to access 'https://x/': The requested URL returned error: 403", GitForbidden),
        ("git@x: Permission denied (publickey).\nfatal: Could not read from remote repository.", GitDenied),
        ("fatal: unable to access 'https://x/': Could not resolve host: x", GitRemoteUnreachable),
        ("fatal: unable to access 'https://x/': The requested URL returned error: 503", GitRemoteUnreachable),
        ("error: RPC failed; curl 56\nfatal: early EOF", GitRemoteUnreachable),
        ("kex_exchange_identification: Connection closed by remote host", GitRemoteUnreachable),
        ("ssh: connect to host x port 22: No route to host", GitRemoteUnreachable),
        ("fatal: write error: Disk quota exceeded", DiskFull),
        ("fatal: something never seen before", GitFailed),
    ],
)
def test_complaints_of_remotes_that_no_test_can_provoke(complaint: str, kind: type[LoadmasterError]) -> None:
    assert type(complaint_about(Path("/"), ("fetch",), complaint, "https://x/y")) is kind


class TestOutage:
    """A remote over HTTP that is out of reach, or that something in between answers for."""

    ANSWERS = (
        ("busy", Response("busy", 503)),
        ("limited", Response("slowly", 429)),
        ("a page", HTMLResponse("<!doctype html>\n<title>Sign in</title>\n")),
        ("a page in one line", HTMLResponse("<html>Sign in</html>")),
    )

    @pytest.mark.parametrize("answer", [row[1] for row in ANSWERS], ids=[row[0] for row in ANSWERS])
    def test_its_refs_are_unknown_not_absent(self, answer: Response) -> None:
        app = Starlette(routes=[Route("/{path:path}", lambda request: answer)])
        with serving(app) as address, pytest.raises(GitRemoteUnreachable) as caught:
            git.observe_refs(f"{address}/x.git")
        assert caught.value.outage

    def test_a_push_whose_objects_are_answered_500_is_open_and_not_refused(self, clone: Path, bare: Path) -> None:
        def refs(request: Request) -> Response:
            command = ["git", "receive-pack", "--stateless-rpc", "--advertise-refs", str(bare)]
            shown = subprocess.run(command, capture_output=True, check=True).stdout
            kind = "application/x-git-receive-pack-advertisement"
            return Response(b"001f# service=git-receive-pack\n0000" + shown, media_type=kind)

        routes = [
            Route("/x.git/info/refs", refs),
            Route("/x.git/git-receive-pack", lambda request: Response("no", 500), methods=["POST"]),
        ]
        commit(clone, "new")
        with serving(Starlette(routes=routes)) as address, pytest.raises(GitRemoteUnreachable, match="HTTP 500"):
            git.push(clone, f"{address}/x.git", ["main:refs/heads/main"])


class TestFullDisk:
    def test_a_clone_that_does_not_fit_is_told_with_its_place(self, tmp_path: Path, bare: Path) -> None:
        with small_disk(tmp_path / "disk", "40k") as disk:
            with pytest.raises(DiskFull, match=rf"`{disk}/clone\.unfinished`, while `git clone` wrote there \(0\.0 MB"):
                git.clone_at(bare, git.head(bare), disk / "clone", "main")
            assert not (disk / "clone").exists()

    def test_a_commit_that_does_not_fit_is_told_with_its_place(self, tmp_path: Path, bare: Path) -> None:
        with small_disk(tmp_path / "disk", "600k") as disk:
            git.clone_at(bare, git.head(bare), disk / "clone", "main")
            write(disk / "clone", {"new": "new\n"})
            fill(disk)
            with pytest.raises(DiskFull, match=rf"`{disk}/clone`"):
                git.commit_all(disk / "clone", "Release", AUTHOR, WHEN)

    def test_a_remote_that_is_full_is_told_as_the_one_that_is(self, tmp_path: Path, clone: Path) -> None:
        with small_disk(tmp_path / "disk", "200k") as disk:
            run(disk, "init", "--quiet", "--bare", "remote.git")
            commit(clone, "new")
            fill(disk, leave=8192)
            with pytest.raises(DiskFull, match=rf"`{disk}/remote\.git`, while `git push` wrote there"):
                git.push(clone, str(disk / "remote.git"), ["main:refs/heads/main"])

    def test_a_repository_that_became_read_only_is_told_with_git_s_words(self, tmp_path: Path, bare: Path) -> None:
        with small_disk(tmp_path / "disk", "600k") as disk:
            git.clone_at(bare, git.head(bare), disk / "clone", "main")
            write(disk / "clone", {"new": "new\n"})
            make_read_only(disk)
            with pytest.raises(NotWritten, match=rf"`{disk}/clone` cannot be written: .*Read-only file system"):
                git.commit_all(disk / "clone", "Release", AUTHOR, WHEN)

    def test_what_git_is_told_on_its_input_may_not_fit_either(
        self, tmp_path: Path, clone: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with small_disk(tmp_path / "disk", "16k") as disk:
            fill(disk)
            monkeypatch.setenv("TMPDIR", str(disk))
            monkeypatch.setattr(tempfile, "tempdir", str(disk))
            with pytest.raises(DiskFull, match=f"`{disk}`"):
                git.create_tag(clone, "v1", "HEAD", "x" * 10_000, AUTHOR, WHEN)


def test_an_answer_keeps_status_bytes_and_complaint_apart(clone: Path) -> None:
    answer = ask(clone, "rev-parse", "--verify", "nothing")
    assert answer.status == 128
    assert answer.output == b""
    assert answer.complaint.startswith("fatal:")
