"""A profile that lies in its repository: whose it is, what it cannot have, and what a person has to allow it."""

from __future__ import annotations

import pytest

from loadmaster.errors.profile.lying import ProfileAsksForMore, TwoProfiles
from loadmaster.errors.request import ProfileBroken
from loadmaster.planning.profile.in_repository import (
    MOST,
    ProfileText,
    beyond,
    examine,
    name_in,
    profiles_in,
    project_of,
)

FORGE = 'forge = "ada/wing"\n'
CLONE = "/clones/wing"


def found(text: str, file: str = "loadmaster.toml") -> ProfileText:
    return ProfileText(file=file, text=text)


IN_A_MANIFEST = '[workspace]\nmembers = []\n\n[workspace.metadata.loadmaster]\nforge = "ada/wing"\n'


class TestWhereItLies:
    def test_a_file_or_a_table_of_the_manifest_by_directory(self) -> None:
        texts = {"loadmaster.toml": FORGE, "Cargo.toml": "[workspace]\n", "tool/Cargo.toml": IN_A_MANIFEST}
        assert {folder: one.file for folder, one in profiles_in(texts).items()} == {
            "": "loadmaster.toml",
            "tool": "tool/Cargo.toml",
        }

    def test_both_at_once_are_an_error_that_names_both(self) -> None:
        with pytest.raises(TwoProfiles) as caught:
            profiles_in({"rust/loadmaster.toml": FORGE, "rust/Cargo.toml": IN_A_MANIFEST})
        assert "`rust/loadmaster.toml`" in caught.value.what
        assert "`rust/Cargo.toml`" in caught.value.what

    @pytest.mark.parametrize(
        "manifest",
        ["[workspace", "[workspace]\n", "workspace = 3\n", '[workspace.metadata]\nloadmaster = "x"\n', "\ufeff[a]\n"],
        ids=["no TOML", "without metadata", "no table", "no table of ours", "a byte order mark"],
    )
    def test_another_manifest_has_none(self, manifest: str) -> None:
        assert profiles_in({"Cargo.toml": manifest}) == {}

    def test_a_manifest_that_only_cargo_reads_may_have_one(self) -> None:
        newer = 'a = { b = 1,\n c = 2 }\n[workspace.metadata.loadmaster]\nforge = "ada/wing"\n'
        assert project_of(profiles_in({"Cargo.toml": newer})[""], CLONE).forge == "ada/wing"


class TestWhatItsPlaceSays:
    def test_the_repository_is_the_one_in_which_it_lies(self) -> None:
        assert project_of(found(FORGE), CLONE).source.repository == CLONE

    @pytest.mark.parametrize(
        ("source", "roots"),
        [
            ("", ("rust/Cargo.toml",)),
            ('path = "core"', ("core/Cargo.toml",)),
            ('path = "."', ("Cargo.toml",)),
            ('workspaces = ["a", "b"]', ("a/Cargo.toml", "b/Cargo.toml")),
        ],
        ids=["its own directory", "another one", "the top", "several"],
    )
    def test_the_workspace(self, source: str, roots: tuple[str, ...]) -> None:
        profile = found(f"{FORGE}[source]\n{source}\n", "rust/loadmaster.toml")
        assert project_of(profile, CLONE).source.roots == roots

    @pytest.mark.parametrize(
        ("text", "name"),
        [
            (FORGE, "wing"),
            ('name = "tail"\n' + FORGE, "tail"),
            ('forge = "ada/.wing"\n', None),
            ('name = "../x"\n' + FORGE, None),
            ("name = 3\n" + FORGE, None),
            ("forge = 3\n", None),
            ("", None),
            ("[", None),
        ],
    )
    def test_the_name(self, text: str, name: str | None) -> None:
        assert name_in(found(text)) == name
        if name is not None:
            assert project_of(found(text), CLONE).name == name

    def test_a_name_by_which_it_is_known_goes_before_its_own(self) -> None:
        assert project_of(found('name = "assay"\n' + FORGE), CLONE, name="wing").name == "wing"


REFUSED = [
    ("a repository", '[source]\nrepository = "/home/mia/secret"\n', "source.repository", 3),
    ("a directory", '[source]\ndirectory = "examples/hangar"\n', "source.directory", 3),
    ("an absolute path", '[source]\npath = "/etc"\n', "source.path", 3),
    ("a path out of the tree", '[source]\npath = "../other"\n', "source.path", 3),
    ("a workspace out of the tree", '[source]\nworkspaces = ["a", "../b"]\n', "source.workspaces.1", 3),
    ("a branch that is an option", '[source]\nbranch = "--upload-pack=x"\n', "source.branch", 3),
    ("a changelog out of the tree", '[release]\nchangelog = "../../x"\n', "release.changelog", 3),
    ("a file of git's own", '[[release.files]]\npath = ".git/config"\npattern = "x"\n', "release.files.0.path", 3),
    ("a file rule's absolute path", '[[release.files]]\npath = "/etc/x"\npattern = "x"\n', "release.files.0.path", 3),
    ("a toolchain that is a path", '[cargo]\ntoolchain = "/tmp/evil"\n', "cargo.toolchain", 3),
    ("an author with a line of a tag", '[release]\nauthor_name = "a\\nobject 0"\n', "release.author_name", 3),
    ("an escape sequence", 'title = "\\u001b[2J"\n', "title", 2),
    ("text that runs backwards", '[[workflows]]\nfile = "\\u202elmy.yml"\n', "workflows.0.file", 3),
    ("an unknown field", "brnch = 1\n", "brnch", 2),
    ("a credential by its name", '[cargo]\nenvironment = ["GITHUB_TOKEN"]\n', "cargo.environment", 3),
]


