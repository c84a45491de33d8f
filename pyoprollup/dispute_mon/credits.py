"""What the contracts owe, and whether they can pay: collateral, credits, and bonds of honest accounts.

Specification: fault-proof/stage-one/bond-incentives.md, "Claiming Credit", "DelayedWETH".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

from pyoprollup.challenger.contracts import WithdrawalRequest
from pyoprollup.dispute_mon.notices import Notice, NoticeKind
from pyoprollup.dispute_mon.types import BondData, BondedGame, HonestActors, ZKGame
from pyoprollup.eth.types import Address, to_hex

__all__ = [
    "CollateralBalance",
    "CreditExpectation",
    "CreditsCheck",
    "HonestBonds",
    "check_bonds",
    "is_mature",
    "required_collateral",
]

_NO_REQUEST = WithdrawalRequest(0, 0)


class CreditExpectation(Enum):
    """Credit against what it should be, and whether it can be withdrawn: the values are the two labels."""

    BELOW_WITHDRAWABLE = "below", "withdrawable"
    EQUAL_WITHDRAWABLE = "expected", "withdrawable"
    ABOVE_WITHDRAWABLE = "above", "withdrawable"
    BELOW_NON_WITHDRAWABLE = "below", "non_withdrawable"
    EQUAL_NON_WITHDRAWABLE = "expected", "non_withdrawable"
    ABOVE_NON_WITHDRAWABLE = "above", "non_withdrawable"


@dataclass(slots=True)
class CollateralBalance:
    """What a contract owes to the games that are looked at, and what it has."""

    required: int
    actual: int


@dataclass(slots=True)
class HonestBonds:
    """Bonds of an honest account that are open, and that were lost; and those of others that it has won."""

    pending: int = 0
    lost: int = 0
    won: int = 0


@dataclass(slots=True)
class CreditsCheck:
    """By contract that holds bonds; all credits by expectation; and by honest account."""

    collateral: dict[Address, CollateralBalance] = field(default_factory=dict)
    credits: Counter[CreditExpectation] = field(default_factory=Counter)
    honest: dict[Address, HonestBonds] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)


def check_bonds(games: Iterable[BondedGame], now: int, honest: HonestActors) -> CreditsCheck:
    """Look at the bonds of some games at a time."""
    check = CreditsCheck(honest={actor: HonestBonds() for actor in honest})
    for game in games:
        data = game.bond_data
        balance = check.collateral.setdefault(data.weth, CollateralBalance(0, data.collateral))
        balance.required += required_collateral(game)
        _check_credits(check, game, now)
        _count_honest(check, data)
    for weth, balance in check.collateral.items():
        if balance.required > balance.actual:
            details = {"weth": to_hex(weth), "required": balance.required, "actual": balance.actual}
            check.notices.append(Notice(NoticeKind.COLLATERAL_MISSING, None, details))
    return check


def required_collateral(game: BondedGame) -> int:
    """Wei that must be there for a game: bonds that are not resolved, and credit that was not paid out.

    The credit of a ZK game is gone once it is unlocked, so what is unlocked counts there.
    """
    data = game.bond_data
    unresolved = sum(bond.amount for bond in data.bonds.records if not bond.resolved)
    if not isinstance(game, ZKGame):
        return unresolved + sum(data.credits.values())
    everybody = {*data.credits, *data.withdrawals}
    return unresolved + sum(_credit_or_unlocked(data, recipient) for recipient in everybody)


def _credit_or_unlocked(data: BondData, recipient: Address) -> int:
    unlocked = data.withdrawals.get(recipient, _NO_REQUEST).amount
    return max(data.credits.get(recipient, 0), unlocked)


def is_mature(request: WithdrawalRequest, delay: int, now: int) -> bool:
    """Whether something was unlocked, and its delay is over."""
    return request.timestamp > 0 and now >= request.timestamp + delay


def _check_credits(check: CreditsCheck, game: BondedGame, now: int) -> None:
    data, is_zk = game.bond_data, isinstance(game, ZKGame)
    expected_credits = data.bonds.expected_credits
    recipients = {*expected_credits, *data.credits, *(data.withdrawals if is_zk else ())}
    for recipient in sorted(recipients):
        actual, withdrawable = data.credits.get(recipient, 0), now >= data.withdrawable_at
        expected = expected_credits.get(recipient, 0)
        if is_zk:
            if recipient not in expected_credits and not _credit_or_unlocked(data, recipient):
                continue
            actual, withdrawable = _zk_credit(data, recipient, now, expected)
        found = _compared(actual, expected, withdrawable)
        check.credits[found] += 1
        _tell(check, game, recipient, expected, actual, found)


def _zk_credit(data: BondData, recipient: Address, now: int, expected: int) -> tuple[int, bool]:
    """What a recipient has, or had: credit that was unlocked, or that was paid out when it was due."""
    request = data.withdrawals.get(recipient, _NO_REQUEST)
    actual = _credit_or_unlocked(data, recipient)
    withdrawable = is_mature(request, data.weth_delay, now)
    return (expected if withdrawable and actual == 0 else actual), withdrawable


def _compared(actual: int, expected: int, withdrawable: bool) -> CreditExpectation:
    credit = "above" if actual > expected else "below" if actual < expected else "expected"
    return CreditExpectation((credit, "withdrawable" if withdrawable else "non_withdrawable"))


def _tell(
    check: CreditsCheck,
    game: BondedGame,
    recipient: Address,
    expected: int,
    actual: int,
    found: CreditExpectation,
) -> None:
    if found in (CreditExpectation.ABOVE_WITHDRAWABLE, CreditExpectation.ABOVE_NON_WITHDRAWABLE):
        kind = NoticeKind.CREDIT_TOO_HIGH
    elif found is CreditExpectation.BELOW_NON_WITHDRAWABLE:
        kind = NoticeKind.CREDIT_GONE_EARLY
    else:
        return
    details = {"recipient": to_hex(recipient), "expected": expected, "actual": actual}
    check.notices.append(Notice(kind, game.common.proxy, details))


def _count_honest(check: CreditsCheck, data: BondData) -> None:
    for bond in data.bonds.records:
        loser, winner = check.honest.get(bond.depositor), check.honest.get(bond.recipient)
        if not bond.resolved:
            if loser is not None:
                loser.pending += bond.amount
        elif bond.forfeited:
            if loser is not None:
                loser.lost += bond.amount
            if winner is not None:
                winner.won += bond.amount
