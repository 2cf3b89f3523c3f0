"""The sandbox: what a program in it finds of this machine. Each hunt succeeds outside, so that it can fail inside."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from loadmaster.clients import process
from loadmaster.clients.sandbox import Access, BuildSandbox, Purpose, bubblewrap, toolchains, visible
from tests.kit.sandboxed_cargo import require_sandbox
from tests.kit.waiting import beside, code_of, eventually, killed_at_last, result_of

SECRET = "canary-of-the-sandbox"


@pytest.fixture(scope="module")
def program() -> str:
    return require_sandbox()


@pytest.fixture
def hides(tmp_path: Path) -> Path:
    """A home that is not shown."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "token").write_text(SECRET)
    return home


@pytest.fixture
def work(tmp_path: Path) -> Path:
    directory = tmp_path / "work"
    directory.mkdir()
    return directory


@pytest.fixture
def inside(program: str, hides: Path, work: Path) -> BuildSandbox:
    return BuildSandbox(program=program, reads=(Path(sys.base_prefix), work), hides=(hides,))


def python(within: BuildSandbox | None, work: Path, script: str, access: Access) -> str:
    """The output of a Python program, in the sandbox or, for None, outside."""
    argv = [os.path.realpath(sys.executable), "-I", "-c", script]
    command = argv if within is None else within.command(argv, work, access)
    env = {"PATH": os.environ["PATH"], "HOME": str(work)}
    return subprocess.run(command, cwd=work, env=env, capture_output=True, text=True, check=True, timeout=60).stdout


def both(inside: BuildSandbox, work: Path, script: str, access: Access) -> tuple[str, str]:
    """What the program says outside, and inside."""
    return python(None, work, script, access), python(inside, work, script, access)


TELL = """
def tell(hunt):
    try:
        print(hunt())
    except OSError as error:
        print(type(error).__name__)
"""


