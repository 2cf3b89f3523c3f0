"""Real children: what they see of us, what we keep of them, and that they end."""

from __future__ import annotations

import os
import select
import subprocess
from pathlib import Path

import pytest

from loadmaster.clients.process import TAIL_LINES, Finished, environment, last_lines, run

PLANTED = {
    "CARGO_REGISTRY_TOKEN": "cio-planted",
    "CARGO_REGISTRIES_X_TOKEN": "cio-planted",
    "AWS_SECRET_ACCESS_KEY": "planted",
    "GITHUB_TOKEN": "planted",
    "CARGO_HOME": "planted",
    "RUSTFLAGS": "planted",
}


def shell(script: str, tmp_path: Path, deadline: float | None = None) -> Finished:
    env = environment(tmp_path)
    return run(["sh", "-c", script], cwd=tmp_path, env=env, log=tmp_path / "log", deadline=deadline)


class TestEnvironment:
    def test_a_child_sees_the_allowed_part_of_ours_and_no_credential(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name, value in PLANTED.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example")
        seen = dict(line.split("=", 1) for line in shell("env", tmp_path).out.splitlines())
        assert not PLANTED.keys() & seen.keys()
        assert "planted" not in "".join(seen.values())
        assert seen["HTTPS_PROXY"] == "http://proxy.example"
        assert (seen["HOME"], seen["PATH"]) == (str(tmp_path), os.environ["PATH"])

    def test_rustup_finds_its_toolchains_although_home_is_another(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("RUSTUP_HOME", raising=False)
        assert environment(tmp_path)["RUSTUP_HOME"] == str(Path.home() / ".rustup")

    def test_a_profile_lets_more_through_and_what_we_set_wins(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", "theirs")
        monkeypatch.setenv("CARGO_HOME", "theirs")
        env = environment(tmp_path, ["GIT_CONFIG_GLOBAL", "CARGO_HOME", "NOT_SET"], {"CARGO_HOME": "ours"})
        assert (env["GIT_CONFIG_GLOBAL"], env["CARGO_HOME"]) == ("theirs", "ours")
        assert "NOT_SET" not in env


class TestOutput:
    def test_all_of_it_goes_to_the_log_in_its_order_if_that_is_wanted(self, tmp_path: Path) -> None:
        script, log = "echo said; echo complained >&2; echo more; exit 3", tmp_path / "log"
        told = run(["sh", "-c", script], cwd=tmp_path, env=environment(tmp_path), log=log, logs_all=True)
        assert told == Finished(code=3, out="", tail="said\ncomplained\nmore")
        assert log.read_text() == "said\ncomplained\nmore\n"

    def test_the_last_lines_of_a_log_without_end_are_found_from_its_end(self, tmp_path: Path) -> None:
        log = tmp_path / "log"
        log.write_bytes(b"x" * 1_000_000 + b"\none\ntwo\n")
        assert last_lines(log).splitlines()[1:] == ["one", "two"]
        assert len(last_lines(log)) < 100_000
        assert last_lines(log, start=1_000_005) == "two"

    def test_output_and_complaint_are_kept_apart_and_the_code_is_told(self, tmp_path: Path) -> None:
        assert shell("echo said; echo complained >&2; exit 3", tmp_path) == Finished(
            code=3, out="said\n", tail="complained"
        )

    def test_the_log_has_everything_the_tail_has_the_end_of_this_call(self, tmp_path: Path) -> None:
        shell("echo earlier >&2", tmp_path)
        finished = shell("seq 100 >&2", tmp_path)
        assert finished.tail.splitlines() == [str(n) for n in range(101 - TAIL_LINES, 101)]
        assert (tmp_path / "log").read_text().splitlines() == ["earlier", *map(str, range(1, 101))]

    def test_bytes_that_are_no_text_do_not_stop_anything(self, tmp_path: Path) -> None:
        finished = shell(r"printf '\377' ; printf '\377' >&2", tmp_path)
        assert (finished.out, finished.tail) == ("\ufffd", "\ufffd")

    def test_a_child_that_asks_gets_no_answer_instead_of_waiting_for_ever(self, tmp_path: Path) -> None:
        assert shell("read answer", tmp_path).code == 1


class TestDeadline:
    def test_the_whole_group_dies_not_only_the_program(self, tmp_path: Path) -> None:
        alive = tmp_path / "alive"
        os.mkfifo(alive)
        reader = os.open(alive, os.O_RDONLY | os.O_NONBLOCK)
        with pytest.raises(subprocess.TimeoutExpired):
            shell("sh -c 'echo begun; exec sleep 30' > alive & wait", tmp_path, deadline=1)
        assert os.read(reader, 100) == b"begun\n"
        ended, _, _ = select.select([reader], [], [], 10)
        assert ended, "the grandchild still holds the pipe open"
        assert os.read(reader, 100) == b""
        os.close(reader)

    def test_a_program_that_is_not_there_is_told_at_once(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            run(["no-such-program"], cwd=tmp_path, env=environment(tmp_path), log=tmp_path / "log")
