"""What can be read off a workspace for its first profile."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from loadmaster.planning.first_profile import (
    ProfilePlace,
    Survey,
    adopt_settings,
    first_profile,
    forge_of,
    programs,
    released_packages,
)
from loadmaster.planning.profile.policy import Policy
from loadmaster.planning.profile.project import ClippyScope, Project
from loadmaster.planning.tree.workspace import Dependency, Package, Workspace
from tests.kit.building import needs, package

WING, TAIL = package("wing", version="1.2.0"), package("tail", needs("wing", "^1.2.0"), version="1.2.0")


def survey(*packages: Package, **more: object) -> Survey:
    fields: dict[str, object] = {
        "repository": "clone",
        "forge": "ada/wing",
        "branch": "main",
        "workspace": Workspace(packages=packages),
        "tags": ("v1.2.0",),
        "published": {each.name: ("1.2.0",) for each in packages},
        "changelogs": {"CHANGELOG.md": "## Unreleased\n"},
    }
    return Survey.model_validate(fields | more)


PLACE = ProfilePlace(title="wing", in_repository=False)


def profile(found: Survey) -> Project:
    return Project.model_validate({"name": "wing", **tomllib.loads(first_profile(found, PLACE))})


def test_a_workspace_of_one_version() -> None:
    found = profile(survey(WING, TAIL))
    assert (found.release.policy, found.release.tag) == (Policy.LOCKSTEP, "v{version}")
    assert (found.forge, found.source.branch, found.release.changelog) == ("ada/wing", "main", "CHANGELOG.md")


GUESSES = [
    ((), "1.2.0", "# A guess: there are no tags that show the pattern."),
    (("latest",), "1.2.0", "# A guess: no tag names a version of these packages in a way that is known."),
    (("wing-1.2.0",), "0.3.0", "# A guess for tail: no tag shows the pattern of these."),
    (
        ("v1.1.0", "v1.0.0", "v0.9.0", "release/1.2.0"),
        "1.2.0",
        "# A guess: most tags have this shape, and the newest have another: release/1.2.0 (wing).",
    ),
]


@pytest.mark.parametrize(("tags", "version", "told"), GUESSES)
def test_what_is_a_guess_about_the_tags_is_said(tags: tuple[str, ...], version: str, told: str) -> None:
    out = {"wing": ("0.9.0", "1.0.0", "1.1.0", "1.2.0"), "tail": ("1.2.0",)}
    assert told in first_profile(survey(WING, package("tail", version=version), tags=tags, published=out), PLACE)
    assert "guess" not in first_profile(survey(WING, TAIL), PLACE)


def test_packages_for_another_registry_are_named_with_it() -> None:
    ours = [package(name, version="1.2.0", publish=("works",)) for name in ("wing", "tail")]
    found = survey(*ours, published={})
    assert profile(found).registry.name == "works"
    assert [each.name for each in released_packages(found)] == ["wing", "tail"]
    mixed = survey(WING, package("tail", version="1.2.0", publish=("works",)))
    assert profile(mixed).registry.name == "crates-io"
    assert [each.name for each in released_packages(mixed)] == ["wing"]
    assert "# Not for `crates-io`, by `publish` in their manifests: tail (works)." in first_profile(mixed, PLACE)


def test_packages_that_no_tag_ever_named_go_out_with_the_tag_of_the_others() -> None:
    other = package("wing-macros", version="0.3.0")
    found = survey(
        WING, other, tags=("v1.1.0", "v1.2.0"), published={"wing": ("1.1.0", "1.2.0"), "wing-macros": ("0.3.0",)}
    )
    release = profile(found).release
    assert (release.tag, release.tags, release.tagged_with) == ("v{version}", {}, {"wing-macros": "wing"})


def test_requirements_that_lag_behind_stay() -> None:
    lagging = package("tail", needs("wing", "^1.0"), version="1.2.0")
    assert profile(survey(WING, lagging)).release.policy is Policy.KEEP_CARET_FLOOR


def test_packages_with_versions_of_their_own_have_tags_of_their_own_and_no_common_changelog() -> None:
    other = package("tail", version="0.3.0")
    release = profile(survey(WING, other, tags=("wing-1.2.0",))).release
    assert (release.policy, release.tag, release.changelog) == (Policy.INDEPENDENT, "{name}-{version}", None)


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        (("CHANGELOG.md", "crates/tail/CHANGELOG.md"), "CHANGELOG.md"),
        (("crates/wing/changelog.md", "CHANGELOG.md"), "changelog.md"),
        (("CHANGELOG.md", "docs/CHANGELOG.md"), None),
    ],
    ids=["one package has one", "in another spelling", "no package has one"],
)
def test_packages_with_versions_of_their_own_have_the_changelogs_beside_them(
    there: tuple[str, ...], expected: str | None
) -> None:
    found = survey(WING, package("tail", version="0.3.0"), changelogs=dict.fromkeys(there, "## Unreleased\n"))
    assert profile(found).release.changelog == expected


def test_the_tags_of_an_older_clone_are_read_with_the_versions_of_its_time() -> None:
    out = ("1.1.0", "1.2.0", "1.2.1", "1.3.0")
    other = package("tail", version="0.3.0")
    found = survey(WING, other, tags=("1.1.0", "1.2.0", "tail-0.3.0"), published={"wing": out, "tail": ("0.3.0",)})
    assert profile(found).release.tag_pattern("wing") == "{name}-{version}"
    older = found.model_copy(update={"later": {"wing": ("1.2.1", "1.3.0"), "tail": ("0.3.0",)}})
    release = profile(older).release
    assert (release.tag_pattern("wing"), release.tag_pattern("tail")) == ("{version}", "{name}-{version}")


@pytest.mark.parametrize(
    ("text", "out", "expected"),
    [
        pytest.param("## 0.1.0\n", 12, "", id="none of the last versions, no place for the next"),
        pytest.param("See the releases.\n", 12, "", id="no version at all"),
        pytest.param("## Unreleased\n\n## 0.4.0\n", 12, "CHANGELOG.md", id="a place for the next one"),
        pytest.param("## 0.12.0\n\n## 0.4.0\n", 12, "CHANGELOG.md", id="the last version"),
        pytest.param("# Changelog\n", 0, "CHANGELOG.md", id="nothing was published yet"),
    ],
)
def test_a_changelog_that_was_given_up(text: str, out: int, expected: str) -> None:
    published = {"wing": tuple(f"0.{minor}.0" for minor in range(1, out + 1))}
    found = survey(package("wing", version="0.12.0"), published=published, changelogs={"CHANGELOG.md": text})
    assert (profile(found).release.changelog or "") == expected
    assert ("it does not change" in first_profile(found, PLACE)) is (not expected)


GIVEN_UP = "# Changelog\n\nSee the top-level changelog.\n"


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        ({"CHANGELOG.md": GIVEN_UP, "CHANGES.md": "## Unreleased\n"}, "CHANGES.md"),
        ({"crates/wing/CHANGELOG.md": GIVEN_UP, "CHANGELOG.md": "## 1.2.0\n"}, "CHANGELOG.md"),
        ({"crates/wing/CHANGELOG.md": "## 1.2.0\n"}, "crates/wing/CHANGELOG.md"),
        ({"crates/wing/CHANGELOG.md": "## 1.2.0\n", "crates/tail/CHANGELOG.md": "## 1.2.0\n"}, None),
    ],
    ids=["an obsolete file beside the real one", "one above", "the only one", "several, and one version"],
)
def test_the_changelog_in_use_is_taken(there: dict[str, str], expected: str | None) -> None:
    assert profile(survey(WING, TAIL, changelogs=there)).release.changelog == expected


def test_what_was_never_published_stays_back() -> None:
    found = survey(WING, package("example", version="0.1.0"), published={"wing": ("1.2.0",), "example": ()})
    assert [each.package for each in profile(found).release.exclude] == ["example"]
    assert "crates.io has no version of these, or only somebody else's" in first_profile(found, PLACE)


def test_a_name_that_is_somebody_else_s_is_never_taken_for_published() -> None:
    packages = (WING, package("api", version="0.1.0"), package("restart", version="0.1.0"))
    out = {"wing": ("1.2.0",), "api": ("0.1.0", "0.2.0"), "restart": ("0.1.0",)}
    found = survey(*packages, published=out, foreign=frozenset({"api"}), doubtful=("restart",))
    assert [each.name for each in released_packages(found)] == ["wing", "restart"]
    exclude = profile(found).release.exclude
    assert [(each.package, each.why) for each in exclude] == [("api", "somebody else's on crates.io")]
    assert "# Look at crates.io whose these are, nothing told it: restart." in first_profile(found, PLACE)


NEEDING = [
    pytest.param(needs("hull", "^0.1"), ["wing", "hull", "keel"], id="what a published one needs is released with it"),
    pytest.param(needs("hull", "^0.1", "build"), ["wing", "hull", "keel"], id="to be built, too"),
    pytest.param(needs("hull", "^0.1", "dev"), ["wing", "hull", "keel"], id="to be tested, by version"),
    pytest.param(needs("hull", "*", "dev"), ["wing"], id="to be tested by path alone, it is not packaged"),
]


@pytest.mark.parametrize(("need", "released"), NEEDING)
def test_a_package_that_is_not_on_crates_io_yet(need: Dependency, released: list[str]) -> None:
    wing, hull = package("wing", need, version="1.2.0"), package("hull", needs("keel", "^0.1"), version="0.1.0")
    keel, private = package("keel", version="0.1.0"), package("xtask", needs("hull", "^0.1"), publish=())
    found = survey(wing, hull, keel, private, published={"wing": ("1.2.0",), "hull": (), "keel": ()})
    assert [each.name for each in released_packages(found)] == released
    told = "Not on crates.io yet, but needed by packages that are: hull, keel." in first_profile(found, PLACE)
    assert told == (len(released) > 1)
    assert {each.package for each in profile(found).release.exclude} == {"hull", "keel"} - set(released)


def test_two_new_packages_may_need_each_other() -> None:
    wing, tail = package("wing", needs("tail")), package("tail", needs("wing", kind="dev"))
    found = survey(wing, tail, published={"wing": ("0.3.0",), "tail": ()})
    assert profile(found).release.exclude == ()


def test_a_new_workspace_publishes_all_that_its_manifests_let_out() -> None:
    found = profile(survey(WING, TAIL, published={"wing": (), "tail": ()}))
    assert found.release.exclude == ()


def test_an_index_that_could_not_be_asked_is_said() -> None:
    assert "could not be asked" in first_profile(survey(WING, TAIL, published=None), PLACE)


def test_a_toolchain_that_is_not_installed_is_replaced_and_said() -> None:
    found = survey(WING, TAIL, pinned_toolchain="1.97.1", substitute_toolchain="stable")
    assert profile(found).cargo.toolchain == "stable"
    assert "clippy" in profile(found).gates.advice
    assert "clippy" not in profile(survey(WING, TAIL)).gates.advice
    assert "pins `1.97.1`, which is not installed here" in first_profile(found, PLACE)


def test_programs_are_offered_for_the_install_check() -> None:
    found = survey(WING, TAIL, programs=(("wing", "wg"), ("cargo-xtask", "x")))
    assert profile(found).install is None
    text = first_profile(found, PLACE)
    assert '# package = "wing"\n# binary = "wg"' in text
    assert "xtask" not in text


ADDRESSES = [
    pytest.param("https://github.com/ada/wing.git", "ada/wing", id="an address"),
    pytest.param("https://ada@forge.example:8443/crew/ada/wing/", "ada/wing", id="an address with a user and a group"),
    pytest.param("git@github.com:ada/wing.git", "ada/wing", id="a short one for ssh"),
    pytest.param("ssh://git@github.com/ada/wing", "ada/wing", id="a long one for ssh"),
    pytest.param("/srv/clones/wing", "eve/tail", id="a path tells nothing, the packages do"),
    pytest.param("../clones/wing.git", "eve/tail", id="nor does one from here"),
    pytest.param("file:///srv/clones/wing", "eve/tail", id="nor as an address"),
    pytest.param(None, "eve/tail", id="no remote"),
]


@pytest.mark.parametrize(("origin", "forge"), ADDRESSES)
def test_the_forge(origin: str | None, forge: str) -> None:
    pages = ("https://github.com/eve/tail/tree/main/tail", "https://github.com/eve/tail/tree/main/tail", None, "none")
    assert forge_of(origin, {"packages": [{"repository": each} for each in pages]}) == forge


def test_no_forge_that_anything_names() -> None:
    assert forge_of("/srv/wing", {"packages": [{"repository": None}, {"repository": "https://wing.example"}]}) is None
    assert "put the repository's OWNER/NAME here" in first_profile(survey(WING, TAIL, forge=None), PLACE)


def target(name: str, kind: str, *required: str) -> dict[str, Any]:
    return {"name": name, "kind": [kind], **({"required-features": list(required)} if required else {})}


TARGETS = [
    pytest.param([target("wg", "bin")], (("wing", "wg"),), id="a program"),
    pytest.param([target("wing", "lib"), target("wg", "bin")], (), id="a library that has a binary"),
    pytest.param([target("wg", "bin", "extra")], (), id="a binary that the default features do not build"),
    pytest.param([target("wg", "bin", "std")], (("wing", "wg"),), id="a binary that the default features build"),
    pytest.param([target("wg", "example")], (), id="an example"),
]


@pytest.mark.parametrize(("targets", "found"), TARGETS)
def test_a_program_is_what_a_user_would_install(
    targets: list[dict[str, Any]], found: tuple[tuple[str, str], ...]
) -> None:
    metadata = {"packages": [{"name": "wing", "targets": targets, "features": {"default": ["std"]}}]}
    assert programs(metadata) == found


def test_a_lockfile_that_was_left_behind_is_listed() -> None:
    found = profile(survey(WING, TAIL, stale_lockfiles=("fuzz/Cargo.lock",)))
    assert found.release.stale_lockfiles == ("fuzz/Cargo.lock",)


def test_only_what_is_published_is_linted() -> None:
    found = profile(survey(WING, TAIL)).cargo
    assert (found.clippy_of, found.deny_warnings) == (ClippyScope.PUBLISHED, False)


def test_where_the_workspace_is_stands_in_the_profile() -> None:
    below = [each.model_copy(update={"root": "rust/Cargo.toml"}) for each in (WING, TAIL)]
    found = survey(*below, changelogs={"CHANGELOG.md": "## Unreleased\n", "rust/CHANGELOG.md": "## Unreleased\n"})
    assert (profile(found).source.path, profile(found).source.workspaces) == ("rust", ())
    assert profile(found).release.changelog == "rust/CHANGELOG.md"
    two = survey(below[0], TAIL.model_copy(update={"root": "Cargo.toml"}))
    assert (profile(two).source.path, profile(two).source.workspaces) == (None, ("", "rust"))
    assert profile(two).release.changelog == "CHANGELOG.md"


RELEASE_TOML = """
allow-branch = ["main", "release/*"]
dependent-version = "fix"
verify = false
owners = ["ada"]
tag-name = "release-{{version}}"
pre-release-commit-message = "Version {{version}}"
tag-message = "Plane {{version}}"
sign-tag = true
tag-nam = "x"

