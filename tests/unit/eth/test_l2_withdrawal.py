from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import rlp
from eth_abi import encode
from trie import HexaryTrie

from pyoprollup.bindings import load_contract
from pyoprollup.errors import DecodeError
from pyoprollup.eth import Log, OutputV0, ProofError, WithdrawalProof, WithdrawalTransaction
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.l2_withdrawal import MESSAGE_PASSED_TOPIC
from pyoprollup.eth.types import Address, Hash32

PASSER = Address(b"\x42" + bytes(18) + b"\x16")
WITHDRAWAL = WithdrawalTransaction(
    (1 << 240) + 7, Address(b"\x11" * 20), Address(b"\x22" * 20), 10**18, 200_000, b"call data"
)


def event(withdrawal: WithdrawalTransaction, claimed: bytes | None = None) -> Log:
    topics = (
        MESSAGE_PASSED_TOPIC,
        Hash32(withdrawal.nonce.to_bytes(32, "big")),
        Hash32(bytes(12) + withdrawal.sender),
        Hash32(bytes(12) + withdrawal.target),
    )
    values = [withdrawal.value, withdrawal.gas_limit, withdrawal.data, claimed or withdrawal.hash()]
    return Log(PASSER, topics, encode(["uint256", "uint256", "bytes", "bytes32"], values))


def test_the_hash_is_that_of_the_abi_encoding() -> None:
    types = ["uint256", "address", "address", "uint256", "uint256", "bytes"]
    w = WITHDRAWAL
    values = [w.nonce, "0x" + w.sender.hex(), "0x" + w.target.hex(), w.value, w.gas_limit, w.data]
    assert w.hash() == keccak256(encode(types, values))
    assert w.storage_slot().to_bytes(32, "big") == keccak256(w.hash() + bytes(32))


def test_from_an_event() -> None:
    assert WithdrawalTransaction.from_log(event(WITHDRAWAL)) == WITHDRAWAL


@pytest.mark.parametrize(
    "log",
    [
        event(WITHDRAWAL, bytes(31) + b"\1"),
        event(WITHDRAWAL)._replace(topics=()),
        event(WITHDRAWAL)._replace(topics=event(WITHDRAWAL).topics[:3]),
        event(WITHDRAWAL)._replace(topics=(MESSAGE_PASSED_TOPIC, *[Hash32(b"\xff" * 32)] * 3)),
        event(WITHDRAWAL)._replace(data=b""),
        event(WITHDRAWAL)._replace(data=event(WITHDRAWAL).data[:-1]),
    ],
)
def test_events_that_are_none(log: Log) -> None:
    with pytest.raises(DecodeError):
        WithdrawalTransaction.from_log(log)


def storage(*withdrawals: WithdrawalTransaction) -> Any:
    trie = HexaryTrie({})
    for index in range(20):
        trie[keccak256(index.to_bytes(32, "big"))] = rlp.encode(index + 1)
    for withdrawal in withdrawals:
        trie[keccak256(withdrawal.storage_slot().to_bytes(32, "big"))] = b"\x01"
    return trie


def proof(trie: Any, withdrawal: WithdrawalTransaction) -> WithdrawalProof:
    key = keccak256(withdrawal.storage_slot().to_bytes(32, "big"))
    output = OutputV0(Hash32(b"\1" * 32), Hash32(trie.root_hash), Hash32(b"\2" * 32))
    return WithdrawalProof(output, tuple(rlp.encode(node) for node in trie.get_proof(key)))


def test_a_withdrawal_that_is_recorded() -> None:
    found = proof(storage(WITHDRAWAL), WITHDRAWAL)
    found.verify(found.output.root(), WITHDRAWAL)


def test_what_the_portal_is_given() -> None:
    found = proof(storage(WITHDRAWAL), WITHDRAWAL)
    function = load_contract("OptimismPortal2").function("proveWithdrawalTransaction")
    data = function.encode(*found.arguments(WITHDRAWAL, 3))
    call, index, roots, nodes = function.decode(data)
    assert (index, tuple(nodes)) == (3, found.nodes)
    assert WithdrawalTransaction(*call) == WITHDRAWAL
    assert keccak256(b"".join(roots)) == found.output.root()


def test_what_is_not_proved() -> None:
    trie = storage(WITHDRAWAL)
    found = proof(trie, WITHDRAWAL)
    root = found.output.root()
    other = replace(WITHDRAWAL, value=WITHDRAWAL.value + 1)
    with pytest.raises(ProofError):
        found.verify(root, other)
    with pytest.raises(ProofError, match="not recorded"):
        proof(trie, other).verify(root, other)
    with pytest.raises(ProofError, match="output root"):
        found.verify(Hash32(bytes(32)), WITHDRAWAL)
    with pytest.raises(ProofError):
        replace(found, nodes=found.nodes[:-1]).verify(root, WITHDRAWAL)
    with pytest.raises(ProofError, match="output root"):
        replace(found, output=replace(found.output, state_root=Hash32(bytes(32)))).verify(root, WITHDRAWAL)
