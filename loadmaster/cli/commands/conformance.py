"""Replays the conformance corpus against a running server and reports where it differs from crates.io."""

from __future__ import annotations

from pathlib import Path

from loadmaster.clients import bounded
from loadmaster.errors.request import WrongRequest
from loadmaster.planning.values.json_text import read_json
from loadmaster.planning.values.toml_text import load_toml
from loadmaster.planning.values.value import Value
from loadmaster.rehearsal.conformance import CORPUS, CorpusDifference, Replay, load_corpus, scenario_tokens

PATIENCE = 60.0
"""Seconds for one answer."""


class Replayed(Value):
    """The document of `loadmaster conformance --json`."""

    server: str
    asked: int
    left_out: tuple[str, ...]
    """Cases that need ID tokens, if no issuer was given."""
    different: tuple[CorpusDifference, ...]


def replay_corpus(server: str, tokens: Path | None, issuer: str | None, corpus: Path | None) -> Replayed:
    """Asks every case that can be asked. Raises `CorpusBroken`, `ScenarioBroken`, `ServerNotAsked`, `WrongRequest`."""
    directory = corpus or CORPUS
    cases = load_corpus(directory)
    known = scenario_tokens(directory) if tokens is None else _read_tokens(tokens)
    with bounded.Client(timeout=PATIENCE, trust_env=False) as client:
        replay = Replay(server.rstrip("/"), known, client, issuer and issuer.rstrip("/"))
        compared = [difference for _, difference in replay.run(cases)]
    return Replayed(
        server=server,
        asked=len(compared),
        left_out=tuple(replay.left_out),
        different=tuple(difference for difference in compared if difference is not None),
    )


def replay_text(replayed: Replayed) -> str:
    lines = [f"{case.case}\n    expected  {case.expected}\n    got       {case.got}" for case in replayed.different]
    lines.append(f"{replayed.asked - len(replayed.different)} of {replayed.asked} cases agree.")
    if replayed.left_out:
        lines.append(f"{len(replayed.left_out)} cases need ID tokens and were not asked: give the `--issuer`.")
    return "\n".join(lines)


def _read_tokens(file: Path) -> dict[str, str]:
    """Name to token, in TOML or JSON. Raises `WrongRequest`."""
    try:
        text = file.read_text(encoding="utf-8")
        tokens = read_json(text) if file.suffix == ".json" else load_toml(text)
    except (OSError, ValueError) as error:
        raise WrongRequest([f"`tokens`: `{file}`: {error}"]) from error
    if not isinstance(tokens, dict) or not all(isinstance(token, str) for token in tokens.values()):
        raise WrongRequest([f'`tokens`: `{file}`: give `NAME = "TOKEN"`, one for each token of the corpus\' scenario'])
    return tokens
