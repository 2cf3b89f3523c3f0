"""Makes the picture of a run for README and docs: records a real session, and draws the recording.

    make picture                           runs the commands below in a terminal, keeps what it shows, and draws that
    .venv/bin/python scripts/picture.py    only draws what was recorded before

The recording is in asciinema's format (asciicast v2), so `asciinema play` shows it. pyte is the terminal and rich draws each
screen; the picture is an SVG that plays by itself, and loads nothing.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator, Sequence
from io import StringIO
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import pyte
from rich.console import Console
from rich.style import Style
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
SESSION = ("loadmaster rehearse --project demo --version minor",)
CAST = ROOT / "docs" / "pictures" / "rehearse.cast"
COLUMNS, ROWS = 100, 30
AT_MOST_FRAMES, PAUSE, LAST = 36, 1.5, 6.0
"""How many screens the picture shows; how many seconds one is shown at most; how many the last one is."""
ENVIRONMENT = {"TERM": "xterm-256color", "LANG": "C.UTF-8", "COLUMNS": str(COLUMNS), "LINES": str(ROWS)}


class Frame(NamedTuple):
    at: float
    """Seconds from the beginning of the picture."""
    screen: tuple[Text, ...]


def record(commands: Sequence[str], file: Path) -> None:
    """Runs the commands one after another in a terminal, with a home that is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="loadmaster-picture-") as place:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, **ENVIRONMENT, "PATH": path, "LOADMASTER_HOME": f"{place}/home"}
        lines = [json.dumps({"version": 2, "width": COLUMNS, "height": ROWS, "env": {"TERM": ENVIRONMENT["TERM"]}})]
        start = time.monotonic()
        for command in commands:
            lines += [_event(time.monotonic() - start, f"\x1b[1m$ {command}\x1b[0m\r\n", place)]
            lines += [_event(time.monotonic() - start, words, place) for words in _said(command, environment)]
        subprocess.run(("loadmaster", "down", "--force"), env=environment, check=False, capture_output=True)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _event(seconds: float, words: str, place: str) -> str:
    words = words.replace(place, "~").replace(str(ROOT), "~/loadmaster")
    return json.dumps([round(seconds, 2), "o", words], ensure_ascii=False)


def _said(command: str, environment: dict[str, str]) -> Iterator[str]:
    """What the command writes to its terminal, as it comes. Raises `SystemExit` if it fails."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    process = subprocess.Popen(
        command,
        shell=True,
        cwd=ROOT,
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    while words := _read(ours):
        yield words.decode("utf-8", errors="replace")
    os.close(ours)
    if process.wait():
        raise SystemExit(f"`{command}` exited with {process.returncode}; nothing was drawn")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux says so at the end
        return b""


def frames(file: Path) -> tuple[Frame, ...]:
    """The screens of a recording that differ, with long pauses made short."""
    _, *events = (json.loads(line) for line in file.read_text(encoding="utf-8").splitlines())
    screen = pyte.HistoryScreen(COLUMNS, ROWS)
    stream = pyte.Stream(screen)
    shown: list[Frame] = []
    now = then = 0.0
    for seconds, _, words in events:
        now += min(seconds - then, PAUSE)
        then = seconds
        stream.feed(words)
        drawn = tuple(_line(screen, row) for row in range(ROWS))
        if not shown or drawn != shown[-1].screen:
            shown.append(Frame(round(now, 2), drawn))
    return _thinned(shown)


def _thinned(shown: Sequence[Frame]) -> tuple[Frame, ...]:
    """At most so many frames, spread over the time; the last one always."""
    step = shown[-1].at / AT_MOST_FRAMES
    kept: list[Frame] = []
    for frame in shown[:-1]:
        if not kept or frame.at - kept[-1].at >= step:
            kept.append(frame)
    return (*kept, shown[-1])


def _line(screen: pyte.Screen, row: int) -> Text:
    cells = [screen.buffer[row][column] for column in range(COLUMNS)]
    runs = groupby(cells, key=lambda cell: (cell.fg, cell.bold, cell.italics, cell.reverse))
    text = Text(no_wrap=True, end="")
    for (colour, bold, italic, reverse), run in runs:
        style = Style(color=_colour(colour), bold=bold, italic=italic, reverse=reverse)
        text.append("".join(cell.data for cell in run), style)
    text.rstrip()
    return text


def _colour(name: str) -> str:
    """A colour as rich calls it: pyte has names of its own, and six hexadecimal digits for the others."""
    if len(name) == 6 and all(digit in "0123456789abcdef" for digit in name):
        return f"#{name}"
    return {"brown": "yellow", "default": "default"}.get(name.removeprefix("bright"), name.removeprefix("bright"))


def draw(shown: Sequence[Frame], title: str) -> str:
    """An SVG in which the frames follow each other for ever."""
    whole = shown[-1].at + LAST
    ends = [*(frame.at for frame in shown[1:]), whole]
    parts = [_drawn(frame, number, title) for number, frame in enumerate(shown)]
    rules = [_rule(number, frame.at, end, whole) for number, (frame, end) in enumerate(zip(shown, ends, strict=True))]
    head, _, _ = parts[0].partition("<style>")
    still = (
        f"@media (prefers-reduced-motion) {{ .f {{ animation: none }} .f{len(shown) - 1} {{ visibility: visible }} }}"
    )
    styles = "\n".join([".f { visibility: hidden }", *rules, still])
    return "\n".join(
        [head, f"<style>\n{styles}\n</style>", *(_inner(part, at) for at, part in enumerate(parts)), "</svg>\n"]
    )


def _rule(number: int, begin: float, end: float, whole: float) -> str:
    on, off = f"{100 * begin / whole:.2f}", f"{100 * end / whole:.2f}"
    after = "" if end == whole else f" {off}% {{ visibility: hidden }}"
    before = "" if begin == 0 else "0% { visibility: hidden } "
    return (
        f"@keyframes k{number} {{ {before}{on}% {{ visibility: visible }}{after} }}\n"
        f".f{number} {{ animation: k{number} {whole:.2f}s step-end infinite }}"
    )


def _drawn(frame: Frame, number: int, title: str) -> str:
    console = Console(record=True, width=COLUMNS, file=StringIO(), color_system="truecolor", force_terminal=True)
    for line in frame.screen:
        console.print(line, crop=False)
    return console.export_svg(title=title, unique_id=f"s{number}", code_format=_FORMAT)


_FORMAT = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img" \
aria-label="A rehearsal in a terminal">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; \
font-size: {char_height}px; line-height: {line_height}px }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" /></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def _inner(part: str, number: int) -> str:
    """One frame: what is within its SVG, shown at its time alone."""
    _, _, rest = part.partition("<style>")
    return f'<g class="f f{number}">\n<style>{rest.rpartition("</svg>")[0]}</g>'


def main(arguments: Sequence[str]) -> None:
    if arguments == ["record"]:
        record(SESSION, CAST)
    elif arguments:
        raise SystemExit(__doc__)
    CAST.with_suffix(".svg").write_text(draw(frames(CAST), SESSION[-1]), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
