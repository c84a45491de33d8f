"""Large pre-images: proposed in many transactions, with a bond, and challenged if a block is wrong.

Who proposes one sends its blocks (136 bytes each), and after each block a commitment to the state of the hash
function. Each is a leaf of a Merkle tree. Anybody who finds a wrong commitment executes that one block on
L1 and gets the bond; if nobody does for the challenge period, the last block is executed ("squeezed"), and
the part that was asked for becomes a part like others.

Specification: fault-proof/index.md, "Pre-image Oracle".
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field

from pyoprollup.challenger.keccak.matrix import absorb, digest, padded
from pyoprollup.challenger.keccak.merkle import MAX_LEAF_COUNT, TREE_DEPTH, ZERO_HASHES
from pyoprollup.challenger.keccak.types import (
    BLOCK_SIZE,
    EMPTY_STATE,
    Leaf,
    StateSnapshot,
    state_commitment,
)
from pyoprollup.challenger.model.chain import Call, Chain
from pyoprollup.challenger.model.reverts import (
    ActiveProposal,
    AlreadyFinalized,
    AlreadyInitialized,
    BadProposal,
    BondTransferFailed,
    InsufficientBond,
    InvalidInputSize,
    InvalidPreimage,
    InvalidProof,
    MalformedInput,
    NotEOA,
    NotInitialized,
    Panic,
    PartOffsetOOB,
    PostStateMatches,
    StatesNotContiguous,
    TreeSizeOverflow,
    WrongStartingBlock,
)
from pyoprollup.challenger.model.versions import OracleRules
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import ZERO_HASH, Address, Hash32

__all__ = ["MIN_BOND_SIZE", "LargePreimages", "Proposal"]

MIN_BOND_SIZE = 250_000_000_000_000_000
"""Wei that a proposal must carry."""
_U32 = 1 << 32


@dataclass(slots=True)
class Proposal:
    """What is known of a proposal. ``timestamp`` is when its last leaf was added, 0 before.

    ``blocks`` are the L1 blocks with its leaves, ``bond`` is in wei, ``part`` what it is about.
    """

    part_offset: int
    claimed_size: int
    bond: int
    blocks_processed: int = 0
    bytes_processed: int = 0
    timestamp: int = 0
    countered: bool = False
    part: bytes = bytes(32)
    branch: list[Hash32] = field(default_factory=lambda: [ZERO_HASH] * TREE_DEPTH)
    blocks: list[int] = field(default_factory=list)

    def metadata(self) -> Hash32:
        """The contract's word: timestamp (8 bytes), offset, size, blocks, bytes (4 each), flag (8)."""
        sizes = (self.part_offset, self.claimed_size, self.blocks_processed, self.bytes_processed)
        packed = self.timestamp.to_bytes(8, "big") + b"".join(size.to_bytes(4, "big") for size in sizes)
        return Hash32(packed + self.countered.to_bytes(8, "big"))

    def add(self, leaf: Leaf) -> None:
        """Put the next leaf into the tree, of which only the left neighbours of the next are kept."""
        node = leaf.hash()
        self.blocks_processed += 1
        size = self.blocks_processed
        for height in range(TREE_DEPTH):
            if size & 1:
                self.branch[height] = node
                return
            node = keccak256(self.branch[height] + node)
            size >>= 1

    def tree_root(self) -> Hash32:
        """The root of the tree of all leaves so far."""
        root, size = ZERO_HASH, self.blocks_processed
        for height in range(TREE_DEPTH):
            pair = self.branch[height] + root if size & 1 else root + ZERO_HASHES[height]
            root = keccak256(pair)
            size >>= 1
        return root


_NO_PROPOSAL = Proposal(0, 0, 0)


