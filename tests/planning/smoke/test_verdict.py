"""A verdict comes only from a denial that was seen."""

from __future__ import annotations

import errno

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadmaster.planning.smoke.report import Artefact, ErrorKind, Moment, Report, Stage, Subject
from loadmaster.planning.smoke.verdict import Judgement, Verdict, judge, judge_report, may_load
from tests.kit.smoke_reports import ALL, INITIAL, NONCE, NONE, STOPPED, log, moment, release, report, stopped_at

BPF_AND_PERFMON = f"{1 << 38 | 1 << 39:016x}"
SYS_ADMIN = f"{1 << 21:016x}"


def judged(of: Report) -> str:
    return judge(log(of), nonce=NONCE, subject=of.subject, exit_code=of.exit)[0].text


ENFORCED = {
    "denied by EPERM to both processes": report(),
    "denied by EACCES": report(during=moment(victim=13, other=13)),
    "the list of LSMs cannot be read, the denial was seen": report(lsms=None),
    "a release denied, stopped and awaited": release(),
    "a release that ends by the signal to stop": release(
        artefact=STOPPED.model_copy(update={"exit": None, "signal": 15})
    ),
}

OTHERWISE = {
    "nothing was denied": (report(exit=1, during=moment()), "not-enforced"),
    "only the own process was denied": (report(exit=1, during=moment(victim=1)), "not-enforced"),
    "only the other process was denied": (report(exit=1, during=moment(other=1)), "not-enforced"),
    "attached, ready and healthy, and nothing denied": (
        release(exit=1, during=moment(), artefact=STOPPED.model_copy(update={"health": '{"enforcement": "active"}'})),
        "not-enforced",
    ),
    "attached on a kernel whose LSMs are without bpf": (
        report(exit=3, during=moment(), lsms=("landlock", "lockdown", "yama")),
        "unsupported",
    ),
    "no BTF": (stopped_at(Stage.BTF, errno.ENOENT, code=3), "unsupported"),
    "BTF without the hook": (stopped_at(Stage.BTF, 0, "no bpf_lsm_file_open", code=3), "unsupported"),
    "BTF that may not be read": (stopped_at(Stage.BTF, errno.EACCES, code=70), "error(stage)"),
    "another architecture": (stopped_at(Stage.ARCH, 0, "aarch64", code=3), "unsupported"),
    "no trampolines": (stopped_at(Stage.ATTACH, 524, code=3), "unsupported"),
    "no bpf(2)": (stopped_at(Stage.LOAD, errno.ENOSYS, code=3), "unsupported"),
    "no capabilities": (stopped_at(Stage.LOAD, 1, code=4, capabilities=NONE), "no-privilege"),
    "BPF without PERFMON": (stopped_at(Stage.LOAD, 1, code=4, capabilities=f"{1 << 39:016x}"), "no-privilege"),
    "all capabilities of a user namespace": (stopped_at(Stage.LOAD, 1, code=4, uid_map="0 1000 1"), "no-privilege"),
    "refused with all capabilities": (stopped_at(Stage.LOAD, 1, code=5), "refused"),
    "refused with the least that is needed": (
        stopped_at(Stage.LOAD, 1, code=5, capabilities=BPF_AND_PERFMON),
        "refused",
    ),
    "a helper that lockdown bans": (
        stopped_at(Stage.LOAD, errno.EINVAL, "program of this type cannot use helper bpf_probe_read#4", code=5),
        "refused",
    ),
    "refused where bpf is no LSM": (stopped_at(Stage.LOAD, 1, code=3, lsms=("yama",)), "unsupported"),
    "a program that the verifier rejects": (
        stopped_at(Stage.LOAD, errno.EACCES, "R1 invalid", code=70),
        "error(stage)",
    ),
    "the deadline inside": (stopped_at(Stage.LOAD, 0, code=142), "error(deadline)"),
    "the victim was closed before": (report(exit=1, before=moment(victim=13)), "error(unreadable-before)"),
    "the control was closed before": (report(exit=1, before=moment(control=2)), "error(unreadable-before)"),
    "the control is denied, too": (report(exit=1, during=moment(victim=1, control=1, other=1)), "error(side-effect)"),
    "the victim is gone": (report(exit=1, during=moment(victim=2, other=2)), "error(other-errno)"),
    "the victim is gone for the other process": (
        report(exit=1, during=moment(victim=1, other=2)),
        "error(other-errno)",
    ),
    "the victim stays closed": (report(exit=1, after=moment(victim=1)), "error(still-denied)"),
    "the control is closed afterwards": (report(exit=1, after=moment(control=1)), "error(still-denied)"),
    "no look before": (report(exit=1, before=None), "error(garbage)"),
    "no look during": (report(exit=1, during=None), "error(garbage)"),
    "no look after": (report(exit=1, after=None), "error(garbage)"),
    "detaching was never begun": (report(exit=1, stage=Stage.OBSERVE), "error(garbage)"),
    "a release without an artefact": (release(exit=1, artefact=None), "error(garbage)"),
    "a probe with an artefact": (report(exit=1, artefact=STOPPED), "error(garbage)"),
    "an artefact that crashes": (
        release(
            exit=70,
            stage=Stage.READY,
            failed={"errno": 0, "message": "ended"},
            during=None,
            after=None,
            artefact=Artefact(ready=False, exit=40, signal=None, killed=False, health=None),
        ),
        "error(crashed)",
    ),
    "an artefact that is never ready": (
        release(
            exit=70,
            stage=Stage.READY,
            failed={"errno": 0, "message": "2 of 3 markers"},
            during=None,
            after=None,
            artefact=Artefact(ready=False, exit=None, signal=9, killed=True, health=None),
        ),
        "error(never-ready)",
    ),
    "an artefact that cannot be started": (
        release(exit=70, stage=Stage.START, failed={"errno": 8, "message": ""}, during=None, after=None, artefact=None),
        "error(stage)",
    ),
    "an artefact that denies and ignores the signal to stop": (
        release(exit=1, artefact=Artefact(ready=True, exit=None, signal=9, killed=True, health=None)),
        "error(not-stopped)",
    ),
    "exit code 0 without a denial": (report(during=moment()), "error(exit-code)"),
    "exit code 1 beside a denial": (report(exit=1), "error(exit-code)"),
}


