"""The contracts of disputes as a devnet has them: settings, and a machine that fits the alphabet."""

from __future__ import annotations

from typing import Any

import pytest

from pyoprollup.bindings import load_contract
from pyoprollup.challenger.game.bonds import required_bond
from pyoprollup.challenger.game.position import Position
from pyoprollup.challenger.model import Revert
from pyoprollup.challenger.trace.alphabet import AlphabetTraceProvider, alphabet_prestate_commitment
from pyoprollup.devnet.dispute_contracts import (
    ALPHABET_GAME_TYPE,
    ALPHABET_VM,
    ANCHOR_STATE_REGISTRY,
    DELAYED_WETH,
    DISPUTE_GAME,
    DISPUTE_GAME_FACTORY,
    GAME_TYPE,
    INIT_BOND,
    MIPS64_VM,
    PERMISSIONED_DISPUTE_GAME,
    PERMISSIONED_GAME_TYPE,
    PREIMAGE_ORACLE,
    DisputeSettings,
    dispute_contracts,
)
from pyoprollup.eth.output_root import OutputV0
from pyoprollup.eth.types import Address, Hash32
from tests.unit.devcontracts.support import USER, Done, Evm

OWNER, PROPOSER, CHALLENGER = (Address(bytes([number]) * 20) for number in (1, 2, 3))
ANCHOR, START, L2_CHAIN = OutputV0(Hash32(bytes(32)), Hash32(bytes(32)), Hash32(bytes(32))), 10, 901
ROOT = Hash32(b"\xaa" * 32)
FACTORY, GAME, ORACLE, WETH, REGISTRY = (
    load_contract(name)
    for name in (
        *("DisputeGameFactory", "FaultDisputeGame", "PreimageOracle"),
        *("DelayedWETH", "AnchorStateRegistry"),
    )
)
LEVELS = 3
"""Of a lower game, below its root."""


class Devnet:
    """The contracts on L1, with games."""

    def __init__(self, settings: DisputeSettings) -> None:
        self.settings = settings
        self.evm = Evm(dispute_contracts(OWNER, ANCHOR, START, L2_CHAIN, settings))
        self.evm.l1.mine()
        self.evm.state = self.evm.l1.state()

    def send(self, to: Address, kind: Any, name: str, *arguments: Any, value: int = 0) -> Done:
        return self.evm.call(to, kind.function(name).encode(*arguments), USER, value)

    def read(self, to: Address, kind: Any, name: str, *arguments: Any) -> Any:
        done = self.send(to, kind, name, *arguments)
        assert done.success, name
        return kind.function(name).decode_result(done.output)

    def create(self, game_type: int = ALPHABET_GAME_TYPE) -> Address:
        extra = (START + 5).to_bytes(32, "big")
        create = ("create", game_type, ROOT, extra)
        done = self.send(DISPUTE_GAME_FACTORY, FACTORY, *create, value=INIT_BOND)
        assert done.success, done.output
        return Address(done.output[12:])

    def move(self, game: Address, parent: int, value: bytes, *, is_attack: bool) -> None:
        _, _, _, _, disputed, position, _ = self.read(game, GAME, "claimData", parent)
        limits = self.settings.limits
        bond = required_bond(Position.from_gindex(position).depth + 1, limits.max_depth)
        done = self.send(game, GAME, "move", disputed, parent, value, is_attack, value=bond)
        assert done.success, GAME.errors.get(done.output[:4])


SMALL = DisputeSettings(split_depth=2, max_clock_duration=1_000, proposer=PROPOSER, challenger=CHALLENGER)


def test_what_the_factory_gives_to_games() -> None:
    devnet = Devnet(SMALL)
    prestate = alphabet_prestate_commitment()
    addresses = ALPHABET_VM + ANCHOR_STATE_REGISTRY + DELAYED_WETH
    args = prestate + addresses + L2_CHAIN.to_bytes(32, "big")
    for game_type, implementation, expected in (
        (GAME_TYPE, DISPUTE_GAME, args),
        (ALPHABET_GAME_TYPE, DISPUTE_GAME, args),
        (PERMISSIONED_GAME_TYPE, PERMISSIONED_DISPUTE_GAME, args + PROPOSER + CHALLENGER),
    ):
        assert devnet.read(DISPUTE_GAME_FACTORY, FACTORY, "gameArgs", game_type) == expected
        assert devnet.read(DISPUTE_GAME_FACTORY, FACTORY, "gameImpls", game_type) == implementation
        assert devnet.read(DISPUTE_GAME_FACTORY, FACTORY, "initBonds", game_type) == INIT_BOND
    assert len(args) == 124
    game = devnet.create()
    for name, value in {
        "gameType": ALPHABET_GAME_TYPE,
        "absolutePrestate": prestate,
        "vm": ALPHABET_VM,
        "weth": DELAYED_WETH,
        "anchorStateRegistry": ANCHOR_STATE_REGISTRY,
        "l2ChainId": L2_CHAIN,
        "maxGameDepth": 6,
        "splitDepth": 2,
        "maxClockDuration": 1_000,
        "clockExtension": SMALL.limits.clock_extension,
        "startingBlockNumber": START,
    }.items():
        assert devnet.read(game, GAME, name) == value, name
    for machine in (ALPHABET_VM, MIPS64_VM):
        assert devnet.read(machine, load_contract("MIPS"), "oracle") == PREIMAGE_ORACLE
    assert devnet.read(PREIMAGE_ORACLE, ORACLE, "challengePeriod") == SMALL.oracle_period
    assert devnet.read(PREIMAGE_ORACLE, ORACLE, "minProposalSize") == SMALL.min_proposal_size
    assert devnet.read(DELAYED_WETH, WETH, "delay") == SMALL.weth_delay
    assert devnet.read(DELAYED_WETH, WETH, "balanceOf", game) == INIT_BOND


