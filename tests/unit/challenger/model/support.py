"""A chain with the contracts of disputes, in the model, and games on it."""

from __future__ import annotations

from dataclasses import dataclass, field

from pyoprollup.challenger.game.bonds import required_bond
from pyoprollup.challenger.model import (
    GAME_RULES,
    AlphabetVM,
    AnchorStateRegistry,
    Call,
    Chain,
    DelayedWETH,
    DisputeGameFactory,
    FaultDisputeGame,
    GameImplementation,
    GameLimits,
    GameParameters,
    LegacyAnchorStateRegistry,
    OutputRoot,
    PreimageOracle,
    SystemConfig,
)
from pyoprollup.challenger.model.vm import with_status
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import Address, Hash32

OWNER, ALICE, BOB, CAROL = (Address(bytes([number]) * 20) for number in (0x0F, 0xA1, 0xB0, 0xCA))
START, DELAY, FINALITY, PERIOD = 1_000_000, 100, 50, 500
LIMITS = GameLimits(max_depth=8, split_depth=4, clock_extension=1_000, max_clock_duration=100_000)
ABSOLUTE_STATE = ord("a").to_bytes(32, "big")
PRESTATE = with_status(keccak256(ABSOLUTE_STATE), 3)
ANCHOR = OutputRoot(Hash32(b"\x11" * 32), 100)
ROOT = Hash32(b"\xaa" * 32)
BOND = 80_000_000_000_000_000
TYPE, PERMISSIONED_TYPE = 255, 1


@dataclass
class Contracts:
    """All contracts of a version, with two types of games; one is permissioned, to Alice and Bob."""

    version: str = "2.4.2"
    limits: GameLimits = LIMITS
    now: int = START
    chain: Chain = field(default_factory=Chain)

    def __post_init__(self) -> None:
        chain, rules = self.chain, GAME_RULES[self.version]
        self.config = SystemConfig(OWNER)
        self.oracle = PreimageOracle(chain, 200, PERIOD)
        self.vm = AlphabetVM(chain, PRESTATE, self.oracle)
        self.weth = DelayedWETH(chain, DELAY, OWNER, self.config)
        self.factory = DisputeGameFactory(chain, OWNER)
        self.registry: AnchorStateRegistry | LegacyAnchorStateRegistry
        if rules.closes:
            self.registry = AnchorStateRegistry(chain, self.config, self.factory, ANCHOR, TYPE, FINALITY)
        else:
            anchors = {TYPE: ANCHOR, PERMISSIONED_TYPE: ANCHOR}
            self.registry = LegacyAnchorStateRegistry(chain, self.factory, anchors)
        parameters = GameParameters(PRESTATE, self.vm, self.registry, self.weth, 901, ALICE, BOB)
        for game_type in (TYPE, PERMISSIONED_TYPE):
            permissioned = game_type == PERMISSIONED_TYPE
            implementation = GameImplementation(
                chain,
                rules,
                self.limits,
                permissioned=permissioned,
                game_type=game_type,
                parameters=None if rules.arguments_in_clone else parameters,
            )
            args = parameters.pack(permissioned=permissioned) if rules.arguments_in_clone else None
            self.factory.set_implementation(self.call(OWNER), game_type, implementation, args)
            self.factory.set_init_bond(self.call(OWNER), game_type, BOND)

    def call(self, sender: Address = ALICE, value: int = 0) -> Call:
        return Call(sender, self.now, value)

    def create(
        self,
        number: int = 110,
        root: Hash32 = ROOT,
        sender: Address = ALICE,
        game_type: int = TYPE,
        value: int = BOND,
    ) -> FaultDisputeGame:
        return self.factory.create(self.call(sender, value), game_type, root, number.to_bytes(32, "big"))

    def later(self, seconds: int) -> None:
        self.now += seconds

    def move(
        self,
        game: FaultDisputeGame,
        index: int,
        value: bytes,
        sender: Address = BOB,
        *,
        is_attack: bool = True,
    ) -> None:
        """An answer with the right bond."""
        claim = game.claims[index]
        position = claim.position.attack() if is_attack else claim.position.defend()
        bond = required_bond(min(position.depth, game.limits.max_depth), game.limits.max_depth)
        game.move(self.call(sender, bond), claim.value, index, Hash32(value), is_attack=is_attack)


def value(number: int, status: int = 1) -> Hash32:
    """Some claim, with the status of a machine that has ended badly."""
    return Hash32(bytes([status]) + number.to_bytes(31, "big"))