@pytest.mark.parametrize("told", ENFORCED.values(), ids=ENFORCED)
def test_is_enforced(told: Report) -> None:
    assert judged(told) == "enforced"


@pytest.mark.parametrize(("told", "verdict"), OTHERWISE.values(), ids=OTHERWISE)
def test_is_not_enforced(told: Report, verdict: str) -> None:
    assert judged(told) == verdict


ONE = log(report())
LOGS = {
    "no report": (ONE.replace("LSM-SMOKE", "LSM"), ErrorKind.NO_REPORT),
    "an empty log": ("", ErrorKind.NO_REPORT),
    "a report in the middle of a line": (ONE.replace("LSM-SMOKE", "artefact: LSM-SMOKE"), ErrorKind.NO_REPORT),
    "two reports": (log(report(), report()), ErrorKind.TWO_REPORTS),
    "a second report of another run": (log(report(), report(nonce="0")), ErrorKind.TWO_REPORTS),
    "another run's report": (log(report(nonce="5f0c77ab")), ErrorKind.WRONG_NONCE),
    "no JSON": ("LSM-SMOKE {", ErrorKind.GARBAGE),
    "another document": ("LSM-SMOKE []", ErrorKind.GARBAGE),
    "a field of its own": (ONE.replace('"exit":0', '"exit":0,"enforced":true'), ErrorKind.GARBAGE),
    "an errno as a word": (ONE.replace('"victim":1', '"victim":"1"'), ErrorKind.GARBAGE),
    "an errno as a truth": (ONE.replace('"victim":1', '"victim":true'), ErrorKind.GARBAGE),
    "a line broken by the kernel": (ONE.replace('"before"', '\n[  1.0] oops "before"'), ErrorKind.GARBAGE),
    "an exit code that is none of ours": (ONE.replace('"exit":0', '"exit":2'), ErrorKind.GARBAGE),
}


