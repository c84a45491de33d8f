"""FaultDisputeGame: a game about one output root, from its creation to the last move.

The game is of two parts. Claims down to the split depth are output roots, of the L2 blocks after the anchor;
those below are states of the machine that computes one output root from another. A claim at the maximum depth
is countered by executing the one instruction that it is about. What comes after the last move is in
:mod:`~pyoprollup.challenger.model.resolution`.

Every function checks all that it needs before it changes anything.

Specification: fault-proof/stage-one/fault-dispute-game.md.
"""

from __future__ import annotations

from dataclasses import replace

from pyoprollup.challenger.game.bonds import required_bond
from pyoprollup.challenger.game.claims import NO_PARENT, Claim, Game
from pyoprollup.challenger.game.clock import Clock, clock_extension
from pyoprollup.challenger.game.position import ROOT_POSITION, Position
from pyoprollup.challenger.model.ancestors import find_trace_ancestor
from pyoprollup.challenger.model.block_header import header_number
from pyoprollup.challenger.model.chain import Call
from pyoprollup.challenger.model.game_state import GameOrigin
from pyoprollup.challenger.model.resolution import Resolution
from pyoprollup.challenger.model.reverts import (
    AlreadyInitialized,
    AnchorRootNotFound,
    BadExtraData,
    BlockNumberMatches,
    CannotDefendRootClaim,
    ClaimAlreadyExists,
    ClockTimeExceeded,
    DuplicateStep,
    GameDepthExceeded,
    IncorrectBondAmount,
    InvalidDisputedClaimIndex,
    InvalidHeaderRLP,
    InvalidLocalIdent,
    InvalidOutputRootProof,
    InvalidParent,
    InvalidPrestate,
    L2BlockNumberChallenged,
    Panic,
    UnexpectedRootClaim,
    UnknownChainId,
    ValidStep,
)
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import U64_MAX, ZERO_ADDRESS, Address, Hash32

__all__ = ["FaultDisputeGame", "GameOrigin"]

_VALID, _INVALID, _PANIC = 0, 1, 2
"""States of a machine that has ended; the first byte of a claim about it."""
_L1_HEAD, _STARTING_ROOT, _DISPUTED_ROOT, _L2_BLOCK_NUMBER, _CHAIN_ID = range(1, 6)


