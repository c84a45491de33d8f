"""Names of build jobs. That they are op-geth's is tested in ``tests/interop``."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pyoprollup.eth.types import Address, Hash32
from pyoprollup.execution.payload_id import payload_id
from pyoprollup.rollup.fork import Fork
from tests.unit.evm.support import Chain, deposit, transfer

PARENT = Hash32(b"\x01" * 32)


def test_every_field_counts() -> None:
    chain = Chain.start(Fork.JOVIAN)
    good = chain.attributes([deposit()])
    changes: list[dict[str, Any]] = [
        {},
        {"timestamp": good.timestamp + 1},
        {"prev_randao": PARENT},
        {"suggested_fee_recipient": Address(bytes(20))},
        {"parent_beacon_block_root": PARENT},
        {"transactions": ()},
        {"transactions": (deposit(), transfer())},
        {"no_tx_pool": True},
        {"gas_limit": 1},
        {"eip1559_params": b"\x01" * 8},
        {"min_base_fee": 1},
    ]
    ids = [payload_id(chain.config, PARENT, replace(good, **change)) for change in changes]
    ids.append(payload_id(chain.config, Hash32(bytes(32)), good))
    assert len(set(ids)) == len(ids)
    assert {job[0] for job in ids} == {3}


@pytest.mark.parametrize(("fork", "version"), [(Fork.BEDROCK, 1), (Fork.CANYON, 2), (Fork.ECOTONE, 3)])
def test_the_first_byte_is_the_version_of_the_method(fork: Fork, version: int) -> None:
    chain = Chain.start(fork)
    assert payload_id(chain.config, PARENT, chain.attributes())[0] == version
