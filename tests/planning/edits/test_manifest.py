from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.edits import InheritedVersionsDisagree, ManifestNotKept, NotToml, RequirementCannotFollow
from loadmaster.planning.edits.manifest import add_heirs, bump_manifests
from loadmaster.planning.profile.policy import Requirements
from tests.cases.bumps import BUMPS, Bump

PATH = "crates/wing/Cargo.toml"
VERSIONS = {"wing": "2.0.0", "tail": "2.0.0"}


def bump(text: str, versions: Mapping[str, str] = VERSIONS, moving: Requirements = Requirements.ALL) -> str:
    return bump_manifests({PATH: text}, versions, moving)[PATH]


@pytest.mark.parametrize("case", BUMPS, ids=str)
def test_a_real_bump_is_reproduced_byte_for_byte(case: Bump) -> None:
    after = bump_manifests(case.before("Cargo.toml"), case.versions, case.style.moving_requirements)
    assert after == case.after("Cargo.toml")
    assert bump_manifests(after, case.versions, case.style.moving_requirements) == after


def test_a_third_party_requirement_of_the_same_number_stays() -> None:
    case = Bump("3.38.0", "4.0.0")
    after = bump_manifests(case.before("Cargo.toml"), case.versions, case.style.moving_requirements)
    assert 'ed25519-dalek = { version = "3.0", ' in after["crates/assay-evidence/Cargo.toml"]


# `@` stands for the version: 1.0.0 before, 2.0.0 after.
MOVES = {
    "the package's own version": '[package]\nname = "wing"\nversion = "@"\n',
    "a comment and blanks around it": '[package] # p\n\tname="wing"\n  version\t=  "@"   # v\t\n\n# end',
    "single quotes": "[package]\nname = 'wing'\nversion = '@'\n",
    "three quotes": '[package]\nname = "wing"\nversion = """@"""\n',
    "lines that end as on Windows": '[package]\r\nname = "wing"\r\nversion = "@"\r\n\r\n[lib]\r\n',
    "both kinds of line ends": '[package]\r\nname = "wing"\nversion = "@"\r\n\n[lib]\r\n',
    "no final line end": '[package]\nname = "wing"\nversion = "@"',
    "a package in two places": '[package]\nname = "wing"\nversion = "@"\n[lib]\n[package.metadata.docs.rs]\nall = true\n',
    "a package in dotted keys": 'package.name = "wing"\npackage.version = "@"\n',
    "an inline table": '[dependencies]\ntail = { path = "../tail", version = "@", features = ["a"] } # t\n',
    "an inline table without blanks": "[dependencies]\ntail={version='@',path='../tail'}\n",
    "an inline table on several lines": '[dependencies]\ntail = {\n  path = "../tail",\n  version = "@", # t\n}\n',
    "dotted keys": '[dependencies]\ntail.version = "@"\nserde = "1.0.0"\ntail.path = "../tail"\n',
    "a sub-table": '[dependencies.tail]\nversion = "@"\npath = "../tail"\n\n[dependencies]\nserde = "1.0.0"\n',
    "a quoted key": '[dependencies]\n"tail" = { path = "../tail", version = "@" }\n',
    "a renamed member": '[dependencies]\nend = { package = "tail", path = "../tail", version = "@" }\n',
    "the workspace's table": '[workspace.dependencies]\ntail = { path = "crates/tail", version = "@" }\n',
    "a dev-dependency": '[dev-dependencies]\ntail = { path = "../tail", version = "@" }\n',
    "a build-dependency": '[build-dependencies]\ntail = { path = "../tail", version = "@" }\n',
    "the spellings with an underscore": '[dev_dependencies]\ntail = { path = "t", version = "@" }\n'
    '[build_dependencies]\ntail = { path = "t", version = "@" }\n',
    "a table for a target": '[target.\'cfg(unix)\'.dependencies]\ntail = { path = "../tail", version = "@" }\n',
    "tables for targets, apart": '[target."cfg(unix)".dependencies]\ntail = { path = "t", version = "@" }\n[lib]\n'
    '[target."cfg(unix)".dev-dependencies.tail]\nversion = "@"\npath = "t"\n',
    "the same member twice": '[dependencies]\ntail = { path = "t", version = "@" }\n'
    'end = { package = "tail", path = "t", version = "@" }\n',
    "an exact requirement": '[dependencies]\ntail = { path = "../tail", version = "=@" }\n',
    "a caret": '[dependencies]\ntail = { path = "../tail", version = "^@" }\n',
}


@pytest.mark.parametrize("text", MOVES.values(), ids=MOVES)
def test_moves(text: str) -> None:
    before, after = text.replace("@", "1.0.0"), text.replace("@", "2.0.0")
    assert bump(before) == after
    assert bump(after) == after
    assert bump(after, dict.fromkeys(VERSIONS, "1.0.0")) == before


