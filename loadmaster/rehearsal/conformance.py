"""The conformance corpus: requests, and crates.io's answers to them. Replays them in order against any server.

It knows how a case is written, sent and compared. It refuses to know which server it asks: the rehearsal's registry,
crates.io's own, or another. Later cases depend on earlier ones, so a replay begins with the first.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import re
import tarfile
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx
from pydantic import Field, ValidationError

from loadmaster.errors.rehearsal import CorpusBroken, ServerNotAsked
from loadmaster.planning.values.value import Value
from loadmaster.rehearsal.issuer import SOUND, Flaws, IssuedRun
from loadmaster.rehearsal.scenario import read_scenario
from loadmaster.run.profiles import problems_of
from loadmaster.shipped import shipped

CORPUS = shipped("conformance")
SCENARIO = "scenario.toml"
_AGENT = "loadmaster-conformance (replays recorded requests)"
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|\+00:00)")
_HTTP_DATE = re.compile(r"\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT")
_TYPES = {"file": tarfile.REGTYPE, "link": tarfile.LNKTYPE, "symlink": tarfile.SYMTYPE, "fifo": tarfile.FIFOTYPE}
_TYPES |= {"directory": tarfile.DIRTYPE}


class File(Value):
    """An entry of a crate file."""

    path: str
    text: str | None = None
    base64: str | None = None
    """Instead of `text`, for bytes that are not text."""
    type: Literal["file", "link", "symlink", "fifo", "directory"] = "file"
    target: str = ""
    """The target of a link."""

    def content(self) -> bytes:
        return base64.b64decode(self.base64) if self.base64 is not None else (self.text or "").encode()


class CorpusUpload(Value):
    """The body of a publish request: its metadata, then a crate file with these entries."""

    metadata: str
    files: tuple[File, ...]


class CorpusIdentity(Value):
    """An ID token from the issuer beside the server."""

    run: IssuedRun
    flaws: Flaws = SOUND


class CorpusRequest(Value):
    method: str
    path: str
    token: str | None = None
    """The name of a token of the scenario; `=TEXT` for a literal text; `@NAME` for a value that an earlier case kept."""
    scheme: str | None = None
    """The word before the token in the `Authorization` header."""
    user_agent: str = _AGENT
    headers: dict[str, str] = Field(default_factory=dict)
    text: str | None = None
    """The body, unless one of the fields below gives it."""
    base64: str | None = None
    upload: CorpusUpload | None = None
    identity: CorpusIdentity | None = None
    """Sent as `{"jwt": …}`."""
    identity_again: str | None = None
    """The ID token of the case with this name is sent again."""


class CorpusAnswer(Value):
    status: int
    errors: tuple[str, ...] | None = None
    keys: tuple[str, ...] | None = None
    """The keys of the JSON object, at its top level."""
    document: str | None = None
    """The whole JSON document; `<DATE>` in it matches any instant."""
    text: str | None = None
    """The start of the body."""
    headers: dict[str, str] = Field(default_factory=dict)
    """The headers that are compared."""


class Case(Value):
    name: str
    """Folder and file, without its ending."""
    source: str
    """The source of the expected answer."""
    why: str | None = None
    request: CorpusRequest
    answer: CorpusAnswer
    keep: dict[str, str] = Field(default_factory=dict)
    """By name, a field of the answer that is kept as a token for later cases."""


class CorpusDifference(Value):
    case: str
    expected: str
    got: str


def load_corpus(directory: Path = CORPUS) -> tuple[Case, ...]:
    """All cases, in their order: folders and files are numbered. Raises `CorpusBroken`."""
    cases = []
    for file in sorted(directory.glob("*/*.toml")):
        name = f"{file.parent.name}/{file.stem}"
        try:
            cases.append(Case.model_validate({"name": name} | tomllib.loads(file.read_text(encoding="utf-8"))))
        except (ValidationError, ValueError) as error:
            problems = problems_of(error) if isinstance(error, ValidationError) else [str(error)]
            raise CorpusBroken(str(file), problems) from error
    if not cases:
        raise CorpusBroken(str(directory), ["there are no cases: `NUMBER-TOPIC/NUMBER-NAME.toml`"])
    return tuple(cases)


def scenario_tokens(directory: Path = CORPUS) -> dict[str, str]:
    """The tokens that the corpus' scenario names. Raises `ScenarioBroken`."""
    scenario = read_scenario(directory / SCENARIO)
    return {token.name: token.token for token in scenario.tokens if token.name and token.token}


