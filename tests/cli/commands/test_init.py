"""`loadmaster init`, as a program, where there is no workspace at the top of a repository."""

from __future__ import annotations

import json
import subprocess
import tomllib
from pathlib import Path

import jsonschema
import pytest

from loadmaster.cli.commands.init import first_profile_text, write_first_profile
from tests.kit import fleet
from tests.kit.packing import body
from tests.kit.registry_world import Served
from tests.kit.running import Ran, Repository, index_of, loadmaster, loadmaster_in, packaged, publish


def init(home: Path, path: Path, *options: str) -> Ran:
    return loadmaster(home, "init", str(path), "--into", str(home / "projects"), *options)


def repository_of(directory: Path, *files: str) -> Path:
    for each in files:
        (directory / each).parent.mkdir(parents=True, exist_ok=True)
        (directory / each).write_text('[package]\nname = "a"\n', encoding="utf-8")
    for arguments in (("init", "--quiet"), ("add", "."), ("commit", "--quiet", "--message=All of it")):
        author = ("-c", "user.name=Mia", "-c", "user.email=mia@localhost")
        subprocess.run(("git", *author, *arguments), cwd=directory, check=True, capture_output=True)
    return directory


def test_a_member_leads_to_the_workspace_that_it_belongs_to(home: Path, repository: Repository) -> None:
    ran = init(home, repository.directory / "hull", "--json")
    assert (ran.code, ran.document["project"], ran.document["workspaces"]) == (0, "workspace", ["Cargo.toml"]), ran.err
    assert ran.document["found"] == "`hull/Cargo.toml` belongs to the workspace of `Cargo.toml`"


def source_of(ran: Ran) -> dict[str, object]:
    found: dict[str, object] = tomllib.loads(ran.document["profile"])["source"]
    return {key: value for key, value in found.items() if key in ("path", "workspaces")}


def test_the_only_workspace_below_is_taken_and_told(home: Path, tmp_path: Path) -> None:
    place = fleet.repository(tmp_path / "ship", {**fleet.BELOW, "template/Cargo.toml": "[package]\nname = {{name}}\n"})
    ran = init(home, place, "--json")
    assert (ran.code, source_of(ran), ran.document["workspaces"]) == (0, {"path": "rust"}, ["rust/Cargo.toml"]), ran.err
    assert (
        ran.document["found"]
        == f"`{place}` has no `Cargo.toml`, and one workspace to publish from, at `rust/Cargo.toml`"
    )
    assert tomllib.loads(ran.document["profile"])["release"]["changelog"] == "rust/CHANGELOG.md"
    assert ran.document["changelogs"][0]["path"] == "rust/CHANGELOG.md"
    assert ran.document["found"] in init(home, place, "--force").out


def test_a_workspace_from_which_nothing_may_be_published_is_not_meant(home: Path, tmp_path: Path) -> None:
    private = fleet.package("demo").replace("license", "publish = false\nlicense")
    place = fleet.repository(tmp_path / "ship", {**fleet.BELOW, "demo/Cargo.toml": private, "demo/src/lib.rs": ""})
    ran = init(home, place, "--json")
    assert source_of(ran) == {"path": "rust"}
    assert ran.document["found"].endswith("at `rust/Cargo.toml`; nothing of `demo/Cargo.toml` may be published")


NAMED = [
    pytest.param((), "rust", {"path": "rust"}, "rust", id="the directory of the workspace"),
    pytest.param(("--manifest-path", "rust/Cargo.toml"), "", {"path": "rust"}, "ship", id="its manifest, from the top"),
    pytest.param(
        ("--manifest-path", "../rust/Cargo.toml"), "mast", {"path": "rust"}, "ship", id="its manifest, from a member"
    ),
    pytest.param(("--manifest-path", "rust/hull/Cargo.toml"), "", {"path": "rust"}, "ship", id="a member's manifest"),
]


