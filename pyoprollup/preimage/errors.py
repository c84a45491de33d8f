"""What can go wrong between a program and the server of its pre-images."""

from __future__ import annotations

from pyoprollup.errors import RollupError
from pyoprollup.eth.types import Hash32, to_hex

__all__ = [
    "ChannelClosed",
    "ChannelTimeout",
    "MessageTooLarge",
    "OracleError",
    "PreimageMissing",
    "StoreError",
    "UnsupportedKey",
    "WrongPreimage",
]


class OracleError(RollupError):
    """The root of the errors about the oracle. None of them says anything about a claim.

    They are neither ``Unavailable`` nor ``NotFound``: to a program, a pre-image is there, or nothing can be
    told.
    """


class PreimageMissing(OracleError):
    """The oracle does not have a pre-image; ``key`` is what was asked for."""

    def __init__(self, key: bytes, detail: str = "") -> None:
        super().__init__(f"no pre-image of {to_hex(key)}{': ' if detail else ''}{detail}")
        self.key = Hash32(key)


class StoreError(OracleError):
    """What keeps pre-images cannot be read or written."""


class WrongPreimage(OracleError):
    """What the oracle gave is not the pre-image of the key, or cannot be one."""


class UnsupportedKey(OracleError):
    """A key of the reserved type, or of none that is known."""


class ChannelClosed(OracleError):
    """The other side closed the channel, within a message or where one was awaited."""


class ChannelTimeout(OracleError):
    """The other side neither sent nor took anything for too long."""


class MessageTooLarge(OracleError):
    """A message is announced, or was to be sent, that is longer than the limit."""
