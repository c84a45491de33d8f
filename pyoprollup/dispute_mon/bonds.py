"""The bonds of a game by the rules: who has posted them, and who should get them.

In normal mode, and in old games without modes, the bond of a claim that is resolved goes to who has countered
it, or back to its claimant. In refund mode every bond goes back, resolved or not. Before the mode is decided
the rules of the normal mode are looked at ahead.

Specification: fault-proof/stage-one/bond-incentives.md, "Bond Distribution Mode".
"""

from __future__ import annotations

from collections.abc import Sequence

from pyoprollup.challenger.contracts import BondDistributionMode, ProposalStatus
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.dispute_mon.errors import InconsistentZKGame
from pyoprollup.dispute_mon.types import BondRecord, Bonds, EnrichedClaim
from pyoprollup.eth.types import ZERO_ADDRESS, Address

__all__ = ["check_zk_participants", "check_zk_status", "fault_bonds", "withdrawable_at", "zk_bonds"]

_REFUND = BondDistributionMode.REFUND


def fault_bonds(
    claims: Sequence[EnrichedClaim], mode: BondDistributionMode, block_number_challenger: Address
) -> Bonds:
    """The bonds of a game with claims.

    ``block_number_challenger`` is who has proven the claimed block number wrong, the zero address for nobody.
    He gets the root claim's bond.
    """
    expected: dict[Address, int] = {}
    recipients: set[Address] = set()
    records = []
    for enriched in claims:
        claim = enriched.claim
        countered = claim.countered_by != ZERO_ADDRESS
        winner = claim.countered_by if countered and mode is not _REFUND else claim.claimant
        recipients.add(winner)
        resolved = enriched.resolved or mode is _REFUND
        records.append(
            BondRecord(
                depositor=claim.claimant,
                amount=claim.bond,
                recipient=winner if resolved else ZERO_ADDRESS,
                resolved=resolved,
                forfeited=resolved and countered and mode is not _REFUND,
            )
        )
        if resolved:
            challenged = claim.is_root and block_number_challenger != ZERO_ADDRESS and mode is not _REFUND
            to = block_number_challenger if challenged else winner
            expected[to] = expected.get(to, 0) + claim.bond
    if mode is not _REFUND and block_number_challenger != ZERO_ADDRESS:
        recipients.add(block_number_challenger)
    return Bonds(tuple(records), frozenset(recipients), expected)


def withdrawable_at(created: int, max_clock_duration: int, delay: int) -> int:
    """When the credit of a game with claims can be withdrawn at the earliest."""
    return created + max_clock_duration + delay


# --- ZK games


def check_zk_status(status: GameStatus, proposal: ProposalStatus) -> None:
    """Raise :class:`InconsistentZKGame` unless game and proposal are both over, or neither is."""
    if (status is GameStatus.IN_PROGRESS) == (proposal is ProposalStatus.RESOLVED):
        raise InconsistentZKGame(f"the game is {status}, and its proposal {proposal.name}")


def check_zk_participants(proposal: ProposalStatus, challenger: Address, prover: Address) -> None:
    """Raise :class:`InconsistentZKGame` unless there is a challenger, and a prover, where there must be."""
    wanted = {
        ProposalStatus.UNCHALLENGED: (False, False),
        ProposalStatus.CHALLENGED: (True, False),
        ProposalStatus.UNCHALLENGED_AND_PROVEN: (False, True),
        ProposalStatus.CHALLENGED_AND_PROVEN: (True, True),
    }
    found = challenger != ZERO_ADDRESS, prover != ZERO_ADDRESS
    if wanted.get(proposal, found) != found:
        raise InconsistentZKGame(f"the proposal is {proposal.name}; challenger, prover: {found}")


def zk_bonds(
    *,
    mode: BondDistributionMode,
    status: GameStatus,
    parent_status: GameStatus | None,
    creator: Address,
    challenger: Address,
    prover: Address,
    total: int,
    challenger_bond: int,
) -> Bonds:
    """The bonds of a ZK game: the creator's, and the challenger's if there is one.

    If the challenger wins he gets both; if not, the prover gets his. Raises :class:`InconsistentZKGame` for
    an end that the rules do not have.
    """
    _check_zk_end(mode, status, parent_status, challenger, prover)
    if creator == ZERO_ADDRESS:
        raise InconsistentZKGame("the game has no creator")
    posted = [(creator, total, False)]
    if challenger != ZERO_ADDRESS:
        if total < challenger_bond:
            raise InconsistentZKGame(f"all bonds, {total}, are less than the challenger's, {challenger_bond}")
        posted = [(creator, total - challenger_bond, False), (challenger, challenger_bond, True)]
    recipients = {creator, challenger, prover} - {ZERO_ADDRESS}
    records: list[BondRecord] = []
    expected: dict[Address, int] = {}
    for depositor, amount, is_challengers in posted:
        if status is GameStatus.IN_PROGRESS:
            records.append(BondRecord(depositor, amount, challenger_bond=is_challengers))
            continue
        if mode is _REFUND:
            to = depositor
        elif status is GameStatus.CHALLENGER_WON:
            to = challenger
        else:
            to = prover if is_challengers else creator
        records.append(BondRecord(depositor, amount, to, True, to != depositor, is_challengers))
        recipients.add(to)
        expected[to] = expected.get(to, 0) + amount
    return Bonds(tuple(records), frozenset(recipients), expected)


def _check_zk_end(
    mode: BondDistributionMode,
    status: GameStatus,
    parent_status: GameStatus | None,
    challenger: Address,
    prover: Address,
) -> None:
    if mode is BondDistributionMode.LEGACY:
        raise InconsistentZKGame("a ZK game without modes")
    if status is GameStatus.IN_PROGRESS:
        if mode is not BondDistributionMode.UNDECIDED:
            raise InconsistentZKGame(f"the game is in progress, and its bonds are decided: {mode.name}")
        return
    challenged, proven = challenger != ZERO_ADDRESS, prover != ZERO_ADDRESS
    bad_parent = parent_status is GameStatus.CHALLENGER_WON
    if status is GameStatus.DEFENDER_WON:
        if bad_parent:
            raise InconsistentZKGame("the defender has won on a parent that was lost")
        if challenged and not proven:
            raise InconsistentZKGame("the defender has won a challenge without a proof")
    elif not bad_parent and (proven or not challenged):
        raise InconsistentZKGame("the challenger has won without a challenge, or against a proof")
