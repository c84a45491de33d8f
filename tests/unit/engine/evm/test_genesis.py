"""Genesis blocks."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyoprollup.engine.evm.genesis import genesis_block
from pyoprollup.errors import DecodeError
from pyoprollup.eth.trie import EMPTY_TRIE_ROOT
from pyoprollup.eth.types import to_hex
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.fork import Fork
from tests.support import shared_json
from tests.unit.engine.evm.support import rules


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
