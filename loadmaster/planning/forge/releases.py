"""A forge's answers about releases and their assets. Shapes are GitHub's."""

from __future__ import annotations

from pydantic import Field

from loadmaster.planning.forge.answered import Answered
from loadmaster.planning.values.value import Value


class Asset(Answered):
    id: int
    name: str
    size: int
    state: str
    """`uploaded`, or `starter` if its upload broke off."""
    digest: str | None = None
    """`sha256:…`, computed by the forge; None for assets older than the field."""
    url: str
    """Its address in the API; `browser_download_url` is for people."""
    browser_download_url: str

    @property
    def sha256(self) -> str | None:
        return self.digest.removeprefix("sha256:") if self.digest else None

    @property
    def is_complete(self) -> bool:
        return self.state == "uploaded"


class ForgeRelease(Answered):
    id: int
    tag: str = Field(validation_alias="tag_name")
    name: str | None
    body: str | None
    draft: bool
    prerelease: bool
    immutable: bool = False
    url: str = Field(validation_alias="html_url")
    upload_url: str
    assets: tuple[Asset, ...]


class Draft(Value):
    """The parameters of a new release."""

    tag_name: str
    name: str
    body: str
    target_commitish: str
    """A commit or branch; the forge tags it if the tag does not exist when the release is published."""
    prerelease: bool = False
