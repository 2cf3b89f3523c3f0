"""Shows how a run goes: a picture that changes in place on a terminal, else each line once.

Thin: what is shown is decided by `planning.progress`, from what the run notes in its own directory.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from loadmaster.cli.screen.colours import can_redraw, wants_colours
from loadmaster.cli.screen.streams import has_ascii_only
from loadmaster.cli.screen.tail import Tail
from loadmaster.cli.screen.volume import Volume, volume
from loadmaster.planning.progress.notes import read_note
from loadmaster.planning.progress.picture import Mark, Picture, picture_of
from loadmaster.planning.progress.progress import Progress
from loadmaster.planning.progress.text import ASCII, UNICODE, Signs, lines_of, new_lines
from loadmaster.planning.values.receipt import Receipt
from loadmaster.planning.values.tell import Tell
from loadmaster.run.store import RunDirectory
from loadmaster.stack.runs import FlowRun

if TYPE_CHECKING:
    from rich.console import Group
    from rich.live import Live

_COLOURS = {Mark.DONE: "green", Mark.AT_WORK: "bold", Mark.AHEAD: "dim", Mark.WRONG: "bold red"}


class RunScreen:
    """What was shown of a run already. `live` is rich's area of lines that may be written over; None for a log."""

    def __init__(self, journal: Tail, log: Tail | None, tell: Tell, signs: Signs, live: Live | None) -> None:
        self._journal, self._log, self._tell, self._signs, self._live = journal, log, tell, signs, live
        self._progress, self._told = Progress(), None if live else picture_of(Progress(), datetime.now(UTC))
        self._state = "scheduled"

    def show(self, run: FlowRun | None) -> None:
        """Looks, and shows what is new. `run` is as the server has it; None if it does not answer."""
        if run is not None:
            self._state = run.state.name.lower()
        for note in filter(None, map(read_note, self._journal.lines())):
            self._progress = self._progress.after(note)
        for line in self._log.lines() if self._log else ():
            self._tell(line.decode(errors="replace"))
        self._draw()

    def end(self, receipt: Receipt) -> None:
        """Shows how it ended."""
        self.show(None)
        if self._progress.receipt is not None and self._progress.receipt.started == receipt.started:
            self._progress = self._progress.end(receipt, datetime.now(UTC))
            self._draw()

    def _draw(self) -> None:
        picture = picture_of(self._progress, datetime.now(UTC))
        if self._live is not None:
            self._live.update(self._coloured(picture), refresh=True)
            return
        for line in new_lines(self._told, picture, self._signs):
            self._tell(line)
        self._told = picture

    def _coloured(self, picture: Picture) -> Group:
        from rich.console import Group
        from rich.text import Text

        assert self._live is not None
        width, height = self._live.console.size
        lines = lines_of(picture, width - 1, height - 1, self._signs)
        if not lines:
            return Group(Text(f"{self._signs.marks[Mark.AT_WORK]} {self._state}", no_wrap=True))
        return Group(*(Text(line.text, style=_COLOURS[line.mark], no_wrap=True) for line in lines))


@contextmanager
def run_screen(directory: RunDirectory, tell: Tell) -> Iterator[RunScreen]:
    """The screen for a run, until the block ends. `tell` gets the lines where nothing can be written over."""
    signs = ASCII if has_ascii_only(sys.stderr) else UNICODE
    is_live = volume() is Volume.NORMAL and can_redraw(os.environ, is_terminal=sys.stderr.isatty())
    with ExitStack() as opened:
        journal = opened.enter_context(Tail(directory.journal))
        is_verbose = volume() is Volume.VERBOSE
        log = opened.enter_context(Tail(directory.prefect_log, from_now=True)) if is_verbose else None
        live = opened.enter_context(_live()) if is_live else None
        yield RunScreen(journal, log, tell, signs, live)


def _live() -> Live:
    from rich.console import Console
    from rich.live import Live

    colours = wants_colours(os.environ, is_terminal=True)
    console = Console(
        stderr=True, force_terminal=True, no_color=not colours, highlight=False, emoji=False, markup=False
    )
    return Live(console=console, auto_refresh=False, redirect_stdout=False)
