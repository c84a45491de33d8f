from __future__ import annotations

import pytest

from pyoprollup.errors import DecodeError
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.preimage import PreimageMissing, local_key
from pyoprollup.program.client.l2_oracle import L2Oracle
from pyoprollup.program.client.recording import RecordingHinter
from tests.unit.program.support import DictOracle, recorded


def test_from_output_root_to_block() -> None:
    preimages, hinter = recorded("isthmus"), RecordingHinter()
    l2 = L2Oracle(DictOracle(preimages), hinter, 901)
    output = l2.output(Hash32(preimages[local_key(2)]))
    block = l2.block(output.block_hash)
    assert block.hash == output.block_hash == block.header.hash()
    assert block.header.state_root == output.state_root
    assert l2.block(output.block_hash) is block
    words = [hint.split(" ")[0] for hint in hinter.hints]
    assert words == ["l2-output", "l2-block-header", "l2-transactions"]


def test_nodes_and_code_are_hinted_apart_and_kept() -> None:
    oracle, hinter = DictOracle(), RecordingHinter()
    oracle.add(b"node", b"code")
    l2 = L2Oracle(oracle, hinter, 901)
    for _ in range(2):
        assert l2.state_node(keccak256(b"node")) == b"node"
        assert l2.code(keccak256(b"code")) == b"code"
    assert hinter.hints == [
        f"l2-state-node 0x{keccak256(b'node').hex()}",
        f"l2-code 0x{keccak256(b'code').hex()}",
    ]
    with pytest.raises(PreimageMissing):
        l2.state_node(keccak256(b"another"))


def test_hints_that_come_before() -> None:
    hinter = RecordingHinter()
    l2 = L2Oracle(DictOracle(), hinter, 901)
    l2.hint_account(Hash32(bytes(32)), Address(bytes(20)))
    l2.hint_block_hash_lookup(7, Hash32(bytes(32)))
    assert [hint.split(" ")[0] for hint in hinter.hints] == ["l2-account-proof", "l2-block-hash-lookup"]


def test_what_is_no_output() -> None:
    oracle = DictOracle()
    oracle.add(b"no output")
    with pytest.raises(DecodeError):
        L2Oracle(oracle, RecordingHinter(), 901).output(keccak256(b"no output"))
