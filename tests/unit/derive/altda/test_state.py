"""The bookkeeping of commitments and challenges, without any L1."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyoprollup.derive.altda.commitment import Commitment, keccak_commitment
from pyoprollup.derive.altda.state import AltDAState, ChallengeStatus
from pyoprollup.eth.refs import L1BlockRef
from tests.unit.derive.altda.support import alt_da_config
from tests.unit.derive.support import name_hash


def block(number: int) -> L1BlockRef:
    return L1BlockRef(name_hash(number), number, name_hash(number - 1), 12 * number)


def commitment(name: object) -> Commitment:
    return keccak_commitment(str(name).encode())


A, B = commitment("a"), commitment("b")


@pytest.fixture
def state() -> AltDAState:
    return AltDAState(alt_da_config(challenge_window=6, resolve_window=6))


def test_unchallenged_commitment(state: AltDAState) -> None:
    """It is open for the challenge window, and final when L1 has finalized the window's end."""
    state.track_commitment(A, block(2))
    assert state.challenge_status(A, 2) is ChallengeStatus.UNINITIALIZED
    assert state.expire_commitments(8) == ()
    assert state.prune(7) is None
    assert not state.no_commitments()
    assert state.prune(8) == block(2)
    assert state.no_commitments()


def test_commitment_in_its_window_is_not_pruned(state: AltDAState) -> None:
    """Finality may be ahead of derivation; what is still open stays."""
    state.track_commitment(A, block(2))
    state.expire_commitments(7)
    assert state.prune(100) is None
    assert not state.no_commitments()


def test_resolved_challenge(state: AltDAState) -> None:
    """A challenge extends the window; once it is answered nothing is lost when that ends."""
    state.track_commitment(A, block(20))
    state.create_challenge(A, 20, challenged_at=24)
    assert state.challenge_status(A, 20) is ChallengeStatus.ACTIVE
    assert state.resolve_challenge(A, 20, b"input")
    assert state.challenge_status(A, 20) is ChallengeStatus.RESOLVED

    state.expire_challenges(28)
    assert state.expire_commitments(28) == ()
    assert state.prune(29) is None

    state.expire_challenges(30)
    assert state.expire_commitments(30) == ()
    assert state.challenge_status(A, 20) is ChallengeStatus.RESOLVED
    challenge = state.challenge(A, 20)
    assert challenge is not None and challenge.data == b"input"

    assert state.prune(29) is None
    assert state.prune(30) == block(20)
    assert state.no_commitments()
    assert state.challenge(A, 20) is None


def test_expired_challenge(state: AltDAState) -> None:
    """At the end of the resolve window the commitment is lost, and that is told once."""
    state.track_commitment(A, block(2))
    state.create_challenge(A, 2, challenged_at=5)
    state.expire_challenges(10)
    assert state.challenge_status(A, 2) is ChallengeStatus.ACTIVE
    assert state.expire_commitments(10) == ()
    state.expire_challenges(11)
    assert state.challenge_status(A, 2) is ChallengeStatus.EXPIRED
    (lost,) = state.expire_commitments(11)
    assert (lost.commitment, lost.block) == (A, block(2))
    assert state.expire_commitments(12) == ()


def test_challenge_of_another_block_does_not_count(state: AltDAState) -> None:
    """The same commitment may stand in several L1 blocks, and each is challenged for itself."""
    state.track_commitment(A, block(2))
    state.track_commitment(A, block(3))
    state.create_challenge(A, 3, challenged_at=4)
    assert state.challenge_status(A, 2) is ChallengeStatus.UNINITIALIZED
    state.expire_challenges(10)
    (lost,) = state.expire_commitments(10)
    assert lost.block == block(3)


def test_answer_without_challenge(state: AltDAState) -> None:
    assert not state.resolve_challenge(A, 2, b"input")
    assert state.no_commitments()


def test_second_challenge_replaces_the_first(state: AltDAState) -> None:
    state.create_challenge(A, 2, challenged_at=3)
    state.resolve_challenge(A, 2, b"input")
    state.create_challenge(A, 2, challenged_at=5)
    assert state.challenge_status(A, 2) is ChallengeStatus.ACTIVE
    challenge = state.challenge(A, 2)
    assert challenge is not None and challenge.resolve_window_end == 11


