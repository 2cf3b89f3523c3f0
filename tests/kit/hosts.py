"""A host that can do every smoke test."""

from __future__ import annotations

from loadmaster.planning.smoke.host import EngineFacts, HostFacts

ENGINE = EngineFacts(version="26.1.5", machine="x86_64", kernel="6.12.1", system="linux", rootless=False)
ABLE = HostFacts(
    engine=ENGINE,
    engine_problem="",
    kernel="6.12.1",
    lsms=("lockdown", "bpf"),
    has_types=True,
    has_hook=True,
    uid_map="0 0 4294967295",
    missing_tools=(),
)
