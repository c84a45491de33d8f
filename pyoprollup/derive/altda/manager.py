"""Alt-DA at work: fetches inputs, follows challenges on L1, and knows what is beyond dispute.

Two positions on L1 move forward: the *commitment origin* is the block that derivation is at; the
*challenge origin* is the newest block whose challenge events are known. Normally they are equal.
When an input is missing, derivation stalls and the challenge origin runs ahead alone, one block
a step, until a challenge is answered (the input is in that calldata) or expires (the input is
skipped), or the challenge window has passed without one (the data is lost: critical).

Specification: experimental/alt-da.md, Derivation; experimental/alt-da.md, Safety and Finality.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from pyoprollup.derive.altda.challenge import (
    CHALLENGE_STATUS_TOPIC,
    ChallengeError,
    ChallengeEvent,
    decode_challenge_event,
    decode_resolved_input,
)
from pyoprollup.derive.altda.commitment import Commitment, CommitmentType
from pyoprollup.derive.altda.source import (
    CommitmentTypeMismatch,
    ExpiredChallenge,
    MissingPastWindow,
    PendingChallenge,
    ReorgRequired,
)
from pyoprollup.derive.altda.state import AltDAState, ChallengeStatus
from pyoprollup.derive.drops import Dropped, DropReason, DropSink, ignore_drops
from pyoprollup.errors import DecodeError, NotFound, Unavailable
from pyoprollup.eth.receipts import RECEIPT_SUCCESSFUL, Log, Receipt
from pyoprollup.eth.refs import BlockID, L1BlockRef
from pyoprollup.eth.transactions import decode_transaction
from pyoprollup.eth.types import ZERO_HASH, Hash32
from pyoprollup.rollup.alt_da import GENERIC_COMMITMENT, AltDAConfig
from pyoprollup.sources.l1 import L1Source

__all__ = ["AltDAManager", "AltDAStorage", "HeadSignal"]

HeadSignal = Callable[[L1BlockRef], None]
"""Takes the newest L1 block up to which commitments are beyond dispute, and L1 final."""

_REMEMBERED_BLOCKS = 65536
"""L1 blocks whose hashes are kept to notice a reorg: nine days' worth."""


class AltDAStorage(Protocol):
    """A DA server, seen by a reader."""

    def get_input(self, commitment: bytes) -> bytes:
        """The input of an encoded commitment (type byte included).

        Raises :class:`~pyoprollup.errors.NotFound` when the server says that it has
        none, :class:`~pyoprollup.errors.Unavailable` for any other failure.
        """
        ...