def test_detached_traversal(state: AltDAState) -> None:
    """Derivation waits at block 1 for A while challenges are read far ahead of it."""
    state.track_commitment(A, block(1))
    state.create_challenge(B, 2, challenged_at=3)
    state.create_challenge(A, 1, challenged_at=5)

    # B's challenge expires first, but B was never used: nothing is lost.
    state.expire_challenges(10)
    assert state.challenge_status(B, 2) is ChallengeStatus.EXPIRED
    assert state.expire_commitments(10) == ()

    state.expire_challenges(11)
    assert [lost.commitment for lost in state.expire_commitments(11)] == [A]
    assert state.prune(1) is None

    # Derivation starts over: it finds both expired and uses neither.
    state.clear_commitments()
    assert state.challenge_status(A, 1) is ChallengeStatus.EXPIRED
    assert state.challenge_status(B, 2) is ChallengeStatus.EXPIRED
    assert state.expire_commitments(201) == ()
    state.prune(201)
    assert state.no_commitments()


def test_commitments_expire_in_order() -> None:
    """One that is challenged holds back the younger ones, whose own windows are long over."""
    state = AltDAState(alt_da_config(challenge_window=90, resolve_window=90))
    for number in range(1000, 1180, 6):
        state.track_commitment(commitment(number), block(number))
        assert state.expire_commitments(number) == ()
        state.expire_challenges(number)
    state.create_challenge(commitment(1096), 1096, challenged_at=1180)
    state.create_challenge(commitment(1102), 1102, challenged_at=1182)
    state.expire_challenges(1269)
    assert state.expire_commitments(1269) == ()
    # Everything before the challenged one is beyond dispute, and nothing after it.
    assert state.prune(1269) == block(1090)

    state.expire_challenges(1280)
    lost = state.expire_commitments(1280)
    assert [item.block.number for item in lost] == [1096, 1102]
    assert state.prune(1280) == block(1174)


def test_tracking_twice_is_tracking_once(state: AltDAState) -> None:
    """A step that has to be repeated, and a stall of thousands of steps, leave one entry."""
    for _ in range(3):
        state.track_commitment(A, block(2))
        state.track_commitment(B, block(2))
    state.create_challenge(A, 2, challenged_at=3)
    state.expire_challenges(9)
    assert [lost.commitment for lost in state.expire_commitments(9)] == [A]


def test_reset_forgets_everything(state: AltDAState) -> None:
    state.track_commitment(A, block(2))
    state.create_challenge(A, 2, challenged_at=3)
    state.expire_challenges(9)
    state.reset()
    assert state.no_commitments()
    assert state.challenge(A, 2) is None
    assert state.expire_commitments(100) == ()
    # The same commitment can be tracked again afterwards.
    state.track_commitment(A, block(2))
    assert not state.no_commitments()


events = st.lists(
    st.tuples(st.sampled_from(["commit", "challenge", "resolve"]), st.integers(0, 3), st.integers(0, 8)),
    max_size=12,
)


@settings(max_examples=60)
@given(st.lists(events, min_size=1, max_size=40))
def test_lost_commitments_are_the_unanswered_ones(blocks: list[list[tuple[str, int, int]]]) -> None:
    """Against a plain model that never forgets: a commitment is lost exactly when its challenge
    within the windows was not answered in time, and finality passes it only after that is settled."""
    window = 4
    state = AltDAState(alt_da_config(window, window))
    used: dict[tuple[int, int], Commitment] = {}
    challenged: dict[tuple[int, int], int] = {}
    answered: set[tuple[int, int]] = set()
    lost: set[tuple[int, int]] = set()
    last = len(blocks) + 3 * window
    for number in range(1, last + 1):
        for kind, name, back in blocks[number - 1] if number <= len(blocks) else []:
            key = (name, number - back)
            # The contract only lets such events happen.
            if kind == "challenge" and key not in challenged and back <= window:
                challenged[key] = number
                state.create_challenge(commitment(name), key[1], number)
            elif kind == "resolve" and key in challenged and number <= challenged[key] + window:
                answered.add(key)
                assert state.resolve_challenge(commitment(name), key[1], b"x")
        state.expire_challenges(number)
        lost |= {
            (next(n for n in range(4) if commitment(n) == item.commitment), item.block.number)
            for item in state.expire_commitments(number)
        }
        for kind, name, _ in blocks[number - 1] if number <= len(blocks) else []:
            status = state.challenge_status(commitment(name), number)
            if kind == "commit" and status is not ChallengeStatus.EXPIRED:
                used[name, number] = commitment(name)
                state.track_commitment(commitment(name), block(number))
    assert lost == {key for key in used if key in challenged and key not in answered}
    state.prune(last)
    assert state.no_commitments()
