"""What the contracts revert with: an exception for each error, of the same name.

A contract checks everything before it changes anything, so after a revert all is as it was before the call.
``data`` is what the EVM would return: the selector and the arguments.
"""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar

from pyoprollup.challenger.game.errors import GameError
from pyoprollup.eth.abi import encode_arguments, selector

__all__ = ["EmptyRevert", "ErrorString", "Panic", "Revert"]


class Revert(GameError):
    """A contract refuses a call. The error's name is that of the class."""

    types: ClassVar[tuple[str, ...]] = ()
    """Of its arguments, as in the contract's ABI."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.arguments = arguments

    @property
    def data(self) -> bytes:
        """Selector and arguments, ABI-encoded."""
        return _selector(_error_name(type(self)), self.types) + encode_arguments(self.types, self.arguments)

    def __str__(self) -> str:
        shown = (value.hex() if isinstance(value, bytes) else repr(value) for value in self.arguments)
        return f"{_error_name(type(self))}({', '.join(shown)})"


class EmptyRevert(Revert):
    """A revert without data: arguments that cannot be decoded, money for a function that takes none."""

    @property
    def data(self) -> bytes:
        """There is none, not even a selector."""
        return b""


class Panic(Revert):
    """Solidity's own checks: 0x11 for an overflow, 0x32 for an index that is out of bounds."""

    types = ("uint256",)


class ErrorString(Revert):
    """An error with a text instead of a name, ``Error(string)``."""

    types = ("string",)


# --- DisputeGameFactory


class NoImplementation(Revert):
    """Games of this type cannot be created."""

    types = ("uint32",)


class IncorrectBondAmount(Revert):
    """The value of the call is not the bond, neither less nor more is taken."""


class GameAlreadyExists(Revert):
    """There is a game of this type, root claim and extra data."""

    types = ("bytes32",)


# --- FaultDisputeGame: its parameters


class MaxDepthTooLarge(Revert):
    """Positions of such a game would not fit into 126 bits."""


class InvalidSplitDepth(Revert):
    """One of the two parts of the game would have no depth."""


class InvalidChallengePeriod(Revert):
    """The oracle's challenge period does not fit into 64 bits."""


class InvalidClockExtension(Revert):
    """A clock extension is longer than the clock."""


class AlreadyInitialized(Revert):
    """The game, or the pre-image proposal, has been initialized before."""


class BadExtraData(Revert):
    """The extra data is not exactly one word."""


class AnchorRootNotFound(Revert):
    """The registry has no root to begin from."""


class UnexpectedRootClaim(Revert):
    """The root claim is of a block that it must not be of, or has a status that it cannot have here."""

    types = ("bytes32",)


class BadAuth(Revert):
    """A permissioned game is played by its proposer and its challenger only."""


# --- FaultDisputeGame: moves and steps


class GameNotInProgress(Revert):
    """The game has been resolved."""


class InvalidDisputedClaimIndex(Revert):
    """Another claim than the disputed one stands at the index."""


class CannotDefendRootClaim(Revert):
    """The root of a game, or of the lower game, commits to everything: there is nothing after it."""


class L2BlockNumberChallenged(Revert):
    """The root claim has lost already, by its block number."""


class GameDepthExceeded(Revert):
    """Below the maximum depth there are steps, and no claims."""


class ClockTimeExceeded(Revert):
    """The side has used up its time."""


class ClaimAlreadyExists(Revert):
    """The same claim stands at the same position in answer to the same claim."""


class InvalidParent(Revert):
    """Steps are taken against claims at the maximum depth only."""


class InvalidPrestate(Revert):
    """The state is not the one that the claim before the step commits to."""


class ValidStep(Revert):
    """The step shows that the claim is right."""


class DuplicateStep(Revert):
    """Somebody else has taken a step against this claim."""


class ClaimAboveSplit(Revert):
    """The claim is of the upper game, which has no pre-images."""


