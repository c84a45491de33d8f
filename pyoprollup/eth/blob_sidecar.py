"""The network form of an EIP-4844 transaction: the transaction together with its blobs.

Layout: ``0x03`` followed by the RLP list ``[tx, blobs, commitments, proofs]``, or
``[tx, version, blobs, commitments, proofs]`` with version 1 (EIP-7594, cell proofs). Blocks, and
with them derivation, only ever see the canonical form ``0x03 || tx``.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyoprollup.errors import DecodeError
from pyoprollup.eth import rlp

__all__ = ["BlobSidecar", "without_sidecar"]

_BLOB_SIZE, _KZG_SIZE = 131_072, 48


@dataclass(frozen=True, slots=True)
class BlobSidecar:
    """Blobs, KZG commitments (48 bytes) and KZG proofs (48 bytes) of a transaction.

    Version 0 has one proof for each blob; version 1 has 128 cell proofs for each.
    """

    blobs: tuple[bytes, ...]
    commitments: tuple[bytes, ...]
    proofs: tuple[bytes, ...]
    version: int = 0

    def wrap(self, tx: bytes) -> bytes:
        """The RLP list of the network form, given the RLP list of the transaction."""
        version = [rlp.encode_uint(self.version)] if self.version else []
        lists = (self.blobs, self.commitments, self.proofs)
        return rlp.encode_list(
            [tx, *version, *(rlp.encode_list(map(rlp.encode_bytes, part)) for part in lists)]
        )

    @classmethod
    def decode(cls, raw: bytes) -> BlobSidecar:
        """The sidecar of a transaction in network form; raises :class:`DecodeError`.

        Nothing is verified beyond the sizes; see :mod:`pyoprollup.eth.kzg`.
        """
        items, lists = rlp.split_list(raw, 1)
        version = 0
        if lists == [0, 2, 3, 4] and len(items) == 5:
            version = rlp.decode_uint(items[1], 8)
            if version != 1:
                raise DecodeError(f"blob sidecar version {version} is not supported")
        elif lists != [0, 1, 2, 3] or len(items) != 4:
            raise DecodeError("the network form of a blob transaction has the wrong fields")
        blobs, commitments, proofs = items[-3:]
        return cls(
            rlp.decode_fixed_list(blobs, _BLOB_SIZE),
            rlp.decode_fixed_list(commitments, _KZG_SIZE),
            rlp.decode_fixed_list(proofs, _KZG_SIZE),
            version,
        )


def without_sidecar(raw: bytes) -> bytes:
    """The canonical bytes of an EIP-4844 transaction, in whichever form ``raw`` is.

    ``raw`` itself is returned when it has no sidecar. Only as much is checked as is needed to tell
    the forms apart. Raises :class:`DecodeError`.
    """
    is_list, start, end = rlp.read_header(raw, 1, len(raw))
    if not is_list:
        raise DecodeError("a blob transaction is an RLP list")
    is_list, _, stop = rlp.read_header(raw, start, end)
    return b"\x03" + raw[start:stop] if is_list else raw
