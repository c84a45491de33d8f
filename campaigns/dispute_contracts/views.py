"""All that the getters of the contracts tell, beside what the model has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from campaigns.dispute_contracts.evm import WEALTH
from campaigns.dispute_contracts.setting import OWNER, PLAYERS, TYPE
from campaigns.dispute_contracts.twin import Disagreement, Twin
from pyoprollup.challenger.game.claims import Claim
from pyoprollup.challenger.game.position import Position
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.challenger.model import (
    AnchorStateRegistry,
    FaultDisputeGame,
    LegacyAnchorStateRegistry,
    Revert,
)
from pyoprollup.challenger.model.game_state import Checkpoint
from pyoprollup.challenger.model.large_preimages import Proposal
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import ZERO_ADDRESS, Address

__all__ = ["check_all"]

View = tuple[str, str, tuple[Any, ...], Any]
"""Role, function, arguments, and what the model says."""

_EVERYBODY = (OWNER, *PLAYERS, ZERO_ADDRESS)


def check_all(twin: Twin, now: int) -> int:
    """Compare every getter and every balance; returns how many. Raises :class:`Disagreement`."""
    count = 0
    for address, (role, function, arguments, expected) in _views(twin, now):
        found = twin.read(address, function, *arguments, role=role)
        count += 1
        if function == "preimageParts":
            # What the contract keeps behind the end of a pre-image is whatever was in its memory.
            length = max(0, twin.model.oracle.lengths[arguments[0]] + 8 - arguments[1])
            found, expected = found[:length], expected[:length]
        if found != expected:
            raise Disagreement(f"{function}{arguments} of {role}: model {expected!r}, contract {found!r}")
    accounts = {
        **dict.fromkeys((OWNER, *PLAYERS), WEALTH),
        **dict.fromkeys((twin.address(role) for role in ("weth", "oracle", "factory")), 0),
        **dict.fromkeys((game.address for game in twin.model.games), 0),
    }
    for account, before in accounts.items():
        found = twin.deployment.evm.balance(account)
        count += 1
        if found != before + twin.model.chain.balances[account]:
            raise Disagreement(f"balance of {account.hex()}: {twin.model.chain.balances[account]}, {found}")
    return count


def _views(twin: Twin, now: int) -> Iterator[tuple[Address, View]]:
    twin.deployment.evm.set_time(now, 10**6)
    for game in twin.model.games:
        for view in _game(game, now):
            yield game.address, view
    yield from ((twin.address("factory"), view) for view in _factory(twin))
    yield from ((twin.address("weth"), view) for view in _weth(twin))
    yield from ((twin.address("registry"), view) for view in _registry(twin, now))
    yield from ((twin.address("oracle"), view) for view in _oracle(twin))


def _claim(claim: Claim) -> tuple[Any, ...]:
    return (
        *(claim.parent_index, claim.countered_by, claim.claimant, claim.bond, claim.value),
        *(claim.position.gindex, claim.clock.pack()),
    )


def _game(game: FaultDisputeGame, now: int) -> Iterator[View]:
    def view(function: str, *arguments: Any, is_: Any) -> View:
        return "game", function, arguments, is_

    limits, parameters = game.limits, game.parameters
    yield view("claimDataLen", is_=len(game.claims))
    for index, claim in enumerate(game.claims):
        yield view("claimData", index, is_=_claim(claim))
        yield view("resolvedSubgames", index, is_=index in game.resolved_subgames)
        yield view("getNumToResolve", index, is_=game.get_num_to_resolve(index))
        point = game.checkpoints.get(index, Checkpoint())
        checkpoint = point.complete, point.children, point.leftmost, point.countered_by
        yield view("resolutionCheckpoints", index, is_=checkpoint)
        children = game.subgames.get(index, [])
        for place, child in enumerate(children):
            yield view("subgames", index, place, is_=child)
        yield view("subgames", index, len(children), is_=b"")
        if index:
            packed = claim.position.gindex << 128 | claim.parent_index
            yield view("claims", keccak256(claim.value + packed.to_bytes(32, "big")), is_=True)
        if game.status is GameStatus.IN_PROGRESS:
            yield view("getChallengerDuration", index, is_=game.challenger_duration(index, now))
    yield view("claimData", len(game.claims), is_=b"")
    yield view("claims", bytes(32), is_=False)
    for depth in range(limits.max_depth + 1):
        position = Position(depth, depth * 7 % (1 << depth))
        yield view("getRequiredBond", position.gindex, is_=game.required_bond(position))
    too_deep = Position(limits.max_depth + 1, 0)
    try:
        game.required_bond(too_deep)
    except Revert as exc:
        yield view("getRequiredBond", too_deep.gindex, is_=exc.data)
    start = game.starting_output_root
    for function, expected in {
        "status": int(game.status),
        "createdAt": game.created_at,
        "resolvedAt": game.resolved_at,
        "l2BlockNumberChallenged": game.l2_block_number_challenged,
        "l2BlockNumberChallenger": game.l2_block_number_challenger,
        "startingOutputRoot": (start.root, start.number),
        "startingRootHash": start.root,
        "startingBlockNumber": start.number,
        "gameType": game.game_type,
        "gameCreator": game.game_creator,
        "rootClaim": game.root_claim,
        "l1Head": game.l1_head,
        "extraData": game.extra_data,
        "gameData": (game.game_type, game.root_claim, game.extra_data),
        "l2BlockNumber": game.l2_block_number,
        "absolutePrestate": parameters.absolute_prestate,
        "vm": parameters.vm.address,
        "weth": parameters.weth.address,
        "anchorStateRegistry": parameters.anchor_state_registry.address,
        "l2ChainId": parameters.l2_chain_id,
        "maxGameDepth": limits.max_depth,
        "splitDepth": limits.split_depth,
        "maxClockDuration": limits.max_clock_duration,
        "clockExtension": limits.clock_extension,
    }.items():
        yield view(function, is_=expected)
    for account in _EVERYBODY:
        yield view("credit", account, is_=game.credit(account))
    if game.rules.closes:
        yield from _closed(game)


def _closed(game: FaultDisputeGame) -> Iterator[View]:
    for account in _EVERYBODY:
        yield "game", "normalModeCredit", (account,), game.normal_mode_credit.get(account, 0)
        yield "game", "refundModeCredit", (account,), game.refund_mode_credit.get(account, 0)
        yield "game", "hasUnlockedCredit", (account,), account in game.has_unlocked_credit
    yield "game", "bondDistributionMode", (), int(game.bond_distribution_mode)
    yield (
        *("game", "wasRespectedGameTypeWhenCreated", ()),
        game.was_respected_game_type_when_created,
    )
    yield "game", "l2SequenceNumber", (), game.l2_block_number
    chain_id = game.parameters.l2_chain_id
    yield "game", "rootClaimByChainId", (chain_id,), game.root_claim
    try:
        game.root_claim_by_chain_id(chain_id + 1)
    except Revert as exc:
        yield "game", "rootClaimByChainId", (chain_id + 1,), exc.data


def _factory(twin: Twin) -> Iterator[View]:
    factory = twin.model.factory
    yield "factory", "gameCount", (), factory.game_count()
    for index, entry in enumerate(factory.created):
        game = entry.game
        listed = entry.game_type, entry.timestamp, game.address
        yield "factory", "gameAtIndex", (index,), listed
        key = entry.game_type, game.root_claim, game.extra_data
        yield "factory", "games", key, (game.address, entry.timestamp)
    yield "factory", "games", (TYPE, b"\x77" * 32, b""), (ZERO_ADDRESS, 0)
    if factory.created:
        last = len(factory.created) - 1
        of_type = [(i, e) for i, e in enumerate(factory.created) if e.game_type == TYPE][::-1]
        found = tuple(
            (
                index,
                entry.game_type.to_bytes(4, "big") + entry.timestamp.to_bytes(8, "big") + entry.game.address,
                entry.timestamp,
                entry.game.root_claim,
                entry.game.extra_data,
            )
            for index, entry in of_type
        )
        yield "factory", "findLatestGames", (TYPE, last, 2), found[:2]
        yield "factory", "findLatestGames", (TYPE, last + 1, 2), ()
        yield "factory", "findLatestGames", (TYPE, last, 0), ()


def _weth(twin: Twin) -> Iterator[View]:
    weth = twin.model.weth
    owners = [*_EVERYBODY, *(game.address for game in twin.model.games)]
    yield "weth", "totalSupply", (), twin.model.chain.balances[weth.address]
    yield "weth", "delay", (), weth.delay
    for owner in owners:
        yield "weth", "balanceOf", (owner,), weth.balances.get(owner, 0)
        for other in _EVERYBODY:
            unlocked = weth.withdrawals[owner, other]
            yield "weth", "withdrawals", (owner, other), (unlocked.amount, unlocked.timestamp)
            yield "weth", "allowance", (owner, other), weth.allowances.get((owner, other), 0)


def _registry(twin: Twin, now: int) -> Iterator[View]:
    registry = twin.model.registry
    if isinstance(registry, LegacyAnchorStateRegistry):
        for game_type, anchor in registry.anchors.items():
            yield "registry", "anchors", (game_type,), (anchor.root, anchor.number)
        return
    yield from _newest_registry(registry, twin, now)


def _newest_registry(registry: AnchorStateRegistry, twin: Twin, now: int) -> Iterator[View]:
    anchor = registry.anchor_root()
    yield "registry", "getAnchorRoot", (), (anchor.root, anchor.number)
    yield "registry", "anchors", (TYPE,), (anchor.root, anchor.number)
    yield "registry", "respectedGameType", (), registry.respected_game_type
    yield "registry", "retirementTimestamp", (), registry.retirement_timestamp
    yield "registry", "paused", (), registry.paused
    game_address = ZERO_ADDRESS if registry.anchor_game is None else registry.anchor_game.address
    yield "registry", "anchorGame", (), game_address
    for game in twin.model.games:
        at = (game.address,)
        respected = game.was_respected_game_type_when_created
        yield "registry", "isGameBlacklisted", at, game.address in registry.blacklist
        yield "registry", "isGameRegistered", at, registry.is_registered(game)
        yield "registry", "isGameRespected", at, respected
        yield "registry", "isGameRetired", at, registry.is_retired(game)
        yield "registry", "isGameResolved", at, game.resolved_at != 0
        yield "registry", "isGameProper", at, registry.is_proper(game)
        yield "registry", "isGameFinalized", at, registry.is_finalized(game, now)
        yield "registry", "isGameClaimValid", at, registry.is_claim_valid(game, now)


def _oracle(twin: Twin) -> Iterator[View]:
    oracle = twin.model.oracle
    yield "oracle", "challengePeriod", (), oracle.challenge_period
    yield "oracle", "minProposalSize", (), oracle.min_proposal_size
    for key, length in oracle.lengths.items():
        yield "oracle", "preimageLengths", (key,), length
    for (key, offset), part in oracle.parts.items():
        yield "oracle", "preimageParts", (key, offset), part
        yield "oracle", "preimagePartOk", (key, offset), True
    yield "oracle", "preimagePartOk", (bytes(32), 0), False
    yield "oracle", "proposalCount", (), len(oracle.proposals)
    for index, proposal in enumerate(oracle.proposals):
        yield "oracle", "proposals", (index,), proposal
    for (claimant, uuid), found in oracle.by_claimant.items():
        yield from _proposal(claimant, uuid, found)
    nobody = PLAYERS[0], 999
    yield "oracle", "proposalMetadata", nobody, bytes(32)
    yield "oracle", "getTreeRootLPP", nobody, Proposal(0, 0, 0).tree_root()


def _proposal(claimant: Address, uuid: int, found: Proposal) -> Iterator[View]:
    key = claimant, uuid
    yield "oracle", "proposalMetadata", key, found.metadata()
    yield "oracle", "proposalBonds", key, found.bond
    yield "oracle", "proposalParts", key, found.part
    yield "oracle", "proposalBlocksLen", key, len(found.blocks)
    yield "oracle", "getTreeRootLPP", key, found.tree_root()
    for index, number in enumerate(found.blocks):
        yield "oracle", "proposalBlocks", (*key, index), number
    for height, node in enumerate(found.branch):
        yield "oracle", "proposalBranches", (*key, height), node
