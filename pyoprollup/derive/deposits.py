"""User deposits: events of the L1 deposit contract, turned into deposit transactions.

``TransactionDeposited(address indexed from, address indexed to, uint256 indexed version, bytes
opaqueData)``; version 0 of the opaque data is ``mint (uint256) ++ value (uint256) ++ gas (uint64)
++ is_creation (1 byte) ++ data``.

Specification: protocol/deposits.md, Deposit contract.

<https://specs.optimism.io/protocol/deposits.html#deposit-contract>
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pyoprollup.errors import DecodeError
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.deposit_tx import DepositTransaction
from pyoprollup.eth.receipts import Log, Receipt
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.rollup.deposit_source import user_deposit_source

__all__ = ["DEPOSIT_EVENT_TOPIC", "DepositError", "UserDeposits", "decode_deposit_log", "user_deposits"]

DEPOSIT_EVENT_TOPIC = keccak256(b"TransactionDeposited(address,address,uint256,bytes)")
_VERSION_0 = bytes(32)
_FIXED_PART = 32 + 32 + 8 + 1


class DepositError(DecodeError):
    """An event of the deposit contract is not of the specified form."""


class UserDeposits(list[bytes]):
    """The deposit transactions of an L1 block in 2718 encoding; ``errors`` of malformed events."""

    def __init__(self, deposits: Iterable[bytes] = (), errors: Sequence[DepositError] = ()) -> None:
        super().__init__(deposits)
        self.errors = tuple(errors)


def user_deposits(block_hash: Hash32, receipts: Sequence[Receipt], deposit_contract: Address) -> UserDeposits:
    """Deposits in the order of their events; failed transactions deposit nothing."""
    deposits: list[bytes] = []
    errors: list[DepositError] = []
    for index, receipt in enumerate(receipts):
        if receipt.status != 1:
            continue
        for log in receipt.logs:
            if log.address != deposit_contract or log.topics[:1] != (DEPOSIT_EVENT_TOPIC,):
                continue
            try:
                deposits.append(decode_deposit_log(block_hash, log).encode())
            except DepositError as exc:
                errors.append(DepositError(f"receipt {index}, log {log.log_index}: {exc}"))
    return UserDeposits(deposits, errors)


def decode_deposit_log(block_hash: Hash32, log: Log) -> DepositTransaction:
    """The deposit that a log of L1 block ``block_hash`` asks for.

    Raises :class:`DepositError`.
    """
    if len(log.topics) != 4:
        raise DepositError(f"deposit event has {len(log.topics)} topics, expected 4")
    if log.topics[0] != DEPOSIT_EVENT_TOPIC:
        raise DepositError(f"event 0x{log.topics[0].hex()} is not a deposit")
    if log.topics[3] != _VERSION_0:
        raise DepositError(f"deposit version 0x{log.topics[3].hex()} is not known")
    opaque = _opaque_data(log.data)
    if len(opaque) < _FIXED_PART:
        raise DepositError(f"deposit data of {len(opaque)} bytes, expected at least {_FIXED_PART}")
    is_creation = opaque[72] != 0
    return DepositTransaction(
        source_hash=user_deposit_source(block_hash, log.log_index),
        from_=Address(log.topics[1][12:]),
        to=None if is_creation else Address(log.topics[2][12:]),
        mint=int.from_bytes(opaque[:32], "big") or None,
        value=int.from_bytes(opaque[32:64], "big"),
        gas=int.from_bytes(opaque[64:72], "big"),
        is_system=False,
        data=opaque[_FIXED_PART:],
    )


def _opaque_data(data: bytes) -> bytes:
    """The event's one ``bytes`` argument, ABI-encoded with minimal padding."""
    if len(data) < 64 or len(data) % 32:
        raise DepositError(f"deposit event has {len(data)} bytes of data")
    offset = int.from_bytes(data[:32], "big")
    if offset != 32:
        raise DepositError(f"deposit data starts at {offset}, expected 32")
    length, available = int.from_bytes(data[32:64], "big"), len(data) - 64
    if length > available or length + 32 <= available:
        raise DepositError(f"deposit data has length {length} in {available} bytes")
    return data[64 : 64 + length]
