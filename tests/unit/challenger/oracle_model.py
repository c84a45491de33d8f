"""The oracle contract's rules for large pre-images, and an account that sends to it.

Written after the contract, not after the uploader: it takes and refuses what the contract does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pyoprollup.challenger.keccak import (
    BLOCK_SIZE,
    EMPTY_LEAF,
    Challenge,
    InputData,
    LargePreimageIdent,
    LargePreimageMetaData,
    Leaf,
    absorb,
    pack_state,
    padded,
    verify_proof,
)
from pyoprollup.challenger.keccak.merkle import BinaryMerkleTree
from pyoprollup.challenger.keccak.types import EMPTY_STATE
from pyoprollup.errors import RollupError
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.receipts import Log, Receipt
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.eth.types import ZERO_HASH, Address, Hash32
from pyoprollup.sources.l1 import BlockInfo, CallFailed, ExecutionReverted
from pyoprollup.txmgr import TxCandidate

ORACLE = Address(b"\x0a" * 20)
OWNER = Address(b"\x01" * 20)
PERIOD = 1000
MIN_SIZE = 300


class Reverted(RollupError):
    """A transaction was mined and reverted."""


class Proposal:
    """An upload as the contract keeps it."""

    def __init__(self, offset: int, size: int) -> None:
        self.meta = LargePreimageMetaData(LargePreimageIdent(OWNER, 0), part_offset=offset, claimed_size=size)
        self.tree = BinaryMerkleTree()
        self.part: bytes | None = None
        self.blocks: list[int] = []


class ModelOracle:
    """The contract. ``time`` and ``number`` are those of the block that transactions get into."""

    def __init__(self) -> None:
        self.address = ORACLE
        self.time = 10_000
        self.number = 1
        self.proposals: dict[LargePreimageIdent, Proposal] = {}
        self.parts: dict[tuple[bytes, int], bytes] = {}
        self.logs: dict[int, list[Log]] = {}
        self.calls: list[tuple[Any, ...]] = []
        self.failing = False

    # --- transactions

    def _tx(self, *call: Any) -> TxCandidate:
        self.calls.append(call)
        return TxCandidate(self.address, (len(self.calls) - 1).to_bytes(4, "big"))

    def init_large_preimage(self, uuid: int, part_offset: int, claimed_size: int) -> TxCandidate:
        return self._tx("init", uuid, part_offset, claimed_size)

    def add_leaves(
        self, uuid: int, start: int, data: bytes, commitments: Sequence[Hash32], finalize: bool
    ) -> TxCandidate:
        return self._tx("add", uuid, start, InputData(data, tuple(commitments), finalize))

    def squeeze(self, *arguments: Any) -> TxCandidate:
        return self._tx("squeeze", *arguments)

    def call_squeeze(self, *arguments: Any) -> None:
        self._squeeze(*arguments)

    def challenge_tx(self, ident: LargePreimageIdent, challenge: Challenge) -> TxCandidate:
        return self._tx("challenge", ident, challenge)

    def execute(self, sender: Address, tx: TxCandidate) -> None:
        """Mine a transaction; raises as the contract reverts."""
        kind, *arguments = self.calls[int.from_bytes(tx.data, "big")]
        if kind == "init":
            self._init(sender, *arguments)
        elif kind == "add":
            self._add(sender, int.from_bytes(tx.data, "big"), *arguments)
        elif kind == "squeeze":
            key, offset, part = self._squeeze(*arguments)
            self.parts[key, offset] = part
        else:
            self._challenge(*arguments)

    def _init(self, sender: Address, uuid: int, offset: int, size: int) -> None:
        ident = LargePreimageIdent(sender, uuid)
        if offset >= size + 8:
            raise ExecutionReverted("PartOffsetOOB")
        if size < MIN_SIZE:
            raise ExecutionReverted("InvalidInputSize")
        if ident in self.proposals:
            raise ExecutionReverted("AlreadyInitialized")
        self.proposals[ident] = Proposal(offset, size)

    def _add(self, sender: Address, call: int, uuid: int, start: int, added: InputData) -> None:
        proposal = self.proposals.get(LargePreimageIdent(sender, uuid))
        if proposal is None:
            raise ExecutionReverted("NotInitialized")
        meta = proposal.meta
        if meta.timestamp:
            raise ExecutionReverted("AlreadyFinalized")
        if meta.blocks_processed != start:
            raise ExecutionReverted("WrongStartingBlock")
        self._take_part(proposal, added)
        data = added.input
        if added.finalize:
            data = padded(data)
        if len(data) % BLOCK_SIZE or len(data) // BLOCK_SIZE != len(added.commitments):
            raise ExecutionReverted("InvalidInputSize")
        for index, commitment in enumerate(added.commitments):
            block = data[index * BLOCK_SIZE : (index + 1) * BLOCK_SIZE]
            proposal.tree.add_leaf(Leaf(block, start + index, commitment).hash())
        proposal.meta = replace(
            meta,
            blocks_processed=start + len(added.commitments),
            bytes_processed=meta.bytes_processed + len(added.input),
            timestamp=self.time if added.finalize else 0,
        )
        if added.finalize and proposal.meta.bytes_processed != meta.claimed_size:
            raise ExecutionReverted("InvalidInputSize")
        proposal.blocks.append(self.number)
        self.logs.setdefault(self.number, []).append(
            Log(self.address, (), sender + call.to_bytes(4, "big"), 0)
        )

    def _take_part(self, proposal: Proposal, added: InputData) -> None:
        meta = proposal.meta
        if meta.part_offset < 8:
            if meta.bytes_processed == 0:
                whole = meta.claimed_size.to_bytes(8, "big") + added.input
                proposal.part = whole[meta.part_offset : meta.part_offset + 32].ljust(32, b"\0")
            return
        place = meta.part_offset - 8 - meta.bytes_processed
        if 0 <= place < len(added.input):
            if place + 32 >= len(added.input) and not added.finalize:
                raise ExecutionReverted("PartOffsetOOB")
            proposal.part = added.input[place : place + 32].ljust(32, b"\0")

    def _squeeze(self, ident: LargePreimageIdent, proof: Challenge) -> tuple[bytes, int, bytes]:
        prestate, poststate = proof.prestate or EMPTY_LEAF, proof.poststate
        proposal = self.proposals[ident]
        meta, root = proposal.meta, proposal.tree.root_hash()
        if meta.countered:
            raise ExecutionReverted("BadProposal")
        if not meta.timestamp or self.time - meta.timestamp <= PERIOD:
            raise ExecutionReverted("ActiveProposal")
        if not verify_proof(root, prestate.hash(), prestate.index, proof.prestate_proof) or not verify_proof(
            root, poststate.hash(), poststate.index, proof.poststate_proof
        ):
            raise ExecutionReverted("InvalidProof")
        if keccak256(pack_state(proof.state_matrix)) != prestate.state_commitment:
            raise ExecutionReverted("InvalidPreimage")
        if not prestate.index + 1 == poststate.index == meta.blocks_processed - 1:
            raise ExecutionReverted("StatesNotContiguous")
        state = absorb(proof.state_matrix, poststate.input)
        if keccak256(pack_state(state)) != poststate.state_commitment:
            raise ExecutionReverted("PostStateMatches")
        digest = b"".join([lane.to_bytes(8, "little") for lane in state[:4]])
        assert proposal.part is not None
        return b"\x02" + digest[1:], meta.part_offset, proposal.part

    def _challenge(self, ident: LargePreimageIdent, challenge: Challenge) -> None:
        proposal = self.proposals[ident]
        root, before, after = proposal.tree.root_hash(), challenge.prestate, challenge.poststate
        state = EMPTY_STATE
        if not verify_proof(root, after.hash(), after.index, challenge.poststate_proof):
            raise ExecutionReverted("InvalidProof")
        if before is None:
            assert after.index == 0
        else:
            assert after.index == before.index + 1
            if not verify_proof(root, before.hash(), before.index, challenge.prestate_proof):
                raise ExecutionReverted("InvalidProof")
            state = challenge.state_matrix
            if keccak256(pack_state(state)) != before.state_commitment:
                raise ExecutionReverted("InvalidPreimage")
        if keccak256(pack_state(absorb(state, after.input))) == after.state_commitment:
            raise ExecutionReverted("PostStateMatches")
        proposal.meta = replace(proposal.meta, countered=True)

    # --- reads

    def _read(self) -> None:
        if self.failing:
            raise CallFailed("the node is down")

    def get_proposal_metadata(self, idents: Sequence[LargePreimageIdent]) -> list[LargePreimageMetaData]:
        self._read()
        return [
            replace(self.proposals[ident].meta, ident=ident)
            if ident in self.proposals
            else LargePreimageMetaData(ident)
            for ident in idents
        ]

    def get_active_preimages(self, _block: Hash32) -> list[LargePreimageMetaData]:
        return self.get_proposal_metadata(list(self.proposals))

    def get_input_data_blocks(self, _block: Any, ident: LargePreimageIdent) -> list[int]:
        self._read()
        return sorted(set(self.proposals[ident].blocks))

    def get_proposal_tree_root(self, _block: Any, ident: LargePreimageIdent) -> Hash32:
        self._read()
        return self.proposals[ident].tree.root_hash()

    def decode_input_data(self, data: bytes) -> tuple[int, InputData] | None:
        kind, *arguments = self.calls[int.from_bytes(data, "big")]
        return (arguments[0], arguments[2]) if kind == "add" else None

    def challenge_period(self) -> int:
        return PERIOD

    # --- as L1

    def l1_block_ref_by_number(self, number: int) -> L1BlockRef:
        return L1BlockRef(Hash32(number.to_bytes(32, "big")), number, ZERO_HASH, self.time)

    def fetch_receipts(self, block_hash: Hash32) -> tuple[BlockInfo, list[Receipt]]:
        number = int.from_bytes(block_hash, "big")
        info = BlockInfo(self.l1_block_ref_by_number(number), ZERO_HASH, 0)
        return info, [Receipt(status=1, logs=(log,)) for log in self.logs.get(number, [])]


class ModelSender:
    """An account that sends to the contract, each transaction in a block of its own."""

    def __init__(self, oracle: ModelOracle, address: Address = OWNER) -> None:
        self.address = address
        self.sent: list[tuple[str, int]] = []
        self.stop_after: int | None = None
        """Transactions until it is ended in mid-batch."""
        self._oracle = oracle

    def send_and_wait(self, purpose: str, candidates: Sequence[TxCandidate]) -> None:
        self.sent.append((purpose, len(candidates)))
        for tx in candidates:
            if self.stop_after is not None:
                if not self.stop_after:
                    raise Reverted("ended")
                self.stop_after -= 1
            self._oracle.number += 1
            try:
                self._oracle.execute(self.address, tx)
            except ExecutionReverted as exc:
                raise Reverted(f"{purpose}: {exc}") from exc
