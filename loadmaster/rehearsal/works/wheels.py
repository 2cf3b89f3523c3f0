"""The job that makes wheels: tiny ones, valid, of each Python package of the tree, and uploads them to the package index."""

from __future__ import annotations

import base64
import hashlib
import io
import secrets
import zipfile
from pathlib import Path

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from loadmaster.clients import bounded
from loadmaster.clients.pages import beginning
from loadmaster.planning.values.toml_text import load_toml
from loadmaster.rehearsal.forge.actions.works import JobTask, WorkFailed
from loadmaster.rehearsal.works.surroundings import Surroundings, check_out, version_of

_SAME = (1980, 1, 1, 0, 0, 0)


def upload_wheels(around: Surroundings, token: str, task: JobTask) -> None:
    """Raises `WorkFailed`."""
    tree, version = check_out(around, task), version_of(task.run.head_branch)
    names = _packages(tree)
    if not names:
        raise WorkFailed("the tree has no pyproject.toml with a project")
    with bounded.Client(timeout=60) as client:
        for name in names:
            filename, content = wheel(name, version)
            task.tell(f"Uploading {filename}")
            form = {
                ":action": "file_upload",
                "protocol_version": "1",
                "metadata_version": "2.1",
                "name": name,
                "version": _python_version(version),
                "filetype": "bdist_wheel",
                "sha256_digest": hashlib.sha256(content).hexdigest(),
            }
            boundary = secrets.token_hex(16)
            answer = client.post(
                f"{around.python_index}/legacy/",
                content=_form(boundary, form, filename, content),
                headers={
                    "Content-Type": f"multipart/form-data; boundary={boundary}",
                    "Authorization": f"Bearer {token}",
                },
            )
            if answer.status_code != 200:
                raise WorkFailed(f"HTTPError: {answer.status_code} {beginning(answer)}")


def wheel(name: str, version: str) -> tuple[str, bytes]:
    """Its file name and its bytes, which are the same each time."""
    module, shown = canonicalize_name(name).replace("-", "_"), _python_version(version)
    info = f"{module}-{shown}.dist-info"
    files = {
        f"{module}/__init__.py": f'__version__ = "{shown}"\n',
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {shown}\nSummary: A wheel of a rehearsal.\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: loadmaster\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},sha256={_sum(text)},{len(text)}\n" for path, text in files.items())
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in files.items():
            archive.writestr(zipfile.ZipInfo(path, _SAME), text)
    return f"{module}-{shown}-py3-none-any.whl", packed.getvalue()


def _sum(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


def _python_version(version: str) -> str:
    """As Python writes it: `1.0.0-rc.1` is `1.0.0rc1`. Raises `WorkFailed`."""
    try:
        return str(Version(version))
    except InvalidVersion as error:
        raise WorkFailed(f"{version} is no version of Python's") from error


def _packages(tree: Path) -> list[str]:
    found = []
    for file in sorted(tree.rglob("pyproject.toml")):
        project = load_toml(file.read_text(encoding="utf-8")).get("project")
        if isinstance(project, dict) and isinstance(project.get("name"), str):
            found.append(project["name"])
    return found


def _form(boundary: str, fields: dict[str, str], filename: str, content: bytes) -> bytes:
    def part(head: str, body: bytes) -> bytes:
        disposition = f"Content-Disposition: form-data; {head}\r\n"
        return f"--{boundary}\r\n{disposition}\r\n".encode() + body + b"\r\n"

    parts = [part(f'name="{name}"', value.encode()) for name, value in fields.items()]
    file = part(f'name="content"; filename="{filename}"', content)
    return b"".join([*parts, file, f"--{boundary}--\r\n".encode()])
