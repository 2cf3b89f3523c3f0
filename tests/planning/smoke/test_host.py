"""What speaks against a backend on a host, one fact after the other."""

from __future__ import annotations

import pytest

from loadmaster.planning.smoke.host import host_json, show_host
from tests.kit.hosts import ABLE, ENGINE

AGAINST_NATIVE: dict[str, tuple[dict[str, object], str]] = {
    "the engine is elsewhere": ({"kernel": "6.1.0"}, "another kernel, `6.12.1`"),
    "another architecture": ({"engine": ENGINE.model_copy(update={"machine": "aarch64"})}, "not an x86_64 Linux"),
    "the engine is rootless": ({"engine": ENGINE.model_copy(update={"rootless": True})}, "rootless"),
    "a user namespace": ({"uid_map": "0 1000 65536"}, "user namespace"),
    "no types": ({"has_types": False, "has_hook": False}, "has no type information"),
    "no hook": ({"has_hook": False}, "built without BPF LSM"),
    "bpf is not active": ({"lsms": ("lockdown", "yama")}, "`bpf` is not among"),
    "no compiler": ({"missing_tools": ("cc",)}, "no C compiler"),
    "no engine": ({"engine": None, "engine_problem": "No Docker engine answers."}, "No Docker engine answers."),
}
AGAINST_VM: dict[str, tuple[dict[str, object], str]] = {
    "another architecture": ({"engine": ENGINE.model_copy(update={"machine": "aarch64"})}, "not an x86_64 Linux"),
    "no apt": ({"missing_tools": ("apt-get",)}, "no `apt-get`"),
    "no engine": ({"engine": None, "engine_problem": "No Docker engine answers."}, "No Docker engine answers."),
}


def test_nothing_speaks_against_an_able_host() -> None:
    assert ABLE.native_obstacles == ()
    assert ABLE.vm_obstacles == ()
    assert "only a run shows" in show_host(ABLE)


def test_a_list_that_cannot_be_read_says_nothing() -> None:
    assert ABLE.model_copy(update={"lsms": None}).native_obstacles == ()


@pytest.mark.parametrize(("change", "why"), AGAINST_NATIVE.values(), ids=AGAINST_NATIVE)
def test_one_fact_speaks_against_native(change: dict[str, object], why: str) -> None:
    host = ABLE.model_copy(update=change)
    assert len(host.native_obstacles) == 1
    assert why in host.native_obstacles[0]
    assert f"native   no: {host.native_obstacles[0]}" in show_host(host)


@pytest.mark.parametrize(("change", "why"), AGAINST_VM.values(), ids=AGAINST_VM)
def test_one_fact_speaks_against_a_machine(change: dict[str, object], why: str) -> None:
    host = ABLE.model_copy(update=change)
    assert len(host.vm_obstacles) == 1
    assert why in host.vm_obstacles[0]
    assert f"vm       no: {host.vm_obstacles[0]}" in show_host(host)


ABSENT = ABLE.model_copy(
    update={"engine": None, "engine_problem": "No engine.", "engine_why": "none.", "engine_fix": "install one."}
)


def test_without_an_engine_what_else_is_missing_is_told_all_the_same() -> None:
    host = ABSENT.model_copy(update={"lsms": ("lockdown",), "missing_tools": ("cc", "apt-get")})
    assert [each.split("`")[1] for each in host.native_obstacles[1:]] == ["bpf", "cc"]
    assert [each.split("`")[1] for each in host.vm_obstacles[1:]] == ["cc", "apt-get"]


def test_without_an_engine_the_way_to_one_is_told() -> None:
    assert "why    none.\n  next   install one." in show_host(ABSENT)
    assert "podman" not in show_host(ABSENT)
    assert "podman system service" in show_host(ABSENT.model_copy(update={"has_podman": True}))


def test_podman_that_is_in_use_is_an_engine_and_no_advice() -> None:
    host = ABLE.model_copy(update={"engine": ENGINE.model_copy(update={"name": "Podman"}), "has_podman": True})
    assert "engine   Podman 26.1.5" in show_host(host)
    assert "podman system service" not in show_host(host)


def test_json_tells_what_speaks_against_each_backend() -> None:
    assert host_json(ABLE)["against"] == {"native": (), "vm": ()}
    assert host_json(ABSENT)["against"]["vm"] == ("No engine.",)
