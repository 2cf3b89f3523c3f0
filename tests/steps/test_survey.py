"""What is seen of a workspace that changed since its last releases: real git, real cargo, a registry that has them."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from loadmaster.planning.changes.level import Change
from loadmaster.planning.changes.proposal import Proposal
from loadmaster.planning.changes.survey import PackageSeen
from loadmaster.planning.profile.project import Project
from loadmaster.rehearsal.request import rehearse_request
from loadmaster.rehearsal.world import rehearsal
from loadmaster.run.job import Job
from loadmaster.run.store import Store
from loadmaster.steps.changes.survey import look_at_changes, survey
from loadmaster.steps.look import look
from tests.kit.hangar import FILES, git, repository, write
from tests.kit.packing import upload
from tests.kit.published import publish_tree
from tests.kit.registry_world import Served, fresh
from tests.kit.running import index_of
from tests.kit.toolchains import rustup_alone

pytestmark = pytest.mark.cargo

UNITS, CLI = "hangar-units", "hangar-cli"
MORE = "pub const KILOGRAM: u32 = 1000;\npub const TON: u32 = 1000 * KILOGRAM;\n"


@dataclass(frozen=True)
class Hangar:
    """The workspace after its release of 0.4.0, and the registry that has it."""

    directory: Path
    home: Path
    world: Served

    def change(self, message: str, changes: Mapping[str, str | None]) -> str:
        """None for a file that is removed."""
        write(self.directory, {path: text for path, text in changes.items() if text is not None})
        for path in (path for path, text in changes.items() if text is None):
            (self.directory / path).unlink()
        git(self.directory, "add", "--all")
        git(self.directory, "commit", "--quiet", "-m", message)
        return git(self.directory, "rev-parse", "HEAD")

    @contextmanager
    def looked_at(self) -> Iterator[Job]:
        request = rehearse_request({"project": "demo", "version": "changed", "repository": str(self.directory)})
        store = Store(self.home)
        with rehearsal(request, store.run(str(uuid.uuid4())), store) as job:
            world = job.world.model_copy(update={"index": f"{index_of(self.world)}", "registry_remembers": True})
            yield replace(job, world=world, project=with_own_versions(job.project))

    def seen(self) -> dict[str, PackageSeen]:
        with self.looked_at() as job:
            return survey(job, look(job))

    def proposal(self, *, api_is_advice: bool = True) -> Proposal:
        with self.looked_at() as job:
            gates = job.project.gates.model_copy(update={} if api_is_advice else {"advice": ()})
            asked = replace(job, project=job.project.model_copy(update={"gates": gates}))
            return look_at_changes(asked, look(asked))


def with_own_versions(project: Project) -> Project:
    """The API is no part of most tests, and the program that compares it is not everywhere."""
    release = {"policy": "independent", "tag": "{name}-v{version}", "changelog": "CHANGELOG.md"}
    document = project.model_dump(mode="json") | {"release": release, "gates": {"advice": ["semver-compatible"]}}
    return Project.model_validate(document)


@contextmanager
def released(tmp_path: Path, changes: Mapping[str, str], *, tags: bool = True) -> Iterator[Hangar]:
    directory = repository(tmp_path / "hangar", changes)
    with fresh(tmp_path / "registry") as world:
        publish_tree(world, directory, tmp_path, (UNITS, CLI), "0.4.0")
        for name in (UNITS, CLI) if tags else ():
            git(directory, "tag", f"{name}-v0.4.0")
        yield Hangar(directory, tmp_path / "home", world)


@pytest.fixture
def hangar(tmp_path: Path) -> Iterator[Hangar]:
    with released(tmp_path, {"CHANGELOG.md": FILES["CHANGELOG.md"].replace("- Something new.\n\n", "")}) as made:
        yield made


def test_after_a_release_nothing_is_changed(hangar: Hangar) -> None:
    seen = hangar.seen()
    assert {name: (each.files, each.commits) for name, each in seen.items()} == {UNITS: ((), ()), CLI: ((), ())}
    assert hangar.proposal().versions == {}


def test_a_changed_file_is_seen_with_the_commits_that_touched_it(hangar: Hangar) -> None:
    hangar.change("docs: elsewhere", {"docs/index.md": "Hangars.\n"})
    wanted = hangar.change("feat: tons", {"units/src/lib.rs": MORE})
    units, cli = (hangar.seen()[name] for name in (UNITS, CLI))
    assert (units.files, [each.id for each in units.commits]) == (("src/lib.rs",), [wanted])
    assert (units.has_library, cli.has_library, cli.files) == (True, False, ())
    assert hangar.proposal().versions == {UNITS: "0.4.1"}


def test_what_is_not_packaged_changes_nothing(hangar: Hangar) -> None:
    excluded = FILES["units/Cargo.toml"] + 'exclude = ["notes"]\n'
    hangar.change("chore: leave the notes out", {"units/Cargo.toml": excluded, "units/notes/a.md": "A.\n"})
    before = hangar.seen()[UNITS]
    assert before.files == ("Cargo.toml.orig",)
    hangar.change("docs: notes", {"units/notes/b.md": "B.\n"})
    assert [each.subject for each in hangar.seen()[UNITS].commits] == ["chore: leave the notes out"]


def test_a_file_that_is_gone_was_packaged(tmp_path: Path) -> None:
    with released(tmp_path, {"units/src/old.rs": "// old\n"}) as hangar:
        hangar.change("refactor!: without the old", {"units/src/old.rs": None})
        units = hangar.seen()[UNITS]
        assert units.files == ("src/old.rs",)
        assert [each.subject for each in units.commits] == ["refactor!: without the old"]
        proposal = hangar.proposal()
    assert proposal.versions == {UNITS: "0.5.0", CLI: "0.4.1"}  # a program breaks nobody
    assert proposal.packages[0].package == CLI
    assert "needs `hangar-units ^0.4.0`" in proposal.packages[0].causes[0].what


INHERITED = {
    "Cargo.toml": FILES["Cargo.toml"] + '[workspace.package]\nlicense = "MIT"\nauthors = ["Ada"]\n',
    "units/Cargo.toml": FILES["units/Cargo.toml"].replace('license = "MIT"', "license.workspace = true"),
}


def test_the_workspace_s_manifest_counts_only_if_the_packaged_one_changes(tmp_path: Path) -> None:
    with released(tmp_path, INHERITED) as hangar:
        hangar.change("feat!: other authors", {"Cargo.toml": INHERITED["Cargo.toml"].replace("Ada", "Bob")})
        assert {name: each.files for name, each in hangar.seen().items()} == {UNITS: (), CLI: ()}
        mit = INHERITED["Cargo.toml"].replace("MIT", "MIT OR Apache-2.0")
        wanted = hangar.change("feat: another licence", {"Cargo.toml": mit})
        units, cli = (hangar.seen()[name] for name in (UNITS, CLI))
    assert (units.files, cli.files) == (("Cargo.toml",), ())
    assert wanted in [each.id for each in units.commits]


READ_ELSEWHERE = {
    "README.md": "# Hangar\n",
    "units/Cargo.toml": FILES["units/Cargo.toml"] + 'readme = "../README.md"\n',
}


def test_a_readme_from_outside_of_the_package_is_one_of_its_files(tmp_path: Path) -> None:
    with released(tmp_path, READ_ELSEWHERE) as hangar:
        wanted = hangar.change("docs: better", {"README.md": "# A better hangar\n"})
        units = hangar.seen()[UNITS]
    assert (units.files, [each.id for each in units.commits]) == (("README.md",), [wanted])


def test_what_a_link_leads_to_is_one_of_its_files(tmp_path: Path) -> None:
    directory = tmp_path / "hangar"
    write(directory, {"shared/table.txt": "1\n"})
    (directory / "units").mkdir()
    (directory / "units" / "data").symlink_to("../shared")
    with released(tmp_path, {}) as hangar:
        wanted = hangar.change("fix: the table", {"shared/table.txt": "2\n"})
        units = hangar.seen()[UNITS]
    assert (units.files, [each.id for each in units.commits]) == (("data/table.txt",), [wanted])


def test_without_a_tag_the_commit_counts_that_the_published_crate_names(tmp_path: Path) -> None:
    with released(tmp_path, {}, tags=False) as hangar:
        base = git(hangar.directory, "rev-parse", "HEAD")
        wanted = hangar.change("fix: tons", {"units/src/lib.rs": MORE})
        units = hangar.seen()[UNITS]
        assert (units.is_tagged, units.since, [each.id for each in units.commits]) == (False, base, [wanted])
        proposal = hangar.proposal()
    told = next(each for each in proposal.packages if each.package == UNITS)
    assert f"`git tag hangar-units-v0.4.0 {base}`" in told.remarks[0]


def test_without_any_commit_of_it_nobody_knows_since_when(tmp_path: Path) -> None:
    with released(tmp_path, {}, tags=False) as hangar:
        write(hangar.directory, {"units/src/lib.rs": MORE})
        git(hangar.directory, "checkout", "--quiet", "--orphan", "anew")
        git(hangar.directory, "add", "--all")
        git(hangar.directory, "commit", "--quiet", "-m", "All anew")
        git(hangar.directory, "branch", "--force", "main")
        proposal = hangar.proposal()
    assert "neither the tag `hangar-units-v0.4.0`" in proposal.undecided[UNITS][0]


def test_a_hotfix_from_another_branch_is_counted_from_and_not_compared_with(hangar: Hangar) -> None:
    git(hangar.directory, "checkout", "--quiet", "-b", "hotfix")
    hangar.change("chore: 0.4.1", {"units/Cargo.toml": FILES["units/Cargo.toml"].replace("0.4.0", "0.4.1")})
    git(hangar.directory, "tag", "hangar-units-v0.4.1")
    assert hangar.world.put(upload(UNITS, "0.4.1")).status_code == 200
    git(hangar.directory, "checkout", "--quiet", "main")
    wanted = hangar.change("fix: tons", {"units/src/lib.rs": MORE})
    units = hangar.seen()[UNITS]
    assert (units.released, units.above, [each.id for each in units.commits]) == ("0.4.0", "0.4.1", [wanted])
    assert hangar.proposal().versions == {UNITS: "0.4.2"}


def raised() -> dict[str, str]:
    texts = {path: text.replace("0.4.0", "0.5.0") for path, text in FILES.items() if path != "CHANGELOG.md"}
    return {path: text for path, text in texts.items() if text != FILES[path]}


def test_versions_that_a_person_raised_are_no_change_by_themselves(hangar: Hangar) -> None:
    hangar.change("chore: next", raised())
    assert {name: each.files for name, each in hangar.seen().items()} == {UNITS: (), CLI: ()}
    hangar.change("fix: tons", {"units/src/lib.rs": MORE})
    assert hangar.proposal().versions == {UNITS: "0.5.0", CLI: "0.5.0"}  # the published one needs `^0.4.0`


def test_the_changelog_s_words_are_read_with_their_line(hangar: Hangar) -> None:
    log = "# Changelog\n\n## [Unreleased]\n\n### Breaking\n\n- No kilograms.\n\n## [0.4.0] - 2026-10-01\n\n- Older.\n"
    hangar.change("fix: tons", {"units/src/lib.rs": MORE, "units/CHANGELOG.md": log})
    units = hangar.seen()[UNITS]
    assert [(each.change, each.path, each.line) for each in units.entries] == [
        (Change.BREAKING, "units/CHANGELOG.md", 5)
    ]
    assert hangar.proposal().versions[UNITS] == "0.5.0"


def test_a_package_that_cargo_does_not_package_is_not_known(hangar: Hangar) -> None:
    broken = FILES["units/Cargo.toml"] + 'readme = "NONE.md"\n'
    hangar.change("docs: a readme", {"units/Cargo.toml": broken})
    assert hangar.seen()[UNITS].files is None
    assert "NONE.md" in hangar.proposal().undecided[UNITS][0]


def test_a_registry_that_serves_another_file_than_it_lists_is_not_believed(hangar: Hangar) -> None:
    for file in (hangar.world.registry.ledger.crate_files).rglob("*.crate"):
        file.write_bytes(file.read_bytes() + b"\0")
    seen = hangar.seen()
    assert {each.files for each in seen.values()} == {None}
    assert "checksum" in seen[UNITS].why_unknown


def test_the_repository_is_left_as_it_is(hangar: Hangar) -> None:
    hangar.change("fix: tons", {"units/src/lib.rs": MORE})
    write(hangar.directory, {"units/src/lib.rs": "// not committed\n"})
    before = git(hangar.directory, "status", "--porcelain"), git(hangar.directory, "for-each-ref")
    hangar.proposal()
    assert (git(hangar.directory, "status", "--porcelain"), git(hangar.directory, "for-each-ref")) == before
    assert (hangar.directory / "units/src/lib.rs").read_text() == "// not committed\n"


TWO = "pub const KILOGRAM: u32 = 1000;\npub fn weigh() -> u32 {\n    KILOGRAM\n}\n"


def test_an_api_that_nobody_can_compare_is_named(
    tmp_path: Path, hangar: Hangar, monkeypatch: pytest.MonkeyPatch
) -> None:
    hangar.change("fix: tons", {"units/src/lib.rs": MORE})
    rustup_alone(tmp_path / "programs", monkeypatch)
    assert "cargo-semver-checks is not installed" in hangar.proposal(api_is_advice=False).undecided[UNITS][0]


def test_an_api_that_broke_without_a_word_is_seen(tmp_path: Path) -> None:
    if shutil.which("cargo-semver-checks") is None:
        pytest.skip("cargo-semver-checks is not installed")
    with released(tmp_path, {"units/src/lib.rs": TWO}) as hangar:
        hangar.change("Tidy up", {"units/src/lib.rs": MORE})
        proposal = hangar.proposal(api_is_advice=False)
        hangar.change("Have it back", {"units/src/lib.rs": TWO + "// tidied\n"})
        again = hangar.proposal(api_is_advice=False)
    assert (proposal.versions[UNITS], again.versions[UNITS]) == ("0.5.0", "0.4.1")
    told = next(each for each in proposal.packages if each.package == UNITS)
    assert any("function_missing" in cause.what for cause in told.causes)
