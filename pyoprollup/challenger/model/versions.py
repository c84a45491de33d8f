"""What differs between the versions of the contracts: a row each."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["GAME_RULES", "ORACLE_RULES", "GameRules", "OracleRules"]


@dataclass(frozen=True, slots=True)
class GameRules:
    """A version of the fault dispute game.

    ``extension_by_depth``: a clock is extended if it has less than the extension that applies at the depth of
    the claim, and at the depth before the last that includes the oracle's challenge period. Before, all
    depths were measured by the plain extension, and only its double at the split knew of depths at all.

    ``strict_depths``: the split must leave two levels above and two below it, and all extensions must fit
    into the clock. ``capped_number``: the program is told the claimed block's number where the trace goes on
    behind it. ``arguments_in_clone``: type, pre-state, VM, registry, vault and chain come with each game from
    the factory, not with the implementation; block numbers then have 64 bits. ``closes``: bonds are given out
    after the game has been closed, which also moves the anchor; before, resolving did both.
    """

    version: str
    extension_by_depth: bool
    strict_depths: bool
    capped_number: bool
    arguments_in_clone: bool
    closes: bool


@dataclass(frozen=True, slots=True)
class OracleRules:
    """A version of the pre-image oracle.

    ``gas_in_key``: the key of a precompile's result includes the gas that the call needs, and the call is
    refused with less. ``strict``: a local part must begin inside of the pre-image, a proposal is initialized
    once, and not squeezed before it is final.
    """

    version: str
    gas_in_key: bool
    strict: bool


GAME_RULES = {
    rules.version: rules
    for rules in (
        GameRules("1.2.0", False, False, False, False, False),
        GameRules("1.3.0", True, True, True, False, False),
        GameRules("2.4.2", True, True, True, True, True),
    )
}
"""By version; the last is the newest."""

ORACLE_RULES = {
    rules.version: rules for rules in (OracleRules("1.0.0", False, False), OracleRules("1.1.5", True, True))
}
"""By version; the last is the newest."""
