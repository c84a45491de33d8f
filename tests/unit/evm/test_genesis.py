"""Genesis blocks."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyoprollup.errors import DecodeError
from pyoprollup.eth.trie import EMPTY_TRIE_ROOT
from pyoprollup.eth.types import to_hex
from pyoprollup.evm.genesis import chain_forks, genesis_block
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.fork import Fork
from pyoprollup.rollup.registry import load_chain
from tests.support import shared_json
from tests.unit.evm.support import rules


@pytest.mark.shared
@pytest.mark.parametrize(
    "name",
    [
        *("mainnet-lyra", "sepolia-devnet-2-sepolia-devnet-2"),
        *(
            pytest.param(n, marks=pytest.mark.slow)
            for n in ("mainnet-zora", "sepolia-op", "sepolia-unichain")
        ),
    ],
)
def test_registry_genesis_is_exact(name: str) -> None:
    value = shared_json("real", "genesis", f"{name}.json.gz")
    config = RollupConfig.from_json({**value["chain"]["hardforks"], "regolith_time": 0, "block_time": 2})
    time = int(value["genesis"]["timestamp"], 16)
    block = genesis_block(value["genesis"], config.rules_at_l2(time))  # type: ignore[arg-type]
    expected = value["expected"]
    assert to_hex(block.header.state_root) == expected["state_root"]
    assert to_hex(block.message_passer_storage_root) == expected["message_passer_storage_root"]
    assert to_hex(block.header.encode()) == expected["header_rlp"]
    assert to_hex(block.hash) == expected["genesis_block_hash"]
    assert block.writes[block.hash] == block.header.encode()


def test_a_state_root_can_stand_in_for_the_allocation() -> None:
    block = genesis_block({"gasLimit": "0x1", "stateHash": "0x" + "21" * 32}, rules(Fork.BEDROCK))
    assert block.header.state_root == b"\x21" * 32
    assert genesis_block({"gasLimit": "0x1"}, rules(Fork.BEDROCK)).header.state_root == EMPTY_TRIE_ROOT


OP_MAINNET: dict[str, Any] = {
    "config": None,
    "nonce": "0x0",
    "timestamp": "0x0",
    "extraData": "0x" + "00" * 32 + "00000398232e2064f896018496b4b44b3d62751f" + "00" * 65,
    "gasLimit": "0xe4e1c0",
    "difficulty": "0x1",
    "baseFeePerGas": None,
    "alloc": {},
    "stateHash": "0xeddb4c1786789419153a27c4c80ff44a2226b6eda04f7e22ce5bae892ea568eb",
}
"""The first block of OP Mainnet, of 2021, as the registry has it."""


def test_a_block_before_london_has_no_base_fee() -> None:
    chain = load_chain("op-mainnet")
    forks = chain_forks(OP_MAINNET, chain)
    block = genesis_block(OP_MAINNET, rules(Fork.REGOLITH), forks)
    assert block.header.base_fee is None
    assert block.hash.hex() == "7ca38a1916c42007829c55e69d3e9a73265554b586a499015373241b8a3fa48b"
    assert chain_forks({**OP_MAINNET, "number": "0x645c277", "difficulty": "0x0"}, chain).london


@pytest.mark.parametrize(
    ("named", "present"),
    [
        ({}, ("base_fee",)),
        ({"londonBlock": 1}, ()),
        ({"berlinBlock": 0}, ()),
        ({"londonBlock": 0, "shanghaiTime": 7}, ("base_fee", "withdrawals_root")),
        ({"londonBlock": 0, "shanghaiTime": 8}, ("base_fee",)),
        ({"cancunTime": 0}, ("base_fee", "blob_gas_used", "excess_blob_gas", "parent_beacon_root")),
        ({"shanghaiTime": 0, "pragueTime": 0}, ("base_fee", "withdrawals_root", "requests_hash")),
        ({"londonBlock": 1, "shanghaiTime": 0, "cancunTime": 0}, ()),
    ],
)
def test_header_fields_by_the_forks_that_the_file_names(
    named: dict[str, int], present: tuple[str, ...]
) -> None:
    """As op-geth has them, which ``tests/interop/test_op_geth_genesis.py`` asks."""
    value = {"gasLimit": "0x1", "timestamp": "0x7", "config": {"chainId": 901, **named}}
    header = genesis_block(value, rules(Fork.REGOLITH)).header
    optional = (
        "base_fee",
        "withdrawals_root",
        "blob_gas_used",
        "excess_blob_gas",
        "parent_beacon_root",
        "requests_hash",
    )
    assert tuple(name for name in optional if getattr(header, name) is not None) == tuple(
        name for name in optional if name in present
    )


def test_numbers_and_words_as_go_ethereum_reads_them() -> None:
    def block(gas_limit: object, nonce: object, balance: object, storage: dict[str, str]) -> bytes:
        alloc = {"42" * 20: {"balance": balance, "storage": storage}}
        value = {"gasLimit": gas_limit, "nonce": nonce, "alloc": alloc}
        return genesis_block(value, rules(Fork.BEDROCK)).hash

    usual = block("0x1c9c380", "0x7", "0x64", {"0x" + "00" * 31 + "01": "0x" + "00" * 30 + "0203"})
    assert block("30000000", "007", "100", {"0x01": "0x0203"}) == usual
    assert block(30_000_000, 7, 100, {"01": "0203"}) == usual
    assert block("0X1C9C380", "0x0000000000000007", "0x064", {"0x01": "0x000203"}) == usual
    assert block("30000000", "00", "", {"": ""}) == block("0x1c9c380", "0x0", "0x0", {})


@pytest.mark.parametrize(
    "number", [True, 1.5, "1.5", "many", "0x", "-1", -1, "1_0", " 1", str(2**64), "٣", "1" * 5000]
)
def test_what_is_no_number(number: object) -> None:
    with pytest.raises(DecodeError, match=r"genesis\.gasLimit"):
        genesis_block({"gasLimit": number}, rules(Fork.BEDROCK))


def test_a_state_root_beside_an_allocation_is_refused() -> None:
    value = {"gasLimit": "0x1", "stateHash": "0x" + "21" * 32, "alloc": {"42" * 20: {"balance": "0x1"}}}
    with pytest.raises(DecodeError, match="stateHash"):
        genesis_block(value, rules(Fork.BEDROCK))


@pytest.mark.parametrize(
    "alloc",
    [
        [],
        {"42": {}},
        {"0x" + "42" * 20: []},
        {"42" * 20: {"storage": []}},
        {"42" * 20: {"storage": {"0x1": "0x2"}}},
        {"42" * 20: {"balance": "0x" + "1" + "0" * 64}},
        {"zz" * 20: {}},
    ],
)
def test_malformed_allocations(alloc: object) -> None:
    with pytest.raises(DecodeError):
        genesis_block({"gasLimit": "0x1", "alloc": alloc}, rules(Fork.BEDROCK))


@settings(max_examples=30)
@given(st.recursive(st.none() | st.text(max_size=4) | st.integers(), lambda v: st.dictionaries(st.text(), v)))
def test_any_json_is_read_or_refused(value: object) -> None:
    with suppress(DecodeError):
        genesis_block({"gasLimit": "0x1", "alloc": value}, rules(Fork.BEDROCK))
