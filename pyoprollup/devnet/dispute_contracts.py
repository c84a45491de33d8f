"""The contracts of proposals on the L1 of a devnet: factory of games, a kind of game, anchor registry.

Addresses are fixed. Games begin from the output root of L2's genesis block.
"""

from __future__ import annotations

from pyoprollup.devcontracts import contract
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.output_root import OutputV0
from pyoprollup.eth.types import Address
from pyoprollup.evm.genesis import Account

__all__ = [
    "ANCHOR_STATE_REGISTRY",
    "DISPUTE_GAME",
    "DISPUTE_GAME_FACTORY",
    "GAME_TYPE",
    "INIT_BOND",
    "dispute_contracts",
]

DISPUTE_GAME_FACTORY = Address(bytes.fromhex("de" * 18 + "0004"))
ANCHOR_STATE_REGISTRY = Address(bytes.fromhex("de" * 18 + "0005"))
DISPUTE_GAME = Address(bytes.fromhex("de" * 18 + "0006"))
"""The implementation that games are proxies of."""
GAME_TYPE = 0
INIT_BOND = 80_000_000_000_000_000
"""Wei that a proposal must carry."""

_MAX_CLOCK_DURATION = 302_400
_FINALITY_DELAY = 302_400
"""Seconds: both as on Ethereum, where they are three days and a half."""


def dispute_contracts(
    owner: Address,
    anchor: OutputV0,
    anchor_number: int,
    l2_chain_id: int,
    *,
    max_clock_duration: int = _MAX_CLOCK_DURATION,
    finality_delay: int = _FINALITY_DELAY,
) -> dict[Address, Account]:
    """The three contracts, ready for games after block ``anchor_number``, whose output is ``anchor``.

    Times are in seconds.
    """
    factory, registry = contract("DisputeGameFactory"), contract("AnchorStateRegistry")
    slots = factory.slots
    args = (
        bytes(32)  # there is no VM yet, and so no prestate
        + bytes(20)
        + ANCHOR_STATE_REGISTRY
        + bytes(20)
        + l2_chain_id.to_bytes(32, "big")
        + max_clock_duration.to_bytes(8, "big")
    )
    factory_storage = {
        slots["owner"]: _word(owner),
        _entry(slots["gameImpls"], GAME_TYPE): _word(DISPUTE_GAME),
        _entry(slots["initBonds"], GAME_TYPE): INIT_BOND,
        **_bytes_at(_entry(slots["gameArgs"], GAME_TYPE), args),
    }
    slots = registry.slots
    registry_storage = {
        slots["owner"]: _word(owner),
        slots["disputeGameFactory"]: _word(DISPUTE_GAME_FACTORY),
        slots["respectedGameType"]: GAME_TYPE,
        slots["disputeGameFinalityDelaySeconds"]: finality_delay,
        slots["startingAnchorRoot"]: _word(anchor.root()),
        slots["startingAnchorRoot"] + 1: anchor_number,
    }
    return {
        DISPUTE_GAME_FACTORY: Account(nonce=1, code=factory.runtime, storage=factory_storage),
        ANCHOR_STATE_REGISTRY: Account(nonce=1, code=registry.runtime, storage=registry_storage),
        DISPUTE_GAME: Account(nonce=1, code=contract("FaultDisputeGame").runtime),
    }


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
