"""Forks that activate while the chain lives, one by one."""

from __future__ import annotations

from typing import Any

import pytest

from pyoprollup.derive.l1_info import l1_block_info_from_bytes
from pyoprollup.eth.blob_fee import blob_base_fee
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.deposit_tx import DepositTransaction
from pyoprollup.eth.transactions import contract_address
from pyoprollup.eth.types import Address
from pyoprollup.l1.embedded.accounts import AccountsAt
from pyoprollup.rollup import Fork
from pyoprollup.rollup.l1_chain_config import CANCUN, PRAGUE
from pyoprollup.rollup.time import L2Time
from pyoprollup.rollup.upgrades import Bundle, UpgradeBundles, UpgradeTransaction, upgrade_transactions
from tests.actions.batcher import Stage, stage
from tests.actions.harness import World, up_to
from tests.actions.nodes import Verifier
from tests.support import shared_json

L1_BLOCK = Address(bytes.fromhex("4200000000000000000000000000000000000015"))
GAS_PRICE_ORACLE = Address(bytes.fromhex("420000000000000000000000000000000000000f"))
BEACON_ROOTS = Address(bytes.fromhex("000f3df6d732807ef1319fb7b8bb8522d0beac02"))
BLOCK_HASHES = Address(bytes.fromhex("0000f90827f1c53a10cb7a02335b175320002935"))
IMPLEMENTATION = 0x360894A13BA1A3210667C828492DB98DCA3E2076CC3735A920A3CA505D382BBC
"""Slot of a proxy's implementation (EIP-1967)."""

BEDROCK, ECOTONE, ISTHMUS, JOVIAN = (
    bytes.fromhex(x) for x in ("015d8eb9", "440a5e20", "098999be", "3db6be2b")
)
"""Selectors of the L1 attributes transaction."""

FORKS = pytest.mark.parametrize("fork", [fork for fork in Fork if Fork.CANYON <= fork <= Fork.JOVIAN])


def accounts(node: Verifier, number: int) -> AccountsAt:
    return AccountsAt(node.store.state, node.envelope(number).payload.state_root)  # type: ignore[arg-type]


def selector(node: Verifier, number: int) -> bytes:
    return DepositTransaction.decode(node.deposits(number)[0]).data[:4]


def live(cast: Stage, l1_blocks: int) -> None:
    """Each L1 block has six L2 blocks, each with a transaction, and the batches of the six before; the
    verifier and the sequencer follow."""
    world, miner, sequencer, verifier, batcher = cast
    for _ in range(l1_blocks):
        world.owner.act_deposit(world.bob.address)
        miner.act_l1_block()
        for node in (sequencer, verifier):
            node.act_sync()
            assert node.drops == []
        assert verifier.l2_safe == sequencer.l2_safe
        while sequencer.l2_unsafe.time < miner.head.time:
            world.alice.act_send_l2(sequencer.pool)
            sequencer.act_build_l2_block()
        batcher.act_submit_all()


def settle(cast: Stage) -> None:
    """All that was sequenced becomes safe, everywhere."""
    cast.miner.act_l1_block()
    for node in (cast.sequencer, cast.verifier):
        node.act_sync()
        assert node.l2_safe == node.l2_unsafe == cast.sequencer.l2_unsafe
        node.check_engine()


def activation_block(cast: Stage, fork: Fork) -> int:
    config = cast.world.config
    return (cast.world.fork_time(fork) - config.genesis.l2_time) // config.block_time


@FORKS
@pytest.mark.parametrize("after", [6, 24, 30])
def test_activation(fork: Fork, after: int) -> None:
    """Test_ProgramAction_ActivationBlock: life before, at and after a fork; in the middle of an epoch or with
    a new one."""
    cast = stage(up_to(Fork(fork - 1), {fork: after}))
    _world, _miner, sequencer, verifier, _batcher = cast
    live(cast, 4)
    settle(cast)
    at = activation_block(cast, fork)
    upgrades = () if fork is Fork.JOVIAN else upgrade_transactions(fork)
    if fork is Fork.JOVIAN:
        upgrades = cast.world.bundles.transactions(fork)
    deposits = verifier.deposits(at)
    assert deposits[len(deposits) - len(upgrades) :] == upgrades
    receipts = verifier.store.receipts(verifier.ref(at).hash)
    assert receipts is not None
    assert all(receipt.status for receipt in receipts)
    for number in range(1, verifier.l2_safe.number + 1):
        transactions = len(verifier.user_txs(number))
        if number == at and upgrades:
            assert transactions == 0, "users wait while a fork's transactions run"
        elif number == at + 1 and upgrades:
            assert transactions == 2
        else:
            assert transactions == 1
    assert verifier.hash(at) == sequencer.hash(at)


