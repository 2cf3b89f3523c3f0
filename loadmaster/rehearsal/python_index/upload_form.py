"""Reads the form of an upload: `multipart/form-data`, by the standard library's parser of messages."""

from __future__ import annotations

from email.parser import BytesParser
from email.policy import HTTP
from typing import NamedTuple


class UploadForm(NamedTuple):
    fields: dict[str, str]
    filename: str | None
    content: bytes | None


def read_form(content_type: str, body: bytes) -> UploadForm:
    """A form without a file, if it is none."""
    head = f"Content-Type: {content_type}\r\nMIME-Version: 1.0\r\n\r\n".encode("latin-1", "replace")
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    fields: dict[str, str] = {}
    filename, content = None, None
    for part in message.iter_parts() if message.is_multipart() else ():
        name = part.get_param("name", header="content-disposition")
        payload = part.get_payload(decode=True)
        raw = payload if isinstance(payload, bytes) else b""
        if name == "content":
            filename, content = part.get_filename(), raw
        elif isinstance(name, str):
            fields[name] = raw.decode(errors="replace")
    return UploadForm(fields, filename, content)
