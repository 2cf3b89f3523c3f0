"""Crates that need siblings without a path, as where `[patch.crates-io]` connects them: real cargo, in a rehearsal world."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from loadmaster.credentials.tokens import hold_tokens
from loadmaster.planning.registry.crate_file import read_crate
from loadmaster.planning.registry.seen import Judged
from loadmaster.planning.values.gate import Outcome
from loadmaster.steps import prepare
from loadmaster.steps.check import check
from loadmaster.steps.publish import publish_crate
from tests.kit.fleet import CHANGELOG, lock, looked, package, packaged_by_cargo_alone

pytestmark = pytest.mark.cargo

PATCHED: Mapping[str, str] = {
    ".gitignore": "target\n",
    "CHANGELOG.md": CHANGELOG,
    "Cargo.toml": '[workspace]\nmembers = ["deck", "rope"]\nresolver = "2"\n\n[patch.crates-io]\nship-rope = { path = "rope" }\n',
    "Cargo.lock": lock("ship-deck", "ship-rope", ship_deck="ship-rope"),
    "deck/Cargo.toml": package("ship-deck") + 'ship-rope = ">=0.4, <1"\n',
    "deck/src/lib.rs": "pub use ship_rope::ELLS;\n",
    "rope/Cargo.toml": package("ship-rope"),
    "rope/src/lib.rs": "pub const ELLS: u32 = 7;\n",
}
"""`ship-deck` needs `ship-rope`, which cargo would package after it, because of its name."""


def test_a_sibling_without_a_path_is_packaged_before_and_the_bytes_are_those_of_its_author(tmp_path: Path) -> None:
    with looked(tmp_path, PATCHED, "CHANGELOG.md") as (job, seen, plan):
        assert [crate.id for crate in plan.crates] == ["ship-rope@0.5.0", "ship-deck@0.5.0"]
        answers = check(job, seen, plan, Judged.none("nothing is built here"))
        assert [answer.gate for answer in answers if answer.outcome is Outcome.FAIL] == []
        prepare.commit(job, plan)
        known = seen.source.tree, seen.registry, job.pinned.as_of
        digests = prepare.package(job, plan.versions, *known)
        prepare.build_packaged(job, plan.versions, digests, *known)
        embedded = read_crate(job.store.crate("ship-deck", digests["ship-deck"]), "x", keep=("Cargo.lock",)).kept
        assert f'checksum = "{digests["ship-rope"]}"' in embedded["Cargo.lock"].decode()
        with hold_tokens(job):
            for crate in plan.crates:
                publish_crate(job, crate, digests[crate.name])
        assert packaged_by_cargo_alone(job, "", "ship-deck") == digests["ship-deck"]
