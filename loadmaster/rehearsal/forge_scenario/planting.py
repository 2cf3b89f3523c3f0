"""Releases that the forge has before anything happens, and what becomes of assets."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from loadmaster.planning.values.value import Value


class PlantedAsset(Value):
    name: str
    text: str | None = None
    """Its content. Without it and `size`: bytes made up from the name."""
    size: int | None = Field(default=None, ge=0)
    """Of a simulated asset in bytes: it has zeros, which are nowhere kept, and no digest."""
    state: Literal["uploaded", "starter"] = "uploaded"
    """`starter`: what an upload leaves that broke off. It has no bytes, and takes the name."""

    @model_validator(mode="after")
    def _has_one_content(self) -> Self:
        if self.text is not None and self.size is not None:
            raise ValueError(f"`{self.name}` has `text` and `size`; give one of them")
        return self


class PlantedRelease(Value):
    tag: str
    draft: bool = False
    name: str | None = None
    body: str = ""
    prerelease: bool = False
    immutable: bool = False
    assets: tuple[PlantedAsset, ...] = ()

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        if self.draft and self.immutable:
            raise ValueError(f"the release of `{self.tag}` is a draft, and no draft is immutable")
        return self


class AssetMishap(Value):
    """What becomes of an asset that somebody uploads."""

    name: str
    """Of the asset; `*` and `?` stand for anything."""
    becomes: Literal["missing", "renamed", "crlf", "starter"]
    """`missing`: the answer says that it is there, and it is not. `renamed`: it gets another name. `crlf`: its lines end as on
    Windows. `starter`: the upload is answered with 502, and an empty asset takes the name."""
    uploader: Literal["ci", "anybody"] = "ci"
    """Whose uploads: those of the played workflow only, or everybody's."""
    times: int = Field(default=1, ge=1)
