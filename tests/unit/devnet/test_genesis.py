"""Both chains from their genesis on: L1's events change L2, and forks come while it runs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pyoprollup.derive.attributes import FetchingAttributesBuilder
from pyoprollup.derive.l1_info import l1_block_info_from_bytes
from pyoprollup.devcontracts import contract
from pyoprollup.devnet.genesis import (
    L1_MESSENGER,
    L2_MESSENGER,
    PORTAL,
    SYSTEM_CONFIG,
    DevnetGenesis,
    GenesisOptions,
)
from pyoprollup.devnet.upgrades import GAS_PRICE_ORACLE
from pyoprollup.driver import EngineL2Source
from pyoprollup.engine import ExecutePayloadStatus, ForkchoiceState, PayloadInfo
from pyoprollup.eth.abi import event_topic
from pyoprollup.eth.crypto import address_of
from pyoprollup.eth.payload import ExecutionPayload
from pyoprollup.eth.receipts import Receipt
from pyoprollup.eth.refs import BlockLabel
from pyoprollup.eth.signer import sign_transaction
from pyoprollup.eth.transactions import Transaction, decode_transaction
from pyoprollup.eth.types import ZERO_HASH, Address
from pyoprollup.evm.accounts import FlatAccountDB
from pyoprollup.evm.genesis import genesis_block
from pyoprollup.evm.predeploys import L1_BLOCK
from pyoprollup.evm.store import Overlay
from pyoprollup.execution.in_process import InProcessEngine
from pyoprollup.execution.store import MemoryStore
from pyoprollup.rollup import Fork, RollupConfig, execution_config
from pyoprollup.rollup.rules import L1InfoFormat
from pyoprollup.rollup.time import L2Time

FORKS = [fork for fork in Fork if fork <= Fork.KARST]


class Chains:
    """Both layers; L2 grows by the transactions that nobody can refuse alone."""

    def __init__(self, **options: Any) -> None:
        self.genesis = DevnetGenesis.make(GenesisOptions(**options))
        self.config = self.genesis.config
        self.l1 = self.genesis.start_l1()
        self.store = MemoryStore()
        self.engine = InProcessEngine.from_genesis(self.config, self.genesis.l2_genesis, self.store)
        bundles = self.genesis.bundles
        self.l2 = EngineL2Source(self.config, self.engine, bundles)
        self.builder = FetchingAttributesBuilder(self.config, self.l1, self.l2, bundles)
        self.nonces: dict[bytes, int] = {}

    def send(self, key: bytes, to: Address, data: bytes = b"", value: int = 0) -> None:
        """A transaction for the next L1 block."""
        nonce = self.nonces.get(key, 0)
        self.nonces[key] = nonce + 1
        chain_id = self.config.l1_chain_id
        tx = Transaction(2, nonce, 10**11, 500_000, to, value, data, chain_id=chain_id, gas_tip_cap=1)
        self.l1.send(sign_transaction(tx, key, chain_id).encode())

    def block(self) -> tuple[ExecutionPayload, tuple[Receipt, ...]]:
        """The next L2 block, on the next L1 origin if that is not younger; L1 grows as it must."""
        head = self.l2.l2_block_ref_by_label(BlockLabel.UNSAFE)
        time = head.time + self.config.block_time
        if self.l1.head_block.ref.time + 12 <= time:
            self.l1.mine()
        origin = self.l1.block_by_number(head.l1_origin.number).ref
        if origin.number < self.l1.head_block.number:
            following = self.l1.block_by_number(origin.number + 1).ref
            origin = following if following.time <= time else origin
        attributes = self.builder.prepare_payload_attributes(head, origin.id)
        started = self.engine.forkchoice_updated(ForkchoiceState(head.hash, ZERO_HASH, ZERO_HASH), attributes)
        assert started.payload_id is not None
        envelope = self.engine.get_payload(PayloadInfo(started.payload_id, time))
        payload = envelope.payload
        assert self.engine.new_payload(envelope).status is ExecutePayloadStatus.VALID
        self.engine.forkchoice_updated(ForkchoiceState(payload.block_hash, ZERO_HASH, ZERO_HASH), None)
        receipts = self.store.receipts(payload.block_hash)
        assert receipts is not None
        return payload, tuple(receipts)

    def state(self) -> FlatAccountDB:
        header = self.store.header(self.store.heads.unsafe)
        assert header is not None
        return FlatAccountDB(Overlay(self.store.state), header.state_root)


def up_to(fork: Fork, at: int = 0) -> dict[Fork, int]:
    return {each: at if each is fork else 0 for each in Fork if each <= fork}


def words(config: RollupConfig, payload: ExecutionPayload) -> dict[int, int]:
    """The slots of L1Block that the block's first transaction must have written."""
    time = L2Time(payload.timestamp)
    info = l1_block_info_from_bytes(config, time, decode_transaction(payload.transactions[0]).data)
    slots = {
        0: info.time << 64 | info.number,
        1: info.base_fee,
        2: int.from_bytes(info.block_hash, "big"),
        4: int.from_bytes(info.batcher_addr, "big"),
    }
    layout = config.schedule.l1_info_format(time)
    if layout is L1InfoFormat.BEDROCK:
        overhead, scalar = (
            int.from_bytes(word, "big") for word in (info.l1_fee_overhead, info.l1_fee_scalar)
        )
        return {**slots, 3: info.sequence_number, 5: overhead, 6: scalar}
    scalars = info.base_fee_scalar << 96 | info.blob_base_fee_scalar << 64
    slots |= {3: scalars | info.sequence_number, 7: info.blob_base_fee or 0}
    if layout in (L1InfoFormat.ISTHMUS, L1InfoFormat.JOVIAN):
        footprint = info.da_footprint_gas_scalar << 96
        slots[8] = footprint | info.operator_fee_scalar << 64 | info.operator_fee_constant
    return slots


