"""The checks of ``keccak_matrix`` and ``preimage_loader``: large pre-images, and what a step reads.

In one thing we are not like the reference. Where a large pre-image ends with a whole transaction's data,
one more with nothing but the padding follows; the reference then leaves the 32 bytes that are wanted at the
end of a transaction that is not the last, which the contract refuses. Such an upload is compared as a whole:
that the same data arrives, and that the contract takes each transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from io import BytesIO
from typing import Any

from pyoprollup.challenger.game.trace import PreimageOracleData
from pyoprollup.challenger.keccak import (
    BLOCK_SIZE,
    Challenge,
    IncorrectCommitmentCount,
    LargePreimageIdent,
    LargePreimageMetaData,
    Leaf,
    StateMatrix,
    challenge,
    pack_state,
)
from pyoprollup.challenger.preimages import (
    ChallengePeriodNotOver,
    KeyType,
    LargePreimageUploader,
    PreimageLoader,
    new_uuid,
    typed_key,
)
from pyoprollup.errors import NotFound, RollupError
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.kzg import FIELD_ELEMENTS_PER_BLOB, blob_commitment, roots_of_unity
from pyoprollup.eth.types import Address, Hash32, bytes_from_hex, hash_from_hex, to_hex
from pyoprollup.txmgr import TxCandidate
from pyoprollup.vectors.core import Case, expect, register

__all__ = ["check_challenge", "check_loader", "check_matrix", "check_upload"]

_LENGTH_SIZE, _PART_SIZE = 8, 32


# --- keccak_matrix


@register("keccak_matrix", "matrix")
def check_matrix(case: Case) -> None:
    """Absorb the data of a case in parts, and compare all commitments and what is squeezed."""
    data = bytes_from_hex(case["data"])
    stream, matrix = BytesIO(data), StateMatrix()
    chunks = []
    while not matrix.is_final:
        added = matrix.absorb_up_to(stream, case["max_len"])
        chunks.append(
            {
                "commitments": [to_hex(commitment) for commitment in added.commitments],
                "finalize": added.finalize,
                "input_len": len(added.input),
            }
        )
    expect("chunks", case["chunks"], chunks)
    expect("hash", case["hash"], to_hex(matrix.hash()))
    expect("keccak", case["keccak"], to_hex(keccak256(data)))
    expect("prestate_matrix", case["prestate_matrix"], to_hex(pack_state(matrix.prestate_matrix)))
    for name, (leaf, proof) in (
        ("prestate", matrix.prestate_with_proof()),
        ("poststate", matrix.poststate_with_proof()),
    ):
        expect(name, case[name], _leaf(leaf))
        expect(f"{name}_proof", case[f"{name}_proof"], _hashes(proof))


@register("keccak_matrix", "challenges")
def check_challenge(case: Case) -> None:
    """Look for the first wrong commitment of a case."""
    commitments = [hash_from_hex(text) for text in case["commitments"]]
    wanted = case.get("challenge") or {}
    try:
        found, _ = challenge(BytesIO(bytes_from_hex(case["data"])), commitments)
    except IncorrectCommitmentCount:
        expect("error", case.get("error"), "incorrect number of commitments for input length")
        return
    expect("challenge", bool(wanted), found is not None)
    if found is None:
        expect("error", case.get("error"), "state commitments are valid")
        return
    expect("matrix", wanted["matrix"], to_hex(pack_state(found.state_matrix)))
    expect("prestate", wanted["prestate"], _leaf(found.prestate))
    expect("prestate_proof", wanted["prestate_proof"], _hashes(found.prestate_proof))
    expect("poststate", wanted["poststate"], _leaf(found.poststate))
    expect("poststate_proof", wanted["poststate_proof"], _hashes(found.poststate_proof))


@register("keccak_matrix", "uploads")
def check_upload(case: Case) -> None:
    """Upload the pre-image of a case, and compare all calls and transactions in order."""
    pattern, length = bytes_from_hex(case["pattern"]), case["length"]
    preimage = (pattern * (length // len(pattern) + 1))[:length]
    key = typed_key(KeyType.KECCAK256, keccak256(preimage))
    data = PreimageOracleData(key, length.to_bytes(_LENGTH_SIZE, "big") + preimage, case["oracle_offset"])
    account = _Sender(Address(bytes_from_hex(case["sender"])))
    oracle = _Oracle(case)
    expect("uuid", int(case["uuid"], 16), new_uuid(account.address, data))
    error = None
    try:
        LargePreimageUploader(lambda: case["now"], account, oracle).upload_preimage(0, data)
    except ChallengePeriodNotOver:
        error = "challenge period not over"
    expect("error", case.get("error"), error)
    expect("sent", case["sent"], account.sent)
    if _is_refused(case):
        _check_as_a_whole(case, oracle.calls, preimage)
    else:
        expect("calls", case["calls"], oracle.calls)


def _is_refused(case: Case) -> bool:
    """Whether the contract refuses one of the reference's transactions."""
    return any(not _is_taken(case, call) for call in case["calls"] if call["call"] == "add_leaves")