@pytest.mark.parametrize(("text", "kind"), LOGS.values(), ids=LOGS)
def test_a_log_without_this_runs_one_report_is_an_error(text: str, kind: ErrorKind) -> None:
    judgement, _ = judge(text, nonce=NONCE, subject=Subject.PROBE, exit_code=None)
    assert (judgement.verdict, judgement.error) == (Verdict.ERROR, kind)


def test_a_probes_report_is_none_of_a_release() -> None:
    judgement, _ = judge(ONE, nonce=NONCE, subject=Subject.RELEASE, exit_code=0)
    assert judgement.error is ErrorKind.WRONG_SUBJECT


@given(code=st.integers(1, 255))
def test_another_exit_code_than_the_reports_is_an_error(code: int) -> None:
    judgement, _ = judge(ONE, nonce=NONCE, subject=Subject.PROBE, exit_code=code)
    assert judgement.error is ErrorKind.EXIT_CODE


MOMENTS = st.none() | st.builds(
    moment,
    victim=st.sampled_from([0, 1, 2, 13, 24]),
    control=st.sampled_from([0, 0, 1, 2, 13]),
    other=st.sampled_from([0, 1, 2, 13, 24]),
)
ARTEFACTS = st.none() | st.builds(
    Artefact,
    ready=st.booleans(),
    exit=st.sampled_from([None, 0, 1]),
    signal=st.sampled_from([None, 9, 15]),
    killed=st.booleans(),
    health=st.sampled_from([None, "active"]),
)
REPORTS = st.builds(
    report,
    subject=st.sampled_from(Subject),
    exit=st.sampled_from([0, 1, 3, 4, 5, 70, 142]),
    stage=st.sampled_from(Stage),
    failed=st.none() | st.builds(dict, errno=st.integers(0, 600), message=st.sampled_from(["", "unknown func"])),
    lsms=st.sampled_from([None, (), ("bpf",), ("yama",)]),
    capabilities=st.sampled_from([ALL, NONE, SYS_ADMIN]),
    uid_map=st.sampled_from([INITIAL, "0 1000 1"]),
    before=MOMENTS,
    during=MOMENTS,
    after=MOMENTS,
    artefact=ARTEFACTS,
)


@given(told=REPORTS)
def test_only_a_seen_denial_is_enforced(told: Report) -> None:
    if judge_report(told).verdict is Verdict.ENFORCED:
        assert told.before and told.during and told.after
        assert {told.during.victim, told.during.other} <= {1, 13}
        assert not any((told.during.control, *_all(told.before), *_all(told.after))), "something else was closed"
        assert told.failed is None


def _all(of: Moment) -> tuple[int, int, int]:
    return of.victim, of.control, of.other


@given(when=st.sampled_from(["before", "during", "after"]), what=st.sampled_from(["victim", "control", "other"]))
def test_flipping_any_observation_loses_the_verdict(when: str, what: str) -> None:
    told = report()
    seen = getattr(told, when)
    flipped = seen.model_copy(update={what: 0 if getattr(seen, what) else errno.EPERM})
    assert judge_report(told.model_copy(update={when: flipped})).verdict is not Verdict.ENFORCED


@given(told=REPORTS)
def test_every_report_has_a_verdict_and_a_reason(told: Report) -> None:
    judgement: Judgement = judge_report(told)
    assert judgement.why
    assert (judgement.error is not None) == (judgement.verdict is Verdict.ERROR)


@pytest.mark.parametrize(
    ("capabilities", "may"),
    [(ALL, True), (SYS_ADMIN, True), (BPF_AND_PERFMON, True), (NONE, False), (f"{1 << 39:016x}", False)],
)
def test_sys_admin_counts_as_bpf_and_perfmon_together(capabilities: str, may: bool) -> None:
    assert may_load(capabilities) is may
