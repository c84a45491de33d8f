"""The contracts of proposals: the factory, a game, the anchor registry."""

from __future__ import annotations

from typing import Any

import pytest

from pyoprollup.bindings import load_contract
from pyoprollup.devcontracts import contract
from pyoprollup.devnet.dispute_contracts import (
    ANCHOR_STATE_REGISTRY,
    DELAYED_WETH,
    DISPUTE_GAME,
    DISPUTE_GAME_FACTORY,
    GAME_TYPE,
    INIT_BOND,
    DisputeSettings,
    dispute_contracts,
)
from pyoprollup.eth.output_root import OutputV0
from pyoprollup.eth.refs import BlockLabel
from pyoprollup.eth.types import ZERO_ADDRESS, Address, Hash32
from pyoprollup.sources.l1 import ExecutionReverted
from tests.unit.devcontracts.support import USER, Done, Evm

OWNER = Address(b"\x0f" * 20)
ANCHOR = OutputV0(Hash32(b"\1" * 32), Hash32(b"\2" * 32), Hash32(b"\3" * 32))
CLOCK, DELAY, WETH_DELAY = 100, 50, 20
SETTINGS = DisputeSettings(
    max_clock_duration=CLOCK, finality_delay=DELAY, weth_delay=WETH_DELAY, proposer=OWNER, challenger=USER
)
ROOT = Hash32(b"\xaa" * 32)
FACTORY, GAME, REGISTRY = (
    load_contract(name) for name in ("DisputeGameFactory", "FaultDisputeGame", "AnchorStateRegistry")
)


class Games:
    """The contracts, at a time that the test sets."""

    def __init__(self) -> None:
        self.evm = Evm(dispute_contracts(OWNER, ANCHOR, 10, 901, SETTINGS))
        self.evm.l1.mine()
        self.evm.state = self.evm.l1.state()
        self.now = int(self.evm.state.timestamp)

    def later(self, seconds: int) -> None:
        self.now += seconds
        self.evm.state.timestamp = self.now

    def send(
        self, to: Address, kind: Any, name: str, *arguments: Any, sender: Address = USER, value: int = 0
    ) -> Done:
        return self.evm.call(to, kind.function(name).encode(*arguments), sender, value)

    def read(self, to: Address, kind: Any, name: str, *arguments: Any) -> Any:
        done = self.send(to, kind, name, *arguments)
        assert done.success, (name, done.output)
        return kind.function(name).decode_result(done.output)

    def create(
        self, number: int = 20, root: Hash32 = ROOT, game_type: int = GAME_TYPE, value: int = INIT_BOND
    ) -> Done:
        extra = number.to_bytes(32, "big")
        return self.send(DISPUTE_GAME_FACTORY, FACTORY, "create", game_type, root, extra, value=value)

    def created(self, **changes: Any) -> Address:
        done = self.create(**changes)
        assert done.success, done.output
        return Address(done.output[12:32])


def reverts(done: Done, kind: Any) -> tuple[str, tuple[Any, ...]]:
    assert not done.success
    error = kind.reverted(ExecutionReverted(data=done.output))
    return error.name, error.arguments


def test_what_a_game_is_about() -> None:
    games = Games()
    game = games.created()
    for name, expected in {
        "gameType": GAME_TYPE,
        "gameCreator": USER,
        "rootClaim": ROOT,
        "extraData": (20).to_bytes(32, "big"),
        "gameData": (GAME_TYPE, ROOT, (20).to_bytes(32, "big")),
        "l2BlockNumber": 20,
        "l2SequenceNumber": 20,
        "l2ChainId": 901,
        "createdAt": games.now,
        "resolvedAt": 0,
        "status": 0,
        "claimDataLen": 1,
        "startingBlockNumber": 10,
        "startingRootHash": ANCHOR.root(),
        "startingOutputRoot": (ANCHOR.root(), 10),
        "anchorStateRegistry": ANCHOR_STATE_REGISTRY,
        "wasRespectedGameTypeWhenCreated": True,
        "l1Head": games.evm.l1.block_by_label(BlockLabel.UNSAFE).header.parent_hash,
    }.items():
        assert games.read(game, GAME, name) == expected, name
    claim = games.read(game, GAME, "claimData", 0)
    assert claim == (2**32 - 1, ZERO_ADDRESS, USER, INIT_BOND, ROOT, 1, games.now)
    assert games.evm.state.get_balance(DELAYED_WETH) == INIT_BOND


