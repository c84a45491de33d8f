"""The L1 attributes transaction: the first transaction of every L2 block, with the values of its L1 origin.

Calldata, after a four-byte selector (integers big-endian)::

    Bedrock   ABI words: number, time, base_fee, block_hash, sequence_number, batcher_hash,
              l1_fee_overhead, l1_fee_scalar                                            260 bytes
    Ecotone   base_fee_scalar u32, blob_base_fee_scalar u32, sequence_number u64, time u64,
              number u64, base_fee u256, blob_base_fee u256, block_hash, batcher_hash   164 bytes
    Isthmus   … operator_fee_scalar u32, operator_fee_constant u64                      176 bytes
    Jovian    … da_footprint_gas_scalar u16                                             178 bytes

The layout goes by the L2 block's time, except that an activation block has the layout before.

Specification: protocol/deposits.md, L1 attributes deposited transaction; protocol/ecotone,
protocol/isthmus and protocol/jovian, l1-attributes.md.

<https://specs.optimism.io/protocol/deposits.html#l1-attributes-deposited-transaction>
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

from pyoprollup.errors import DecodeError, RollupError
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.deposit_tx import DepositTransaction
from pyoprollup.eth.types import ZERO_HASH, Address, Hash32
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.deposit_source import l1_info_deposit_source
from pyoprollup.rollup.fee_scalars import EcotoneScalars
from pyoprollup.rollup.rules import L1InfoFormat
from pyoprollup.rollup.system_config import SystemConfig
from pyoprollup.rollup.time import L2Time

__all__ = [
    "L1_BLOCK_ADDRESS",
    "L1_INFO_DEPOSITER_ADDRESS",
    "L1BlockInfo",
    "L1InfoError",
    "l1_block_info_from_bytes",
    "l1_info_deposit",
]

L1_INFO_DEPOSITER_ADDRESS = Address(bytes.fromhex("deaddeaddeaddeaddeaddeaddeaddeaddead0001"))
L1_BLOCK_ADDRESS = Address(bytes.fromhex("4200000000000000000000000000000000000015"))
SYSTEM_TX_GAS = 150_000_000
REGOLITH_SYSTEM_TX_GAS = 1_000_000
DEFAULT_DA_FOOTPRINT_GAS_SCALAR = 400

_ECOTONE = Struct(">IIQQQ32s32s32s12x20s")
_OPERATOR_FEE = Struct(">IQ")
_DA_FOOTPRINT = Struct(">H")
_SELECTORS = {
    L1InfoFormat.BEDROCK: keccak256(
        b"setL1BlockValues(uint64,uint64,uint256,bytes32,uint64,bytes32,uint256,uint256)"
    )[:4],
    L1InfoFormat.ECOTONE: keccak256(b"setL1BlockValuesEcotone()")[:4],
    L1InfoFormat.ISTHMUS: keccak256(b"setL1BlockValuesIsthmus()")[:4],
    L1InfoFormat.JOVIAN: keccak256(b"setL1BlockValuesJovian()")[:4],
}
_LENGTHS = {
    L1InfoFormat.BEDROCK: 4 + 8 * 32,
    L1InfoFormat.ECOTONE: 4 + 160,
    L1InfoFormat.ISTHMUS: 4 + 172,
    L1InfoFormat.JOVIAN: 4 + 174,
}
_MIN_BLOB_BASE_FEE = 1


class L1InfoError(DecodeError):
    """Calldata that is not an L1 attributes call of the expected layout."""


@dataclass(frozen=True, slots=True)
class L1BlockInfo:
    """What an L1 attributes transaction says. Fees in wei, time in seconds; fields that the
    layout does not have keep their defaults."""

    number: int
    time: int
    base_fee: int
    block_hash: Hash32
    sequence_number: int
    batcher_addr: Address
    l1_fee_overhead: Hash32 = ZERO_HASH
    l1_fee_scalar: Hash32 = ZERO_HASH
    blob_base_fee: int | None = None
    base_fee_scalar: int = 0
    blob_base_fee_scalar: int = 0
    operator_fee_scalar: int = 0
    operator_fee_constant: int = 0
    da_footprint_gas_scalar: int = 0

    def encode(self, layout: L1InfoFormat) -> bytes:
        """Calldata in the given layout."""
        if layout is L1InfoFormat.BEDROCK:
            return self._encode_bedrock()
        blob_base_fee = _MIN_BLOB_BASE_FEE if self.blob_base_fee is None else self.blob_base_fee
        packed = _ECOTONE.pack(
            self.base_fee_scalar,
            self.blob_base_fee_scalar,
            self.sequence_number,
            self.time,
            self.number,
            self.base_fee.to_bytes(32, "big"),
            blob_base_fee.to_bytes(32, "big"),
            self.block_hash,
            self.batcher_addr,
        )
        parts = [_SELECTORS[layout], packed]
        if layout in (L1InfoFormat.ISTHMUS, L1InfoFormat.JOVIAN):
            parts.append(_OPERATOR_FEE.pack(self.operator_fee_scalar, self.operator_fee_constant))
        if layout is L1InfoFormat.JOVIAN:
            parts.append(_DA_FOOTPRINT.pack(self.da_footprint_gas_scalar))
        return b"".join(parts)

    def _encode_bedrock(self) -> bytes:
        return b"".join(
            (
                _SELECTORS[L1InfoFormat.BEDROCK],
                self.number.to_bytes(32, "big"),
                self.time.to_bytes(32, "big"),
                self.base_fee.to_bytes(32, "big"),
                self.block_hash,
                self.sequence_number.to_bytes(32, "big"),
                bytes(12) + self.batcher_addr,
                self.l1_fee_overhead,
                self.l1_fee_scalar,
            )
        )

    def packed_scalar(self) -> Hash32:
        """The Ecotone scalars in the form that the system configuration keeps."""
        return EcotoneScalars(
            blob_base_fee_scalar=self.blob_base_fee_scalar, base_fee_scalar=self.base_fee_scalar
        ).encode()


def l1_block_info_from_bytes(config: RollupConfig, l2_time: L2Time, data: bytes) -> L1BlockInfo:
    """Parse the calldata of the L1 attributes transaction of an L2 block with this timestamp.

    Raises :class:`L1InfoError`.
    """
    layout = config.schedule.l1_info_format(l2_time)
    if len(data) != _LENGTHS[layout]:
        raise L1InfoError(f"L1 info of {len(data)} bytes, {layout.value} layout has {_LENGTHS[layout]}")
    if data[:4] != _SELECTORS[layout]:
        raise L1InfoError(f"L1 info selector 0x{data[:4].hex()}, expected 0x{_SELECTORS[layout].hex()}")
    return _decode_bedrock(data) if layout is L1InfoFormat.BEDROCK else _decode_packed(data, layout)


def _decode_bedrock(data: bytes) -> L1BlockInfo:
    words = [data[at : at + 32] for at in range(4, len(data), 32)]
    for field, word, size in (
        ("number", words[0], 8),
        ("time", words[1], 8),
        ("sequence_number", words[4], 8),
        ("batcher_hash", words[5], 20),
    ):
        if any(word[:-size]):
            raise L1InfoError(f"{field}: 0x{word.hex()} does not fit {size} bytes")
    return L1BlockInfo(
        number=int.from_bytes(words[0], "big"),
        time=int.from_bytes(words[1], "big"),
        base_fee=int.from_bytes(words[2], "big"),
        block_hash=Hash32(words[3]),
        sequence_number=int.from_bytes(words[4], "big"),
        batcher_addr=Address(words[5][12:]),
        l1_fee_overhead=Hash32(words[6]),
        l1_fee_scalar=Hash32(words[7]),
    )


def _decode_packed(data: bytes, layout: L1InfoFormat) -> L1BlockInfo:
    fields = _ECOTONE.unpack_from(data, 4)
    if any(data[132:144]):
        raise L1InfoError(f"batcher_hash: 0x{data[132:164].hex()} is not an address")
    operator_scalar = operator_constant = footprint = 0
    if layout in (L1InfoFormat.ISTHMUS, L1InfoFormat.JOVIAN):
        operator_scalar, operator_constant = _OPERATOR_FEE.unpack_from(data, 164)
    if layout is L1InfoFormat.JOVIAN:
        (footprint,) = _DA_FOOTPRINT.unpack_from(data, 176)
    return L1BlockInfo(
        base_fee_scalar=fields[0],
        blob_base_fee_scalar=fields[1],
        sequence_number=fields[2],
        time=fields[3],
        number=fields[4],
        base_fee=int.from_bytes(fields[5], "big"),
        blob_base_fee=int.from_bytes(fields[6], "big"),
        block_hash=Hash32(fields[7]),
        batcher_addr=Address(fields[8]),
        operator_fee_scalar=operator_scalar,
        operator_fee_constant=operator_constant,
        da_footprint_gas_scalar=footprint,
    )


def l1_info_deposit(
    config: RollupConfig,
    system_config: SystemConfig,
    sequence_number: int,
    block: L1Header,
    l2_time: L2Time,
) -> DepositTransaction:
    """The L1 attributes transaction of the L2 block at ``l2_time`` whose L1 origin is ``block``.

    Raises :class:`~pyoprollup.errors.RollupError` when the fee scalars are malformed.
    """
    layout = config.schedule.l1_info_format(l2_time)
    base_fee_scalar = blob_base_fee_scalar = 0
    if layout is not L1InfoFormat.BEDROCK:
        scalars = system_config.ecotone_scalars()
        base_fee_scalar, blob_base_fee_scalar = scalars.base_fee_scalar, scalars.blob_base_fee_scalar
    if block.base_fee.bit_length() > 256:
        raise RollupError(f"base_fee: {block.base_fee} does not fit 256 bits")
    info = L1BlockInfo(
        number=block.number,
        time=block.time,
        base_fee=block.base_fee,
        block_hash=block.hash,
        sequence_number=sequence_number,
        batcher_addr=system_config.batcher_addr,
        l1_fee_overhead=system_config.overhead,
        l1_fee_scalar=system_config.scalar,
        blob_base_fee=block.blob_base_fee,
        base_fee_scalar=base_fee_scalar,
        blob_base_fee_scalar=blob_base_fee_scalar,
        operator_fee_scalar=system_config.operator_fee_scalar,
        operator_fee_constant=system_config.operator_fee_constant,
        da_footprint_gas_scalar=(system_config.da_footprint_gas_scalar or DEFAULT_DA_FOOTPRINT_GAS_SCALAR),
    )
    is_system = config.schedule.at_l2(l2_time).system_transactions
    return DepositTransaction(
        source_hash=l1_info_deposit_source(block.hash, sequence_number),
        from_=L1_INFO_DEPOSITER_ADDRESS,
        to=L1_BLOCK_ADDRESS,
        mint=None,
        value=0,
        gas=SYSTEM_TX_GAS if is_system else REGOLITH_SYSTEM_TX_GAS,
        is_system=is_system,
        data=info.encode(layout),
    )


@dataclass(frozen=True, slots=True)
class L1Header:
    """The fields of an L1 block that the transaction carries. ``blob_base_fee`` is ``None`` for
    blocks without blobs, which then counts as the minimum of 1 wei."""

    hash: Hash32
    number: int
    time: int
    base_fee: int
    blob_base_fee: int | None
