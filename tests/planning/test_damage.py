"""The damage of a release that is out in part, and what to do next: tables for the cases, laws for all of them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.refusals.reason import FINAL, Reason
from loadmaster.errors.registry import AlreadyUploaded, RegistryUnreachable, UploadRefused
from loadmaster.errors.workspace import DependencyCycle
from loadmaster.planning.damage import (
    Broken,
    CrateSeen,
    Damage,
    NextStep,
    assess,
    broken,
    contents_refusal,
    minutes_to_yank,
    yank_order,
)
from loadmaster.planning.registry.index_line import IndexLine, Need
from loadmaster.planning.values.receipt import ObjectKind, ObjectRecord
from loadmaster.planning.values.state import ObjectState

V = "1.0.0"
ABSENT, SAME, DIFFERENT, UNKNOWN = ObjectState.ABSENT, ObjectState.SAME, ObjectState.DIFFERENT, ObjectState.UNKNOWN


def line(name: str, version: str, *needs: str | Need, yanked: bool = False) -> IndexLine:
    """A published version; a need that is only named is for `^1.0.0`."""
    all_needs = tuple(each if isinstance(each, Need) else Need(name=each, requirement="^1.0.0") for each in needs)
    return IndexLine(name=name, version=version, checksum="0" * 64, yanked=yanked, needs=all_needs)


def missing(name: str, *others: IndexLine, refused: str | None = None) -> CrateSeen:
    return CrateSeen(name=name, version=V, published=others, state=ABSENT, refused=refused)


def out(
    name: str, *needs: str | Need, others: Sequence[IndexLine] = (), yanked: bool = False, state: ObjectState = SAME
) -> CrateSeen:
    published = (*others, line(name, V, *needs, yanked=yanked))
    return CrateSeen(name=name, version=V, published=published, state=state)


def unasked(name: str) -> CrateSeen:
    return CrateSeen(name=name, version=V, published=None, state=UNKNOWN)


def other(kind: ObjectKind, state: ObjectState) -> ObjectRecord:
    return ObjectRecord(kind=kind, id="v1.0.0", state=state)


TAG, NO_TAG = other("tag", SAME), other("tag", ABSENT)
APP_NEEDS_CORE = Broken(crate="app@1.0.0", needs="core", requirement="^1.0.0")

BROKEN = (
    ("what it needs is not published", [missing("core"), out("app", "core")], (APP_NEEDS_CORE,)),
    ("what it needs is yanked", [out("core", yanked=True), out("app", "core")], (APP_NEEDS_CORE,)),
    (
        "only an incompatible version is there",
        [missing("core", line("core", "0.9.0")), out("app", "core")],
        (APP_NEEDS_CORE,),
    ),
    (
        "only a pre-release is there",
        [missing("core", line("core", "1.0.0-rc.1")), out("app", "core")],
        (APP_NEEDS_CORE,),
    ),
    (
        "the need is optional",
        [missing("core"), out("app", Need(name="core", requirement="^1.0.0", optional=True))],
        (APP_NEEDS_CORE,),
    ),
    (
        "the same need stands there for two targets",
        [missing("core"), out("app", "core", "core")],
        (APP_NEEDS_CORE,),
    ),
)
NOT_BROKEN = (
    ("an older version that fits is there", [missing("core", line("core", "1.0.0-rc.1"), line("core", "1.2.0"))]),
    ("the dependency is for development", [missing("core")], Need(name="core", requirement="^1.0.0", kind="dev")),
    (
        "it comes from another registry",
        [missing("core")],
        Need(name="core", requirement="^1.0.0", registry="elsewhere"),
    ),
    ("it is no member of the release", [missing("core")], Need(name="itoa", requirement="^99")),
    ("it could not be asked for", [unasked("core")]),
)


@pytest.mark.parametrize(("crates", "found"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_consumers_are_broken_if(crates: list[CrateSeen], found: tuple[Broken, ...]) -> None:
    assert broken(crates) == found


@pytest.mark.parametrize(
    ("crates", "need"),
    [(row[1], row[2] if len(row) > 2 else "core") for row in NOT_BROKEN],
    ids=[row[0] for row in NOT_BROKEN],
)
def test_consumers_are_not_broken_if(crates: list[CrateSeen], need: str | Need) -> None:
    assert broken([*crates, out("app", need)]) == ()


def test_a_yanked_crate_breaks_nobody() -> None:
    assert broken([missing("core"), out("app", "core", yanked=True)]) == ()


STEPS = (
    ("everything is there", [out("core"), out("app", "core")], [TAG], NextStep.NOTHING, "Everything is in place."),
    (
        "nothing is out",
        [missing("core"), missing("app")],
        [NO_TAG],
        NextStep.NOTHING,
        "Nothing of this version is published",
    ),
    (
        "nothing is out, and the forge cannot be asked",
        [missing("core")],
        [NO_TAG, other("release", UNKNOWN)],
        NextStep.NOTHING,
        "Nothing of this version is published",
    ),
    ("only the tag is there", [missing("core")], [TAG], NextStep.FINISH, "Still missing: `core@1.0.0`."),
    (
        "a dependent is missing",
        [out("core"), missing("app")],
        [TAG],
        NextStep.FINISH,
        "what is published works as it is",
    ),
    (
        "a dependency is missing",
        [missing("core"), out("app", "core")],
        [TAG],
        NextStep.FINISH,
        "`app@1.0.0 (needs core ^1.0.0)` cannot be built until then",
    ),
    (
        "only the forge release is missing",
        [out("core")],
        [TAG, other("release", ABSENT)],
        NextStep.FINISH,
        "Still missing: `release v1.0.0`",
    ),
    (
        "a crate was not compared",
        [out("core", state=UNKNOWN)],
        [TAG],
        NextStep.FINISH,
        "the state of `core@1.0.0` is not certain",
    ),
    ("a crate could not be asked for", [unasked("core"), out("app", "core")], [TAG], NextStep.FINISH, "is not certain"),
    (
        "a crate is another",
        [out("core", state=DIFFERENT), missing("app")],
        [TAG],
        NextStep.FIX_FORWARD,
        "`core@1.0.0` is on the registry with other contents",
    ),
    (
        "the contents of a leaf were refused",
        [out("core"), missing("app", refused="expected at most 5 keywords")],
        [TAG],
        NextStep.FIX_FORWARD,
        "refused the contents of `app@1.0.0` (expected at most 5 keywords)",
    ),
    (
        "the tag stands elsewhere",
        [out("core"), missing("app")],
        [other("tag", DIFFERENT)],
        NextStep.FIX_FORWARD,
        "the tag `v1.0.0` points at another commit",
    ),
    (
        "the contents of a dependency were refused",
        [missing("core", refused="too large"), out("app", "core")],
        [TAG],
        NextStep.YANK,
        "`app@1.0.0 (needs core ^1.0.0)` cannot be built, and finishing the release does not change that",
    ),
    (
        "a dependency is missing and another crate is another",
        [missing("core"), out("app", "core"), out("units", state=DIFFERENT)],
        [TAG],
        NextStep.YANK,
        "`units@1.0.0` is on the registry with other contents",
    ),
    ("a dependency is yanked", [out("core", yanked=True), out("app", "core")], [TAG], NextStep.YANK, "is yanked"),
    (
        "a requirement does not fit the version that is to come",
        [missing("core"), out("app", Need(name="core", requirement="^2"))],
        [TAG],
        NextStep.YANK,
        "is not part of this version",
    ),
    (
        "a yank stopped half-way, dependents first",
        [out("core"), out("app", "core", yanked=True), missing("cli")],
        [TAG],
        NextStep.YANK,
        "this version is being withdrawn",
    ),
    (
        "all that is out is yanked",
        [out("core", yanked=True), missing("app")],
        [TAG],
        NextStep.NOTHING,
        "Everything that was published of this version is yanked",
    ),
    (
        "a leaf is yanked and all is there",
        [out("core"), out("app", "core", yanked=True)],
        [TAG],
        NextStep.NOTHING,
        "Yanked since then: `app@1.0.0`",
    ),
)


@pytest.mark.parametrize(("crates", "others", "step", "why"), [row[1:] for row in STEPS], ids=[row[0] for row in STEPS])
def test_what_to_do_if(crates: list[CrateSeen], others: list[ObjectRecord], step: NextStep, why: str) -> None:
    found = assess(crates, others)
    assert found.next is step
    assert why in found.why


def ended(error: LoadmasterError) -> ObjectRecord:
    """The record of a crate whose upload ended so."""
    return ObjectRecord(kind="crate", id="app@1.0.0", state=UNKNOWN, code=error.code, facts=error.facts, why=error.what)


@pytest.mark.parametrize("reason", Reason)
def test_only_a_refusal_of_the_contents_cannot_be_mended(reason: Reason) -> None:
    record = ended(UploadRefused("app@1.0.0", 400, "expected at most 5 keywords per crate", reason))
    told = "expected at most 5 keywords per crate" if reason in FINAL else None
    assert contents_refusal(record) == told


def test_a_version_that_was_there_already_was_not_refused_for_its_contents() -> None:
    there = AlreadyUploaded("app@1.0.0", 400, "crate version `1.0.0` is already uploaded", Reason.THERE)
    assert contents_refusal(ended(there)) is None
    assert contents_refusal(ended(RegistryUnreachable("https://registry.example", "no answer"))) is None


def test_a_text_that_looks_like_a_refusal_decides_nothing() -> None:
    text = UploadRefused("app@1.0.0", 400, "expected at most 5 keywords per crate", Reason.KEYWORDS).what
    assert contents_refusal(ObjectRecord(kind="crate", id="app@1.0.0", state=UNKNOWN, why=text)) is None


def test_a_hundred_yanks_go_at_once() -> None:
    assert [minutes_to_yank(count) for count in (0, 100, 101, 400)] == [0, 0, 1, 300]


def test_yanks_go_against_the_edges_that_were_published() -> None:
    crates = [out("core"), out("app", "mid"), out("mid", "core", Need(name="app", requirement="*", kind="dev"))]
    assert [each.name for each in yank_order([*crates, missing("cli")])] == ["app", "mid", "core"]


def test_crates_that_need_each_other_have_no_order() -> None:
    with pytest.raises(DependencyCycle):
        yank_order([out("core", "app"), out("app", "core")])


# --- laws ------------------------------------------------------------------------------------------------------------


@st.composite
def releases(draw: st.DrawFn) -> list[CrateSeen]:
    """A release whose edges point backwards only, each crate out, yanked or missing, with or without an older version."""
    names = [f"crate-{number}" for number in range(draw(st.integers(1, 7)))]
    crates = []
    for place, name in enumerate(names):
        needs = draw(st.lists(st.sampled_from(names[:place]), unique=True)) if place else []
        older = draw(st.sampled_from(((), (line(name, "0.9.0"),))))
        match draw(st.sampled_from(("out", "yanked", "missing"))):
            case "missing":
                crates.append(missing(name, *older))
            case how:
                crates.append(out(name, *needs, others=older, yanked=how == "yanked"))
    return list(draw(st.permutations(crates)))


def whole(crates: Sequence[CrateSeen]) -> list[CrateSeen]:
    return [out(each.name, *(each.index_line.needs if each.index_line else ())) for each in crates]


def after_yanking(crates: Sequence[CrateSeen], yanked: set[str]) -> list[CrateSeen]:
    return [
        out(each.name, *each.index_line.needs, yanked=each.name in yanked or each.index_line.yanked)
        if each.index_line
        else each
        for each in crates
    ]


@given(releases())
def test_a_whole_release_is_never_damaged(crates: list[CrateSeen]) -> None:
    done = assess(whole(crates), [TAG])
    assert done == Damage(consumers_broken=False, broken=(), next=NextStep.NOTHING, why="Everything is in place.")


@given(releases())
def test_publishing_what_is_missing_mends_all_that_is_not_yanked(crates: list[CrateSeen]) -> None:
    finished = [out(each.name) if each.is_missing else each for each in crates]
    yanked = {each.name for each in crates if each.index_line is not None and each.index_line.yanked}
    assert {each.needs for each in broken(finished)} <= yanked


@given(releases())
def test_a_release_in_order_breaks_nobody_at_any_moment(crates: list[CrateSeen]) -> None:
    order = [each.name for each in reversed(yank_order(whole(crates)))]
    for count in range(len(order)):
        standing = [each if each.name in order[:count] else missing(each.name) for each in whole(crates)]
        assert broken(standing) == ()


@given(releases())
def test_a_yank_in_order_breaks_nobody_at_any_moment(crates: list[CrateSeen]) -> None:
    order = [each.name for each in yank_order(whole(crates))]
    for count in range(len(order) + 1):
        assert broken(after_yanking(whole(crates), set(order[:count]))) == ()


@given(releases())
def test_after_the_yank_nothing_is_left_to_do(crates: list[CrateSeen]) -> None:
    order = yank_order(crates)
    assert {each.name for each in order} == {each.name for each in crates if each.index_line is not None}
    gone = assess(after_yanking(crates, {each.name for each in order}), [TAG])
    assert not gone.consumers_broken
    assert gone.next is (NextStep.NOTHING if order else NextStep.FINISH)


@given(releases(), st.booleans())
def test_nothing_is_done_while_something_is_missing_or_unknown(crates: list[CrateSeen], has_tag: bool) -> None:
    doubtful = [*whole(crates), unasked("last") if has_tag else missing("last")]
    assert assess(doubtful, [TAG]).next is NextStep.FINISH
