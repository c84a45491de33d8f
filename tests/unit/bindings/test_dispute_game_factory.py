"""The factory of games: lists, searches, creation; and the reference's calls, byte for byte."""

from __future__ import annotations

from typing import Any

import pytest

from pyoprollup.bindings import (
    ContractReverted,
    ContractTransaction,
    DisputeGameCreated,
    DisputeGameFactory,
    FoundGame,
    GameMetadata,
    NotSupported,
    dispute_game_factory,
    load_contract,
)
from pyoprollup.errors import DecodeError
from pyoprollup.eth.abi import encode_arguments
from pyoprollup.eth.types import ZERO_ADDRESS, Address, Hash32
from pyoprollup.sources.l1 import ExecutionReverted
from tests.unit.bindings.support import FACTORY, FakeL1

ROOT = Hash32(b"\x0c" * 32)
EXTRA = (1234).to_bytes(32, "big")
BLOCK = Hash32(b"\xb1" * 32)
TYPES_AND_TIMES = [(0, 100), (8, 200), (0, 200), (1, 300), (0, 400)]


def proxy(index: int) -> Address:
    return Address(bytes(19) + bytes([index + 1]))


GAMES = [GameMetadata(index, *game, proxy(index)) for index, game in enumerate(TYPES_AND_TIMES)]


def answer(data: bytes) -> bytes:
    """What a factory with :data:`GAMES` answers."""
    function, arguments = load_contract("DisputeGameFactory").decode_call(data)
    match function.name, arguments:
        case "version", ():
            return function.encode_result("1.0.0")
        case "gameCount", ():
            return function.encode_result(len(GAMES))
        case "gameAtIndex", (index,):
            game = GAMES[index]
            return function.encode_result(game.game_type, game.timestamp, game.proxy)
        case "games", (0, root, extra) if root == ROOT and extra == EXTRA:
            return function.encode_result(proxy(4), 400)
        case "games", _:
            return function.encode_result(ZERO_ADDRESS, 0)
        case "initBonds", (game_type,):
            return function.encode_result(game_type * 10**16)
        case "gameImpls", (game_type,):
            return function.encode_result(ZERO_ADDRESS if game_type else proxy(9))
        case "gameArgs", _:
            return function.encode_result(b"packed")
        case "findLatestGames", (game_type, start, count):
            found = [game for game in reversed(GAMES[: start + 1]) if game.game_type == game_type][:count]
            return function.encode_result([(g.index, identifier(g), g.timestamp, ROOT, EXTRA) for g in found])
    raise AssertionError(function)


def identifier(game: GameMetadata) -> bytes:
    return game.game_type.to_bytes(4, "big") + game.timestamp.to_bytes(8, "big") + game.proxy


def make(version: str = "1.3.0") -> DisputeGameFactory:
    return DisputeGameFactory(FACTORY, FakeL1({FACTORY: answer}), version)


def asked(factory: DisputeGameFactory) -> Any:
    assert isinstance(factory.bound.l1, FakeL1)
    return factory.bound.l1.asked


def test_the_list_of_games() -> None:
    factory = make()
    assert factory.game_count() == 5
    assert factory.game_at_index(1, BLOCK) == GAMES[1]
    assert factory.all_games(BLOCK, batch_size=2) == GAMES
    assert asked(factory)[1:] == [(BLOCK, 0), (BLOCK, 0), (BLOCK, 2), (BLOCK, 2), (BLOCK, 1)]


def test_games_back_to_a_time() -> None:
    factory = make()
    for earliest, indexes in (
        (401, []),
        (400, [4]),
        (200, [4, 3, 2, 1]),
        (201, [4, 3]),
        (0, [4, 3, 2, 1, 0]),
    ):
        found = factory.games_at_or_after(earliest, BLOCK, batch_size=2)
        assert [game.index for game in found] == indexes
    assert {block for block, _ in asked(factory)} == {BLOCK}


def test_no_more_batches_than_needed() -> None:
    factory = make()
    assert next(iter(factory.games_at_or_after(0, BLOCK, batch_size=2))) == GAMES[4]
    assert asked(factory) == [(BLOCK, 0), (BLOCK, 2)]


