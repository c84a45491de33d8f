"""Claims, and the tree that they form: the state of a dispute game.

A claim says what the state of the trace is at a position. All but the first answer another claim, their
parent, and are kept by the contract in the order in which they were made; their number there is their index.

Specification: fault-proof/stage-one/fault-dispute-game.md, "Claims", "Game Tree", "Moves".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyoprollup.challenger.game.clock import Clock, chess_clock
from pyoprollup.challenger.game.errors import ClaimNotFound, GameError
from pyoprollup.challenger.game.position import Position
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import ZERO_ADDRESS, Address, Hash32

__all__ = ["NO_PARENT", "Claim", "ClaimKey", "Game", "claim_id"]

NO_PARENT = (1 << 32) - 1
"""The parent index of the root claim, in contracts."""

_NO_CLOCK = Clock(0, 0)

ClaimKey = tuple[Position, Hash32, int]
"""What tells a claim from all others of its game: position, value, and index of the parent."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim of a game.

    ``value`` is the claimed state: an output root, or in the lower game a hash of the VM's state with its
    status in the first byte. ``bond`` is in wei. ``countered_by`` is set by a step, or when the claim is
    resolved against its claimant; it is the zero address until then. ``index`` is the claim's place in the
    contract and ``parent_index`` that of the claim it answers, :data:`NO_PARENT` for the root claim.
    """

    value: Hash32
    position: Position
    parent_index: int
    index: int
    claimant: Address = ZERO_ADDRESS
    countered_by: Address = ZERO_ADDRESS
    bond: int = 0
    clock: Clock = _NO_CLOCK

    @property
    def is_root(self) -> bool:
        return self.position.is_root

    @property
    def depth(self) -> int:
        return self.position.depth

    @property
    def is_countered(self) -> bool:
        return self.countered_by != ZERO_ADDRESS

    @property
    def key(self) -> ClaimKey:
        return self.position, self.value, self.parent_index


def claim_id(position: Position, value: Hash32, parent_index: int) -> Hash32:
    """The reference's identifier of a claim.

    It is the keccak-256 of the generalized index (256 bytes, big-endian), the value (32) and the parent's
    index (256, big-endian).
    """
    return keccak256(position.gindex.to_bytes(256, "big") + value + parent_index.to_bytes(256, "big"))


class Game:
    """The claims of a game at one moment, in the contract's order, and how deep its tree may grow.

    Raises :class:`GameError` if a claim does not stand at its own index, or answers none before it.
    """

    def __init__(self, claims: Sequence[Claim], max_depth: int) -> None:
        for index, claim in enumerate(claims):
            if claim.index != index:
                raise GameError(f"claim {claim.index} is at place {index} of the list")
            if not claim.is_root and not 0 <= claim.parent_index < index:
                raise GameError(f"claim {index} answers claim {claim.parent_index}, not one before it")
        self.claims = tuple(claims)
        self.max_depth = max_depth
        self._keys = {claim.key for claim in claims}

    def parent(self, claim: Claim) -> Claim | None:
        """The claim that this one answers, ``None`` for the root.

        Raises :class:`ClaimNotFound` for a claim that answers none of this game's.
        """
        if claim.is_root:
            return None
        if not 0 <= claim.parent_index < len(self.claims):
            raise ClaimNotFound(
                f"claim {claim.index} answers claim {claim.parent_index} of {len(self.claims)}"
            )
        return self.claims[claim.parent_index]

    def defends_parent(self, claim: Claim) -> bool:
        """Whether a claim defends the one that it answers; if not, it attacks it."""
        parent = self.parent(claim)
        return parent is not None and claim.position.right_of(parent.position)

    def is_duplicate(self, claim: Claim) -> bool:
        """Whether the same value stands already at the same position in answer to the same claim."""
        return claim.key in self._keys

    def chess_clock(self, now: int, claim: Claim) -> int:
        """Seconds on the clock of the side that would answer a claim, at time ``now``."""
        parent = self.parent(claim)
        return chess_clock(now, claim.clock, None if parent is None else parent.clock)

    def agree_with_claim_level(self, claim: Claim, agree_with_root_claim: bool) -> bool:
        """Whether the claims at this depth are of the side that we are on."""
        return (claim.depth % 2 == 0) == agree_with_root_claim

    def ancestor_with_trace_index(self, claim: Claim, trace_index: int) -> Claim | None:
        """The nearest claim from ``claim`` up to the root, itself included, that commits to this step."""
        current: Claim | None = claim
        while current is not None:
            if current.position.trace_index(self.max_depth) == trace_index:
                return current
            current = self.parent(current)
        return None
