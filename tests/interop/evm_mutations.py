"""Blocks that are wrong in one place, each with the hash of what it says."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pyoprollup.eth.deposit_tx import DepositTransaction
from pyoprollup.eth.headers import Header
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.types import ZERO_HASH, Address, Hash32
from pyoprollup.eth.withdrawals import Withdrawal
from pyoprollup.rollup.rules import Rules
from tests.interop.evm_transactions import TransactionMaker

_WITHDRAWAL = Withdrawal(0, 0, Address(bytes(20)), 1)


def sealed(envelope: ExecutionPayloadEnvelope, **changes: Any) -> ExecutionPayloadEnvelope:
    """The envelope with other fields of its payload, and their hash."""
    root = changes.pop("parent_beacon_block_root", envelope.parent_beacon_block_root)
    changed = ExecutionPayloadEnvelope(replace(envelope.payload, **changes), root)
    return replace(changed, payload=replace(changed.payload, block_hash=changed.compute_block_hash()))


def mutations(
    envelope: ExecutionPayloadEnvelope, parent: Header, rules: Rules, maker: TransactionMaker
) -> Iterator[tuple[str, ExecutionPayloadEnvelope]]:
    """Names of mutations, and the envelopes; some are of blocks that are as good."""
    for name, changes in _fields(envelope, parent, rules, maker.chance):
        yield name, sealed(envelope, **changes)
    for name, transactions in _transactions(envelope.payload.transactions, maker, rules):
        yield name, sealed(envelope, transactions=transactions)
    yield "block hash", replace(envelope, payload=replace(envelope.payload, block_hash=Hash32(b"\x01" * 32)))


def _fields(
    envelope: ExecutionPayloadEnvelope, parent: Header, rules: Rules, chance: random.Random
) -> Iterator[tuple[str, dict[str, Any]]]:
    payload = envelope.payload
    for name in ("state_root", "receipts_root", "prev_randao", "logs_bloom", "fee_recipient"):
        yield name, {name: _flipped(getattr(payload, name), chance)}
    for gas_used in {payload.gas_used + 1, payload.gas_used - 1, 0, payload.gas_limit + 1} - {-1}:
        yield "gas used", {"gas_used": gas_used}
    for gas_limit in (payload.gas_limit + 1, max(0, payload.gas_used - 1), 0, 2**63 - 1, 2**63, 2**64 - 1):
        yield "gas limit", {"gas_limit": gas_limit}
    for time in (parent.time, parent.time - 1, 0, payload.timestamp + 1):
        yield "time", {"timestamp": time}
    for fee in (payload.base_fee_per_gas + 1, max(0, payload.base_fee_per_gas - 1), 0, 2**256 - 1):
        yield "base fee", {"base_fee_per_gas": fee}
    yield "number", {"block_number": payload.block_number + 1}
    for extra in (b"", b"\0", bytes(9), bytes(17), b"\1" * 9, b"\1" * 17, b"\0" + b"\1" * 8, b"\2" * 32):
        if extra != payload.extra_data:
            yield "extra data", {"extra_data": extra}
    if payload.extra_data:
        yield "extra data", {"extra_data": payload.extra_data[:-1]}
        yield "extra data", {"extra_data": payload.extra_data + b"\0"}
        yield "extra data", {"extra_data": b"\x07" + payload.extra_data[1:]}
    if payload.withdrawals is not None:
        yield "a withdrawal", {"withdrawals": (_WITHDRAWAL,)}
    if payload.withdrawals_root is not None:
        yield "withdrawals root", {"withdrawals_root": _flipped(payload.withdrawals_root, chance)}
        yield "withdrawals root", {"withdrawals_root": ZERO_HASH}
    if rules.parent_beacon_block_root:
        yield "blob gas used", {"blob_gas_used": (payload.blob_gas_used or 0) + 1}
        yield "blob gas used", {"blob_gas_used": 131_072}
        yield "excess blob gas", {"excess_blob_gas": 1}
        root = _flipped(envelope.parent_beacon_block_root or ZERO_HASH, chance)
        yield "beacon root", {"parent_beacon_block_root": root}


def _transactions(
    transactions: tuple[bytes, ...], maker: TransactionMaker, rules: Rules
) -> Iterator[tuple[str, tuple[bytes, ...]]]:
    yield "no transactions", ()
    yield "no L1 attributes", transactions[1:]
    if len(transactions) > 1:
        yield "last one missing", transactions[:-1]
        yield "last one twice", (*transactions, transactions[-1])
        yield "other order", (transactions[0], *transactions[:0:-1])
    yield "L1 attributes twice", (transactions[0], *transactions)
    yield "L1 attributes last", (*transactions[1:], transactions[0])
    for kind in ("make", *(["make_bad"] * 4)):
        yield "one more", (*transactions, getattr(maker, kind)())
    info = DepositTransaction.decode(transactions[0])
    for changes in (
        {"is_system": not info.is_system},
        {"gas": 2**64 - 1},
        {"gas": maker.gas_limit + 1, "is_system": False},
        {"gas": 0},
        {"mint": 2**256},
        {"value": 2**256},
        {"value": 1},
        {"data": b""},
        {"data": info.data[:-1]},
        {"source_hash": ZERO_HASH},
    ):
        changed = replace(info, **changes)  # type: ignore[arg-type]
        yield f"deposit with other {', '.join(changes)}", (changed.encode(), *transactions[1:])
        if "gas" in changes or "is_system" in changes:
            yield f"one more deposit, {changes}", (*transactions, changed.encode())


def _flipped(value: bytes, chance: random.Random) -> Any:
    at = chance.randrange(len(value))
    return type(value)(value[:at] + bytes([value[at] ^ 1 << chance.randrange(8)]) + value[at + 1 :])
