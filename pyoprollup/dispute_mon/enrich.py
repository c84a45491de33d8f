"""One game, complete and at one L1 block, by its kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pyoprollup.bindings import DisputeGameFactory, GameMetadata, NotSupported
from pyoprollup.challenger.contracts import (
    AnyGameContract,
    BondDistributionMode,
    BondedGameContract,
    ExtendedMetadata,
    FaultDisputeGameContract,
    GenericMetadata,
    SuperPermissionedDisputeGameContract,
    ZKDisputeGameContract,
    dispute_game_contract,
    game_of_claims,
)
from pyoprollup.challenger.game.bonds import MAX_GAME_DEPTH
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.challenger.game_types import GameType, game_type_info
from pyoprollup.challenger.trace.super_node import SuperNodeRootProvider
from pyoprollup.dispute_mon.agreement import OutputNode, agree_on_output
from pyoprollup.dispute_mon.bonds import (
    check_zk_participants,
    check_zk_status,
    fault_bonds,
    withdrawable_at,
    zk_bonds,
)
from pyoprollup.dispute_mon.errors import InconsistentZKGame, NoSource
from pyoprollup.dispute_mon.super_roots import agree_on_super_root
from pyoprollup.dispute_mon.types import (
    NO_PARENT_GAME,
    Agreement,
    BondData,
    Bonds,
    CommonGame,
    EnrichedClaim,
    EnrichedGame,
    FaultGame,
    SuperPermissionedGame,
    ZKGame,
)
from pyoprollup.errors import DecodeError
from pyoprollup.eth.types import ZERO_ADDRESS, Address, Hash32
from pyoprollup.sources.l1 import CallFailed, L1Accounts, L1Blocks

__all__ = ["Enricher", "EnricherL1"]

_MAX_CONTRACTS = 1_000


class EnricherL1(L1Accounts, L1Blocks, Protocol):
    """L1 as games are read from it."""


class Enricher:
    """Reads games. It may be used by several threads at a time."""

    def __init__(
        self,
        l1: EnricherL1,
        factory: DisputeGameFactory,
        nodes: Sequence[OutputNode],
        super_roots: Sequence[SuperNodeRootProvider],
    ) -> None:
        self._l1 = l1
        self._factory = factory
        self._nodes = nodes
        self._super_roots = super_roots
        self._contracts: dict[GameMetadata, AnyGameContract] = {}
        """By all that the factory says of a game: after a reorg of L1 the address may be another game's."""

    def enrich(self, metadata: GameMetadata, block: Hash32) -> EnrichedGame:
        """A game as it is after a block.

        Raises what contracts and L1 do, and :class:`CouldNotCheck` if no node can say whether it is right.
        """
        contract = self._contract(metadata, block)
        match contract:
            case ZKDisputeGameContract():
                return self._zk(metadata, contract, block)
            case SuperPermissionedDisputeGameContract():
                return SuperPermissionedGame(
                    self._common(metadata, contract, contract.metadata(block), block)
                )
            case _:
                return self._fault(metadata, contract, block)

    def _contract(self, metadata: GameMetadata, block: Hash32) -> AnyGameContract:
        known = self._contracts.get(metadata)
        if known is None:
            known = dispute_game_contract(metadata.game_type, metadata.proxy, self._l1, block)
            if len(self._contracts) >= _MAX_CONTRACTS:
                self._contracts.clear()
            self._contracts[metadata] = known
        return known

    # --- what all games have

    def _common(
        self,
        metadata: GameMetadata,
        contract: AnyGameContract,
        found: GenericMetadata | ExtendedMetadata,
        block: Hash32,
    ) -> CommonGame:
        number = self._l1.l1_block_ref_by_hash(found.l1_head).number
        return CommonGame(
            metadata=metadata,
            l1_head=found.l1_head,
            l1_head_number=number,
            l2_sequence_number=found.l2_sequence_number,
            root_claim=found.root_claim,
            status=found.status,
            agreement=self._agreement(metadata, found, number),
            anchor_state_registry=_registry(contract, block),
        )

    def _agreement(
        self, metadata: GameMetadata, found: GenericMetadata | ExtendedMetadata, l1_head_number: int
    ) -> Agreement:
        info = game_type_info(metadata.game_type)
        asked = (found.l2_sequence_number, found.root_claim, l1_head_number)
        if info is not None and info.super_roots:
            if not self._super_roots:
                raise NoSource(f"games of type {info.name} need a source of super roots")
            safety_matters = metadata.game_type != GameType.ZK
            return agree_on_super_root(self._super_roots, *asked, safety_matters=safety_matters)
        if not self._nodes:
            raise NoSource("games about output roots need a rollup node")
        return agree_on_output(self._nodes, *asked)

    def _bond_data(
        self,
        contract: BondedGameContract,
        bonds: Bonds,
        mode: BondDistributionMode,
        block: Hash32,
        clocks: tuple[int, int] | None,
    ) -> BondData:
        """What the contracts have of some bonds; ``clocks``: a game's creation and clock, if it has one."""
        recipients = sorted(bonds.recipients)
        weth = contract.delayed_weth(block)
        withdrawals = weth.withdrawals(contract.address, recipients, block)
        credits = contract.credits(recipients, block)
        collateral = weth.balance_and_delay(block)
        return BondData(
            bonds=bonds,
            mode=mode,
            credits=dict(zip(recipients, credits, strict=True)),
            withdrawals=dict(zip(recipients, withdrawals, strict=True)),
            weth=collateral.weth,
            weth_delay=collateral.delay,
            collateral=collateral.balance,
            withdrawable_at=0 if clocks is None else withdrawable_at(*clocks, collateral.delay),
        )

    # --- by kind

    def _fault(self, metadata: GameMetadata, contract: FaultDisputeGameContract, block: Hash32) -> FaultGame:
        found = contract.extended_metadata(block)
        claims = game_of_claims(contract.all_claims(block), MAX_GAME_DEPTH).claims
        resolved = contract.is_resolved([claim.index for claim in claims], block)
        enriched = tuple(map(EnrichedClaim, claims, resolved))
        mode = contract.bond_distribution_mode(block)
        challenger = found.l2_block_number_challenger if found.l2_block_number_challenged else ZERO_ADDRESS
        bonds = fault_bonds(enriched, mode, challenger)
        clocks = (metadata.timestamp, found.max_clock_duration)
        return FaultGame(
            common=self._common(metadata, contract, found, block),
            bond_data=self._bond_data(contract, bonds, mode, block, clocks),
            max_clock_duration=found.max_clock_duration,
            claims=enriched,
            block_number_challenged=found.l2_block_number_challenged,
            block_number_challenger=challenger,
        )

    def _zk(self, metadata: GameMetadata, contract: ZKDisputeGameContract, block: Hash32) -> ZKGame:
        found, proposal = contract.metadata(block), contract.challenger_metadata(block)
        claimed = (found.root_claim, found.l2_sequence_number)
        if claimed != (proposal.root_claim, proposal.l2_sequence_number):
            raise InconsistentZKGame("the game and its proposal claim different roots")
        check_zk_status(found.status, proposal.proposal_status)
        check_zk_participants(proposal.proposal_status, proposal.challenger, proposal.prover)
        parent = self._parent_status(proposal.parent_index, block)
        if parent is GameStatus.IN_PROGRESS and found.status is not GameStatus.IN_PROGRESS:
            raise InconsistentZKGame("the game has ended before its parent")
        posted = contract.bond_metadata(block)
        mode = contract.bond_distribution_mode(block)
        bonds = zk_bonds(
            mode=mode,
            status=found.status,
            parent_status=parent,
            creator=posted.game_creator,
            challenger=proposal.challenger,
            prover=proposal.prover,
            total=posted.total_bonds,
            challenger_bond=posted.challenger_bond,
        )
        return ZKGame(
            common=self._common(metadata, contract, found, block),
            bond_data=self._bond_data(contract, bonds, mode, block, None),
            parent_index=proposal.parent_index,
            parent_status=parent,
            proposal_status=proposal.proposal_status,
            deadline=proposal.deadline,
            game_creator=posted.game_creator,
            challenger=proposal.challenger,
            prover=proposal.prover,
            total_bonds=posted.total_bonds,
            challenger_bond=posted.challenger_bond,
        )

    def _parent_status(self, index: int, block: Hash32) -> GameStatus | None:
        if index == NO_PARENT_GAME:
            return None
        parent = self._factory.game_at_index(index, block)
        return dispute_game_contract(parent.game_type, parent.proxy, self._l1, block).status(block)


def _registry(contract: AnyGameContract, block: Hash32) -> Address | None:
    """The registry of anchors, if the game has one and tells: nothing else depends on it."""
    try:
        return contract.anchor_state_registry(block)
    except (CallFailed, DecodeError, NotSupported):
        return None
