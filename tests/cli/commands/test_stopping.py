"""Signals that stop a command: when they are heeded."""

from __future__ import annotations

import signal

import pytest

from loadmaster.cli.commands.stopping import SIGNALS, Stopped, signals_postponed, stopped_by_signals


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_that_comes_while_a_run_is_begun_is_heeded_once_the_run_is_known(number: signal.Signals) -> None:
    done = []
    with pytest.raises(Stopped) as stopped, stopped_by_signals():
        with signals_postponed():
            signal.raise_signal(number)
            done.append("begun")
        done.append("followed")
    assert (done, stopped.value.signal) == (["begun"], number)


def test_what_is_begun_without_a_signal_goes_on() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    with stopped_by_signals(), signals_postponed():
        pass
    assert [signal.getsignal(number) for number in SIGNALS] == before
