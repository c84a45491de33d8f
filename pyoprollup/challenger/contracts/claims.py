"""The claims of a game, read from its contract and checked.

A contract is not trusted to be a game: whoever deploys one can have it answer what he likes. How many claims
it says that it has, and which of them answers which, is looked at before anything is made of it.

Specification: fault-proof/stage-one/fault-dispute-game.md, "Claims", "Game Tree".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyoprollup.bindings import DEFAULT_BATCH_SIZE, BoundContract, ContractCall, read_all
from pyoprollup.challenger.contracts.errors import MalformedGame, TooManyEntries
from pyoprollup.challenger.game.bonds import MAX_GAME_DEPTH
from pyoprollup.challenger.game.claims import NO_PARENT, Claim, Game
from pyoprollup.challenger.game.clock import Clock
from pyoprollup.challenger.game.position import Position
from pyoprollup.sources.l1 import AtBlock

__all__ = ["MAX_CLAIMS", "claim_call", "game_of_claims", "read_claims", "read_count"]

MAX_CLAIMS = 100_000
"""How many claims of one game are read at most. Every one has cost its maker a bond."""


def claim_call(bound: BoundContract, index: int) -> ContractCall[Claim]:
    """The call that reads a claim by its index.

    Its result raises :class:`MalformedGame` for a claim at no position.
    """
    return bound.call("claimData", index).map(lambda data: _claim(index, *data))


def _claim(
    index: int,
    parent_index: int,
    countered_by: Any,
    claimant: Any,
    bond: int,
    value: Any,
    position: int,
    clock: int,
) -> Claim:
    if position == 0:
        raise MalformedGame(f"claim {index} is at position 0, which is none")
    return Claim(
        value=value,
        position=Position.from_gindex(position),
        parent_index=parent_index,
        index=index,
        claimant=claimant,
        countered_by=countered_by,
        bond=bond,
        clock=Clock.unpack(clock),
    )


def read_count(bound: BoundContract, function: str, *arguments: Any, block: AtBlock, limit: int) -> int:
    """How many entries a contract's list has; raises :class:`TooManyEntries` if more than ``limit``."""
    count: int = bound.read(function, *arguments, block=block)
    if count > limit:
        raise TooManyEntries(f"{function}: {count:#x} entries, of which at most {limit} are read")
    return count


def read_claims(
    bound: BoundContract,
    block: AtBlock,
    batch_size: int = DEFAULT_BATCH_SIZE,
    limit: int = MAX_CLAIMS,
) -> list[Claim]:
    """All claims in the contract's order, as they are, a batch at a time.

    They are of one state only if ``block`` is a hash. Raises :class:`TooManyEntries`,
    :class:`MalformedGame`, and what the L1 does.
    """
    count = read_count(bound, "claimDataLen", block=block, limit=limit)
    claims: list[Claim] = []
    for start in range(0, count, batch_size):
        calls = [claim_call(bound, index) for index in range(start, min(start + batch_size, count))]
        claims += read_all(bound.l1, calls, block, batch_size)
    return claims


def game_of_claims(claims: Sequence[Claim], max_depth: int) -> Game:
    """The game that these claims form.

    Raises :class:`MalformedGame` unless the first is the root, and every other one a move that the contract
    would have taken: an attack on a claim before it, or a defence of it, not deeper than the game.
    """
    if max_depth > MAX_GAME_DEPTH:
        raise MalformedGame(f"a game of depth {max_depth:#x}, which is more than {MAX_GAME_DEPTH}")
    if not claims:
        raise MalformedGame("a game without claims")
    root = claims[0]
    if not root.is_root or root.parent_index != NO_PARENT:
        raise MalformedGame(f"claim 0 is at position {root.position} and answers {root.parent_index}")
    for index, claim in enumerate(claims[1:], 1):
        if claim.parent_index >= index:
            raise MalformedGame(f"claim {index} answers claim {claim.parent_index}, not one before it")
        if claim.depth > max_depth:
            raise MalformedGame(f"claim {index} is at depth {claim.depth} of {max_depth}")
        if not _is_move(claim.position, claims[claim.parent_index].position):
            raise MalformedGame(
                f"claim {index} is at {claim.position}, no move on claim {claim.parent_index}"
            )
    return Game(claims, max_depth)


def _is_move(position: Position, parent: Position) -> bool:
    return position == parent.attack() or (not parent.is_root and position == parent.defend())
