"""What comes with Loadmaster besides its code: where it lies, in a checkout and in an installation.

This directory has one name for each of them: `prefect.yaml`, the shipped profiles, the example, the docs that messages point to,
the corpus of recorded answers, the smoke test's C files. In a checkout the names are links to where people look for them; the
wheel holds the files. It refuses to know where anything is kept that is written: that is `loadmaster.run.store`.
"""

from __future__ import annotations

from pathlib import Path

SHIPPED = Path(__file__).resolve().parent
"""The directory. Nothing is ever written here."""


def shipped(name: str) -> Path:
    """The file or directory `name` of those; where the link leads, in a checkout. An absolute path is itself."""
    return (SHIPPED / name).resolve()


def checkout() -> Path | None:
    """The top of the checkout that this code runs from; None if it is installed."""
    return SHIPPED.parents[1] if (SHIPPED / "prefect.yaml").is_symlink() else None
