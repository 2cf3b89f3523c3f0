"""The addresses of this forge, which lead back to it: they follow the request that is answered."""

from __future__ import annotations

import base64

from starlette.requests import Request

from loadmaster.planning.values.value import Value


class Addresses(Value):
    base: str
    repository: str

    @property
    def api(self) -> str:
        return f"{self.base}/repos/{self.repository}"

    @property
    def uploads(self) -> str:
        """Not below the API, because GitHub's uploads have a host of their own."""
        return f"{self.base}/uploads/repos/{self.repository}"

    @property
    def pages(self) -> str:
        return f"{self.base}/{self.repository}"

    def user(self, login: str) -> str:
        return f"{self.base}/users/{login}"


def addresses(request: Request, repository: str) -> Addresses:
    root = request.scope.get("root_path", "")
    return Addresses(base=str(request.url.replace(path=root, query="", fragment="")).rstrip("/"), repository=repository)


def node_id(kind: str, number: int | str) -> str:
    """GitHub's global id of an object: nothing but base64 of its kind and number, as the older ones are."""
    return base64.b64encode(f"0{len(kind)}:{kind}{number}".encode()).decode()
