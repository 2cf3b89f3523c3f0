"""Shows to a person what changed and what is proposed: as plain text, and as Markdown for an artifact."""

from __future__ import annotations

from collections.abc import Iterator

from loadmaster.errors.base import in_one_line
from loadmaster.planning.changes.proposal import PackageProposal, Proposal
from loadmaster.planning.show import cell

_SHOWN = 8
"""How many causes of a package are shown, the heaviest first."""
_SHORT = 10
"""How many characters of a commit's id are shown."""


def proposal_text(proposal: Proposal) -> str:
    lines = [f"{proposal.project} at {proposal.commit}"]
    for each in proposal.packages:
        if each.proposed is not None or each.undecided or each.remarks:
            lines += [f"  {_headline(each)}", *(f"      {line}" for line in _lines(each))]
    if kept := [each.package for each in proposal.packages if _is_silent(each)]:
        lines.append(f"  unchanged: {', '.join(kept)}")
    return "\n".join([*lines, f"  {_way_on(proposal)}", ""])


def _is_silent(each: PackageProposal) -> bool:
    return each.proposed is None and not each.undecided and not each.remarks


def _headline(each: PackageProposal) -> str:
    since = f"since {each.released}" if each.released is not None else "new"
    since += f" ({each.since[:_SHORT]})" if each.since is not None else ""
    if each.proposed is None:
        return f"? {each.package} {each.version}, {since}" if each.undecided else f"– {each.package} {each.version}"
    weight = f"{each.change}, " if each.change is not None else ""
    return f"✔ {each.package} {each.version} → {each.proposed} ({weight}{since})"


def _lines(each: PackageProposal) -> Iterator[str]:
    heaviest_first = sorted(each.causes, key=lambda cause: -cause.change.weight if cause.change is not None else 0)
    for cause in heaviest_first[:_SHOWN]:
        yield in_one_line(f"{cause.change}: {cause.what}" if cause.change is not None else cause.what)
    if (more := len(each.causes) - _SHOWN) > 0:
        yield f"and {more} more"
    yield from (f"not known: {in_one_line(why)}" for why in each.undecided)
    yield from (f"remark: {in_one_line(remark)}" for remark in each.remarks)


def _way_on(proposal: Proposal) -> str:
    if proposal.undecided:
        return f"not decided: what is not known of {', '.join(sorted(proposal.undecided))} could change this"
    if proposal.asked is None:
        return "nothing to release"
    return f"the same as --version {proposal.asked}"


def proposal_markdown(proposal: Proposal) -> str:
    rows = [
        f"| `{each.package}` | {each.version} | {each.proposed or '–'} | {each.change or ''} | {_cell(_lines(each))} |"
        for each in proposal.packages
    ]
    return "\n".join(
        [
            f"# What changed in {proposal.project}",
            f"At `{proposal.commit}`: {_way_on(proposal)}.",
            "",
            "| package | version | next | change | |",
            "|---|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _cell(lines: Iterator[str]) -> str:
    return cell("\n".join(lines))
