"""Building payload attributes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pyoprollup.derive.attributes import SEQUENCER_FEE_VAULT_ADDRESS, FetchingAttributesBuilder
from pyoprollup.derive.deposits import DEPOSIT_EVENT_TOPIC
from pyoprollup.derive.errors import CriticalError, ResetError
from pyoprollup.derive.l1_info import L1BlockInfo, l1_block_info_from_bytes
from pyoprollup.errors import Unavailable
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.deposit_tx import DepositTransaction
from pyoprollup.eth.receipts import Log, Receipt
from pyoprollup.eth.refs import L1BlockRef, L2BlockRef
from pyoprollup.eth.types import Hash32
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.fee_scalars import EcotoneScalars
from pyoprollup.rollup.fork import Fork
from pyoprollup.rollup.system_config import SystemConfig, encode_eip1559_params
from pyoprollup.rollup.system_config_updates import CONFIG_UPDATE_TOPIC
from pyoprollup.rollup.time import L2Time
from pyoprollup.rollup.upgrades import upgrade_transactions
from tests.unit.derive.support import BATCHER, FakeL1, FakeL2, config, l1_chain, l2_block, name_hash

A, B = l1_chain(2, time=1000, step=12)
PARENT = l2_block(100, 1010, A, 5)
SYSTEM = SystemConfig(BATCHER, scalar=EcotoneScalars(8, 9).encode(), gas_limit=30_000_000)


def word(value: int) -> Hash32:
    return Hash32(value.to_bytes(32, "big"))


def deposit_receipt(
    cfg: RollupConfig, value: int, index: int, size: int | None = None, status: int = 1
) -> Receipt:
    opaque = word(0) + word(value) + bytes(8) + b"\0"
    data = word(32) + word(len(opaque) if size is None else size) + opaque + bytes(-len(opaque) % 32)
    topics = (DEPOSIT_EVENT_TOPIC, word(1), word(2), word(0))
    return Receipt(status=status, logs=(Log(cfg.deposit_contract_address, topics, data, index),))


def gas_limit_receipt(cfg: RollupConfig, gas_limit: int) -> Receipt:
    topics = (CONFIG_UPDATE_TOPIC, word(0), word(2))
    return Receipt(
        status=1, logs=(Log(cfg.l1_system_config_address, topics, word(32) * 2 + word(gas_limit)),)
    )


class Scene:
    def __init__(self, forks: str = "ecotone", system: SystemConfig = SYSTEM, **changes: Any) -> None:
        self.cfg = config(forks, **changes)
        self.l1 = FakeL1()
        self.l1.add(A)
        self.l1.add(B)
        self.l2 = FakeL2([PARENT])
        self.l2.configs[PARENT.hash] = system
        self.builder = FetchingAttributesBuilder(self.cfg, self.l1, self.l2)

    def build(self, epoch: L1BlockRef = B, parent: L2BlockRef = PARENT) -> PayloadAttributes:
        return self.builder.prepare_payload_attributes(parent, epoch.id)

    def info(self, attributes: PayloadAttributes) -> L1BlockInfo:
        deposit = DepositTransaction.decode(attributes.transactions[0])
        return l1_block_info_from_bytes(self.cfg, L2Time(attributes.timestamp), deposit.data)


# --- Epochs


def test_first_block_of_an_epoch() -> None:
    """L1 attributes with sequence number 0, then the deposits of the L1 block in their order."""
    scene = Scene()
    receipts = [deposit_receipt(scene.cfg, value, value) for value in range(3)]
    scene.l1.add(B, receipts=receipts)
    attributes = scene.build()
    assert scene.info(attributes).sequence_number == 0
    assert scene.info(attributes).number == B.number
    deposits = [DepositTransaction.decode(raw) for raw in attributes.transactions]
    assert [deposit.value for deposit in deposits[1:]] == [0, 1, 2]


def test_other_blocks_of_an_epoch() -> None:
    """The next sequence number and no deposits: the epoch's were in its first block."""
    scene = Scene()
    scene.l1.add(A, receipts=[deposit_receipt(scene.cfg, 1, 0), gas_limit_receipt(scene.cfg, 5)])
    attributes = scene.build(A)
    assert len(attributes.transactions) == 1
    assert scene.info(attributes).sequence_number == PARENT.sequence_number + 1
    assert attributes.gas_limit == SYSTEM.gas_limit


def test_system_configuration_changes_with_the_epoch() -> None:
    scene = Scene()
    scene.l1.add(B, receipts=[gas_limit_receipt(scene.cfg, 40_000_000)])
    assert scene.build().gas_limit == 40_000_000


def test_malformed_configuration_update_is_passed_over() -> None:
    scene = Scene()
    scene.l1.add(B, receipts=[gas_limit_receipt(scene.cfg, 2**64), gas_limit_receipt(scene.cfg, 7)])
    assert scene.build().gas_limit == 7


def test_malformed_deposit_stops_the_chain() -> None:
    """Deposits must not be left out, so there is no way on."""
    scene = Scene()
    scene.l1.add(B, receipts=[deposit_receipt(scene.cfg, 1, 0, size=10_000)])
    with pytest.raises(CriticalError):
        scene.build()


def test_deposit_of_a_failed_transaction() -> None:
    scene = Scene()
    scene.l1.add(B, receipts=[deposit_receipt(scene.cfg, 1, 0, status=0)])
    assert len(scene.build().transactions) == 1


# --- Fields


