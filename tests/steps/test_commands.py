"""The project's own commands in a release: real git, the sandbox of this machine, and each thing that is refused, planted."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.release_commands.results import (
    ReleaseCommandBrokePlan,
    ReleaseCommandPathMissing,
    ReleaseCommandRefused,
    ReleaseCommandVaries,
    ReleaseCommandWentBeyond,
)
from loadmaster.errors.release_commands.running import (
    ReleaseCommandFailed,
    ReleaseCommandNotStarted,
    ReleaseCommandTooLong,
)
from loadmaster.planning.plan import ReleasePlan, plan_release
from loadmaster.planning.profile.project import SandboxChoice
from loadmaster.planning.profile.release_command import ReleaseCommand
from loadmaster.planning.registry.seen import Judged, Seen
from loadmaster.planning.values.gate import Outcome
from loadmaster.planning.values.value import digest
from loadmaster.rehearsal.request import rehearse_request
from loadmaster.rehearsal.world import rehearsal
from loadmaster.run.job import Job
from loadmaster.run.store import Store
from loadmaster.steps import inspect, prepare
from loadmaster.steps.check import check
from loadmaster.steps.commands import run_commands
from loadmaster.steps.look import look
from loadmaster.steps.permissions import judge_unpackaged
from tests.kit.hangar import FILES, git, repository
from tests.kit.sandboxed_cargo import require_sandbox

pytestmark = pytest.mark.cargo

DOCS = {"docs/table.md": "of 0.4.0\n", "docs/old.md": "old\n", "docs/run.sh": "#!/bin/sh\n", "notes.txt": "by hand\n"}
LINKED = {"docs/away": "../units/src", "out": "/usr"}
"""Symbolic links of the tree, by path."""
WRITES_TABLE = 'echo "of $LOADMASTER_VERSION" > docs/table.md'


def shell(script: str, *paths: str, **fields: Any) -> ReleaseCommand:
    return ReleaseCommand(run=("sh", "-ec", script), paths=paths or ("docs/**",), **{"name": "docs", **fields})


@contextmanager
def looked_at(
    tmp_path: Path, changes: Mapping[str, str] | None = None, version: str = "minor"
) -> Iterator[tuple[Job, Seen]]:
    """A rehearsal of the workspace in a world of its own; the next one in the same directory is its Retry."""
    source = tmp_path / "source"
    if not source.exists():
        for path, target in LINKED.items():
            (source / path).parent.mkdir(parents=True, exist_ok=True)
            (source / path).symlink_to(target)
        repository(source, {**DOCS, **(changes or {})})
    store = Store(tmp_path / "home")
    request = rehearse_request({"project": "demo", "version": version, "repository": str(source)})
    with rehearsal(request, store.run("one"), store) as job:
        yield job, look(job)


def having(job: Job, seen: Seen, *commands: ReleaseCommand, sandbox: str = "auto") -> tuple[Job, ReleasePlan]:
    """The job with these commands in its profile, and its plan before they have run."""
    style = job.project.release.model_copy(update={"commands": commands})
    how = job.project.cargo.model_copy(update={"sandbox": SandboxChoice(sandbox)})
    job = replace(job, project=job.project.model_copy(update={"release": style, "cargo": how}))
    return job, plan_release(seen, job.project, job.wanted_version, job.pinned.today)


@contextmanager
def planned(
    tmp_path: Path, *commands: ReleaseCommand, changes: Mapping[str, str] | None = None, **how: Any
) -> Iterator[tuple[Job, Seen, ReleasePlan]]:
    with looked_at(tmp_path, changes, how.pop("version", "minor")) as (job, seen):
        job, draft = having(job, seen, *commands, **how)
        yield job, seen, draft


def committed(job: Job, commit: str) -> dict[str, str]:
    """The status letter of every path that the commit changed."""
    listed = git(job.directory.checkout, "show", "--format=", "--name-status", "--no-renames", commit).splitlines()
    return {path: how for how, path in (line.split("\t") for line in listed)}


EDITS = {"CHANGELOG.md": "M", "Cargo.lock": "M", "cli/Cargo.toml": "M", "units/Cargo.toml": "M"}
MAKES_ALL_KINDS = (
    f"{WRITES_TABLE}; rm docs/old.md; printf '\\000\\377' > docs/picture.bin; chmod +x docs/run.sh; "
    "ln -s table.md docs/latest.md"
)


def test_what_a_command_makes_changes_and_deletes_is_in_the_release_commit(tmp_path: Path) -> None:
    with planned(tmp_path, shell(MAKES_ALL_KINDS)) as (job, seen, draft):
        plan, records = run_commands(job, seen, draft)
        commit = prepare.commit(job, plan)
        checkout = job.directory.checkout
        assert committed(job, commit) == EDITS | {
            "docs/latest.md": "A",
            "docs/old.md": "D",
            "docs/picture.bin": "A",
            "docs/run.sh": "M",
            "docs/table.md": "M",
        }
        assert git(checkout, "show", f"{commit}:docs/table.md") == "of 0.5.0"
        assert (checkout / "docs" / "picture.bin").read_bytes() == b"\0\xff"
        modes = git(checkout, "ls-tree", "-r", commit, "docs").splitlines()
        assert [line[:6] for line in modes] == ["120000", "120000", "100644", "100755", "100644"]
    (record,) = records
    assert (record.name, record.exit_code, record.kept) == ("docs", 0, False)
    assert record.files == ("docs/latest.md", "docs/old.md", "docs/picture.bin", "docs/run.sh", "docs/table.md")
    assert digest(plan) != digest(draft)


def test_the_crates_are_packaged_from_what_every_clone_of_the_commit_has(tmp_path: Path) -> None:
    """git stores a text with its own line ends, whatever the command wrote."""
    writes = shell("printf 'one\\r\\ntwo\\r\\n' | tee units/src/one.txt > 'units/src/a[b.bin'", "units/src/*")
    attributes = {".gitattributes": "*.txt text eol=lf\n*.bin -text\n"}
    with planned(tmp_path, writes, changes=attributes) as (job, seen, draft):
        plan, _ = run_commands(job, seen, draft)
        prepare.commit(job, plan)
        checkout = job.directory.checkout
        assert (checkout / "units" / "src" / "one.txt").read_bytes() == b"one\ntwo\n"
        assert (checkout / "units" / "src" / "a[b.bin").read_bytes() == b"one\r\ntwo\r\n"
        assert git(checkout, "status", "--porcelain") == ""


def test_a_second_command_works_on_what_the_first_one_made_and_both_are_in_the_plan(tmp_path: Path) -> None:
    first = shell("echo one > docs/one.md; echo passing > docs/passing.md", name="first")
    second = shell(
        "cat docs/one.md docs/one.md > docs/two.md; rm docs/passing.md", "docs/two.md", "docs/passing.md", name="second"
    )
    with planned(tmp_path, first, second) as (job, seen, draft):
        plan, records = run_commands(job, seen, draft)
        commit = prepare.commit(job, plan)
        assert committed(job, commit) == EDITS | {"docs/one.md": "A", "docs/two.md": "A"}
        assert (job.directory.checkout / "docs" / "two.md").read_text() == "one\none\n"
    assert [record.name for record in records] == [result.name for result in plan.commands] == ["first", "second"]


def test_a_command_sees_what_is_released_the_edits_and_the_history_and_nothing_of_it_can_be_written_to_git(
    tmp_path: Path,
) -> None:
    script = (
        "env | grep -E '^(LOADMASTER|SOURCE_DATE)' | sort; grep '^version' units/Cargo.toml; "
        "git log -1 --format=%s; git status --short | head -1"
    )
    with planned(tmp_path, shell(f"({script}) > docs/table.md; ls -a ~ > docs/home.md || true")) as (job, seen, draft):
        plan, _ = run_commands(job, seen, draft)
        prepare.commit(job, plan)
        told = (job.directory.checkout / "docs" / "table.md").read_text()
        day = job.pinned.today
    assert told.splitlines() == [
        f"LOADMASTER_DATE={day}",
        "LOADMASTER_PACKAGES=hangar-units=0.5.0 hangar-cli=0.5.0",
        "LOADMASTER_PREVIOUS_PACKAGES=hangar-units=0.4.0 hangar-cli=0.4.0",
        "LOADMASTER_PREVIOUS_VERSION=0.4.0",
        "LOADMASTER_TAG=v0.5.0",
        "LOADMASTER_TAGS=v0.5.0",
        "LOADMASTER_VERSION=0.5.0",
        told.splitlines()[7],
        'version = "0.5.0"',
        "Begin",
        " M CHANGELOG.md",
    ]
    assert int(told.splitlines()[7].removeprefix("SOURCE_DATE_EPOCH=")) % 86_400 == 0


def test_what_git_ignores_may_be_left_and_what_a_command_does_not_change_is_not_edited(tmp_path: Path) -> None:
    leaves = "mkdir -p target .cache; echo x > target/x; echo '*' > .cache/.gitignore; echo x > .cache/x; touch docs/table.md"
    with planned(tmp_path, shell(leaves)) as (job, seen, draft):
        plan, (record,) = run_commands(job, seen, draft)
        assert committed(job, prepare.commit(job, plan)) == EDITS
    assert plan.commands[0].files == ()
    assert record.files == ()
    assert not plan.has_results


REFUSED: list[tuple[str, str, tuple[str, ...], type[LoadmasterError], str]] = [
    ("changes another file", "echo x > notes.txt", (), ReleaseCommandWentBeyond, r": changed `notes\.txt`\."),
    ("makes another file executable", "chmod +x notes.txt", (), ReleaseCommandWentBeyond, "changed `notes.txt`"),
    ("leaves a file", "echo x > left.txt", (), ReleaseCommandWentBeyond, "left `left.txt`"),
    ("deletes another file", "rm notes.txt", (), ReleaseCommandWentBeyond, "deleted `notes.txt`"),
    (
        "leaves a repository",
        "git init -q docs/inner",
        ("docs/*.md",),
        ReleaseCommandWentBeyond,
        "left `docs/inner/.git",
    ),
    (
        "puts a link in the place of another file",
        "ln -sf docs/table.md notes.txt",
        (),
        ReleaseCommandWentBeyond,
        "changed `notes.txt`",
    ),
    ("writes through a link", "echo x > docs/away/lib.rs", (), ReleaseCommandWentBeyond, "changed `units/src/lib.rs`"),
    (
        "makes a link that leads out",
        "ln -s /etc/hostname docs/host.md",
        (),
        ReleaseCommandRefused,
        "to `/etc/hostname`",
    ),
    ("makes a link into git", "ln -s ../.git/config docs/a.md", (), ReleaseCommandRefused, r"to `\.\./\.git/config`"),
    ("makes a link over a link", "ln -s away/lib.rs docs/a.md", (), ReleaseCommandRefused, "to `away/lib.rs`"),
    (
        "makes a link to what git ignores",
        "mkdir target; echo x > target/x; ln -s ../target/x docs/a.md",
        (),
        ReleaseCommandRefused,
        "to `../target/x`",
    ),
    ("makes a link that leads nowhere", "ln -s none docs/a.md", (), ReleaseCommandRefused, "to `none`"),
    ("makes a pipe of a file", "rm docs/old.md; mkfifo docs/old.md", (), ReleaseCommandRefused, "a named pipe"),
    ("says how git stores a file", "echo '* text' > docs/.gitattributes", (), ReleaseCommandRefused, "git obeys it"),
    ("says what git ignores", "echo x > .gitignore", (".gitignore",), ReleaseCommandRefused, "git obeys it"),
    ("makes a repository", "git init -q docs/inner", (), ReleaseCommandRefused, "`docs/inner/.git/HEAD`: git obeys it"),
    (
        "configures cargo",
        "mkdir -p cli/.cargo; echo x > cli/.cargo/config.toml",
        ("cli/.cargo/*",),
        ReleaseCommandRefused,
        "cargo obeys it",
    ),
    (
        "chooses a toolchain",
        "echo nightly > rust-toolchain",
        ("rust-*",),
        ReleaseCommandRefused,
        "the toolchain that packages",
    ),
    (
        "has a name that is no text",
        "touch \"$(printf 'docs/\\377')\"",
        (),
        ReleaseCommandRefused,
        r"docs/\\udcff`: its name",
    ),
    ("gives a file to Git LFS", "echo x > docs/a.lfs", (), ReleaseCommandRefused, "Git LFS"),
    (
        "is misspelt in the profile",
        WRITES_TABLE,
        ("docs/tabel.md", "docs/table.md"),
        ReleaseCommandPathMissing,
        "may change `docs/tabel.md`",
    ),
    (
        "leads through a link in the profile",
        WRITES_TABLE,
        ("docs/away/lib.rs", "docs/*"),
        ReleaseCommandPathMissing,
        "`docs/away/lib.rs`",
    ),
    ("is ignored", "mkdir target; echo x > target/x", ("target/x",), ReleaseCommandPathMissing, "`target/x`"),
    (
        "exits with an error",
        "echo so; echo it is broken >&2; exit 3",
        (),
        ReleaseCommandFailed,
        r"exited with 3:\nso\nit is broken",
    ),
    (
        "changes git's settings",
        "git config --local core.fsmonitor ./evil",
        (),
        ReleaseCommandFailed,
        "Read-only file system",
    ),
    ("leaves a hook", "echo x > .git/hooks/pre-push", (), ReleaseCommandFailed, "Read-only file system"),
    ("adds to git's index", "git add --all", (), ReleaseCommandFailed, "Read-only file system"),
    (
        "differs each time",
        "cat /proc/sys/kernel/random/uuid > docs/table.md",
        (),
        ReleaseCommandVaries,
        "run twice.*: `docs/table.md`",
    ),
    ("changes a version", "sed -i s/0.5.0/0.6.0/ units/Cargo.toml", ("*/Cargo.toml",), ReleaseCommandBrokePlan, "."),
    (
        "changes a requirement",
        "sed -i 's/version = .0.5.0. }/version = \"0.4.0\" }/' cli/Cargo.toml",
        ("*/Cargo.toml",),
        ReleaseCommandBrokePlan,
        "would edit `cli/Cargo.toml` once more",
    ),
    (
        "adds a member",
        "mkdir -p extra/src; sed s/hangar-units/extra/ units/Cargo.toml > extra/Cargo.toml; touch extra/src/lib.rs; "
        "sed -i 's/members = ./&\"extra\", /' Cargo.toml",
        ("extra/**", "Cargo.toml"),
        ReleaseCommandBrokePlan,
        "other members: `extra`",
    ),
    (
        "breaks a manifest",
        "echo '[' >> cli/Cargo.toml",
        ("*/Cargo.toml",),
        ReleaseCommandBrokePlan,
        "`cli/Cargo.toml` is not TOML",
    ),
    ("breaks the lockfile", "echo '[[package]]' >> Cargo.lock", ("Cargo.lock",), ReleaseCommandBrokePlan, "Cargo.lock"),
    (
        "needs another crate",
        "echo 'serde = \"1\"' >> cli/Cargo.toml",
        ("*/Cargo.toml",),
        ReleaseCommandBrokePlan,
        "cargo refuses `Cargo.lock`",
    ),
    (
        "takes the release out of the changelog",
        "sed -i 's/## .0.5.0.*//' CHANGELOG.md",
        ("*.md",),
        ReleaseCommandBrokePlan,
        ".",
    ),
    (
        "stops publishing a package",
        "sed -i 's/^edition/publish = false\\n&/' units/Cargo.toml",
        ("*/Cargo.toml",),
        ReleaseCommandBrokePlan,
        "of `hangar-units`",
    ),
]


@pytest.fixture(scope="module")
def sandboxed() -> None:
    require_sandbox()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Job, Seen]]:
    """One for all that is refused, and so changes nothing."""
    with looked_at(tmp_path_factory.mktemp("refused"), {".gitattributes": "*.lfs filter=lfs\n"}) as (job, seen):
        yield job, seen


@pytest.mark.usefixtures("sandboxed")
@pytest.mark.parametrize(
    ("script", "paths", "error", "told"),
    [row[1:] for row in REFUSED],
    ids=[row[0].replace(" ", "-") for row in REFUSED],
)
def test_a_command_is_refused_that(
    script: str, paths: tuple[str, ...], error: type[LoadmasterError], told: str, shared: tuple[Job, Seen]
) -> None:
    job, draft = having(*shared, shell(script, *paths))
    with pytest.raises(error) as raised:
        run_commands(job, shared[1], draft)
    assert re.search(told, raised.value.what), raised.value.what
    assert git(job.directory.checkout, "status", "--porcelain") == ""
    assert not list(job.directory.commands.glob("*.json"))


WITHOUT_SANDBOX: list[tuple[str, str, type[LoadmasterError], str]] = [
    (
        "changes git's settings",
        "git config --local core.fsmonitor ./evil",
        ReleaseCommandRefused,
        "`.git`: its settings",
    ),
    ("leaves a hook", "echo x > .git/hooks/pre-push", ReleaseCommandRefused, "`.git`: its settings, hooks"),
    ("takes a hook away", "rm .git/hooks/*", ReleaseCommandRefused, "`.git`: its settings, hooks"),
    ("adds to git's index", "echo x > docs/table.md; git add --all", ReleaseCommandRefused, "`.git`: its settings"),
    (
        "commits",
        "git -c user.name=a -c user.email=b commit --quiet --allow-empty -m Mine",
        ReleaseCommandRefused,
        "`.git`",
    ),
    ("puts another repository there", "rm -rf .git; git init -q .", ReleaseCommandRefused, "`.git`"),
    ("changes another file", "echo x > notes.txt", ReleaseCommandWentBeyond, "changed `notes.txt`"),
]


@pytest.mark.parametrize(
    ("script", "error", "told"), [row[1:] for row in WITHOUT_SANDBOX], ids=[row[0] for row in WITHOUT_SANDBOX]
)
def test_where_there_is_no_sandbox_a_command_is_refused_that(
    script: str, error: type[LoadmasterError], told: str, shared: tuple[Job, Seen]
) -> None:
    job, draft = having(*shared, shell(script), sandbox="none")
    with pytest.raises(error) as raised:
        run_commands(job, shared[1], draft)
    assert re.search(told, raised.value.what), raised.value.what
    assert git(job.directory.checkout, "status", "--porcelain") == ""


@pytest.mark.parametrize("sandbox", ["auto", "none"])
@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"run": ("no-such-program",)}, "no-such-program: No such file"),
        ({"run": ("./docs/table.md",)}, "./docs/table.md: Permission denied"),
        ({"directory": "no/such"}, "there is no directory `no/such` in the tree"),
        ({"directory": "notes.txt"}, "there is no directory `notes.txt` in the tree"),
        ({"directory": "out"}, "there is no directory `out` in the tree"),
    ],
    ids=["no program", "no right to run it", "no directory", "a file instead of a directory", "a directory elsewhere"],
)
def test_a_command_that_cannot_be_started_is_told_from_one_that_failed(
    fields: dict[str, Any], told: str, sandbox: str, shared: tuple[Job, Seen]
) -> None:
    command = shell("true").model_copy(update=fields)
    job, draft = having(*shared, command, sandbox=sandbox)
    with pytest.raises(ReleaseCommandNotStarted, match=told):
        run_commands(job, shared[1], draft)


def test_what_a_command_said_moves_no_terminal_s_cursor(shared: tuple[Job, Seen]) -> None:
    says = r"printf '\033[2J\033[31mred\033[0m \033]0;title\007\tand\rwhite\n'; exit 1"
    job, draft = having(*shared, shell(says))
    with pytest.raises(ReleaseCommandFailed) as raised:
        run_commands(job, shared[1], draft)
    assert raised.value.what.splitlines()[1:] == ["red \tand", "white"]
    assert (job.directory.commands / "1.log").read_bytes().startswith(b"\x1b[2J")


def test_a_command_that_does_not_end_is_ended_and_says_what_it_was_doing(shared: tuple[Job, Seen]) -> None:
    job, draft = having(*shared, shell("echo waiting for it; exec sleep 600", within=1.5))
    with pytest.raises(ReleaseCommandTooLong, match=r"was not done within 1\.5 s") as raised:
        run_commands(job, shared[1], draft)
    assert "waiting for it" in raised.value.what


@pytest.mark.usefixtures("sandboxed")
def test_a_command_finds_no_home_no_store_and_no_network(shared: tuple[Job, Seen]) -> None:
    job, _ = having(*shared)
    (job.store.root / "secret").write_text("canary")
    with socket.create_server(("127.0.0.1", 0)) as server:
        asks = f"exec 3<>/dev/tcp/127.0.0.1/{server.getsockname()[1]}"
        for hunt in (f"cat {job.store.root}/secret", asks):
            command = shell("", name="hunt").model_copy(update={"run": ("bash", "-ec", hunt)})
            outside, draft = having(*shared, command, sandbox="none")
            run_commands(outside, shared[1], draft)
            inside, draft = having(*shared, command)
            with pytest.raises(ReleaseCommandFailed):
                run_commands(inside, shared[1], draft)


RANDOM = "cat /proc/sys/kernel/random/uuid > docs/table.md"


def test_a_second_attempt_takes_the_result_of_the_first_and_makes_the_same_commit(tmp_path: Path) -> None:
    once = shell(RANDOM, twice=False)
    with planned(tmp_path, once) as (job, seen, draft):
        first, records = run_commands(job, seen, draft)
        commit = prepare.commit(job, first)
    with planned(tmp_path, once) as (job, seen, draft):
        again, kept = run_commands(job, seen, draft)
        assert prepare.commit(job, again) == commit
    assert digest(again) == digest(first)
    assert [record.kept for record in (*records, *kept)] == [False, True]
    assert kept[0].model_copy(update={"kept": False}) == records[0]
    assert (
        first.deviations
        == again.deviations
        == ("the command `docs` was run once, by the profile: nobody saw that it repeats itself",)
    )


@pytest.mark.parametrize("lost", ["lost", "damaged"])
def test_a_kept_result_whose_files_are_lost_is_made_again_and_must_be_the_same(tmp_path: Path, lost: str) -> None:
    for number, (script, is_same) in enumerate([(WRITES_TABLE, True), (RANDOM, False)]):
        home, command = tmp_path / f"{number}", shell(script, twice=False)
        with planned(home, command) as (job, seen, draft):
            first, _ = run_commands(job, seen, draft)
            (file,) = (job.directory.commands / "files").iterdir()
        file.unlink() if lost == "lost" else file.write_text("damaged")
        with planned(home, command) as (job, seen, draft):
            if is_same:
                again, (record,) = run_commands(job, seen, draft)
                assert (digest(again), record.kept) == (digest(first), False)
            else:
                with pytest.raises(ReleaseCommandVaries, match=r"in an earlier attempt and now.*`docs/table\.md`"):
                    run_commands(job, seen, draft)


def test_a_kept_result_is_of_one_command_on_one_tree(tmp_path: Path) -> None:
    with planned(tmp_path, shell(WRITES_TABLE)) as (job, seen, draft):
        run_commands(job, seen, draft)
        other, others_draft = having(job, seen, shell(f"{WRITES_TABLE}; echo more >> docs/table.md"))
        open_one, _ = having(job, seen, shell(WRITES_TABLE), sandbox="none")
        elsewhere = seen.model_copy(update={"source": seen.source.model_copy(update={"tree": "e" * 40})})
        anew = [(other, seen, others_draft), (open_one, seen, draft), (job, elsewhere, draft)]
        assert [run_commands(*one)[1][0].kept for one in anew] == [False, False, False]
        two, _ = having(job, seen, shell("echo x > docs/x.md", name="before"), shell(WRITES_TABLE))
        assert [record.kept for record in run_commands(two, seen, draft)[1]] == [False, False]
        assert run_commands(job, seen, draft)[1][0].kept
        for kept in job.directory.commands.glob("*.json"):
            kept.write_text("{")
        assert not run_commands(job, seen, draft)[1][0].kept


def test_what_cargo_does_not_fetch_is_left_to_the_gates_and_to_a_command_that_needs_it(tmp_path: Path) -> None:
    needs = {"cli/Cargo.toml": FILES["cli/Cargo.toml"] + 'hangar-none = "1"\n'}
    builds = ReleaseCommand(run=("cargo", "check", "--locked"), paths=("docs/**",))
    with planned(tmp_path, shell(WRITES_TABLE), builds, changes=needs) as (job, seen, draft):
        with pytest.raises(ReleaseCommandFailed, match="`cargo check --locked` exited with 101"):
            run_commands(job, seen, draft)
        assert (job.directory.commands / "1.log").exists()
        one, draft = having(job, seen, shell(WRITES_TABLE))
        assert answers(one, seen, run_commands(one, seen, draft)[0])["lockfiles-accepted"] is Outcome.FAIL


def answers(job: Job, seen: Seen, plan: ReleasePlan) -> Mapping[str, Outcome]:
    return {answer.gate: answer.outcome for answer in check(job, seen, plan, Judged.none("not asked here"))}


def test_the_gates_see_what_a_command_made(tmp_path: Path) -> None:
    drops = shell("sed -i /^description/d units/Cargo.toml", "units/Cargo.toml", name="drops")
    outside = shell("echo 'include_str!(\"../../../none\");' >> units/src/lib.rs", "units/src/*.rs", name="outside")
    with planned(tmp_path, drops, outside) as (job, seen, draft):
        asked = {"metadata-complete", "files-inside"}
        before = answers(job, seen, draft)
        assert {gate: before[gate] for gate in asked} == dict.fromkeys(asked, Outcome.PASS)
        after = answers(job, seen, run_commands(job, seen, draft)[0])
    assert {gate for gate, outcome in after.items() if outcome is Outcome.FAIL} == asked


def test_what_is_written_below_the_release_s_heading_is_in_its_notes(tmp_path: Path) -> None:
    writes = shell("sed -i 's/Something new/Something else/' CHANGELOG.md", "CHANGELOG.md")
    with planned(tmp_path, writes) as (job, seen, draft):
        plan, _ = run_commands(job, seen, draft)
    assert (draft.tags[0].notes, plan.tags[0].notes) == ("- Something new.", "- Something else.")


def test_clippy_looks_at_what_a_command_made(tmp_path: Path) -> None:
    warns = shell("echo 'pub fn one() -> i32 { return 1; }' >> units/src/lib.rs", "units/src/*.rs")
    with planned(tmp_path, warns) as (job, seen, draft):
        assert inspect.clippy(job, seen, draft).passed
        plan, _ = run_commands(job, seen, draft)
        (finding,) = {line.partition(" warning")[0] for line in inspect.clippy(job, seen, plan).findings}
        assert "unneeded `return`" in finding
        assert inspect.msrv(job, seen, plan).why == "no package declares a `rust-version`"


XTASK = {
    "Cargo.toml": '[workspace]\nmembers = ["cli", "units", "xtask"]\nresolver = "2"\n',
    "xtask/Cargo.toml": '[package]\nname = "xtask"\nversion = "0.0.0"\nedition = "2021"\npublish = false\n\n'
    '[dependencies]\nhangar-units = { path = "../units" }\n',
    "xtask/src/main.rs": 'fn main() {\n    let version = std::env::var("LOADMASTER_VERSION").unwrap();\n'
    '    let text = format!("{version}: {} g\\n", hangar_units::KILOGRAM);\n'
    '    std::fs::write("docs/table.md", text).unwrap();\n}\n',
    "Cargo.lock": FILES["Cargo.lock"]
    + '\n[[package]]\nname = "xtask"\nversion = "0.0.0"\ndependencies = [\n "hangar-units",\n]\n',
}


def test_a_program_of_the_workspace_itself_is_built_and_run(tmp_path: Path) -> None:
    xtask = ReleaseCommand(run=("cargo", "run", "--quiet", "--locked", "--package", "xtask"), paths=("docs/table.md",))
    with planned(tmp_path, xtask, changes=XTASK) as (job, seen, draft):
        plan, (record,) = run_commands(job, seen, draft)
        prepare.commit(job, plan)
        assert (job.directory.checkout / "docs" / "table.md").read_text() == "0.5.0: 1000 g\n"
    assert record.name == "cargo run --quiet --locked --package xtask"


BUMPED = {path: text.replace("0.4.0", "0.5.0") for path, text in FILES.items() if path != "CHANGELOG.md"} | {
    "CHANGELOG.md": FILES["CHANGELOG.md"].replace("## [Unreleased]", "## [Unreleased]\n\n## [0.5.0] - 2026-11-01")
}


def test_a_commit_that_has_the_version_already_must_have_what_the_commands_make(tmp_path: Path) -> None:
    with planned(tmp_path, shell(WRITES_TABLE), changes=BUMPED, version="0.5.0") as (job, seen, draft):
        assert not draft.edits
        plan, _ = run_commands(job, seen, draft)
        assert prepare.commit(job, plan) == plan.base_commit
        assert answers(job, seen, plan)["commands-done"] is Outcome.FAIL
        done, draft = having(job, seen, shell("true"))
        assert answers(done, seen, run_commands(done, seen, draft)[0])["commands-done"] is Outcome.PASS
        none, draft = having(job, seen)
        assert answers(none, seen, draft)["commands-done"] is Outcome.SKIP


def test_a_command_that_a_version_does_not_have_yet_is_not_run(shared: tuple[Job, Seen]) -> None:
    job, draft = having(*shared, shell("false", since="0.5.1"))
    assert run_commands(job, shared[1], draft) == (draft, ())


def test_the_commit_that_loadmaster_made_has_the_results_and_no_command_is_run_for_it(tmp_path: Path) -> None:
    """So a release that was begun is finished from its own commit, on whatever machine."""
    command = shell(RANDOM, twice=False)
    with planned(tmp_path, command) as (job, seen, draft):
        plan, _ = run_commands(job, seen, draft)
        commit = prepare.commit(job, plan)
        git(tmp_path / "source", "pull", "--quiet", str(job.directory.checkout), "main")
    assert git(tmp_path / "source", "rev-parse", "main") == commit
    store = Store(tmp_path / "another")
    request = rehearse_request({"project": "demo", "version": "0.5.0", "repository": str(tmp_path / "source")})
    with rehearsal(request, store.run("two"), store) as job:
        seen = look(job)
        assert seen.source.own is not None
        job, draft = having(job, seen, command)
        assert run_commands(job, seen, draft) == (draft, ())
        assert (prepare.commit(job, draft), draft.edits) == (commit, ())


def test_a_preflight_judges_the_crates_that_the_commands_leave_or_says_that_it_cannot(tmp_path: Path) -> None:
    drops = shell("sed -i /^description/d units/Cargo.toml", "units/Cargo.toml")
    with planned(tmp_path, drops) as (job, seen, draft):
        assert Outcome.FAIL in {each.outcome for each in judge_unpackaged(job, draft, seen)}
    with planned(tmp_path / "other", shell("exit 5")) as (job, seen, draft):
        (finding,) = judge_unpackaged(job, draft, seen)
    assert finding.outcome is Outcome.COULD_NOT_CHECK
    assert "exited with 5" in finding.what
