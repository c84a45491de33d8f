"""Chains through every fork, with what other clients made of them: headers and receipts are equal."""

from __future__ import annotations

import pytest

from pyoprollup.eth.headers import Header
from pyoprollup.eth.types import bytes_from_hex, to_hex
from pyoprollup.evm.block import build_block, execute_payload
from tests.unit.evm.support import recorded_chain

pytestmark = [pytest.mark.shared, pytest.mark.slow]


@pytest.mark.parametrize("name", ["forks-1", "forks-2", "forks-v2-11", "forks-v2-karst-evm-only-15"])
def test_every_block_is_exact(name: str) -> None:
    chain, blocks = recorded_chain(name)
    for attributes, expected in blocks:
        parent = chain.head
        block = chain.append(build_block(chain.config, parent, attributes, chain.store))
        where = f"block {expected['number']} ({expected['spec']})"
        assert block.header == Header.decode(bytes_from_hex(expected["header_rlp"])), where
        assert [to_hex(receipt.encode()) for receipt in block.receipts] == expected["receipts"], where
        if block.header.number % 4 == 2:
            again = execute_payload(chain.config, parent, block.envelope, chain.store)
            assert again.header == block.header, where
