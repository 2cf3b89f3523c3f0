"""What a workspace's own cargo configuration says of crates.io."""

from __future__ import annotations

from pathlib import PurePosixPath

from loadmaster.planning.values.toml_text import load_toml

_NAMES = (".cargo/config.toml", ".cargo/config")


def configuration_paths(root: str) -> tuple[str, ...]:
    """The configuration files that cargo reads for the manifest `root`, from the top of the repository; most are not there."""
    return tuple(str(folder / name) for folder in PurePosixPath(root).parents for name in _NAMES)


def replaces_crates_io(text: str) -> bool:
    """Whether a configuration takes crates from somewhere else than crates.io, such as from a `vendor` directory.

    A text that is no TOML says nothing: cargo refuses it itself.
    """
    try:
        sources = load_toml(text).get("source")
    except ValueError:
        return False
    crates_io = sources.get("crates-io") if isinstance(sources, dict) else None
    return isinstance(crates_io, dict) and "replace-with" in crates_io
