"""Fault dispute games, about output roots or super roots: claims, moves, steps, and how they are resolved.

About reads, and transactions that are tried, see :mod:`pyoprollup.challenger.contracts.game`. A game's
parameters never change on one chain, so who has read them once may keep them until L1 is reorganized: then
another game may be at the address, or one that begins from another anchor.

Specification: fault-proof/stage-one/fault-dispute-game.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pyoprollup.bindings import ContractTransaction, NotSupported, read_all
from pyoprollup.challenger.contracts.claims import (
    MAX_CLAIMS,
    claim_call,
    game_of_claims,
    read_claims,
    read_count,
)
from pyoprollup.challenger.contracts.game import BondedGameContract
from pyoprollup.challenger.contracts.oracle import PreimageOracleContract
from pyoprollup.challenger.contracts.values import ExtendedMetadata, GameDepths, game_status
from pyoprollup.challenger.contracts.vm import VMContract
from pyoprollup.challenger.game.claims import Claim, Game
from pyoprollup.challenger.game.errors import ClaimNotFound, PositionError
from pyoprollup.challenger.game.position import Position
from pyoprollup.challenger.game.trace import L2BlockNumberChallenge, PreimageOracleData
from pyoprollup.eth.output_root import OUTPUT_VERSION_V0
from pyoprollup.eth.types import Hash32
from pyoprollup.sources.l1 import AtBlock

__all__ = ["MAX_CHILD_CHECKS", "FaultDisputeGameContract"]

MAX_CHILD_CHECKS = 512
"""Children of a claim that one ``resolveClaim`` looks at, so that it fits into a block."""

_RESOLVED_BOND = (1 << 128) - 1
"""Stands where the bond was, once a claim is resolved, in the version that marks them so."""


class FaultDisputeGameContract(BondedGameContract):
    """A game with claims. Its version says what is done otherwise."""

    # --- parameters

    def extended_metadata(self, block: AtBlock) -> ExtendedMetadata:
        """What the game is about, how it stands, and its clock."""
        names = ["l1Head", self.version.sequence_number, "rootClaim", "status", self._clock_function]
        if self.version.has_l2_block_challenge:
            names += ["l2BlockNumberChallenged", "l2BlockNumberChallenger"]
        l1_head, number, root_claim, status, duration, *challenge = self._read_each(*names, block=block)
        clock = self._one_clock(duration)
        return ExtendedMetadata(l1_head, number, root_claim, game_status(status), clock, *challenge)

    @property
    def _clock_function(self) -> str:
        return "gameDuration" if self.version.counts_both_clocks else "maxClockDuration"

    def _one_clock(self, duration: int) -> int:
        return duration // 2 if self.version.counts_both_clocks else duration

    def max_clock_duration(self, block: AtBlock) -> int:
        """Seconds that each side has."""
        return self._one_clock(self._read(self._clock_function, block=block))

    def clock_extension(self, block: AtBlock) -> int:
        """Seconds that a side has left at least, after the other's move; ``NotSupported`` before 0.18."""
        seconds: int = self._read("clockExtension", block=block)
        return seconds

    def max_game_depth(self, block: AtBlock) -> int:
        """The depth of claims about single steps, a ``uint256``."""
        depth: int = self._read("maxGameDepth", block=block)
        return depth

    def split_depth(self, block: AtBlock) -> int:
        """The depth of the last claims about output roots, a ``uint256``."""
        depth: int = self._read("splitDepth", block=block)
        return depth

    def depths(self, block: AtBlock) -> GameDepths:
        """Both depths in one batch."""
        return GameDepths(*self._read_each("maxGameDepth", "splitDepth", block=block))

    def absolute_prestate_hash(self, block: AtBlock) -> Hash32:
        """The state that every execution begins with."""
        prestate: Hash32 = self._read("absolutePrestate", block=block)
        return prestate

    def starting_root_hash(self, block: AtBlock) -> Hash32:
        """The agreed root that the game starts from."""
        root: Hash32 = self._read("startingRootHash", block=block)
        return root

    def vm(self, block: AtBlock) -> VMContract:
        """The contract that executes steps."""
        return VMContract(self._read("vm", block=block), self._bound.l1)

    def oracle(self, block: AtBlock) -> PreimageOracleContract:
        """The contract with the pre-images that steps read."""
        return self.vm(block).oracle(block)

    # --- claims

    def claim_count(self, block: AtBlock) -> int:
        """How many claims there are; raises ``TooManyEntries`` for more than can be read."""
        return read_count(self._bound, "claimDataLen", block=block, limit=MAX_CLAIMS)

    def claim(self, index: int, block: AtBlock) -> Claim:
        """One claim, by its index."""
        return self._with_bonds([claim_call(self._bound, index).read(self._bound.l1, block)], block)[0]

    def all_claims(self, block: AtBlock, limit: int = MAX_CLAIMS) -> list[Claim]:
        """All claims as they are; see :func:`~pyoprollup.challenger.contracts.claims.read_claims`."""
        return self._with_bonds(read_claims(self._bound, block, self.batch_size, limit), block)

    def game(self, block: AtBlock, limit: int = MAX_CLAIMS) -> Game:
        """All claims, checked to form a game; raises ``MalformedGame`` if they do not."""
        depth = self.max_game_depth(block)
        return game_of_claims(self.all_claims(block, limit), depth)

    def _with_bonds(self, claims: list[Claim], block: AtBlock) -> list[Claim]:
        """The claims with the bonds that they were made with, where the contract has marks instead."""
        if not self.version.marks_resolved_bonds:
            return claims
        marked = [claim for claim in claims if claim.bond == _RESOLVED_BOND]
        bonds = self.required_bonds([claim.position for claim in marked], block)
        bond_at = {claim.index: bond for claim, bond in zip(marked, bonds, strict=True)}
        return [replace(claim, bond=bond_at.get(claim.index, claim.bond)) for claim in claims]

    def is_resolved(self, indices: Sequence[int], block: AtBlock) -> list[bool]:
        """Whether each of some claims is resolved; raises ``ClaimNotFound`` where that can be told."""
        if not self.version.marks_resolved_bonds:
            calls = [self._bound.call("resolvedSubgames", index) for index in indices]
            return read_all(self._bound.l1, calls, block, self.batch_size)
        claims = read_claims(self._bound, block, self.batch_size)
        if missing := [index for index in indices if not 0 <= index < len(claims)]:
            raise ClaimNotFound(f"claim {missing[0]} of {len(claims)}")
        return [claims[index].bond == _RESOLVED_BOND for index in indices]

    # --- moves

    def required_bond(self, position: Position, block: AtBlock) -> int:
        """Wei that a claim at a position must carry, no more and no less."""
        bond: int = self._read("getRequiredBond", position.gindex, block=block)
        return bond

    def required_bonds(self, positions: Sequence[Position], block: AtBlock) -> list[int]:
        """The same for several positions."""
        calls = [self._bound.call("getRequiredBond", position.gindex) for position in positions]
        return read_all(self._bound.l1, calls, block, self.batch_size)

    def attack_tx(self, parent: Claim, value: Hash32, block: AtBlock) -> ContractTransaction:
        """The transaction that attacks a claim with another value, with the bond for it; it is not tried."""
        return self._move_tx("attack", parent, parent.position.attack(), value, block)

    def defend_tx(self, parent: Claim, value: Hash32, block: AtBlock) -> ContractTransaction:
        """The transaction that defends a claim: it goes on from there. With the bond, and not tried.

        Raises :class:`PositionError` for the root claim, which has nothing beside it.
        """
        if parent.is_root:
            raise PositionError("the root claim cannot be defended")
        return self._move_tx("defend", parent, parent.position.defend(), value, block)

    def _move_tx(
        self, function: str, parent: Claim, position: Position, value: Hash32, block: AtBlock
    ) -> ContractTransaction:
        disputed = (parent.value,) if self.version.moves_name_claim else ()
        bond = self.required_bond(position, block)
        return self._bound.transaction(function, *disputed, parent.index, value, value=bond)

    def step_tx(
        self, claim_index: int, is_attack: bool, state_data: bytes, proof: bytes
    ) -> ContractTransaction:
        """The transaction that has one step executed against a claim; it is not tried."""
        return self._bound.transaction("step", claim_index, is_attack, state_data, proof)

    def update_oracle_tx(
        self, claim_index: int, data: PreimageOracleData, block: AtBlock
    ) -> ContractTransaction:
        """The transaction that gives the oracle what the step against a claim reads.

        What is local comes from the game itself. Raises ``UnsupportedPreimage``.
        """
        if data.is_local:
            return self._bound.transaction("addLocalData", data.ident, claim_index, data.offset)
        return self.oracle(block).add_global_data_tx(data)

    # --- the claimed block number

    def is_l2_block_number_challenged(self, block: AtBlock) -> bool:
        """Whether the claimed block number was proven wrong."""
        if not self.version.has_l2_block_challenge:
            return False
        challenged: bool = self._read("l2BlockNumberChallenged", block=block)
        return challenged

    def challenge_l2_block_number_tx(self, challenge: L2BlockNumberChallenge) -> ContractTransaction:
        """The transaction that proves the claimed block number wrong; it is not tried.

        Raises ``NotSupported`` before version 1.1 and for games about super roots.
        """
        if not self.version.has_l2_block_challenge:
            raise NotSupported(f"{self.version.contract} has no challenge of the block number")
        output = challenge.output
        roots = (output.state_root, output.message_passer_storage_root, output.block_hash)
        proof = (OUTPUT_VERSION_V0, *roots)
        return self._bound.transaction("challengeRootL2Block", proof, challenge.header.encode())

    # --- resolution of claims

    def call_resolve_claim(self, claim_index: int, block: AtBlock) -> None:
        """Try to resolve a claim; raises the contract's error if it cannot be resolved."""
        self._read("resolveClaim", *self._resolve_arguments(claim_index), block=block)

    def resolve_claim_tx(self, claim_index: int) -> ContractTransaction:
        """The transaction that resolves a claim, or looks at the next of many children; it is not tried."""
        return self._bound.transaction("resolveClaim", *self._resolve_arguments(claim_index))

    def _resolve_arguments(self, claim_index: int) -> tuple[int, ...]:
        return (claim_index, MAX_CHILD_CHECKS) if self.version.resolves_in_parts else (claim_index,)