class TestHunts:
    def test_a_file_of_the_home_is_not_there(self, inside: BuildSandbox, work: Path, hides: Path) -> None:
        script = f"{TELL}\ntell(lambda: open({str(hides / 'token')!r}).read())"
        outside, within = both(inside, work, script, Access(writes=(work,)))
        assert (outside, within) == (f"{SECRET}\n", "FileNotFoundError\n")

    def test_a_store_or_home_below_a_directory_of_the_system_stays_hidden(
        self, inside: BuildSandbox, work: Path
    ) -> None:
        script = "import os\nprint(len(os.listdir('/usr/share')) > 0)"
        hiding = replace(inside, hides=(Path("/usr/share"),))
        assert (python(inside, work, script, Access()), python(hiding, work, script, Access())) == ("True\n", "False\n")

    def test_a_tree_above_a_store_or_home_is_shown_without_it(
        self, inside: BuildSandbox, work: Path, hides: Path
    ) -> None:
        above = work.parent
        script = f"{TELL}\nimport os\ntell(lambda: (sorted(os.listdir({str(above)!r})), os.listdir({str(hides)!r})))"
        for access in (Access(reads=(above,)), Access(writes=(above,))):
            assert python(inside, work, script, access) == "(['home', 'work'], [])\n"

    def test_no_setting_of_the_kernel_can_be_written(self, inside: BuildSandbox, work: Path) -> None:
        script = """
import os
def openable():
    for folder, _, names in os.walk("/proc"):
        if folder == "/proc":
            _[:] = [name for name in _ if not name.isdigit() and name not in ("self", "thread-self")]
        for name in names:
            try:
                os.close(os.open(os.path.join(folder, name), os.O_WRONLY))
            except OSError:
                continue
            yield os.path.join(folder, name)
print(sorted(openable()))
"""
        assert python(inside, work, script, Access()) == "[]\n"

    def test_no_environment_of_another_process_is_found(self, inside: BuildSandbox, work: Path) -> None:
        script = f"""
import glob
found = 0
for place in glob.glob("/proc/[0-9]*/environ"):
    try:
        found += {SECRET!r}.encode() in open(place, "rb").read()
    except OSError:
        pass
print(found)
"""
        with killed_at_last(subprocess.Popen(["sleep", "300"], env={"PATH": os.environ["PATH"], "TOKEN": SECRET})):
            outside, within = both(inside, work, script, Access())
        assert (int(outside) > 0, int(within)) == (True, 0)

    def test_no_server_of_this_machine_is_reached_without_the_network(self, inside: BuildSandbox, work: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            script = (
                f"{TELL}\nimport socket\ntell(lambda: socket.create_connection(('127.0.0.1', {port}), 5) and 'reached')"
            )
            assert python(inside, work, script, Access(purpose=Purpose.FETCH)) == "reached\n"
            assert python(inside, work, script, Access()) == "ConnectionRefusedError\n"

    def test_no_socket_without_a_file_is_reached_without_the_network(self, inside: BuildSandbox, work: Path) -> None:
        name = f"\0loadmaster-{os.getpid()}"
        script = (
            f"{TELL}\nimport socket\ns = socket.socket(socket.AF_UNIX)\ntell(lambda: s.connect({name!r}) or 'reached')"
        )
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(name)
            server.listen()
            outside, within = both(inside, work, script, Access())
        assert (outside, within) == ("reached\n", "ConnectionRefusedError\n")

    def test_neither_an_engine_nor_an_agent_has_a_socket(self, inside: BuildSandbox, work: Path) -> None:
        script = "import os\nprint(os.listdir('/run'), [n for n in os.listdir('/tmp') if 'ssh' in n], os.path.exists('/var/run'))"
        assert python(inside, work, script, Access()) == "[] [] False\n"

    def test_private_keys_and_passwords_of_the_system_are_not_there(self, inside: BuildSandbox, work: Path) -> None:
        places = ("/etc/shadow", "/etc/ssl/private", "/etc/ssl/certs", "/etc/passwd")
        script = f"import os\nprint([os.path.exists(place) for place in {places}])"
        assert python(inside, work, script, Access()) == "[False, False, True, True]\n"

    def test_it_has_no_rights_of_an_administrator(self, inside: BuildSandbox, work: Path) -> None:
        script = "print([line.split()[1] for line in open('/proc/self/status') if line.startswith('CapEff')])"
        assert python(inside, work, script, Access()) == "['0000000000000000']\n"


class TestWriting:
    def test_it_writes_where_it_may_and_nowhere_else(self, inside: BuildSandbox, work: Path, tmp_path: Path) -> None:
        shown = tmp_path / "shown"
        shown.mkdir()
        script = f"""{TELL}
for place in ({str(work)!r}, {str(shown)!r}, "/usr"):
    tell(lambda: open(place + "/written", "w").write("x"))
"""
        told = python(inside, work, script, Access(reads=(shown,), writes=(work,)))
        assert told == "1\nOSError\nOSError\n"
        assert (work / "written").read_text() == "x"
        assert not (shown / "written").exists()

    def test_what_git_obeys_cannot_be_changed(self, inside: BuildSandbox, work: Path) -> None:
        (work / ".git" / "hooks").mkdir(parents=True)
        script = f"""{TELL}
import os
tell(lambda: open(".git/hooks/post-commit", "w"))
tell(lambda: os.rename(".git", "elsewhere"))
"""
        assert python(inside, work, script, Access(writes=(work,))) == "OSError\nOSError\n"

    def test_a_place_that_is_read_and_written_is_written(self, inside: BuildSandbox, work: Path) -> None:
        script = "open('written', 'w').write('x')"
        python(inside, work, script, Access(reads=(work.parent,), writes=(work,)))
        assert (work / "written").exists()


class TestEnd:
    """Nothing of what ran inside outlives the call."""

    @pytest.fixture
    def sleeper(self, work: Path) -> Sequence[str]:
        """Leaves a process behind that leaves its session, and waits."""
        return ["sh", "-c", f"setsid sleep {self._odd()} & echo begun > {work}/begun; wait"]

    @staticmethod
    def _odd() -> str:
        return f"3333.{os.getpid()}"

    def _is_there(self) -> bool:
        return any(self._odd() in (each.info["cmdline"] or ()) for each in psutil.process_iter(["cmdline"]))

    def test_after_its_deadline(self, inside: BuildSandbox, work: Path, sleeper: Sequence[str], tmp_path: Path) -> None:
        command = inside.command(sleeper, work, Access(writes=(work,)))
        with pytest.raises(subprocess.TimeoutExpired):
            process.run(command, cwd=work, env={"PATH": os.environ["PATH"]}, log=tmp_path / "log", deadline=2)
        assert (work / "begun").exists()
        eventually(lambda: not self._is_there(), "what ran inside has ended")

    def test_after_the_death_of_who_called_it(self, inside: BuildSandbox, work: Path, sleeper: Sequence[str]) -> None:
        command = json.dumps(inside.command(sleeper, work, Access(writes=(work,))))
        caller = subprocess.Popen([sys.executable, "-c", f"import subprocess; subprocess.run({command})"])
        eventually((work / "begun").exists, "what runs inside has begun")
        assert self._is_there()
        caller.kill()
        code_of(caller, "who called it")
        eventually(lambda: not self._is_there(), "what ran inside has ended")

    def test_the_end_of_another_thread_ends_nothing(self, inside: BuildSandbox, work: Path, tmp_path: Path) -> None:
        """bubblewrap dies with the thread that started it: that is the one that waits for it."""
        command = inside.command(["sh", "-c", "sleep 0.3; echo done"], work, Access())
        env = {"PATH": os.environ["PATH"]}
        call = beside(lambda: process.run(command, cwd=work, env=env, log=tmp_path / "log"))
        result_of(beside(lambda: None), "another thread ended")
        finished = result_of(call, "the call ended")
        assert (finished.code, finished.out) == (0, "done\n")


class TestThisMachine:
    def test_without_bubblewrap_it_says_so(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        assert bubblewrap.__wrapped__().trouble == "`bwrap` is not installed"

    def test_where_it_may_not_make_a_sandbox_it_says_why(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        refusing = tmp_path / "bwrap"
        refusing.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
        refusing.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        told = bubblewrap.__wrapped__().trouble
        assert told == "`bwrap` may not make a sandbox: bwrap: No permissions to create new namespace"

    def test_toolchains_are_found_by_path_by_link_and_in_rustups_home(self, tmp_path: Path) -> None:
        rustup, own, bin_ = tmp_path / "rustup", tmp_path / "built here", tmp_path / "opt rust" / "bin"
        for directory in (rustup / "toolchains", own, bin_):
            directory.mkdir(parents=True)
        (rustup / "toolchains" / "mine").symlink_to(own)
        for name in ("cargo", "rustc"):
            (bin_ / name).touch(mode=0o755)
        assert toolchains(str(bin_), rustup) == (rustup, own, bin_, bin_.parent)

    def test_rustups_own_directory_is_shown_and_nothing_beside_it(self, tmp_path: Path) -> None:
        home = tmp_path / "cargo home"
        (home / "bin").mkdir(parents=True)
        (home / "bin" / "rustup").touch(mode=0o755)
        for name in ("cargo", "rustc"):
            (home / "bin" / name).symlink_to("rustup")
        assert toolchains(str(home / "bin"), tmp_path / "rustup") == (tmp_path / "rustup", home / "bin")

    def test_a_path_has_only_entries_that_are_shown(self) -> None:
        given = os.pathsep.join(
            ["/home/me/.pyenv/shims", "/home/me/.cargo/bin", "", "/usr/local/bin", "/bin", "/snap/bin"]
        )
        assert visible(given, [Path("/home/me/.cargo/bin")]) == "/home/me/.cargo/bin:/usr/local/bin:/bin"
