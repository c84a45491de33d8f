"""The operations of ``contract_calls`` on the oracle of pre-images."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pyoprollup.challenger.contracts import PreimageOracleContract
from pyoprollup.challenger.game.trace import BlobProof, PreimageOracleData
from pyoprollup.challenger.keccak import Challenge, LargePreimageIdent, LargePreimageMetaData, Leaf
from pyoprollup.challenger.keccak.types import EMPTY_STATE
from pyoprollup.eth.types import Address, bytes_from_hex, hash_from_hex, to_hex
from pyoprollup.sources.l1 import AtBlock
from pyoprollup.vectors.core import expect

__all__ = ["ORACLE_OPERATIONS"]

Args = Mapping[str, Any]
Oracle = PreimageOracleContract

_KINDS = ("keccak", "sha256", "precompile", "generic", "zero")


def _load(oracle: Oracle, args: Args, _block: AtBlock) -> Any:
    key, preimage = bytes_from_hex(args["key"]), bytes_from_hex(args["data"])
    data = len(preimage).to_bytes(8, "big") + preimage
    return oracle.add_global_data_tx(PreimageOracleData(key, data, args["offset"]))


def _exists(oracle: Oracle, args: Args, block: AtBlock) -> str:
    data = PreimageOracleData(bytes_from_hex(args["key"]), b"", args["offset"])
    return str(oracle.global_data_exists(data, block)).lower()


def _load_blob(oracle: Oracle, args: Args, _block: AtBlock) -> Any:
    z, y, commitment, proof = (bytes_from_hex(args[name]) for name in ("z", "y", "commitment", "proof"))
    data = len(y).to_bytes(8, "big") + y
    return oracle.add_global_data_tx(
        PreimageOracleData(b"\x05" + bytes(31), data, args["offset"], BlobProof(z, commitment, proof))
    )


def _init(oracle: Oracle, args: Args, block: AtBlock) -> Any:
    return oracle.init_large_preimage_tx(int(args["uuid"], 16), args["part_offset"], args["size"], block)


def _add_leaves(oracle: Oracle, args: Args, _block: AtBlock) -> Any:
    commitments = [hash_from_hex(each) for each in args["commitments"]]
    data = bytes_from_hex(args["input"])
    return oracle.add_leaves_tx(int(args["uuid"], 16), args["start"], data, commitments, args["finalize"])


def _asked(args: Args) -> LargePreimageIdent:
    """Which one a recording asks for: it says so in its first call only."""
    data = bytes_from_hex(args["first_call"])
    return LargePreimageIdent(Address(data[16:36]), int.from_bytes(data[36:68], "big"))


def _ident(args: Args) -> LargePreimageIdent:
    return LargePreimageIdent(Address(bytes_from_hex(args["claimant"])), int(args["uuid"], 16))


def _leaf(given: Mapping[str, Any]) -> Leaf:
    commitment = hash_from_hex(given["state_commitment"])
    leaf = Leaf(bytes_from_hex(given["input"]), given["index"], commitment)
    expect("hash of the leaf", int(given["hash"], 16), int.from_bytes(leaf.hash(), "big"))
    return leaf


def _proof(args: Args) -> Challenge:
    poststate_proof = tuple(hash_from_hex(each) for each in args["poststate_proof"])
    if "prestate" not in args:
        return Challenge(EMPTY_STATE, None, (), _leaf(args["poststate"]), poststate_proof)
    matrix = bytes_from_hex(args["matrix"])
    return Challenge(
        tuple(int.from_bytes(matrix[at : at + 32], "big") for at in range(0, len(matrix), 32)),
        _leaf(args["prestate"]),
        tuple(hash_from_hex(each) for each in args["prestate_proof"]),
        _leaf(args["poststate"]),
        poststate_proof,
    )


def _shown(found: LargePreimageMetaData) -> str:
    return (
        f"{{largepreimageident:{{claimant:{to_hex(found.ident.claimant)} uuid:{found.ident.uuid:+}}}"
        f" timestamp:{found.timestamp} partoffset:{found.part_offset} claimedsize:{found.claimed_size}"
        f" blocksprocessed:{found.blocks_processed} bytesprocessed:{found.bytes_processed}"
        f" countered:{str(found.countered).lower()}}}"
    )


def _decode(oracle: Oracle, args: Args, _block: AtBlock) -> str:
    uuid, data = oracle.decode_input_data(bytes_from_hex(args["data"]))
    commitments = " ".join(map(to_hex, data.commitments))
    return f"{uuid:#x} {data.input.hex()} [{commitments}] {str(data.finalize).lower()}"


ORACLE_OPERATIONS: Mapping[str, Callable[[Oracle, Args, AtBlock], Any]] = {
    **{f"load_{kind}": _load for kind in _KINDS},
    **{f"exists_{kind}": _exists for kind in _KINDS},
    "load_blob": _load_blob,
    "init_large": _init,
    "add_leaves": _add_leaves,
    "squeeze": lambda oracle, args, _block: oracle.squeeze_tx(_ident(args), _proof(args)),
    "challenge": lambda oracle, args, _block: oracle.challenge_tx(_ident(args), _proof(args)),
    "challenge_first": lambda oracle, args, _block: oracle.challenge_tx(_ident(args), _proof(args)),
    "challenge_period": lambda oracle, _args, block: str(oracle.challenge_period(block)),
    "min_large_size": lambda oracle, _args, block: str(oracle.min_large_preimage_size(block)),
    "tree_root": lambda oracle, args, block: to_hex(oracle.proposal_tree_root(_asked(args), block)),
    "input_blocks": lambda oracle, args, block: (
        f"[{' '.join(map(str, oracle.input_data_blocks(_asked(args), block)))}]"
    ),
    "active_preimages": lambda oracle, _args, block: (
        f"[{' '.join(map(_shown, oracle.active_preimages(block)))}]"
    ),
    "decode_add_leaves": _decode,
    "decode_bad": _decode,
}
"""By their names."""
