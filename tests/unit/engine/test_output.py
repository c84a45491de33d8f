"""Outputs and withdrawals of a devnet's chain, through the engine's own store and through its JSON-RPC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from pyoprollup.derive import l1_block_info_from_bytes, l1_fee, operator_fee
from pyoprollup.devcontracts import contract
from pyoprollup.devnet import BatchType, DataAvailability, Devnet, DevnetOptions
from pyoprollup.engine import EngineUnavailable, output_v0_at_block, prove_withdrawal
from pyoprollup.engine.client import HttpEngine
from pyoprollup.errors import DecodeError, NotFound
from pyoprollup.eth import AccountResult, ProofError, WithdrawalTransaction, decode_transaction
from pyoprollup.eth.crypto import address_of
from pyoprollup.eth.deposit_tx import DEPOSIT_TX_TYPE, DepositTransaction
from pyoprollup.eth.l2_withdrawal import MESSAGE_PASSED_TOPIC
from pyoprollup.eth.signer import sign_transaction
from pyoprollup.eth.transactions import DYNAMIC_FEE_TX_TYPE, Transaction
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.evm.predeploys import MESSAGE_PASSER
from pyoprollup.execution.output import output_at_block
from pyoprollup.execution.rpc import engine_methods
from pyoprollup.rollup import Fork
from pyoprollup.rollup.time import L2Time
from tests.unit.rollupapi.support import Wire

FORKS = ["bedrock", "granite", "holocene", "isthmus", "jovian"]


@cache
def lived(newest: str) -> Devnet:
    forks = {fork: 0 for fork in Fork if Fork.BEDROCK < fork <= Fork[newest.upper()]}
    devnet = Devnet(
        DevnetOptions(
            l1_blocks=2,
            transactions=6,
            forks=forks,
            data_availability=DataAvailability.CALLDATA,
            batch_type=BatchType.SINGULAR,
            silent_verifier=False,
        )
    )
    for index in range(3):
        devnet.advance(devnet.clock.time + 5)
        withdraw(devnet, index)
    devnet.run()
    return devnet


def withdraw(devnet: Devnet, index: int) -> None:
    """A user asks the message passer for a call on L1."""
    pool, key = devnet.sequencer.pool, devnet.genesis.users[index]
    assert pool is not None
    call = contract("L2ToL1MessagePasser").call("initiateWithdrawal", bytes(20), 100_000, b"x" * index)
    tx = Transaction(
        type=DYNAMIC_FEE_TX_TYPE,
        nonce=pool.next_nonce(address_of(key)),
        gas_price=10**11,
        gas_tip_cap=10**6,
        gas=200_000,
        to=MESSAGE_PASSER,
        value=1_000 + index,
        data=call,
        chain_id=devnet.config.l2_chain_id,
    )
    pool.add(sign_transaction(tx, key, devnet.config.l2_chain_id).encode())


def by_rpc(devnet: Devnet) -> HttpEngine:
    node = devnet.sequencer
    tables = engine_methods(devnet.config, node.engine, node.store)
    client: Any = Wire(tables.public)
    return HttpEngine(devnet.config, "", client=client)


def withdrawals(devnet: Devnet) -> list[tuple[int, WithdrawalTransaction]]:
    node = devnet.sequencer
    logs = [
        (number, log)
        for number in range(1, node.driver.heads.unsafe.number + 1)
        for receipt in node.store.receipts(node.engine.payload_by_number(number).payload.block_hash) or ()
        for log in receipt.logs
    ]
    return [
        (number, WithdrawalTransaction.from_log(log))
        for number, log in logs
        if log.address == MESSAGE_PASSER and log.topics[0] == MESSAGE_PASSED_TOPIC
    ]


@pytest.mark.parametrize("newest", FORKS)
def test_outputs_are_the_same_by_store_and_by_rpc(newest: str) -> None:
    devnet = lived(newest)
    node = devnet.sequencer
    for number in (0, 1, node.driver.heads.unsafe.number):
        block_hash = node.engine.payload_by_number(number).payload.block_hash
        expected = output_at_block(devnet.config, node.store, block_hash)
        assert output_v0_at_block(devnet.config, node.engine, block_hash) == expected
        assert output_v0_at_block(devnet.config, by_rpc(devnet), block_hash) == expected
        assert devnet.verifiers[0].output_at_block(number)[1] == expected


@pytest.mark.parametrize("newest", FORKS)
def test_withdrawals_are_proved_from_the_block_that_records_them_on(newest: str) -> None:
    devnet = lived(newest)
    found = withdrawals(devnet)
    assert [withdrawal.value for _, withdrawal in found] == [1_000, 1_001, 1_002]
    node = devnet.sequencer
    for number, withdrawal in found:
        before, at, last = (
            node.engine.payload_by_number(n).payload.block_hash
            for n in (number - 1, number, node.driver.heads.unsafe.number)
        )
        for block_hash in (at, last):
            proof = prove_withdrawal(devnet.config, node.engine, block_hash, withdrawal)
            assert proof == prove_withdrawal(devnet.config, by_rpc(devnet), block_hash, withdrawal)
            proof.verify(output_at_block(devnet.config, node.store, block_hash).root(), withdrawal)
        with pytest.raises(ProofError, match="not recorded"):
            prove_withdrawal(devnet.config, node.engine, before, withdrawal)
        with pytest.raises(ProofError, match="not recorded"):
            prove_withdrawal(devnet.config, node.engine, last, replace(withdrawal, gas_limit=1))


@pytest.mark.parametrize("newest", FORKS)
def test_the_data_fee_is_what_receipts_say(newest: str) -> None:
    devnet = lived(newest)
    node = devnet.sequencer
    wire = Wire(engine_methods(devnet.config, node.engine, node.store).public)
    compared = 0
    for number in range(1, node.driver.heads.unsafe.number + 1):
        block = node.engine.payload_by_number(number).payload
        attributes = decode_transaction(block.transactions[0])
        assert isinstance(attributes, DepositTransaction)
        info = l1_block_info_from_bytes(devnet.config, L2Time(block.timestamp), attributes.data)
        receipts = wire.call("eth_getBlockReceipts", hex(number))
        for raw, receipt in zip(block.transactions, receipts, strict=True):
            if raw[0] == DEPOSIT_TX_TYPE:
                continue
            fee = l1_fee(devnet.config, info, L2Time(block.timestamp), raw)
            assert fee == int(receipt["l1Fee"], 16)
            assert operator_fee(devnet.config, info, L2Time(block.timestamp), 21_000) >= 0
            compared += 1
    assert compared > 20


class Lying:
    """An engine whose proofs are changed on the way."""

    def __init__(self, engine: Any, change: Any) -> None:
        self._engine, self._change = engine, change

    def payload_by_hash(self, block_hash: Hash32) -> Any:
        return self._engine.payload_by_hash(block_hash)

    def get_proof(self, address: Address, slots: Sequence[int], block_hash: Hash32) -> AccountResult:
        result: AccountResult = self._change(self._engine.get_proof(address, slots, block_hash))
        return result


@pytest.mark.parametrize(
    "change",
    [
        lambda result: replace(result, storage_hash=Hash32(b"\1" * 32)),
        lambda result: replace(result, account_proof=()),
        lambda result: replace(result, address=Address(bytes(20))),
        lambda result: replace(result, account_proof=(*result.account_proof, b"\xc0")),
        lambda result: replace(result, storage_proof=()),
        lambda result: replace(result, storage_proof=result.storage_proof * 2),
    ],
)
def test_an_engine_that_lies_has_no_answer(change: Any) -> None:
    devnet = lived("granite")
    number, withdrawal = withdrawals(devnet)[0]
    block_hash = devnet.sequencer.engine.payload_by_number(number).payload.block_hash
    with pytest.raises(EngineUnavailable):
        prove_withdrawal(devnet.config, Lying(devnet.sequencer.engine, change), block_hash, withdrawal)


def test_a_block_that_there_is_not() -> None:
    devnet = lived("jovian")
    for engine in (devnet.sequencer.engine, by_rpc(devnet)):
        with pytest.raises(NotFound):
            output_v0_at_block(devnet.config, engine, Hash32(b"\1" * 32))
    with pytest.raises(NotFound):
        devnet.sequencer.engine.get_proof(MESSAGE_PASSER, (), Hash32(b"\1" * 32))


def test_the_rpc_answers_are_read_strictly() -> None:
    with pytest.raises(DecodeError):
        AccountResult.from_json({"address": "0x"})
