"""The operations of ``contract_calls`` on the factory of games."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pyoprollup.bindings import GameMetadata
from pyoprollup.challenger.contracts import GameFactoryContract
from pyoprollup.eth.types import ZERO_ADDRESS, hash_from_hex, to_hex
from pyoprollup.sources.l1 import AtBlock

__all__ = ["FACTORY_OPERATIONS"]

Args = Mapping[str, Any]
Factory = GameFactoryContract

_BATCH_SIZE = 2


def _create(factory: Factory, args: Args, block: AtBlock) -> Any:
    root = hash_from_hex(args["root"])
    return factory.create_tx(args["game_type"], root, args["number"], args["chain_id"], block)


def _shown(games: Iterable[GameMetadata]) -> str:
    texts = (
        f"{{index:{game.index} gametype:{game.game_type} timestamp:{game.timestamp}"
        f" proxy:{to_hex(game.proxy)}}}"
        for game in games
    )
    return f"[{' '.join(texts)}]"


def _from_parameters(factory: Factory, args: Args, block: AtBlock) -> str:
    root = hash_from_hex(args["root"])
    return to_hex(
        factory.game_from_parameters(args["game_type"], root, args["number"], block) or ZERO_ADDRESS
    )


FACTORY_OPERATIONS: Mapping[str, Callable[[Factory, Args, AtBlock], Any]] = {
    "create": _create,
    "games_at_or_after": lambda factory, args, block: _shown(
        factory.games_at_or_after(args["earliest"], block, _BATCH_SIZE)
    ),
    "all_games": lambda factory, _args, block: _shown(factory.all_games(block, _BATCH_SIZE)),
    "game_from_parameters": _from_parameters,
    "has_impl": lambda factory, args, block: str(factory.has_game_impl(args["game_type"], block)).lower(),
    "game_vm": lambda factory, args, block: to_hex(factory.game_vm(args["game_type"], block).address),
    "game_prestate": lambda factory, args, block: to_hex(factory.game_prestate(args["game_type"], block)),
}
"""By their names."""