@pytest.mark.parametrize("fork", FORKS)
def test_genesis(fork: Fork) -> None:
    genesis = DevnetGenesis.make(GenesisOptions(forks=up_to(fork)))
    config = genesis.config
    config.check()
    assert RollupConfig.load(json.loads(json.dumps(config.to_json()))) == config
    rules = config.rules_at_l2(L2Time(config.genesis.l2_time))
    value = json.loads(json.dumps(genesis.l2_genesis))
    assert genesis_block(value, rules).hash == config.genesis.l2.hash
    read = execution_config(value["config"])
    known = [each for each in Fork if each is not Fork.DELTA]  # of which execution knows nothing
    assert [read.fork_time(each) for each in known] == [config.fork_time(each) for each in known]
    assert read.chain_op_config == config.chain_op_config
    l1 = genesis.start_l1()
    assert l1.head_block.ref.id == config.genesis.l1
    assert l1.head_block.ref.time == config.genesis.l2_time


def test_the_seed_decides() -> None:
    same = [DevnetGenesis.make(GenesisOptions(seed=3)).config for _ in range(2)]
    assert same[0] == same[1]
    assert DevnetGenesis.make(GenesisOptions(seed=4)).config != same[0]


@pytest.mark.parametrize("fork", FORKS)
def test_l1_block_of_a_chain_born_with_a_fork(fork: Fork) -> None:
    chains = Chains(forks=up_to(fork))
    for _ in range(8):
        payload, receipts = chains.block()
        assert [receipt.status for receipt in receipts] == [1]
        state, expected = chains.state(), words(chains.config, payload)
        assert {slot: state.get_storage(L1_BLOCK, slot) for slot in expected} == expected


@pytest.mark.parametrize("fork", FORKS[1:])
def test_l1_block_through_an_activation(fork: Fork) -> None:
    chains = Chains(forks=up_to(fork, 6))
    for number in range(1, 9):
        payload, receipts = chains.block()
        assert {receipt.status for receipt in receipts} == {1}
        state, expected = chains.state(), words(chains.config, payload)
        assert {slot: state.get_storage(L1_BLOCK, slot) for slot in expected} == expected, number


