"""Moves, clocks and steps, by version where versions differ."""

from __future__ import annotations

import pytest

from pyoprollup.challenger.game.clock import Clock
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.challenger.model import GAME_RULES, ErrorString, GameLimits, Panic
from pyoprollup.challenger.model import reverts as r
from pyoprollup.challenger.model.vm import with_status
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import ZERO_ADDRESS
from tests.unit.challenger.model.support import (
    ABSOLUTE_STATE,
    ALICE,
    BOB,
    BOND,
    CAROL,
    LIMITS,
    PERIOD,
    ROOT,
    Contracts,
    value,
)

VERSIONS = list(GAME_RULES)


def to_the_bottom(contracts: Contracts, letter: int = 0x61 + (100 << 4) + 0) -> None:
    """All attacks: Alice's root, Bob, Alice, … down to a letter after the first step."""
    game = contracts.create()
    for depth in range(1, 8):
        contracts.move(game, depth - 1, value(depth), (ALICE, BOB)[depth % 2])
    state = (100 << 4).to_bytes(32, "big") + letter.to_bytes(32, "big")
    contracts.move(game, 7, with_status(keccak256(state), 1), ALICE)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_step_counters_the_last_claim(version: str) -> None:
    contracts = Contracts(version)
    to_the_bottom(contracts, 7)  # not the letter that it is
    game = contracts.factory.created[0].game
    with pytest.raises(ErrorString, match="pre-image must exist"):
        game.step(contracts.call(BOB), 8, ABSOLUTE_STATE, b"", is_attack=True)
    game.add_local_data(contracts.call(CAROL), 4, 8, 0)
    with pytest.raises(r.InvalidPrestate):
        game.step(contracts.call(BOB), 8, ABSOLUTE_STATE + b"x", b"", is_attack=True)
    with pytest.raises(r.InvalidParent):
        game.step(contracts.call(BOB), 7, ABSOLUTE_STATE, b"", is_attack=True)
    game.step(contracts.call(BOB), 8, ABSOLUTE_STATE, b"", is_attack=True)
    assert game.claims[8].countered_by == BOB
    with pytest.raises(r.DuplicateStep):
        game.step(contracts.call(CAROL), 8, ABSOLUTE_STATE, b"", is_attack=True)
    contracts.later(LIMITS.max_clock_duration)
    for index in reversed(range(9)):
        game.resolve_claim(contracts.call(CAROL), index, 0)
    assert game.resolve(contracts.call(CAROL)) is GameStatus.CHALLENGER_WON
    assert game.credit(BOB) == sum(claim.bond for claim in game.claims)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_true_claim_cannot_be_stepped_on(version: str) -> None:
    contracts = Contracts(version)
    to_the_bottom(contracts)
    game = contracts.factory.created[0].game
    game.add_local_data(contracts.call(CAROL), 4, 8, 0)
    with pytest.raises(r.ValidStep):
        game.step(contracts.call(BOB), 8, ABSOLUTE_STATE, b"", is_attack=True)
    assert game.claims[8].countered_by == ZERO_ADDRESS


@pytest.mark.parametrize("version", VERSIONS)
def test_what_moves_are_refused(version: str) -> None:
    contracts = Contracts(version)
    game = contracts.create()
    with pytest.raises(r.InvalidDisputedClaimIndex):
        game.attack(contracts.call(BOB, 1), value(1), 0, value(2))
    with pytest.raises(Panic):
        game.attack(contracts.call(BOB, 1), ROOT, 1, value(2))
    with pytest.raises(r.CannotDefendRootClaim):
        game.defend(contracts.call(BOB, 1), ROOT, 0, value(2))
    for wrong in (0, BOND, game.required_bond(game.claims[0].position.attack()) + 1):
        with pytest.raises(r.IncorrectBondAmount):
            game.attack(contracts.call(BOB, wrong), ROOT, 0, value(2))
    contracts.move(game, 0, value(1))
    with pytest.raises(r.ClaimAlreadyExists):
        contracts.move(game, 0, value(1))
    contracts.move(game, 0, value(2))
    assert game.subgames[0] == [1, 2]
    for index in range(1, 8):
        contracts.move(game, index if index == 1 else index + 1, value(10 + index))
    with pytest.raises(r.GameDepthExceeded):
        contracts.move(game, 9, value(99))
    assert len(game.claims) == 10


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("status", "attack", "defence"), [(0, False, True), (1, True, False), (2, True, False)]
)
def test_the_root_of_a_lower_game_says_how_it_ends(
    version: str, status: int, attack: bool, defence: bool
) -> None:
    contracts = Contracts(version)
    game = contracts.create()
    for depth in range(1, 5):
        contracts.move(game, depth - 1, value(depth))
    for is_attack, allowed in ((True, attack), (False, defence)):
        # What comes after the claim is of depth 3: by the side that would defend it.
        if allowed:
            contracts.move(game, 4, value(9, status), is_attack=is_attack)
        else:
            with pytest.raises(r.UnexpectedRootClaim):
                contracts.move(game, 4, value(9, status), is_attack=is_attack)


