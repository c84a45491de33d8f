"""A report as JSON, which ``--json`` prints. Amounts in wei and numbers of contracts are decimal strings."""

from __future__ import annotations

from typing import Any

from pyoprollup.challenger.game_types import game_type_name
from pyoprollup.dispute_mon.forecast import game_agreement
from pyoprollup.dispute_mon.notices import Notice
from pyoprollup.dispute_mon.report import Report
from pyoprollup.dispute_mon.types import EnrichedGame, FaultGame, ZKGame
from pyoprollup.eth.types import to_hex

__all__ = ["game_json", "notice_json", "report_json"]


def report_json(report: Report) -> dict[str, Any]:
    """All of a report."""
    extraction = report.extraction
    return {
        "time": report.time,
        "block": {"number": extraction.block.number, "hash": to_hex(extraction.block.hash)},
        "games": [game_json(game) for game in extraction.games],
        "ignored": extraction.ignored,
        "failed": [
            {"game": to_hex(metadata.proxy), "index": metadata.index, "error": why}
            for metadata, why in extraction.failed.items()
        ],
        "waiting": sorted(to_hex(metadata.proxy) for metadata in extraction.waiting),
        "notices": [notice_json(notice) for notice in report.notices],
        "summary": _summary(report),
    }


def game_json(game: EnrichedGame) -> dict[str, Any]:
    """What a game is about, and how it stands."""
    common, agreement = game.common, game.common.agreement
    found: dict[str, Any] = {
        "index": common.metadata.index,
        "game": to_hex(common.proxy),
        "type": game_type_name(common.metadata.game_type),
        "created": common.timestamp,
        "l1_head": to_hex(common.l1_head),
        "l2_sequence_number": str(common.l2_sequence_number),
        "root_claim": to_hex(common.root_claim),
        "status": common.status.name.lower(),
        "agree": agreement.agree,
        "expected_root": to_hex(agreement.expected),
        "class": game_agreement(game).value,
        "updated_at": common.updated_at,
    }
    if isinstance(game, FaultGame):
        found |= {"claims": len(game.claims), "block_number_challenged": game.block_number_challenged}
    if isinstance(game, FaultGame | ZKGame):
        data = game.bond_data
        found |= {
            "bond_mode": data.mode.name.lower(),
            "bonds": str(sum(bond.amount for bond in data.bonds.records)),
            "credits": {to_hex(who): str(amount) for who, amount in sorted(data.credits.items())},
        }
    return found


def notice_json(notice: Notice) -> dict[str, Any]:
    """What there is to say about a game; amounts as they are in the notice."""
    details = {
        name: str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        for name, value in notice.details.items()
    }
    return {
        "level": notice.kind.level.name.lower(),
        "kind": notice.kind.event,
        "text": notice.kind.text,
        "game": None if notice.game is None else to_hex(notice.game),
        "details": details,
    }


def _summary(report: Report) -> dict[str, Any]:
    forecast, endpoints = report.forecast, report.endpoints
    return {
        "classes": {found.value: count for found, count in sorted(forecast.games.items(), key=_by_name)},
        "types": dict(sorted(report.game_types.items())),
        "latest_valid_l2_block": str(forecast.latest_valid_l2_block),
        "latest_valid_proposal": forecast.latest_valid_proposal,
        "latest_invalid_proposal": forecast.latest_invalid_proposal,
        "resolutions": {" ".join(each.value): count for each, count in report.resolutions.statuses.items()},
        "claims": {" ".join(each.labels): count for each, count in report.claims.statuses.items()},
        "credits": {" ".join(each.value): count for each, count in report.credits.credits.items()},
        "collateral": {
            to_hex(weth): {"required": str(balance.required), "actual": str(balance.actual)}
            for weth, balance in report.credits.collateral.items()
        },
        "withdrawals": {
            to_hex(weth): {"matching": counts.matching, "divergent": counts.divergent}
            for weth, counts in report.withdrawals.requests.items()
        },
        "honest_actors": {
            to_hex(actor): {
                "claims": {"pending": claims.pending, "valid": claims.valid, "invalid": claims.invalid},
                "bonds": {
                    name: str(getattr(report.credits.honest[actor], name))
                    for name in ("pending", "lost", "won")
                },
                "withdrawable": str(report.withdrawals.honest[actor]),
            }
            for actor, claims in sorted(report.claims.honest.items())
        },
        "l2_challenges": {"agree": report.l2_challenges.agree, "disagree": report.l2_challenges.disagree},
        "nodes": {
            "failing": endpoints.failing,
            "errors": endpoints.errors,
            "out_of_sync": endpoints.out_of_sync,
            "mixed_availability": endpoints.mixed_availability,
            "mixed_safety": endpoints.mixed_safety,
            "different_roots": endpoints.different_roots,
        },
        "anchors": {to_hex(who): str(number) for who, number in report.extraction.anchors.items()},
        "zk": {
            "pending_resolution": report.zk.resolution,
            "pending_bond_distribution": report.zk.bond_distribution,
        },
    }


def _by_name(entry: tuple[Any, int]) -> str:
    return str(entry[0].value)
