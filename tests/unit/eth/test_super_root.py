from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.errors import DecodeError
from pyoprollup.eth import rlp
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.super_root import (
    INVALID_TRANSITION,
    INVALID_TRANSITION_HASH,
    ChainIDAndOutput,
    OptimisticBlock,
    SuperV1,
    TransitionState,
    super_root,
    unmarshal_super_root,
    unmarshal_transition_state,
)
from pyoprollup.eth.types import Hash32

HASHES = st.binary(min_size=32, max_size=32).map(Hash32)
CHAINS = st.builds(ChainIDAndOutput, st.integers(0, (1 << 256) - 1), HASHES)
U64 = st.integers(0, (1 << 64) - 1)
OUTPUTS = st.builds(
    lambda time, chains: SuperV1(time, tuple(chains)), U64, st.lists(CHAINS, min_size=1, max_size=5)
)
STATES = st.builds(
    lambda output, blocks, step: TransitionState(output.marshal(), tuple(blocks), step),
    OUTPUTS,
    st.lists(st.builds(OptimisticBlock, HASHES, HASHES), max_size=5),
    U64,
)


@given(OUTPUTS)
def test_super_outputs(output: SuperV1) -> None:
    data = output.marshal()
    assert len(data) == 9 + 64 * len(output.chains)
    assert unmarshal_super_root(data) == output
    assert super_root(output) == keccak256(data)
    # An output is the state before the first step.
    assert unmarshal_transition_state(data) == TransitionState(data)


@given(STATES)
def test_transition_states(state: TransitionState) -> None:
    data = state.marshal()
    assert data[0] == 255 and unmarshal_transition_state(data) == state
    assert state.hash() == keccak256(data)
    blocks: list[rlp.RlpItem] = [[block.block_hash, block.output_root] for block in state.pending_progress]
    step = state.step.to_bytes(8, "big").lstrip(b"\0")
    assert data[1:] == rlp.encode([state.super_root, blocks, step])


def test_layout() -> None:
    output = SuperV1.of(
        0x0102, ChainIDAndOutput(8453, Hash32(b"\xbb" * 32)), ChainIDAndOutput(10, Hash32(b"\xaa" * 32))
    )
    assert output.marshal().hex() == (
        "010000000000000102" + f"{10:064x}" + "aa" * 32 + f"{8453:064x}" + "bb" * 32
    )
    assert INVALID_TRANSITION == b"invalid" and keccak256(b"invalid") == INVALID_TRANSITION_HASH


@given(st.binary(max_size=300) | STATES.map(lambda state: state.marshal()[:-1]))
def test_any_bytes(data: bytes) -> None:
    for decode in (unmarshal_super_root, unmarshal_transition_state):
        for first in (b"", b"\1", b"\xff"):
            try:
                found = decode(first + data)
            except DecodeError:
                continue
            if not (isinstance(found, TransitionState) and first == b"\1"):
                assert (found.marshal() == first + data) or found == TransitionState(first + data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\2" + bytes(72),
        b"\1" + bytes(8),
        b"\1" + bytes(71),
        b"\1" + bytes(73),
    ],
)
def test_what_is_no_super_output(data: bytes) -> None:
    for decode in (unmarshal_super_root, unmarshal_transition_state):
        with pytest.raises(DecodeError):
            decode(data)


HASH = bytes(32)


@pytest.mark.parametrize(
    "item",
    [
        b"",
        [],
        [b"", []],
        [b"", [], b"", b""],
        [[], [], b""],
        [b"", b"", b""],
        [b"", [], []],
        [b"", [], b"\0"],
        [b"", [], b"\1" * 9],
        [b"", [b""], b""],
        [b"", [[HASH]], b""],
        [b"", [[HASH, HASH, HASH]], b""],
        [b"", [[HASH, HASH[1:]]], b""],
        [b"", [[HASH, [HASH]]], b""],
    ],
)
def test_what_is_no_transition_state(item: rlp.RlpItem) -> None:
    with pytest.raises(DecodeError):
        unmarshal_transition_state(b"\xff" + rlp.encode(item))