class LargePreimages:
    """The part of the oracle that takes large pre-images."""

    address: Address

    def __init__(
        self, chain: Chain, min_proposal_size: int, challenge_period: int, rules: OracleRules
    ) -> None:
        self.chain = chain
        self.min_proposal_size = min_proposal_size
        self.challenge_period = challenge_period
        self.rules = rules
        self.proposals: list[tuple[Address, int]] = []
        """Claimant and number of each, in the order in which they were begun."""
        self.by_claimant: dict[tuple[Address, int], Proposal] = {}

    @abstractmethod
    def _keep_squeezed(self, digest: bytes, offset: int, part: bytes, length: int) -> None:
        """Make a part available to steps."""

    def init_lpp(self, call: Call, uuid: int, part_offset: int, claimed_size: int) -> None:
        """Begin a proposal with a bond: which part, of a pre-image of which size in bytes.

        Raises :class:`InsufficientBond`, :class:`NotEOA`, :class:`PartOffsetOOB`,
        :class:`InvalidInputSize`, :class:`AlreadyInitialized`.
        """
        if call.value < MIN_BOND_SIZE:
            raise InsufficientBond
        if call.sender != call.tx_origin:
            raise NotEOA
        if claimed_size + 8 >= _U32:
            raise Panic(0x11)
        if part_offset >= claimed_size + 8:
            raise PartOffsetOOB
        if claimed_size < self.min_proposal_size:
            raise InvalidInputSize
        before = self.by_claimant.get((call.sender, uuid))
        if before is not None and self.rules.strict and before.claimed_size:
            raise AlreadyInitialized
        self.chain.transfer(call.sender, self.address, call.value)
        self.proposals.append((call.sender, uuid))
        if before is None:
            self.by_claimant[call.sender, uuid] = Proposal(part_offset, claimed_size, call.value)
        else:  # The first oracle lets a proposal begin again, on what is left of the one before.
            before.part_offset, before.claimed_size, before.bond = part_offset, claimed_size, call.value

    def add_leaves_lpp(
        self,
        call: Call,
        uuid: int,
        start_block: int,
        data: bytes,
        state_commitments: Sequence[Hash32],
        finalize: bool,
    ) -> None:
        """Add the next blocks, and a commitment for each; the last ones are padded by the contract.

        Raises :class:`NotEOA`, :class:`NotInitialized`, :class:`AlreadyFinalized`,
        :class:`WrongStartingBlock`, :class:`PartOffsetOOB`, :class:`InvalidInputSize`,
        :class:`TreeSizeOverflow`.
        """
        call.without_value()
        blocks = padded(data) if finalize else data
        proposal = self.by_claimant.get((call.sender, uuid), _NO_PROPOSAL)
        if call.sender != call.tx_origin:
            raise NotEOA
        if proposal.claimed_size == 0:
            raise NotInitialized
        if proposal.timestamp:
            raise AlreadyFinalized
        if proposal.blocks_processed != start_block:
            raise WrongStartingBlock
        part = self._part(proposal, data, finalize)
        if len(blocks) % BLOCK_SIZE or len(blocks) // BLOCK_SIZE != len(state_commitments):
            raise MalformedInput
        if start_block + len(state_commitments) > MAX_LEAF_COUNT:
            raise TreeSizeOverflow
        total = (proposal.bytes_processed + len(data)) % _U32
        if finalize and total != proposal.claimed_size:
            raise InvalidInputSize
        for number, after in enumerate(state_commitments):
            block = blocks[BLOCK_SIZE * number : BLOCK_SIZE * (number + 1)]
            proposal.add(Leaf(block, start_block + number, after))
        proposal.part = proposal.part if part is None else part
        proposal.bytes_processed = total
        proposal.timestamp = call.time if finalize else 0
        proposal.blocks.append(call.number)

    def _part(self, proposal: Proposal, data: bytes, finalize: bool) -> bytes | None:
        """The part that the proposal is about, if it begins in these blocks."""
        before, begin = proposal.bytes_processed, proposal.part_offset - 8
        if begin < 0:
            if before:
                return None
            length = proposal.claimed_size.to_bytes(8, "big")
            return (length + data)[proposal.part_offset :][:32].ljust(32, b"\0")
        begin -= before
        if not 0 <= begin < len(data):
            return None
        if begin + 32 >= len(data) and not finalize:
            raise PartOffsetOOB
        return data[begin : begin + 32].ljust(32, b"\0")

    def challenge_lpp(
        self,
        call: Call,
        claimant: Address,
        uuid: int,
        state: StateSnapshot,
        pre: Leaf,
        pre_proof: Sequence[Hash32],
        post: Leaf,
        post_proof: Sequence[Hash32],
    ) -> None:
        """Show that a leaf does not follow from the one before it, and get the bond.

        Raises :class:`InvalidProof`, :class:`InvalidPreimage`, :class:`StatesNotContiguous`,
        :class:`PostStateMatches`.
        """
        call.without_value()
        proposal = self.by_claimant.get((claimant, uuid), _NO_PROPOSAL)
        self._check_leaves(proposal, (pre, pre_proof), (post, post_proof))
        if state_commitment(state) != pre.state_commitment:
            raise InvalidPreimage
        if pre.index + 1 != post.index:
            raise StatesNotContiguous
        self._counter(call, proposal, state_commitment(absorb(state, post.input)), post)

    def challenge_first_lpp(
        self, call: Call, claimant: Address, uuid: int, post: Leaf, post_proof: Sequence[Hash32]
    ) -> None:
        """Show that the first leaf is wrong, and get the bond. Raises what :meth:`challenge_lpp` does."""
        call.without_value()
        proposal = self.by_claimant.get((claimant, uuid), _NO_PROPOSAL)
        self._check_leaves(proposal, (post, post_proof))
        if post.index:
            raise StatesNotContiguous
        self._counter(call, proposal, state_commitment(absorb(EMPTY_STATE, post.input)), post)

    def squeeze_lpp(
        self,
        call: Call,
        claimant: Address,
        uuid: int,
        state: StateSnapshot,
        pre: Leaf,
        pre_proof: Sequence[Hash32],
        post: Leaf,
        post_proof: Sequence[Hash32],
    ) -> None:
        """Execute the last block, keep the part, and give the bond back to the claimant.

        Raises :class:`BadProposal`, :class:`ActiveProposal`, and what :meth:`challenge_lpp` does.
        """
        call.without_value()
        proposal = self.by_claimant.get((claimant, uuid), _NO_PROPOSAL)
        if proposal.countered:
            raise BadProposal
        unfinished = self.rules.strict and not proposal.timestamp
        if unfinished or call.time - proposal.timestamp <= self.challenge_period:
            raise ActiveProposal
        self._check_leaves(proposal, (pre, pre_proof), (post, post_proof))
        if state_commitment(state) != pre.state_commitment:
            raise InvalidPreimage
        if pre.index + 1 != post.index or post.index != proposal.blocks_processed - 1:
            raise StatesNotContiguous
        self._check_recipient(claimant)
        final = digest(absorb(state, post.input))
        self._keep_squeezed(final, proposal.part_offset, proposal.part, proposal.claimed_size)
        self._pay_out(proposal, claimant)

    def _check_leaves(self, proposal: Proposal, *leaves: tuple[Leaf, Sequence[Hash32]]) -> None:
        root = proposal.tree_root()
        for leaf, proof in leaves:
            node = leaf.hash()
            for height in range(TREE_DEPTH):
                other = proof[height] if height < len(proof) else ZERO_HASH
                node = keccak256(other + node if leaf.index >> height & 1 else node + other)
            if node != root:
                raise InvalidProof

    def _counter(self, call: Call, proposal: Proposal, found: Hash32, post: Leaf) -> None:
        if found == post.state_commitment:
            raise PostStateMatches
        self._check_recipient(call.sender)
        proposal.countered = True
        self._pay_out(proposal, call.sender)

    def _check_recipient(self, recipient: Address) -> None:
        if recipient in self.chain.refusing:
            raise BondTransferFailed

    def _pay_out(self, proposal: Proposal, recipient: Address) -> None:
        bond, proposal.bond = proposal.bond, 0
        self.chain.transfer(self.address, recipient, bond)