class FaultDisputeGame(Resolution):
    """A game. Claims are those of :mod:`pyoprollup.challenger.game`; values are in wei, times in seconds."""

    # --- creation

    def check_initialize(self, call: Call) -> None:  # noqa: ARG002, permissioned games ask who calls
        """Raise what :meth:`initialize` would."""
        if self.claims:
            raise AlreadyInitialized
        newest = self.rules.arguments_in_clone
        if newest and len(self.extra_data) != 32:
            raise BadExtraData
        anchor = self.parameters.anchor_state_registry.anchor_root(self.game_type)
        if not any(anchor.root):
            raise AnchorRootNotFound
        if len(self.extra_data) != 32:
            raise BadExtraData
        if self.l2_block_number <= anchor.number or (newest and self.l2_block_number > U64_MAX):
            raise UnexpectedRootClaim(self.root_claim)
        if newest:
            self.limits.check_challenge_period(self.rules, self.parameters.vm.oracle.challenge_period)

    def initialize(self, call: Call, address: Address | None = None) -> None:
        """Begin the game, with the value of the call for the bond of its root claim.

        Raises :class:`BadExtraData` unless the extra data is one word, :class:`AnchorRootNotFound`,
        :class:`UnexpectedRootClaim` for a block that is not after the anchor's, and what the limits refuse.
        """
        self.check_initialize(call)
        self.address = self.chain.deploy(self, address)
        registry = self.parameters.anchor_state_registry
        self.starting_output_root = registry.anchor_root(self.game_type)
        self.created_at = call.time
        respected = getattr(registry, "respected_game_type", None)
        self.was_respected_game_type_when_created = respected == self.game_type
        root = Claim(
            value=self.root_claim,
            position=ROOT_POSITION,
            parent_index=NO_PARENT,
            index=0,
            claimant=self.game_creator,
            bond=call.value,
            clock=Clock(0, call.time),
        )
        self.claims.append(root)
        self._deposit(call, self.game_creator)

    # --- moves

    def attack(self, call: Call, disputed: Hash32, index: int, value: Hash32) -> None:
        """Claim another state for the first half of what a claim is about."""
        self.move(call, disputed, index, value, is_attack=True)

    def defend(self, call: Call, disputed: Hash32, index: int, value: Hash32) -> None:
        """Agree with a claim, and claim a state for what comes after it."""
        self.move(call, disputed, index, value, is_attack=False)

    def move(self, call: Call, disputed: Hash32, index: int, value: Hash32, *, is_attack: bool) -> None:
        """Answer the claim at ``index``, whose value is ``disputed``, with a claim of ``value``.

        Raises :class:`GameNotInProgress`, :class:`InvalidDisputedClaimIndex`, :class:`CannotDefendRootClaim`,
        :class:`L2BlockNumberChallenged`, :class:`GameDepthExceeded`, :class:`UnexpectedRootClaim`,
        :class:`IncorrectBondAmount`, :class:`ClockTimeExceeded`, :class:`ClaimAlreadyExists`.
        """
        self._in_progress()
        parent = self._claim(index)
        if parent.value != disputed:
            raise InvalidDisputedClaimIndex
        position = parent.position.attack() if is_attack else parent.position.defend()
        self._check_move(parent, position, value, is_attack=is_attack)
        if call.value != required_bond(position.depth, self.limits.max_depth):
            raise IncorrectBondAmount
        used = self.challenger_duration(index, call.time)
        if used == self.limits.max_clock_duration:
            raise ClockTimeExceeded
        clock = Clock(self._extended(used, position.depth), call.time)
        if (index, position.gindex, value) in self._made:
            raise ClaimAlreadyExists
        self._made.add((index, position.gindex, value))
        self.subgames[index].append(len(self.claims))
        self.claims.append(
            Claim(value, position, index, len(self.claims), call.sender, bond=call.value, clock=clock)
        )
        self._deposit(call, call.sender)
        self.chain.emit(self.address, "Move", index, value, call.sender)

    def _check_move(self, parent: Claim, position: Position, value: Hash32, *, is_attack: bool) -> None:
        split = self.limits.split_depth
        is_root = parent.index == 0
        if not is_attack and (is_root or position.depth == split + 2):
            raise CannotDefendRootClaim
        if is_root and self.l2_block_number_challenged:
            raise L2BlockNumberChallenged
        if position.depth > self.limits.max_depth:
            raise GameDepthExceeded
        if position.depth == split + 1:
            self._check_lower_root(parent, value, is_attack=is_attack)

    def _check_lower_root(self, parent: Claim, value: Hash32, *, is_attack: bool) -> None:
        """The root of a lower game says how the machine ends.

        It does not end well if who begins the lower game disagrees with the output that comes out of it.
        """
        disputed = find_trace_ancestor(self.claims, parent.position.gindex + 1, parent.index)
        disagrees = is_attack or disputed.depth % 2 == self.limits.split_depth % 2
        if value[0] not in ((_INVALID, _PANIC) if disagrees else (_VALID,)):
            raise UnexpectedRootClaim(value)

    def challenger_duration(self, index: int, now: int) -> int:
        """Seconds on the clock of the side that would answer a claim, at most the whole clock.

        Raises :class:`GameNotInProgress`.
        """
        self._in_progress()
        claim = self._claim(index)
        before = 0 if claim.parent_index == NO_PARENT else self.claims[claim.parent_index].clock.duration
        return min(before + now - claim.clock.timestamp, self.limits.max_clock_duration)

    def _extended(self, used: int, depth: int) -> int:
        """What stands on the clock of a new claim: its side gets some time back, if it has too little."""
        limits = self.limits
        extension = limits.clock_extension
        if self.rules.extension_by_depth:
            extension = clock_extension(
                depth,
                split_depth=limits.split_depth,
                max_depth=limits.max_depth,
                extension=extension,
                challenge_period=self.parameters.vm.oracle.challenge_period,
            )
            return min(used, limits.max_clock_duration - extension)
        if used <= limits.max_clock_duration - extension:
            return used
        granted = extension * 2 if depth == limits.split_depth - 1 else extension
        if granted > limits.max_clock_duration:
            raise Panic(0x11)
        return limits.max_clock_duration - granted

    # --- steps

    def step(self, call: Call, index: int, state: bytes, proof: bytes, *, is_attack: bool) -> None:
        """Counter a claim at the maximum depth by executing an instruction.

        An attack executes the instruction that the claim is about, a defence the one after it. ``state`` is
        the state before it. Raises :class:`GameNotInProgress`, :class:`InvalidParent`,
        :class:`InvalidPrestate`, :class:`ValidStep`, :class:`DuplicateStep`, and what the machine refuses.
        """
        call.without_value()
        self._in_progress()
        parent = self._claim(index)
        if parent.depth != self.limits.max_depth:
            raise InvalidParent
        before, after = self._step_claims(parent, is_attack=is_attack)
        if keccak256(state)[1:] != before[1:]:
            raise InvalidPrestate
        context = self._outputs(index).local_context()
        result = self.parameters.vm.step(self.address, state, proof, context)
        agrees = (parent.depth - after.depth) % 2 == 0
        if agrees == (result == after.value):
            raise ValidStep
        if parent.countered_by != ZERO_ADDRESS:
            raise DuplicateStep
        self.claims[index] = replace(parent, countered_by=call.sender)

    def _step_claims(self, parent: Claim, *, is_attack: bool) -> tuple[Hash32, Claim]:
        """The claimed state before the step, and the claim about the state after it."""
        split, gindex = self.limits.split_depth, parent.position.gindex
        if not is_attack:
            return parent.value, find_trace_ancestor(self.claims, gindex + 1, parent.parent_index, split)
        steps = 1 << self.limits.max_depth - split
        if parent.position.attack().index_at_depth % steps == 0:
            return self.parameters.absolute_prestate, parent
        return find_trace_ancestor(self.claims, gindex - 1, parent.parent_index, split).value, parent

    def add_local_data(self, call: Call, ident: int, index: int, part_offset: int) -> None:
        """Give the oracle a local pre-image, as a step against a claim of the lower game needs it.

        1 is the L1 head, 2 and 3 the agreed and the disputed output root, 4 the L2 block number, 5 the
        chain, the last two with 8 bytes. Raises :class:`GameNotInProgress`, :class:`ClaimAboveSplit`,
        :class:`InvalidLocalIdent`, :class:`PartOffsetOOB`.
        """
        call.without_value()
        self._in_progress()
        outputs = self._outputs(index)
        size = 32
        match ident:
            case 1:
                word: bytes = self.l1_head
            case 2:
                word = outputs.starting
            case 3:
                word = outputs.disputed
            case 4:
                size, word = 8, _u64_word(self._disputed_number(outputs.disputed_position))
            case 5:
                size, word = 8, _u64_word(self.parameters.l2_chain_id)
            case _:
                raise InvalidLocalIdent
        oracle = self.parameters.vm.oracle
        oracle.load_local_data(call.by(self.address), ident, outputs.local_context(), word, size, part_offset)

    def _disputed_number(self, gindex: int) -> int:
        trace_index = Position.from_gindex(gindex).trace_index(self.limits.split_depth)
        number = self.starting_output_root.number + trace_index + 1
        return min(number, self.l2_block_number) if self.rules.capped_number else number

    def challenge_root_l2_block(self, call: Call, output: tuple[bytes, ...], header: bytes) -> None:
        """Show that the root claim is the output of another block than the game says.

        ``output`` are the version, the state root, the message passer's storage root and the block hash, and
        ``header`` is RLP. Raises :class:`GameNotInProgress`, :class:`L2BlockNumberChallenged`,
        :class:`InvalidOutputRootProof`, :class:`InvalidHeaderRLP`, :class:`BlockNumberMatches`, and the
        errors of RLP.
        """
        call.without_value()
        self._in_progress()
        if self.l2_block_number_challenged:
            raise L2BlockNumberChallenged
        if keccak256(b"".join(output)) != self.root_claim:
            raise InvalidOutputRootProof
        if keccak256(header) != output[3]:
            raise InvalidHeaderRLP
        if header_number(header) == self.l2_block_number:
            raise BlockNumberMatches
        self.l2_block_number_challenger = call.sender
        self.l2_block_number_challenged = True

    # --- views

    def root_claim_by_chain_id(self, chain_id: int) -> Hash32:
        """The root claim, of the chain that the game is about. Raises :class:`UnknownChainId`."""
        if chain_id != self.parameters.l2_chain_id:
            raise UnknownChainId
        return self.root_claim

    def required_bond(self, position: Position) -> int:
        """Wei for a claim at a position. Raises :class:`GameDepthExceeded`."""
        if position.depth > self.limits.max_depth:
            raise GameDepthExceeded
        return required_bond(position.depth, self.limits.max_depth)

    def game(self) -> Game:
        """The claims as they are now, for the rules of honest players."""
        return Game(self.claims, self.limits.max_depth)


def _u64_word(number: int) -> bytes:
    """A number in the upper 64 bits of a word."""
    return (number & U64_MAX).to_bytes(8, "big") + bytes(24)
