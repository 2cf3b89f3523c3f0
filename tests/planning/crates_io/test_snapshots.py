"""The lists that are kept of crates.io's: they say what they are of, and are what `scripts/snapshots` makes."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from loadmaster.planning.crates_io import category_slugs, spdx_ids
from loadmaster.planning.crates_io.snapshots import (
    SpdxList,
    categories_module,
    parse_identifiers,
    parse_slugs,
    spdx_module,
)

IDENTIFIERS = """
pub const VERSION: &str = "3.29.0";

pub const LICENSES: &[License] = &[
    License {
        name: "MIT",
        full_name: r#"MIT License"#,
        index: 0,
        flags: IS_OSI_APPROVED,
    },
    License {
        name: "Apache-2.0",
        full_name: r#"Apache License 2.0"#,
        index: 1,
        flags: 0x0,
    },
];

pub const IMPRECISE_NAMES: &[(&str, &str)] = &[
    ("apache2", "Apache-2.0"),
];

pub const EXCEPTIONS: &[Exception] = &[
    Exception {
        name: "LLVM-exception",
        index: 0,
        flags: 0,
    },
];
"""
CATEGORIES = """
[os]
name = "Operating systems"
[os.categories.unix-apis]
name = "Unix APIs"
[os.categories.unix-apis.categories.bsd]
name = "BSD"
[wasm]
name = "WebAssembly"
"""
HAND = "run scripts/snapshots; the file is not written by hand"


def test_the_licences_say_their_versions_and_are_as_they_were_made() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", spdx_ids.CRATE_VERSION)
    found = SpdxList(version=spdx_ids.LIST_VERSION, licenses=spdx_ids.LICENSES, exceptions=spdx_ids.EXCEPTIONS)
    assert Path(spdx_ids.__file__).read_text() == spdx_module(found, spdx_ids.CRATE_VERSION), HAND


def test_the_categories_say_their_day_and_are_as_they_were_made() -> None:
    assert date.fromisoformat(category_slugs.COMMITTED) <= date.today()
    made = categories_module(category_slugs.CATEGORY_SLUGS, category_slugs.COMMITTED)
    assert Path(category_slugs.__file__).read_text() == made, HAND


def test_identifiers_are_read_from_the_crates_source() -> None:
    assert parse_identifiers(IDENTIFIERS) == SpdxList(
        version="3.29.0", licenses=frozenset({"MIT", "Apache-2.0"}), exceptions=frozenset({"LLVM-exception"})
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("pub const VERSION", "const LIST_VERSION"),
        ('name: "MIT",', "name: MIT_NAME,"),
        ("    Exception {", "    Addition {"),
    ],
    ids=["no version", "an entry of another shape", "no exceptions"],
)
def test_a_source_of_another_shape_is_refused(before: str, after: str) -> None:
    with pytest.raises(ValueError, match=r"format|VERSION"):
        parse_identifiers(IDENTIFIERS.replace(before, after))


def test_categories_are_read_with_those_below_them() -> None:
    assert parse_slugs(CATEGORIES) == {"os", "os::unix-apis", "os::unix-apis::bsd", "wasm"}


def test_a_file_without_categories_is_refused() -> None:
    with pytest.raises(ValueError, match="no category"):
        parse_slugs("# moved\n")
