from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pyoprollup.errors import ConfigError
from pyoprollup.eth.types import ZERO_ADDRESS, ZERO_HASH, Address
from pyoprollup.rollup.alt_da import AltDAConfig
from pyoprollup.rollup.config import RollupConfig
from tests.unit.rollup.test_config_json import OP_NODE

ADDRESS = Address(b"\x08" * 20)
GOOD = replace(RollupConfig.from_json(OP_NODE), karst_time=None)
GENESIS = GOOD.genesis
ALL = {
    "regolith_time": 0,
    "canyon_time": 5,
    "delta_time": 5,
    "ecotone_time": 6,
    "fjord_time": 7,
    "granite_time": 8,
    "holocene_time": 9,
    "isthmus_time": 10,
    "jovian_time": 11,
    "karst_time": 12,
}


def test_good_configurations() -> None:
    GOOD.check()
    replace(GOOD, **ALL).check()  # type: ignore[arg-type]
    replace(GOOD, **ALL, interop_time=12).check()  # type: ignore[arg-type]
    assert RollupConfig.load(GOOD.to_json()) == GOOD


def test_interop_before_isthmus_existed_stands_outside_the_order() -> None:
    replace(GOOD, regolith_time=None, canyon_time=None, interop_time=1).check()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"block_time": 0}, "block_time: must not be 0"),
        ({"channel_timeout": 0}, "channel_timeout: must not be 0"),
        ({"max_sequencer_drift": 0}, "max_sequencer_drift: must not be 0"),
        ({"seq_window_size": 1}, "seq_window_size: must be 2 at least, is 1"),
        ({"genesis": replace(GENESIS, l1=replace(GENESIS.l1, hash=ZERO_HASH))}, "genesis.l1.hash: missing"),
        ({"genesis": replace(GENESIS, l2=replace(GENESIS.l2, hash=ZERO_HASH))}, "genesis.l2.hash: missing"),
        ({"genesis": replace(GENESIS, l2=GENESIS.l1)}, "genesis.l2.hash: 0x0101"),
        ({"genesis": replace(GENESIS, l2_time=0)}, "genesis.l2_time: missing"),
        ({"batch_inbox_address": ZERO_ADDRESS}, "batch_inbox_address: missing"),
        ({"deposit_contract_address": ZERO_ADDRESS}, "deposit_contract_address: missing"),
        ({"l1_chain_id": 0}, "l1_chain_id: must be positive, is 0"),
        ({"l2_chain_id": -4}, "l2_chain_id: must be positive, is -4"),
        ({"l2_chain_id": 1}, "l2_chain_id: 1 is the L1 chain's id, too"),
        ({"delta_time": 4}, "delta_time: 4 is before canyon_time, 5"),
        ({"ecotone_time": 4}, "ecotone_time: set to 4, but delta_time is missing"),
        ({"regolith_time": None}, "canyon_time: set to 5, but regolith_time is missing"),
        (ALL | {"jovian_time": None}, "karst_time: set to 12, but jovian_time is missing"),
        (ALL | {"interop_time": 11}, "interop_time: 11 is before karst_time, 12"),
        (ALL | {"interop_time": 13, "lagoon_time": 14}, "lagoon_time: 14, but interop_time is 13"),
        ({"alt_da": AltDAConfig()}, "alt_da.da_commitment_type: unknown type ''"),
        (
            {"alt_da": AltDAConfig(da_commitment_type="KeccakCommitment")},
            "alt_da.da_challenge_contract_address: missing",
        ),
        (
            {"alt_da": AltDAConfig(ADDRESS, "GenericCommitment")},
            "alt_da.da_challenge_contract_address: 0x0808",
        ),
    ],
)
def test_errors_name_field_and_value(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as error:
        replace(GOOD, **changes).check()
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("field", "value", "name"),
    [
        ("batcher_addr", ZERO_ADDRESS, "batcherAddr"),
        ("scalar", ZERO_HASH, "scalar"),
        ("gas_limit", 0, "gasLimit"),
    ],
)
def test_genesis_system_config_must_be_complete(field: str, value: object, name: str) -> None:
    system_config = replace(GENESIS.system_config, **{field: value})  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=rf"genesis\.system_config\.{name}: missing"):
        replace(GOOD, genesis=replace(GENESIS, system_config=system_config)).check()
