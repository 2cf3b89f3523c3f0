"""The gates on what git gives beyond plain files: submodules, and the bytes that were packaged."""

from __future__ import annotations

import pytest

from loadmaster.planning.gates import ON_PACKAGED, check
from loadmaster.planning.gates.evidence import Evidence, PackedEvidence
from loadmaster.planning.registry.packed import PackedSeen, contents_of, is_pointer
from loadmaster.planning.tree.submodules import Carried, SubmoduleSeen
from loadmaster.planning.values.gate import Outcome
from tests.kit.building import evidence, needs, package, project, seen
from tests.kit.gates_asked import answer, fails
from tests.kit.packing import packed

HEALTHY = (package("app", needs("core")), package("core"))
POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 12345\n"


def with_submodules(**absent: str) -> Evidence:
    """Submodules by path, `__` for a slash, and why each is absent."""
    there = [SubmoduleSeen(path=path.replace("__", "/"), commit="d" * 40, absent=why) for path, why in absent.items()]
    return evidence(seen(*HEALTHY, carried=Carried(submodules=tuple(there))))


def with_crate(**seen_of_it: object) -> Evidence:
    found = {"id": "core@0.5.0", "paths": ("Cargo.toml", "src/lib.rs"), **seen_of_it}
    return Evidence(packaged=PackedEvidence(crates=(PackedSeen.model_validate(found),), project=project()))


class TestSubmodules:
    def test_a_commit_without_any_has_nothing_to_check(self) -> None:
        assert answer(evidence(seen(*HEALTHY)), "submodules-there").outcome is Outcome.SKIP

    def test_one_that_is_there_is_no_problem(self) -> None:
        assert answer(with_submodules(crates__core__native=""), "submodules-there").outcome is Outcome.PASS

    def test_one_within_a_published_package_has_to_be_there(self) -> None:
        found = answer(with_submodules(crates__core__native="it did not answer."), "submodules-there")
        assert fails(found, "crates/core/native", "its files are not there: it did not answer")

    def test_one_elsewhere_may_be_absent_and_that_is_said(self) -> None:
        found = answer(with_submodules(corpus="it did not answer"), "submodules-there")
        assert (found.outcome, [each.where for each in found.warnings]) == (Outcome.PASS, ["corpus"])

    def test_one_within_a_private_package_may_be_absent(self) -> None:
        private = package("bench", publish=())
        absent = SubmoduleSeen(path="crates/bench/data", commit="d" * 40, absent="it did not answer")
        found = answer(evidence(seen(*HEALTHY, private, carried=Carried(submodules=(absent,)))), "submodules-there")
        assert (found.outcome, len(found.warnings)) == (Outcome.PASS, 1)

    def test_a_package_that_lies_in_one_cannot_be_released_from_here(self) -> None:
        found = answer(with_submodules(crates__core=""), "submodules-there")
        assert fails(found, "crates/core/Cargo.toml", "lies in the submodule `crates/core`")


@pytest.mark.parametrize(
    ("gate", "planted", "where", "what"),
    [
        ("no-lfs-pointer", {"pointers": ("data/table.bin",)}, "core@0.5.0/data/table.bin", "is a pointer of Git LFS"),
        ("links-inside", {"from_outside": {"key": "/etc/passwd"}}, "core@0.5.0/key", "was read at `/etc/passwd`"),
        ("filters-run", {"filters": {"secret": "git-crypt"}}, "core@0.5.0/secret", "`filter=git-crypt`"),
        ("paths-unpack", {"paths": ("README", "Readme")}, "core@0.5.0/Readme", "differs from `README` in case only"),
        ("paths-unpack", {"paths": ("a\tb",)}, "core@0.5.0/'a\\tb'", "a control character"),
        ("paths-unpack", {"paths": ("dir./b",)}, "core@0.5.0/'dir./b'", "a full stop"),
    ],
)
def test_what_is_wrong_with_a_packaged_file_is_named(
    gate: str, planted: dict[str, object], where: str, what: str
) -> None:
    assert answer(with_crate(), gate).outcome is Outcome.PASS
    assert fails(answer(with_crate(**planted), gate), where, what)


def test_the_gates_of_the_packaged_crates_heed_the_profile() -> None:
    profile = project()
    advised = profile.model_copy(update={"gates": profile.gates.model_copy(update={"advice": ("no-lfs-pointer",)})})
    crates = (PackedSeen(id="core@0.5.0", paths=("a",), pointers=("a",)),)
    found = check(Evidence(packaged=PackedEvidence(crates=crates, project=advised)), ON_PACKAGED)
    assert [each.outcome for each in found] == [Outcome.PASS] * len(ON_PACKAGED)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (POINTER, True),
        (POINTER.replace("git-lfs.github.com", "hawser.github.com"), True),
        (POINTER.replace("\noid", "\next-0-foo sha256:00\noid"), True),
        (POINTER.replace("size 12345\n", ""), False),
        (f"{POINTER}and more\n", False),
        (f"# {POINTER}", False),
        (f"{POINTER}{'x-y z' * 300}\n", False),
        ("", False),
    ],
    ids=[
        "a pointer",
        "one of the first version",
        "one with an extension",
        "no size",
        "text after it",
        "a document about it",
        "too large for one",
        "nothing",
    ],
)
def test_a_pointer_is_told_by_its_bytes(content: str, expected: bool) -> None:
    assert is_pointer(content.encode()) is expected


def test_the_pointers_of_a_crate_file_are_found() -> None:
    crate = packed({"core-0.5.0/Cargo.toml": "", "core-0.5.0/a.bin": POINTER, "core-0.5.0/b.bin": "x" * 2000})
    read, pointers = contents_of(crate, "core@0.5.0")
    assert (sorted(read.files), pointers) == (["Cargo.toml", "a.bin", "b.bin"], ("a.bin",))
