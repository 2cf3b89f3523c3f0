"""A registry's client against answers that a test makes up; `config.json` alone is answered as a registry does."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import httpx

from loadmaster.clients.registry.registry import RegistryClient

INDEX = "sparse+https://registry.example/index/"
API = "https://registry.example"
DL = "https://registry.example/dl"
Handler = Callable[[httpx.Request], httpx.Response]


def registry_of(handler: Handler, index: str = INDEX, dl: str = DL) -> RegistryClient:
    def answer(request: httpx.Request) -> httpx.Response:
        is_config = request.url.path.endswith("/config.json")
        return httpx.Response(200, json={"api": API, "dl": dl}) if is_config else handler(request)

    return RegistryClient(index, httpx.Client(transport=httpx.MockTransport(answer), follow_redirects=True))


def answering(status: int, body: str = "", headers: Mapping[str, str] | None = None) -> RegistryClient:
    return registry_of(lambda request: httpx.Response(status, text=body, headers=headers))
