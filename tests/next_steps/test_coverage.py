"""Every command that a text of Loadmaster's names as a way on is carried out by a test, in the situation that prints it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.kit.checkout import ROOT
from tests.kit.printed_commands import Named, carried_out, printed_commands

SOURCES = tuple(ROOT / folder for folder in ("loadmaster", "flows", "tasks", "deployments"))
TOLD: Mapping[Named, str] = {
    Named("Api", "loadmaster cancel"): "says who cancelled a run",
    Named("AptFailed", "{command}"): "says what failed",
    Named("CargoFailed", "{command}"): "says what failed",
    Named("CargoOffline", "{command}"): "says what failed",
    Named("CrateFileBroken", "cargo package"): "says what makes a crate",
    Named("GitFailed", "{command}"): "says what failed",
    Named("GivenCrateBroken", "cargo package"): "says what makes a crate",
    Named("PortTaken", "loadmaster world"): "says who may have the port",
    Named("RunCancelled", "loadmaster cancel"): "says who may have cancelled it",
    Named("RunRecordBroken", "loadmaster prune"): "says what leaves the run alone",
    Named("Suite", "{command}"): "says what failed",
    Named("TreeBusy", "loadmaster bump"): "says who is writing",
    Named(
        "catalogue_page._HEAD", "loadmaster gates TREE [--tag TAG] [--project NAME] [--format FORMAT]"
    ): "a page of the docs",
    Named("pages._INDEX_HEAD", "loadmaster explain CODE"): "a page of the docs",
    Named("pages._ONCE_MENDED", "loadmaster resume RUN"): "a page of the docs",
    Named("command._while", "git {command}"): "says what failed",
    Named("first_profile.first_profile", "loadmaster init"): "says who wrote the file",
    Named("first_profile.first_profile", "loadmaster profile explain FIELD"): "says where a setting is explained",
    **{
        Named("project_page._HEAD", command): "a page of the docs"
        for command in (
            "loadmaster init",
            "loadmaster projects",
            "loadmaster project add PATH",
            "loadmaster project allow NAME FIELD",
            "loadmaster profile check            # everything that is wrong with it, with lines",
            "loadmaster profile explain FIELD    # what this page says of one field",
            "loadmaster profile schema           # the JSON Schema, for editors: the line `#:schema ./loadmaster.schema.json`",
        )
    },
    Named("help_page._HEAD", "loadmaster completion fish | source"): "a page of the docs",
    Named("help_page._section", "loadmaster {name}"): "a page of the docs",
    Named("home.up", "loadmaster ui"): "says what opens the page",
    Named("programs.version_of", "{command}"): "says what failed",
    Named("runs.stack_for_command", "loadmaster up"): "says what keeps the server",
    Named("stopping._cut", "loadmaster down --force"): "says what cut a run off",
    Named("toolchain._refusal", "cargo update --workspace --locked"): "says who refuses",
}
"""Commands that a text names for another purpose than to be run."""
OF_THE_MACHINE: Mapping[Named, str] = {
    Named("EngineAbsent", "sudo apt-get install docker.io"): "installs a package of the system",
    Named("EngineAbsent", "sudo systemctl start docker"): "starts a service of the system",
    Named("EngineForbidden", "sudo usermod --append --groups docker $USER"): "changes a user of the system",
    Named("base.install_text", "pipx install --force 'WHEEL[pinned]'"): "exchanges what is tested",
    Named("base.install_text", "pipx install --force 'loadmaster-{version}-py3-none-any.whl[pinned]'"): "as above",
    Named("outside.SET_CLOCK", "sudo timedatectl set-ntp true"): "sets the system's clock",
    Named("programs.INSTALL_RUST", "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh"): "fetches rustup",
    Named("programs.judge_packages", "make setup"): "exchanges what is tested; every target of the Makefile does so",
    Named("programs.judge_packages", "pipx install --force '{wheel}[pinned]'"): "exchanges what is tested",
    Named("programs.judge_python", "pipx reinstall --python python3.11 loadmaster"): "exchanges what is tested",
}
"""Commands that a test cannot carry out without changing the machine that it runs on, or fetching from the network: what they are
for. Rust's own are carried out, in a home of their own."""
BLOCK = "test_what_it_prints_publishes_a_workspace_word_for_word_and_installs_from_it"
TOGETHER: Mapping[Named, tuple[str, str]] = {
    Named("world._how_to", "cargo publish --workspace --registry rehearsal"): ("test_world.py", BLOCK),
    Named("world._how_to", "cargo install NAME"): ("test_world.py", BLOCK),
    Named("ReleaseUnfinished", "{command}"): (
        "test_next_steps.py",
        "test_a_token_that_is_missing_is_given_as_the_message_says_and_a_begun_release_is_finished",
    ),
}
"""Lines of a block that is carried out as a whole, and a command that is the same as another text's, each with its test."""
ELSEWHERE = ROOT / "loadmaster" / "planning" / "permissions"
"""The findings of the preflight: `tests/steps/test_permissions.py` carries each of their fixes out."""


def named() -> set[Named]:
    return printed_commands(*SOURCES) - printed_commands(ELSEWHERE)


def test_every_command_that_is_a_way_on_is_carried_out() -> None:
    exceptions = TOLD.keys() | OF_THE_MACHINE.keys() | TOGETHER.keys()
    assert sorted(named() - exceptions - carried_out(ROOT / "tests")) == []
    for file, test in TOGETHER.values():
        assert f"def {test}(" in (ROOT / "tests" / "end_to_end" / file).read_text(encoding="utf-8")


def test_no_test_and_no_exception_is_for_a_command_that_no_text_names() -> None:
    exceptions = TOLD.keys() | OF_THE_MACHINE.keys() | TOGETHER.keys()
    assert sorted((exceptions | carried_out(ROOT / "tests")) - named()) == []


PLANTED = '''
"""`cargo clean` in a docstring is for whoever reads the source."""

NEXT = "run `rustup default NAME`."


class DoorJammed(LoadmasterError):
    """The door does not open; `cargo fix` does not help."""

    _fix = "see `git log` there."

    def __init__(self, door: str, command: str) -> None:
        super().__init__(
            f"`{door}` is jammed, and so is `git`.",
            why="somebody set `cargo.clippy = false`.",
            fix=f"run `loadmaster open {door}` "
            f"or `{command}`, and look; `{door}_KEY=WORD loadmaster knock` opens it from outside.",
        )


def next_steps(project: str) -> str:
    return f"next:\\n    loadmaster plan --project {project}\\n"
'''


def test_a_command_that_no_test_carries_out_is_found(tmp_path: Path) -> None:
    (tmp_path / "doors.py").write_text(PLANTED)
    assert printed_commands(tmp_path) == {
        Named("doors.NEXT", "rustup default NAME"),
        Named("DoorJammed", "git log"),
        Named("DoorJammed", "loadmaster open {door}"),
        Named("DoorJammed", "{command}"),
        Named("DoorJammed", "{door}_KEY=WORD loadmaster knock"),
        Named("doors.next_steps", "loadmaster plan --project {project}"),
    }


def test_what_a_test_carries_out_is_found_in_its_source(tmp_path: Path) -> None:
    (tmp_path / "test_doors.py").write_text(
        'run_as_printed("DoorJammed", "loadmaster open {door}", printed, tmp_path)\n'
    )
    assert carried_out(tmp_path) == {Named("DoorJammed", "loadmaster open {door}")}