LEFT = {
    "1.2.0": {3: 2000, 7: 1000},
    "1.3.0": {3: 2000, 7: 1000 + PERIOD},
    "2.4.2": {3: 2000, 7: 1000 + PERIOD},
}
"""Seconds that are left after a move in the last moment, at depths where it is not the plain extension."""


@pytest.mark.parametrize("version", VERSIONS)
def test_clocks_are_extended(version: str) -> None:
    contracts, clock = Contracts(version), LIMITS.max_clock_duration
    game = contracts.create()
    for depth in range(1, 9):
        used = game.challenger_duration(depth - 1, contracts.now)
        contracts.later(clock - 10 - used)
        contracts.move(game, depth - 1, value(depth))
        left = LEFT[version].get(depth, 1000)
        assert game.claims[depth].clock == Clock(clock - left, contracts.now), depth


def test_the_old_threshold_is_the_plain_extension() -> None:
    """With 1.2.0 a clock with 1,999 of the 2,000 seconds that are due before the split stays as it is."""
    for version, expected in {"1.2.0": 1_999, "1.3.0": 2_000}.items():
        contracts = Contracts(version)
        game = contracts.create()
        contracts.move(game, 0, value(1))
        contracts.move(game, 1, value(2))
        contracts.later(LIMITS.max_clock_duration - 1_999)
        contracts.move(game, 2, value(3))
        assert LIMITS.max_clock_duration - game.claims[3].clock.duration == expected


@pytest.mark.parametrize("version", VERSIONS)
def test_the_last_second(version: str) -> None:
    contracts = Contracts(version)
    game = contracts.create()
    contracts.later(LIMITS.max_clock_duration - 1)
    with pytest.raises(r.ClockNotExpired):
        game.resolve_claim(contracts.call(), 0, 0)
    contracts.move(game, 0, value(1))
    contracts.later(1)
    with pytest.raises(r.ClockTimeExceeded):
        contracts.move(game, 0, value(2))
    with pytest.raises(r.OutOfOrderResolution):
        game.resolve_claim(contracts.call(), 0, 0)


@pytest.mark.parametrize(
    ("limits", "old", "new"),
    [
        ((126, 30, 1, 10), r.MaxDepthTooLarge, r.MaxDepthTooLarge),
        ((8, 8, 1, 10), r.InvalidSplitDepth, r.InvalidSplitDepth),
        ((5, 4, 1, 10), None, r.InvalidSplitDepth),
        ((8, 1, 1, 10), None, r.InvalidSplitDepth),
        ((8, 4, 101, 100), r.InvalidClockExtension, r.InvalidClockExtension),
        ((8, 4, 60, 100), None, r.InvalidClockExtension),
        ((8, 4, (1 << 64) - 1, (1 << 64) - 1), None, r.InvalidClockExtension),
    ],
)
def test_limits(limits: tuple[int, ...], old: type[r.Revert] | None, new: type[r.Revert] | None) -> None:
    for version, expected in {"1.2.0": old, "1.3.0": new, "2.4.2": new}.items():
        if expected is None:
            GameLimits(*limits).check(GAME_RULES[version])
        else:
            with pytest.raises(expected):
                GameLimits(*limits).check(GAME_RULES[version])


def test_the_challenge_period_must_fit_into_the_clock() -> None:
    limits = GameLimits(8, 4, 1_000, 1_000 + PERIOD)
    limits.check_challenge_period(GAME_RULES["1.2.0"], 10**30)
    with pytest.raises(r.InvalidChallengePeriod):
        limits.check_challenge_period(GAME_RULES["1.3.0"], 1 << 64)
    with pytest.raises(r.InvalidClockExtension):
        Contracts("1.3.0", limits=limits)  # 2,000 at the split
    contracts = Contracts("2.4.2", limits=GameLimits(8, 4, 700, 1_400))
    contracts.create()
    contracts.oracle.challenge_period = 701
    with pytest.raises(r.InvalidClockExtension):
        contracts.create(120)
