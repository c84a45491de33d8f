"""What alt-DA remembers: commitments that were used, and challenges of commitments on L1.

A challenge belongs to a commitment *and* the number of the L1 block that holds it. All windows
count L1 blocks. Commitments and challenges stay in the order of L1 and pass through two queues
each: the open one until their window has ended, the expired one until L1 has finalized that.

Specification: experimental/alt-da.md, Derivation; experimental/alt-da.md, Safety and Finality.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import IntEnum

from pyoprollup.derive.altda.commitment import Commitment
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.rollup.alt_da import AltDAConfig

__all__ = ["AltDAState", "Challenge", "ChallengeStatus", "TrackedCommitment"]


class ChallengeStatus(IntEnum):
    """Status of a commitment; the numbers are those of the contract's events."""

    UNINITIALIZED = 0
    """Nobody has challenged the commitment."""
    ACTIVE = 1
    RESOLVED = 2
    """The input was provided in time."""
    EXPIRED = 3
    """Nobody provided the input in time. No event says so; it follows from the block number."""


@dataclass(frozen=True, slots=True)
class TrackedCommitment:
    """A commitment whose input is derived from, and the last L1 block at which it can be challenged."""

    commitment: Commitment
    block: L1BlockRef
    challenge_window_end: int


@dataclass(slots=True)
class Challenge:
    """A challenge of the commitment in L1 block ``block_number``.

    ``resolve_window_end`` is the last L1 block at which it can be resolved, ``data`` the input that
    resolved it.
    """

    commitment: Commitment
    block_number: int
    resolve_window_end: int
    status: ChallengeStatus = ChallengeStatus.ACTIVE
    data: bytes = b""

    @property
    def key(self) -> _Key:
        return self.commitment, self.block_number


_Key = tuple[Commitment, int]


class AltDAState:
    """Commitments and challenges, by the L1 block numbers at which they were seen."""

    def __init__(self, config: AltDAConfig) -> None:
        self._challenge_window = config.da_challenge_window
        self._resolve_window = config.da_resolve_window
        self._commitments: deque[TrackedCommitment] = deque()
        self._expired_commitments: deque[TrackedCommitment] = deque()
        self._challenges: deque[Challenge] = deque()
        self._expired_challenges: deque[Challenge] = deque()
        self._challenge_of: dict[_Key, Challenge] = {}
        # What is in the open queue of commitments, so that a repeated step does not add it again.
        self._tracked: set[_Key] = set()

    # --- Recording

    def track_commitment(self, commitment: Commitment, block: L1BlockRef) -> None:
        """Remember that the input of ``commitment``, found in L1 block ``block``, is derived from."""
        key = (commitment, block.number)
        if key not in self._tracked:
            self._tracked.add(key)
            end = block.number + self._challenge_window
            self._commitments.append(TrackedCommitment(commitment, block, end))

    def create_challenge(self, commitment: Commitment, block_number: int, challenged_at: int) -> None:
        """A challenge, made in L1 block ``challenged_at``, of a commitment in ``block_number``.

        It takes the place of an earlier one of the same commitment.
        """
        challenge = Challenge(commitment, block_number, challenged_at + self._resolve_window)
        self._challenges.append(challenge)
        self._challenge_of[challenge.key] = challenge

    def resolve_challenge(self, commitment: Commitment, block_number: int, data: bytes) -> bool:
        """The input was provided on L1; whether there is such a challenge at all."""
        challenge = self._challenge_of.get((commitment, block_number))
        if challenge is None:
            return False
        challenge.data = data
        challenge.status = ChallengeStatus.RESOLVED
        return True

    # --- Asking

    def challenge(self, commitment: Commitment, block_number: int) -> Challenge | None:
        """The challenge of a commitment in L1 block ``block_number``."""
        return self._challenge_of.get((commitment, block_number))

    def challenge_status(self, commitment: Commitment, block_number: int) -> ChallengeStatus:
        """Status of a commitment in L1 block ``block_number``."""
        challenge = self.challenge(commitment, block_number)
        return ChallengeStatus.UNINITIALIZED if challenge is None else challenge.status

    def no_commitments(self) -> bool:
        """Whether no commitment and no challenge is remembered."""
        return not (
            self._commitments or self._expired_commitments or self._challenges or self._expired_challenges
        )

    # --- The passing of L1 blocks

    def expire_challenges(self, number: int) -> None:
        """Close the challenges whose resolve window ends at or before L1 block ``number``.

        The events of that block must be recorded before.
        """
        queue = self._challenges
        while queue and queue[0].resolve_window_end <= number:
            challenge = queue.popleft()
            self._expired_challenges.append(challenge)
            if challenge.status is ChallengeStatus.ACTIVE:
                challenge.status = ChallengeStatus.EXPIRED

    def expire_commitments(self, number: int) -> tuple[TrackedCommitment, ...]:
        """Close the commitments whose window ends at or before L1 block ``number``.

        That is the challenge window, or the resolve window of a challenge; a commitment waits for
        those before it. Returns the ones whose challenge was not resolved: what was derived from
        them has to be undone.
        """
        lost = []
        queue = self._commitments
        while queue and self._window_end(queue[0]) <= number:
            tracked = queue.popleft()
            self._tracked.discard((tracked.commitment, tracked.block.number))
            self._expired_commitments.append(tracked)
            challenge = self.challenge(tracked.commitment, tracked.block.number)
            if challenge is not None and challenge.status is not ChallengeStatus.RESOLVED:
                lost.append(tracked)
        return tuple(lost)

    def _window_end(self, tracked: TrackedCommitment) -> int:
        challenge = self.challenge(tracked.commitment, tracked.block.number)
        return tracked.challenge_window_end if challenge is None else challenge.resolve_window_end

    def prune(self, number: int) -> L1BlockRef | None:
        """Forget what expired at or before the finalized L1 block ``number``.

        Returns the L1 block of the last commitment that was forgotten: everything up to it is beyond
        dispute. ``None`` if none was.
        """
        last: L1BlockRef | None = None
        # Whether a commitment is due depends on its challenge, so commitments go first.
        commitments = self._expired_commitments
        while commitments and self._window_end(commitments[0]) <= number:
            last = commitments.popleft().block
        challenges = self._expired_challenges
        while challenges and challenges[0].resolve_window_end <= number:
            self._challenge_of.pop(challenges.popleft().key, None)
        return last

    def clear_commitments(self) -> None:
        """Forget the commitments but not the challenges: L2 is derived again, L1 is the same."""
        self._commitments.clear()
        self._expired_commitments.clear()
        self._tracked.clear()

    def reset(self) -> None:
        """Forget everything: L1 has changed."""
        self.clear_commitments()
        self._challenges.clear()
        self._expired_challenges.clear()
        self._challenge_of.clear()
