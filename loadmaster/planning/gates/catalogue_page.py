"""The page `docs/gates.md`, made of the gates themselves: `python -m loadmaster.planning.gates.catalogue_page`."""

from __future__ import annotations

from collections.abc import Iterator

from loadmaster.planning.gates import GATES
from loadmaster.planning.gates.evidence import EvidenceKind
from loadmaster.planning.gates.judging import Gate

_HEAD = """# Gates

A gate is one question that is asked before anything irreversible. Its answer is `pass`, `fail`, `skip` (the question does
not arise, or the profile says not to ask it) or `could-not-check` (it arises, and there is no answer), with the number of
things that were looked at: nothing looked at is a failure. Only a failure or an open question keeps a release from
starting, and all of them are told at once; gates under `gates.advice` in the profile are shown only.

`loadmaster gates TREE [--tag TAG] [--project NAME] [--json]` asks those that need only files, on a plain directory: no git,
no network, no cargo. A tree of manifests alone will do; what only the other files could tell is then `could-not-check`.
It exits with 1 if one fails, and with 2 if the tree cannot be read.

That the exact commit builds from a clean export is no gate of its own: a release packages a fresh clone of the commit, and
builds every packaged crate (`cargo.verify`), before anything is pushed.

This page is made from the gates in `loadmaster/planning/gates/`; the ids never change.
"""

_TITLES = {
    EvidenceKind.FILES: "On the files",
    EvidenceKind.REPOSITORY: "On the repository",
    EvidenceKind.REGISTRY: "On the registry",
    EvidenceKind.TOOLCHAIN: "By cargo and its companions",
}


def page() -> str:
    return "\n".join([_HEAD, *(line for need in EvidenceKind for line in _section(need))])


def _section(need: EvidenceKind) -> Iterator[str]:
    yield f"## {_TITLES[need]}\n"
    for gate in GATES:
        if gate.need is need:
            yield from _entry(gate)


def _entry(gate: Gate) -> Iterator[str]:
    yield f"**`{gate.id}`** {gate.what}\n*Why:* {gate.why}\n"


if __name__ == "__main__":
    print(page(), end="")
