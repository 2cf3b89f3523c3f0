"""Gates on dependencies and metadata: each with its planted failures, and with what it must let pass."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from loadmaster.planning.gates.evidence import Evidence
from loadmaster.planning.tree.workspace import Dependency
from loadmaster.planning.values.gate import Outcome
from tests.kit.building import needs, package, project
from tests.kit.gates_asked import answer, fails, of_manifests_alone, tree

APP = "crates/app/Cargo.toml"
AYA = Dependency(name="aya", requirement="*", git="https://example.org/aya")
EXCLUDING = project(exclude=[{"package": "core", "why": "kept back"}])

PLANTED: list[tuple[str, str, Callable[[], Evidence], str]] = [
    (
        "a path dependency without a version",
        "path-without-version",
        lambda: tree(package("app", needs("core", "*")), package("core")),
        "`app` depends on `core` by path without a version",
    ),
    (
        "a build-dependency without a version",
        "path-without-version",
        lambda: tree(package("app", needs("core", "*", kind="build")), package("core")),
        "without a version",
    ),
    ("a Git dependency without a version", "git-dependency", lambda: tree(package("app", AYA)), "from Git"),
    (
        "a dependency on a private member",
        "depends-on-unpublished",
        lambda: tree(package("app", needs("core")), package("core", publish=())),
        "`app` depends on `core`, which is not published",
    ),
    (
        "an optional dependency on a private member",
        "depends-on-unpublished",
        lambda: tree(package("app", needs("core").model_copy(update={"optional": True})), package("core", publish=())),
        "which is not published",
    ),
    (
        "a build-dependency on a private member",
        "depends-on-unpublished",
        lambda: tree(package("app", needs("core", kind="build")), package("core", publish=())),
        "which is not published",
    ),
    (
        "a versioned dev-dependency on a private member",
        "depends-on-unpublished",
        lambda: tree(package("app", needs("core", kind="dev")), package("core", publish=())),
        "which is not published",
    ),
    (
        "a dependency on a member that the profile excludes",
        "stale-dependency",
        lambda: tree(package("app", needs("core")), package("core"), profile=EXCLUDING),
        "which this release leaves out",
    ),
    (
        "a dependency on a member that a bump forgot",
        "stale-dependency",
        lambda: tree(package("app", needs("core", "^0.3.0")), package("core", version="0.3.0"), profile=project()),
        "which stays at `0.3.0`",
    ),
    (
        "a requirement of the version before",
        "requirements-satisfiable",
        lambda: tree(package("app", needs("core", "^0.3.0")), package("core")),
        "`app` requires `core` as `^0.3.0`, and its version is `0.4.0`",
    ),
    (
        "a dev-requirement of the version before",
        "requirements-satisfiable",
        lambda: tree(package("app", needs("core", "^0.3.0", kind="dev")), package("core", publish=())),
        "requires `core`",
    ),
    (
        "a versioned dev-dependency that leads back",
        "dependency-cycle",
        lambda: tree(package("app", needs("core")), package("core", needs("app", kind="dev"))),
        "need each other",
    ),
    ("a missing description", "metadata-complete", lambda: tree(package("app", description=None)), "no description"),
    ("a missing licence", "metadata-complete", lambda: tree(package("app", license=None)), "no licence"),
    (
        "a licence file that is not there",
        "metadata-complete",
        lambda: tree(package("app", license=None, license_file="../../LICENSE")),
        "`../../LICENSE`, is not in the tree",
    ),
]


@pytest.mark.parametrize(("planted", "gate", "found", "what"), PLANTED, ids=[each[0] for each in PLANTED])
def test_what_is_planted_is_found(planted: str, gate: str, found: Callable[[], Evidence], what: str) -> None:
    assert fails(answer(found(), gate), APP, what), planted


PASSING: list[tuple[str, str, Callable[[], Evidence]]] = [
    (
        "cargo drops a dev-dependency by path alone",
        "path-without-version",
        lambda: tree(package("app", needs("core", "*", kind="dev")), package("core", publish=())),
    ),
    (
        "what cargo drops may be private",
        "depends-on-unpublished",
        lambda: tree(package("app", needs("core", "*", kind="dev")), package("core", publish=())),
    ),
    (
        "a Git dependency with a version is taken from the registry",
        "git-dependency",
        lambda: tree(package("app", AYA.model_copy(update={"requirement": "^1.0.0"}))),
    ),
    (
        "what a private package depends on is its own affair",
        "git-dependency",
        lambda: tree(package("app"), package("probe", AYA, publish=())),
    ),
    (
        "members of different versions without a profile",
        "stale-dependency",
        lambda: tree(package("app", needs("core", "^0.3.0")), package("core", version="0.3.0")),
    ),
    (
        "members of different versions by policy",
        "stale-dependency",
        lambda: tree(
            package("app", needs("core", "^0.3.0")),
            package("core", version="0.3.0"),
            profile=project(policy="independent", tag="{name}-v{version}"),
        ),
    ),
    (
        "an unversioned dev-dependency that leads back",
        "dependency-cycle",
        lambda: tree(package("app", needs("core")), package("core", needs("app", "*", kind="dev"))),
    ),
    (
        "a licence file in a tree of manifests alone",
        "metadata-complete",
        lambda: of_manifests_alone(tree(package("app", license=None, license_file="../../LICENSE"))),
    ),
    (
        "a licence file above the package",
        "metadata-complete",
        lambda: tree(package("app", license=None, license_file="../../LICENSE"), texts={"LICENSE": "Take it."}),
    ),
]


@pytest.mark.parametrize(("reason", "gate", "found"), PASSING, ids=[each[0] for each in PASSING])
def test_what_is_no_problem_passes(reason: str, gate: str, found: Callable[[], Evidence]) -> None:
    said = answer(found(), gate)
    assert said.outcome is Outcome.PASS, reason
    assert said.checked


def test_every_dependency_is_counted_and_every_package() -> None:
    found = tree(package("app", needs("core"), needs("serde", "^1", path=False)), package("core"))
    assert answer(found, "git-dependency").checked == 4


def test_a_python_package_without_a_profile_is_not_published() -> None:
    maturin = '[build-system]\nbuild-backend = "maturin"\n'
    found = tree(package("app"), package("py", license=None), texts={"crates/py/pyproject.toml": maturin})
    assert answer(found, "metadata-complete").outcome is Outcome.PASS


def test_whether_the_registry_has_what_a_cycle_needs_files_alone_do_not_tell() -> None:
    zeal = package("zeal", needs("mast", "^0.5.0"), version="0.5.0")
    circle = tree(package("mast", needs("zeal", ">=0.1", "dev", path=False), version="0.5.0"), zeal)
    straight = tree(
        package("mast", needs("zeal", "^0.5.0", path=False), version="0.5.0"), package("zeal", version="0.5.0")
    )
    assert answer(circle, "packaging-order").outcome is Outcome.COULD_NOT_CHECK
    assert answer(straight, "packaging-order").outcome is Outcome.PASS


def test_a_cycle_without_any_order_is_told_once() -> None:
    mast = package("mast", needs("zeal", "^0.5.0", "dev", path=False), version="0.5.0")
    found = tree(mast, package("zeal", needs("mast", "^0.5.0"), version="0.5.0"))
    assert answer(found, "dependency-cycle").outcome is Outcome.FAIL
    assert answer(found, "packaging-order").outcome is Outcome.PASS
