"""Pictures of a devnet's dispute games: of each its life, and its claims as a tree."""

from __future__ import annotations

from pathlib import Path

from pyoprollup.bindings import DisputeGameFactory, GameMetadata
from pyoprollup.challenger.claim_tree_svg import claim_tree_svg
from pyoprollup.challenger.contracts import fault_dispute_game_contract
from pyoprollup.challenger.explanation import GameSheet, explain_open_game
from pyoprollup.challenger.register import OpenGame, open_game
from pyoprollup.devnet.challenging import devnet_surroundings
from pyoprollup.devnet.devnet import Devnet
from pyoprollup.devnet.diagram_svg import Scheme, svg
from pyoprollup.devnet.dispute_contracts import DISPUTE_GAME_FACTORY
from pyoprollup.devnet.game_life import GameLifeRecorder, account_names
from pyoprollup.errors import ConfigError
from pyoprollup.eth.crypto import address_of
from pyoprollup.eth.refs import BlockLabel, L1BlockRef
from pyoprollup.events import no_news

__all__ = ["devnet_games", "draw_games", "game_sheet", "open_devnet_game"]


def devnet_games(devnet: Devnet) -> list[GameMetadata]:
    """All games on a devnet's L1, the first one first."""
    head = devnet.l1.l1_block_ref_by_label(BlockLabel.UNSAFE)
    return DisputeGameFactory(DISPUTE_GAME_FACTORY, devnet.l1).all_games(head.hash)


def open_devnet_game(devnet: Devnet, game: GameMetadata, head: L1BlockRef) -> OpenGame:
    """A game as it is after an L1 block, with what the devnet's verifier holds to be true in it."""
    account = address_of(devnet.genesis.challenger)
    around = devnet_surroundings(account, devnet.nodes["verifier"], devnet.config, devnet.clock, no_news)
    contract = fault_dispute_game_contract(game.game_type, game.proxy, devnet.l1, head.hash)
    return open_game(contract, devnet.disputes.traces[game.game_type], around, devnet.l1, Path(), head.hash)


def game_sheet(devnet: Devnet, game: GameMetadata) -> GameSheet:
    """A game explained, by what the devnet's verifier knows."""
    head = devnet.l1.l1_block_ref_by_label(BlockLabel.UNSAFE)
    return explain_open_game(open_devnet_game(devnet, game, head), game.game_type, head)


def draw_games(devnet: Devnet, recorder: GameLifeRecorder, folder: Path) -> list[Path]:
    """Write ``game-N-life.svg`` and ``game-N-claims.svg`` of every game; raises :class:`ConfigError`."""
    written = []
    names = account_names(devnet)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for game in devnet_games(devnet):
            life = svg(recorder.life(devnet, game), Scheme.AUTO)
            claims = claim_tree_svg(game_sheet(devnet, game), Scheme.AUTO, names)
            for kind, picture in (("life", life), ("claims", claims)):
                path = folder / f"game-{game.index}-{kind}.svg"
                path.write_text(picture, encoding="utf-8")
                written.append(path)
    except OSError as exc:
        raise ConfigError(f"cannot write {folder}: {exc.strerror or exc}") from exc
    return written