def test_a_game_by_its_parameters() -> None:
    factory = make()
    assert factory.games(0, ROOT, EXTRA) == (proxy(4), 400)
    assert factory.games(0, ROOT, b"") is None


def test_the_latest_games_of_a_type() -> None:
    found = make().find_latest_games(0, 4, 2)
    assert found == (FoundGame(GAMES[4], ROOT, EXTRA), FoundGame(GAMES[2], ROOT, EXTRA))
    assert make().find_latest_games(7, 4, 2) == ()


def test_types_of_games() -> None:
    factory = make()
    assert factory.init_bonds(8) == 8 * 10**16
    assert (factory.game_impls(0), factory.game_impls(1)) == (proxy(9), None)
    assert factory.game_args(0) == b"packed"
    with pytest.raises(NotSupported, match="DisputeGameFactory has no gameArgs in this version"):
        make("1.2.0").game_args(0)


def test_the_version_is_detected() -> None:
    factory = DisputeGameFactory.detect(FACTORY, FakeL1({FACTORY: answer}))
    assert factory.version == "1.0.0" and factory.address == FACTORY
    with pytest.raises(NotSupported):
        factory.game_args(0)


def test_creation() -> None:
    data = bytes.fromhex("82ecf2f6") + encode_arguments(["uint32", "bytes32", "bytes"], [8, ROOT, EXTRA])
    assert make().create(8, ROOT, EXTRA, 77) == ContractTransaction(FACTORY, data, 77)
    with pytest.raises(ValueError, match=r"\(uint32,bytes32,bytes\)"):
        make().create(2**32, ROOT, EXTRA, 77)


def test_the_event_of_a_creation() -> None:
    factory = make()
    event = factory.bound.contract.event("DisputeGameCreated")
    log = event.encode(FACTORY, proxy(5), 8, ROOT)
    other = [log._replace(address=proxy(0)), log._replace(topics=()), log._replace(topics=(BLOCK,))]
    assert list(factory.created([*other, log])) == [DisputeGameCreated(proxy(5), 8, ROOT)]
    assert list(factory.created(other)) == []
    with pytest.raises(DecodeError, match="2 topics, not 4"):
        list(factory.created([log._replace(topics=log.topics[:2])]))


def test_why_a_creation_fails() -> None:
    contract = load_contract("DisputeGameFactory")

    def revert(_: bytes) -> bytes:
        raise ExecutionReverted(data=contract.error("GameAlreadyExists").encode(ROOT))

    factory = DisputeGameFactory(FACTORY, FakeL1({FACTORY: revert}))
    with pytest.raises(ContractReverted, match="GameAlreadyExists") as caught:
        factory.bound.read("create", 8, ROOT, EXTRA)
    assert caught.value.arguments == (ROOT,)


@pytest.mark.parametrize("count", [2**64, 2**256 - 1])
def test_a_count_that_no_chain_has_room_for(count: int) -> None:
    factory = lying(count)
    for read in (factory.game_count, factory.all_games, lambda: list(factory.games_at_or_after(0))):
        with pytest.raises(DecodeError, match="gameCount"):
            read()


def test_a_list_without_an_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispute_game_factory, "MAX_GAMES", 500)
    with pytest.raises(DecodeError, match="at most 500"):
        lying(2**64 - 1).all_games()
    with pytest.raises(DecodeError, match="more than 500"):
        list(lying(2**64 - 1).games_at_or_after(0))
    assert len(list(lying(500).games_at_or_after(0))) == len(lying(500).all_games()) == 500


def lying(count: int) -> DisputeGameFactory:
    """A factory that says it has so many games, each of them newer than anything."""
    contract = load_contract("DisputeGameFactory")

    def answers(data: bytes) -> bytes:
        function, _ = contract.decode_call(data)
        values = {"gameCount": (count,), "gameAtIndex": (0, 2**63, proxy(0))}
        return function.encode_result(*values[function.name])

    return DisputeGameFactory(FACTORY, FakeL1({FACTORY: answers}))
