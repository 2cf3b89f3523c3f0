"""Replays the conformance corpus against a running server and says where it differs from crates.io."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import httpx

from loadmaster.cli.commands.terminal import print_json
from loadmaster.errors.request import WrongRequest
from loadmaster.rehearsal.conformance import CORPUS, Difference, Replay, load_corpus, scenario_tokens

PATIENCE = 60.0
"""Seconds for one answer."""


def replay_corpus(server: str, tokens: Path | None, issuer: str | None, corpus: Path | None, as_json: bool) -> bool:
    """Prints each case that differs, and a summary; whether all that could be asked agree.

    Raises `CorpusBroken`, `ScenarioBroken`, `ServerNotAsked`, `WrongRequest`.
    """
    directory = corpus or CORPUS
    cases = load_corpus(directory)
    known = scenario_tokens(directory) if tokens is None else _read_tokens(tokens)
    with httpx.Client(timeout=PATIENCE, trust_env=False) as client:
        replay = Replay(server.rstrip("/"), known, client, issuer and issuer.rstrip("/"))
        compared = [difference for _, difference in replay.run(cases)]
    different = [difference for difference in compared if difference is not None]
    if as_json:
        print_json(
            {
                "server": server,
                "asked": len(compared),
                "left_out": replay.left_out,
                "different": [difference.model_dump() for difference in different],
            }
        )
    else:
        print(_report(len(compared), different, replay.left_out))
    return not different


def _report(asked: int, different: list[Difference], left_out: list[str]) -> str:
    lines = [f"{each.case}\n    expected  {each.expected}\n    got       {each.got}" for each in different]
    lines.append(f"{asked - len(different)} of {asked} cases agree.")
    if left_out:
        lines.append(f"{len(left_out)} cases rest on ID tokens and were not asked: give the `--issuer`.")
    return "\n".join(lines)


def _read_tokens(file: Path) -> dict[str, str]:
    """Name to token, in TOML or JSON. Raises `WrongRequest`."""
    try:
        text = file.read_text(encoding="utf-8")
        found = json.loads(text) if file.suffix == ".json" else tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise WrongRequest([f"`tokens`: `{file}`: {error}"]) from error
    if not isinstance(found, dict) or not all(isinstance(token, str) for token in found.values()):
        raise WrongRequest([f'`tokens`: `{file}`: give `NAME = "TOKEN"`, one for each token of the corpus\' scenario'])
    return found
