"""PreimageOracle: the pre-images that steps read, in parts of 32 bytes.

A part is of the pre-image behind the 8 bytes of its length. It is kept by key and offset;
:class:`~pyoprollup.preimage.keys.KeyType` has the kinds that there are.
Behind the end of a pre-image a part has zeros; whoever reads one is told how many bytes count.
:mod:`~pyoprollup.challenger.model.large_preimages` is about those that do not fit into a transaction.

Specification: fault-proof/index.md, "Pre-image Oracle".
"""

from __future__ import annotations

import hashlib

from pyoprollup.challenger.model.chain import Call, Chain, Precompiles, no_precompiles
from pyoprollup.challenger.model.large_preimages import LargePreimages
from pyoprollup.challenger.model.reverts import ErrorString, InvalidProof, NotEnoughGas, PartOffsetOOB
from pyoprollup.challenger.model.versions import ORACLE_RULES, OracleRules
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.kzg import versioned_hash
from pyoprollup.eth.types import U64_MAX, Address, Hash32
from pyoprollup.preimage.keys import KeyType, localize_ident, typed_key

__all__ = ["PRECOMPILE_CALL_RESERVED_GAS", "PreimageOracle"]

PRECOMPILE_CALL_RESERVED_GAS = 100_000
"""What the oracle keeps for itself of the gas, when it calls a precompiled contract."""

_POINT_EVALUATION = Address(bytes(19) + b"\x0a")


class PreimageOracle(LargePreimages):
    """The oracle. ``challenge_period`` is in seconds, ``min_proposal_size`` in bytes.

    ``precompiles`` answers for the chain's precompiled contracts, that of blobs included.
    """

    def __init__(
        self,
        chain: Chain,
        min_proposal_size: int,
        challenge_period: int,
        rules: OracleRules = ORACLE_RULES["1.1.5"],
        precompiles: Precompiles = no_precompiles,
        address: Address | None = None,
    ) -> None:
        if rules.strict and challenge_period > U64_MAX:
            raise ErrorString("PreimageOracle: challenge period too large")
        super().__init__(chain, min_proposal_size, challenge_period, rules)
        self.precompiles = precompiles
        self.address = chain.deploy(self, address)
        self.lengths: dict[Hash32, int] = {}
        self.parts: dict[tuple[Hash32, int], bytes] = {}

    def read_preimage(self, key: Hash32, offset: int) -> tuple[bytes, int]:
        """A part, and how many of its 32 bytes are of the pre-image. Raises :class:`ErrorString`."""
        part = self.parts.get((key, offset))
        if part is None:
            raise ErrorString("pre-image must exist")
        return part, min(32, self.lengths[key] + 8 - offset)

    def load_local_data(
        self, call: Call, ident: int, local_context: Hash32, word: bytes, size: int, part_offset: int
    ) -> Hash32:
        """Keep a local pre-image of the sender: the first ``size`` bytes of a word. Returns its key.

        Raises :class:`PartOffsetOOB`.
        """
        call.without_value()
        key = localize_ident(ident, call.sender, local_context)
        end = size + 8 + (not self.rules.strict)
        if part_offset >= end or size > 32:
            raise PartOffsetOOB
        # The whole word is read, also behind the size: a reader is told how much of it counts.
        self._keep(key, size.to_bytes(8, "big") + word, part_offset, size)
        return key

    def load_keccak256_preimage_part(self, call: Call, part_offset: int, preimage: bytes) -> None:
        """Keep a part of a pre-image by its keccak-256. Raises :class:`PartOffsetOOB`."""
        call.without_value()
        self._load(typed_key(KeyType.KECCAK256, keccak256(preimage)), part_offset, preimage)

    def load_sha256_preimage_part(self, call: Call, part_offset: int, preimage: bytes) -> None:
        """Keep a part of a pre-image by its sha-256. Raises :class:`PartOffsetOOB`."""
        call.without_value()
        self._load(typed_key(KeyType.SHA256, hashlib.sha256(preimage).digest()), part_offset, preimage)

    def load_blob_preimage_part(
        self, call: Call, z: int, y: int, commitment: bytes, proof: bytes, part_offset: int
    ) -> None:
        """Keep a part of ``y``, the value of a blob at the point ``z``.

        The key is the hash of the blob's commitment (48 bytes) and the point. Raises :class:`InvalidProof`
        and :class:`PartOffsetOOB`.
        """
        call.without_value()
        point, value = z.to_bytes(32, "big"), y.to_bytes(32, "big")
        versioned = versioned_hash(commitment[:48])
        valid, _ = self.precompiles(_POINT_EVALUATION, versioned + point + value + commitment + proof)
        if not valid:
            raise InvalidProof
        self._load(typed_key(KeyType.BLOB, keccak256(commitment + point)), part_offset, value)

    def load_precompile_preimage_part(
        self, call: Call, part_offset: int, precompile: Address, required_gas: int | None, data: bytes
    ) -> None:
        """Keep a part of a precompiled contract's answer: 1 byte for success, and what it returned.

        ``required_gas`` is what the call needs at most, ``None`` for oracles that do not ask. Raises
        :class:`NotEnoughGas` and :class:`PartOffsetOOB`.
        """
        call.without_value()
        key_data = precompile + data
        if self.rules.gas_in_key:
            assert required_gas is not None
            key_data = precompile + required_gas.to_bytes(8, "big") + data
            # A 64th of the gas stays here whatever happens.
            if call.gas * 63 < required_gas * 64 + PRECOMPILE_CALL_RESERVED_GAS * 63:
                raise NotEnoughGas
        success, output = self.precompiles(precompile, data)
        self._load(typed_key(KeyType.PRECOMPILE, keccak256(key_data)), part_offset, bytes([success]) + output)

    def _load(self, key: Hash32, part_offset: int, preimage: bytes) -> None:
        if part_offset >= len(preimage) + 8:
            raise PartOffsetOOB
        self._keep(key, len(preimage).to_bytes(8, "big") + preimage, part_offset, len(preimage))

    def _keep(self, key: Hash32, data: bytes, offset: int, length: int) -> None:
        self.parts[key, offset] = data[offset : offset + 32].ljust(32, b"\0")
        self.lengths[key] = length

    def _keep_squeezed(self, digest: bytes, offset: int, part: bytes, length: int) -> None:
        key = typed_key(KeyType.KECCAK256, digest)
        self.parts[key, offset] = part
        self.lengths[key] = length
