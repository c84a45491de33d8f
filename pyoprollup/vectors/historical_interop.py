"""Interop as op-node of October 2024 had it: for vectors of that release only, as no chain ran it.

An Interop that is scheduled without Isthmus had Ecotone's layout of the L1 attributes with a selector of its
own, and a deposit after the users' that marked the end of the forced transactions.
"""

from __future__ import annotations

from dataclasses import replace

from pyoprollup.derive.l1_info import (
    L1_BLOCK_ADDRESS,
    L1_INFO_DEPOSITER_ADDRESS,
    L1BlockInfo,
    L1InfoError,
    l1_block_info_from_bytes,
)
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.deposit_tx import DepositTransaction
from pyoprollup.eth.types import Hash32
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.fork import Fork
from pyoprollup.rollup.time import L2Time

__all__ = [
    "after_force_include_source",
    "deposits_complete_deposit",
    "is_historical",
    "parse_historical",
    "with_historical_selector",
]

_ECOTONE = keccak256(b"setL1BlockValuesEcotone()")[:4]
_INTEROP = keccak256(b"setL1BlockValuesInterop()")[:4]
_DEPOSITS_COMPLETE = keccak256(b"depositsComplete()")[:4]
_DEPOSITS_COMPLETE_GAS = 36_000
_AFTER_FORCE_INCLUDE = (3).to_bytes(32, "big")


def is_historical(config: RollupConfig, time: L2Time) -> bool:
    """Whether the L1 attributes of a block of this time have the layout of October 2024's Interop.

    The first block of the fork still has Ecotone's, as its contracts are replaced in it.
    """
    before = L2Time(max(0, time - config.block_time))
    is_first = time >= config.block_time and not config.is_active(Fork.INTEROP, before)
    return config.isthmus_time is None and config.is_active(Fork.INTEROP, time) and not is_first


def with_historical_selector(deposit: DepositTransaction) -> DepositTransaction:
    """An L1 attributes transaction in Ecotone's layout, in that of Interop."""
    assert deposit.data[:4] == _ECOTONE
    return replace(deposit, data=_INTEROP + deposit.data[4:])


def parse_historical(config: RollupConfig, time: L2Time, data: bytes) -> L1BlockInfo:
    """The L1 attributes in such calldata. Raises :class:`~pyoprollup.derive.l1_info.L1InfoError`."""
    if data[:4] != _INTEROP:
        raise L1InfoError(f"L1 info selector 0x{data[:4].hex()}, expected 0x{_INTEROP.hex()}")
    return l1_block_info_from_bytes(config, time, _ECOTONE + data[4:])


def deposits_complete_deposit(sequence_number: int, block_hash: Hash32) -> DepositTransaction:
    """The deposit after the users' that marks the end of the forced transactions."""
    return DepositTransaction(
        source_hash=after_force_include_source(block_hash, sequence_number),
        from_=L1_INFO_DEPOSITER_ADDRESS,
        to=L1_BLOCK_ADDRESS,
        mint=None,
        value=0,
        gas=_DEPOSITS_COMPLETE_GAS,
        is_system=False,
        data=_DEPOSITS_COMPLETE,
    )


def after_force_include_source(l1_block_hash: bytes, sequence_number: int) -> Hash32:
    """Source hash of that deposit."""
    return keccak256(_AFTER_FORCE_INCLUDE + keccak256(l1_block_hash + sequence_number.to_bytes(32, "big")))