[[pre-release-replacements]]
file = "README.md"
search = "x"
replace = "wing {{version}}"

[rate-limit]
new-packages = 9
"""


def test_what_other_tools_settings_become_stands_in_the_profile() -> None:
    tools = {"release.toml": RELEASE_TOML, "crates/tail/Cargo.toml": "[package.metadata.release]\nrelease = false\n"}
    texts = {"crates/wing/README.md": "wing 1.2.0\n"}
    found = survey(WING, TAIL, tags=(), tools=tools, mentioned=texts, paths=frozenset(texts))
    written, settled = first_profile(found, PLACE), profile(found)
    assert (settled.release.tag, settled.release.requirements) == ("release-{version}", "necessary")
    assert (settled.release.commit_message, settled.release.tag_message) == ("Version {version}", "Plane {version}")
    assert (settled.release.branches, settled.cargo.verify) == (("release/*",), False)
    assert (settled.registry.owners, settled.registry.new_burst) == (("ada",), 9)
    assert [(rule.path, rule.pattern) for rule in settled.release.files] == [
        ("crates/wing/README.md", "wing {version}")
    ]
    assert [(waiver.package, waiver.why) for waiver in settled.release.exclude] == [
        ("tail", "`release = false` in cargo-release's settings")
    ]
    assert "guess" not in written
    for setting in adopt_settings(found).settings:
        assert f"#   {setting.line}: {setting.key} = " in written
    assert "#   9: sign-tag = true: left: neither commits nor tags are signed" in written
    assert '#   10: tag-nam = "x": unknown: cargo-release has no setting of this name that Loadmaster knows' in written


def test_what_is_left_out_by_another_tool_changes_what_its_other_settings_mean() -> None:
    tools = {
        "release.toml": 'shared-version = true\ntag-name = "v{{version}}"\n',
        "crates/tail/release.toml": "release = false\n",
    }
    found = survey(WING, package("tail", version="0.3.0"), tags=(), tools=tools)
    assert (profile(found).release.policy, profile(found).release.tag) == (Policy.LOCKSTEP, "v{version}")
