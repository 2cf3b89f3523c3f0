"""`loadmaster next`, as a program: what changed, which versions that asks for, and the way from there to a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from loadmaster.cli.commands.init import write_first_profile
from tests.kit import fleet
from tests.kit.hangar import commit_all, git, write
from tests.kit.next_step import run_as_printed
from tests.kit.published import publish_in_turns, publish_tree
from tests.kit.registry_world import Served
from tests.kit.running import MEMBERS, VERSION, Ran, Repository, index_of, loadmaster

pytestmark = pytest.mark.cargo

PROFILE = """forge = "someone/ship"
[source]
repository = "{repository}"
[release]
policy = "{policy}"
tag = "{tag}"
{more}
[rehearsal]
upstream = false
[gates]
advice = ["bump-alone", "gone-crate", "msrv", "semver-compatible"]
"""
OWN = {"policy": "independent", "tag": "{name}-v{version}"}


@dataclass(frozen=True)
class Ship:
    """The workspace after its release of 1.0.0, with a profile of its own."""

    home: Path
    repository: Repository
    world: Served

    @property
    def environment(self) -> dict[str, str]:
        return {"LOADMASTER_HOME": str(self.home), "LOADMASTER_PROJECTS": str(self.home / "projects")}

    def profile(self, policy: str = "independent", tag: str = "{name}-v{version}", more: str = "") -> None:
        place = self.home / "projects" / "ship.toml"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(PROFILE.format(repository=self.repository.directory, policy=policy, tag=tag, more=more))

    def run(self, *arguments: str) -> Ran:
        return loadmaster(self.home, *arguments, LOADMASTER_PROJECTS=str(self.home / "projects"))

    def next(self, *options: str) -> Ran:
        return self.run("next", "ship", "--registry", index_of(self.world), *options)

    def preflight(self, version: str) -> Ran:
        asked = ("--project", "ship", "--version", version, "--registry", index_of(self.world))
        return self.run("preflight", *asked, "--json")

    def change(self, message: str, path: str, text: str) -> str:
        (self.repository.directory / path).write_text(text)
        self.repository.git("add", ".")
        self.repository.git("commit", "--quiet", f"--message={message}")
        return self.repository.git("rev-parse", "HEAD")

    def tag(self) -> None:
        for name in MEMBERS:
            self.repository.tag(f"{name}-v{VERSION}")


@pytest.fixture
def ship(home: Path, repository: Repository, world: Served, tmp_path: Path) -> Ship:
    publish_tree(world, repository.directory, tmp_path, MEMBERS, VERSION)
    made = Ship(home, repository, world)
    made.profile()
    return made


def versions(ran: Ran) -> dict[str, str | None]:
    return {each["package"]: each["proposed"] for each in ran.document["packages"]}


def test_what_changed_is_proposed_with_the_reasons_and_who_must_follow(ship: Ship) -> None:
    ship.tag()
    before = ship.repository.git("rev-parse", "HEAD")
    here = ship.change("feat!: another hull", "hull/src/lib.rs", "pub fn hull() {}\n")
    ran = ship.next("--json")
    assert ran.code == 0, ran.err
    assert ran.document["asked"] == "app=2.0.0,hull=2.0.0,mid=2.0.0"
    told = {each["package"]: each for each in ran.document["packages"]}
    assert (told["hull"]["since"], ran.document["commit"]) == (before, here)
    assert {"change": "breaking", "what": f"commit {here[:10]}: feat!: another hull"} in told["hull"]["causes"]
    assert [each["what"] for each in told["app"]["causes"]] == [
        "it needs `mid ^1.0.0`, which becomes `^2.0.0` with `mid 2.0.0`"
    ]
    text = ship.next().out
    assert "✔ hull 1.0.0 → 2.0.0 (breaking, since 1.0.0" in text
    assert "the same as --version app=2.0.0,hull=2.0.0,mid=2.0.0" in text


def test_nothing_is_left_behind_and_nothing_is_asked_of_the_repository_but_to_be_read(ship: Ship) -> None:
    ship.tag()
    ship.change("Mend it", "hull/src/lib.rs", "pub fn hull() {}\n")
    (ship.repository.directory / "hull/src/lib.rs").write_text("// not committed\n")
    before = ship.repository.git("status", "--porcelain", "--ignored"), ship.repository.git("for-each-ref")
    assert versions(ship.next("--json")) == {"app": None, "hull": "1.0.1", "mid": None}
    assert (ship.repository.git("status", "--porcelain", "--ignored"), ship.repository.git("for-each-ref")) == before
    assert not [*(ship.home / "runs").iterdir()]


def test_one_version_for_all_is_that_of_the_heaviest_change(ship: Ship) -> None:
    ship.profile("lockstep", "v{version}")
    ship.repository.tag("v1.0.0")
    ship.change("feat: sails", "mid/src/lib.rs", "pub fn sail() {}\n")
    ran = ship.next("--json")
    assert ran.document["asked"] == "1.1.0"
    assert set(versions(ran).values()) == {"1.1.0"}


def test_changed_means_what_next_proposes(ship: Ship) -> None:
    ship.tag()
    ship.change("feat: sails", "mid/src/lib.rs", "pub fn sail() {}\n")
    assert ship.preflight("changed").document["version"] == ship.next("--json").document["asked"] == "mid=1.1.0"


def test_a_plan_of_what_changed_is_that_of_the_versions(ship: Ship) -> None:
    """The registry of a rehearsal without upstream has nothing, so that what the profile lists is new."""
    ship.profile(**OWN, more='publish = ["app", "hull", "mid"]')
    planned = [ship.run("plan", "--project", "ship", "--version", each, "--json") for each in ("changed", "1.0.0")]
    assert [each.document["release"]["version"] for each in planned] == ["app=1.0.0,hull=1.0.0,mid=1.0.0"] * 2
    assert planned[0].document["plan"] == planned[1].document["plan"]


def test_where_nothing_changed_it_is_refused_and_the_command_it_names_shows_why(ship: Ship, tmp_path: Path) -> None:
    ship.tag()
    refused = ship.preflight("changed")
    assert (refused.code, refused.document["failure"]["code"]) == (1, "nothing-changed")
    shown = run_as_printed("NothingChanged", "{command}", refused.err, tmp_path, ship.environment)
    assert "unchanged: app, hull, mid" in shown.stdout
    assert ship.preflight("patch").document["version"] == "app=1.0.1,hull=1.0.1,mid=1.0.1"


def test_what_is_not_known_is_refused_by_name_until_it_is_settled(ship: Ship, tmp_path: Path) -> None:
    """The history of the published commit is gone, and nothing says where it begins anew."""
    ship.repository.git("checkout", "--quiet", "--orphan", "anew")
    ship.repository.git("commit", "--quiet", "--message=All of it anew")
    anew = ship.repository.git("rev-parse", "HEAD")
    ship.change("feat: sails", "mid/src/lib.rs", "pub fn sail() {}\n")
    ship.repository.git("branch", "--force", "main")
    refused = ship.preflight("changed")
    assert refused.document["failure"]["code"] == "changes-unknown"
    assert list(refused.document["failure"]["facts"]["unknown"]) == ["mid"]

    shown = run_as_printed("ChangesUnknown", "{command}", refused.err, tmp_path, ship.environment, succeeds=False)

    assert shown.returncode == 4
    assert "not known: its files differ from those of 1.0.0" in shown.stdout
    ship.repository.git("tag", f"mid-v{VERSION}", anew)
    assert ship.preflight("changed").document["version"] == "mid=1.1.0"


def test_a_tag_that_is_missing_is_put_as_the_remark_says(ship: Ship) -> None:
    ship.change("feat: sails", "mid/src/lib.rs", "pub fn sail() {}\n")
    untagged = ship.next()
    assert "mid 1.0.0 → 1.1.0" in untagged.out

    run_as_printed("causes._remarks", "git tag {seen.tag} {seen.since}", untagged.out, ship.repository.directory)

    assert "the history has no tag" not in ship.next().out


def test_only_crates_io_can_be_seen_as_of_an_instant(ship: Ship) -> None:
    ran = ship.next("--as-of", "commit", "--json")
    assert (ran.code, ran.document["failure"]["code"]) == (2, "wrong-request")


@dataclass(frozen=True)
class Elsewhere:
    """A repository whose workspaces are not at its top."""

    files: Mapping[str, str]
    roots: tuple[str, ...]
    folders: Mapping[str, str]
    changed: str
    """A file of a package."""
    moved: dict[str, str | None]
    """What is proposed after that file has changed, by package."""


ELSEWHERE = {
    "a workspace below the top, whose member lies beside it": Elsewhere(
        fleet.BELOW, ("rust/Cargo.toml",), fleet.BELOW_IN, "mast/src/lib.rs", {"ship-hull": None, "ship-mast": "0.4.1"}
    ),
    "several workspaces": Elsewhere(
        fleet.SEVERAL,
        ("core/Cargo.toml", "tool/Cargo.toml"),
        fleet.SEVERAL_IN,
        "tool/src/lib.rs",
        {"fleet-units": None, "fleet-tool": "0.4.1", "fleet-top": None},
    ),
}


@pytest.mark.parametrize("there", ELSEWHERE.values(), ids=list(ELSEWHERE))
def test_what_changed_is_found_wherever_the_workspace_is(
    there: Elsewhere, home: Path, world: Served, tmp_path: Path
) -> None:
    place = fleet.repository(tmp_path / "fleet", there.files)
    publish_in_turns(world, place, tmp_path, there.folders, "0.4.0")
    for name in there.folders:
        git(place, "tag", f"{name}-v0.4.0")
    profiles = tmp_path / "profiles"
    write_first_profile(place, None, profiles, index_of(world), there.roots, force=False)
    profile = (profiles / "fleet.toml").read_text(encoding="utf-8").replace('"lockstep"', '"independent"')
    (profiles / "fleet.toml").write_text(profile, encoding="utf-8")

    def proposed() -> dict[str, str | None]:
        return versions(
            loadmaster(
                home, "next", "fleet", "--registry", index_of(world), "--json", LOADMASTER_PROJECTS=str(profiles)
            )
        )

    write(place, {"python/setup.py": "# of another part\n"})
    commit_all(place)
    assert proposed() == dict.fromkeys(there.folders)
    write(place, {there.changed: there.files[there.changed] + "/// More.\npub const MORE: u32 = 1;\n"})
    commit_all(place)
    assert proposed() == there.moved
