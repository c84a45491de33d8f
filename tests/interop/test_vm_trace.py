"""The trace of a real VM: the reference's cannon runs a small program, and our provider asks it."""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path

import pytest

from pyoprollup.challenger.game.position import Position
from pyoprollup.challenger.preimages import DirectoryPreimageSource, PreimageLoader
from pyoprollup.challenger.trace.local_inputs import LocalGameInputs
from pyoprollup.challenger.trace.prestates import MultiPrestateProvider, PrestateUnavailable, UrlFetcher
from pyoprollup.challenger.trace.vm import (
    Executor,
    ProofData,
    SubprocessRunner,
    TraceFolder,
    VmConfig,
    VmMetrics,
    VmPrestateProvider,
    VmStatus,
    VmTraceProvider,
    vm_status,
)
from pyoprollup.eth.types import ZERO_HASH, Hash32, bytes_from_hex, to_hex
from pyoprollup.vectors.trace_formats import compare_vm_trace
from tests.interop import preimage_server
from tests.support import shared_json, shared_path

pytestmark = [pytest.mark.go, pytest.mark.shared, pytest.mark.slow]

END, DEPTH = 80, 9
PRESTATE = bytes_from_hex("0x0382274afe54c3eda9580e0f16f42bead9f72f609952b3d018af1c1266379cea")


class TableServer:
    """Pre-images from a file."""

    def oracle_command(self, config: VmConfig, data_dir: Path, inputs: LocalGameInputs) -> list[str]:
        return [sys.executable, preimage_server.__file__, config.server]


@pytest.fixture
def vm(cannon: Path) -> Executor:
    table = shared_path("golden", "v2", "cannon_files", "preimages.json")
    config = VmConfig(str(cannon), str(table), snapshot_freq=20, info_freq=10, debug_info=False)
    prestate = shared_path("golden", "v2", "cannon_files", "state-0.bin.gz")
    inputs = LocalGameInputs(ZERO_HASH, ZERO_HASH, 0)
    runner = SubprocessRunner()
    return Executor(config, TableServer(), prestate, inputs, runner, time.monotonic, VmMetrics())


def trace_of(vm: Executor, folder: Path) -> VmTraceProvider:
    files = TraceFolder(folder)
    loader = PreimageLoader(DirectoryPreimageSource(files.preimages))
    return VmTraceProvider(vm, VmPrestateProvider(vm.prestate, vm), files, DEPTH, loader)


def test_vectors(vm: Executor, tmp_path: Path) -> None:
    case = shared_json("golden", "v2", "trace_providers.json.gz")["cases"]["vm_trace"]
    compare_vm_trace(case, vm, tmp_path, vm.prestate)
    assert vm.metrics.step == END - 10 and vm.metrics.failures == 0


def test_every_step_is_the_recorded_one(vm: Executor, tmp_path: Path) -> None:
    """From whatever snapshot a run begins; some files are lost or damaged on the way."""
    recorded = shared_json("golden", "v2", "cannon_files", "proofs.json.gz")
    trace = trace_of(vm, tmp_path)
    assert trace.absolute_prestate_commitment() == PRESTATE
    for index in (79, 3, 20, 19, 41, 40, 60, 61, 59, 22):
        if index == 41:
            damaged = TraceFolder(tmp_path).snapshots / "40.bin.gz"
            damaged.write_bytes(damaged.read_bytes()[:50])
        if index == 61:
            shutil.rmtree(TraceFolder(tmp_path).snapshots)
        value, data = trace.get(Position(DEPTH, index)), trace.get_step_data(Position(DEPTH, index))
        expected = ProofData.from_json(recorded[str(index)], index)
        assert (value, data.prestate) == (expected.claim_value, expected.state_data), index
        # Where a step touches no memory, the recorded VM object has left bytes of the step before: these two
        # parts are not read then.
        assert data.proof[:2250] == expected.proof_data[:2250]
        assert vm_status(value) == (VmStatus.INVALID if index == 79 else VmStatus.UNFINISHED)


def test_prestates_are_checked_by_the_vm(vm: Executor, tmp_path: Path) -> None:
    served = tmp_path / "served"
    served.mkdir()
    shutil.copy(vm.prestate, served / f"{to_hex(PRESTATE)}.bin.gz")
    other = Hash32(b"\3" * 32)
    (served / f"{to_hex(other)}.bin.gz").write_text("<html>not found</html>")
    shutil.copy(vm.prestate, served / f"{to_hex(other)}.json.gz")
    source = MultiPrestateProvider(served.as_uri(), tmp_path / "data", vm, UrlFetcher(60.0))
    path = source.prestate_path(Hash32(PRESTATE))
    assert VmPrestateProvider(path, vm).absolute_prestate_commitment() == PRESTATE
    with pytest.raises(PrestateUnavailable):
        source.prestate_path(other)