@dataclass
class Replay:
    """One server, and the values that its answers gave so far."""

    server: str
    """Address of its web API, without a slash at the end."""
    tokens: Mapping[str, str]
    client: httpx.Client
    issuer: str | None = None
    """None: cases that need an ID token, and those that depend on them, are left out."""
    kept: dict[str, str] = field(default_factory=dict)
    sent: dict[str, str] = field(default_factory=dict)
    """The ID tokens that were sent, by case."""
    left_out: list[str] = field(default_factory=list)

    def run(self, cases: tuple[Case, ...]) -> Iterator[tuple[Case, CorpusDifference | None]]:
        """Each case that was asked, with its difference or None. Raises `ServerNotAsked`."""
        for case in cases:
            if self._cannot_ask(case.request):
                self.left_out.append(case.name)
                continue
            try:
                answer = self._send(case)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise ServerNotAsked(self.server, case.name, f"{type(error).__name__}: {error}") from error
            for name, wanted in case.keep.items() if answer.is_success else ():
                self.kept[name] = str(answer.json()[wanted])
            yield case, compare(case, answer)

    def _cannot_ask(self, request: CorpusRequest) -> bool:
        kept = request.token is not None and request.token.startswith("@") and request.token[1:] not in self.kept
        again = request.identity_again is not None and request.identity_again not in self.sent
        return kept or again or (request.identity is not None and self.issuer is None)

    def _send(self, case: Case) -> httpx.Response:
        asked = case.request
        headers = {"User-Agent": asked.user_agent} | asked.headers
        if asked.token is not None:
            token = self._token(asked.token)
            headers["Authorization"] = f"{asked.scheme} {token}" if asked.scheme else token
        content = self._content(case)
        if asked.identity is not None or asked.identity_again is not None:
            headers.setdefault("Content-Type", "application/json")
        # httpx would normalise the path; it is sent unchanged, with `//` and `%2B`.
        url = httpx.URL(self.server)
        url = url.copy_with(raw_path=url.raw_path.rstrip(b"/") + asked.path.encode())
        return self.client.request(asked.method, url, headers=headers, content=content, follow_redirects=False)

    def _token(self, named: str) -> str:
        if named.startswith("="):
            return named[1:]
        if named.startswith("@"):
            return self.kept[named[1:]]
        try:
            return self.tokens[named]
        except KeyError:
            raise CorpusBroken(str(CORPUS), [f"nobody says what the token `{named}` is"]) from None

    def _content(self, case: Case) -> bytes | None:
        asked = case.request
        if asked.identity is not None:
            self.sent[case.name] = self._id_token(asked.identity)
        if asked.identity is not None or asked.identity_again is not None:
            return json.dumps({"jwt": self.sent[asked.identity_again or case.name]}).encode()
        if asked.upload is not None:
            return packed(asked.upload)
        if asked.base64 is not None:
            return base64.b64decode(asked.base64)
        return asked.text.encode() if asked.text is not None else None

    def _id_token(self, wanted: CorpusIdentity) -> str:
        started = self.client.post(f"{self.issuer}/runs", json=wanted.model_dump(mode="json")).raise_for_status().json()
        bearer = {"Authorization": f"Bearer {started['token']}"}
        told = self.client.get(
            f"{self.issuer}/token", params={"audience": urlsplit(self.server).netloc}, headers=bearer
        )
        return str(told.raise_for_status().json()["value"])


def compare(case: Case, answer: httpx.Response) -> CorpusDifference | None:
    expected, got = case.answer, _seen(answer)
    wanted: dict[str, Any] = {"status": expected.status}
    found: dict[str, Any] = {"status": got["status"]}
    for part in ("errors", "keys"):
        if (said := getattr(expected, part)) is not None:
            wanted[part], found[part] = list(said), got[part]
    if expected.document is not None:
        wanted["document"], found["document"] = json.loads(expected.document), got["document"]
    if expected.text is not None:
        wanted["text"], found["text"] = expected.text, got["text"][: len(expected.text)]
    for name, value in expected.headers.items():
        wanted[name], found[name] = value, _undated(answer.headers.get(name, ""))
    if wanted == found:
        return None
    if expected.errors is not None and got["errors"] is None:
        found["text"] = got["text"][:200]
    return CorpusDifference(case=case.name, expected=_shown(wanted), got=_shown(found))


def _seen(answer: httpx.Response) -> dict[str, Any]:
    text = _undated(answer.text)
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    is_object = isinstance(document, dict)
    errors = [each.get("detail") for each in document["errors"]] if is_object and "errors" in document else None
    keys = sorted(document) if is_object else None
    return {"status": answer.status_code, "errors": errors, "keys": keys, "document": document, "text": text}


def packed(upload: CorpusUpload) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for entry in upload.files:
            member = tarfile.TarInfo(entry.path)
            member.type, member.linkname = _TYPES[entry.type], entry.target
            content = entry.content()
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    metadata, tarball = upload.metadata.encode(), gzip.compress(buffer.getvalue(), mtime=0)
    return len(metadata).to_bytes(4, "little") + metadata + len(tarball).to_bytes(4, "little") + tarball


def _undated(text: str) -> str:
    return _ISO_DATE.sub("<DATE>", _HTTP_DATE.sub("<DATE>", text))


def _shown(parts: dict[str, Any]) -> str:
    return json.dumps(parts, sort_keys=True, ensure_ascii=False)
