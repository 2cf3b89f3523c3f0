"""What is kept between attempts: crates by their content, run directories, and the lock on a release."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from loadmaster import __version__
from loadmaster.errors.cargo import KeptCrateBroken
from loadmaster.errors.files import DiskFull, NotWritten, StoreMarkBroken, StoreNewer
from loadmaster.errors.request import ReleaseLocked
from loadmaster.errors.run import RunRecordBroken
from loadmaster.run.store import FORMAT, Store, StoreMark, default_store, place_of_store, write_atomically
from tests.kit.checkout import ROOT
from tests.kit.small_disk import fill, make_read_only, small_disk
from tests.kit.waiting import code_of, line_of

HOLD = """
import sys
from pathlib import Path
from loadmaster.run.store import RunDirectory
with RunDirectory(Path(sys.argv[1])).locked():
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "home")


@pytest.fixture
def packaged(tmp_path: Path) -> Path:
    file = tmp_path / "hangar-1.0.0.crate"
    file.write_bytes(b"packaged")
    return file


class TestCrates:
    def test_a_kept_crate_outlives_the_file_that_it_came_from(self, store: Store, packaged: Path) -> None:
        sha256 = store.keep_crate(packaged)
        packaged.unlink()
        assert store.crate("hangar@1.0.0", sha256) == b"packaged"
        assert store.has_all({"hangar": sha256})

    def test_keeping_it_twice_is_keeping_it_once(self, store: Store, packaged: Path) -> None:
        assert store.keep_crate(packaged) == store.keep_crate(packaged)
        assert len(list(store.part("crates").iterdir())) == 1

    @pytest.mark.parametrize("content", [b"", b"packaged!", b"PACKAGED"], ids=["cut short", "longer", "altered"])
    def test_a_tampered_one_is_never_given_out(self, store: Store, packaged: Path, content: bytes) -> None:
        sha256 = store.keep_crate(packaged)
        (store.part("crates") / f"{sha256}.crate").write_bytes(content)
        with pytest.raises(KeptCrateBroken, match=r"`hangar@1\.0\.0`"):
            store.crate("hangar@1.0.0", sha256)
        assert not store.has_all({"hangar": sha256})  # so that it is packaged anew

        store.keep_crate(packaged)
        assert store.crate("hangar@1.0.0", sha256) == b"packaged"

    def test_a_missing_one_is_told_and_counted_as_missing(self, store: Store) -> None:
        with pytest.raises(KeptCrateBroken):
            store.crate("hangar@1.0.0", "ab" * 32)
        assert not store.has_all({"hangar": "ab" * 32})
        assert store.has_all({})


class TestWriting:
    def test_a_file_is_replaced_whole_and_nothing_is_left_beside_it(self, tmp_path: Path) -> None:
        write_atomically(tmp_path / "deep" / "file", b"one")
        write_atomically(tmp_path / "deep" / "file", b"two")
        assert (tmp_path / "deep" / "file").read_bytes() == b"two"
        assert [each.name for each in (tmp_path / "deep").iterdir()] == ["file"]

    def test_a_full_disk_is_told_and_the_former_file_stays(self, tmp_path: Path) -> None:
        with small_disk(tmp_path / "disk", "8k") as disk:
            write_atomically(disk / "receipt.json", b"former")
            with pytest.raises(DiskFull) as caught:
                write_atomically(disk / "receipt.json", b"x" * 100_000)
            assert caught.value.what.startswith(f"No space is left for `{disk}/receipt.json`")
            assert "0.0 MB are free there" in caught.value.what
            assert [each.name for each in disk.iterdir()] == ["receipt.json"]
            assert (disk / "receipt.json").read_bytes() == b"former"

    def test_a_disk_that_became_read_only_is_told(self, tmp_path: Path) -> None:
        with small_disk(tmp_path / "disk", "100k") as disk:
            make_read_only(disk)
            with pytest.raises(NotWritten, match=rf"`{disk}/receipt\.json` cannot be written: Read-only file system"):
                write_atomically(disk / "receipt.json", b"x")
            with pytest.raises(NotWritten, match=rf"`{disk}/home/runs/a1` cannot be written"):
                Store(disk / "home").run("a1")

    def test_the_lock_of_a_run_on_a_full_disk_is_told_with_its_place(self, tmp_path: Path) -> None:
        with small_disk(tmp_path / "disk", "100k") as disk:
            run = Store(disk / "home").run("a1")
            fill(disk)
            with pytest.raises(DiskFull, match=rf"`{run.lock}`"), run.locked():
                pass

    def test_another_trouble_is_told_with_its_place(self, tmp_path: Path) -> None:
        (tmp_path / "taken").mkdir()
        (tmp_path / "taken" / "inside").touch()
        with pytest.raises(NotWritten, match=rf"`{tmp_path}/taken` cannot be written: Is a directory"):
            write_atomically(tmp_path / "taken", b"x")
        assert [each.name for each in tmp_path.iterdir()] == ["taken"]