class InvalidLocalIdent(Revert):
    """The program has no local pre-image of this number."""


class InvalidOutputRootProof(Revert):
    """The output is not the one that the root claim is the hash of."""


class InvalidHeaderRLP(Revert):
    """The header is not the one that the output commits to, or its number is longer than a word."""


class BlockNumberMatches(Revert):
    """The header has the number that the game says."""


class UnknownChainId(Revert):
    """The game is about another chain."""


class EmptyItem(Revert):
    """RLP: there is nothing to decode."""


class UnexpectedString(Revert):
    """RLP: a string where a list must be."""


class UnexpectedList(Revert):
    """RLP: a list where a string must be."""


class InvalidDataRemainder(Revert):
    """RLP: something follows the item."""


class ContentLengthMismatch(Revert):
    """RLP: an item runs past the end."""


class InvalidHeader(Revert):
    """RLP: a length is not in its shortest form."""


# --- FaultDisputeGame: its end


class ClockNotExpired(Revert):
    """The side that would answer still has time."""


class ClaimAlreadyResolved(Revert):
    """The claim has been resolved, and its bond given away."""


class OutOfOrderResolution(Revert):
    """A claim is resolved after all that answer it."""


class GameNotResolved(Revert):
    """A game is closed after it has been resolved."""


class GameNotFinalized(Revert):
    """The game has been resolved only lately."""


class GamePaused(Revert):
    """The system is paused, and no game is closed meanwhile."""


class InvalidBondDistributionMode(Revert):
    """The game is in a state that it cannot be in."""


class NoCreditToClaim(Revert):
    """Nothing is due to the recipient."""


class BondTransferFailed(Revert):
    """The recipient does not take the money."""


# --- AnchorStateRegistry


class AnchorStateRegistry_InvalidAnchorGame(Revert):  # noqa: N801, the name is the contract's
    """The game cannot be the anchor: not final, not won, ruled out, or older than the anchor."""


class AnchorStateRegistry_Unauthorized(Revert):  # noqa: N801
    """The guardian alone may do this."""


class UnregisteredGame(Revert):
    """The game is not one of the factory's."""


# --- PreimageOracle


class PartOffsetOOB(Revert):
    """The part begins behind the end of the pre-image."""


class NotEnoughGas(Revert):
    """The precompile might run out of gas, and that must not be taken for its answer."""


class InvalidProof(Revert):
    """The proof does not lead to the root or the commitment."""


class InvalidPreimage(Revert):
    """The state matrix is not the one that the leaf commits to."""


class InvalidInputSize(Revert):
    """The pre-image is too small for a proposal, or not as long as was said."""


class MalformedInput(InvalidInputSize):
    """The input is not a number of whole blocks, or there is another number of commitments.

    The reference means the error above, and misspells the selector; so do those who decode it.
    """

    @property
    def data(self) -> bytes:
        """The misspelled selector."""
        return bytes.fromhex("07b1daf1")


class InsufficientBond(Revert):
    """The bond for a large pre-image is too small."""


class NotEOA(Revert):
    """Contracts do not propose large pre-images."""


class NotInitialized(Revert):
    """There is no such proposal."""


class AlreadyFinalized(Revert):
    """All leaves of the proposal are there."""


class WrongStartingBlock(Revert):
    """The leaves do not follow those that are there."""


class TreeSizeOverflow(Revert):
    """The tree has no room for so many leaves."""


class StatesNotContiguous(Revert):
    """The two leaves do not follow each other, or are not the ones that this is about."""


class PostStateMatches(Revert):
    """The leaf is right."""


class ActiveProposal(Revert):
    """The challenge period is not over, or has not begun."""


class BadProposal(Revert):
    """The proposal has been challenged."""


def _error_name(kind: type[Revert]) -> str:
    return {"ErrorString": "Error"}.get(kind.__name__, kind.__name__)


@cache
def _selector(name: str, types: tuple[str, ...]) -> bytes:
    return selector(f"{name}({','.join(types)})")