@pytest.mark.parametrize(("text", "field", "line"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_no_profile_in_a_repository_may_have_is_told_with_its_line(text: str, field: str, line: int) -> None:
    project, problems = examine(found(FORGE + text), CLONE)
    assert project is None
    assert (field, line) in [(problem.field, problem.line) for problem in problems]
    with pytest.raises(ProfileBroken):
        project_of(found(FORGE + text), CLONE)


def test_all_problems_are_told_at_once_and_in_order() -> None:
    text = 'forge = 3\nbrnch = 1\n[source]\nrepository = "x"\nbranch = "-x"\n[release]\npolicy = "x"\n'
    _, problems = examine(found(text), CLONE)
    assert [problem.line for problem in problems] == [1, 2, 4, 5, 7]
    assert problems[1].what == "there is no such field"


def test_lines_of_a_table_in_a_manifest_are_the_manifest_s() -> None:
    _, problems = examine(found(IN_A_MANIFEST + "brnch = 1\n", "Cargo.toml"), CLONE)
    assert [(problem.field, problem.line) for problem in problems] == [("brnch", 6)]


def test_a_field_that_is_missing_has_no_line() -> None:
    _, problems = examine(found("\n"), CLONE)
    assert [(problem.text, problem.line) for problem in problems] == [("`forge`: it is missing", None)]


def test_text_that_is_no_toml_is_told_with_its_line() -> None:
    _, problems = examine(found(f"{FORGE}\nx = \n"), CLONE)
    assert [problem.line for problem in problems] == [3]


@pytest.mark.parametrize(
    "text",
    ["# " + "x" * MOST, f"{FORGE}{'a.' * 20_000}a = 1\n", f"{FORGE}[{'a.' * 20_000}a]\n", f"{FORGE}a = {'[' * 5000}"],
    ids=["too long", "a name of many parts", "a table of many parts", "lists in lists"],
)
def test_a_profile_that_would_cost_much_is_refused(text: str) -> None:
    assert examine(found(text), CLONE)[0] is None


ASKED = [
    ("variables", '[cargo]\nenvironment = ["DATABASE_URL"]\n', "cargo.environment"),
    ("no sandbox", '[cargo]\nsandbox = "none"\n', "cargo.sandbox"),
    ("paths of this machine", '[cargo]\nsandbox_reads = ["/srv/data"]\n', "cargo.sandbox_reads"),
    ("another's token", '[registry.credentials]\ntoken_block = "others"\n', "registry.credentials.token_block"),
    ("a second one", '[registry.credentials]\nnew_token_block = "o"\n', "registry.credentials.new_token_block"),
    ("uploads to find out", "[preflight]\nprobe = true\n", "preflight.probe"),
    (
        "its program in a kernel's test",
        '[smoke]\nsubject = "release"\n[smoke.artefact]\nbinary = "x"\npolicy = "{victim}"\narguments = []\nready = ["x"]\n'
        '[smoke.artefact.object]\nfile = "/etc/{version}"\n',
        "smoke.artefact",
    ),
]


class TestWhatAPersonHasToAllow:
    @pytest.mark.parametrize(("text", "field"), [row[1:] for row in ASKED], ids=[row[0] for row in ASKED])
    def test_it_counts_only_with_the_value_that_was_allowed(self, text: str, field: str) -> None:
        profile = found(FORGE + text)
        with pytest.raises(ProfileAsksForMore, match=field) as caught:
            project_of(profile, CLONE)
        assert caught.value.facts["fields"] == [field]
        project, _ = examine(profile, CLONE)
        assert project is not None
        allowed = beyond(project, CLONE)
        assert list(allowed) == [field]
        assert project_of(profile, CLONE, allowed=allowed) == project
        with pytest.raises(ProfileAsksForMore):
            project_of(profile, CLONE, allowed={field: "another value"})

    def test_an_ordinary_profile_asks_for_nothing(self) -> None:
        project = project_of(found(FORGE + '[cargo]\nsandbox = "bubblewrap"\n[smoke]\n'), CLONE)
        assert beyond(project, CLONE) == {}

    @pytest.mark.parametrize(
        ("address", "asks"),
        [
            ("https://forge.example/ada/wing.git", False),
            ("https://forge.example/Ada/Wing", False),
            ("git@forge.example:ada/wing.git", False),
            ("ssh://git@forge.example/ada/wing", False),
            ("https://forge.example/mallory/wing", True),
            ("git@forge.example:ada/tail.git", True),
            ("/clones/anything", False),
        ],
    )
    def test_a_forge_that_is_not_the_address_s(self, address: str, asks: bool) -> None:
        project, _ = examine(found(FORGE), address)
        assert project is not None
        assert beyond(project, address) == ({"forge": "ada/wing"} if asks else {})
