"""What an operator switched in the UI survives registering again; and our own `prefect.yaml` is fit to be registered."""

import re
from typing import Any

import pytest
from ruamel.yaml import YAML

from loadmaster.planning.smoke_worker import DEPLOYMENT, POOL
from loadmaster.stack.deploying import Definition, add_choices, digest_of_deployments
from tests.kit.checkout import ROOT

NIGHTLY: Definition = {"slug": "nightly", "cron": "30 2 * * 1-5", "timezone": "UTC", "active": True}


def written(*schedules: Definition) -> Definition:
    return {"name": "p", "deployments": [{"name": "d", "entrypoint": "f.py:f", "schedules": list(schedules)}]}


def deployed(*, paused: bool = False, name: str = "d", schedules: tuple[Definition, ...] = ()) -> Definition:
    return {"name": name, "entrypoint": "f.py:f", "paused": paused, "schedules": list(schedules)}


def on_server(slug: str | None, active: bool, **timing: Any) -> Definition:
    return {"slug": slug, "active": active, "parameters": {}, "schedule": timing, "id": "7", "max_scheduled_runs": None}


def first(definition: Definition) -> Definition:
    (only,) = definition["deployments"]
    assert isinstance(only, dict)
    return only


def test_a_first_registration_is_the_file_as_it_is() -> None:
    assert add_choices(written(NIGHTLY), []) == written(NIGHTLY)


@pytest.mark.parametrize("active", [True, False])
def test_a_schedule_stays_as_it_was_switched(active: bool) -> None:
    merged = add_choices(written(NIGHTLY), [deployed(schedules=(on_server("nightly", active, cron="0 0 * * *"),))])

    assert first(merged)["schedules"] == [{**NIGHTLY, "active": active}]  # the time is the file's, the switch is not


def test_a_paused_deployment_stays_paused() -> None:
    assert first(add_choices(written(), [deployed(paused=True)]))["paused"] is True


def test_a_deployment_that_an_earlier_version_registered_by_its_file_stays_paused() -> None:
    earlier = {**deployed(paused=True), "entrypoint": "elsewhere/f.py:f"}
    assert first(add_choices(written(), [earlier]))["paused"] is True


def test_a_schedule_made_in_the_ui_is_kept() -> None:
    made = on_server(None, True, interval=3600.0, anchor_date="2026-01-01T00:00:00Z", timezone="UTC")

    merged = add_choices(written(NIGHTLY), [deployed(schedules=(on_server("nightly", True, cron="x"), made))])

    assert first(merged)["schedules"][1:] == [
        {
            "interval": 3600.0,
            "anchor_date": "2026-01-01T00:00:00Z",
            "timezone": "UTC",
            "active": True,
            "parameters": {},
        }
    ]


def test_a_schedule_that_left_the_file_is_dropped() -> None:
    merged = add_choices(written(), [deployed(schedules=(on_server("nightly", True, cron="30 2 * * 1-5"),))])

    assert first(merged)["schedules"] == []


def test_another_deployments_choices_are_not_taken() -> None:
    assert add_choices(written(NIGHTLY), [deployed(name="other", paused=True)]) == written(NIGHTLY)


HERE: Definition = {
    "id": "1",
    "updated": "2026-11-30T03:00:00Z",
    "status": "READY",
    "parameter_openapi_schema": {"properties": {"project": {"enum": ["demo"]}}},
    "schedules": [on_server("nightly", True, cron="30 2 * * *")],
    "global_concurrency_limit": {"limit": 1, "active_slots": 0},
}


def test_what_prefect_changes_by_itself_asks_for_no_registration() -> None:
    schedule = {**HERE["schedules"][0], "updated": "2026-12-01T00:00:00Z"}
    later = {
        **HERE,
        "updated": "2026-12-01T00:00:00Z",
        "status": "NOT_READY",
        "last_polled": "now",
        "schedules": [schedule],
    }
    assert digest_of_deployments([later]) == digest_of_deployments([HERE])


def test_a_run_that_holds_its_slot_asks_for_no_registration() -> None:
    held = {**HERE, "global_concurrency_limit": {"limit": 1, "active_slots": 1}}
    assert digest_of_deployments([held]) == digest_of_deployments([HERE])


def test_a_form_that_offers_other_projects_asks_for_no_registration() -> None:
    other = {"properties": {"project": {"enum": ["demo", "wing"]}}}
    assert digest_of_deployments([{**HERE, "parameter_openapi_schema": other}]) == digest_of_deployments([HERE])


TOUCHED: dict[str, list[Definition]] = {
    "it is gone": [],
    "another is there": [HERE, {**HERE, "id": "2"}],
    "it is paused": [{**HERE, "paused": True}],
    "a form asks for something else": [{**HERE, "parameter_openapi_schema": {"properties": {"version": {}}}}],
    "a schedule is switched off": [{**HERE, "schedules": [on_server("nightly", False, cron="30 2 * * *")]}],
}


@pytest.mark.parametrize("touched", TOUCHED.values(), ids=list(TOUCHED))
def test_any_other_change_on_the_server_asks_for_a_registration(touched: list[Definition]) -> None:
    assert digest_of_deployments(touched) != digest_of_deployments([HERE])


def test_our_own_deployments_name_flows_that_exist_and_no_place_on_this_machine() -> None:
    text = (ROOT / "prefect.yaml").read_text()
    ours = YAML(typ="safe").load(text)["deployments"]

    assert [each["name"] for each in ours] == ["rehearse", "release", "preflight", "lsm-smoke"]
    assert (f"smoke/{ours[-1]['name']}", ours[-1]["work_pool"]["name"]) == (DEPLOYMENT, POOL)
    for each in ours:
        module, _, function = each["entrypoint"].rpartition(".")
        file = ROOT / f"{module.replace('.', '/')}.py"
        assert re.search(rf"^def {function}\(", file.read_text(), re.MULTILINE)
        assert each["enforce_parameter_schema"] is True
        assert each["description"]
        assert all(schedule["slug"] for schedule in each.get("schedules", []))
    assert not re.search(r"directory: (?!\"\{\{ \$)", text)
