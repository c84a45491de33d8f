"""Blocks of real chains: every hash is exact, and would not be with a rule slightly off."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from pyoprollup.eth.receipts import Receipt
from pyoprollup.eth.types import Hash32
from pyoprollup.evm import executor, transaction
from pyoprollup.evm.block import execute_payload
from pyoprollup.evm.errors import BlockFault, InvalidBlock, MissingStateError
from pyoprollup.evm.predeploys import OPERATOR_FEE_VAULT
from tests.unit.evm.support import RealBlock, real_block

pytestmark = pytest.mark.shared

QUICK = (120794432, 26207960)
"""An Ecotone block of OP Mainnet and a Holocene one of OP Sepolia."""
SLOW = (
    *(10211000, 121003241, 121049889, 132795025, 132796000, 22884230, 22884231),
    *(26207961, 26207962, 26207963, 26208384),
)


@pytest.fixture(scope="module")
def sepolia() -> RealBlock:
    return real_block(26207960)


@pytest.mark.parametrize("number", [*QUICK, *(pytest.param(n, marks=pytest.mark.slow) for n in SLOW)])
def test_block_is_exact(number: int) -> None:
    recorded = real_block(number)
    block = recorded.build()
    differing = [
        f.name
        for f in fields(block.header)
        if getattr(block.header, f.name) != getattr(recorded.header, f.name)
    ]
    assert not differing
    assert block.hash == recorded.header.hash()
    assert ["0x" + receipt.encode().hex() for receipt in block.receipts] == recorded.receipts


def test_chained_on_our_own_state() -> None:
    first, second = real_block(22884230), real_block(22884231)
    block = first.build()
    assert block.hash == second.parent.hash()
    store = {**second.store, **block.writes}
    assert replace(second, store=store).build().hash == second.header.hash()


def test_as_a_payload(sepolia: RealBlock) -> None:
    envelope = sepolia.build().envelope
    block = execute_payload(sepolia.config, sepolia.parent, envelope, sepolia.store)
    assert block.header == sepolia.header


def _cost_more(*args: Any) -> int:
    return original_l1_cost(*args) + 1


original_l1_cost = executor.l1_cost


@pytest.mark.parametrize(
    ("module", "name", "other"),
    [
        (executor, "l1_cost", _cost_more),
        (executor, "L1_FEE_VAULT", OPERATOR_FEE_VAULT),
        (transaction, "floor_gas", lambda *_: 100_000),
    ],
)
def test_a_rule_slightly_off_breaks_the_hash(
    sepolia: RealBlock, monkeypatch: pytest.MonkeyPatch, module: Any, name: str, other: Any
) -> None:
    monkeypatch.setattr(module, name, other)
    assert sepolia.build().hash != sepolia.header.hash()


def test_a_receipt_without_nonce_breaks_the_hash(sepolia: RealBlock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        Receipt, "encode_for_root", lambda self: self._with_type(b"".join(self._consensus_items()))
    )
    assert sepolia.build().header.receipts_root != sepolia.header.receipts_root


def test_a_missing_node_is_named_and_never_an_invalid_block(sepolia: RealBlock) -> None:
    """Without one pre-image the block is either not affected, or exactly that one is missed."""
    missed = 0
    for key in sorted(sepolia.store)[:: max(len(sepolia.store) // 25, 1)]:
        store = {other: value for other, value in sepolia.store.items() if other != key}
        try:
            assert replace(sepolia, store=store).build().hash == sepolia.header.hash()
        except MissingStateError as exc:
            assert exc.key == key
            missed += 1
    assert missed > 15


def test_a_store_that_fetches_is_enough(sepolia: RealBlock) -> None:
    class Fetching(dict[bytes, bytes]):
        def __missing__(self, key: bytes) -> bytes:
            return self.setdefault(key, sepolia.store[key])

    store = Fetching()
    assert replace(sepolia, store=store).build().hash == sepolia.header.hash()
    assert 0 < len(store) <= len(sepolia.store)


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        ("gas_used", 953_625, BlockFault.GAS_USED),
        ("state_root", Hash32(bytes(32)), BlockFault.STATE_ROOT),
        ("receipts_root", Hash32(bytes(32)), BlockFault.RECEIPTS_ROOT),
        ("logs_bloom", bytes(256), BlockFault.LOGS_BLOOM),
        ("base_fee_per_gas", 1, BlockFault.BASE_FEE),
        ("blob_gas_used", 1, BlockFault.BLOB_GAS_USED),
        ("excess_blob_gas", 1, BlockFault.EXCESS_BLOB_GAS),
        ("block_number", 1, BlockFault.NUMBER),
        ("parent_hash", Hash32(bytes(32)), BlockFault.PARENT_HASH),
        ("timestamp", 1, BlockFault.TIMESTAMP),
        ("extra_data", b"", BlockFault.EXTRA_DATA),
        ("gas_limit", 100_000, BlockFault.TRANSACTION),
    ],
)
def test_a_wrong_field_is_named(sepolia: RealBlock, field: str, value: Any, fault: BlockFault) -> None:
    envelope = sepolia.build().envelope
    changed = replace(envelope, payload=replace(envelope.payload, **{field: value}))
    with pytest.raises(InvalidBlock) as caught:
        execute_payload(sepolia.config, sepolia.parent, changed, sepolia.store)
    assert caught.value.fault is BlockFault.BLOCK_HASH
    rehashed = replace(changed, payload=replace(changed.payload, block_hash=changed.compute_block_hash()))
    with pytest.raises(InvalidBlock) as caught:
        execute_payload(sepolia.config, sepolia.parent, rehashed, sepolia.store)
    assert caught.value.fault is fault
