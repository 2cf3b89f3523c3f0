"""Whatever comes in, a reader gives a value or an error of the catalogue, and soon. `HOSTILE=full` tries twenty times as often.

`READERS` names every module that reads foreign bytes, and a test compares it with the code: a new reader needs a row here.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadmaster.errors.base import LoadmasterError
from loadmaster.planning.also.pypi import NotAnIndexPage, read_project
from loadmaster.planning.changes.api_report import api_findings
from loadmaster.planning.changes.entries import entries_in
from loadmaster.planning.changes.last_release import commit_it_names
from loadmaster.planning.changes.packed_changes import library_of, packed_changes
from loadmaster.planning.crates_io.packaged import judge
from loadmaster.planning.edits.changelog import headings, lines_to_come, notes, obsolete_line, release_heading
from loadmaster.planning.edits.changelog_links import add_link
from loadmaster.planning.edits.python_package import bump_python
from loadmaster.planning.edits.toml_literals import Literal, replace_literals
from loadmaster.planning.elsewhere.adopting import files_mentioned
from loadmaster.planning.elsewhere.show import settings_lines
from loadmaster.planning.forge.workflow_file import read_workflow
from loadmaster.planning.gates.lists import read_events
from loadmaster.planning.packaging import left_to_fetch, needs_index
from loadmaster.planning.profile.file_rule import FileRule, apply_rule
from loadmaster.planning.profile.in_repository import ProfileText, examine, profiles_in
from loadmaster.planning.progress.notes import read_note
from loadmaster.planning.registry.as_of import lines_as_of
from loadmaster.planning.registry.compare import VCS_INFO, compare
from loadmaster.planning.registry.crate_file import read_crate
from loadmaster.planning.registry.embedded_lock import compare_locks
from loadmaster.planning.registry.index_entry import line_of_crate
from loadmaster.planning.registry.index_line import parse_line, require_line
from loadmaster.planning.registry.metadata import upload_metadata
from loadmaster.planning.registry.seen import RegistrySeen
from loadmaster.planning.smoke.archive import take_program
from loadmaster.planning.smoke.elf import require_object, require_program
from loadmaster.planning.smoke.report import read_report
from loadmaster.planning.smoke.show import outcome_of
from loadmaster.planning.tree.cargo_config import replaces_crates_io
from loadmaster.planning.tree.lockfile import bump_lockfile, packages
from loadmaster.planning.tree.lockfiles import member_lockfiles
from loadmaster.planning.tree.manifest_lines import dependency_line, package_line
from loadmaster.planning.tree.toolchain_file import pinned_channel
from loadmaster.planning.tree.tree import TreeFiles, read_workspace
from loadmaster.planning.tree.workspace import Dependency, Workspace
from loadmaster.planning.values.json_text import NotJson, read_json
from loadmaster.planning.values.receipt import same_release
from loadmaster.planning.values.retry_after import instant_named, instant_of_epoch
from loadmaster.planning.values.toml_text import parse_toml
from loadmaster.planning.values.yaml_text import NotYaml, read_yaml
from loadmaster.rehearsal.conditions import read_script
from loadmaster.rehearsal.scenario import read_scenario
from loadmaster.run.profiles import load_project
from tests.kit import archives, tool_examples
from tests.kit.building import package
from tests.kit.checkout import ROOT
from tests.kit.gates_asked import answer, tree
from tests.kit.hostile_bytes import hostile
from tests.kit.hostile_examples import (
    CHANGELOG,
    CRATE,
    LINE,
    LOCK,
    MANIFEST,
    MOST_SECONDS,
    NOW,
    OFTEN,
    PROJECT,
    SCENARIO,
    SCRIPT,
    TODAY,
    WORKFLOW,
)
from tests.kit.packed import packed
from tests.kit.smoke_reports import log, report
from tests.kit.tools import TAIL, WING, adopted, ground


class Reader(NamedTuple):
    read: Callable[[bytes], object]
    seeds: tuple[bytes, ...]
    modules: tuple[str, ...]
    """Those whose reading this tries."""
    raises: tuple[type[Exception], ...] = ()
    """Documented, for a caller that knows the address; every other error is one of the catalogue."""


def _text(read: Callable[[str], object]) -> Callable[[bytes], object]:
    return lambda content: read(content.decode(errors="replace"))


def _file(read: Callable[[Path], object], name: str) -> Callable[[bytes], object]:
    def written(content: bytes) -> object:
        file = _place / name
        file.write_bytes(content)
        return read(file)

    return written


_place = Path()


@pytest.fixture(autouse=True, scope="module")
def _a_place(tmp_path_factory: pytest.TempPathFactory) -> None:
    global _place
    _place = tmp_path_factory.mktemp("hostile")


def _of_workspace(content: bytes) -> object:
    text = content.decode(errors="replace")
    member = text.partition("[workspace]")[0]
    return read_workspace(TreeFiles(texts={"Cargo.toml": text, "crates/a/Cargo.toml": member.replace("core", "a")}))


def _of_lock(content: bytes) -> object:
    text = content.decode(errors="replace")
    member_lockfiles(["fuzz/Cargo.lock"], {"fuzz/Cargo.lock": text}, Workspace(packages=(package("core"),)))
    if packages("Cargo.lock", text, ("core",)):
        needs_index(Workspace(packages=()), (), text, RegistrySeen(crates={}))
        left_to_fetch("", [text], {"core": "1.0.0"})
    return bump_lockfile("Cargo.lock", text, {"core": "1.1.0"})


def _of_changelog(text: str) -> object:
    add_link(text, "1.0.0", "0.9.0")
    headings(text)
    obsolete_line(text)
    entries_in("CHANGELOG.md", lines_to_come(text, "0.9.0"))
    evidence = tree(package("core", version="1.0.0"), texts={"CHANGELOG.md": text})
    answers = [answer(evidence, gate) for gate in ("changelog-understood", "changelog-entries", "breaking-level")]
    try:
        return answers, notes(release_heading(text, "1.0.0", TODAY), "1.0.0")
    except LoadmasterError:
        return notes(text, "0.9.0")


def _of_python(text: str) -> object:
    bump_python({"a/pyproject.toml": text}, {"a": "1.1.0"})
    return (
        replace_literals("a", text, [Literal(("project", "version"), "1.1.0")])
        if "[project]\nversion" in text
        else None
    )


def _of_rules(text: str) -> object:
    fences = FileRule(path="a.md", toml_fences=True)
    pattern = FileRule(path="a.md", pattern=r"^core = \"{version}\"$")
    after = apply_rule(fences, text, {"core": "1.0.0"}, {"core": "1.1.0"})
    return after + apply_rule(pattern, text, {"core": "1.0.0"}, {"core": "1.1.0"})


def _of_tool(path: str) -> Callable[[bytes], object]:
    """`init`'s reading of another tool's file: what it names, and what its settings become."""
    texts = {"README.md": "wing 1.2.0\n", "CHANGELOG.md": "# Changelog\n", "Cargo.toml": ""}

    def read(content: bytes) -> object:
        text = content.decode(errors="replace")
        files_mentioned({path: text}, Workspace(packages=(WING, TAIL)), set(texts))
        return list(settings_lines(adopted({path: text}, ground(WING, TAIL, texts=texts)).settings))

    return read


def _of_elf(content: bytes) -> object:
    try:
        require_program("x", content, "x86_64")
    except LoadmasterError:
        require_object("x", content)
    return None


def _of_lines(text: str) -> object:
    parse_toml("x", text)
    named = Dependency(name="serde", requirement="^1", target="cfg(unix)")
    return package_line(text, "name"), dependency_line(text, named)


DATED = b"<!--\n## Next\n-->\n# Next\n\nReleased YYYY-MM-DD.\n\n- new\n\n## **core 0.9.0**\n\nReleased 2026-May-08.\n\n0.8\n---\n"

_ADOPTING = ("planning/elsewhere/adopting", "planning/tree/key_lines")

READERS: Mapping[str, Reader] = {
    "a line of an index": Reader(parse_line, (LINE,), ("planning/registry/index_line",), (ValueError,)),
    "a line, looked at": Reader(require_line, (LINE,), ("planning/registry/index_line",), (ValueError,)),
    "an index file as of an instant": Reader(
        lambda content: lines_as_of(content.splitlines(), NOW),
        (LINE + b"\n" + LINE.replace(b"2026-11-01", b"2027-11-01"),),
        ("planning/registry/as_of",),
        (ValueError, KeyError, TypeError),
    ),
    "JSON": Reader(read_json, (LINE,), ("planning/values/json_text",), (NotJson,)),
    "YAML": Reader(_text(read_yaml), (WORKFLOW,), ("planning/values/yaml_text",), (NotYaml,)),
    "a page of a package index": Reader(
        read_project,
        (
            b'{"name":"x","files":[{"filename":"x-1.0-py3-none-any.whl","url":"u","hashes":{"sha256":"0"},"yanked":""}]}',
        ),
        ("planning/also/pypi",),
        (NotAnIndexPage,),
    ),
    "a workflow's jobs": Reader(_text(read_workflow), (WORKFLOW,), ("planning/forge/workflow_file",), (NotYaml,)),
    "a workflow": Reader(_text(read_events), (WORKFLOW,), ("planning/gates/lists",), (NotYaml,)),
    "TOML": Reader(_text(lambda text: parse_toml("x", text)), (MANIFEST,), ("planning/values/toml_text",)),
    "manifests": Reader(_of_workspace, (MANIFEST,), ("planning/tree/manifest_package",)),
    "the lines of a manifest": Reader(_text(_of_lines), (MANIFEST,), ("planning/tree/key_lines",)),
    "a lockfile": Reader(
        _of_lock, (LOCK,), ("planning/tree/lockfile", "planning/tree/lockfiles", "planning/packaging")
    ),
    "an embedded lockfile": Reader(
        lambda content: compare_locks(content, LOCK), (LOCK,), ("planning/registry/embedded_lock",)
    ),
    "a cargo configuration": Reader(
        _text(replaces_crates_io),
        (b'[source.crates-io]\nreplace-with = "vendored"\n',),
        ("planning/tree/cargo_config",),
    ),
    "a toolchain file": Reader(
        _text(lambda text: pinned_channel({"rust-toolchain": text})),
        (b'[toolchain]\nchannel = "1.95.0"\n',),
        ("planning/tree/toolchain_file",),
    ),
    "a changelog": Reader(_text(_of_changelog), (CHANGELOG, DATED), ("planning/edits/changelog_titles",)),
    "a pyproject": Reader(
        _text(_of_python),
        (b'[project]\nversion = "1.0.0"\n[tool.maturin]\nmanifest-path = "Cargo.toml"\n',),
        ("planning/edits/python_package", "planning/edits/toml_literals"),
    ),
    "a file with versions": Reader(
        _text(_of_rules), (b'core = "1.0.0"\n```toml\ncore = { version = "1.0.0" }\n```\n',), ()
    ),
    "a crate": Reader(
        lambda content: read_crate(content, "x", keep=("Cargo.toml",)), (CRATE,), ("planning/registry/crate_file",)
    ),
    "a crate beside another": Reader(lambda content: compare(CRATE, content), (CRATE,), ("planning/registry/compare",)),
    "what changed in a crate": Reader(
        lambda content: (packed_changes(CRATE, content, "x", ()), library_of(content, "x")),
        (CRATE,),
        ("planning/changes/packed_changes",),
    ),
    "the commit that a crate names": Reader(
        lambda content: commit_it_names(packed({VCS_INFO: content}), "x"),
        (b'{"git": {"sha1": "0123456789012345678901234567890123456789"}}',),
        ("planning/changes/last_release",),
    ),
    "a crate's metadata": Reader(upload_metadata, (CRATE,), ("planning/registry/metadata",)),
    "a crate's line of an index": Reader(line_of_crate, (CRATE,), ("planning/registry/index_entry",)),
    "a crate by crates.io's rules": Reader(
        lambda content: judge(content, "core", "1.0.0"),
        (CRATE,),
        ("planning/crates_io/tarball", "planning/crates_io/toml_excerpt"),
    ),
    "a note of a journal": Reader(
        read_note, (b'{"phase": "check"}', b'{"held": {"crates": ["a"], "until": null}}'), ("planning/progress/notes",)
    ),
    "a comparison of APIs": Reader(
        _text(api_findings),
        (b"--- failure a: b ---\n\nFailed in:\n  struct wing::Egg, previously in file a/src/lib.rs:1\n",),
        (),
    ),
    "a release's archive": Reader(
        lambda content: take_program("x", content, "hangar"),
        (archives.tar(*archives.GOOD), archives.tar(*archives.GOOD, mode="w:xz"), archives.zipped(*archives.GOOD)),
        ("planning/smoke/archive",),
    ),
    "a program": Reader(_of_elf, (archives.PROGRAM, archives.OBJECT), ()),
    "a smoke test's log": Reader(
        _text(lambda text: read_report(text, "n")), (log(report()).encode(),), ("planning/smoke/report",)
    ),
    "a smoke test's outcome": Reader(
        _text(outcome_of), (b"```json\n{}\n```",), ("planning/smoke/show",), (ValueError,)
    ),
    "another release's receipt": Reader(
        lambda content: same_release(content, b"{}"), (b'{"objects":[],"crates":{}}',), ("planning/values/receipt",)
    ),
    "the header Retry-After": Reader(
        _text(lambda text: (instant_named(text, NOW), instant_of_epoch(text))),
        (b"99999999999999", b"-1", b"Fri, 31 Dec 9999 23:59:59 -2359", b"Mon, 01 Jan 0001 00:00:00 +2359"),
        ("planning/values/retry_after",),
    ),
    "a scenario": Reader(_file(read_scenario, "x.toml"), (SCENARIO,), ("rehearsal/scenario",)),
    "a scenario in JSON": Reader(
        _file(read_scenario, "x.json"), (b'{"users":[{"login":"ann"}]}',), ("rehearsal/scenario",)
    ),
    "a script of faults": Reader(_file(read_script, "x.toml"), (SCRIPT,), ("rehearsal/conditions",)),
    "a script of faults in JSON": Reader(
        _file(read_script, "x.json"), (b'{"fault":[{"on":"publish"}]}',), ("rehearsal/conditions",)
    ),
    "release-plz's settings": Reader(_of_tool("release-plz.toml"), (tool_examples.RELEASE_PLZ,), _ADOPTING),
    "cargo-release's settings": Reader(_of_tool("release.toml"), (tool_examples.CARGO_RELEASE,), _ADOPTING),
    "cargo-release's settings in a manifest": Reader(
        _of_tool("crates/wing/Cargo.toml"),
        (b"[package.metadata.release]\npre-release-replacements = []\ntag-name = 'v{{version}}'\n",),
        _ADOPTING,
    ),
    "knope's settings": Reader(_of_tool("knope.toml"), (tool_examples.KNOPE,), _ADOPTING),
    "covector's settings": Reader(_of_tool(".changes/config.json"), (tool_examples.COVECTOR,), _ADOPTING),
    "changie's settings": Reader(_of_tool(".changie.yaml"), (tool_examples.CHANGIE,), _ADOPTING),
    "a profile": Reader(
        _file(lambda file: load_project(file.stem, file.parent), "hangar.toml"),
        (PROJECT,),
        ("planning/profile/in_directory", "planning/profile/problems"),
    ),
    "a profile in its repository": Reader(
        _text(lambda text: examine(ProfileText(file="loadmaster.toml", text=text), "/clone")),
        (b'forge = "ada/wing"\n[source]\nbranch = "main"\n[release]\nexclude = [{ package = "a", why = "b" }]\n',),
        ("planning/profile/in_repository",),
    ),
    "a profile in a manifest": Reader(
        _text(lambda text: [examine(one, "/clone") for one in profiles_in({"Cargo.toml": text}).values()]),
        (
            b'[workspace.metadata.loadmaster]\nforge = "ada/wing"\n[workspace.metadata.loadmaster.cargo]\nmsrv = false\n',
        ),
        ("planning/profile/in_repository",),
    ),
}


@OFTEN
@given(data=st.data())
@pytest.mark.parametrize("what", READERS)
def test_a_reader_gives_a_value_or_an_error_of_the_catalogue(what: str, data: st.DataObject) -> None:
    reader = READERS[what]
    content = data.draw(st.sampled_from(reader.seeds).flatmap(hostile))
    _read(lambda: reader.read(content), reader.raises)


@pytest.mark.parametrize("what", READERS)
def test_the_reader_takes_what_is_sound(what: str) -> None:
    """Else the test above would try nothing but refusals."""
    reader = READERS[what]
    if what not in ("a smoke test's outcome", "another release's receipt", "a release's archive", "a program"):
        for seed in reader.seeds:
            reader.read(seed)


def _read(read: Callable[[], object], raises: tuple[type[Exception], ...] = ()) -> None:
    expected: tuple[type[Exception], ...] = (LoadmasterError, *raises)
    begun = time.monotonic()
    try:
        read()
    except expected as error:
        str(error).encode()  # a text that can be shown and kept
    assert time.monotonic() - begun < MOST_SECONDS


_READS = re.compile(
    r"\b(?:MarkdownIt|json\.loads|read_json|read_yaml|load_toml|parse_toml|tomlkit\.parse|toml_rs\.loads|tarfile\.open|ZipFile"
    r"|GzipFile|decompressobj|model_validate_json|validate_json|parsedate_to_datetime|fromisoformat)\("
)
TRIED_WITH_A_CLIENT = (  # in test_clients.py
    "clients/forge/http",
    "clients/registry/answers",
    "clients/registry/registry",
    "clients/registry/trusted_publishing",
    "index_as_of/upstream",
    "planning/permissions/reading",
    "planning/permissions/registry_gates",
    "stack/api",
)
NOT_FOREIGN = {
    "cli/": "receipts, pins and files that this machine's user names",
    "clients/bounded": "unpacks for all of them; test_attacks.py",
    "clients/cargo": "what cargo prints",
    "clients/git/": "what git prints",
    "clients/rewriting": "our own list, in a store of ours",
    "guarded/spare": "our own prefect.yaml, and what our worker writes",
    "guarded/worker": "our own prefect.yaml",
    "index_as_of/view": "lines that Upstream has looked at",
    "planning/crates_io/snapshots": "taken by hand from crates.io's repository",
    "planning/gates/trees": "asks for problems by the reader of manifests",
    "planning/values/tar_entry": "a header, for those who open archives",
    "rehearsal/": "servers of a rehearsal: their client is the release, and an unread request is its 500",
    "run/": "a run's own files",
    "smoke/running/": "an archive and a description that we write",
    "stack/": "a server of ours, and prefect.yaml",
    "steps/cut": "a run's own pins",
}


def test_every_module_that_reads_is_tried_or_reads_nothing_foreign() -> None:
    tried = {module for reader in READERS.values() for module in reader.modules} | set(TRIED_WITH_A_CLIENT)
    reading = {
        str(path.relative_to(ROOT / "loadmaster").with_suffix(""))
        for path in (ROOT / "loadmaster").rglob("*.py")
        if _READS.search(path.read_text(encoding="utf-8"))
    }
    untried = sorted(reading - tried)
    assert [module for module in untried if not module.startswith(tuple(NOT_FOREIGN))] == [], "add a row to READERS"
    assert sorted(tried - reading) == [], "a row names a module that reads nothing"
