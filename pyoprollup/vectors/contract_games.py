"""The operations of ``contract_calls`` on games: faults, ZK, and the registry of anchors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pyoprollup.challenger.contracts import (
    AnchorStateRegistryContract,
    ExtendedMetadata,
    FaultDisputeGameContract,
    ZKDisputeGameContract,
)
from pyoprollup.challenger.game.claims import Claim
from pyoprollup.challenger.game.position import Position
from pyoprollup.challenger.game.trace import L2BlockNumberChallenge, PreimageOracleData
from pyoprollup.eth.headers import Header
from pyoprollup.eth.output_root import OutputV0
from pyoprollup.eth.types import (
    U64_MAX,
    ZERO_ADDRESS,
    ZERO_HASH,
    Address,
    bytes_from_hex,
    hash_from_hex,
    to_hex,
)
from pyoprollup.sources.l1 import AtBlock

__all__ = ["GAME_OPERATIONS", "REGISTRY_OPERATIONS", "ZK_OPERATIONS"]

Args = Mapping[str, Any]
Game = FaultDisputeGameContract
ZKGame = ZKDisputeGameContract
Registry = AnchorStateRegistryContract


def _address(text: str) -> Address:
    return Address(bytes_from_hex(text))


def _capped(number: int) -> int:
    """As the reference has numbers that are not of 64 bits."""
    return min(number, U64_MAX)


def _move(name: str) -> Callable[[Game, Args, AtBlock], Any]:
    def move(game: Game, args: Args, block: AtBlock) -> Any:
        given = args["parent"]
        position = Position.from_gindex(int(given["gindex"], 16))
        parent = Claim(hash_from_hex(given["value"]), position, 0, given["index"])
        make = game.attack_tx if name == "attack" else game.defend_tx
        return make(parent, hash_from_hex(args["value"]), block)

    return move


def _step(game: Game, args: Args, _block: AtBlock) -> Any:
    state, proof = bytes_from_hex(args["state"]), bytes_from_hex(args["proof"])
    return game.step_tx(args["claim"], args["is_attack"], state, proof)


def _add_local_data(game: Game, args: Args, block: AtBlock) -> Any:
    data = PreimageOracleData(bytes_from_hex(args["key"]), b"", args["offset"])
    return game.update_oracle_tx(args["claim"], data, block)


def _challenge_block_number(game: Game, args: Args, _block: AtBlock) -> Any:
    given = args["header"]
    header = Header(
        parent_hash=ZERO_HASH,
        uncle_hash=ZERO_HASH,
        coinbase=ZERO_ADDRESS,
        state_root=ZERO_HASH,
        transactions_root=ZERO_HASH,
        receipts_root=ZERO_HASH,
        logs_bloom=bytes(256),
        difficulty=0,
        number=given["number"],
        gas_limit=given["gas_limit"],
        gas_used=0,
        time=given["time"],
        extra_data=bytes_from_hex(given["extra"]),
        mix_digest=ZERO_HASH,
        nonce=bytes(8),
        base_fee=given["base_fee"],
    )
    roots = [hash_from_hex(args[name]) for name in ("state_root", "withdrawal_root", "block_hash")]
    return game.challenge_l2_block_number_tx(L2BlockNumberChallenge(OutputV0(*roots), header))


def _shown_claim(claim: Claim) -> dict[str, Any]:
    return {
        "bond": hex(claim.bond),
        "claimant": to_hex(claim.claimant),
        "clock": {"duration": claim.clock.duration, "timestamp": claim.clock.timestamp},
        "countered_by": to_hex(claim.countered_by),
        "gindex": hex(claim.position.gindex),
        "index": claim.index,
        "parent": claim.parent_index,
        "value": to_hex(claim.value),
    }


def _shown_metadata(found: ExtendedMetadata) -> str:
    return (
        f"{{l1head:{to_hex(found.l1_head)} l2sequencenum:{_capped(found.l2_sequence_number)}"
        f" rootclaim:{to_hex(found.root_claim)} status:{str(found.status).lower()}"
        f" maxclockduration:{found.max_clock_duration}"
        f" l2blocknumberchallenged:{_truth(found.l2_block_number_challenged)}"
        f" l2blocknumberchallenger:{to_hex(found.l2_block_number_challenger)}}}"
    )


def _truth(value: bool) -> str:
    return "true" if value else "false"


def _game_range(game: Game, _args: Args, block: AtBlock) -> str:
    found = game.game_range(block)
    return f"{_capped(found.prestate)} {_capped(found.poststate)}"


def _credit(game: Game, args: Args, block: AtBlock) -> str:
    credit, status = game.credit(_address(args["recipient"]), block)
    return f"{credit} {str(status).lower()}"


def _bonds(game: Game, args: Args, block: AtBlock) -> list[str]:
    positions = [Position.from_gindex(int(gindex, 16)) for gindex in args["gindex"]]
    return [hex(bond) for bond in game.required_bonds(positions, block)]


def _withdrawals(game: Game, args: Args, block: AtBlock) -> str:
    (found,) = game.withdrawals([_address(args["recipient"])], block)
    return f"{found.amount} {found.timestamp}"


def _collateral(game: Game, _args: Args, block: AtBlock) -> str:
    found = game.balance_and_delay(block)
    return f"{found.balance} {found.delay} {to_hex(found.weth)}"


def _resolved(game: Game, args: Args, block: AtBlock) -> str:
    return f"[{' '.join(_truth(each) for each in game.is_resolved(args['claims'], block))}]"


GAME_OPERATIONS: Mapping[str, Callable[[Game, Args, AtBlock], Any]] = {
    "attack": _move("attack"),
    "defend": _move("defend"),
    "step": _step,
    "resolve_claim": lambda game, args, _block: game.resolve_claim_tx(args["claim"]),
    "call_resolve_claim": lambda game, args, block: game.call_resolve_claim(args["claim"], block),
    "resolve": lambda game, _args, _block: game.resolve_tx(),
    "call_resolve": lambda game, _args, block: str(game.call_resolve(block)).lower(),
    "claim_credit": lambda game, args, block: game.claim_credit_tx(_address(args["recipient"]), block),
    "close_game": lambda game, _args, block: game.close_game_tx(block),
    "is_closed": lambda game, _args, block: _truth(game.is_closed(block)),
    "bond_distribution_mode": lambda game, _args, block: int(game.bond_distribution_mode(block)),
    "add_local_data": _add_local_data,
    "challenge_l2_block_number": _challenge_block_number,
    "get_claim": lambda game, args, block: _shown_claim(game.claim(args["index"], block)),
    "get_all_claims": lambda game, _args, block: list(map(_shown_claim, game.all_claims(block))),
    "extended_metadata": lambda game, _args, block: _shown_metadata(game.extended_metadata(block)),
    "game_range": _game_range,
    "max_clock": lambda game, _args, block: game.max_clock_duration(block),
    "clock_extension": lambda game, _args, block: game.clock_extension(block),
    "max_depth": lambda game, _args, block: str(game.max_game_depth(block)),
    "split_depth": lambda game, _args, block: str(game.split_depth(block)),
    "absolute_prestate": lambda game, _args, block: to_hex(game.absolute_prestate_hash(block)),
    "starting_root": lambda game, _args, block: to_hex(game.starting_root_hash(block)),
    "is_resolved": _resolved,
    "credit": _credit,
    "credits": lambda game, args, block: [
        hex(credit) for credit in game.credits(list(map(_address, args["recipients"])), block)
    ],
    "required_bonds": _bonds,
    "withdrawals": _withdrawals,
    "balance_and_delay": _collateral,
    "l2_block_challenged": lambda game, _args, block: _truth(game.is_l2_block_number_challenged(block)),
    "resolved_at": lambda game, _args, block: game.resolved_at(block),
    "anchor_state_registry": lambda game, _args, block: to_hex(game.anchor_state_registry(block)),
}
"""Those on games with claims."""


def _proposal(game: ZKGame, _args: Args, block: AtBlock) -> str:
    root, number = game.proposal(block)
    return f"{to_hex(root)} {_capped(number)}"


def _metadata(game: ZKGame, _args: Args, block: AtBlock) -> str:
    found = game.metadata(block)
    return (
        f"{{l1head:{to_hex(found.l1_head)} l2sequencenum:{_capped(found.l2_sequence_number)}"
        f" proposedroot:{to_hex(found.root_claim)} status:{str(found.status).lower()}}}"
    )


ZK_OPERATIONS: Mapping[str, Callable[[ZKGame, Args, AtBlock], Any]] = {
    "challenge": lambda game, _args, block: game.challenge_tx(block),
    "resolve": lambda game, _args, _block: game.resolve_tx(),
    "proposal": _proposal,
    "metadata": _metadata,
    "close_game": lambda game, _args, block: game.close_game_tx(block),
}
"""Those on ZK games."""


def _anchor_root(registry: Registry, _args: Args, block: AtBlock) -> str:
    anchor = registry.anchor_root(block)
    return f"{to_hex(anchor.root)} {anchor.l2_sequence_number}"


REGISTRY_OPERATIONS: Mapping[str, Callable[[Registry, Args, AtBlock], Any]] = {
    "anchor_root": _anchor_root,
    "set_anchor_state": lambda registry, args, block: registry.set_anchor_state_tx(
        _address(args["game"]), block
    ),
}
"""Those on the registry of anchors."""