@pytest.mark.parametrize("leaf", [0, 2, 4, 6])
@pytest.mark.parametrize("is_true", [True, False])
@pytest.mark.parametrize("is_attack", [True, False])
def test_the_machine_fits_the_trace_that_challengers_play_by(
    leaf: int, is_true: bool, is_attack: bool
) -> None:
    """All claims of the lower game but the last are of the trace; steps are on it, and after it."""
    devnet, trace = Devnet(SMALL), AlphabetTraceProvider(START, LEVELS)
    game = devnet.create()
    split = SMALL.split_depth
    for parent in range(split):
        devnet.move(game, parent, bytes([7, parent]) + bytes(30), is_attack=True)
    position = Position(0, 0)
    devnet.move(game, split, trace.get(position), is_attack=True)
    for level in range(1, LEVELS + 1):
        wanted = leaf >> LEVELS - level & ~1
        attack = wanted >> 1 == position.index_at_depth
        position = position.attack() if attack else position.defend()
        value = trace.get(position)
        if level == LEVELS and not is_true:
            value = Hash32(bytes([1]) + bytes(31))
        devnet.move(game, split + level, value, is_attack=attack)
    assert position.trace_index(LEVELS) == leaf
    claim = split + 1 + LEVELS
    assert devnet.send(game, GAME, "addLocalData", 4, claim, 0).success
    at = position if is_attack else position.move_right()
    data = trace.get_step_data(at)
    done = devnet.send(game, GAME, "step", claim, is_attack, data.prestate, data.proof)
    if is_attack:
        expected = "ValidStep" if is_true else None
    else:
        # The state that follows is claimed by the side that would take the step, or by the other one.
        expected = _defence(leaf, is_true=is_true)
    error = None if done.success else GAME.errors[done.output[:4]].name
    assert error == expected


def _defence(leaf: int, *, is_true: bool) -> str | None:
    """A step after a false claim does not begin where it ends. After a true one it is what the other side of
    the game claims that decides: a claim of an even number of levels above is of the same side.
    """
    if not is_true:
        return "InvalidPrestate"
    levels_above = {0: 1, 2: 2, 4: 1, 6: 3}[leaf]
    return "ValidStep" if levels_above % 2 == 0 else None


@pytest.mark.parametrize(
    ("settings", "limits"),
    [
        (DisputeSettings(), (16, 12, 10_800, 302_400)),
        (DisputeSettings(max_clock_duration=280), (16, 12, 10, 280)),
        (DisputeSettings(max_clock_duration=100, clock_extension=50, challenge_period=50), (16, 12, 50, 100)),
        (DisputeSettings(split_depth=30), (34, 30, 10_800, 302_400)),
    ],
)
def test_limits(settings: DisputeSettings, limits: tuple[int, ...]) -> None:
    found = settings.limits
    assert (
        found.max_depth,
        found.split_depth,
        found.clock_extension,
        found.max_clock_duration,
    ) == limits
    devnet = Devnet(settings)
    assert devnet.create(GAME_TYPE)


@pytest.mark.parametrize(
    "settings",
    [
        DisputeSettings(split_depth=1),
        DisputeSettings(split_depth=122),
        DisputeSettings(max_clock_duration=100, clock_extension=51),
        DisputeSettings(max_clock_duration=100, clock_extension=10, challenge_period=91),
        DisputeSettings(challenge_period=1 << 64),
    ],
)
def test_settings_that_games_would_refuse(settings: DisputeSettings) -> None:
    with pytest.raises(Revert):
        dispute_contracts(OWNER, ANCHOR, START, L2_CHAIN, settings)
