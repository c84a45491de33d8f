"""Changes of the system configuration, read from the events of the ``SystemConfig`` contract.

Specification: protocol/system-config.md, System Config Updates; and the pages of Holocene, Isthmus
and Jovian for the newer types. The event is
``ConfigUpdate(uint256 indexed version, uint8 indexed updateType, bytes data)``; ``data`` is ABI-encoded
with nothing before, between or after its one or two words:

====  ======================  ===================================================================
type  name                    data
====  ======================  ===================================================================
0     batcher                 address
1     fee scalars             overhead word, scalar word
2     gas limit               uint64
3     unsafe block signer     (no concern of derivation)
4     EIP-1559 parameters     last 8 bytes: denominator uint32, elasticity uint32
5     operator fee            last 12 bytes: scalar uint32, constant uint64
6     minimum base fee        uint64
7     DA footprint scalar     uint16
====  ======================  ===================================================================

No type waits for the fork that brings it (Holocene, Isthmus, Jovian), nor does the chain have to schedule
it: the value stays in the configuration until a block has a place for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from pyoprollup.errors import DecodeError
from pyoprollup.eth.receipts import Log, Receipt
from pyoprollup.eth.types import ZERO_HASH, Address, Hash32
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.fee_scalars import ScalarError, check_ecotone_scalar
from pyoprollup.rollup.system_config import SystemConfig
from pyoprollup.rollup.time import L1Time

__all__ = [
    "CONFIG_UPDATE_TOPIC",
    "SystemConfigUpdateError",
    "SystemConfigUpdates",
    "apply_log",
    "update_with_l1_receipts",
]

CONFIG_UPDATE_TOPIC = Hash32(
    bytes.fromhex("1d2b0bda21d56b8bd12d4f94ebacffdfb35f5e226f84b461103bb8beab6353be")
)
"""keccak256 of ``ConfigUpdate(uint256,uint8,bytes)``."""

_OFFSET = (32).to_bytes(32, "big")
_ONE_WORD = _OFFSET
_TWO_WORDS = (64).to_bytes(32, "big")


class SystemConfigUpdateError(DecodeError):
    """An event of the ``SystemConfig`` contract is malformed or of an unknown kind."""


class SystemConfigUpdates(NamedTuple):
    """What the receipts of one L1 block make of the system configuration."""

    config: SystemConfig
    """The configuration with every well-formed update applied, in order."""
    errors: tuple[SystemConfigUpdateError, ...]
    """One error for each update that was skipped."""


def update_with_l1_receipts(
    config: SystemConfig, receipts: Sequence[Receipt], rollup_config: RollupConfig, l1_time: L1Time
) -> SystemConfigUpdates:
    """Apply all updates of an L1 block's ``receipts``; ``l1_time`` is that block's timestamp.

    Failed transactions and other contracts' logs do not count. A malformed update leaves the
    configuration as it is and does not keep those after it from applying; whether its error is
    fatal is for the caller to say (the reference stopped there until late 2025, since then it only
    warns). Returns the very same ``config`` object when nothing changed.
    """
    address = rollup_config.l1_system_config_address
    errors: list[SystemConfigUpdateError] = []
    for index, receipt in enumerate(receipts):
        for position, log in enumerate(receipt.logs):
            # Nearly every log ends here: this line runs for all logs of every L1 block.
            if log.address != address or not log.topics or log.topics[0] != CONFIG_UPDATE_TOPIC:
                continue
            if receipt.status != 1:
                break
            try:
                config = apply_log(config, log, rollup_config, l1_time)
            except SystemConfigUpdateError as exc:
                errors.append(SystemConfigUpdateError(f"receipt {index}, log {position}: {exc}"))
    return SystemConfigUpdates(config, tuple(errors))


def apply_log(config: SystemConfig, log: Log, rollup_config: RollupConfig, l1_time: L1Time) -> SystemConfig:
    """The configuration after one ``ConfigUpdate`` event of an L1 block with timestamp ``l1_time``.

    Raises :class:`SystemConfigUpdateError` when the event is not one, is malformed, or has an
    unknown version or type. The emitting contract is not checked here.
    """
    if len(log.topics) != 3:
        raise SystemConfigUpdateError(f"a ConfigUpdate event has 3 topics, not {len(log.topics)}")
    event, version, update_type = log.topics
    if event != CONFIG_UPDATE_TOPIC:
        raise SystemConfigUpdateError(f"event 0x{event.hex()} is not ConfigUpdate")
    if version != ZERO_HASH:
        raise SystemConfigUpdateError(f"unknown ConfigUpdate version 0x{version.hex()}")
    kind = int.from_bytes(update_type, "big")
    if kind == _FEE_SCALARS:
        return _apply_fee_scalars(config, log.data, rollup_config, l1_time)
    update = _UPDATES.get(kind)
    if update is None:
        raise SystemConfigUpdateError(f"unknown ConfigUpdate type {kind:#x}")
    return update(config, log.data)


def _apply_fee_scalars(
    config: SystemConfig, data: bytes, rollup_config: RollupConfig, l1_time: L1Time
) -> SystemConfig:
    words = _content(data, _TWO_WORDS)
    overhead, scalar = Hash32(words[:32]), Hash32(words[32:])
    if not rollup_config.schedule.at_l1(l1_time).ecotone_l1_fee_config:
        return replace(config, overhead=overhead, scalar=scalar)
    try:
        check_ecotone_scalar(scalar)
    except ScalarError:
        return config  # no error: the contract has always let such values through
    return replace(config, overhead=ZERO_HASH, scalar=scalar)


def _apply_batcher(config: SystemConfig, data: bytes) -> SystemConfig:
    return replace(config, batcher_addr=Address(_right_aligned(data, 20, "batcher address")))


def _apply_gas_limit(config: SystemConfig, data: bytes) -> SystemConfig:
    return replace(config, gas_limit=int.from_bytes(_right_aligned(data, 8, "gas limit"), "big"))


def _apply_unsafe_block_signer(config: SystemConfig, data: bytes) -> SystemConfig:  # noqa: ARG001
    return config


def _apply_eip1559_params(config: SystemConfig, data: bytes) -> SystemConfig:
    params = _content(data, _ONE_WORD)[24:]
    if any(params[:4]) != any(params[4:]):
        # The engine refuses to build on such parameters, so taking them would halt the chain.
        raise SystemConfigUpdateError(
            f"EIP-1559 parameters 0x{params.hex()}: both are zero together or not at all"
        )
    return replace(config, eip1559_params=params)


def _apply_operator_fee(config: SystemConfig, data: bytes) -> SystemConfig:
    return replace(config, operator_fee_params=Hash32(_content(data, _ONE_WORD)))


def _apply_min_base_fee(config: SystemConfig, data: bytes) -> SystemConfig:
    return replace(config, min_base_fee=int.from_bytes(_right_aligned(data, 8, "minimum base fee"), "big"))


def _apply_da_footprint(config: SystemConfig, data: bytes) -> SystemConfig:
    scalar = int.from_bytes(_right_aligned(data, 2, "DA footprint gas scalar"), "big")
    return replace(config, da_footprint_gas_scalar=scalar)


_FEE_SCALARS = 1
_UPDATES: dict[int, Callable[[SystemConfig, bytes], SystemConfig]] = {
    0: _apply_batcher,
    2: _apply_gas_limit,
    3: _apply_unsafe_block_signer,
    4: _apply_eip1559_params,
    5: _apply_operator_fee,
    6: _apply_min_base_fee,
    7: _apply_da_footprint,
}


def _content(data: bytes, length: bytes) -> bytes:
    """The words of ABI-encoded ``bytes`` whose length word is ``length``, and nothing else."""
    if data[:32] != _OFFSET:
        raise SystemConfigUpdateError(f"invalid offset field 0x{data[:32].hex()}")
    if data[32:64] != length:
        raise SystemConfigUpdateError(f"invalid length field 0x{data[32:64].hex()}")
    size = 64 + int.from_bytes(length, "big")
    if len(data) != size:
        raise SystemConfigUpdateError(f"event data has {len(data)} bytes, not {size}")
    return data[64:]


def _right_aligned(data: bytes, size: int, what: str) -> bytes:
    """The last ``size`` bytes of a single word; the bytes before them must be zero."""
    word = _content(data, _ONE_WORD)
    if any(word[:-size]):
        raise SystemConfigUpdateError(f"{what} 0x{word.hex()} is longer than {size} bytes")
    return word[-size:]
