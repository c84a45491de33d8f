"""Games as the monitor sees them: complete, and of one L1 block.

All times are in seconds since 1970, amounts in wei. ``l2_sequence_number`` may be wider than 64 bits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pyoprollup.bindings import GameMetadata
from pyoprollup.challenger.contracts import BondDistributionMode, ProposalStatus, WithdrawalRequest
from pyoprollup.challenger.game.claims import Claim
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.eth.types import ZERO_ADDRESS, ZERO_HASH, Address, Hash32

__all__ = [
    "NO_PARENT_GAME",
    "Agreement",
    "BondData",
    "BondRecord",
    "BondedGame",
    "Bonds",
    "CommonGame",
    "EnrichedClaim",
    "EnrichedGame",
    "FaultGame",
    "HonestActors",
    "NodeEndpoints",
    "SuperPermissionedGame",
    "ZKGame",
    "honest_actors",
]

NO_PARENT_GAME = (1 << 32) - 1
"""The parent index of a ZK game that builds on the anchor."""

HonestActors = frozenset[Address]
"""Accounts that should never lose anything."""


def honest_actors(*addresses: Address) -> HonestActors:
    """These accounts, without the zero address, which is nobody's."""
    return frozenset(address for address in addresses if address != ZERO_ADDRESS)


@dataclass(frozen=True, slots=True)
class NodeEndpoints:
    """What the nodes that were asked about one game have answered.

    ``errors`` names those without a usable answer. ``out_of_sync`` had not come past the game's L1 head and
    have no vote. ``safe`` and ``unsafe`` count those that have the claimed root, by whether its block was
    safe at the game's L1 head.
    """

    total: int = 0
    errors: frozenset[str] = frozenset()
    not_found: int = 0
    out_of_sync: int = 0
    safe: int = 0
    unsafe: int = 0
    different_roots: bool = False

    @property
    def found(self) -> int:
        """How many have told a root."""
        return self.total - len(self.errors) - self.not_found - self.out_of_sync

    @property
    def has_mixed_availability(self) -> bool:
        """Whether some have the block, and others that are as far have not."""
        return self.not_found > 0 and self.found > 0

    @property
    def has_mixed_safety(self) -> bool:
        """Whether some say that the block was safe, and others that it was not."""
        return self.safe > 0 and self.unsafe > 0


@dataclass(frozen=True, slots=True)
class Agreement:
    """Whether the nodes agree with a root claim; ``expected`` is the right one, zero if there is none."""

    agree: bool
    expected: Hash32 = ZERO_HASH
    endpoints: NodeEndpoints = field(default_factory=NodeEndpoints)


@dataclass(frozen=True, slots=True)
class CommonGame:
    """What all games have. ``updated_at`` is when all this was read."""

    metadata: GameMetadata
    l1_head: Hash32
    l1_head_number: int
    l2_sequence_number: int
    root_claim: Hash32
    status: GameStatus
    agreement: Agreement
    updated_at: float = 0.0
    anchor_state_registry: Address | None = None

    @property
    def proxy(self) -> Address:
        return self.metadata.proxy

    @property
    def timestamp(self) -> int:
        return self.metadata.timestamp


@dataclass(frozen=True, slots=True)
class EnrichedClaim:
    """A claim, and whether it is resolved."""

    claim: Claim
    resolved: bool


@dataclass(frozen=True, slots=True)
class BondRecord:
    """A bond: who posted it, and who gets it as things stand (the zero address while that is open).

    ``forfeited``: it goes to somebody else. ``challenger_bond``: it is that of a ZK game's challenger.
    """

    depositor: Address
    amount: int
    recipient: Address = ZERO_ADDRESS
    resolved: bool = False
    forfeited: bool = False
    challenger_bond: bool = False


@dataclass(frozen=True, slots=True)
class Bonds:
    """The bonds of a game by the rules: ``expected_credits`` is what each recipient should have.

    ``recipients`` are all whose credit has to be looked up.
    """

    records: tuple[BondRecord, ...]
    recipients: frozenset[Address]
    expected_credits: Mapping[Address, int]


@dataclass(frozen=True, slots=True)
class BondData:
    """The bonds of a game, by the rules and as the contracts have them.

    ``collateral`` is all that the contract ``weth`` holds, for other games as well, ``weth_delay`` its delay.
    ``withdrawable_at`` is when, at the earliest, credit of a game with claims can be withdrawn.
    """

    bonds: Bonds
    mode: BondDistributionMode
    credits: Mapping[Address, int]
    withdrawals: Mapping[Address, WithdrawalRequest]
    weth: Address
    weth_delay: int
    collateral: int
    withdrawable_at: int = 0


@dataclass(frozen=True, slots=True)
class FaultGame:
    """A game with claims."""

    common: CommonGame
    bond_data: BondData
    max_clock_duration: int
    claims: tuple[EnrichedClaim, ...]
    block_number_challenged: bool = False
    block_number_challenger: Address = ZERO_ADDRESS


@dataclass(frozen=True, slots=True)
class ZKGame:
    """A ZK game; ``parent_status`` is ``None`` if it builds on the anchor."""

    common: CommonGame
    bond_data: BondData
    parent_index: int
    parent_status: GameStatus | None
    proposal_status: ProposalStatus
    deadline: int
    game_creator: Address
    challenger: Address
    prover: Address
    total_bonds: int
    challenger_bond: int


@dataclass(frozen=True, slots=True)
class SuperPermissionedGame:
    """A game that nobody plays, and that has no bonds."""

    common: CommonGame


BondedGame = FaultGame | ZKGame
EnrichedGame = FaultGame | ZKGame | SuperPermissionedGame
