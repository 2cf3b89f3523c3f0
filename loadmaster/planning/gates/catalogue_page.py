"""The page `docs/gates.md`, generated from the gates: `python -m loadmaster.planning.gates.catalogue_page`."""

from __future__ import annotations

from collections.abc import Iterator

from loadmaster.planning.gates import GATES
from loadmaster.planning.gates.evidence import EvidenceKind
from loadmaster.planning.gates.judging import Gate

_HEAD = """# Gates

A gate is one question that is asked before anything irreversible. Its answer is one of four:

- `pass`
- `fail`; also if there was nothing to look at
- `skip`: the question does not arise, or the profile says not to ask it
- `could-not-check`: the question arises, and there is no answer

The answer also has the number of things that were looked at. Only a `fail` or a `could-not-check` keeps a release from
starting, and Loadmaster shows all of them at once. Problems of the gates in `gates.advice` of the profile are only shown.

`loadmaster gates TREE [--tag TAG] [--project NAME] [--format FORMAT]` asks the gates that need only files. It works on a plain
directory, without git, network or cargo; [ci.md](ci.md) has it on every pull request. A problem in a file names its
line. A tree of manifests alone is enough: gates that need the other files then answer
`could-not-check`. It exits with 1 if a gate fails, and with 2 if the tree cannot be read.

No gate checks that the exact commit builds from a clean export. Before anything is pushed, a release packages a fresh clone
of the commit, and builds every packaged crate (`cargo.verify`).

This page is generated from the gates in `loadmaster/planning/gates/`. The ids never change.
"""

_TITLES = {
    EvidenceKind.FILES: "On the files",
    EvidenceKind.REPOSITORY: "On the repository",
    EvidenceKind.REGISTRY: "On the registry",
    EvidenceKind.TOOLCHAIN: "By cargo and its companions",
    EvidenceKind.PACKAGED: "On the packaged crates",
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
