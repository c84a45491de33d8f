"""The oracle contract: pre-images that steps read, given to it in one transaction, or in many.

About reads see :mod:`pyoprollup.challenger.contracts.game`.

Specification: fault-proof/stage-one/fault-dispute-game.md, "PreimageOracle Interaction";
fault-proof/index.md, "Pre-image key types".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyoprollup.bindings import (
    DEFAULT_BATCH_SIZE,
    ContractTransaction,
    contract_version,
    load_contract,
    read_all,
)
from pyoprollup.challenger.contracts.claims import read_count
from pyoprollup.challenger.contracts.errors import InvalidAddLeaves, UnsupportedPreimage, require_u64
from pyoprollup.challenger.contracts.large_preimages import parse_metadata
from pyoprollup.challenger.game.trace import PreimageOracleData
from pyoprollup.challenger.keccak.call_data import decode_add_leaves
from pyoprollup.challenger.keccak.types import (
    EMPTY_LEAF,
    Challenge,
    InputData,
    LargePreimageIdent,
    LargePreimageMetaData,
    Leaf,
)
from pyoprollup.errors import DecodeError
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.preimage.keys import KeyType
from pyoprollup.sources.l1 import AtBlock, L1Accounts

__all__ = ["MAX_ENTRIES", "PreimageOracleContract"]

MAX_ENTRIES = 100_000
"""How many proposals, or blocks of one, are read at most."""

_WITHOUT_GAS = "1.0."
"""Versions whose key of a precompile's result does not include the gas."""


