"""Consolidation, field by field; the vectors cover what is older than Holocene."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pyoprollup.driver import AttributesMismatch, attributes_match_block
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.types import ZERO_ADDRESS, ZERO_HASH, Address
from pyoprollup.eth.withdrawals import Withdrawal
from pyoprollup.rollup.chain_op_config import ChainOpConfig
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.system_config import encode_eip1559_params
from tests.fake_engine import genesis_envelope
from tests.unit.derive.support import config, name_hash

OPTIONS = ChainOpConfig(eip1559_elasticity=6, eip1559_denominator=50, eip1559_denominator_canyon=250)
PARENT = name_hash("parent")


def pair(forks: str = "granite") -> tuple[RollupConfig, PayloadAttributes, ExecutionPayloadEnvelope]:
    """Attributes and their block."""
    chain = config(forks, chain_op_config=OPTIONS)
    rules = chain.rules_at_l2(1000)
    extra = b""
    if rules.eip1559_params:
        extra = bytes([rules.min_base_fee]) + encode_eip1559_params(250, 6)
    if rules.min_base_fee:
        extra += (7).to_bytes(8, "big")
    attributes = PayloadAttributes(
        timestamp=1000,
        prev_randao=ZERO_HASH,
        suggested_fee_recipient=ZERO_ADDRESS,
        withdrawals=() if rules.withdrawals else None,
        parent_beacon_block_root=ZERO_HASH if rules.parent_beacon_block_root else None,
        transactions=(b"\x7edeposit", b"\x02tx"),
        no_tx_pool=True,
        gas_limit=30_000_000,
        eip1559_params=bytes(8) if rules.eip1559_params else None,
        min_base_fee=7 if rules.min_base_fee else None,
    )
    payload = replace(
        genesis_envelope(chain).payload,
        parent_hash=PARENT,
        timestamp=1000,
        gas_limit=30_000_000,
        transactions=attributes.transactions,
        withdrawals=attributes.withdrawals,
        extra_data=extra,
        withdrawals_root=ZERO_HASH if rules.withdrawals_root_in_header else None,
    )
    return chain, attributes, ExecutionPayloadEnvelope(payload, attributes.parent_beacon_block_root)


@pytest.mark.parametrize("forks", ["bedrock", "canyon", "ecotone", "holocene", "isthmus", "jovian", "karst"])
def test_match(forks: str) -> None:
    chain, attributes, envelope = pair(forks)
    attributes_match_block(chain, attributes, PARENT, envelope)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"parent_hash": ZERO_HASH}, "parent hash"),
        ({"timestamp": 1001}, "timestamp"),
        ({"prev_randao": name_hash("x")}, "prev randao"),
        ({"transactions": (b"\x7edeposit",)}, "transaction count: derived 2, block has 1"),
        (
            {"transactions": (b"\x7edeposit", b"\x02ty")},
            "transaction 1: derived 0x027478, block has 0x027479",
        ),
        ({"gas_limit": 1}, "gas limit"),
        ({"withdrawals": None}, "withdrawals"),
        ({"withdrawals": (Withdrawal(0, 0, ZERO_ADDRESS, 0),)}, "withdrawals"),
        ({"withdrawals_root": ZERO_HASH}, "withdrawals root is set"),
        ({"fee_recipient": Address(b"\x01" * 20)}, "fee recipient"),
    ],
)
def test_mismatch(changes: dict[str, Any], field: str) -> None:
    chain, attributes, envelope = pair()
    other = replace(envelope, payload=replace(envelope.payload, **changes))
    with pytest.raises(AttributesMismatch, match=field):
        attributes_match_block(chain, attributes, PARENT, other)


def test_beacon_root_and_missing_gas_limit() -> None:
    chain, attributes, envelope = pair()
    for root in (None, name_hash("x")):
        with pytest.raises(AttributesMismatch, match="parent beacon block root"):
            attributes_match_block(
                chain, attributes, PARENT, replace(envelope, parent_beacon_block_root=root)
            )
    with pytest.raises(AttributesMismatch, match="gas limit: derived None"):
        attributes_match_block(chain, replace(attributes, gas_limit=None), PARENT, envelope)


def test_withdrawals_root_is_needed_from_isthmus() -> None:
    chain, attributes, envelope = pair("isthmus")
    without = replace(envelope, payload=replace(envelope.payload, withdrawals_root=None))
    with pytest.raises(AttributesMismatch, match="withdrawals root is set: derived True, block has False"):
        attributes_match_block(chain, attributes, PARENT, without)


@pytest.mark.parametrize(
    ("derived", "written", "same"),
    [
        ((0, 0), (250, 6), True),
        ((0, 0), (50, 6), False),
        ((250, 6), (250, 6), True),
        ((100, 3), (100, 3), True),
        ((100, 3), (250, 6), False),
        ((100, 3), (100, 4), False),
        (None, (250, 6), False),
    ],
)
def test_eip1559_parameters(derived: tuple[int, int] | None, written: tuple[int, int], same: bool) -> None:
    """Zero stands for the chain's constants, which a header has written out."""
    chain, attributes, envelope = pair("holocene")
    params = None if derived is None else encode_eip1559_params(*derived)
    attributes = replace(attributes, eip1559_params=params)
    payload = replace(envelope.payload, extra_data=b"\0" + encode_eip1559_params(*written))
    other = replace(envelope, payload=payload)
    if same:
        attributes_match_block(chain, attributes, PARENT, other)
        return
    with pytest.raises(AttributesMismatch, match="EIP-1559 parameters"):
        attributes_match_block(chain, attributes, PARENT, other)


def test_constants_of_a_chain_that_does_not_say() -> None:
    _, attributes, envelope = pair("holocene")
    attributes_match_block(config("holocene"), attributes, PARENT, envelope)


@pytest.mark.parametrize("extra", [b"", b"\x01" + bytes(8), bytes(9), bytes(17)])
def test_malformed_extra_data(extra: bytes) -> None:
    chain, attributes, envelope = pair("holocene")
    other = replace(envelope, payload=replace(envelope.payload, extra_data=extra))
    with pytest.raises(AttributesMismatch, match="extra data"):
        attributes_match_block(chain, attributes, PARENT, other)


def test_minimum_base_fee() -> None:
    chain, attributes, envelope = pair("jovian")
    with pytest.raises(AttributesMismatch, match="minimum base fee: derived 8, block has 7"):
        attributes_match_block(chain, replace(attributes, min_base_fee=8), PARENT, envelope)


def test_long_values_are_cut() -> None:
    chain, attributes, envelope = pair()
    long = replace(attributes, transactions=(b"\x7e" * 500, b"\x02tx"))
    with pytest.raises(AttributesMismatch, match="1002 characters"):
        attributes_match_block(chain, long, PARENT, envelope)
