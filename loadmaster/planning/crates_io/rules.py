"""crates.io's rules for a version's metadata, in its order and with its messages. Pure.

Every check raises `Refusal` at the first broken rule. Ownership, duplicates and the existence of dependencies need a
registry, and are checked there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from loadmaster.planning.crates_io.category_slugs import CATEGORY_SLUGS
from loadmaster.planning.crates_io.license_expression import problem_of
from loadmaster.planning.crates_io.manifest import PackagedDependency, PackagedManifest
from loadmaster.planning.crates_io.names import (
    check_crate_name,
    check_dependency_key,
    check_feature_name,
    check_feature_value,
)
from loadmaster.planning.crates_io.refusal import Refusal, bad_request
from loadmaster.planning.crates_io.requirement import is_version, normalize
from loadmaster.planning.crates_io.toml_excerpt import unparsable

LONGEST_VERSION = 150
LONGEST_DESCRIPTION = 1000  # bytes, whatever the message says
LONGEST_KEYWORD = 20
MOST_KEYWORDS = 5
MOST_CATEGORIES = 5
MOST_FEATURES = 300
MOST_DEPENDENCIES = 500

_KEYWORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_+-]*")
_RUST_VERSION = re.compile(r"[0-9.]+")
_ASK_FOR_MORE = (
    "If you have a use case that requires an increase of this limit, "
    "please send us an email to help@crates.io to discuss the details."
)
_WHY_LIMITED = (
    "Take a look at https://blog.rust-lang.org/2023/10/26/broken-badges-and-23k-keywords.html "
    "to understand why this restriction was introduced."
)


def check_version(version: str) -> None:
    if not is_version(version):
        raise bad_request(f'"{version}" is an invalid semver version')
    if len(version) > LONGEST_VERSION:
        raise bad_request(f"the version number is too long (max {LONGEST_VERSION} characters)")


def check_manifest(manifest: PackagedManifest, name: str, version: str) -> None:
    """Checks everything that the manifest alone can show. The upload announced `name` and `version`. Raises `Refusal`."""
    _check_same_crate(manifest, name, version)
    for check in MANIFEST_CHECKS:
        check(manifest)


def check_categories(categories: Sequence[str]) -> None:
    """crates.io checks categories last, within the transaction. Raises `Refusal`."""
    unknown = [slug for slug in categories if slug not in CATEGORY_SLUGS]
    if unknown:
        raise bad_request(
            f"The following category slugs are not currently supported on crates.io: {', '.join(unknown)}\n\n"
            "See https://crates.io/category_slugs for a list of supported slugs."
        )


def check_dependency(dependency: PackagedDependency) -> None:
    check_crate_name(dependency.crate, "dependency")
    for feature in dependency.features:
        check_feature_value(feature)
    if dependency.registry:
        raise bad_request(
            f"Dependency `{dependency.crate}` is hosted on another registry. "
            "Cross-registry dependencies are not permitted on crates.io."
        )
    try:
        requirement = normalize(dependency.requirement)
    except ValueError:
        raise bad_request(f'"{dependency.requirement}" is an invalid version requirement') from None
    if requirement == "*":
        raise bad_request(
            "wildcard (`*`) dependency constraints are not allowed on crates.io. Crate with this problem: "
            f"`{dependency.crate}` See https://doc.rust-lang.org/cargo/faq.html#can-"
            "libraries-use--as-a-version-for-their-dependencies for more information"
        )
    if dependency.renamed:
        check_dependency_key(dependency.key)


def _check_same_crate(manifest: PackagedManifest, name: str, version: str) -> None:
    for field, announced, packed in (("name", name, manifest.name), ("version", version, manifest.version)):
        if announced != packed:
            raise bad_request(f"metadata {field} `{announced}` does not match manifest {field} `{packed}`")


def _check_present(manifest: PackagedManifest) -> None:
    fields = {"description": manifest.description, "license": manifest.license or manifest.license_file}
    missing = [field for field, value in fields.items() if not value]
    if missing:
        raise bad_request(
            f"missing or empty metadata fields: {', '.join(missing)}. Please see "
            "https://doc.rust-lang.org/cargo/reference/manifest.html for more information on configuring these fields"
        )


def _check_license(manifest: PackagedManifest) -> None:
    if manifest.license is not None and (problem := problem_of(manifest.license)) is not None:
        raise bad_request(
            "unknown or invalid license expression; see http://opensource.org/licenses for options, "
            "and http://spdx.org/licenses/ for their identifiers\n"
            "Note: If you have a non-standard license that is not listed by SPDX, use the license-file field to "
            "specify the path to a file containing the text of the license.\n"
            "See https://doc.rust-lang.org/cargo/reference/manifest.html#the-license-and-license-file-fields "
            f"for more information.\n{problem}"
        )


def _check_description(manifest: PackagedManifest) -> None:
    if manifest.description and len(manifest.description.encode()) > LONGEST_DESCRIPTION:
        raise bad_request(
            f"The `description` is too long. A maximum of {LONGEST_DESCRIPTION} characters are currently allowed."
        )


def _check_urls(manifest: PackagedManifest) -> None:
    for field in ("homepage", "documentation", "repository"):
        _check_url(getattr(manifest, field), field)


def _check_url(url: str | None, field: str) -> None:
    if url is None:
        return
    if not url.startswith(("http://", "https://")):
        raise bad_request(f"URL for field `{field}` must begin with http:// or https:// (url: {url})")
    if not _has_host(url):
        raise bad_request(f"`{field}` is not a valid url: `{url}`")


def _has_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and " " not in parts.netloc and (parts.port or 0) >= 0
    except ValueError:
        return False


def _check_rust_version(manifest: PackagedManifest) -> None:
    if manifest.rust_version is None:
        return
    try:
        normalize(manifest.rust_version)
    except ValueError:
        raise _bad_rust_version() from None
    if not _RUST_VERSION.fullmatch(manifest.rust_version):
        raise _bad_rust_version()


def _bad_rust_version() -> Refusal:
    return unparsable("invalid `rust-version` value")


def _check_keywords(manifest: PackagedManifest) -> None:
    if len(manifest.keywords) > MOST_KEYWORDS:
        raise bad_request(f"expected at most {MOST_KEYWORDS} keywords per crate")
    for keyword in manifest.keywords:
        if len(keyword.encode()) > LONGEST_KEYWORD:
            raise bad_request(
                f'"{keyword}" is an invalid keyword (keywords must have less than {LONGEST_KEYWORD} characters)'
            )
        if not _KEYWORD.fullmatch(keyword):
            raise bad_request(f'"{keyword}" is an invalid keyword')


def _check_number_of_categories(manifest: PackagedManifest) -> None:
    if len(manifest.categories) > MOST_CATEGORIES:
        raise bad_request(f"expected at most {MOST_CATEGORIES} categories per crate")


def _check_features(manifest: PackagedManifest) -> None:
    count = len(manifest.features)
    if count > MOST_FEATURES:
        raise bad_request(
            f"crates.io only allows a maximum number of {MOST_FEATURES} features, but your crate is declaring "
            f"{count} features.\n\n{_WHY_LIMITED}\n\n{_ASK_FOR_MORE}"
        )
    for feature in sorted(manifest.features):
        values = manifest.features[feature]
        check_feature_name(feature)
        if len(values) > MOST_FEATURES:
            raise bad_request(
                f"crates.io only allows a maximum number of {MOST_FEATURES} features or dependencies that another "
                f'feature can enable, but the "{feature}" feature of your crate is enabling {len(values)} features '
                f"or dependencies.\n\n{_WHY_LIMITED}\n\n{_ASK_FOR_MORE}"
            )
        for value in values:
            check_feature_value(value)


def _check_dependencies(manifest: PackagedManifest) -> None:
    if len(manifest.dependencies) > MOST_DEPENDENCIES:
        raise bad_request(
            f"crates.io only allows a maximum number of {MOST_DEPENDENCIES} dependencies.\n\n{_ASK_FOR_MORE}"
        )
    for dependency in manifest.dependencies:
        check_dependency(dependency)


MANIFEST_CHECKS: tuple[Callable[[PackagedManifest], None], ...] = (
    _check_present,
    _check_description,
    _check_license,
    _check_urls,
    _check_rust_version,
    _check_keywords,
    _check_number_of_categories,
    _check_features,
    _check_dependencies,
)
"""In crates.io's order; each raises `Refusal`."""