class PreimageOracleContract:
    """The oracle at an address, of a version."""

    def __init__(
        self, address: Address, l1: L1Accounts, version: str, batch_size: int = DEFAULT_BATCH_SIZE
    ) -> None:
        self.version = version
        self.batch_size = batch_size
        self._bound = load_contract("PreimageOracle", version).at(address, l1)

    @classmethod
    def detect(
        cls, address: Address, l1: L1Accounts, block: AtBlock, batch_size: int = DEFAULT_BATCH_SIZE
    ) -> PreimageOracleContract:
        """The oracle in the version that it says it has."""
        return cls(address, l1, contract_version(address, l1, block), batch_size)

    @property
    def address(self) -> Address:
        return self._bound.address

    # --- pre-images in one transaction

    def add_global_data_tx(self, data: PreimageOracleData) -> ContractTransaction:
        """The transaction that gives the oracle a pre-image; it is not tried.

        Raises :class:`UnsupportedPreimage` for a kind that it does not take from just anybody (local ones
        come from games), and for data that are too short for their kind.
        """
        kind = data.key[0] if data.key else 0
        if kind == KeyType.KECCAK256:
            return self._bound.transaction("loadKeccak256PreimagePart", data.offset, data.preimage)
        if kind == KeyType.SHA256:
            return self._bound.transaction("loadSha256PreimagePart", data.offset, data.preimage)
        if kind == KeyType.BLOB and data.blob is not None:
            z, y = int.from_bytes(data.blob.z, "big"), int.from_bytes(data.preimage, "big")
            proof = (data.blob.commitment, data.blob.proof)
            return self._bound.transaction("loadBlobPreimagePart", z, y, *proof, data.offset)
        if kind == KeyType.PRECOMPILE:
            return self._add_precompile_tx(data)
        raise UnsupportedPreimage(f"a pre-image with a key of type {kind} cannot be given to the oracle")

    def _add_precompile_tx(self, data: PreimageOracleData) -> ContractTransaction:
        name, preimage = "loadPrecompilePreimagePart", data.preimage
        with_gas = not self.version.startswith(_WITHOUT_GAS)
        if len(preimage) < (28 if with_gas else 20):
            raise UnsupportedPreimage(f"the input of a precompile: {len(preimage)} bytes are too few")
        if not with_gas:
            return self._bound.transaction(name, data.offset, Address(preimage[:20]), preimage[20:])
        call = (data.precompile_address, data.precompile_required_gas, data.precompile_input)
        return self._bound.transaction(name, data.offset, *call)

    def global_data_exists(self, data: PreimageOracleData, block: AtBlock) -> bool:
        """Whether the oracle has the 32 bytes that a step reads."""
        exists: bool = self._bound.read("preimagePartOk", data.key, data.offset, block=block)
        return exists

    def global_data(self, data: PreimageOracleData, block: AtBlock) -> bytes:
        """The 32 bytes that the oracle has there; zeros if it has none."""
        part: bytes = self._bound.read("preimageParts", data.key, data.offset, block=block)
        return part

    # --- large pre-images: giving them

    def min_large_preimage_size(self, block: AtBlock) -> int:
        """Bytes from which on a pre-image is given in many transactions."""
        return require_u64(self._bound.read("minProposalSize", block=block), "minProposalSize")

    def challenge_period(self, block: AtBlock) -> int:
        """Seconds in which a complete pre-image can be challenged."""
        return require_u64(self._bound.read("challengePeriod", block=block), "challengePeriod")

    def min_bond_lpp(self, block: AtBlock) -> int:
        """Wei that a large pre-image must carry."""
        bond: int = self._bound.read("MIN_BOND_SIZE", block=block)
        return bond

    def init_large_preimage_tx(
        self, uuid: int, part_offset: int, claimed_size: int, block: AtBlock
    ) -> ContractTransaction:
        """The transaction that begins a large pre-image, with the bond for it; it is not tried."""
        bond = self.min_bond_lpp(block)
        return self._bound.transaction("initLPP", uuid, part_offset, claimed_size, value=bond)

    def add_leaves_tx(
        self, uuid: int, starting_block: int, data: bytes, commitments: Sequence[Hash32], finalize: bool
    ) -> ContractTransaction:
        """The transaction that adds a piece; ``starting_block`` is the index of its first block."""
        return self._bound.transaction(
            "addLeavesLPP", uuid, starting_block, data, list(commitments), finalize
        )

    def squeeze_tx(self, ident: LargePreimageIdent, proof: Challenge) -> ContractTransaction:
        """The transaction that finishes a large pre-image, by its last two leaves; it is not tried."""
        return self._bound.transaction("squeezeLPP", *_squeeze_arguments(ident, proof))

    def call_squeeze(self, ident: LargePreimageIdent, proof: Challenge, block: AtBlock) -> None:
        """Try to finish a large pre-image; raises the contract's error if that is not possible yet."""
        self._bound.read("squeezeLPP", *_squeeze_arguments(ident, proof), block=block)

    # --- large pre-images: looking at those of others

    def active_preimages(self, block: AtBlock) -> list[LargePreimageMetaData]:
        """All large pre-images that were ever begun; raises ``TooManyEntries``."""
        count = read_count(self._bound, "proposalCount", block=block, limit=MAX_ENTRIES)
        calls = [
            self._bound.call("proposals", index).map(lambda found: LargePreimageIdent(*found))
            for index in range(count)
        ]
        return self.proposal_metadata(read_all(self._bound.l1, calls, block, self.batch_size), block)

    def proposal_metadata(
        self, idents: Sequence[LargePreimageIdent], block: AtBlock
    ) -> list[LargePreimageMetaData]:
        """How far some large pre-images are."""
        calls = [self._bound.call("proposalMetadata", ident.claimant, ident.uuid) for ident in idents]
        found = read_all(self._bound.l1, calls, block, self.batch_size)
        return [parse_metadata(ident, packed) for ident, packed in zip(idents, found, strict=True)]

    def proposal_tree_root(self, ident: LargePreimageIdent, block: AtBlock) -> Hash32:
        """The root of the tree over the leaves that a large pre-image has so far."""
        root: Hash32 = self._bound.read("getTreeRootLPP", ident.claimant, ident.uuid, block=block)
        return root

    def input_data_blocks(self, ident: LargePreimageIdent, block: AtBlock) -> list[int]:
        """The numbers of the L1 blocks in which pieces were added, each once; raises ``TooManyEntries``."""
        which = (ident.claimant, ident.uuid)
        count = read_count(self._bound, "proposalBlocksLen", *which, block=block, limit=MAX_ENTRIES)
        calls = [self._bound.call("proposalBlocks", *which, index) for index in range(count)]
        numbers: list[int] = read_all(self._bound.l1, calls, block, self.batch_size)
        # Several pieces of one block stand beside each other: the contract appends as they come.
        return [number for at, number in enumerate(numbers) if at == 0 or numbers[at - 1] != number]

    def decode_input_data(self, data: bytes) -> tuple[int, InputData]:
        """The number of the large pre-image and the piece that some call data add to it.

        Raises :class:`InvalidAddLeaves` for call data of anything else.
        """
        try:
            found = decode_add_leaves(data)
        except DecodeError as exc:
            raise InvalidAddLeaves(str(exc)) from exc
        if found is None:
            raise InvalidAddLeaves(f"a call of another function: 0x{data[:4].hex()}")
        return found

    def challenge_tx(self, ident: LargePreimageIdent, challenge: Challenge) -> ContractTransaction:
        """The transaction that proves a leaf wrong; it is not tried."""
        if challenge.prestate is not None:
            return self._bound.transaction("challengeLPP", *_squeeze_arguments(ident, challenge))
        leaf, proof = _leaf(challenge.poststate), list(challenge.poststate_proof)
        return self._bound.transaction("challengeFirstLPP", ident.claimant, ident.uuid, leaf, proof)


def _leaf(leaf: Leaf) -> tuple[Any, ...]:
    return leaf.input, leaf.index, leaf.state_commitment


def _squeeze_arguments(ident: LargePreimageIdent, proof: Challenge) -> tuple[Any, ...]:
    """Those of a challenge and of a squeeze, which are the same: two leaves that follow each other."""
    return (
        ident.claimant,
        ident.uuid,
        (list(proof.state_matrix),),
        _leaf(proof.prestate or EMPTY_LEAF),
        list(proof.prestate_proof),
        _leaf(proof.poststate),
        list(proof.poststate_proof),
    )
