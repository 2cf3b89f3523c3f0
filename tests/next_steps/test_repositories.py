"""A repository or a remote that a release does not get on with: what the message says to run leads on."""

from __future__ import annotations

import shutil
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from loadmaster.cli.commands.bump import bump
from loadmaster.clients import git as client
from loadmaster.errors.git import (
    CheckoutSparse,
    GitRemoteMissing,
    ObjectsReplaced,
    PushToCheckedOut,
    RemoteTagExists,
    SourceIncomplete,
    UnknownCommit,
)
from loadmaster.planning.profile.project import ReleaseStyle, Source
from loadmaster.planning.progress.outcome import outcome_text
from loadmaster.planning.values.receipt import ReceiptOutcome
from tests.kit import fleet, hangar, repositories
from tests.kit.building import TODAY
from tests.kit.hangar import git
from tests.kit.next_step import run_as_printed
from tests.kit.planned import gates_of, plan_of
from tests.kit.receipts import receipt
from tests.kit.registry_world import fresh
from tests.kit.running import index_of, loadmaster, loadmaster_in

pytestmark = pytest.mark.cargo

BY = client.Author(name="Ada", email="ada@example.org")
WHEN = datetime(2026, 11, 22, tzinfo=UTC)


def test_what_is_not_committed_is_put_aside(home: Path, cloned: Path) -> None:
    (cloned / "units/src/lib.rs").write_text("pub const KILOGRAM: u32 = 1;\n")
    (cloned / "staged.txt").touch()
    git(cloned, "add", "staged.txt")
    (cloned / "new.txt").touch()
    (cloned / "CHANGELOG.md").unlink()
    printed = gates_of(plan_of(cloned, home))
    assert "tree-clean: fail" in printed

    ada = {
        "GIT_AUTHOR_NAME": "Ada",
        "GIT_AUTHOR_EMAIL": "a@b.c",
        "GIT_COMMITTER_NAME": "Ada",
        "GIT_COMMITTER_EMAIL": "a@b.c",
    }
    run_as_printed("history._CLEAN", "git stash --include-untracked", printed, cloned, ada)

    assert plan_of(cloned, home).receipt.outcome is ReceiptOutcome.PLANNED


def test_the_next_version_is_written_alone(home: Path, cloned: Path, tmp_path: Path) -> None:
    bump(cloned, "0.5.0", ReleaseStyle(), TODAY, dry_run=False)
    (cloned / "units/src/lib.rs").write_text("pub const KILOGRAM: u32 = 1000;\npub const TON: u32 = 1_000_000;\n")
    git(cloned, "commit", "--quiet", "--all", "--message=Tons, and 0.5.0")
    printed = gates_of(plan_of(cloned, home, "0.5.0"))
    assert "changed in the commit that added the version" in printed

    run_as_printed(
        "history.bump_alone",
        "loadmaster bump TREE --version VERSION",
        printed,
        tmp_path,
        TREE=cloned,
        VERSION="0.6.0",
    )
    git(cloned, "commit", "--quiet", "--all", "--message=0.6.0")

    asked_again = gates_of(plan_of(cloned, home, "0.6.0"))
    assert "bump-alone: pass" in asked_again
    assert "changed in the commit that added the version" not in asked_again


def test_a_version_that_has_a_tag_is_named(home: Path, cloned: Path, tmp_path: Path) -> None:
    git(cloned, "tag", "--annotate", "--message=it", "v0.4.0")
    asked = ("audit", "--project", "demo", "--repository", str(cloned), "--version")
    with fresh(tmp_path / "registry") as world:
        at = ("--registry", index_of(world))
        refused = loadmaster(home, *asked, "0.3.0", *at)
        assert refused.code == 1

        shown = run_as_printed("TagMissing", "git ls-remote --tags {shlex.quote(remote)}", refused.err, tmp_path)

        tags = [line.rpartition("/")[2] for line in shown.stdout.splitlines()]
        assert "v0.4.0" in tags
        assert loadmaster(home, *asked, "0.4.0", *at).code == 3  # it is packaged, and the registry has none of it


def test_a_commit_that_the_repository_has_is_named(cloned: Path) -> None:
    with pytest.raises(UnknownCommit) as caught:
        client.resolve(cloned, "feed" * 10)
    shown = run_as_printed("UnknownCommit", "git log", str(caught.value), cloned)
    commits = [line.split()[1] for line in shown.stdout.splitlines() if line.startswith("commit ")]
    assert [client.resolve(cloned, commit) for commit in commits] == [git(cloned, "rev-parse", "HEAD")]