@FORKS
def test_payloads_of_a_fork(fork: Fork) -> None:
    """TestDencunL2ForkAfterGenesis and its like: fields of the payload and the L1 attributes change at the
    fork."""
    cast = stage(up_to(Fork(fork - 1), {fork: 6}))
    live(cast, 1)
    node = cast.sequencer
    before, at, after = (node.envelope(number) for number in (2, 3, 4))

    def facts(number: int) -> dict[str, Any]:
        envelope = node.envelope(number)
        payload = envelope.payload
        return {
            "withdrawals": payload.withdrawals,
            "blob_gas": payload.blob_gas_used,
            "beacon_root": envelope.parent_beacon_block_root is not None,
            "extra_data": len(payload.extra_data),
            "withdrawals_root": payload.withdrawals_root is not None,
            "selector": selector(node, number),
        }

    changes = {
        Fork.CANYON: {"withdrawals": ()},
        Fork.ECOTONE: {"blob_gas": 0, "beacon_root": True, "selector": ECOTONE},
        Fork.HOLOCENE: {"extra_data": 9},
        Fork.ISTHMUS: {"withdrawals_root": True, "selector": ISTHMUS},
        Fork.JOVIAN: {"extra_data": 17, "selector": JOVIAN},
    }.get(fork, {})
    old = facts(2)
    # The L1 attributes of the activation block itself still have the older form.
    assert facts(3) == {**old, **changes, "selector": old["selector"]}
    assert {**facts(4), "blob_gas": old["blob_gas"]} == {**old, **changes, "blob_gas": old["blob_gas"]}
    assert all(old[key] != value for key, value in changes.items())
    assert before.payload.block_hash == at.payload.parent_hash
    assert at.payload.block_hash == after.payload.parent_hash


def test_ecotone_network_upgrade_transactions() -> None:
    """TestEcotoneNetworkUpgradeTransactions: proxies point to the reference's contracts, and beacon roots are
    kept from then on."""
    cast = stage(up_to(Fork.DELTA, {Fork.ECOTONE: 4}))
    cast.sequencer.act_build_l2_blocks(1)
    node = cast.sequencer
    before = accounts(node, 1)
    assert selector(node, 1) == BEDROCK
    node.act_build_l2_to_time(cast.world.fork_time(Fork.ECOTONE))
    assert len(node.deposits()) == 7
    at = accounts(node, 2)
    for proxy, deployer, code_hash in (
        (L1_BLOCK, 0, "c88a313aa75dc4fbf0b6850d9f9ae41e04243b7008cf3eadb29256d4a71c1dfd"),
        (GAS_PRICE_ORACLE, 1, "8b71360ea773b4cfaf1ae6d2bd15464a4e1e2e360f786e475f63aeaed8da0ae5"),
    ):
        created = contract_address(Address(b"\x42\x10" + bytes(17) + bytes([deployer])), 0)
        assert at.storage(proxy, IMPLEMENTATION) == int.from_bytes(created, "big")
        assert before.storage(proxy, IMPLEMENTATION) != at.storage(proxy, IMPLEMENTATION)
        assert keccak256(at.code(created)).hex() == code_hash
    assert at.code(BEACON_ROOTS)

    cast.miner.act_l1_empty_block()
    node.act_l1_head_signal()
    node.act_build_to_l1_head()
    last = node.envelope()
    root = last.parent_beacon_block_root
    assert root == cast.world.l1.head_block.info.parent_beacon_root
    assert root is not None
    place = last.payload.timestamp % 8191
    now = accounts(node, node.l2_unsafe.number)
    assert now.storage(BEACON_ROOTS, place) == last.payload.timestamp
    assert now.storage(BEACON_ROOTS, place + 8191) == int.from_bytes(root, "big")
    cast.batcher.act_submit_all()
    settle(cast)


def test_fjord_network_upgrade_transactions() -> None:
    """TestFjordNetworkUpgradeTransactions: a new gas price oracle."""
    cast = stage(up_to(Fork.ECOTONE, {Fork.FJORD: 2}))
    node = cast.sequencer
    node.act_build_l2_block()
    assert len(node.deposits()) == 4
    at = accounts(node, 1)
    created = contract_address(Address(b"\x42\x10" + bytes(17) + b"\x02"), 0)
    assert at.storage(GAS_PRICE_ORACLE, IMPLEMENTATION) == int.from_bytes(created, "big")
    assert (
        keccak256(at.code(created)).hex()
        == "a88fa50a2745b15e6794247614b5298483070661adacb8d32d716434ed24c6b2"
    )
    cast.batcher.act_submit_all()
    settle(cast)


