"""The checks of ``trace_providers``: what is true at each position of a trace."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from pyoprollup.challenger.game.position import Position
from pyoprollup.challenger.game.trace import PreimageOracleData
from pyoprollup.challenger.preimages import DirectoryPreimageSource, PreimageLoader
from pyoprollup.challenger.trace.super_node import (
    OutputWithRequiredL1,
    SuperRootAtTimestamp,
    SuperRootData,
)
from pyoprollup.challenger.trace.super_roots import SuperNodePrestateProvider, SuperNodeTraceProvider
from pyoprollup.challenger.trace.vm import (
    VM,
    ProofData,
    StateProof,
    TraceFolder,
    VmFailed,
    VmPrestateProvider,
    VmTraceProvider,
)
from pyoprollup.challenger.trace.vm.disk import read_json, write_json
from pyoprollup.errors import RollupError
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.refs import BlockID
from pyoprollup.eth.super_root import OptimisticBlock, super_root, unmarshal_super_root
from pyoprollup.eth.types import ZERO_HASH, bytes_from_hex, hash_from_hex, to_hex
from pyoprollup.vectors.core import Case, expect, register

__all__ = ["check_super", "check_vm_trace", "compare_vm_trace"]


@register("trace_providers", "super")
def check_super(case: Case) -> None:
    """The state of super roots at each position that a case asks for."""
    node = _SuperNode(case["roots"])
    before, after = case["prestate_timestamp"], case["poststate_timestamp"]
    trace = SuperNodeTraceProvider(
        SuperNodePrestateProvider(node, before),
        node,
        BlockID(ZERO_HASH, case["l1_head"]),
        case["game_depth"],
        before,
        after,
    )
    for query in case["queries"]:
        position = Position.from_gindex(int(query["gindex"], 16))
        name = query["gindex"]
        expect(f"{name}.step", (query["timestamp"], query["step"]), trace.compute_step(position))
        try:
            found = trace.get_preimage_bytes(position)
        except RollupError:
            expect(f"{name}.failed", "error" in query, True)
            continue
        expect(f"{name}.failed", "error" in query, False)
        expect(f"{name}.preimage", query["preimage"], to_hex(found))
        expect(f"{name}.value", query["value"], to_hex(trace.get(position)))


class _SuperNode:
    """The node of a case. It knows all chains that appear in any of its answers."""

    def __init__(self, roots: dict[str, dict[str, Any]]) -> None:
        self._chain_ids = {int(chain) for answer in roots.values() for chain in answer["optimistic"] or {}}
        self._answers = {int(timestamp): self._read(answer) for timestamp, answer in roots.items()}

    def super_root_at_timestamp(self, timestamp: int) -> SuperRootAtTimestamp:
        """What the case says about a time."""
        return self._answers[timestamp]

    def _read(self, answer: dict[str, Any]) -> SuperRootAtTimestamp:
        optimistic = {
            int(chain): OutputWithRequiredL1(
                OptimisticBlock(hash_from_hex(item["block_hash"]), hash_from_hex(item["output_root"])),
                BlockID(ZERO_HASH, item["required_l1"]),
            )
            for chain, item in (answer["optimistic"] or {}).items()
            if item
        }
        data = None
        if "super" in answer:
            output = unmarshal_super_root(bytes_from_hex(answer["super"]))
            expect("super_root", answer["super_root"], to_hex(super_root(output)))
            data = SuperRootData(BlockID(ZERO_HASH, answer["verified_required_l1"]), output)
        current = BlockID(ZERO_HASH, answer["current_l1"])
        return SuperRootAtTimestamp(current, tuple(self._chain_ids), optimistic, data)


@register("trace_providers", "vm_trace", single=True)
def check_vm_trace(case: Case) -> None:
    """The trace of a VM that does what a case says: what is kept, and what follows the end of the program.

    The VM is recorded and its proofs are not, so their bytes are not looked at: that takes a VM, see
    :func:`compare_vm_trace`.
    """
    with tempfile.TemporaryDirectory() as folder:
        compare_vm_trace(case, _RecordedVm(case), Path(folder), Path(folder, "none"), with_proofs=False)


def compare_vm_trace(case: Case, vm: VM, folder: Path, prestate: Path, *, with_proofs: bool = True) -> None:
    """Ask a trace over a VM for all steps of a case, and compare these and the files that are left.

    ``folder`` is empty, and ``prestate`` the file that the program begins with.
    """
    files = TraceFolder(folder)
    loader = PreimageLoader(DirectoryPreimageSource(files.preimages))
    trace = VmTraceProvider(vm, VmPrestateProvider(prestate, vm), files, case["game_depth"], loader)
    for step in case["steps"]:
        name = f"step {step['trace_index']}"
        position = Position.from_gindex(int(step["gindex"], 16))
        expect(f"{name}.trace_index", step["trace_index"], position.trace_index(case["game_depth"]))
        expect(f"{name}.value", step["value"], to_hex(trace.get(position)))
        data = trace.get_step_data(position)
        expect(f"{name}.state", step["state"], to_hex(data.prestate))
        expect(f"{name}.has proof", step["proof_len"] > 0, len(data.proof) > 0)
        if with_proofs:
            expect(f"{name}.proof_len", step["proof_len"], len(data.proof))
            expect(f"{name}.proof_keccak", step["proof_keccak"], to_hex(keccak256(data.proof)))
        expect(f"{name}.oracle", step.get("oracle"), _oracle(data.preimage))
    left = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    expect("files", sorted(case["files"]), sorted(left))


def _oracle(data: PreimageOracleData | None) -> dict[str, Any] | None:
    if data is None:
        return None
    return {
        "data": to_hex(data.data),
        "key": to_hex(data.key),
        "local": data.is_local,
        "offset": data.offset,
    }


class _RecordedVm:
    """The VM of a case, as far as it is recorded: its program ends with the last step that has a file."""

    def __init__(self, case: Case) -> None:
        self._steps = {step["trace_index"]: step for step in case["steps"]}
        proofs = [name for name in case["files"] if name.startswith("proofs/")]
        self._end = max(int(name.removeprefix("proofs/").removesuffix(".json.gz")) for name in proofs)
        self._snapshot_freq: int = case["snapshot_freq"]

    def generate_proof(self, folder: Path, index: int) -> None:
        """Leave the files of a run."""
        files = TraceFolder(folder)
        start = files.starting_snapshot(index)
        first = int(start.name.partition(".")[0]) if start is not None else 0
        last = min(self._end, index + 1)
        for step in range(first, last):
            if step % self._snapshot_freq == 0:
                write_json(files.snapshots / f"{step}.bin.gz", {"step": step})
        if index < last:
            write_json(files.proof_file(index), self._proof(index).to_json())
        write_json(files.final_state, {"step": last})

    def convert_state_to_proof(self, path: Path) -> StateProof:
        """The state of such a file; only that at the end is recorded."""
        step = read_json(path, 1 << 10)["step"]
        if step < self._end:
            raise VmFailed(f"the state after {step} steps is not recorded")
        after = next(item for index, item in sorted(self._steps.items()) if index >= self._end)
        return StateProof(
            ProofData(hash_from_hex(after["value"]), bytes_from_hex(after["state"])), step, True
        )

    def _proof(self, index: int) -> ProofData:
        step = self._steps[index]
        read = step.get("oracle") or {"key": "0x", "data": "0x", "offset": 0}
        return ProofData(
            hash_from_hex(step["value"]),
            bytes_from_hex(step["state"]),
            bytes(step["proof_len"]),
            bytes_from_hex(read["key"]),
            bytes_from_hex(read["data"]),
            read["offset"],
        )