def _is_taken(case: Case, call: dict[str, Any]) -> bool:
    """The contract's rule about the part: none is cut off that does not end with the pre-image."""
    place = case["oracle_offset"] - _LENGTH_SIZE - call["start_block"] * BLOCK_SIZE
    return call["finalize"] or not 0 <= place < call["input_len"] <= place + _PART_SIZE


def _check_as_a_whole(case: Case, calls: list[dict[str, Any]], preimage: bytes) -> None:
    def others(calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [call for call in calls if call["call"] != "add_leaves"]

    expect("other calls", others(case["calls"]), others(calls))
    block = case["blocks_already"]
    for call in (call for call in calls if call["call"] == "add_leaves"):
        expect("start_block", block, call["start_block"])
        expect("taken by the contract", True, _is_taken(case, call))
        begin = block * BLOCK_SIZE
        expect("input", to_hex(keccak256(preimage[begin : begin + call["input_len"]])), call["input_keccak"])
        block += call["commitments"]
    expect("blocks", len(preimage) // BLOCK_SIZE + 1, block)


class _Sender:
    """An account that only counts."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self.sent: list[dict[str, Any]] = []

    def send_and_wait(self, purpose: str, candidates: Sequence[TxCandidate]) -> None:
        """Take note of a batch."""
        self.sent.append({"purpose": purpose, "txs": len(candidates)})


class _Oracle:
    """The oracle contract of a case; ``calls`` has what was made of it in order."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self.calls: list[dict[str, Any]] = []

    def init_large_preimage(self, uuid: int, part_offset: int, claimed_size: int) -> TxCandidate:
        return self._made(
            {"call": "init", "claimed_size": claimed_size, "part_offset": part_offset, "uuid": hex(uuid)}
        )

    def add_leaves(
        self,
        uuid: int,  # noqa: ARG002
        starting_block_index: int,
        input: bytes,
        commitments: Sequence[Hash32],
        finalize: bool,
    ) -> TxCandidate:
        return self._made(
            {
                "call": "add_leaves",
                "commitments": len(commitments),
                "finalize": finalize,
                "first_commitment": to_hex(commitments[0]),
                "input_keccak": to_hex(keccak256(input)),
                "input_len": len(input),
                "last_commitment": to_hex(commitments[-1]),
                "start_block": starting_block_index,
            }
        )

    def call_squeeze(self, *_arguments: Any) -> None:
        """Trying it succeeds."""

    def squeeze(self, _ident: LargePreimageIdent, proof: Challenge) -> TxCandidate:
        return self._made(
            {
                "call": "squeeze",
                "matrix_keccak": to_hex(keccak256(pack_state(proof.state_matrix))),
                "poststate": _leaf(proof.poststate),
                "poststate_proof": _hashes(proof.poststate_proof),
                "prestate": _leaf(proof.prestate),
                "prestate_proof": _hashes(proof.prestate_proof),
            }
        )

    def get_proposal_metadata(self, idents: Sequence[LargePreimageIdent]) -> list[LargePreimageMetaData]:
        """As it was found, and complete once something was called."""
        already = self._case["blocks_already"]
        size = self._case["length"] if self.calls or already else 0
        time = self._case["finalized_at"] if size else 0
        return [
            LargePreimageMetaData(ident, time, claimed_size=size, blocks_processed=already)
            for ident in idents
        ]

    def challenge_period(self) -> int:
        return int(self._case["challenge_period"])

    def _made(self, call: dict[str, Any]) -> TxCandidate:
        self.calls.append(call)
        return TxCandidate(None, b"")


def _leaf(leaf: Leaf | None) -> dict[str, Any] | None:
    if leaf is None:
        return None
    return {
        "hash": to_hex(leaf.hash()),
        "index": leaf.index,
        "input": to_hex(leaf.input),
        "state_commitment": to_hex(leaf.state_commitment),
    }


def _hashes(hashes: Sequence[Hash32]) -> list[str]:
    return [to_hex(item) for item in hashes]


# --- preimage_loader


@register("preimage_loader")
def check_loader(case: Case) -> None:
    """Load what a step of a case reads, from a store that the case describes."""
    found: PreimageOracleData | None = None
    failed = False
    key, value = (bytes_from_hex(case[name]) for name in ("oracle_key", "oracle_value"))
    try:
        found = PreimageLoader(_Store(case)).load_preimage(key, value, case["oracle_offset"])
    except RollupError:
        failed = True
    expect("failed", "error" in case, failed)
    if not failed:
        expect("result", case["result"], None if found is None else _oracle_data(found, case["result"]))


def _oracle_data(data: PreimageOracleData, wanted: dict[str, Any] | None) -> dict[str, Any]:
    """The fields that the case has, as we have them."""
    blob = data.blob
    fields: dict[str, Any] = {
        "key": to_hex(data.key),
        "data": to_hex(data.data),
        "offset": data.offset,
        "local": data.is_local,
    }
    if blob is not None:
        fields |= {"z": to_hex(blob.z), "commitment": to_hex(blob.commitment), "proof": to_hex(blob.proof)}
    others = {
        "precompile": to_hex(data.precompile_address),
        "required_gas": data.precompile_required_gas,
        "input": to_hex(data.precompile_input),
    }
    return fields | {name: value for name, value in others.items() if wanted and name in wanted}


@lru_cache(maxsize=2)
def _blob(seed: int) -> tuple[bytes, tuple[bytes, ...]]:
    """A blob of a case: its commitment and its elements."""
    elements = [
        b"\0" + keccak256(seed.to_bytes(8, "big") + index.to_bytes(8, "big"))[1:]
        for index in range(FIELD_ELEMENTS_PER_BLOB)
    ]
    return blob_commitment(b"".join(elements)), tuple(elements)


class _Store:
    """The pre-images that a case says are there."""

    def __init__(self, case: Case) -> None:
        self._preimages: dict[bytes, bytes] = {}
        # Texts are for people, but only the text says which of the two kinds of pre-images is missing.
        if "key_input" in case and "failed to get key preimage" not in case.get("error", ""):
            key = bytes_from_hex(case["oracle_key"])
            self._preimages[typed_key(KeyType.KECCAK256, key)] = bytes_from_hex(case["key_input"])
        if "blob_seed" in case:
            commitment, elements = _blob(case["blob_seed"])
            for index, (root, element) in enumerate(zip(roots_of_unity(), elements, strict=True)):
                if index != case.get("missing"):
                    self._preimages[typed_key(KeyType.BLOB, keccak256(commitment + root))] = element

    def get(self, key: Hash32) -> bytes:
        try:
            return self._preimages[key]
        except KeyError:
            raise NotFound(f"no pre-image of {to_hex(key)}") from None
