"""What a person is told of an API that changed. The reports are those of cargo-semver-checks 0.51."""

from __future__ import annotations

import pytest

from loadmaster.planning.changes.api_report import api_findings


def failure(rule: str, *places: str) -> str:
    lines = "".join(f"  {place}\n" for place in places)
    return f"\n--- failure {rule} ---\n\nDescription:\nWhy it matters.\n        ref: a page\n\nFailed in:\n{lines}"


STRUCTS = failure(
    "struct_missing: pub struct removed or renamed",
    "struct wing::Egg, previously in file /copies/a/src/lib.rs:1",
    "struct wing::Nest, previously in file /copies/a/src/lib.rs:2",
)
REPORTS = {
    "several of one rule": (STRUCTS, ("struct_missing: pub struct removed or renamed (struct wing::Egg, and 1 more)",)),
    "a feature, which is in no file": (
        failure("feature_missing: package feature removed or renamed", "feature y in the package's Cargo.toml"),
        ("feature_missing: package feature removed or renamed (feature y in the package's Cargo.toml)",),
    ),
    "a function": (
        failure("function_const_removed: no longer const", "function wing::g in file /copies/b/src/lib.rs:1"),
        ("function_const_removed: no longer const (function wing::g)",),
    ),
    "a variant": (
        failure("enum_variant_added: added", "variant E:B in /copies/b/src/lib.rs:1"),
        ("enum_variant_added: added (variant E:B)",),
    ),
    "a sentence": (
        failure("derive_trait_impl_removed: gone", "type D no longer derives Clone, in /copies/b/src/lib.rs:1"),
        ("derive_trait_impl_removed: gone (type D no longer derives Clone)",),
    ),
    "two rules": (
        STRUCTS + failure("feature_missing: gone", "feature y in the package's Cargo.toml"),
        (
            "struct_missing: pub struct removed or renamed (struct wing::Egg, and 1 more)",
            "feature_missing: gone (feature y in the package's Cargo.toml)",
        ),
    ),
    "a rule alone": ("--- failure struct_missing: gone ---\n", ("struct_missing: gone",)),
    "nothing": ("     Summary no semver update required\n", ()),
}


@pytest.mark.parametrize(("report", "findings"), REPORTS.values(), ids=list(REPORTS))
def test_it_names_the_rule_and_what_broke_it(report: str, findings: tuple[str, ...]) -> None:
    assert api_findings(report) == findings
