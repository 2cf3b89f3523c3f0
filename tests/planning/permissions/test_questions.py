from __future__ import annotations

import pytest

from loadmaster.planning.permissions.questions import inquiries, pause_between_requests, requests_to_ask
from loadmaster.planning.plan import plan_release
from loadmaster.planning.profile.project import Project
from tests.kit.answering import profile
from tests.kit.building import TODAY, package, seen

LIVE = "https://registry.example"


def many(count: int, project: Project, *, new: int = 0) -> list[bool]:
    """Whether each crate's upload is tried; the first `new` of them are not there yet."""
    packages = [package(f"crate-{number:03}") for number in range(count)]
    looked = seen(*packages, registry={each.name: ["0.4.0"] for each in packages[new:]})
    return [each.probe for each in inquiries(plan_release(looked, project, "minor", TODAY), project, looked.registry)]


@pytest.mark.parametrize(
    ("address", "pause"),
    [("http://127.0.0.1:8080/registry", 0.0), ("http://localhost:1", 0.0), ("http://[::1]:1", 0.0), (LIVE, 1.0)],
)
def test_only_a_registry_on_this_machine_is_asked_without_a_pause(address: str, pause: float) -> None:
    assert pause_between_requests(address) == pause


@pytest.mark.parametrize(
    ("new", "probe", "requests"),
    [
        pytest.param(0, False, 1 + 2 + 400 * 3, id="all of them exist"),
        pytest.param(100, False, 1 + 2 * 2 + 300 * 3 + 100, id="of new ones there are no owners to ask for"),
        pytest.param(0, True, 1 + 2 + 400 * 3 + 15, id="with the probe"),
    ],
)
def test_how_often_400_crates_are_asked_about_is_known_before(new: int, probe: bool, requests: int) -> None:
    packages = [package(f"crate-{number:03}") for number in range(400)]
    looked = seen(*packages, registry={each.name: ["0.4.0"] for each in packages[new:]})
    project = profile(preflight={"probe": probe})
    asked = inquiries(plan_release(looked, project, "minor", TODAY), project, looked.registry)
    assert requests_to_ask(asked) == requests


def test_nothing_is_asked_about_a_crate_that_is_out() -> None:
    looked = seen(package("core"), package("app"), registry={"core": ["0.4.0", "0.5.0"], "app": ["0.4.0"]})
    plan = plan_release(looked, profile(), "0.5.0", TODAY)
    assert [each.name for each in inquiries(plan, profile(), looked.registry)] == ["app"]


def test_nothing_is_probed_unless_the_profile_says_so() -> None:
    assert not any(many(5, profile()))
    assert all(many(5, profile(preflight={"probe": True})))


def test_probes_leave_half_of_the_burst_and_never_try_more_than_two_new_crates() -> None:
    probing = {"probe": True}
    assert sum(many(400, profile(preflight=probing))) == 15
    assert sum(many(10, profile(preflight=probing), new=10)) == 2


def test_a_token_of_trusted_publishing_has_no_limit_that_probes_could_use_up() -> None:
    project = profile({"credential": "trusted-publishing"}, {"probe": True})
    assert all(many(400, project))
    assert not any(many(3, project, new=3))
