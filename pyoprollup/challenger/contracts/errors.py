"""What can go wrong with the contracts of disputes, besides what an L1 and a revert can."""

from __future__ import annotations

from pyoprollup.errors import DecodeError, RollupError

__all__ = [
    "ContractsError",
    "InvalidAddLeaves",
    "InvalidGameArgs",
    "MalformedGame",
    "NumberTooLarge",
    "TooManyEntries",
    "UnsupportedGameType",
    "UnsupportedPreimage",
    "require_u64",
]

_U64_BITS = 64


class ContractsError(RollupError):
    """The root of the errors of this package."""


class UnsupportedGameType(ContractsError):
    """There is no contract for games of this type."""


class MalformedGame(ContractsError, DecodeError):
    """A contract's answers fit its ABI, but cannot be those of a game. No other game is affected."""


class NumberTooLarge(MalformedGame):
    """A number that a contract may have, and that nothing real can have: it is not of 64 bits."""


class TooManyEntries(MalformedGame):
    """A contract says that it has more claims, or other entries, than are read."""


class InvalidGameArgs(ContractsError, DecodeError):
    """The arguments that a factory has for a type of games are of no known layout."""


class UnsupportedPreimage(ContractsError):
    """The oracle contract cannot be given a pre-image of this kind, or the data for it are incomplete."""


class InvalidAddLeaves(ContractsError, DecodeError):
    """Call data are not those of ``addLeavesLPP``."""


def require_u64(value: int, what: str) -> int:
    """The value, if it is a ``uint64``; raises :class:`NumberTooLarge`, which names ``what``."""
    if not 0 <= value < 1 << _U64_BITS:
        raise NumberTooLarge(f"{what}: {value:#x} is not of 64 bits")
    return value