def test_the_factory_lists_its_games() -> None:
    games = Games()
    made = [games.created(number=number) for number in range(20, 25)]
    assert len(set(made)) == 5
    factory = DISPUTE_GAME_FACTORY
    assert games.read(factory, FACTORY, "gameCount") == 5
    assert games.read(factory, FACTORY, "gameAtIndex", 3) == (GAME_TYPE, games.now, made[3])
    found = games.read(factory, FACTORY, "findLatestGames", GAME_TYPE, 3, 2)
    assert [entry[0] for entry in found] == [3, 2]
    assert [Address(entry[1][12:]) for entry in found] == [made[3], made[2]]
    assert found[0][3:] == (ROOT, (23).to_bytes(32, "big"))
    assert games.read(factory, FACTORY, "findLatestGames", GAME_TYPE + 1, 4, 2) == ()
    assert games.read(factory, FACTORY, "findLatestGames", GAME_TYPE, 5, 2) == ()
    assert games.read(factory, FACTORY, "findLatestGames", GAME_TYPE, 4, 2**256 - 1)[-1][0] == 0
    assert not games.send(factory, FACTORY, "gameAtIndex", 5).success


def test_the_event_and_the_identifier() -> None:
    games = Games()
    done = games.create()
    game = Address(done.output[12:32])
    (log,) = [log for log in done.logs if log.address == DISPUTE_GAME_FACTORY]
    assert FACTORY.event("DisputeGameCreated").decode(log) == (game, GAME_TYPE, ROOT)
    parameters = (GAME_TYPE, ROOT, (20).to_bytes(32, "big"))
    assert games.read(DISPUTE_GAME_FACTORY, FACTORY, "games", *parameters) == (game, games.now)
    uuid = games.read(DISPUTE_GAME_FACTORY, FACTORY, "getGameUUID", *parameters)
    assert reverts(games.create(), FACTORY) == ("GameAlreadyExists", (uuid,))


def test_what_the_factory_refuses() -> None:
    games = Games()
    assert reverts(games.create(game_type=2), FACTORY) == ("NoImplementation", (2,))
    for value in (0, INIT_BOND - 1, INIT_BOND + 1):
        assert reverts(games.create(value=value), FACTORY) == ("IncorrectBondAmount", ())
    assert games.read(DISPUTE_GAME_FACTORY, FACTORY, "gameCount") == 0


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_extra_data_has_one_length(size: int) -> None:
    games = Games()
    done = games.send(DISPUTE_GAME_FACTORY, FACTORY, "create", GAME_TYPE, ROOT, bytes(size), value=INIT_BOND)
    assert reverts(done, GAME) == ("BadExtraData", ())


@pytest.mark.parametrize(
    ("number", "error"),
    [
        (9, "UnexpectedRootClaim"),
        (10, "UnexpectedRootClaim"),
        (11, None),
        (2**63, None),
        (2**64 - 1, None),
        (2**64, "UnexpectedRootClaim"),
        (2**256 - 1, "UnexpectedRootClaim"),
    ],
)
def test_numbers_of_blocks(number: int, error: str | None) -> None:
    """After the anchor, and within the 64 bits in which clients count."""
    done = Games().create(number=number)
    assert (None if done.success else reverts(done, GAME)[0]) == error


def test_a_game_begins_once() -> None:
    games = Games()
    game = games.created()
    again = contract("FaultDisputeGame").call("initialize")
    assert reverts(games.evm.call(game, again), GAME) == ("AlreadyInitialized", ())


def test_only_the_owner_decides_what_games_there_are() -> None:
    games = Games()
    calls: list[tuple[Address, Any, str, tuple[Any, ...]]] = [
        (DISPUTE_GAME_FACTORY, FACTORY, "setImplementation(uint32,address)", (1, DISPUTE_GAME)),
        (DISPUTE_GAME_FACTORY, FACTORY, "setImplementation(uint32,address,bytes)", (1, DISPUTE_GAME, b"x")),
        (DISPUTE_GAME_FACTORY, FACTORY, "setInitBond", (1, 5)),
        (ANCHOR_STATE_REGISTRY, REGISTRY, "setRespectedGameType", (1,)),
        (ANCHOR_STATE_REGISTRY, REGISTRY, "blacklistDisputeGame", (USER,)),
        (ANCHOR_STATE_REGISTRY, REGISTRY, "updateRetirementTimestamp", ()),
        (DISPUTE_GAME_FACTORY, FACTORY, "transferOwnership", (USER,)),
    ]
    for to, kind, name, arguments in calls:
        assert not games.send(to, kind, name, *arguments).success, name
        assert games.send(to, kind, name, *arguments, sender=OWNER).success, name
    assert games.read(DISPUTE_GAME_FACTORY, FACTORY, "gameImpls", 1) == DISPUTE_GAME
    assert games.read(DISPUTE_GAME_FACTORY, FACTORY, "gameArgs", 1) == b"x"
    assert games.read(DISPUTE_GAME_FACTORY, FACTORY, "initBonds", 1) == 5
    assert games.read(DISPUTE_GAME_FACTORY, FACTORY, "owner") == USER