def test_isthmus_network_upgrade_transactions() -> None:
    """The Isthmus fork test: the contract of past block hashes is there, and has the parent's from then
    on."""
    cast = stage(up_to(Fork.HOLOCENE, {Fork.ISTHMUS: 4}))
    node = cast.sequencer
    node.act_build_l2_blocks(2)
    assert len(node.deposits()) == 9
    assert accounts(node, 2).code(BLOCK_HASHES)
    node.act_build_l2_block()
    kept = accounts(node, 3).storage(BLOCK_HASHES, 2)
    assert kept == int.from_bytes(node.hash(2), "big")
    cast.batcher.act_submit_all()
    settle(cast)


def test_pectra_blob_schedule() -> None:
    """Test_ProgramAction_PectraBlobSchedule: until the time that the configuration says, the blob base fee of
    L1 is computed as before Prague."""
    start = World().genesis_time
    cast = stage(Fork.HOLOCENE, l1={"excess_blob_gas": 60_000_000}, pectra_blob_schedule_time=start + 3 * 12)
    live(cast, 5)
    settle(cast)
    node = cast.verifier
    for number in range(1, node.l2_safe.number + 1):
        block = cast.world.l1.block(node.ref(number).l1_origin.hash)
        fraction = (CANCUN if block.header.time < start + 36 else PRAGUE).update_fraction
        data = DepositTransaction.decode(node.deposits(number)[0]).data
        info = l1_block_info_from_bytes(cast.world.config, L2Time(node.ref(number).time), data)
        assert info.blob_base_fee == blob_base_fee(block.header.excess_blob_gas, fraction)
    assert blob_base_fee(10**7, CANCUN.update_fraction) != blob_base_fee(10**7, PRAGUE.update_fraction)


@pytest.mark.shared
def test_jovian_activation_with_the_deployed_transactions() -> None:
    """Test_ProgramAction_JovianActivation with the real bundle: real contracts take the place of ours."""
    transactions = []
    for tx in shared_json("real", "upgrades", "jovian.json")["jovian"]:
        deposit = DepositTransaction.decode(bytes.fromhex(tx["raw"][2:]))
        transactions.append(
            UpgradeTransaction(
                f"Jovian: {tx['intent']}".replace("Jovian: Jovian: ", "Jovian: "),
                deposit.from_,
                deposit.to,
                deposit.gas,
                deposit.data,
            )
        )
    bundles = UpgradeBundles([Bundle(Fork.JOVIAN, tuple(transactions))])
    cast = stage(up_to(Fork.ISTHMUS, {Fork.JOVIAN: 6}), bundles=bundles)
    live(cast, 2)
    settle(cast)
    node = cast.verifier
    assert len(node.deposits(3)) == 6
    receipts = node.store.receipts(node.ref(3).hash)
    assert receipts is not None
    assert [receipt.status for receipt in receipts] == [1] * 6
    expected = [tx["hash"][2:] for tx in shared_json("real", "upgrades", "jovian.json")["jovian"]]
    assert [keccak256(raw).hex() for raw in node.deposits(3)[1:]] == expected
    assert selector(node, 4) == JOVIAN


def test_jovian_without_its_transactions() -> None:
    """Omitting the upgrade transactions: without the bundle derivation stops just before the activation
    block."""
    cast = stage(up_to(Fork.ISTHMUS, {Fork.JOVIAN: 6}))
    live(cast, 1)
    cast.miner.act_l1_block()
    cast.world.bundles = UpgradeBundles()
    poor = Verifier(cast.world, "poor")
    with pytest.raises(AssertionError, match=r"(?i)jovian|bundle"):
        poor.act_sync()
    assert poor.l2_safe.number == 2


def test_all_forks_one_after_another() -> None:
    """From Regolith to Jovian, a fork in each L1 block."""
    later = [fork for fork in Fork if Fork.CANYON <= fork <= Fork.JOVIAN]
    cast = stage(up_to(Fork.REGOLITH, {fork: 8 + 12 * n for n, fork in enumerate(later)}))
    live(cast, len(later) + 1)
    settle(cast)
    # A newcomer gets to the same from L1 alone.
    late = Verifier(cast.world, "late")
    late.act_sync()
    assert late.l2_safe == cast.sequencer.l2_unsafe
    assert late.drops == []


def test_all_forks_at_once() -> None:
    """All forks in one block: the transactions of each, in order."""
    later = [fork for fork in Fork if Fork.CANYON <= fork <= Fork.JOVIAN]
    cast = stage(up_to(Fork.REGOLITH, dict.fromkeys(later, 6)))
    live(cast, 2)
    settle(cast)
    expected = [raw for fork in later if fork is not Fork.JOVIAN for raw in upgrade_transactions(fork)]
    expected += cast.world.bundles.transactions(Fork.JOVIAN)
    assert list(cast.verifier.deposits(3)[1:]) == expected
