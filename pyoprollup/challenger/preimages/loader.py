"""From what a step of the VM reads to what the oracle contract is given.

Most pre-images are given as they are. Two kinds are not: of a field element the contract wants a proof that
the blob has it, of a precompile the input, as it makes the call itself. What these are made of is found under
the key's own hash: the hint's data is stored as the keccak pre-image of the same digest.

Specification: fault-proof/index.md, "Pre-image key types".
"""

from __future__ import annotations

from pyoprollup.challenger.game.trace import BlobProof, PreimageOracleData
from pyoprollup.challenger.preimages.errors import InvalidPreimage, PreimagesUnreadable
from pyoprollup.challenger.preimages.source import PreimageSource
from pyoprollup.errors import NotFound
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.kzg import KzgError, blob_commitment, point_proof, roots_of_unity, verify_point_proof
from pyoprollup.eth.types import Hash32, to_hex
from pyoprollup.preimage.keys import KeyType, typed_key

__all__ = ["PreimageLoader"]

_LENGTH_SIZE = 8
_COMMITMENT_SIZE = 48
_ELEMENT_SIZE = 32
_BLOB_KEY_SIZE = _COMMITMENT_SIZE + _ELEMENT_SIZE
_PRECOMPILE_HEAD = 20 + 8


class PreimageLoader:
    """Loads what belongs to the reads of one trace."""

    def __init__(self, source: PreimageSource) -> None:
        self._source = source

    def load_preimage(self, key: bytes, value: bytes, offset: int) -> PreimageOracleData | None:
        """What the contract is given before a step that reads; ``None`` for one that does not.

        ``key`` is what is read, empty for nothing; ``value`` is what the VM was given, with 8 bytes of length
        before it. Raises :class:`InvalidPreimage` if these contradict each other or what is stored, and
        :class:`PreimagesUnreadable` if something is missing.
        """
        if not key:
            return None
        if len(key) != 32 or len(value) < _LENGTH_SIZE or value[:_LENGTH_SIZE] != _length(value):
            raise InvalidPreimage(f"a read of {to_hex(key[:33])} with {len(value)} bytes is malformed")
        if key[0] == KeyType.BLOB:
            return self._load_blob(key, value, offset)
        if key[0] == KeyType.PRECOMPILE:
            return self._load_precompile(key, offset)
        return PreimageOracleData(key, value, offset)

    def _load_blob(self, key: bytes, value: bytes, offset: int) -> PreimageOracleData:
        made_of = self._get(typed_key(KeyType.KECCAK256, key))
        if len(made_of) != _BLOB_KEY_SIZE:
            raise InvalidPreimage(f"the key of a field element is of {len(made_of)} bytes, not 80")
        commitment, z = made_of[:_COMMITMENT_SIZE], made_of[_COMMITMENT_SIZE:]
        try:
            # The point is checked first: making out all elements takes thousands of reads.
            index = roots_of_unity().index(z)
        except ValueError:
            raise InvalidPreimage(f"no field element of a blob is at {to_hex(z)}") from None
        elements = [self._element(commitment, root) for root in roots_of_unity()]
        try:
            return PreimageOracleData(
                key, value, offset, _blob_proof(elements, index, commitment, z, value[_LENGTH_SIZE:])
            )
        except KzgError as exc:
            raise InvalidPreimage(f"the blob of a field element: {exc}") from exc

    def _element(self, commitment: bytes, root: bytes) -> bytes:
        element = self._get(typed_key(KeyType.BLOB, keccak256(commitment + root)))
        if len(element) != _ELEMENT_SIZE:
            raise InvalidPreimage(f"a field element has {len(element)} bytes, not 32")
        return element

    def _load_precompile(self, key: bytes, offset: int) -> PreimageOracleData:
        made_of = self._get(typed_key(KeyType.KECCAK256, key))
        if len(made_of) < _PRECOMPILE_HEAD or typed_key(KeyType.PRECOMPILE, keccak256(made_of)) != key:
            raise InvalidPreimage(f"what is stored for {to_hex(key)} is not the input of a precompile")
        return PreimageOracleData(key, len(made_of).to_bytes(_LENGTH_SIZE, "big") + made_of, offset)

    def _get(self, key: Hash32) -> bytes:
        try:
            return self._source.get(key)
        except NotFound as exc:
            raise PreimagesUnreadable(str(exc)) from exc


def _length(value: bytes) -> bytes:
    return (len(value) - _LENGTH_SIZE).to_bytes(_LENGTH_SIZE, "big")


def _blob_proof(elements: list[bytes], index: int, commitment: bytes, z: bytes, wanted: bytes) -> BlobProof:
    blob = b"".join(elements)
    if blob_commitment(blob) != commitment:
        raise InvalidPreimage("the field elements are not those of the blob's commitment")
    y, proof = point_proof(blob, z)
    if not y == elements[index] == wanted:
        raise InvalidPreimage(f"the VM read {to_hex(wanted)} for the field element {to_hex(y)}")
    verify_point_proof(commitment, z, y, proof)
    return BlobProof(z, commitment, proof)
