"""What messages about profiles and projects say is done as they say it."""

from __future__ import annotations

from pathlib import Path

from tests.kit.hangar import commit_all, git, repository, write
from tests.kit.next_step import run_as_printed
from tests.kit.running import loadmaster, loadmaster_in

PROFILE = 'forge = "ada/hangar"\n'


def test_where_no_profile_is_init_writes_one_and_the_plan_is_made(home: Path, cloned: Path) -> None:
    here = {"LOADMASTER_HOME": str(home)}
    refused = loadmaster_in(cloned, home, "plan")
    assert refused.code == 2

    written = run_as_printed("NoProfileHere", "loadmaster init", refused.err, cloned, here)

    with (cloned / "loadmaster.toml").open("a") as profile:
        profile.write("[rehearsal]\nupstream = false\n")  # a test asks no other registry
    planned = run_as_printed("init._next_commands", "loadmaster plan", written.stdout, cloned / "units", here)
    assert "tree-clean: pass" in planned.stdout


def test_a_repository_without_a_profile_gets_one_and_is_made_known(home: Path, cloned: Path) -> None:
    here = {"LOADMASTER_HOME": str(home)}
    unknown = loadmaster(home, "plan", "--project", "cloned")
    refused = run_as_printed(
        "UnknownProject", "loadmaster project add PATH", unknown.err, cloned, here, succeeds=False, PATH=cloned
    )
    assert refused.returncode == 1

    run_as_printed("NoProfileIn", "loadmaster init", refused.stderr, cloned, here)
    commit_all(cloned)

    run_as_printed("UnknownProject", "loadmaster project add PATH", unknown.err, cloned, here, PATH=cloned)
    assert "cloned" in loadmaster(home, "projects").out


def test_of_several_profiles_one_is_named(home: Path, tmp_path: Path) -> None:
    both = {"core/loadmaster.toml": 'name = "core"\n' + PROFILE, "tool/loadmaster.toml": 'name = "tool"\n' + PROFILE}
    place = repository(tmp_path / "fleet", both)
    refused = loadmaster(home, "project", "add", str(place))
    added = run_as_printed("SeveralProfiles", "{command}", refused.err, tmp_path, {"LOADMASTER_HOME": str(home)})
    assert "`core` is known" in added.stdout


def test_what_a_profile_asks_for_is_allowed(home: Path, cloned: Path) -> None:
    write(cloned, {"loadmaster.toml": PROFILE + '[cargo]\nsandbox = "none"\n[rehearsal]\nupstream = false\n'})
    here = {"LOADMASTER_HOME": str(home)}
    refused = loadmaster_in(cloned, home, "plan")
    assert refused.code == 2

    run_as_printed("ProfileAsksForMore", "{command}", refused.err, cloned, here)
    assert loadmaster_in(cloned, home, "plan").code == 0

    write(cloned, {"loadmaster.toml": PROFILE + '[cargo]\nsandbox_reads = ["/srv"]\n'})
    git(cloned, "add", "--all")
    git(cloned, "commit", "--quiet", "--message", "Ask for more")
    added = loadmaster(home, "project", "add", str(cloned))
    allowed = run_as_printed(
        "knowing.added_text", "loadmaster project allow {shlex.quote(added.project)} {fields}", added.out, cloned, here
    )
    assert "cargo.sandbox_reads = ['/srv']" in allowed.stdout
