"""The deposit transaction (type ``0x7E``): an L1 event or protocol action executed on L2.

Specification: protocol/deposits.md, The Deposited Transaction Type. Layout: ``0x7E`` followed by
the RLP list ``[sourceHash, from, to, mint, value, gas, isSystemTx, data]``. It carries no
signature; its authenticity comes from derivation.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyoprollup.errors import DecodeError
from pyoprollup.eth import rlp
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import Address, Hash32

__all__ = ["DEPOSIT_TX_TYPE", "DepositTransaction"]

DEPOSIT_TX_TYPE = 0x7E

_ADDRESS_HEADER = b"\x94"
_HASH_HEADER = b"\xa0"
_FALSE, _TRUE = b"\x80", b"\x01"


@dataclass(frozen=True, slots=True)
class DepositTransaction:
    """A deposit.

    ``to`` is ``None`` for contract creation. ``mint`` is the wei created on L2, ``None`` if
    nothing is; a mint of 0 has the same encoding as ``None``, so it decodes as ``None``. ``gas`` is
    the gas limit (64 bits). ``is_system`` (exempt from the block's gas limit) is only used
    before Regolith.
    """

    source_hash: Hash32
    from_: Address
    to: Address | None
    mint: int | None
    value: int
    gas: int
    is_system: bool
    data: bytes

    def encode(self) -> bytes:
        """The EIP-2718 bytes of the transaction."""
        return b"\x7e" + rlp.encode_list(
            (
                _HASH_HEADER + self.source_hash,
                _ADDRESS_HEADER + self.from_,
                rlp.EMPTY_STRING if self.to is None else _ADDRESS_HEADER + self.to,
                rlp.encode_uint(self.mint or 0),
                rlp.encode_uint(self.value),
                rlp.encode_uint(self.gas),
                _TRUE if self.is_system else _FALSE,
                rlp.encode_bytes(self.data),
            )
        )

    def hash(self) -> Hash32:
        """The transaction hash: keccak256 of the EIP-2718 encoding."""
        return keccak256(self.encode())

    @classmethod
    def decode(cls, raw: bytes) -> DepositTransaction:
        """Decode EIP-2718 bytes; raises :class:`DecodeError` if they are no deposit."""
        if raw[:1] != b"\x7e":
            raise DecodeError(f"not a deposit transaction: it starts with 0x{raw[:1].hex()}")
        items, lists = rlp.split_list(raw, 1)
        if len(items) != 8 or lists:
            raise DecodeError(f"a deposit transaction has 8 strings, not {len(items)} items")
        source_hash, from_, to, mint, value, gas, is_system, data = items
        if is_system not in (b"", b"\x01"):
            raise DecodeError(f"isSystemTx must be 0 or 1, got 0x{is_system.hex()}")
        return cls(
            source_hash=Hash32(rlp.decode_fixed(source_hash, 32)),
            from_=Address(rlp.decode_fixed(from_, 20)),
            to=Address(rlp.decode_fixed(to, 20)) if to else None,
            # The reference does not bound the two amounts either.
            mint=rlp.decode_uint(mint, None) or None,
            value=rlp.decode_uint(value, None),
            gas=rlp.decode_uint(gas, 64),
            is_system=bool(is_system),
            data=data,
        )
