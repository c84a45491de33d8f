"""The factory of dispute games: which games there are, and how to create one.

Specification: fault-proof/stage-one/dispute-game-interface.md, "DisputeGameFactory Interface".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Self

from pyoprollup.bindings.batch import DEFAULT_BATCH_SIZE, read_all
from pyoprollup.bindings.contract import BoundContract, ContractCall, ContractTransaction
from pyoprollup.bindings.known import NEWEST, contract_version, load_contract
from pyoprollup.errors import DecodeError
from pyoprollup.eth.receipts import Log
from pyoprollup.eth.refs import BlockLabel
from pyoprollup.eth.types import U64_MAX, ZERO_ADDRESS, Address, Hash32
from pyoprollup.sources.l1 import AtBlock, L1Accounts

__all__ = ["MAX_GAMES", "DisputeGameCreated", "DisputeGameFactory", "FoundGame", "GameMetadata"]

MAX_GAMES = 1_000_000
"""How many games are read at most: more than one a minute for a year, each with a bond."""

_HEAD = BlockLabel.UNSAFE


@dataclass(frozen=True, slots=True)
class GameMetadata:
    """A game in the factory's list: its place there, and its creation in seconds since 1970."""

    index: int
    game_type: int
    timestamp: int
    proxy: Address


@dataclass(frozen=True, slots=True)
class FoundGame:
    """A game that a search found, with what it claims. ``extra_data`` depends on the type of game."""

    metadata: GameMetadata
    root_claim: Hash32
    extra_data: bytes


@dataclass(frozen=True, slots=True)
class DisputeGameCreated:
    """The event of a new game."""

    proxy: Address
    game_type: int
    root_claim: Hash32


class DisputeGameFactory:
    """A factory. Reads are of the state after ``block``, and raise what ``BoundContract.read`` does."""

    def __init__(self, address: Address, l1: L1Accounts, version: str = NEWEST) -> None:
        self.version = version
        self.bound: BoundContract = load_contract("DisputeGameFactory", version).at(address, l1)

    @classmethod
    def detect(cls, address: Address, l1: L1Accounts, block: AtBlock = _HEAD) -> Self:
        """The factory in the version that it says it has."""
        return cls(address, l1, contract_version(address, l1, block))

    @property
    def address(self) -> Address:
        return self.bound.address

    # --- games

    def game_count(self, block: AtBlock = _HEAD) -> int:
        """How many games have ever been created.

        Raises :class:`~pyoprollup.errors.DecodeError` for a number that no chain has room for.
        """
        count: int = self.bound.read("gameCount", block=block)
        if count > U64_MAX:
            raise DecodeError(f"gameCount: {count:#x} is not of 64 bits")
        return count

    def game_at_index(self, index: int, block: AtBlock = _HEAD) -> GameMetadata:
        """A game by its place in the list, which is in the order of creation."""
        return self.game_at_index_call(index).read(self.bound.l1, block)

    def game_at_index_call(self, index: int) -> ContractCall[GameMetadata]:
        """The same to be read in a batch."""
        return self.bound.call("gameAtIndex", index).map(lambda found: GameMetadata(index, *found))

    def games(
        self, game_type: int, root_claim: Hash32, extra_data: bytes, block: AtBlock = _HEAD
    ) -> tuple[Address, int] | None:
        """The game with these parameters and its timestamp; ``None`` if there is none."""
        proxy, timestamp = self.bound.read("games", game_type, root_claim, extra_data, block=block)
        return None if proxy == ZERO_ADDRESS else (proxy, timestamp)

    def all_games(self, block: AtBlock = _HEAD, batch_size: int = DEFAULT_BATCH_SIZE) -> list[GameMetadata]:
        """All games, oldest first; raises ``DecodeError`` for more than :data:`MAX_GAMES`."""
        count = self.game_count(block)
        if count > MAX_GAMES:
            raise DecodeError(f"gameCount: {count} games, of which at most {MAX_GAMES} are read")
        calls = [self.game_at_index_call(index) for index in range(count)]
        return read_all(self.bound.l1, calls, block, batch_size)

    def games_at_or_after(
        self, earliest: int, block: AtBlock = _HEAD, batch_size: int = DEFAULT_BATCH_SIZE
    ) -> Iterator[GameMetadata]:
        """Games from the newest back to the last one whose timestamp is not before ``earliest``.

        Read in batches as they are taken. Give the hash of a block, so that all come from one state. Raises
        ``DecodeError`` after :data:`MAX_GAMES`.
        """
        end = count = self.game_count(block)
        while end > 0:
            if count - end >= MAX_GAMES:
                raise DecodeError(f"the factory has more than {MAX_GAMES} games since {earliest}")
            start = max(0, end - batch_size)
            calls = [self.game_at_index_call(index) for index in reversed(range(start, end))]
            for game in read_all(self.bound.l1, calls, block, batch_size):
                if game.timestamp < earliest:
                    return
                yield game
            end = start

    def find_latest_games(
        self, game_type: int, start: int, count: int, block: AtBlock = _HEAD
    ) -> tuple[FoundGame, ...]:
        """Up to ``count`` games of a type, from index ``start`` backwards."""
        found = self.bound.read("findLatestGames", game_type, start, count, block=block)
        return tuple(_found_game(*values) for values in found)

    def created(self, logs: Iterable[Log]) -> Iterator[DisputeGameCreated]:
        """The games whose creation the logs of a receipt tell.

        Raises :class:`~pyoprollup.errors.DecodeError`.
        """
        for arguments in self.bound.events("DisputeGameCreated", logs):
            yield DisputeGameCreated(*arguments)

    # --- types of games

    def init_bonds(self, game_type: int, block: AtBlock = _HEAD) -> int:
        """Wei that the creation of a game of this type must carry, no more and no less."""
        bond = self.bound.read("initBonds", game_type, block=block)
        assert isinstance(bond, int)
        return bond

    def game_impls(self, game_type: int, block: AtBlock = _HEAD) -> Address | None:
        """The implementation of a type of game; ``None`` if the type is not supported."""
        address = self.bound.read("gameImpls", game_type, block=block)
        return None if address == ZERO_ADDRESS else address

    def game_args(self, game_type: int, block: AtBlock = _HEAD) -> bytes:
        """The arguments that games of this type are created with, packed; empty if there are none.

        Raises :class:`~pyoprollup.bindings.contract.NotSupported` before version 1.3.
        """
        arguments = self.bound.read("gameArgs", game_type, block=block)
        assert isinstance(arguments, bytes)
        return arguments

    # --- creation

    def create(self, game_type: int, root_claim: Hash32, extra_data: bytes, bond: int) -> ContractTransaction:
        """The transaction that creates a game. ``bond`` is what :meth:`init_bonds` says."""
        return self.bound.transaction("create", game_type, root_claim, extra_data, value=bond)


def _found_game(index: int, packed: bytes, timestamp: int, root_claim: Hash32, extra_data: Any) -> FoundGame:
    """The contract packs a game's type (4 bytes), timestamp (8) and address (20) into its identifier."""
    game_type, proxy = int.from_bytes(packed[:4], "big"), Address(packed[12:])
    return FoundGame(GameMetadata(index, game_type, timestamp, proxy), root_claim, extra_data)