def test_fields() -> None:
    scene = Scene("bedrock")
    attributes = scene.build()
    assert attributes.timestamp == PARENT.time + 2
    assert attributes.prev_randao == name_hash(f"mix {B.number}")
    assert attributes.suggested_fee_recipient == SEQUENCER_FEE_VAULT_ADDRESS
    assert (attributes.gas_limit, attributes.no_tx_pool) == (SYSTEM.gas_limit, True)
    assert (attributes.withdrawals, attributes.parent_beacon_block_root) == (None, None)
    assert (attributes.eip1559_params, attributes.min_base_fee) == (None, None)
    assert SEQUENCER_FEE_VAULT_ADDRESS.hex() == "4200000000000000000000000000000000000011"


@pytest.mark.parametrize(
    ("forks", "fields"),
    [
        ("canyon", {"withdrawals": (), "parent_beacon_block_root": None}),
        ("ecotone", {"parent_beacon_block_root": bytes(32), "eip1559_params": None}),
        ("holocene", {"eip1559_params": encode_eip1559_params(250, 6), "min_base_fee": None}),
        ("isthmus", {"min_base_fee": None}),
        ("jovian", {"min_base_fee": 77, "eip1559_params": encode_eip1559_params(250, 6)}),
    ],
)
def test_fields_of_forks(forks: str, fields: dict[str, Any]) -> None:
    system = replace(SYSTEM, eip1559_params=encode_eip1559_params(250, 6), min_base_fee=77)
    attributes = Scene(forks, system).build()
    for field, value in fields.items():
        assert getattr(attributes, field) == value


def test_forks_go_by_the_l2_block() -> None:
    """By the time of the block that is built, not by that of its L1 origin."""
    for canyon, expected in ((PARENT.time + 2, ()), (PARENT.time + 3, None)):
        assert Scene("regolith", canyon_time=canyon).build().withdrawals == expected


def test_parent_beacon_root() -> None:
    """That of the L1 origin; a block before Dencun on L1 has none, which counts as zero."""
    scene = Scene("ecotone")
    scene.l1.add(B, parent_beacon_root=name_hash("beacon"))
    assert scene.build().parent_beacon_block_root == name_hash("beacon")


def test_blob_base_fee() -> None:
    """Given, computed from the excess, or one wei for an L1 block without blobs."""
    for info, expected in (
        ({}, 1),
        ({"excess_blob_gas": 0}, 1),
        ({"excess_blob_gas": 10_000_000}, 19),
        ({"excess_blob_gas": 10_000_000, "blob_base_fee": 5}, 5),
    ):
        scene = Scene("ecotone")
        scene.l1.add(B, **info)
        assert scene.info(scene.build()).blob_base_fee == expected


# --- Upgrades


@pytest.mark.parametrize(
    ("before", "fork"), [("delta", Fork.ECOTONE), ("ecotone", Fork.FJORD), ("holocene", Fork.ISTHMUS)]
)
def test_upgrade_transactions(before: str, fork: Fork) -> None:
    """After the deposits, in the activation block alone."""
    key = f"{fork.name.lower()}_time"
    expected = upgrade_transactions(fork)
    assert expected
    for offset, upgrades in ((1, 0), (2, len(expected)), (3, len(expected)), (4, 0)):
        # The fork activates some seconds before or after the block at PARENT.time + 2.
        scene = Scene(before, **{key: PARENT.time + 4 - offset})
        scene.l1.add(B, receipts=[deposit_receipt(scene.cfg, 1, 0)])
        transactions = scene.build().transactions
        assert len(transactions) == 2 + upgrades
        assert transactions[2:] == (expected if upgrades else ())


def test_missing_upgrade_bundle_stops_the_chain() -> None:
    with pytest.raises(CriticalError):
        Scene("isthmus", jovian_time=PARENT.time + 2).build()
    assert Scene("isthmus", jovian_time=PARENT.time + 4).build()


def test_malformed_fee_scalars_stop_the_chain() -> None:
    with pytest.raises(CriticalError):
        Scene("ecotone", replace(SYSTEM, scalar=b"\x07" + bytes(31))).build()


# --- L1 that does not fit


def test_other_l1_block_at_the_same_number() -> None:
    scene = Scene()
    other = replace(A, hash=name_hash("other"))
    scene.l1.add(other)
    with pytest.raises(ResetError):
        scene.build(other)


def test_l1_block_with_another_parent() -> None:
    scene = Scene()
    other = replace(B, parent_hash=name_hash("other"))
    scene.l1.add(other)
    with pytest.raises(ResetError):
        scene.build(other)


def test_block_older_than_its_l1_origin() -> None:
    scene = Scene()
    late = replace(B, time=PARENT.time + 3)
    scene.l1.add(late)
    with pytest.raises(ResetError):
        scene.build(late)
    scene.l1.add(replace(B, time=PARENT.time + 2))
    assert scene.build()


@pytest.mark.parametrize("epoch", [A, B])
def test_sources_that_do_not_answer(epoch: L1BlockRef) -> None:
    scene = Scene()
    scene.l2.failing = 0
    with pytest.raises(Unavailable):
        scene.build(epoch)
    scene.l1.failing = 0
    with pytest.raises(Unavailable):
        scene.build(epoch)
    assert scene.build(epoch) == Scene().build(epoch)


def test_unknown_blocks_are_waited_for() -> None:
    scene = Scene()
    with pytest.raises(Unavailable):
        scene.build(replace(B, hash=name_hash("unknown")))
    del scene.l2.configs[PARENT.hash]
    with pytest.raises(Unavailable):
        scene.build()