class AltDAManager:
    """The :class:`~pyoprollup.derive.altda.source.AltDA` of a chain.

    ``l1`` must be the source that the pipeline reads, so that both see the same newest block.
    ``verify`` checks inputs of the DA server against keccak-256 commitments. Ignored challenge
    events are recorded in ``drops``. Raises :class:`~pyoprollup.errors.ConfigError` for a
    configuration that makes no sense. Start with :meth:`reset`, as the pipeline does.
    """

    def __init__(
        self,
        config: AltDAConfig,
        l1: L1Source,
        storage: AltDAStorage,
        drops: DropSink = ignore_drops,
        *,
        verify: bool = True,
    ) -> None:
        config.check()
        self._config = config
        self._type = (
            CommitmentType.GENERIC
            if config.da_commitment_type == GENERIC_COMMITMENT
            else CommitmentType.KECCAK256
        )
        self._l1 = l1
        self._storage = storage
        self._drops = drops
        self._verify = verify
        self._state = AltDAState(config)
        self._challenge_origin = BlockID(ZERO_HASH, 0)
        self._commitment_origin = BlockID(ZERO_HASH, 0)
        self._hashes: dict[int, Hash32] = {}
        # The next reset is the answer to an expired challenge: L1, and what we know of it, stays.
        self._resetting = False
        self._l1_finalized: L1BlockRef | None = None
        self._finalized_head: L1BlockRef | None = None
        self._window_finalized: L1BlockRef | None = None
        self._head_signal: HeadSignal | None = None

    @property
    def state(self) -> AltDAState:
        return self._state

    @property
    def challenge_origin(self) -> BlockID:
        """The newest L1 block whose challenge events are known."""
        return self._challenge_origin

    @property
    def finalized_head(self) -> L1BlockRef | None:
        """The newest L1 block up to which commitments are beyond dispute, as far as is known."""
        return self._finalized_head

    # --- Inputs

    def get_input(self, commitment: Commitment, block: L1BlockRef) -> bytes:
        """The input of a commitment found in L1 block ``block``.

        Raises :class:`CommitmentTypeMismatch`, :class:`ExpiredChallenge`, :class:`PendingChallenge`
        (progress was made: call again), :class:`MissingPastWindow`, :class:`ReorgRequired`, or
        :class:`Unavailable`.
        """
        if commitment.type is not self._type:
            raise CommitmentTypeMismatch(f"commitment {commitment} is not of type {self._type.name}")
        status = self._state.challenge_status(commitment, block.number)
        if status is ChallengeStatus.EXPIRED:
            # Not tracked: it is not used, so it cannot make anything invalid later.
            raise ExpiredChallenge(f"challenge of {commitment} in L1 block {block} has expired")
        self._state.track_commitment(commitment, block)
        try:
            return self._fetch(commitment)
        except NotFound as exc:
            return self._without_storage(commitment, block, status, exc)

    def _fetch(self, commitment: Commitment) -> bytes:
        data = self._storage.get_input(commitment.encode())
        if self._verify and not commitment.verify(data):
            raise Unavailable(f"DA server answered {commitment} with other data")
        return data

    def _without_storage(
        self, commitment: Commitment, block: L1BlockRef, status: ChallengeStatus, missing: NotFound
    ) -> bytes:
        if status is ChallengeStatus.RESOLVED:
            challenge = self._state.challenge(commitment, block.number)
            assert challenge is not None
            return challenge.data
        window_end = block.number + self._config.da_challenge_window
        if status is ChallengeStatus.UNINITIALIZED and self._challenge_origin.number > window_end:
            raise MissingPastWindow(f"no challenge up to L1 block {self._challenge_origin}") from missing
        self._look_ahead()
        raise PendingChallenge(f"challenges are known up to L1 block {self._challenge_origin}") from missing

    def _look_ahead(self) -> None:
        origin = self._challenge_origin
        try:
            block = self._l1.l1_block_ref_by_number(origin.number + 1)
        except NotFound as exc:
            raise Unavailable(f"a missing input waits for the L1 block after {origin}") from exc
        if block.parent_hash != origin.hash:
            raise ReorgRequired(f"L1 reorg: {block} has parent 0x{block.parent_hash.hex()}, not {origin}")
        self._advance_challenge_origin(block.id)

    # --- Following L1

    def advance_l1_origin(self, block: BlockID) -> None:
        """Take in the challenge events up to L1 block ``block`` and let windows pass.

        Raises :class:`ReorgRequired` or :class:`Unavailable`.
        """
        known = self._hashes.get(block.number)
        if known is not None and known != block.hash:
            # The block was read ahead, so L1 traversal does not notice the change.
            raise ReorgRequired(f"L1 reorg: {block} was 0x{known.hex()} when challenges were read")
        if block.number > self._challenge_origin.number:
            self._advance_challenge_origin(block)
        if block.number > self._commitment_origin.number:
            self._advance_commitment_origin(block)
        if self._state.no_commitments():
            self._finalize_by_window()

    def _advance_challenge_origin(self, block: BlockID) -> None:
        self._load_challenge_events(block)
        self._state.expire_challenges(block.number)
        self._challenge_origin = block
        self._remember(block)

    def _advance_commitment_origin(self, block: BlockID) -> None:
        lost = self._state.expire_commitments(block.number)
        if lost:
            self._resetting = True
            first = lost[0]
            raise ReorgRequired(
                f"challenge of {first.commitment} in L1 block {first.block} expired at {block}"
            )
        self._commitment_origin = block

    def _remember(self, block: BlockID) -> None:
        self._hashes[block.number] = block.hash
        self._hashes.pop(block.number - _REMEMBERED_BLOCKS, None)

    def _load_challenge_events(self, block: BlockID) -> None:
        if self._type is CommitmentType.GENERIC:
            return
        try:
            _, receipts = self._l1.fetch_receipts(block.hash)
            logs = self._challenge_logs(receipts)
            # All that is read is read before anything changes, so that a failure leaves no trace.
            transactions = self._l1.transactions_by_hash(block.hash) if logs else ()
        except NotFound as exc:
            raise Unavailable(f"challenges in L1 block {block}: {exc}") from exc
        for index, log in logs:
            raw = transactions[index] if index < len(transactions) else b""
            try:
                self._apply(decode_challenge_event(log), raw, block.number)
            except DecodeError as exc:
                # Anybody can cause such events, so they must not stop the chain.
                detail = f"transaction {index}: {exc}"
                self._drops(Dropped(DropReason.ALT_DA_EVENT_IGNORED, None, block, detail))

    def _challenge_logs(self, receipts: Sequence[Receipt]) -> list[tuple[int, Log]]:
        """Status events of the challenge contract, each with the index of its transaction."""
        contract = self._config.da_challenge_contract_address
        return [
            (index, log)
            for index, receipt in enumerate(receipts)
            if receipt.status == RECEIPT_SUCCESSFUL
            for log in receipt.logs
            if log.address == contract and log.topics[:1] == (CHALLENGE_STATUS_TOPIC,)
        ]

    def _apply(self, event: ChallengeEvent, raw: bytes, number: int) -> None:
        """Raises :class:`DecodeError` when the event is to be ignored."""
        if event.status == ChallengeStatus.ACTIVE:
            self._state.create_challenge(event.commitment, event.block_number, number)
        elif event.status == ChallengeStatus.RESOLVED:
            # The input is looked for in the calldata of the transaction itself: an answer that a
            # contract passes on is not seen, and the challenge expires.
            data = decode_resolved_input(decode_transaction(raw).data)
            if not event.commitment.verify(data):
                raise ChallengeError(f"calldata does not hold the input of {event.commitment}")
            if not self._state.resolve_challenge(event.commitment, event.block_number, data):
                raise ChallengeError(f"{event.commitment} in L1 block {event.block_number}: no challenge")
        else:
            raise ChallengeError(f"status {event.status} has no meaning")

    # --- Resets

    def reset(self, base: L1BlockRef) -> None:
        """Start over from L1 block ``base``.

        After :class:`ReorgRequired` for an expired challenge the challenges are kept, since L1 is the
        same and the pipeline has to know of them before it meets the commitments again.
        """
        self._commitment_origin = base.id
        if self._resetting:
            self._resetting = False
            self._state.clear_commitments()
            return
        self._state.reset()
        self._challenge_origin = base.id
        self._hashes = {base.number: base.hash}

    # --- Finality

    def on_finalized_head_signal(self, handler: HeadSignal) -> None:
        """Have ``handler`` called by :meth:`finalize` with :attr:`finalized_head`."""
        self._head_signal = handler

    def finalize(self, l1_finalized: L1BlockRef) -> None:
        """L1 has finalized ``l1_finalized``: forget what is settled by it, and pass on how far
        commitments are beyond dispute by now."""
        self._l1_finalized = l1_finalized
        # Without commitments the head follows L1 at the distance of the challenge window instead.
        if not self._state.no_commitments():
            self._raise_finalized_head(self._state.prune(l1_finalized.number))
        if self._head_signal is not None and self._finalized_head is not None:
            self._head_signal(self._finalized_head)

    def _finalize_by_window(self) -> None:
        finalized = self._l1_finalized
        if finalized is None or finalized == self._window_finalized:
            return
        number = finalized.number - self._config.da_challenge_window
        if number < 0:
            return
        try:
            block = self._l1.l1_block_ref_by_number(number)
        except NotFound as exc:
            raise Unavailable(f"finalized L1 block {number}: {exc}") from exc
        self._window_finalized = finalized
        self._raise_finalized_head(block)

    def _raise_finalized_head(self, block: L1BlockRef | None) -> None:
        head = self._finalized_head
        if block is not None and (head is None or block.number > head.number):
            self._finalized_head = block
