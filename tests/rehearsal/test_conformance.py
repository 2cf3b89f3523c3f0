"""The rehearsal's registry answers as crates.io's server does: the corpus, replayed once, then one test a case."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from loadmaster.cli.commands.conformance import replay_corpus, replay_text
from loadmaster.clients.serving import serving
from loadmaster.errors.rehearsal import CorpusBroken, ServerNotAsked
from loadmaster.rehearsal.conformance import (
    CORPUS,
    SCENARIO,
    Case,
    CorpusDifference,
    Replay,
    load_corpus,
    scenario_tokens,
)
from loadmaster.rehearsal.issuer import Issuer
from loadmaster.rehearsal.registry import Registry
from loadmaster.rehearsal.scenario import read_scenario
from loadmaster.rehearsal.seeding import seed

CASES = load_corpus()
STOPPED = datetime.now(UTC)
"""The world's clock stands still, so that a slow machine fills no bucket up."""


@contextmanager
def world(directory: Path) -> Iterator[str]:
    """The address of a registry and an issuer that know the corpus' scenario."""
    issuer = Issuer(directory, lambda: STOPPED)
    scenario = read_scenario(CORPUS / SCENARIO)
    accounts = {account.login: account.id for account in scenario.forge_accounts}
    registry = Registry(
        directory / "registry", issuers=issuer.issuers(), forge_accounts=accounts, clock=lambda: STOPPED
    )
    seed(scenario, registry, directory, STOPPED)
    app = Starlette(routes=[Mount("/registry", registry.app()), Mount("/issuer", issuer.app())])
    with serving(app) as address:
        yield address


@pytest.fixture(scope="session")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, CorpusDifference | None]:
    with world(tmp_path_factory.mktemp("conformance")) as address, httpx.Client(timeout=60) as client:
        replay = Replay(f"{address}/registry", scenario_tokens(), client, f"{address}/issuer")
        return {case.name: difference for case, difference in replay.run(CASES)}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.xdist_group("conformance")
def test_the_registry_answers_as_crates_io_does(case: Case, replayed: dict[str, CorpusDifference | None]) -> None:
    assert case.name in replayed, "the case was not asked: what it rests on failed"
    assert replayed[case.name] is None


def test_there_are_enough_cases_and_each_says_how_it_is_known() -> None:
    assert len(CASES) >= 200
    assert all(case.source for case in CASES)


def some_cases(place: Path, *topics: str) -> Path:
    """A corpus of its own with these topics' cases."""
    for topic in topics:
        shutil.copytree(CORPUS / topic, place / topic)
    shutil.copy(CORPUS / SCENARIO, place)
    return place


def test_an_answer_that_differs_is_shown_and_ends_with_1(tmp_path: Path) -> None:
    corpus = some_cases(tmp_path / "corpus", "010-tokens")
    planted = corpus / "010-tokens" / "001-auth-none.toml"
    planted.write_text(planted.read_text().replace("this action requires authentication", "come in"))
    with world(tmp_path / "world") as address:
        found = replay_corpus(f"{address}/registry/", None, None, corpus)
    assert [each.case for each in found.different] == ["010-tokens/001-auth-none"]
    told = replay_text(found)
    assert "010-tokens/001-auth-none\n" in told
    assert "come in" in told
    assert "this action requires authentication" in told
    assert told.rstrip().endswith("cases agree.")


def test_without_an_issuer_the_cases_that_need_one_are_left_out(tmp_path: Path) -> None:
    corpus = some_cases(tmp_path / "corpus", "320-exchange")
    with world(tmp_path / "world") as address:
        found = replay_corpus(f"{address}/registry", None, None, corpus)
    assert found.left_out
    assert "need ID tokens and were not asked" in replay_text(found)


def test_a_server_that_is_not_there_is_not_taken_for_one_that_differs(tmp_path: Path) -> None:
    with world(tmp_path) as gone:
        pass
    with pytest.raises(ServerNotAsked) as raised:
        replay_corpus(gone, None, None, None)
    assert raised.value.exit_code == 4


@pytest.mark.parametrize(
    "text", ["", "source = 1", 'source = "x"\n[request]\nmethod = "GET"\npath = "/"\n[answer]\nstatus = 1\nbody = 2']
)
def test_a_case_that_is_not_one_names_its_file(tmp_path: Path, text: str) -> None:
    file = tmp_path / "010-x" / "001-y.toml"
    file.parent.mkdir()
    file.write_text(text)
    with pytest.raises(CorpusBroken, match=r"001-y\.toml"):
        load_corpus(tmp_path)


def test_an_empty_folder_is_no_corpus(tmp_path: Path) -> None:
    with pytest.raises(CorpusBroken):
        load_corpus(tmp_path)
