"""Reading back and installing, from a served registry; the waits are the test's own and take no time."""

from __future__ import annotations

import pytest

from loadmaster.errors.cargo import CargoFailed, InstalledVersionWrong
from loadmaster.planning.profile.project import Install
from loadmaster.run.job import Job
from loadmaster.steps import publish, verify
from tests.kit.packing import manifest_text, packed
from tests.kit.step_world import Prepared, put

pytestmark = pytest.mark.cargo

CHECK = Install(package="hangar-cli", binary="hangar", debug=True)


def publish_all(job: Job, prepared: Prepared) -> dict[str, str]:
    """SHA-256 by `name@version`."""
    for crate in prepared.plan.crates:
        publish.publish_crate(job, crate, prepared.digests[crate.name])
    return {each.id: prepared.digests[each.name] for each in prepared.plan.crates}


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
        with pytest.raises(InstalledVersionWrong, match=r"says `hangar 0\.4\.0` instead of `0\.5\.0`"):
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
