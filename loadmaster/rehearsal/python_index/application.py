"""The package index over HTTP: the simple API (HTML and JSON), PyPI's own JSON, the files, and the upload form.

It knows PyPI's rules as far as an upload meets them: a name is normalised, a file name is given once, and for ever.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from loadmaster.rehearsal.forge.front.callers import token_in
from loadmaster.rehearsal.python_index.names import is_name, normalised, of_file
from loadmaster.rehearsal.python_index.store import DistributionFile, DistributionStore, sha256_of
from loadmaster.rehearsal.python_index.upload_form import UploadForm, read_form

_JSON = "application/vnd.pypi.simple.v1+json"
_HTML = "application/vnd.pypi.simple.v1+html"
_VERSION = "1.1"


class PythonIndex:
    """Its state is in `directory`. Whoever sends `token` may upload, for any project."""

    def __init__(self, directory: Path, *, token: str, clock: Callable[[], datetime]) -> None:
        self._store, self._token, self._clock = DistributionStore(directory), token, clock

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/simple/", self._list),
                Route("/simple/{project}/", self._show),
                Route("/simple/{project}", self._slash),
                Route("/pypi/{project}/json", self._describe),
                Route("/pypi/{project}/{version}/json", self._describe),
                Route("/files/{sha256}/{filename}", self._download),
                Route("/legacy/", self._upload, methods=["POST"]),
            ]
        )

    def files(self) -> tuple[DistributionFile, ...]:
        return self._store.files()

    def yank(self, project: str, version: str, why: str | None = "") -> None:
        self._store.yank(normalised(project), version, why)

    def _base(self, request: Request) -> str:
        root = request.scope.get("root_path", "")
        return str(request.url.replace(path=root, query="", fragment="")).rstrip("/")

    def _list(self, request: Request) -> Response:
        names = sorted({each.project for each in self._store.files()})
        if _JSON in request.headers.get("accept", ""):
            body = {"meta": {"api-version": _VERSION}, "projects": [{"name": name} for name in names]}
            return JSONResponse(body, media_type=_JSON)
        links = "".join(f'<a href="{quote(name)}/">{escape(name)}</a>\n' for name in names)
        return HTMLResponse(_page("Simple index", links))

    def _slash(self, request: Request) -> Response:
        name = normalised(request.path_params["project"])
        return RedirectResponse(f"{self._base(request)}/simple/{quote(name)}/", 301)

    def _show(self, request: Request) -> Response:
        asked = request.path_params["project"]
        if asked != normalised(asked):
            return self._slash(request)
        files = self._store.files(asked)
        if not files:
            return PlainTextResponse("404 Not Found", 404)
        if _JSON in request.headers.get("accept", ""):
            body = {
                "meta": {"api-version": _VERSION, "_last-serial": 0},
                "name": asked,
                "versions": list(dict.fromkeys(each.version for each in files)),
                "files": [self._file_json(request, each) for each in files],
            }
            return JSONResponse(body, media_type=_JSON)
        links = "".join(self._link(request, each) for each in files)
        page = _page(f"Links for {asked}", f"<h1>Links for {escape(asked)}</h1>\n{links}")
        wants_new = _HTML in request.headers.get("accept", "")
        return HTMLResponse(page, media_type=_HTML if wants_new else "text/html")

    def _address(self, request: Request, file: DistributionFile) -> str:
        return f"{self._base(request)}/files/{file.sha256}/{quote(file.filename)}"

    def _file_json(self, request: Request, file: DistributionFile) -> dict[str, Any]:
        yanked: str | bool = False if file.yanked is None else file.yanked or True
        return {
            "filename": file.filename,
            "url": self._address(request, file),
            "hashes": {"sha256": file.sha256},
            "requires-python": file.requires_python,
            "size": file.size,
            "upload-time": file.uploaded,
            "yanked": yanked,
            "core-metadata": False,
        }

    def _link(self, request: Request, file: DistributionFile) -> str:
        more = f' data-requires-python="{escape(file.requires_python)}"' if file.requires_python else ""
        more += f' data-yanked="{escape(file.yanked)}"' if file.yanked is not None else ""
        address = f"{self._address(request, file)}#sha256={file.sha256}"
        return f'<a href="{escape(address)}"{more}>{escape(file.filename)}</a><br>\n'

    def _describe(self, request: Request) -> Response:
        files = self._store.files(normalised(request.path_params["project"]))
        version = request.path_params.get("version") or (files[-1].version if files else "")
        found = [each for each in files if each.version == version]
        if not found:
            return JSONResponse({"message": "Not Found"}, 404)
        info = {
            "name": found[0].shown_name,
            "version": version,
            "summary": found[0].summary,
            "requires_python": found[0].requires_python,
            "yanked": found[0].yanked is not None,
            "yanked_reason": found[0].yanked or None,
            "project_url": f"{self._base(request)}/simple/{found[0].project}/",
        }
        urls = [self._url_json(request, each) for each in found]
        body: dict[str, Any] = {"info": info, "last_serial": 0, "urls": urls, "vulnerabilities": []}
        if "version" not in request.path_params:
            body["releases"] = {
                each: [self._url_json(request, file) for file in files if file.version == each]
                for each in dict.fromkeys(file.version for file in files)
            }
        return JSONResponse(body)

    def _url_json(self, request: Request, file: DistributionFile) -> dict[str, Any]:
        return {
            "filename": file.filename,
            "url": self._address(request, file),
            "digests": {"sha256": file.sha256},
            "size": file.size,
            "packagetype": file.packagetype,
            "python_version": "py3" if file.packagetype == "bdist_wheel" else "source",
            "requires_python": file.requires_python,
            "upload_time": file.uploaded.removesuffix("Z").partition(".")[0],
            "upload_time_iso_8601": file.uploaded,
            "yanked": file.yanked is not None,
            "yanked_reason": file.yanked or None,
        }

    def _download(self, request: Request) -> Response:
        file = self._store.file(request.path_params["filename"])
        if file is None or file.sha256 != request.path_params["sha256"]:
            return PlainTextResponse("404 Not Found", 404)
        return FileResponse(self._store.place(file), media_type="application/octet-stream")

    async def _upload(self, request: Request) -> Response:
        sent = token_in(request.headers.get("authorization", ""))
        if sent is None or not secrets.compare_digest(sent.encode(), self._token.encode()):
            return _refusal(403, "Invalid or non-existent authentication information.")
        body = await request.body()
        return await run_in_threadpool(self._take, request.headers.get("content-type", ""), body)

    def _take(self, content_type: str, body: bytes) -> Response:
        form = read_form(content_type, body)
        fields, filename, content = form
        if (why := _fault(form)) is not None or filename is None or content is None:
            return _refusal(400, why or "")
        digest, there = sha256_of(content), self._store.file(filename)
        if there is not None:
            if there.sha256 == digest:
                return Response(status_code=200)
            return _refusal(400, f"File already exists ({filename!r}, with sha256 hash {there.sha256!r}).")
        file = DistributionFile(
            project=normalised(fields["name"]),
            shown_name=fields["name"],
            version=fields["version"],
            filename=filename,
            sha256=digest,
            size=len(content),
            uploaded=self._clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            yanked=None,
            requires_python=fields.get("requires_python") or None,
            summary=fields.get("summary", ""),
            packagetype="bdist_wheel" if filename.endswith(".whl") else "sdist",
        )
        self._store.add(file, content)
        return Response(status_code=200)


def _fault(form: UploadForm) -> str | None:
    """Why PyPI takes no such upload; None if it is sound."""
    fields, filename, content = form
    name, version = fields.get("name", ""), fields.get("version", "")
    if fields.get(":action") != "file_upload" or not filename or content is None:
        return "Upload payload does not have a file."
    said = of_file(filename)
    faults = {
        f"{name!r} is an invalid value for Name.": not is_name(name),
        f"Invalid distribution file: {filename}": said is None,
        f"Start filename for {name!r} with {normalised(name).replace('-', '_')!r}.": said
        and said.project != normalised(name),
        f"Version in filename should be {version!r} not {said and said.version!r}.": said and said.version != version,
        "The digest supplied does not match a digest calculated from the uploaded file.": fields.get(
            "sha256_digest", sha256_of(content)
        )
        != sha256_of(content),
    }
    return next((why for why, holds in faults.items() if holds), None)


def _refusal(status: int, why: str) -> Response:
    """PyPI says it in a page; clients show its title."""
    return HTMLResponse(_page(f"{status} {why}", f"<h1>{status} {escape(why)}</h1>\n{escape(why)}\n"), status)


def _page(title: str, body: str) -> str:
    meta = f'<meta name="pypi:repository-version" content="{_VERSION}">'
    return f"<!DOCTYPE html>\n<html><head>{meta}<title>{escape(title)}</title></head><body>\n{body}</body></html>\n"
