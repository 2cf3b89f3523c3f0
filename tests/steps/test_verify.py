"""Reading back and installing, from a served registry; the waits are the test's own and take no time."""

from __future__ import annotations

import pytest

from loadmaster.errors import CargoFailed, ChecksumMismatch, InstalledVersionWrong, NotVisible, RegistryUnreachable
from loadmaster.job import Job
from loadmaster.planning.project import Install
from loadmaster.rehearsal.faults import Fault
from loadmaster.steps import publish, verify
from tests.rehearsal.registry.packing import crate_file, manifest_text, packed
from tests.steps.world import Opening, Prepared, put

pytestmark = pytest.mark.cargo

CHECK = Install(package="hangar-cli", binary="hangar", debug=True)


def never(seconds: float) -> None:
    raise AssertionError(seconds)


def publish_all(job: Job, prepared: Prepared) -> dict[str, str]:
    """SHA-256 by `name@version`."""
    for crate in prepared.plan.crates:
        publish.publish_crate(job, crate, prepared.digests[crate.name])
    return {each.id: prepared.digests[each.name] for each in prepared.plan.crates}


class TestReadBack:
    def test_what_is_visible_at_once_is_read_once(self, job: Job, prepared: Prepared) -> None:
        slept: list[float] = []
        assert verify.read_back(job, prepared.plan.crates, publish_all(job, prepared), slept.append) == 1
        assert slept == []

    def test_an_index_that_lags_is_waited_for(self, opening: Opening, prepared: Prepared) -> None:
        with opening() as job:
            checksums = publish_all(job, prepared)
        slept: list[float] = []
        with opening(Fault(on="index", crate="hangar-cli", status=404, times=3)) as job:
            assert verify.read_back(job, prepared.plan.crates, checksums, slept.append) == 4
        assert slept == sorted(slept)
        assert len(slept) == 3

    def test_patience_ends_and_names_what_is_still_missing(self, job: Job, prepared: Prepared) -> None:
        slept: list[float] = []
        units = prepared.plan.crate("hangar-units")
        publish.publish_crate(job, units, prepared.digests["hangar-units"])
        checksums = {each.id: prepared.digests[each.name] for each in prepared.plan.crates}
        with pytest.raises(NotVisible) as caught:
            verify.read_back(job, prepared.plan.crates, checksums, slept.append)
        assert "`hangar-cli@0.5.0`" in caught.value.what
        assert "hangar-units" not in caught.value.what
        assert verify.PATIENCE <= sum(slept) < verify.PATIENCE + 11

    def test_an_index_that_cannot_be_asked_is_not_taken_for_one_that_lags(
        self, opening: Opening, prepared: Prepared
    ) -> None:
        with opening(Fault(on="index", status=403)) as job, pytest.raises(RegistryUnreachable):
            verify.read_back(job, prepared.plan.crates, {each.id: "" for each in prepared.plan.crates}, never)

    def test_another_checksum_than_ours_is_told_with_both(self, job: Job, prepared: Prepared) -> None:
        units = prepared.plan.crate("hangar-units")
        put(job, units, crate_file(units.name, units.version))
        with pytest.raises(ChecksumMismatch, match=prepared.digests["hangar-units"]):
            verify.read_back(job, [units], {units.id: prepared.digests["hangar-units"]}, never)


class TestInstall:
    def test_the_released_binary_is_installed_and_tells_its_version(self, job: Job, prepared: Prepared) -> None:
        publish_all(job, prepared)
        record = verify.install(job, prepared.plan, CHECK)
        assert (record.kind, record.id, record.state) == ("install", "hangar-cli@0.5.0", "same")
        assert record.why == "hangar 0.5.0 1000"
        assert verify.install(job, prepared.plan, CHECK) == record

    def test_a_binary_that_tells_another_version_is_found_out(self, job: Job, prepared: Prepared) -> None:
        crate = prepared.plan.crate("hangar-cli")
        put(job, crate, _liar(crate.version))
        with pytest.raises(InstalledVersionWrong, match=r"says `hangar 0\.4\.0` where `0\.5\.0`"):
            verify.install(job, prepared.plan, CHECK)

    def test_a_version_that_is_not_out_cannot_be_installed(self, job: Job, prepared: Prepared) -> None:
        with pytest.raises(CargoFailed, match="hangar-cli"):
            verify.install(job, prepared.plan, CHECK)


def _liar(version: str) -> bytes:
    root = f"hangar-cli-{version}"
    manifest = manifest_text("hangar-cli", version, rest='[[bin]]\nname = "hangar"\npath = "src/main.rs"\n')
    lock = f'version = 4\n\n[[package]]\nname = "hangar-cli"\nversion = "{version}"\n'
    source = 'fn main() {\n    println!("hangar 0.4.0");\n}\n'
    files = {"Cargo.toml": manifest, "Cargo.lock": lock, "src/main.rs": source}
    return packed({f"{root}/{path}": text for path, text in files.items()})
