"""What the operator changes on L1 holds on L2 from the block that adopts the L1 block."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pyoprollup.derive.payload_util import decode_extra_data
from pyoprollup.eth.types import Address
from pyoprollup.evm.predeploys import L1_FEE_VAULT, OPERATOR_FEE_VAULT
from pyoprollup.l1.embedded.accounts import AccountsAt
from pyoprollup.rollup import Fork, SystemConfig
from pyoprollup.rollup.fee_scalars import EcotoneScalars
from tests.actions.batcher import BATCH_TYPES, Stage, stage
from tests.actions.nodes import Verifier


def gained(node: Verifier, vault: Address, number: int) -> int:
    """What a vault has got in one block."""
    before, after = (
        AccountsAt(node.store.state, node.envelope(n).payload.state_root)  # type: ignore[arg-type]
        for n in (number - 1, number)
    )
    return after.balance(vault) - before.balance(vault)


def change_and_adopt(cast: Stage, change: Callable[[], object]) -> int:
    """An L1 block with a change; L2 blocks up to the one that adopts it, which is returned, with a
    transaction."""
    change()
    cast.miner.act_l1_block()
    sequencer = cast.sequencer
    sequencer.act_l1_head_signal()
    sequencer.act_build_to_l1_head_excl()
    cast.world.alice.act_send_l2(sequencer.pool)
    sequencer.act_build_l2_block()
    assert sequencer.l2_unsafe.l1_origin == cast.miner.head.id
    assert len(sequencer.user_txs()) == 1
    return sequencer.l2_unsafe.number


def follows(cast: Stage) -> None:
    """The verifier gets to the same from L1."""
    cast.batcher.act_submit_all()
    cast.miner.act_l1_block()
    for node in (cast.verifier, cast.sequencer):
        node.act_sync()
        assert node.l2_safe == cast.sequencer.l2_unsafe
        assert node.drops == []


@BATCH_TYPES
def test_gas_limit_change(forks: Fork) -> None:
    """TestSystemConfigBatchType/GasLimitChange."""
    cast = stage(forks)
    world, sequencer = cast.world, cast.sequencer
    old = world.config.genesis.system_config.gas_limit
    at = change_and_adopt(
        cast, lambda: world.owner.act_set_system_config("setGasLimit(uint64)", old + 1_000_000)
    )
    limits = [sequencer.envelope(number).payload.gas_limit for number in range(at + 1)]
    assert limits == [old] * at + [old + 1_000_000]
    sequencer.act_build_l2_block()
    assert sequencer.envelope().payload.gas_limit == old + 1_000_000
    assert sequencer.system_config().gas_limit == old + 1_000_000
    follows(cast)


def calldata_gas(raw: bytes) -> int:
    return sum(4 if byte == 0 else 16 for byte in raw)


@pytest.mark.parametrize("forks", [Fork.REGOLITH, Fork.CANYON, Fork.DELTA])
def test_gpo_params_change(forks: Fork) -> None:
    """TestSystemConfigBatchType/GPOParamsChange: fees for L1 data, before, with and after a change of
    overhead and scalar."""
    cast = stage(forks)
    world, miner, sequencer, _verifier, _batcher = cast

    def check_fee(overhead: int, scalar: int) -> None:
        number = sequencer.l2_unsafe.number
        base_fee = world.l1.info_by_hash(sequencer.l2_unsafe.l1_origin.hash).base_fee
        (raw,) = sequencer.user_txs()
        assert gained(sequencer, L1_FEE_VAULT, number) == (
            (calldata_gas(raw) + overhead) * base_fee * scalar // 1_000_000
        )

    genesis = world.config.genesis.system_config
    overhead, scalar = (int.from_bytes(value, "big") for value in (genesis.overhead, genesis.scalar))
    change_and_adopt(cast, lambda: None)
    check_fee(overhead, scalar)
    follows(cast)

    at = change_and_adopt(
        cast,
        lambda: world.owner.act_set_system_config("setGasConfig(uint256,uint256)", 1000, 2_300_000),
    )
    assert sequencer.system_config(at - 1) == genesis
    after = sequencer.system_config(at)
    assert int.from_bytes(after.overhead, "big") == 1000
    assert int.from_bytes(after.scalar, "big") == 2_300_000
    check_fee(1000, 2_300_000)

    miner.act_l1_empty_block()
    sequencer.act_l1_head_signal()
    sequencer.act_build_to_l1_head()
    world.alice.act_send_l2(sequencer.pool)
    sequencer.act_build_l2_block()
    check_fee(1000, 2_300_000)
    follows(cast)


def test_gpo_params_change_ecotone() -> None:
    """GPOParamsChange since Ecotone: both scalars, in the packed form."""
    cast = stage(Fork.ECOTONE)
    world, sequencer = cast.world, cast.sequencer
    at = change_and_adopt(
        cast,
        lambda: world.owner.act_set_system_config("setGasConfigEcotone(uint32,uint32)", 3_000, 500_000),
    )
    expected = EcotoneScalars(blob_base_fee_scalar=500_000, base_fee_scalar=3_000)
    assert sequencer.system_config(at).scalar == expected.encode()
    origin = world.l1.block(sequencer.l2_unsafe.l1_origin.hash)
    (raw,) = sequencer.user_txs()
    price = 16 * origin.info.base_fee * 3_000 + origin.blob_base_fee * 500_000
    assert gained(sequencer, L1_FEE_VAULT, at) == calldata_gas(raw) * price // 16_000_000
    follows(cast)


@pytest.mark.parametrize("forks", [Fork.HOLOCENE, Fork.ISTHMUS, Fork.JOVIAN])
def test_eip1559_params_change(forks: Fork) -> None:
    """TestEIP1559Params: the base fee follows the new parameters, and blocks carry them."""
    cast = stage(forks)
    world, sequencer = cast.world, cast.sequencer
    at = change_and_adopt(
        cast, lambda: world.owner.act_set_system_config("setEIP1559Params(uint32,uint32)", 10, 2)
    )
    marks = [sequencer.envelope(number).payload.extra_data[1:9] for number in (at - 1, at)]
    old = (250).to_bytes(4, "big") + (6).to_bytes(4, "big")
    new = (10).to_bytes(4, "big") + (2).to_bytes(4, "big")
    assert marks == [old, new]
    assert sequencer.system_config(at).eip1559_params == new
    # The base fee of a block follows from the parameters of its parent.
    fees = [sequencer.envelope(number).payload.base_fee_per_gas for number in (at - 1, at)]
    sequencer.act_build_l2_block()
    fees.append(sequencer.envelope().payload.base_fee_per_gas)
    assert fees[0] - fees[1] < fees[0] // 200
    assert fees[1] - fees[2] > fees[1] // 12
    follows(cast)


@pytest.mark.parametrize("forks", [Fork.ISTHMUS, Fork.JOVIAN])
def test_operator_fee_change(forks: Fork) -> None:
    """Test_ProgramAction_OperatorFeeConstistency and its like: users pay the operator fee, into its vault."""
    cast = stage(forks)
    world, sequencer = cast.world, cast.sequencer
    world.alice.act_send_l2(sequencer.pool)
    sequencer.act_build_l2_block()
    assert gained(sequencer, OPERATOR_FEE_VAULT, 1) == 0
    at = change_and_adopt(
        cast, lambda: world.owner.act_set_system_config("setOperatorFeeScalars(uint32,uint64)", 7_000, 12_345)
    )
    receipts = sequencer.store.receipts(sequencer.l2_unsafe.hash)
    assert receipts is not None
    gas = receipts[-1].cumulative_gas_used - receipts[-2].cumulative_gas_used
    fee = gas * 7_000 * 100 if forks is Fork.JOVIAN else gas * 7_000 // 1_000_000
    assert gained(sequencer, OPERATOR_FEE_VAULT, at) == fee + 12_345
    follows(cast)


def test_min_base_fee_change() -> None:
    """Test_ProgramAction_JovianMinBaseFee: the base fee does not fall below the minimum."""
    cast = stage(Fork.JOVIAN)
    world, sequencer = cast.world, cast.sequencer
    minimum = 2 * 10**9
    at = change_and_adopt(cast, lambda: world.owner.act_set_system_config("setMinBaseFee(uint64)", minimum))
    assert decode_extra_data(sequencer.envelope(at).payload.extra_data, True)[1] == minimum
    assert sequencer.envelope(at).payload.base_fee_per_gas < minimum
    sequencer.act_build_l2_blocks(2)
    assert [sequencer.envelope(n).payload.base_fee_per_gas for n in (at + 1, at + 2)] == [minimum] * 2
    follows(cast)


def test_da_footprint_change() -> None:
    """Test_ProgramAction_JovianDAFootprint: the scalar decides what data counts for."""
    cast = stage(Fork.JOVIAN)
    world, sequencer = cast.world, cast.sequencer
    world.alice.act_send_l2(sequencer.pool)
    sequencer.act_build_l2_block()
    before = sequencer.envelope().payload.blob_gas_used
    assert before
    at = change_and_adopt(
        cast, lambda: world.owner.act_set_system_config("setDAFootprintGasScalar(uint16)", 1600)
    )
    after = sequencer.envelope(at).payload.blob_gas_used
    assert sequencer.system_config(at).da_footprint_gas_scalar == 1600
    # The same transaction, and the default is 400.
    assert after == 4 * before
    follows(cast)


def test_several_changes_in_one_block() -> None:
    """The last one counts, each of its kind; a change that L1 reverts leaves no trace."""
    cast = stage(Fork.ISTHMUS)
    world, sequencer = cast.world, cast.sequencer

    def change() -> None:
        for limit in (31_000_000, 33_000_000, 32_000_000):
            world.owner.act_set_system_config("setGasLimit(uint64)", limit)
        world.owner.act_set_system_config("setEIP1559Params(uint32,uint32)", 50, 6)

    at = change_and_adopt(cast, change)
    config: SystemConfig = sequencer.system_config(at)
    assert config.gas_limit == 32_000_000
    assert config.eip1559_denominator == 50
    follows(cast)
    world.alice.act_set_system_config("setGasLimit(uint64)", 40_000_000)
    cast.miner.act_l1_block(with_failures=True)
    sequencer.act_sync()
    sequencer.act_build_to_l1_head()
    assert sequencer.system_config().gas_limit == 32_000_000
