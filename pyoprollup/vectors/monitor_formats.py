"""The check of ``monitor_games``: one game as the monitor of games sees it, and all that it says about it.

What is said is compared by kind, claim, account and delay: the words are our own. The recordings were made
without the check of challenged block numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from pyoprollup.bindings import GameMetadata
from pyoprollup.challenger.contracts import BondDistributionMode, WithdrawalRequest
from pyoprollup.challenger.game.claims import NO_PARENT, Claim
from pyoprollup.challenger.game.clock import Clock
from pyoprollup.challenger.game.position import Position
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.dispute_mon import (
    Agreement,
    BondData,
    CommonGame,
    EnrichedClaim,
    Extraction,
    FaultGame,
    Notice,
    NoticeKind,
    Report,
    fault_bonds,
    forecast_status,
    honest_actors,
    make_report,
    withdrawable_at,
)
from pyoprollup.eth.refs import BlockID
from pyoprollup.eth.types import ZERO_HASH, Address, bytes_from_hex, hash_from_hex, to_hex
from pyoprollup.events import Level
from pyoprollup.vectors.core import Case, Mismatch, expect, register

__all__ = ["check_monitored_game", "monitored_game"]

_PROXY = Address(b"\x11" * 20)
_WETH = Address(b"\x44" * 20)

_KINDS = {
    "resolved against honest": NoticeKind.HONEST_CLAIM_LOST,
    "in the first half": NoticeKind.RESOLVED_IN_FIRST_HALF,
    "unresolved after": NoticeKind.CLAIM_OVERDUE,
    "too long to resolve": NoticeKind.GAME_OVERDUE,
    "withdrawn early": NoticeKind.CREDIT_GONE_EARLY,
    "above expected": NoticeKind.CREDIT_TOO_HIGH,
    "collateral": NoticeKind.COLLATERAL_MISSING,
    "does not match credit": NoticeKind.WITHDRAWAL_DIFFERS,
    "before bond distribution": NoticeKind.WITHDRAWAL_TOO_EARLY,
    "uninitiated": NoticeKind.WITHDRAWAL_NOT_BEGUN,
    "unclaimed": NoticeKind.CREDIT_UNCLAIMED,
    "unexpected game result": NoticeKind.UNEXPECTED_FORECAST,
}
"""By what a line of the recording says, in lower case. One about a finished game is told by its level."""

_FIELDS = {"claimContractIndex": "claim", "honestActor": "actor", "recipient": "recipient", "delay": "delay"}


@register("monitor_games")
def check_monitored_game(case: Case) -> None:
    """Compare bonds, forecast, everything that is counted, and everything that is told."""
    game = monitored_game(case)
    _check_bonds(case, game)
    forecast = "none"
    if game.common.status is GameStatus.IN_PROGRESS:
        forecast = str(forecast_status(game))
    expect("forecast", case["forecast"].lower(), forecast.lower())
    honest = honest_actors(*map(_address, case["honest_actors"]))
    report = make_report(Extraction(BlockID(ZERO_HASH, 0), (game,)), case["now"], honest)
    for name, wanted in case["result"].items():
        expect(name, wanted, _found(report, name, wanted))
    told = [notice for notice in report.notices if notice.kind is not NoticeKind.VALID_BLOCK_CHALLENGED]
    expect("log", sorted(map(_wanted_notice, case["log"])), sorted(map(_shown_notice, told)))


def monitored_game(case: Case) -> FaultGame:
    """The game of a case."""
    mode = BondDistributionMode(case["bond_mode"])
    challenger = _address(case["l2_block_challenger"])
    claims = tuple(map(_claim, case["claims"]))
    data = BondData(
        bonds=fault_bonds(claims, mode, challenger),
        mode=mode,
        credits={_address(who): int(amount, 16) for who, amount in case["credits"].items()},
        withdrawals={
            _address(who): WithdrawalRequest(int(found["amount"], 16), found["timestamp"])
            for who, found in case["withdrawals"].items()
        },
        weth=_WETH,
        weth_delay=case["weth_delay"],
        collateral=int(case["weth_balance"], 16),
        withdrawable_at=withdrawable_at(case["created"], case["max_clock"], case["weth_delay"]),
    )
    common = CommonGame(
        metadata=GameMetadata(0, 0, case["created"], _PROXY),
        l1_head=ZERO_HASH,
        l1_head_number=0,
        l2_sequence_number=case["l2_block"],
        root_claim=ZERO_HASH,
        status=_status(case["status"]),
        agreement=Agreement(case["agree"]),
        updated_at=case["now"],
    )
    return FaultGame(common, data, case["max_clock"], claims, case["l2_block_challenged"], challenger)


def _claim(given: dict[str, Any]) -> EnrichedClaim:
    claim = Claim(
        value=hash_from_hex(given["value"]),
        position=Position.from_gindex(int(given["gindex"], 16)),
        parent_index=NO_PARENT if given["parent"] is None else given["parent"],
        index=given["index"],
        claimant=_address(given["claimant"]),
        countered_by=_address(given["countered_by"]),
        bond=int(given["bond"], 16),
        clock=Clock(given["clock"]["duration"], given["clock"]["timestamp"]),
    )
    return EnrichedClaim(claim, given["resolved"])


def _address(text: str) -> Address:
    return Address(bytes_from_hex(text))


def _status(text: str) -> GameStatus:
    return next(status for status in GameStatus if str(status).lower() == text.lower())


def _check_bonds(case: Case, game: FaultGame) -> None:
    data = game.bond_data
    shown = [
        {
            "amount": hex(bond.amount),
            "depositor": to_hex(bond.depositor),
            "forfeited": bond.forfeited,
            "recipient": to_hex(bond.recipient),
            "resolved": bond.resolved,
        }
        for bond in data.bonds.records
    ]
    expect("bonds", case["bonds"], shown)
    credits = {to_hex(who): hex(amount) for who, amount in data.bonds.expected_credits.items()}
    expect("expected_credits", case["expected_credits"], credits)
    expect("credit_withdrawable_at", case["credit_withdrawable_at"], data.withdrawable_at)


# --- what is counted


def _found(report: Report, name: str, wanted: Any) -> Any:
    """Our value for one name of a recorded result; ``wanted`` only says how several are put together."""
    forecast, withdrawals = report.forecast, report.withdrawals
    (collateral,) = report.credits.collateral.values()
    (requests,) = withdrawals.requests.values()
    singles: dict[str, Any] = {
        "agreement": _only(found.value for found in forecast.games.elements()),
        "latest_valid_proposal": forecast.latest_valid_proposal,
        "latest_invalid_proposal": forecast.latest_invalid_proposal,
        "latest_valid_proposal_l2_block": forecast.latest_valid_l2_block,
        "resolution": _only("_".join(found.value) for found in report.resolutions.statuses.elements()),
        "collateral": {"required": hex(collateral.required), "actual": hex(collateral.actual)},
        "withdrawals_matching_true": requests.matching,
        "withdrawals_matching_false": requests.divergent,
        "claim_statuses": {
            ",".join(status.labels): count for status, count in report.claims.statuses.items()
        },
        "credits": _credits(report),
    }
    if name in singles:
        return singles[name]
    (actor,) = report.claims.honest
    if name == "honest_withdrawable":
        return hex(withdrawals.honest[actor])
    if name == "honest_claims":
        return {key: getattr(report.claims.honest[actor], key) for key in wanted}
    if name == "honest_bonds":
        return {key: hex(getattr(report.credits.honest[actor], key)) for key in wanted}
    raise Mismatch(f"{name} is not known")


def _only(values: Iterable[str]) -> str:
    (value,) = values
    return value


def _credits(report: Report) -> dict[str, int]:
    found: Counter[str] = Counter()
    for expectation, count in report.credits.credits.items():
        credit, when = expectation.value
        found[f"{'equal' if credit == 'expected' else credit}_{when}"] += count
    return dict(found)


# --- what is told


def _wanted_notice(line: str) -> str:
    """A recorded line, as :func:`_shown_notice` writes a notice."""
    level, _, text = line.partition(": ")
    kind = next((kind for words, kind in _KINDS.items() if words in text.lower()), None)
    if kind is NoticeKind.UNEXPECTED_FORECAST and level == "error":
        kind = NoticeKind.UNEXPECTED_RESULT
    if kind is None:
        raise Mismatch(f"log: {line!r} is not known")
    fields = dict(word.split("=") for word in text.split() if "=" in word)
    details = {_FIELDS[name]: _value(name, value) for name, value in fields.items()}
    return f"{level} {kind.event} {details}"


def _value(name: str, value: str) -> Any:
    if name == "delay":
        return _seconds(value)
    return value.lower() if value.startswith("0x") else int(value)


def _seconds(text: str) -> int:
    """A duration in the form ``1h2m3s``, or a number of seconds."""
    if text.isdigit():
        return int(text)
    seconds, digits = 0, ""
    for letter in text:
        if letter.isdigit():
            digits += letter
        else:
            seconds += int(digits) * {"h": 3600, "m": 60, "s": 1}[letter]
            digits = ""
    return seconds


def _shown_notice(notice: Notice) -> str:
    level = "error" if notice.kind.level is Level.ERROR else "warn"
    wanted = {
        "actor": (NoticeKind.HONEST_CLAIM_LOST,),
        "claim": (NoticeKind.HONEST_CLAIM_LOST, NoticeKind.RESOLVED_IN_FIRST_HALF, NoticeKind.CLAIM_OVERDUE),
    }
    details = {
        name: notice.details[name]
        for name in ("actor", "claim", "recipient", "delay")
        if name in notice.details and notice.kind in wanted.get(name, (notice.kind,))
    }
    return f"{level} {notice.kind.event} {details}"
