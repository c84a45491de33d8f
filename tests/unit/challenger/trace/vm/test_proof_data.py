from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.challenger.trace.vm.errors import FileDamaged
from pyoprollup.challenger.trace.vm.metrics import DebugInfo
from pyoprollup.challenger.trace.vm.proof_data import ProofData
from pyoprollup.challenger.trace.vm.status import VmStatus, vm_status
from pyoprollup.eth.types import Hash32, to_hex

CLAIMS = st.builds(
    lambda status, rest: Hash32(bytes([status]) + rest + b"\1"),
    st.integers(0, 3),
    st.binary(min_size=30, max_size=30),
)
READS = st.tuples(st.binary(min_size=32, max_size=32), st.binary(max_size=50), st.integers(0, (1 << 32) - 1))
PROOFS = st.builds(
    lambda claim, state, proof, read: ProofData(claim, state, proof, *read),
    CLAIMS,
    st.binary(min_size=1, max_size=300),
    st.binary(max_size=300),
    st.just((b"", b"", 0)) | READS,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.binary(max_size=40).map(to_hex),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)


@given(PROOFS, st.none() | st.integers(0, (1 << 64) - 1))
def test_round_trip(proof: ProofData, step: int | None) -> None:
    value = proof.to_json()
    assert ("oracle-key" in value) == bool(proof.oracle_key)
    if step is not None:
        value |= {"step": step, "pre": "0x"}
    assert ProofData.from_json(value, step) == proof


@given(
    PROOFS, st.sampled_from(["step", "post", "state-data", "proof-data", "oracle-key", "oracle-offset"]), JSON
)
def test_any_field_may_be_anything(proof: ProofData, field: str, value: Any) -> None:
    try:
        found = ProofData.from_json({**proof.to_json(), field: value}, 7)
    except FileDamaged:
        return
    assert len(found.claim_value) == 32 and found.state_data and len(found.oracle_key) in (0, 32)


@given(JSON)
def test_any_json(value: Any) -> None:
    with pytest.raises(FileDamaged):
        ProofData.from_json(value)


def test_statuses() -> None:
    for status in VmStatus:
        assert vm_status(Hash32(bytes([status]) + b"\1" * 31)) is status
    assert (VmStatus.VALID, VmStatus.INVALID, VmStatus.PANIC, VmStatus.UNFINISHED) == (0, 1, 2, 3)
    for value in (bytes(32), b"\4" + b"\1" * 31, b"\1" * 31, b"", b"\xff" * 33):
        with pytest.raises(FileDamaged):
            vm_status(Hash32(value))


@given(JSON)
def test_figures_of_a_run(value: Any) -> None:
    try:
        found = DebugInfo.from_json(value)
    except FileDamaged:
        return
    assert isinstance(value, dict) and all(
        0 <= getattr(found, name) < 1 << 64 for name in DebugInfo.__slots__
    )