class TestDirectories:
    def test_a_run_is_found_again_by_its_id(self, store: Store) -> None:
        store.run("a1").receipt.write_text("{}")
        assert store.run("a1").receipt.read_text() == "{}"
        assert not store.run("b2").receipt.exists()
        store.run("a1").remove()
        assert not store.run("a1").receipt.exists()

    def test_build_directories_differ_by_every_part_of_their_key(self, store: Store) -> None:
        keys = [("demo", "1.95.0", "aa"), ("demo", "1.95.0", "bb"), ("demo", "stable", "aa"), ("assay", "1.95.0", "aa")]
        found = {store.build_directory(*key) for key in keys}
        assert len(found) == len(keys)
        assert all(each.parent == store.root / "build" for each in found)

    def test_a_key_is_one_name_whatever_is_in_it(self, store: Store) -> None:
        assert store.build_directory("../demo", "a b").parent == store.root / "build"

    def test_the_home_is_ours_unless_told(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("LOADMASTER_HOME", str(tmp_path))
        assert default_store().root == tmp_path
        monkeypatch.delenv("LOADMASTER_HOME")
        assert default_store().root == ROOT / ".loadmaster"

    def test_a_checkout_keeps_everything_in_one_place(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("LOADMASTER_HOME", raising=False)
        assert default_store().caches == default_store().root

    def test_an_installation_keeps_state_and_caches_in_the_users_own_directories(self, installed: Path) -> None:
        store = default_store()
        assert (store.root, store.caches) == (installed / "state/loadmaster", installed / "cache/loadmaster")
        assert store.part("mirrors") == installed / "cache/loadmaster/mirrors"
        assert store.build_directory("demo").parent == installed / "cache/loadmaster/build"
        assert store.run("one").path == installed / "state/loadmaster/runs/one"

    def test_a_process_that_is_told_that_store_by_name_finds_the_same_caches(
        self, installed: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("LOADMASTER_HOME", str(installed / "state" / "loadmaster"))
        assert default_store().caches == installed / "cache/loadmaster"

    def test_without_the_variables_the_rules_of_xdg_say_where(
        self, installed: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HOME", str(installed))
        monkeypatch.setenv("XDG_STATE_HOME", "not/absolute")
        monkeypatch.delenv("XDG_CACHE_HOME")
        store = default_store()
        assert (store.root, store.caches) == (installed / ".local/state/loadmaster", installed / ".cache/loadmaster")

    def test_a_home_that_is_named_holds_its_caches_too(self, installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("LOADMASTER_HOME", str(installed / "elsewhere"))
        assert default_store().part("mirrors") == installed / "elsewhere" / "mirrors"


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The code is in no checkout, and the user has directories of his own."""
    monkeypatch.setattr("loadmaster.run.store.checkout", lambda: None)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("LOADMASTER_HOME", raising=False)
    return tmp_path


class TestLock:
    @contextmanager
    def _held_by_another(self, directory: Path) -> Iterator[subprocess.Popen[str]]:
        command = [sys.executable, "-c", HOLD, str(directory)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as holder:
            assert line_of(holder.stdout, "the holder of the lock") == "held\n"
            yield holder

    def test_a_second_process_is_refused_and_told_who_holds_it(self, store: Store) -> None:
        run = store.run("a1")
        with self._held_by_another(run.path) as holder:
            with pytest.raises(ReleaseLocked, match=f"process `{holder.pid}`"), run.locked():
                pass
            holder.kill()

    def test_it_is_free_after_the_block(self, store: Store) -> None:
        run = store.run("a1")
        for _ in range(2):
            with run.locked():
                pass

    def test_a_holder_that_was_killed_leaves_no_lock(self, store: Store) -> None:
        run = store.run("a1")
        with self._held_by_another(run.path) as holder:
            holder.send_signal(signal.SIGKILL)
            code_of(holder, "the holder that was killed")
        with run.locked():
            pass

    def test_another_release_is_not_held_up(self, store: Store) -> None:
        with self._held_by_another(store.run("a1").path) as holder:
            with store.run("b2").locked():
                pass
            holder.kill()


class TestFormat:
    def mark(self, store: Store, text: str) -> None:
        store.root.mkdir(exist_ok=True)
        store.mark_file.write_text(text, encoding="utf-8")

    @pytest.mark.parametrize("first", ["run", "part"])
    def test_the_first_use_writes_it(self, tmp_path: Path, first: str) -> None:
        store = Store(tmp_path / "home")
        assert store.mark() is None
        store.run("a1") if first == "run" else store.part("crates")
        assert store.mark() == StoreMark(format=FORMAT, loadmaster=__version__)
        store.require_readable()

    def test_whoever_only_looks_writes_nothing(self, tmp_path: Path) -> None:
        store = Store(tmp_path / "home")
        store.require_readable()
        assert list(store.runs()) == []
        assert not store.root.exists()

    def test_a_store_without_one_is_read_and_gets_it(self, store: Store) -> None:
        (store.root / "runs" / "a1").mkdir(parents=True)
        store.require_readable()
        assert [run.path.name for run in store.runs()] == ["a1"]
        store.claim()
        assert store.mark() == StoreMark(format=FORMAT, loadmaster=__version__)

    def test_a_lower_one_is_raised_with_the_version_that_raised_it(self, store: Store) -> None:
        self.mark(store, '{"format": 0, "loadmaster": "0.0.9"}')
        store.require_readable()
        store.claim()
        assert store.mark() == StoreMark(format=FORMAT, loadmaster=__version__)

    def test_an_equal_one_keeps_the_version_that_gave_it(self, store: Store) -> None:
        self.mark(store, f'{{"format": {FORMAT}, "loadmaster": "0.1.0rc1"}}')
        store.claim()
        assert store.mark() == StoreMark(format=FORMAT, loadmaster="0.1.0rc1")

    @pytest.mark.parametrize("more", ["", ', "and": {"more": []}'], ids=["as ours", "with fields that we do not know"])
    def test_a_higher_one_is_refused_with_the_version_to_install(self, store: Store, more: str) -> None:
        self.mark(store, f'{{"format": {FORMAT + 1}, "loadmaster": "0.2.0"{more}}}')
        with pytest.raises(StoreNewer) as told:
            store.require_readable()
        assert told.value.what == (
            f"The store `{store.root}` has format {FORMAT + 1}, and this Loadmaster knows none above {FORMAT}."
        )
        assert "`pipx install --force 'loadmaster-0.2.0-py3-none-any.whl[pinned]'`" in told.value.fix

    @pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": "one", "loadmaster": "0.1.0"}'])
    def test_one_that_cannot_be_read_is_told_with_the_command(self, store: Store, text: str) -> None:
        self.mark(store, text)
        with pytest.raises(StoreMarkBroken, match="does not say which format") as told:
            store.require_readable()
        assert f"`rm {store.mark_file}`" in told.value.fix

    def test_the_store_of_this_user_is_looked_at_before_it_is_used(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("LOADMASTER_HOME", str(tmp_path))
        self.mark(Store(tmp_path), f'{{"format": {FORMAT + 1}, "loadmaster": "0.2.0"}}')
        assert place_of_store().root == tmp_path
        with pytest.raises(StoreNewer):
            default_store()

    def test_a_full_disk_keeps_it_from_being_used_as_ours(self, tmp_path: Path) -> None:
        with small_disk(tmp_path / "disk", "100k") as disk:
            (disk / "home" / "runs" / "a1").mkdir(parents=True)
            fill(disk)
            with pytest.raises(DiskFull, match=r"store\.json"):
                Store(disk / "home").run("a1")


class TestRecords:
    RECORD = StoreMark(format=1, loadmaster="0.1.0")

    def test_one_that_is_there_is_read_and_none_is_none(self, store: Store) -> None:
        run = store.run("a1")
        assert run.read(StoreMark, run.pinned) is None
        run.pinned.write_text(self.RECORD.model_dump_json())
        assert run.read(StoreMark, run.pinned) == self.RECORD

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("", "Invalid JSON"),
            ('{"format": 1', "Invalid JSON"),
            ("{}", "`format`: Field required, and 1 more"),
            ('{"format": 1}', "`loadmaster`: Field required"),
        ],
    )
    def test_one_that_cannot_be_read_is_named_with_its_run(self, store: Store, text: str, reason: str) -> None:
        run = store.run("a1")
        run.pinned.write_text(text)
        with pytest.raises(RunRecordBroken) as told:
            run.read(StoreMark, run.pinned)
        assert told.value.what.startswith(f"`{run.pinned}` of the run `a1` cannot be read: {reason}")

    def test_a_directory_in_its_place_is_no_record(self, store: Store) -> None:
        run = store.run("a1")
        run.pinned.mkdir()
        with pytest.raises(RunRecordBroken, match="Is a directory"):
            run.read(StoreMark, run.pinned)
