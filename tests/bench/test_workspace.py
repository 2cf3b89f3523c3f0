"""The generated workspaces have the shape that they are named after, and cargo takes them."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.workspace import LARGEST, RATE_LIMITED, SHAPES, WIDEST_NEEDS, Shape, crates_of, files, write
from loadmaster.planning.order import find_cycle, waves


@st.composite
def shapes(draw: st.DrawFn) -> Shape:
    layers = draw(st.integers(1, 12))
    return Shape(crates=draw(st.integers(layers, 80)), layers=layers)


@given(shapes())
def test_the_longest_chain_is_as_long_as_there_are_layers(shape: Shape) -> None:
    edges = shape.edges("any")
    assert find_cycle(edges) == ()
    assert len(edges) == shape.crates
    assert len(waves(edges)) == shape.layers


@given(shapes())
def test_a_crate_needs_few_others_and_all_of_them_are_there(shape: Shape) -> None:
    edges = shape.edges("any")
    for needs in edges.values():
        assert len(needs) <= WIDEST_NEEDS
        assert needs <= edges.keys()


@given(shapes())
def test_two_contenders_release_equal_workspaces_under_different_names(shape: Shape) -> None:
    one, other = shape.edges("one"), shape.edges("two")
    assert not one.keys() & other.keys()
    assert {name.replace("one", "two"): {each.replace("one", "two") for each in one[name]} for name in one} == other


def test_the_shapes_that_are_measured_are_those_of_the_promise() -> None:
    assert [(each.crates, each.layers) for each in (*SHAPES, LARGEST)] == [(15, 6), (60, 8), (400, 12)]
    assert RATE_LIMITED.crates == 45 + 7


def test_existing_crates_are_updates_and_the_others_are_new() -> None:
    crates = crates_of(Shape(crates=3, layers=3).edges("any"), "0.2.0", frozenset({"any-000"}))
    assert [(each.name, each.is_new, each.remaining_path) for each in crates] == [
        ("any-000", False, 3),
        ("any-001", True, 2),
        ("any-002", True, 1),
    ]


def test_a_payload_is_as_large_as_asked_for_and_does_not_repeat_in_another_crate() -> None:
    payloads = [content for path, content in files(Shape(crates=2, layers=1).edges("any"), 1000) if "payload" in path]
    assert [len(each) for each in payloads] == [1000, 1000]
    assert payloads[0] != payloads[1]


@pytest.mark.cargo
def test_cargo_sees_the_same_edges_and_the_checkout_is_committed_with_its_lockfile(tmp_path: Path) -> None:
    shape = Shape(crates=7, layers=3)
    env = {**os.environ, "CARGO_HOME": str(tmp_path / "home")}
    checkout = write(shape, "any", tmp_path / "checkout", env)

    told = subprocess.run(
        ["cargo", "metadata", "--locked", "--offline", "--format-version", "1"],
        cwd=checkout, env=env, capture_output=True, check=True,
    )  # fmt: skip
    packages = {
        each["name"]: frozenset(needed["name"] for needed in each["dependencies"])
        for each in json.loads(told.stdout)["packages"]
    }
    assert packages == shape.edges("any")
    status = subprocess.run(["git", "status", "--porcelain"], cwd=checkout, env=env, capture_output=True, check=True)
    assert status.stdout == b""