STAYS = {
    "a registry requirement on a member's name": '[dependencies]\ntail = "1.0.0"\n',
    "a registry requirement in a table": '[dependencies]\ntail = { version = "1.0.0", optional = true }\n',
    "a Git dependency": '[dependencies]\ntail = { git = "https://git.example/tail", version = "1.0.0" }\n',
    "a path without a version": '[dependencies]\ntail = { path = "../tail" }\n',
    "an inherited requirement": "[dependencies]\ntail.workspace = true\nwing = { workspace = true }\n",
    "an inherited version": '[package]\nname = "wing"\nversion.workspace = true\n',
    "a package that is not planned": '[package]\nname = "rudder"\nversion = "1.0.0"\n',
    "a requirement on a package that is not planned": '[dependencies]\nrudder = { path = "../r", version = "1.0.0" }\n',
    "a rename that only looks like a member": '[dependencies]\ntail = { package = "rudder", path = "r", version = "1" }\n',
    "a version that no member inherits": '[workspace.package]\nversion = "1.0.0"\n',
    "metadata": '[package.metadata]\nversion = "1.0.0"\n[package.metadata.dependencies]\ntail = { path = "t", version = "1" }\n',
    "a patch": '[patch.crates-io]\ntail = { path = "crates/tail" }\n',
    "what cannot be edited, and need not be": "[[bin]]\n[lib]\n[[bin]]\n",
    "a wildcard": '[dependencies]\ntail = { path = "../tail", version = "*" }\n',
}


@pytest.mark.parametrize("text", STAYS.values(), ids=STAYS)
@pytest.mark.parametrize("moving", Requirements)
def test_stays(text: str, moving: Requirements) -> None:
    assert bump(text, moving=moving) == text


ROOT = '[workspace]\nmembers = ["crates/*"]\n[workspace.package]\nversion = "{}"\n'
HEIR = '[package]\nname = "{}"\nversion = {{ workspace = true }}\n'


def test_the_workspace_version_is_that_of_its_heirs() -> None:
    manifests = {
        "Cargo.toml": ROOT.format("1.0.0"),
        "crates/wing/Cargo.toml": HEIR.format("wing"),
        "crates/tail/Cargo.toml": '[package]\nname = "tail"\nversion = "0.3.0"\n',
    }
    after = bump_manifests(manifests, {"wing": "2.0.0", "tail": "0.4.0"}, Requirements.ALL)
    assert after == {
        "Cargo.toml": ROOT.format("2.0.0"),
        "crates/wing/Cargo.toml": HEIR.format("wing"),
        "crates/tail/Cargo.toml": '[package]\nname = "tail"\nversion = "0.4.0"\n',
    }


def test_a_root_that_is_a_package_inherits_from_itself() -> None:
    text = 'package.name = "wing"\npackage.version.workspace = true\nworkspace.package.version = "{}"\n'
    assert bump(text.format("1.0.0")) == text.format("2.0.0")


def test_a_second_workspace_keeps_a_version_of_its_own() -> None:
    manifests = {
        "Cargo.toml": ROOT.format("1.0.0"),
        "crates/wing/Cargo.toml": HEIR.format("wing"),
        "fuzz/Cargo.toml": ROOT.format("1.0.0"),
        "fuzz/targets/Cargo.toml": HEIR.format("wing-fuzz"),
    }
    after = bump_manifests(manifests, VERSIONS, Requirements.ALL)
    assert after == manifests | {"Cargo.toml": ROOT.format("2.0.0")}


def test_a_member_may_point_to_its_workspace() -> None:
    heir = HEIR.format("wing") + 'workspace = "../main"\n'
    after = bump_manifests(
        {"main/Cargo.toml": ROOT.format("1.0.0"), "wing/Cargo.toml": heir}, VERSIONS, Requirements.ALL
    )
    assert after["main/Cargo.toml"] == ROOT.format("2.0.0")


PATCHED = {
    "one that the version shuts out": ('tail = "1.0.0"', 'tail = "2.0.0"'),
    "one in a table": ("tail = { version = '1', optional = true }", "tail = { version = '2', optional = true }"),
    "one that is renamed": (
        'old = { package = "tail", version = "1.0" }',
        'old = { package = "tail", version = "2.0" }',
    ),
    "one that the version satisfies": ('tail = ">=1.0.0"', 'tail = ">=1.0.0"'),
    "one on an older version, from the registry": ('tail = "0.9.0"', 'tail = "0.9.0"'),
}


@pytest.mark.parametrize(("before", "after"), PATCHED.values(), ids=PATCHED)
def test_a_requirement_on_a_member_by_patch_moves_where_it_must(before: str, after: str) -> None:
    manifests = {
        "Cargo.toml": ROOT.format("1.0.0") + '[patch.crates-io]\ntail = { path = "crates/tail" }\n',
        "crates/tail/Cargo.toml": HEIR.format("tail"),
        "crates/wing/Cargo.toml": HEIR.format("wing") + f"[dependencies]\n{before}\n",
    }
    found = bump_manifests(manifests, VERSIONS, Requirements.ALL)["crates/wing/Cargo.toml"]
    assert found == HEIR.format("wing") + f"[dependencies]\n{after}\n"


