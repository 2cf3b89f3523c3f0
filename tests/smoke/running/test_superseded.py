"""Images that are kept: equal on every engine, replaced by newer ones, and never anybody else's taken away."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack

import pytest

from loadmaster.planning.smoke.report import Subject
from loadmaster.planning.smoke.verdict import Verdict, judge
from loadmaster.run.store import Store
from loadmaster.smoke.clients.container import KEPT_FOR, REPOSITORY, Engine, connect
from loadmaster.smoke.running.archives import docker_image, image_config, tar_layer
from loadmaster.smoke.running.container_run import RunSettings, run_probe
from loadmaster.smoke.running.images import container_image, machine_image
from loadmaster.smoke.running.kernels import NEWEST_STABLE
from tests.kit.real_engine import own_engine, starts
from tests.kit.waiting import beside, result_of

pytestmark = [pytest.mark.end_to_end, pytest.mark.xdist_group("engine")]
PURPOSE = "test-superseded"
NAME = f"{REPOSITORY}{PURPOSE}"


def load(engine: Engine, name: str, content: bytes, purpose: str = PURPOSE, **changed: str) -> str:
    """The id of a tiny image of that content. `changed`: fields of its configuration."""
    layers = [tar_layer({"/content": content})]
    config = json.loads(image_config(layers, entry=["/content"], labels={KEPT_FOR: purpose}))
    engine.load_image(docker_image(name, layers, json.dumps(config | changed).encode()))
    return str(engine.client.images.get(name).id)


def there(engine: Engine) -> set[str]:
    return {str(each.id) for each in engine.client.images.list(filters={"label": KEPT_FOR})}


@pytest.fixture
def kept(engine: Engine) -> Iterator[str]:
    yield load(engine, f"{NAME}:new", b"new")
    for each in engine.client.images.list(filters={"label": f"{KEPT_FOR}={PURPOSE}"}):
        engine.client.images.remove(str(each.id), force=True)


def superseded(engine: Engine) -> list[str]:
    return engine.remove_superseded(PURPOSE, f"{NAME}:new")


def test_an_older_image_for_the_same_goes_and_the_new_one_stays(engine: Engine, kept: str) -> None:
    old = load(engine, f"{NAME}:old", b"old")
    assert superseded(engine) == [old]
    assert kept in there(engine)
    assert superseded(engine) == []


def test_one_that_has_lost_its_name_goes_too(engine: Engine, kept: str) -> None:
    unnamed = load(engine, f"{NAME}:moved", b"old")
    load(engine, f"{NAME}:moved", b"older still")
    assert unnamed in superseded(engine)
    assert there(engine).isdisjoint({unnamed})
    assert kept in there(engine)


NOT_OURS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "a name that somebody else has given": ("somebody/else:1", {}),
    "built by somebody upon ours, labels and all": (f"{NAME}:theirs", {"created": "2026-11-22T10:00:00Z"}),
}


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(("name", "changed"), NOT_OURS.values(), ids=NOT_OURS)
def test_is_never_removed(name: str, changed: Mapping[str, str], engine: Engine) -> None:
    theirs = load(engine, name, b"theirs", **changed)
    assert superseded(engine) == []
    assert theirs in there(engine)


@pytest.mark.usefixtures("kept")
def test_an_image_for_something_else_stays(engine: Engine) -> None:
    other = load(engine, f"{NAME}-other:1", b"other", f"{PURPOSE}-other")
    assert superseded(engine) == []
    assert other in there(engine)
    engine.remove_image(f"{NAME}-other:1")


@pytest.mark.usefixtures("kept")
def test_one_that_a_container_has_stays_until_that_is_gone(engine: Engine) -> None:
    old = load(engine, f"{NAME}:old", b"old")
    container = engine.client.containers.create(f"{NAME}:old")
    assert superseded(engine) == []
    container.remove()
    assert superseded(engine) == [old]


def test_one_that_another_run_is_booting_stays(engine: Engine, store: Store) -> None:
    machine_image(engine, store, NEWEST_STABLE, {}, "")
    started = starts(engine)
    run = beside(lambda: run_probe("vm", RunSettings(nonce="a1"), engine, store))
    started.next()
    assert engine.remove_superseded(f"machine-{NEWEST_STABLE}", f"{REPOSITORY}machine:newer") == []
    ran = result_of(run, "the other run ended")
    judgement, _ = judge(ran.log, nonce="a1", subject=Subject.PROBE, exit_code=ran.exit_code)
    assert judgement.verdict is Verdict.ENFORCED


def test_making_the_next_one_removes_the_last(engine: Engine, store: Store) -> None:
    one = container_image(engine, store, {"/note": b"one"}, "").name
    two = container_image(engine, store, {"/note": b"two"}, "").name
    assert (engine.has_image(one), engine.has_image(two)) == (False, True)


@pytest.mark.skipif(os.geteuid() != 0, reason="engines of its own take root")
def test_two_engines_and_two_stores_make_the_same_image(tmp_path_factory: pytest.TempPathFactory) -> None:
    with ExitStack() as leaving:
        made = set()
        for _ in range(2):
            fresh = connect(leaving.enter_context(own_engine(tmp_path_factory.mktemp("e"))))
            name = container_image(fresh, Store(tmp_path_factory.mktemp("store")), {}, "").name
            made.add((name, fresh.client.images.get(name).id))
        assert len(made) == 1
