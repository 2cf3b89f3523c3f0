"""What may go: nobody works in it, no Retry needs it, nobody has used it for long enough."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadmaster.planning.pruning import LONGEST_LOOK, LeftoverKind, LeftoverPlace, fate_of, kind_of_run

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
FORTNIGHT = timedelta(days=14)


def place(kind: LeftoverKind, days: float = 20, **more: Any) -> LeftoverPlace:
    return LeftoverPlace(path="there", kind=kind, bytes=1000, used=NOW - timedelta(days=days), **more)


FATES: tuple[tuple[str, LeftoverPlace, str | None], ...] = (
    ("a finished run goes", place(LeftoverKind.RUN, finished=True), None),
    ("a run that Retry could finish stays", place(LeftoverKind.RUN), "not finished"),
    ("however old it is", place(LeftoverKind.RUN, 10_000), "not finished"),
    ("a finished run that was used of late stays", place(LeftoverKind.RUN, 3, finished=True), "used 3 days ago"),
    ("a run at work stays", place(LeftoverKind.RUN, finished=True, busy="process 7"), "in use by process 7"),
    ("what a killed look left goes", place(LeftoverKind.LOOK), None),
    ("a build that nobody used goes", place(LeftoverKind.BUILD), None),
    ("a build of today stays", place(LeftoverKind.BUILD, 0.1), "used less than two days ago"),
    ("a build that cargo holds stays", place(LeftoverKind.BUILD, busy="cargo"), "in use by cargo"),
)


@pytest.mark.parametrize(("found", "kept"), [row[1:] for row in FATES], ids=[row[0] for row in FATES])
def test_what_goes_and_what_stays(found: LeftoverPlace, kept: str | None) -> None:
    fate = fate_of(found, NOW, FORTNIGHT)
    assert fate.removed is (kept is None)
    assert (kept or "") in fate.why


def test_a_look_may_be_going_on_without_a_lock_for_a_day() -> None:
    assert not fate_of(place(LeftoverKind.LOOK, 0.9), NOW, timedelta(0)).removed
    assert fate_of(place(LeftoverKind.LOOK, LONGEST_LOOK / timedelta(days=1)), NOW, timedelta(0)).removed


@given(
    st.builds(
        LeftoverPlace,
        path=st.just("there"),
        kind=st.sampled_from(LeftoverKind),
        bytes=st.integers(0, 10**12),
        used=st.datetimes(datetime(2020, 1, 1), datetime(2026, 5, 1), timezones=st.just(UTC)),
        busy=st.none() | st.just("process 7"),
        finished=st.booleans(),
    ),
    st.integers(0, 4000),
)
def test_nothing_at_work_goes_and_no_run_that_is_not_finished(found: LeftoverPlace, days: int) -> None:
    if fate_of(found, NOW, timedelta(days=days)).removed:
        assert found.busy is None
        assert found.kind is not LeftoverKind.RUN or found.finished
        assert NOW - found.used >= timedelta(days=days)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("0d5b3a5c-5d7a-4f0e-9a51-3d3f5f0f3c11", LeftoverKind.RUN),
        ("audit-0d5b3a5c-5d7a-4f0e-9a51-3d3f5f0f3c11", LeftoverKind.LOOK),
        ("preflight-0d5b3a5c-5d7a-4f0e-9a51-3d3f5f0f3c11", LeftoverKind.LOOK),
        ("mine", LeftoverKind.RUN),
    ],
)
def test_a_directory_is_a_looks_by_its_name_only(name: str, kind: LeftoverKind) -> None:
    assert kind_of_run(name) is kind