def test_heirs_of_one_version_cannot_part() -> None:
    manifests = {
        "Cargo.toml": ROOT.format("1.0.0"),
        "a/Cargo.toml": HEIR.format("wing"),
        "b/Cargo.toml": HEIR.format("tail"),
    }
    with pytest.raises(InheritedVersionsDisagree, match=r"from `Cargo.toml`.*: `tail` 3.0.0, `wing` 2.0.0"):
        bump_manifests(manifests, {"wing": "2.0.0", "tail": "3.0.0"}, Requirements.ALL)


PRIVATE = {
    "says so itself": ("publish = false", "", True),
    "inherits it": ("publish.workspace = true", "publish = false", True),
    "inherits an empty list": ("publish = { workspace = true }", "publish = []", True),
    "inherits that it is public": ("publish.workspace = true", "publish = true", False),
    "inherits another registry": ("publish.workspace = true", 'publish = ["works"]', False),
    "says nothing": ("", "publish = false", False),
}


@pytest.mark.parametrize(("says", "shared", "goes_along"), PRIVATE.values(), ids=PRIVATE)
def test_a_private_member_keeps_step_with_the_version_that_it_inherits(
    says: str, shared: str, goes_along: bool
) -> None:
    manifests = {
        "Cargo.toml": ROOT.format("1.0.0") + f"{shared}\n",
        "crates/wing/Cargo.toml": HEIR.format("wing"),
        "crates/tool/Cargo.toml": HEIR.format("tool") + f"{says}\n",
    }
    assert ("tool" in add_heirs(manifests, {"wing": "2.0.0"})) is goes_along


REFUSED = {
    "a value that is missing": ("[package]\nname = \n", NotToml, f"`{PATH}` is not TOML: .*line 2, column 8"),
    "a key that is repeated": ('[lib]\nname = "a"\nname = "b"\n', NotToml, r"line 3, column 11"),
    "merge markers": ('[lib]\n<<<<<<< HEAD\nname = "a"\n', NotToml, "line 2, column 1"),
    "an array of tables in two places": (
        '[[bin]]\n[package]\nname = "wing"\nversion = "1.0.0"\n[[bin]]\n',
        ManifestNotKept,
        f"`{PATH}` cannot be edited",
    ),
    "a bound that shuts the version out": (
        '[dependencies]\ntail = { path = "t", version = ">=1, <2" }\n',
        RequirementCannotFollow,
        f"`{PATH}` requires `tail` as `>=1, <2`, which excludes the planned `2.0.0`",
    ),
}


@pytest.mark.parametrize(("text", "error", "told"), REFUSED.values(), ids=REFUSED)
def test_refused(text: str, error: type[LoadmasterError], told: str) -> None:
    with pytest.raises(error, match=told):
        bump(text)


_blank = st.sampled_from(["", " ", "  ", "\t"])
_comment = st.sampled_from(["", " # 1.0.0", "\t#tail = 1.0.0", " # ü@".replace("@", "1")])
_quote = st.sampled_from(['"', "'"])
_own = st.builds("[package]{1}\nname{0}= 'wing'\nversion{0}={0}{2}@{2}{1}\n".format, _blank, _comment, _quote)
_bystanders = st.sampled_from(
    [
        'serde = "1.0.0"\n',
        "\n",
        "# tail 1.0.0\n",
        'tail-lamp = { version = "1.0.0", path = "x" }\n',
        "rudder.workspace = true\n",
    ]
)
_members = st.sampled_from(
    [
        "{name} = {{{0}path{0}={0}{2}../t{2},{0}version{0}={0}{2}@{2}{0}}}{1}\n",
        "{name}.path = {2}x{2}\n{name} . version{0}={0}{2}@{2}{1}\n",
        "{name} = {{ version = {2}= @{2}, optional = true, path = 'y', package = 'tail' }}\n",
    ]
)


@st.composite
def _table(draw: st.DrawFn, header: str) -> str:
    names = draw(st.lists(st.sampled_from(["tail", "wing"]), unique=True))
    entries = [draw(_members).format(draw(_blank), draw(_comment), draw(_quote), name=name) for name in names]
    lines = draw(st.permutations([*entries, *draw(st.lists(_bystanders, unique=True))]))
    return f"[{header}]{draw(_comment)}\n{''.join(lines)}"


@st.composite
def _manifests(draw: st.DrawFn) -> str:
    """A manifest in which `@` stands for the version, wherever one has to move, and nowhere else."""
    headers = ["dependencies", "dev-dependencies", "workspace.dependencies", "target.'cfg(unix)'.build-dependencies"]
    tables = [draw(_own), *(draw(_table(each)) for each in draw(st.lists(st.sampled_from(headers), unique=True)))]
    text = "".join(draw(st.permutations(tables)))
    text = text if draw(st.booleans()) else text.rstrip("\n")
    return text.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))


_number = st.integers(0, 30)
_versions = st.builds("{}.{}.{}".format, _number, _number, _number)


@given(_manifests(), _versions, _versions)
def test_every_byte_outside_a_version_literal_survives(text: str, old: str, new: str) -> None:
    before, after = text.replace("@", old), text.replace("@", new)
    planned = {"wing": new, "tail": new}
    assert bump(before, planned) == after
    assert bump(after, planned) == after
    assert bump(after, {"wing": old, "tail": old}) == before
