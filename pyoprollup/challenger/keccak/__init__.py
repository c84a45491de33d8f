"""Large pre-images: their leaves, and the challenge of wrong ones.

``types`` has the leaves and what the contract keeps, ``matrix`` absorbs a pre-image block by block over
``permutation`` and ``merkle``, and finds the first wrong commitment. ``scheduler`` looks at all uploads once
for each L1 block, through ``fetcher``, ``verifier`` and ``challenger``.
"""

from pyoprollup.challenger.keccak.challenger import PreimageChallenger
from pyoprollup.challenger.keccak.errors import (
    IncorrectCommitmentCount,
    KeccakError,
    LeavesUnavailable,
    TreeFull,
)
from pyoprollup.challenger.keccak.fetcher import InputFetcher
from pyoprollup.challenger.keccak.matrix import StateMatrix, absorb, challenge, digest, padded
from pyoprollup.challenger.keccak.merkle import BinaryMerkleTree, Proof, verify_proof
from pyoprollup.challenger.keccak.metrics import KeccakMetrics
from pyoprollup.challenger.keccak.ports import InputSource, LargePreimageOracle, TxSender
from pyoprollup.challenger.keccak.scheduler import LargePreimageScheduler
from pyoprollup.challenger.keccak.types import (
    BLOCK_SIZE,
    EMPTY_LEAF,
    Challenge,
    InputData,
    LargePreimageIdent,
    LargePreimageMetaData,
    Leaf,
    StateSnapshot,
    pack_state,
)
from pyoprollup.challenger.keccak.verifier import PreimageVerifier

__all__ = [
    "BLOCK_SIZE",
    "EMPTY_LEAF",
    "BinaryMerkleTree",
    "Challenge",
    "IncorrectCommitmentCount",
    "InputData",
    "InputFetcher",
    "InputSource",
    "KeccakError",
    "KeccakMetrics",
    "LargePreimageIdent",
    "LargePreimageMetaData",
    "LargePreimageOracle",
    "LargePreimageScheduler",
    "Leaf",
    "LeavesUnavailable",
    "PreimageChallenger",
    "PreimageVerifier",
    "Proof",
    "StateMatrix",
    "StateSnapshot",
    "TreeFull",
    "TxSender",
    "absorb",
    "challenge",
    "digest",
    "pack_state",
    "padded",
    "verify_proof",
]