def test_an_address_is_corrected_until_git_shows_its_branches(cloned: Path, tmp_path: Path) -> None:
    with pytest.raises(GitRemoteMissing) as caught:
        client.observe_refs(f"file://{tmp_path}/clond")
    address = f"file://{cloned}"
    shown = run_as_printed("GitRemoteMissing", "git ls-remote ADDRESS", str(caught.value), tmp_path, ADDRESS=address)
    assert "refs/heads/main" in shown.stdout
    assert "refs/heads/main" in client.observe_refs(address)


@pytest.fixture
def bare(cloned: Path, tmp_path: Path) -> Path:
    git(tmp_path, "clone", "--quiet", "--bare", str(cloned), "a bare one.git")
    return tmp_path / "a bare one.git"


def test_a_tag_that_is_there_is_looked_at_and_another_version_released(
    cloned: Path, bare: Path, tmp_path: Path
) -> None:
    theirs = client.create_tag(bare, "v0.5.0", "main", "theirs", BY, WHEN)
    client.create_tag(cloned, "v0.5.0", "main", "ours", BY, WHEN)
    with pytest.raises(RemoteTagExists) as caught:
        client.push(cloned, str(bare), ["refs/tags/v0.5.0:refs/tags/v0.5.0"])

    shown = run_as_printed("RemoteTagExists", "git ls-remote --tags {remote}", str(caught.value), tmp_path)

    assert f"{theirs}\trefs/tags/v0.5.0\n" in shown.stdout
    client.create_tag(cloned, "v0.5.1", "main", "ours", BY, WHEN)
    client.push(cloned, str(bare), ["refs/tags/v0.5.1:refs/tags/v0.5.1"])


def test_a_bare_repository_takes_what_one_with_a_checked_out_branch_does_not(cloned: Path, tmp_path: Path) -> None:
    ours = tmp_path / "ours"
    git(tmp_path, "clone", "--quiet", str(cloned), str(ours))
    git(ours, "commit", "--quiet", "--allow-empty", "--message=Release 0.5.0")
    with pytest.raises(PushToCheckedOut) as caught:
        client.push(ours, str(cloned), ["HEAD:refs/heads/main"])

    made = tmp_path / "made.git"
    run_as_printed(
        "PushToCheckedOut", "git clone --bare {remote} DIRECTORY", str(caught.value), tmp_path, DIRECTORY=made
    )

    client.push(ours, str(made), ["HEAD:refs/heads/main"])
    assert client.observe_refs(str(made))["refs/heads/main"] == git(ours, "rev-parse", "HEAD")


def test_a_submodule_that_is_not_there_is_checked_out(home: Path, cloned: Path, tmp_path: Path) -> None:
    native = repositories.repository(tmp_path / "native", {"table.txt": "wind\n"})
    repositories.add_submodule(cloned, "units/native", native)
    git(cloned, "submodule", "--quiet", "deinit", "--force", "units/native")
    shutil.rmtree(cloned / ".git" / "modules")
    printed = gates_of(plan_of(cloned, home))
    assert "submodules-there: fail" in printed

    file_is_allowed = {"GIT_ALLOW_PROTOCOL": "file"}
    run_as_printed(
        "contents._MEND_SUBMODULE", "git submodule update --init --recursive", printed, cloned, file_is_allowed
    )

    assert plan_of(cloned, home).receipt.outcome is ReceiptOutcome.PLANNED


@pytest.mark.parametrize("how", ["--depth=1", "--filter=tree:0", "--no-tags"])
def test_a_clone_that_is_not_whole_is_completed(tmp_path: Path, how: str) -> None:
    upstream = repositories.repository(tmp_path / "upstream", {"a": "1\n"})
    repositories.save(upstream, {"a": "2\n"})
    git(upstream, "tag", "v0.1.0")
    git(upstream, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "--quiet", how, upstream.as_uri(), "clone")
    upstream.rename(tmp_path / "away")
    with pytest.raises(SourceIncomplete) as refused:
        client.mirror(str(tmp_path / "clone"), tmp_path / "cache")
    (tmp_path / "away").rename(upstream)

    run_as_printed(
        "SourceIncomplete", "git -C {shlex.quote(repository)} fetch {_COMPLETES[lacking]}", str(refused.value), tmp_path
    )

    made = client.mirror(str(tmp_path / "clone"), tmp_path / "cache")
    assert [tag.name for tag in client.tags(made)] == ["v0.1.0"]


def test_a_sparse_checkout_is_made_whole(tmp_path: Path) -> None:
    sparse = repositories.repository(tmp_path / "sparse", {"Cargo.toml": "", "docs/a.md": ""})
    git(sparse, "sparse-checkout", "set", "--no-cone", "/Cargo.toml")
    with pytest.raises(CheckoutSparse) as refused:
        client.require_surveyable(sparse)

    run_as_printed(
        "CheckoutSparse", "git -C {shlex.quote(repository)} sparse-checkout disable", str(refused.value), tmp_path
    )

    client.require_surveyable(sparse)
    assert (sparse / "docs" / "a.md").exists()