@pytest.mark.parametrize(("options", "where", "source", "name"), NAMED)
def test_a_workspace_that_is_named(
    home: Path, tmp_path: Path, options: tuple[str, ...], where: str, source: dict[str, str], name: str
) -> None:
    place = fleet.repository(tmp_path / "ship", fleet.BELOW)
    ran = init(home, place / where, *options, "--json")
    assert (ran.code, source_of(ran), ran.document["project"]) == (0, source, name), ran.err


def test_several_workspaces_are_named_with_what_to_write(home: Path, tmp_path: Path) -> None:
    place = fleet.repository(tmp_path / "fleet", fleet.SEVERAL)
    ran = init(home, place, "--json")
    assert (ran.code, ran.document["failure"]["code"]) == (1, "several-workspaces")
    assert ran.document["failure"]["facts"]["roots"] == {
        "core/Cargo.toml": ["fleet-top", "fleet-units"],
        "tool/Cargo.toml": ["fleet-tool"],
    }
    assert not (home / "projects").exists()
    both = ("--manifest-path", "tool/Cargo.toml", "--manifest-path", "core/Cargo.toml")
    ran = init(home, place, *both, "--json")
    assert (ran.code, source_of(ran)) == (0, {"workspaces": ["core", "tool"]}), ran.err


def test_a_single_crate_needs_no_workspace(home: Path, tmp_path: Path) -> None:
    place = fleet.repository(tmp_path / "wing", {"Cargo.toml": fleet.package("wing-of-a-test"), "src/lib.rs": ""})
    ran = init(home, place, "--json")
    assert (ran.code, source_of(ran), ran.document["found"]) == (0, {}, ""), ran.err


REFUSED = [
    pytest.param(("README.md",), (), 1, "is not a Cargo workspace", id="no manifest at all"),
    pytest.param(
        ("rust/Cargo.toml",),
        ("--manifest-path", "Cargo.toml"),
        2,
        "`Cargo.toml` is no `Cargo.toml` in",
        id="none there",
    ),
    pytest.param(
        ("rust/Cargo.toml",), ("--manifest-path", "rust"), 2, "`rust` is no `Cargo.toml` in", id="a directory"
    ),
    pytest.param(
        ("a/Cargo.toml",), ("--manifest-path", "../out/Cargo.toml"), 2, "outside of the repository", id="another's"
    ),
]


@pytest.mark.parametrize(("files", "options", "code", "told"), REFUSED)
def test_a_place_where_no_workspace_is(
    home: Path, tmp_path: Path, files: tuple[str, ...], options: tuple[str, ...], code: int, told: str
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "Cargo.toml").write_text('[package]\nname = "out"\n', encoding="utf-8")
    ran = init(home, repository_of(tmp_path / "other", *files), *options)
    assert (ran.code, told in ran.err) == (code, True), ran.err
    assert not (home / "projects").exists()


RELEASE_TOML = 'verify = false\nsign-tag = true\ntag-nam = "x"\n'


def test_what_another_tool_s_settings_became_is_told_as_comments_and_in_the_document(
    home: Path, repository: Repository
) -> None:
    (repository.directory / "release.toml").write_text(RELEASE_TOML, encoding="utf-8")
    repository_of(repository.directory)
    ran = init(home, repository.directory, "--json")
    told = ran.document["settings"]
    assert [(each["line"], each["key"], each["fate"], each["became"]) for each in told] == [
        (1, "verify", "became", "cargo.verify = false"),
        (2, "sign-tag", "left", ""),
        (3, "tag-nam", "unknown", ""),
    ]
    assert tomllib.loads(ran.document["profile"])["cargo"]["verify"] is False
    assert "#   2: sign-tag = true: left: neither commits nor tags are signed\n" in ran.document["profile"]


def test_a_broken_file_of_another_tool_is_refused_by_name_with_the_line(home: Path, repository: Repository) -> None:
    (repository.directory / "release-plz.toml").write_text("[workspace]\npublish = 'no'\n", encoding="utf-8")
    repository_of(repository.directory)
    ran = init(home, repository.directory)
    assert (ran.code, "`release-plz.toml` cannot be read, line 2: `publish` is not" in ran.err) == (1, True), ran.err
    assert not (home / "projects").exists()


