"""`loadmaster smoke` as a program: where there is no engine, and what it refuses. With an engine: `tests/smoke`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit.engine import NOWHERE
from tests.kit.running import loadmaster

KEYS = ["verdict", "backend", "subject", "kernel", "report", "seconds", "why"]


def test_without_an_engine_it_is_an_error_that_says_how_to_get_one(home: Path) -> None:
    ran = loadmaster(home, "smoke", DOCKER_HOST=NOWHERE)
    assert (ran.code, ran.out) == (1, "")
    assert "No Docker engine answers" in ran.err
    assert "install Debian's `docker.io`" in ran.err


def test_as_json_that_is_a_document_like_any_other(home: Path) -> None:
    ran = loadmaster(home, "smoke", "--kernel", "6.1", "--json", DOCKER_HOST=NOWHERE)
    assert ran.code == 1
    assert list(ran.document) == KEYS
    assert (ran.document["verdict"], ran.document["kernel"], ran.document["report"]) == ("error", "6.1", None)


def test_the_doctor_tells_what_is_missing_and_is_no_failure(home: Path) -> None:
    ran = loadmaster(home, "smoke", "--doctor", DOCKER_HOST=NOWHERE)
    assert ran.code == 0
    assert "native   no: No Docker engine" in ran.out
    assert "install Debian's `docker.io`" in ran.out


def test_the_doctor_tells_it_as_json(home: Path) -> None:
    ran = loadmaster(home, "smoke", "--doctor", "--json", DOCKER_HOST=NOWHERE)
    assert ran.code == 0
    assert ran.document["engine"] is None
    assert "No Docker engine answers" in ran.document["against"]["vm"][0]


REFUSED = {
    "an unknown backend": (("--backend", "gvisor"), "`backend`"),
    "an unknown subject": (("--subject", "all"), "`subject`"),
    "a negative deadline": (("--deadline", "-1"), "greater than 0"),
    "a kernel that is no kernel": (("--kernel", "newest"), "is not a kernel"),
    "a kernel that Debian does not have": (("--backend", "vm", "--kernel", "5.4"), "6.12"),
    "a release of no project": (("--subject", "release", "--version", "1.0.0"), "No project is named"),
    "a project that describes no program": (("-p", "demo", "-V", "1.0.0", "--subject", "release"), "smoke.artefact"),
    "an unknown project": (("-p", "nobody"), "nobody"),
}


@pytest.mark.parametrize(("options", "told"), REFUSED.values(), ids=REFUSED)
def test_is_refused_before_anything_is_looked_for(options: tuple[str, ...], told: str, home: Path) -> None:
    ran = loadmaster(home, "smoke", *options, DOCKER_HOST=NOWHERE)
    assert ran.code == 2
    assert told in ran.err
    assert not home.exists(), "it left something behind"
