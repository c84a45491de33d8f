"""What games have unlocked for withdrawal, against the credits; and what honest accounts could withdraw now.

Old games unlock credit as claims are resolved, so both are equal. Newer ones unlock it when it is claimed the
first time, after the game was closed: until then nothing is unlocked.

Specification: fault-proof/stage-one/bond-incentives.md, "Claiming Credit", "DelayedWETH".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from pyoprollup.challenger.contracts import BondDistributionMode, WithdrawalRequest
from pyoprollup.dispute_mon.credits import is_mature
from pyoprollup.dispute_mon.notices import Notice, NoticeKind
from pyoprollup.dispute_mon.types import BondedGame, FaultGame, HonestActors, ZKGame
from pyoprollup.eth.types import Address, to_hex

__all__ = ["WithdrawalCounts", "WithdrawalsCheck", "check_withdrawals"]

_UNDECIDED, _LEGACY = BondDistributionMode.UNDECIDED, BondDistributionMode.LEGACY


@dataclass(slots=True)
class WithdrawalCounts:
    """How many withdrawals are as they should be, and how many are not."""

    matching: int = 0
    divergent: int = 0


@dataclass(slots=True)
class WithdrawalsCheck:
    """By contract that holds bonds; and wei that each honest account could withdraw, or begin to."""

    requests: dict[Address, WithdrawalCounts] = field(default_factory=dict)
    honest: dict[Address, int] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)


def check_withdrawals(games: Iterable[BondedGame], now: int, honest: HonestActors) -> WithdrawalsCheck:
    """Look at the withdrawals of some games at a time."""
    check = WithdrawalsCheck(honest=dict.fromkeys(honest, 0))
    for game in games:
        check.requests.setdefault(game.bond_data.weth, WithdrawalCounts())
        for recipient, request in sorted(game.bond_data.withdrawals.items()):
            if isinstance(game, ZKGame):
                _check_zk(check, game, recipient, request, now)
            else:
                _check_fault(check, game, recipient, request, now)
    return check


def _count(check: WithdrawalsCheck, game: BondedGame, recipient: Address, problem: NoticeKind | None) -> None:
    data = game.bond_data
    if problem is None:
        check.requests[data.weth].matching += 1
        return
    check.requests[data.weth].divergent += 1
    details = {
        "recipient": to_hex(recipient),
        "credit": data.credits.get(recipient, 0),
        "unlocked": data.withdrawals[recipient].amount,
    }
    check.notices.append(Notice(problem, game.common.proxy, details))


def _check_fault(
    check: WithdrawalsCheck, game: FaultGame, recipient: Address, request: WithdrawalRequest, now: int
) -> None:
    data = game.bond_data
    credit = data.credits.get(recipient, 0)
    if data.mode is _UNDECIDED:
        if request.amount:
            _count(check, game, recipient, NoticeKind.WITHDRAWAL_TOO_EARLY)
    else:
        fits = request.amount == credit or (request.amount == 0 and data.mode is not _LEGACY)
        _count(check, game, recipient, None if fits else NoticeKind.WITHDRAWAL_DIFFERS)
    if recipient not in check.honest:
        return
    if data.mode is not _UNDECIDED and request.amount == 0 and credit:
        _add_honest(check, game, recipient, credit, NoticeKind.WITHDRAWAL_NOT_BEGUN)
    if request.amount and now > request.timestamp + data.weth_delay:
        _add_honest(check, game, recipient, request.amount, NoticeKind.CREDIT_UNCLAIMED)


def _add_honest(
    check: WithdrawalsCheck, game: BondedGame, recipient: Address, amount: int, kind: NoticeKind
) -> None:
    check.honest[recipient] += amount
    details = {"recipient": to_hex(recipient), "amount": amount}
    check.notices.append(Notice(kind, game.common.proxy, details))


def _check_zk(
    check: WithdrawalsCheck, game: ZKGame, recipient: Address, request: WithdrawalRequest, now: int
) -> None:
    data = game.bond_data
    credit, expected = data.credits.get(recipient, 0), data.bonds.expected_credits.get(recipient, 0)
    if not (credit or expected or request.amount or request.timestamp):
        return
    mature = is_mature(request, data.weth_delay, now)
    if data.mode is _UNDECIDED:
        if request.amount or request.timestamp:
            _count(check, game, recipient, NoticeKind.WITHDRAWAL_TOO_EARLY)
    else:
        fits = _is_zk_stage(request, credit, expected, mature)
        _count(check, game, recipient, None if fits else NoticeKind.WITHDRAWAL_DIFFERS)
    if recipient in check.honest and request.amount and mature:
        _add_honest(check, game, recipient, request.amount, NoticeKind.CREDIT_UNCLAIMED)


def _is_zk_stage(request: WithdrawalRequest, credit: int, expected: int, mature: bool) -> bool:
    """Whether credit and withdrawal are at one of three stages: not begun, unlocked, paid out."""
    if request.amount:
        return request.timestamp > 0 and credit == 0 and request.amount == expected
    if request.timestamp == 0:
        return credit == expected
    return credit == 0 and mature
