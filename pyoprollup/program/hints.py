"""What a program tells its host before it asks for pre-images: a word, a space, and bytes in hex.

========================= ===========================================================================
word                      bytes
========================= ===========================================================================
``l1-block-header``       hash of an L1 block; so do ``l1-transactions`` and ``l1-receipts``
``l1-blob``               versioned hash, time of the L1 block (u64)
``l1-precompile-v2``      address (20), required gas (u64), input
``l2-block-header``       hash of an L2 block; so does ``l2-transactions``
``l2-state-node``         hash of a trie node
``l2-code``               hash of contract code
``l2-output``             output root
``l2-account-proof``      block hash, address (20), chain id (u64)
``l2-payload-witness``    JSON: ``parentBlockHash``, ``payloadAttributes`` and ``chainID`` of a block
``l2-block-hash-lookup``  number (u64), hash of the block that it is looked up from, chain id (u64)
========================= ===========================================================================

These are the forms of op-program, whose hex begins with ``0x``. Programs for several chains add the chain id
(u64) to hashes of L2. Older forms, which a host understands as well, are ``l1-precompile`` (without the gas)
and a blob with its index (u64) before the time.

kona's programs write the hex without ``0x``, and some of it otherwise: ``l1-precompile`` has the gas, a blob
its index, ``l2-account-proof`` a block number (u64) in place of the hash and no chain id,
``l2-account-storage-proof`` a slot (32) besides, ``starting-l2-output`` is the output, and the JSON of
``l2-payload-witness`` has attributes only, behind the hash of the parent.

Specification: fault-proof/index.md, Hinting.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum

from pyoprollup.errors import DecodeError
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.types import Address, Hash32, bytes_from_hex, to_hex
from pyoprollup.preimage import precompile_input
from pyoprollup.program.errors import HintError

__all__ = [
    "Hint",
    "HintWord",
    "account_proof_hint",
    "blob_hint",
    "block_hash_lookup_hint",
    "decode_hint",
    "hash_hint",
    "payload_witness_hint",
    "precompile_hint",
]


class HintWord(Enum):
    """What a hint is about, by the word that it begins with."""

    L1_BLOCK_HEADER = "l1-block-header"
    L1_TRANSACTIONS = "l1-transactions"
    L1_RECEIPTS = "l1-receipts"
    L1_BLOB = "l1-blob"
    L1_PRECOMPILE = "l1-precompile"
    L1_PRECOMPILE_V2 = "l1-precompile-v2"
    L2_BLOCK_HEADER = "l2-block-header"
    L2_TRANSACTIONS = "l2-transactions"
    L2_RECEIPTS = "l2-receipts"
    L2_STATE_NODE = "l2-state-node"
    L2_CODE = "l2-code"
    L2_OUTPUT = "l2-output"
    STARTING_L2_OUTPUT = "starting-l2-output"
    L2_ACCOUNT_PROOF = "l2-account-proof"
    L2_ACCOUNT_STORAGE_PROOF = "l2-account-storage-proof"
    L2_PAYLOAD_WITNESS = "l2-payload-witness"
    L2_BLOCK_HASH_LOOKUP = "l2-block-hash-lookup"


@dataclass(frozen=True, slots=True)
class Hint:
    """A hint that was received; ``is_kona`` is how its bytes are to be read."""

    word: HintWord
    data: bytes
    is_kona: bool = False


def decode_hint(text: bytes) -> Hint:
    """The parts of a hint; raises :class:`HintError`."""
    word, space, digits = text.partition(b" ")
    try:
        kind = HintWord(word.decode("ascii"))
        if not space:
            raise HintError(f"hint {kind.value} has no bytes")
        is_kona = digits[:2] != b"0x"
        return Hint(kind, bytes_from_hex(("0x" if is_kona else "") + digits.decode("ascii")), is_kona)
    except HintError:
        raise
    except (DecodeError, ValueError) as exc:
        raise HintError(f"hint of {len(text)} bytes, {text[:60]!r}, is of no known form") from exc


def _u64(number: int) -> bytes:
    return number.to_bytes(8, "big")


def hash_hint(word: HintWord, digest: Hash32) -> str:
    """A hint that is about one hash."""
    return f"{word.value} {to_hex(digest)}"


def blob_hint(versioned_hash: Hash32, time: int) -> str:
    """The blob with this versioned hash in the L1 block of this time, with all its field elements."""
    return f"{HintWord.L1_BLOB.value} {to_hex(versioned_hash + _u64(time))}"


def precompile_hint(address: Address, required_gas: int, data: bytes) -> str:
    """The result of a call of a precompile."""
    made_of = precompile_input(address, required_gas, data)
    return f"{HintWord.L1_PRECOMPILE_V2.value} {to_hex(made_of)}"


def account_proof_hint(block_hash: Hash32, address: Address, chain_id: int) -> str:
    """The state's nodes that lead to an account, and the root node of its storage."""
    return f"{HintWord.L2_ACCOUNT_PROOF.value} {to_hex(block_hash + address + _u64(chain_id))}"


def payload_witness_hint(parent: Hash32, attributes: PayloadAttributes, chain_id: int) -> str:
    """All state that executing a block reads."""
    value = {
        "parentBlockHash": to_hex(parent),
        "payloadAttributes": attributes.to_json(),
        "chainID": str(chain_id),
    }
    text = json.dumps(value, separators=(",", ":")).encode()
    return f"{HintWord.L2_PAYLOAD_WITNESS.value} {to_hex(text)}"


def block_hash_lookup_hint(number: int, head: Hash32, chain_id: int) -> str:
    """The state in which the block ``head`` keeps the hash of the block with a number (EIP-2935)."""
    return f"{HintWord.L2_BLOCK_HASH_LOOKUP.value} {to_hex(_u64(number) + head + _u64(chain_id))}"