def test_a_file_that_a_setting_names_and_that_is_no_text_is_passed_over(home: Path, repository: Repository) -> None:
    rule = "[[pre-release-replacements]]\nfile = 'logo.png'\nsearch = 'x'\nreplace = '{{version}}'\n"
    (repository.directory / "hull" / "logo.png").write_bytes(b"\xff\xfe")
    (repository.directory / "hull" / "release.toml").write_text(rule, encoding="utf-8")
    repository_of(repository.directory)
    ran = init(home, repository.directory, "--json")
    assert (ran.code, ran.document["settings"][0]["fate"]) == (0, "left"), ran.err


def test_a_directory_that_is_in_no_repository(home: Path, tmp_path: Path) -> None:
    ran = init(home, tmp_path)
    assert ran.code == 1
    assert "is not a git repository" in ran.err


def test_the_commands_that_come_next_can_be_typed(home: Path, repository: Repository) -> None:
    ran = init(home, repository.directory, "--name", "my ship")
    assert ran.code == 0, ran.err
    assert "loadmaster plan --project 'my ship' --version patch" in ran.out


def test_what_would_be_written_into_the_changelog_is_shown(home: Path, repository: Repository) -> None:
    (repository.directory / "CHANGELOG.md").write_text("# Next\n\n- Sails\n", encoding="utf-8")
    repository_of(repository.directory)
    ran = init(home, repository.directory)
    assert "CHANGELOG.md would say of 1.1.0:\n    ## [1.1.0] - " in ran.out


def test_where_a_changelog_has_no_entries_those_of_the_commits_are_shown(
    repository: Repository, world: Served, tmp_path: Path
) -> None:
    publish(world, "hull", "mid", "app")
    (repository.directory / "CHANGELOG.md").write_text("# Changelog\n\n## 1.0.0\n\n- Hull\n", encoding="utf-8")
    repository_of(repository.directory)
    repository.tag("v1.0.0")
    repository.git("commit", "--quiet", "--allow-empty", "--message=feat: sails")
    written = write_first_profile(repository.directory, None, tmp_path / "projects", index_of(world), force=False)
    assert "\n    - Sails\n" in first_profile_text(written)


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".", "x\ny"])
def test_a_name_that_is_no_file_s_is_refused(home: Path, repository: Repository, name: str) -> None:
    ran = init(home, repository.directory, "--name", name)
    assert ran.code == 2
    assert "cannot be the project's name" in ran.err
    assert not list(home.parent.rglob("*x.toml"))


def test_a_directory_that_is_not_there_is_a_wrong_request(home: Path, tmp_path: Path) -> None:
    ran = init(home, tmp_path / "gone")
    assert (ran.code, "is not a directory" in ran.err) == (2, True)


SPOILT = [
    pytest.param(
        "hull/Cargo.toml", "x = = 1\n", r"`hull/Cargo.toml` is not TOML: Invalid value (at line 1, column 5)", id="TOML"
    ),
    pytest.param("hull/Cargo.toml", "", "it has neither `[package]` nor `[workspace]`", id="an empty manifest"),
    pytest.param("hull/Cargo.toml", '[package]\nname = "mid"\n', "Two members are called `mid`", id="a name twice"),
    pytest.param("Cargo.toml", '[workspace]\nmembers = ["no/*"]\n', "has the member `no/*`", id="a glob for nothing"),
]


@pytest.mark.parametrize(("path", "text", "told"), SPOILT)
def test_what_cargo_refuses_is_told_by_its_own_error(
    home: Path, repository: Repository, path: str, text: str, told: str
) -> None:
    (repository.directory / path).write_text(text, encoding="utf-8")
    ran = init(home, repository.directory, "--json")
    assert (ran.code, told in ran.document["failure"]["what"]) == (1, True), ran.err