def test_a_replaced_object_is_put_back(tmp_path: Path) -> None:
    there = repositories.repository(tmp_path / "there", {"a": "1\n"})
    repositories.save(there, {"a": "2\n"})
    git(there, "replace", "HEAD:a", "HEAD^:a")
    with pytest.raises(ObjectsReplaced) as refused:
        client.require_unreplaced(there, "HEAD")

    run_as_printed("ObjectsReplaced", "git replace --delete {replaced}", str(refused.value), there)

    client.require_unreplaced(there, "HEAD")


def test_several_workspaces_are_projects_of_their_own_or_one(home: Path, tmp_path: Path) -> None:
    place, here = fleet.repository(tmp_path / "fleet", fleet.SEVERAL), {"LOADMASTER_HOME": str(home)}
    printed = loadmaster(home, "init", str(place)).err
    run_as_printed("SeveralWorkspaces", "loadmaster init {place} --manifest-path {first}", printed, place, here)
    assert source_of(place / "core" / "loadmaster.toml").path == "core"
    run_as_printed(
        "SeveralWorkspaces",
        "loadmaster init {place} --manifest-path {first} --manifest-path {others}",
        printed,
        place,
        here,
    )
    assert source_of(place / "loadmaster.toml").workspaces == ("core", "tool")


def source_of(profile: Path) -> Source:
    return Source.model_validate({**tomllib.loads(profile.read_text(encoding="utf-8"))["source"], "repository": "here"})


def test_who_stands_anywhere_is_led_to_a_profile_and_to_the_next_version(home: Path, tmp_path: Path) -> None:
    source, nowhere = hangar.repository(tmp_path / "hangar"), tmp_path / "nowhere"
    nowhere.mkdir()
    here = {"LOADMASTER_HOME": str(home)}
    printed = loadmaster(home, "-C", str(nowhere)).out
    stands = run_as_printed(
        "standing._next", "loadmaster -C WORKSPACE", printed, nowhere, here, WORKSPACE=source
    ).stdout
    run_as_printed("standing._next", "loadmaster init", printed, source, here)
    profile = source / "loadmaster.toml"
    profile.unlink()
    run_as_printed("standing._next", "loadmaster init {place}", stands, nowhere, here)
    with profile.open("a") as more:
        more.write("\n[rehearsal]\nupstream = false\n")  # a test asks no other registry
    ready = loadmaster(home, "-C", str(source)).out
    assert "project     hangar\n" in ready
    proposed = run_as_printed("standing._next_version", "loadmaster -C {place} next", ready, nowhere, here)
    assert "hangar-cli" in proposed.stdout
    ready = loadmaster_in(source / "units", home).out
    assert run_as_printed("standing._next_version", "loadmaster next", ready, source, here).stdout == proposed.stdout


def test_who_stands_where_a_profile_is_broken_is_led_to_what_is_wrong(home: Path, tmp_path: Path) -> None:
    source = hangar.repository(tmp_path / "hangar", {**hangar.FILES, "loadmaster.toml": "forge = 1\n"})
    printed = loadmaster(home, "-C", str(source)).out
    here = {"LOADMASTER_HOME": str(home)}
    checked = run_as_printed(
        "standing._next", "loadmaster profile check {place}", printed, tmp_path, here, succeeds=False
    )
    assert "forge" in checked.stdout


def test_who_stands_in_a_clone_of_a_project_that_is_known_is_led_to_it_by_name(home: Path, tmp_path: Path) -> None:
    source, projects = hangar.repository(tmp_path / "hangar"), tmp_path / "projects"
    here = {"LOADMASTER_HOME": str(home), "LOADMASTER_PROJECTS": str(projects)}
    assert loadmaster(home, "init", str(source), "--into", str(projects), **here).code == 0
    with (projects / "hangar.toml").open("a") as more:
        more.write("\n[rehearsal]\nupstream = false\n")  # a test asks no other registry
    known = loadmaster(home, "-C", str(source), **here).out
    proposed = run_as_printed("standing._next_version", "loadmaster next {name}", known, tmp_path, here)
    assert "hangar-cli" in proposed.stdout


def test_a_rehearsal_leads_to_the_question_whether_the_registry_would_take_it(home: Path, tmp_path: Path) -> None:
    source = hangar.repository(tmp_path / "hangar")
    with fresh(tmp_path / "registry") as world:
        options = {"repository": str(source), "registry": index_of(world)}
        printed = outcome_text(receipt(version="0.5.0", options=options, gates=(), objects=()), None, 1000)
        here = {"LOADMASTER_HOME": str(home)}
        asked = run_as_printed("outcome._after", "{preflight_command}", printed, tmp_path, here, succeeds=False)
    assert asked.stdout.startswith("demo 0.5.0 at "), asked.stderr