def test_all_forks_one_after_another() -> None:
    chains = Chains(forks={fork: 4 * index for index, fork in enumerate(FORKS)})
    upgrades = 0
    for _ in range(2 * len(FORKS) + 4):
        payload, receipts = chains.block()
        assert {receipt.status for receipt in receipts} == {1}
        upgrades += len(payload.transactions) > 1
        state, expected = chains.state(), words(chains.config, payload)
        assert {slot: state.get_storage(L1_BLOCK, slot) for slot in expected} == expected
    assert upgrades == 4  # Ecotone, Fjord, Isthmus, Jovian
    assert chains.state().get_storage(GAS_PRICE_ORACLE, 0) == 0x01010101


def test_deposits_and_changes_arrive() -> None:
    chains = Chains()
    key, owner = chains.genesis.users[0], chains.genesis.owner
    receiver = Address(b"\x88" * 20)
    deposit = contract("OptimismPortal").call("depositTransaction", receiver, 5, 100_000, False, b"")
    chains.send(key, PORTAL, deposit, 7)
    changes = [
        ("setGasLimit", 40_000_000),
        ("setOperatorFeeScalars", 11, 12),
        ("setMinBaseFee", 13),
        ("setDAFootprintGasScalar", 14),
        ("setGasConfigEcotone", 15, 16),
        ("setBatcherHash", bytes(12) + receiver),
    ]
    for change in changes:
        chains.send(owner, SYSTEM_CONFIG, contract("SystemConfig").call(*change))
    blocks = [chains.block() for _ in range(7)]
    assert all(receipt.status == 1 for receipt in chains.l1.block_by_number(1).receipts)
    payload, receipts = blocks[5]
    assert len(payload.transactions) == 2
    assert [receipt.status for receipt in receipts] == [1, 1]
    state = chains.state()
    assert state.get_balance(receiver) == 5
    assert state.get_balance(address_of(key)) == 10_000 * 10**18 + 2
    config = chains.l2.system_config_by_l2_hash(payload.block_hash)
    assert (config.gas_limit, config.min_base_fee, config.da_footprint_gas_scalar) == (40_000_000, 13, 14)
    assert (config.operator_fee_scalar, config.operator_fee_constant) == (11, 12)
    scalars = config.ecotone_scalars()
    assert (scalars.base_fee_scalar, scalars.blob_base_fee_scalar) == (15, 16)
    assert config.batcher_addr == receiver
    assert chains.config.genesis.system_config.batcher_addr == address_of(chains.genesis.batcher)
    payload, _ = blocks[6]
    assert payload.gas_limit == 40_000_000


def test_a_message_from_contract_to_contract() -> None:
    chains = Chains()
    key, receiver = chains.genesis.users[0], Address(b"\x89" * 20)
    messenger = contract("L1CrossDomainMessenger")
    chains.send(key, L1_MESSENGER, messenger.call("sendMessage", receiver, b"hello", 50_000), 7)
    chains.send(key, L1_MESSENGER, messenger.call("sendMessage", L1_BLOCK, b"no such function", 50_000))
    payload, receipts = [chains.block() for _ in range(6)][-1]
    assert [receipt.status for receipt in chains.l1.block_by_number(1).receipts] == [1, 1]
    assert [receipt.status for receipt in receipts] == [1, 1, 1]
    relayed, failed = (event_topic(f"{name}(bytes32)") for name in ("RelayedMessage", "FailedRelayedMessage"))
    logs = [log for receipt in receipts for log in receipt.logs]
    assert [(log.address, log.topics[0]) for log in logs] == [(L2_MESSENGER, relayed), (L2_MESSENGER, failed)]
    assert chains.state().get_balance(receiver) == 7
    assert decode_transaction(payload.transactions[1]).to == L2_MESSENGER