def test_the_anchor_at_first() -> None:
    games = Games()
    for name, arguments in (("getAnchorRoot", ()), ("getStartingAnchorRoot", ()), ("anchors", (7,))):
        assert games.read(ANCHOR_STATE_REGISTRY, REGISTRY, name, *arguments) == (ANCHOR.root(), 10)


def test_from_proposal_to_anchor() -> None:
    """Nobody objects: the game is resolved, becomes final, moves the anchor, and the bond comes back."""
    games = Games()
    game = games.created()
    games.later(CLOCK - 1)
    assert reverts(games.send(game, GAME, "resolveClaim", 0, 0), GAME) == ("ClockNotExpired", ())
    assert reverts(games.send(game, GAME, "resolve"), GAME) == ("OutOfOrderResolution", ())
    assert reverts(games.send(game, GAME, "closeGame"), GAME) == ("GameNotResolved", ())
    games.later(1)
    assert games.send(game, GAME, "resolveClaim", 0, 0).success
    assert games.send(game, GAME, "resolve").number == 2
    assert reverts(games.send(game, GAME, "resolve"), GAME) == ("GameNotInProgress", ())
    games.later(DELAY)
    assert reverts(games.send(game, GAME, "claimCredit", USER), GAME) == ("GameNotFinalized", ())
    games.later(1)
    before = games.evm.state.get_balance(USER)
    assert games.send(game, GAME, "claimCredit", USER).success
    assert games.evm.state.get_balance(USER) == before, "it is only unlocked"
    games.later(WETH_DELAY - 1)
    assert games.send(game, GAME, "claimCredit", USER).reason == "DelayedWETH: withdrawal delay not met"
    games.later(1)
    assert games.send(game, GAME, "claimCredit", USER).success
    assert games.evm.state.get_balance(USER) == before + INIT_BOND
    assert reverts(games.send(game, GAME, "claimCredit", USER), GAME) == ("NoCreditToClaim", ())
    assert games.read(ANCHOR_STATE_REGISTRY, REGISTRY, "getAnchorRoot") == (ROOT, 20)
    assert games.read(ANCHOR_STATE_REGISTRY, REGISTRY, "anchorGame") == game
    assert reverts(games.create(number=20, root=Hash32(bytes(32))), GAME)[0] == "UnexpectedRootClaim"


def test_the_anchor_moves_only_forward_and_only_by_proper_games() -> None:
    games = Games()
    newer, older, listed = (games.created(number=number) for number in (30, 20, 40))
    games.send(ANCHOR_STATE_REGISTRY, REGISTRY, "blacklistDisputeGame", listed, sender=OWNER)
    games.later(CLOCK)
    for game in (newer, older, listed):
        assert games.send(game, GAME, "resolveClaim", 0, 0).success
        assert games.send(game, GAME, "resolve").success
    assert reverts(games.send(ANCHOR_STATE_REGISTRY, REGISTRY, "setAnchorState", newer), REGISTRY) == (
        "AnchorStateRegistry_InvalidAnchorGame",
        (),
    )
    games.later(DELAY + 1)
    for game in (newer, older, listed):
        assert games.send(game, GAME, "closeGame").success
    assert games.read(ANCHOR_STATE_REGISTRY, REGISTRY, "getAnchorRoot") == (ROOT, 30)
    assert games.read(ANCHOR_STATE_REGISTRY, REGISTRY, "isGameClaimValid", older) is True
    assert games.read(ANCHOR_STATE_REGISTRY, REGISTRY, "isGameClaimValid", listed) is False
    assert games.read(ANCHOR_STATE_REGISTRY, REGISTRY, "isGameProper", listed) is False
    assert games.created(number=31), "a game that was ruled out stops nobody"


def test_the_implementation_itself_is_no_game() -> None:
    games = Games()
    assert not games.send(DISPUTE_GAME, GAME, "resolve").success
    assert not games.send(DISPUTE_GAME, GAME, "initialize").success
    assert not games.send(DISPUTE_GAME, GAME, "l2BlockNumber").success
    assert games.read(ANCHOR_STATE_REGISTRY, REGISTRY, "isGameProper", DISPUTE_GAME) is False
    assert not games.send(ANCHOR_STATE_REGISTRY, REGISTRY, "isGameRegistered", DISPUTE_GAME).success
