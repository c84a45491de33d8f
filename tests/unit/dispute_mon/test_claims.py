"""Claims by clocks: in the first half and after, expired, resolvable, overdue."""

from __future__ import annotations

import pytest

from pyoprollup.challenger.game.clock import Clock
from pyoprollup.dispute_mon import ClaimStatus, NoticeKind, check_claims
from pyoprollup.dispute_mon.claims import RESPONSE_BUFFER
from tests.unit.dispute_mon.support import CLOCK, CREATED, HONEST, LIAR, claim, countered, fault, root

HONEST_ACTORS = frozenset({HONEST})


def test_there_are_sixteen_statuses_with_four_labels() -> None:
    assert len(set(ClaimStatus.all())) == 16
    assert ClaimStatus(True, False, True, False).labels == (
        "resolved",
        "not_expired",
        "first_half",
        "unresolvable",
    )
    assert len({status.labels for status in ClaimStatus.all()}) == 16


@pytest.mark.parametrize(
    ("after", "expired", "first_half"),
    [(0, False, True), (CLOCK - 1, False, True), (CLOCK, True, True), (CLOCK + 1, True, False)],
)
def test_clock_and_half_at_their_edges(after: int, expired: bool, first_half: bool) -> None:
    check = check_claims([fault(root())], CREATED + after, frozenset())
    assert check.statuses == {ClaimStatus(False, expired, first_half, expired): 1}


def test_a_claim_is_resolvable_when_all_below_it_have_expired() -> None:
    attack = claim(1, 0, 2, clock=Clock(100, CREATED + 100))
    game = fault(root(), attack)
    now = CREATED + CLOCK + 50
    check = check_claims([game], now, frozenset())
    assert check.statuses == {
        ClaimStatus(False, True, False, False): 1,  # the root: its own clock has run out
        ClaimStatus(False, False, False, False): 1,
    }
    assert check.notices == []


@pytest.mark.parametrize(("after", "expired"), [(999, 0), (1000, 2), (1399, 2), (1400, 3)])
def test_the_clock_of_an_answer_goes_on_from_its_parents(after: int, expired: int) -> None:
    """Failure 27: while the other side thinks, a clock stands still.

    To answer claim 2 the attacker's side has used 400 seconds already; to answer claim 1 the other has none.
    """
    attack = claim(1, 0, 2, clock=Clock(400, CREATED + 400))
    answer = claim(2, 1, 4, clock=Clock(0, CREATED + 400))
    check = check_claims([fault(root(), attack, answer)], CREATED + after, frozenset())
    assert sum(count for status, count in check.statuses.items() if status.clock_expired) == expired


@pytest.mark.parametrize(("late", "told"), [(RESPONSE_BUFFER - 1, False), (RESPONSE_BUFFER, True)])
def test_a_claim_is_overdue_after_a_minute(late: int, told: bool) -> None:
    check = check_claims([fault(root())], CREATED + CLOCK + late, frozenset())
    assert [notice.kind for notice in check.notices] == [NoticeKind.CLAIM_OVERDUE] * told
    done = check_claims([fault(root(), resolved=[0])], CREATED + CLOCK + late, frozenset())
    assert done.notices == []


def test_a_claim_that_was_resolved_too_early() -> None:
    check = check_claims([fault(root(), resolved=[0])], CREATED + CLOCK, frozenset())
    assert [notice.kind for notice in check.notices] == [NoticeKind.RESOLVED_IN_FIRST_HALF]


def test_claims_of_honest_accounts() -> None:
    claims = [
        root(who=HONEST),
        countered(claim(1, 0, 2, HONEST), LIAR),
        claim(2, 0, 2, HONEST),
        countered(claim(3, 0, 2, LIAR)),
    ]
    check = check_claims([fault(*claims, resolved=[1, 2, 3])], CREATED + CLOCK + 1, HONEST_ACTORS)
    found = check.honest[HONEST]
    assert (found.pending, found.valid, found.invalid) == (1, 1, 1)
    (lost,) = [notice for notice in check.notices if notice.kind is NoticeKind.HONEST_CLAIM_LOST]
    assert lost.details["claim"] == 1
    assert LIAR not in check.honest


def test_a_game_from_the_future_is_in_its_first_half() -> None:
    check = check_claims([fault(root())], CREATED - 10, HONEST_ACTORS)
    assert check.statuses == {ClaimStatus(False, False, True, False): 1}