def test_a_name_that_is_somebody_else_s_on_the_registry_is_left_out(
    repository: Repository, world: Served, tmp_path: Path
) -> None:
    publish(world, "hull", "mid")
    world.registry.add_account("eve")
    theirs = packaged("app", "2.3.0", extra='repository = "https://forge.example/eve/app"\n')
    assert world.put(body(theirs, "app", "2.3.0"), world.token_of("eve")).status_code == 200
    written = write_first_profile(repository.directory, None, tmp_path / "projects", index_of(world), force=False)
    exclude = tomllib.loads(written.profile)["release"]["exclude"]
    assert exclude == [{"package": "app", "why": "somebody else's on crates.io"}]


@pytest.mark.parametrize(
    ("how", "code"),
    [("--depth=1", "source-incomplete"), ("--no-tags", "source-incomplete"), ("--bare", "no-work-tree")],
    ids=["shallow", "without tags", "bare"],
)
def test_a_clone_that_does_not_show_all_is_refused_by_name(
    home: Path, repository: Repository, tmp_path: Path, how: str, code: str
) -> None:
    place = tmp_path / "clone"
    subprocess.run(("git", "clone", "--quiet", how, repository.directory.as_uri(), str(place)), check=True)
    ran = init(home, place, "--json")
    assert (ran.code, ran.document["failure"]["code"]) == (1, code)
    assert not (home / "projects").exists()


def test_a_linked_work_tree_with_a_detached_head_has_a_profile(
    home: Path, repository: Repository, tmp_path: Path
) -> None:
    add = ("git", "worktree", "add", "--quiet", "--detach", str(tmp_path / "linked"))
    subprocess.run(add, cwd=repository.directory, check=True)
    ran = init(home, tmp_path / "linked", "--name", "linked", "--json")
    assert ran.code == 0, ran.err


class TestInTheRepository:
    """Without `--into` the profile is written beside the workspace's manifest, where commands find it."""

    def test_nothing_in_it_is_absolute_and_editors_find_the_schema(self, home: Path, tmp_path: Path) -> None:
        place = fleet.repository(tmp_path / "ship", fleet.BELOW)
        ran = loadmaster_in(place, home, "init", "--json")
        assert (ran.code, ran.document["file"]) == (0, str(place / "rust" / "loadmaster.toml")), ran.err
        text = (place / "rust" / "loadmaster.toml").read_text(encoding="utf-8")
        assert text == ran.document["profile"]
        assert str(tmp_path) not in text
        assert text.splitlines()[0] == "#:schema ./loadmaster.schema.json"
        schema = jsonschema.Draft202012Validator(json.loads((place / "rust" / "loadmaster.schema.json").read_bytes()))
        assert list(schema.iter_errors(tomllib.loads(text))) == []
        checked = loadmaster_in(place / "rust", home, "profile", "check", "--json")
        assert (checked.code, checked.document["project"], checked.document["problems"]) == (0, "ship", [])

    def test_what_is_there_is_not_overwritten_and_a_name_is_written(self, home: Path, repository: Repository) -> None:
        place = repository.directory
        repository.git("remote", "add", "origin", "https://forge.example/ada/ship")
        assert loadmaster_in(place, home, "init", "--no-schema", "--name", "wing").code == 0
        assert tomllib.loads((place / "loadmaster.toml").read_text(encoding="utf-8"))["name"] == "wing"
        assert not (place / "loadmaster.schema.json").exists()
        again = loadmaster_in(place, home, "init")
        assert (again.code, f"`{place}/loadmaster.toml` is there already" in again.err) == (1, True)
        assert loadmaster_in(place, home, "init", "--force", "--name", "a b").code == 2

    def test_a_table_of_the_manifest_is_a_profile_that_is_there(self, home: Path, repository: Repository) -> None:
        manifest = repository.directory / "Cargo.toml"
        with manifest.open("a", encoding="utf-8") as text:
            text.write('[workspace.metadata.loadmaster]\nforge = "ada/wing"\n')
        repository.git("commit", "--quiet", "--all", "--message=A profile")
        ran = loadmaster_in(repository.directory, home, "init", "--force")
        assert (ran.code, f"`{manifest}` is there already" in ran.err) == (1, True)
