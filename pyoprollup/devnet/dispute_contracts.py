"""The contracts of proposals and disputes on the L1 of a devnet.

Addresses are fixed. Games begin from the output root of L2's genesis block. There are three types of them:
:data:`GAME_TYPE`, which the proposer uses, :data:`ALPHABET_GAME_TYPE`, both with the alphabet for their
machine, and :data:`PERMISSIONED_GAME_TYPE`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pyoprollup.challenger.model import GAME_RULES, GameLimits
from pyoprollup.challenger.trace.alphabet import alphabet_prestate_commitment
from pyoprollup.devcontracts import contract
from pyoprollup.devnet.toy.prestate import TOY_PRESTATE
from pyoprollup.devnet.toy.rollup import TOY_GENESIS
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.output_root import OutputV0
from pyoprollup.eth.types import ZERO_ADDRESS, Address
from pyoprollup.evm.genesis import Account

__all__ = [
    "ALPHABET_GAME_TYPE",
    "ALPHABET_VM",
    "ANCHOR_STATE_REGISTRY",
    "DELAYED_WETH",
    "DISPUTE_GAME",
    "DISPUTE_GAME_FACTORY",
    "GAME_TYPE",
    "INIT_BOND",
    "MIPS64_VM",
    "PERMISSIONED_DISPUTE_GAME",
    "PERMISSIONED_GAME_TYPE",
    "PREIMAGE_ORACLE",
    "TOY_ANCHOR_STATE_REGISTRY",
    "TOY_DISPUTE_GAME",
    "TOY_GAME_TYPE",
    "DisputeSettings",
    "dispute_contracts",
]


def _devnet_address(number: int) -> Address:
    return Address(bytes.fromhex("de" * 18) + number.to_bytes(2, "big"))


DISPUTE_GAME_FACTORY = _devnet_address(4)
ANCHOR_STATE_REGISTRY = _devnet_address(5)
DISPUTE_GAME = _devnet_address(6)
PERMISSIONED_DISPUTE_GAME = _devnet_address(7)
"""The implementations that games are proxies of."""
DELAYED_WETH = _devnet_address(8)
PREIMAGE_ORACLE = _devnet_address(9)
ALPHABET_VM = _devnet_address(10)
MIPS64_VM = _devnet_address(11)
"""For programs: the machine of games about the toy."""

TOY_DISPUTE_GAME = _devnet_address(12)
TOY_ANCHOR_STATE_REGISTRY = _devnet_address(13)
"""Of games about the toy: they are deeper, and begin from its genesis."""

GAME_TYPE, PERMISSIONED_GAME_TYPE, ALPHABET_GAME_TYPE = 0, 1, 255
TOY_GAME_TYPE = 8
"""Kona's, on other chains: here the program is the toy's."""
INIT_BOND = 80_000_000_000_000_000
"""Wei that a proposal must carry."""

_DAYS_3_5 = 302_400
_TOY_LEVELS = 25
"""The same of the toy's: its program takes two million steps, and more for a game about many blocks."""
_ALPHABET_LEVELS = 4
"""Levels of a lower game of the alphabet, its root included: its traces have eight steps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeSettings:
    """How games are played on a devnet. Times in seconds; those of clocks and delays are Ethereum's.

    Games are about at most ``2 ** split_depth`` blocks after their anchor. ``clock_extension`` and
    ``challenge_period`` (of large pre-images) are Ethereum's as well, or what fits into a shorter clock.
    Large pre-images have at least ``min_proposal_size`` bytes. Permissioned games are for ``proposer`` and
    ``challenger``. With ``toy`` there are games about the toy rollup.
    """

    max_clock_duration: int = _DAYS_3_5
    finality_delay: int = _DAYS_3_5
    weth_delay: int = _DAYS_3_5
    clock_extension: int | None = None
    challenge_period: int | None = None
    split_depth: int = 12
    min_proposal_size: int = 10_000
    proposer: Address = ZERO_ADDRESS
    challenger: Address = ZERO_ADDRESS
    toy: bool = False

    @property
    def oracle_period(self) -> int:
        """The oracle's challenge period."""
        if self.challenge_period is None:
            return min(86_400, self.max_clock_duration // 4)
        return self.challenge_period

    @property
    def limits(self) -> GameLimits:
        """Depths and clocks of all games. Raises what contracts of games refuse, a :class:`Revert`."""
        return self._limits(_ALPHABET_LEVELS)

    @property
    def toy_limits(self) -> GameLimits:
        """Those of games about the toy; raises as well."""
        return self._limits(_TOY_LEVELS)

    def _limits(self, lower_levels: int) -> GameLimits:
        extension = self.clock_extension
        limits = GameLimits(
            max_depth=self.split_depth + lower_levels,
            split_depth=self.split_depth,
            clock_extension=min(10_800, self.max_clock_duration // 28) if extension is None else extension,
            max_clock_duration=self.max_clock_duration,
        )
        rules = GAME_RULES["2.4.2"]
        limits.check(rules)
        limits.check_challenge_period(rules, self.oracle_period)
        return limits


def dispute_contracts(
    owner: Address,
    anchor: OutputV0,
    anchor_number: int,
    l2_chain_id: int,
    settings: DisputeSettings | None = None,
) -> dict[Address, Account]:
    """All contracts, ready for games after block ``anchor_number``, whose output is ``anchor``."""
    settings = settings or DisputeSettings()
    game = _game(settings.limits)
    vault: dict[str, int | bytes] = {
        "DELAY_SECONDS": settings.weth_delay,
        "OWNER": owner,
        "CONFIG": ANCHOR_STATE_REGISTRY,
    }
    oracle: dict[str, int | bytes] = {
        "MIN_PROPOSAL_SIZE": settings.min_proposal_size,
        "CHALLENGE_PERIOD": settings.oracle_period,
    }
    vm: dict[str, int | bytes] = {
        "ABSOLUTE_PRESTATE": alphabet_prestate_commitment(),
        "ORACLE": PREIMAGE_ORACLE,
        # As in the trace that challengers play by.
        "FIRST_STEP": 1,
    }
    toy: dict[Address, Account] = {}
    if settings.toy:
        toy[TOY_DISPUTE_GAME] = _deployed("FaultDisputeGame", _game(settings.toy_limits))
        toy[TOY_ANCHOR_STATE_REGISTRY] = _registry(owner, TOY_GENESIS.output, 0, TOY_GAME_TYPE, settings)
    return {
        **toy,
        DISPUTE_GAME_FACTORY: _factory(owner, l2_chain_id, settings),
        ANCHOR_STATE_REGISTRY: _registry(owner, anchor, anchor_number, GAME_TYPE, settings),
        DISPUTE_GAME: _deployed("FaultDisputeGame", game),
        PERMISSIONED_DISPUTE_GAME: _deployed("PermissionedDisputeGame", game),
        DELAYED_WETH: _deployed("DelayedWETH", vault),
        PREIMAGE_ORACLE: _deployed("PreimageOracle", oracle),
        ALPHABET_VM: _deployed("AlphabetVM", vm),
        MIPS64_VM: _deployed("MIPS64", {"ORACLE": PREIMAGE_ORACLE}),
    }


def _game(limits: GameLimits) -> dict[str, int | bytes]:
    return {
        "MAX_GAME_DEPTH": limits.max_depth,
        "SPLIT_DEPTH": limits.split_depth,
        "CLOCK_EXTENSION": limits.clock_extension,
        "MAX_CLOCK_DURATION": limits.max_clock_duration,
    }


def _deployed(name: str, immutables: Mapping[str, int | bytes]) -> Account:
    return Account(nonce=1, code=contract(name).deployed_with(**immutables).runtime)


def _factory(owner: Address, l2_chain_id: int, settings: DisputeSettings) -> Account:
    factory = contract("DisputeGameFactory")
    slots = factory.slots
    end = DELAYED_WETH + l2_chain_id.to_bytes(32, "big")
    args = alphabet_prestate_commitment() + ALPHABET_VM + ANCHOR_STATE_REGISTRY + end
    kinds = {
        GAME_TYPE: (DISPUTE_GAME, args),
        PERMISSIONED_GAME_TYPE: (PERMISSIONED_DISPUTE_GAME, args + settings.proposer + settings.challenger),
        ALPHABET_GAME_TYPE: (DISPUTE_GAME, args),
    }
    if settings.toy:
        kinds[TOY_GAME_TYPE] = TOY_DISPUTE_GAME, TOY_PRESTATE + MIPS64_VM + TOY_ANCHOR_STATE_REGISTRY + end
    storage = {slots["owner"]: _word(owner)}
    for game_type, (implementation, given) in kinds.items():
        storage[_entry(slots["gameImpls"], game_type)] = _word(implementation)
        storage[_entry(slots["initBonds"], game_type)] = INIT_BOND
        storage |= _bytes_at(_entry(slots["gameArgs"], game_type), given)
    return Account(nonce=1, code=factory.runtime, storage=storage)


def _registry(
    owner: Address, anchor: OutputV0, anchor_number: int, game_type: int, settings: DisputeSettings
) -> Account:
    registry = contract("AnchorStateRegistry")
    slots = registry.slots
    storage = {
        slots["owner"]: _word(owner),
        slots["disputeGameFactory"]: _word(DISPUTE_GAME_FACTORY),
        slots["respectedGameType"]: game_type,
        slots["disputeGameFinalityDelaySeconds"]: settings.finality_delay,
        slots["startingAnchorRoot"]: _word(anchor.root()),
        slots["startingAnchorRoot"] + 1: anchor_number,
    }
    return Account(nonce=1, code=registry.runtime, storage=storage)


def _word(value: bytes) -> int:
    return int.from_bytes(value, "big")


def _entry(slot: int, key: int) -> int:
    """Where Vyper keeps the entry of a mapping: the slot comes before the key."""
    return _word(keccak256(slot.to_bytes(32, "big") + key.to_bytes(32, "big")))


def _bytes_at(slot: int, data: bytes) -> dict[int, int]:
    """How Vyper keeps bytes: the length, and the words after it."""
    words = {slot: len(data)}
    for index in range(0, len(data), 32):
        words[slot + 1 + index // 32] = _word(data[index : index + 32].ljust(32, b"\0"))
    return words
