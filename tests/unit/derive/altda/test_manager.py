"""Fetching inputs and following challenges on L1."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from pyoprollup.derive.altda.commitment import Commitment, CommitmentType, keccak_commitment
from pyoprollup.derive.altda.manager import AltDAManager
from pyoprollup.derive.altda.source import (
    CommitmentTypeMismatch,
    ExpiredChallenge,
    MissingPastWindow,
    PendingChallenge,
    ReorgRequired,
)
from pyoprollup.derive.altda.state import ChallengeStatus
from pyoprollup.derive.drops import DropReason
from pyoprollup.errors import ConfigError, Unavailable
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.receipts import Log, Receipt
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.rollup.alt_da import AltDAConfig
from tests.unit.derive.altda.support import (
    CONTRACT,
    RESOLVED,
    DAServer,
    alt_da_config,
    challenge_log,
    challenge_receipt,
    generic_config,
    resolve_calldata,
    resolve_tx,
)
from tests.unit.derive.support import Drops, FakeL1, batcher_tx, l1_chain

WINDOW = 6
INPUT = b"an input"


class Scene:
    """An L1 that starts at block 10, a DA server and a manager that was reset to block 10."""

    def __init__(self, config: AltDAConfig | None = None, blocks: int = 40) -> None:
        self.refs = l1_chain(blocks)
        self.l1 = FakeL1(self.refs[:1])
        self.server = DAServer()
        self.drops = Drops()
        self.alt_da = AltDAManager(config or alt_da_config(WINDOW, WINDOW), self.l1, self.server, self.drops)
        self.alt_da.reset(self.refs[0])

    def ref(self, number: int) -> L1BlockRef:
        return self.refs[number - 10]

    def mine(self, until: int, receipts: Sequence[Receipt] = (), transactions: Sequence[bytes] = ()) -> None:
        """L1 blocks up to ``until``; the last of them has the receipts."""
        for number in range(max(self.l1.refs) + 1, until):
            self.l1.add(self.ref(number))
        self.l1.add(self.ref(until), transactions, receipts)

    def advance(self, *numbers: int) -> None:
        for number in numbers:
            self.alt_da.advance_l1_origin(self.ref(number).id)

    def challenge(self, at: int, commitment: Commitment, number: int) -> None:
        self.mine(at, [challenge_receipt(commitment, number)], [batcher_tx(b"challenge", to=CONTRACT)])

    def resolve(self, at: int, commitment: Commitment, number: int, data: bytes) -> None:
        receipt = challenge_receipt(commitment, number, RESOLVED)
        self.mine(at, [receipt], [resolve_tx(commitment, number, data)])

    def get(self, commitment: Commitment, number: int) -> bytes:
        return self.alt_da.get_input(commitment, self.ref(number))

    def status(self, commitment: Commitment, number: int) -> ChallengeStatus:
        return self.alt_da.state.challenge_status(commitment, number)


@pytest.fixture
def scene() -> Scene:
    return Scene()


# --- Inputs that the server has


def test_input_of_the_server(scene: Scene) -> None:
    commitment = scene.server.put(INPUT)
    scene.mine(11)
    scene.advance(11)
    assert scene.get(commitment, 11) == INPUT
    assert scene.server.asked == [commitment.encode()]


def test_server_fails(scene: Scene) -> None:
    """The call is repeated as it was, and nothing else has happened."""
    commitment = scene.server.put(INPUT)
    scene.mine(12)
    scene.advance(11)
    scene.server.failing = True
    with pytest.raises(Unavailable):
        scene.get(commitment, 11)
    assert scene.alt_da.challenge_origin == scene.ref(11).id
    assert scene.get(commitment, 11) == INPUT


def test_server_lies(scene: Scene) -> None:
    """Other data than was committed to is an error of the server, not an input."""
    commitment = scene.server.put_as(keccak_commitment(INPUT), b"something else")
    scene.mine(12)
    scene.advance(11)
    with pytest.raises(Unavailable, match="other data"):
        scene.get(commitment, 11)


def test_server_may_be_trusted() -> None:
    scene = Scene()
    scene.alt_da = AltDAManager(alt_da_config(), scene.l1, scene.server, verify=False)
    commitment = scene.server.put_as(keccak_commitment(INPUT), b"something else")
    assert scene.get(commitment, 10) == b"something else"


def test_commitment_of_another_type(scene: Scene) -> None:
    generic = scene.server.put_as(Commitment(CommitmentType.GENERIC, b"\x0c1"), INPUT)
    with pytest.raises(CommitmentTypeMismatch):
        scene.get(generic, 11)
    assert scene.server.asked == []
    assert scene.alt_da.state.no_commitments()


def test_configuration_must_make_sense() -> None:
    with pytest.raises(ConfigError):
        AltDAManager(AltDAConfig(CONTRACT, "OtherCommitment", 1, 1), FakeL1(), DAServer())


# --- Missing inputs


def test_missing_input_waits_for_l1(scene: Scene) -> None:
    """Each call reads the challenges of one more L1 block; at the newest it has to wait."""
    commitment = keccak_commitment(INPUT)
    scene.mine(13)
    scene.advance(11)
    for number in (12, 13):
        with pytest.raises(PendingChallenge):
            scene.get(commitment, 11)
        assert scene.alt_da.challenge_origin == scene.ref(number).id
    with pytest.raises(Unavailable):
        scene.get(commitment, 11)
    assert scene.alt_da.challenge_origin == scene.ref(13).id
    scene.mine(14)
    with pytest.raises(PendingChallenge):
        scene.get(commitment, 11)


def test_missing_input_that_nobody_challenges(scene: Scene) -> None:
    """Once the challenge window has passed, L1 can no longer say what the input is or that it is
    none: the chain cannot be derived."""
    commitment = keccak_commitment(INPUT)
    scene.mine(30)
    scene.advance(11)
    for _ in range(12, 11 + WINDOW + 2):
        with pytest.raises(PendingChallenge):
            scene.get(commitment, 11)
    assert scene.alt_da.challenge_origin.number == 11 + WINDOW + 1
    with pytest.raises(MissingPastWindow):
        scene.get(commitment, 11)


def test_input_that_turns_up_late(scene: Scene) -> None:
    commitment = keccak_commitment(INPUT)
    scene.mine(30)
    scene.advance(11)
    with pytest.raises(PendingChallenge):
        scene.get(commitment, 11)
    scene.server.put(INPUT)
    assert scene.get(commitment, 11) == INPUT


def test_missing_input_that_l1_has(scene: Scene) -> None:
    """A challenge is answered with the input in calldata, and derivation goes on with that."""
    commitment = keccak_commitment(INPUT)
    scene.mine(11)
    scene.challenge(14, commitment, 11)
    scene.resolve(16, commitment, 11, INPUT)
    scene.mine(20)
    scene.advance(11)
    for _ in range(12, 17):
        with pytest.raises(PendingChallenge):
            scene.get(commitment, 11)
    assert scene.get(commitment, 11) == INPUT
    assert scene.alt_da.challenge_origin.number == 16
    # Advancing over the blocks that were read ahead reads nothing again, and loses nothing.
    reads = len(scene.l1.reads)
    scene.advance(12, 13, 14, 15, 16)
    assert len(scene.l1.reads) == reads
    scene.advance(17, 18, 19, 20)
    assert scene.get(commitment, 11) == INPUT


def test_missing_input_whose_challenge_expires(scene: Scene) -> None:
    """It is skipped. The commitment was tracked while its outcome was open, so that passing the end
    of its window asks for a reset; the second time it is never used."""
    commitment = keccak_commitment(INPUT)
    scene.mine(11)
    scene.challenge(13, commitment, 11)
    scene.mine(25)
    scene.advance(11)
    for _ in range(12, 13 + WINDOW + 1):
        with pytest.raises(PendingChallenge):
            scene.get(commitment, 11)
    with pytest.raises(ExpiredChallenge):
        scene.get(commitment, 11)
    scene.advance(*range(12, 19))
    with pytest.raises(ReorgRequired):
        scene.advance(19)
    scene.alt_da.reset(scene.ref(10))
    scene.advance(11)
    with pytest.raises(ExpiredChallenge):
        scene.get(commitment, 11)
    scene.advance(*range(12, 26))


def test_challenge_outlasts_the_challenge_window(scene: Scene) -> None:
    """With a challenge at the window's last block, waiting goes on until its own window ends."""
    commitment = keccak_commitment(INPUT)
    scene.mine(11)
    scene.challenge(11 + WINDOW, commitment, 11)
    scene.mine(35)
    scene.advance(11)
    for _ in range(12, 11 + 2 * WINDOW + 1):
        with pytest.raises(PendingChallenge):
            scene.get(commitment, 11)
    with pytest.raises(ExpiredChallenge):
        scene.get(commitment, 11)


@pytest.mark.parametrize("window", [0, 3])
def test_generic_commitment(window: int) -> None:
    """Nobody can challenge it: L1 receipts are not even read, and a missing input is fatal once the
    window is over, however long that is."""
    scene = Scene(generic_config(window, window))
    commitment = Commitment(CommitmentType.GENERIC, b"\x0cpointer")
    scene.mine(20)
    scene.advance(11)
    for _ in range(window + 1):
        with pytest.raises(PendingChallenge):
            scene.get(commitment, 11)
    with pytest.raises(MissingPastWindow):
        scene.get(commitment, 11)
    assert not [read for read in scene.l1.reads if read.startswith("receipts")]
    scene.server.put_as(commitment, INPUT)
    assert scene.get(commitment, 11) == INPUT


# --- Challenges of inputs that were used


def test_expired_challenge_of_a_used_input(scene: Scene) -> None:
    """The server has the input, yet nobody put it on L1: what was derived from it is undone."""
    commitment = scene.server.put(INPUT)
    scene.mine(11)
    scene.challenge(13, commitment, 11)
    scene.mine(25)
    scene.advance(11)
    assert scene.get(commitment, 11) == INPUT
    scene.advance(*range(12, 13 + WINDOW))
    with pytest.raises(ReorgRequired):
        scene.advance(13 + WINDOW)

    # The reset keeps the challenges, which have been read already.
    scene.l1.reads.clear()
    scene.alt_da.reset(scene.ref(10))
    scene.advance(11)
    with pytest.raises(ExpiredChallenge):
        scene.get(commitment, 11)
    assert scene.l1.reads == []
    scene.advance(*range(12, 26))
    assert scene.alt_da.challenge_origin == scene.ref(25).id


def test_answered_challenge_of_a_used_input(scene: Scene) -> None:
    commitment = scene.server.put(INPUT)
    scene.mine(11)
    scene.challenge(13, commitment, 11)
    scene.resolve(13 + WINDOW, commitment, 11, INPUT)  # the last block that counts
    scene.mine(30)
    scene.advance(11)
    assert scene.get(commitment, 11) == INPUT
    scene.advance(*range(12, 31))


def test_resolved_input_is_not_needed_while_the_server_answers(scene: Scene) -> None:
    commitment = scene.server.put(INPUT)
    scene.mine(11)
    scene.challenge(12, commitment, 11)
    scene.resolve(13, commitment, 11, INPUT)
    scene.advance(11, 12, 13)
    assert scene.get(commitment, 11) == INPUT
    assert len(scene.server.asked) == 1


def test_l1_reorg_of_an_answer(scene: Scene) -> None:
    """After a reset for an L1 reorg the challenges are read anew: an answer that is no longer on L1
    does not count."""
    commitment = scene.server.put(INPUT)
    scene.mine(11)
    scene.challenge(13, commitment, 11)
    scene.resolve(15, commitment, 11, INPUT)
    scene.advance(11)
    scene.get(commitment, 11)
    scene.advance(12, 13, 14, 15)
    assert scene.status(commitment, 11) is ChallengeStatus.RESOLVED

    fork = l1_chain(20, first=15, time=1060, name="fork")
    scene.alt_da.reset(scene.ref(11))
    assert scene.status(commitment, 11) is ChallengeStatus.UNINITIALIZED
    scene.advance(12, 13, 14)
    assert scene.get(commitment, 11) == INPUT
    for ref in fork[:4]:
        scene.l1.add(ref)
        scene.alt_da.advance_l1_origin(ref.id)
    scene.l1.add(fork[4])
    with pytest.raises(ReorgRequired, match="expired"):
        scene.alt_da.advance_l1_origin(fork[4].id)


def test_l1_reorg_while_looking_ahead(scene: Scene) -> None:
    """The block after those that were read ahead has another parent: all of it is forgotten."""
    commitment = keccak_commitment(INPUT)
    scene.mine(11)
    scene.challenge(12, commitment, 11)
    scene.advance(11)
    with pytest.raises(PendingChallenge):
        scene.get(commitment, 11)
    fork = l1_chain(3, first=12, time=1024, name="fork")
    for ref in fork:
        scene.l1.add(ref)
    with pytest.raises(ReorgRequired, match="reorg"):
        scene.get(commitment, 11)
    scene.alt_da.reset(scene.ref(10))
    assert scene.status(commitment, 11) is ChallengeStatus.UNINITIALIZED
    assert scene.alt_da.challenge_origin == scene.ref(10).id


def test_l1_reorg_behind_the_look_ahead(scene: Scene) -> None:
    """Derivation arrives at a block that was read ahead and finds another in its place. It has seen
    no reorg itself, since it had not been there yet."""
    commitment = keccak_commitment(INPUT)
    scene.mine(11)
    scene.challenge(12, commitment, 11)
    scene.resolve(13, commitment, 11, INPUT)
    scene.advance(11)
    for _ in (12, 13):
        with pytest.raises(PendingChallenge):
            scene.get(commitment, 11)
    assert scene.get(commitment, 11) == INPUT
    (fork,) = l1_chain(1, first=12, time=1024, name="fork")
    scene.l1.add(fork)
    with pytest.raises(ReorgRequired, match="reorg"):
        scene.alt_da.advance_l1_origin(fork.id)
    scene.alt_da.reset(scene.ref(10))
    assert scene.status(commitment, 11) is ChallengeStatus.UNINITIALIZED


# --- Reading events


def test_events_are_read_once(scene: Scene) -> None:
    commitment = keccak_commitment(INPUT)
    scene.mine(11)
    scene.challenge(12, commitment, 11)
    scene.advance(12, 12, 11)
    assert scene.status(commitment, 11) is ChallengeStatus.ACTIVE
    assert [read.split()[0] for read in scene.l1.reads] == ["receipts", "transactions"]


@pytest.mark.parametrize("failing_read", [0, 1])
def test_failed_read_leaves_no_trace(scene: Scene, failing_read: int) -> None:
    """An answer must not get lost because its calldata could not be read the first time."""
    commitment = keccak_commitment(INPUT)
    scene.mine(11)
    scene.challenge(12, commitment, 11)
    scene.resolve(13, commitment, 11, INPUT)
    scene.advance(11, 12)
    scene.l1.failing = failing_read
    with pytest.raises(Unavailable):
        scene.advance(13)
    assert scene.status(commitment, 11) is ChallengeStatus.ACTIVE
    assert scene.alt_da.challenge_origin == scene.ref(12).id
    scene.advance(13)
    assert scene.status(commitment, 11) is ChallengeStatus.RESOLVED


def test_unknown_block_is_temporary(scene: Scene) -> None:
    with pytest.raises(Unavailable):
        scene.advance(11)


def test_events_that_do_not_count(scene: Scene) -> None:
    commitment = keccak_commitment(INPUT)
    log = challenge_log(commitment, 11, 1)
    receipts = [
        challenge_receipt(commitment, 11, succeeds=0),
        Receipt(status=1, logs=(Log(b"\x99" * 20, log.topics, log.data),)),
        Receipt(status=1, logs=(Log(CONTRACT, (keccak256(b"BalanceChanged()"),), log.data),)),
        Receipt(status=1, logs=(Log(CONTRACT, (), log.data),)),
    ]
    scene.mine(12, receipts)
    scene.advance(12)
    assert scene.alt_da.state.no_commitments()
    assert scene.drops == []


def test_ignored_events_are_recorded(scene: Scene) -> None:
    """Broken, meaningless or unfounded events are passed over; those around them count."""
    commitment = keccak_commitment(INPUT)
    good = challenge_log(commitment, 11, 1)
    receipts = [
        Receipt(status=1, logs=(Log(CONTRACT, good.topics[:1], good.data),)),
        Receipt(status=1, logs=(Log(CONTRACT, good.topics, good.data[:70]),)),
        Receipt(status=1, logs=(challenge_log(commitment, 11, 0), challenge_log(commitment, 11, 3))),
        challenge_receipt(commitment, 9, RESOLVED),
        Receipt(status=1, logs=(good,)),
    ]
    scene.mine(12, receipts, [resolve_tx(commitment, 9, INPUT)] * 5)
    scene.advance(12)
    assert scene.status(commitment, 11) is ChallengeStatus.ACTIVE
    assert scene.drops.reasons == [DropReason.ALT_DA_EVENT_IGNORED] * 5
    assert "no challenge" in scene.drops[-1].detail


@pytest.mark.parametrize(
    "transaction",
    [
        None,
        b"",
        b"\x05 of an unknown type",
        batcher_tx(b"", to=CONTRACT),
        batcher_tx(b"\x01\x02", to=CONTRACT),
        batcher_tx(b"multicall(...)", to=CONTRACT),
        resolve_tx(keccak_commitment(INPUT), 11, b"not the input"),
        batcher_tx(resolve_calldata(keccak_commitment(INPUT), 11, b""), to=CONTRACT),
    ],
)
def test_answer_whose_input_is_not_found(scene: Scene, transaction: bytes | None) -> None:
    """The event says resolved, the calldata does not show the input: the challenge stays open."""
    commitment = keccak_commitment(INPUT)
    scene.mine(11)
    scene.challenge(12, commitment, 11)
    receipts = [challenge_receipt(commitment, 11, RESOLVED)]
    scene.mine(13, receipts, [] if transaction is None else [transaction])
    scene.advance(11, 12, 13)
    assert scene.status(commitment, 11) is ChallengeStatus.ACTIVE
    assert scene.drops.reasons == [DropReason.ALT_DA_EVENT_IGNORED]


def test_challenge_and_answer_in_one_block(scene: Scene) -> None:
    commitment = keccak_commitment(INPUT)
    receipts = [challenge_receipt(commitment, 11), challenge_receipt(commitment, 11, RESOLVED)]
    scene.mine(12, receipts, [batcher_tx(b"", to=CONTRACT), resolve_tx(commitment, 11, INPUT)])
    scene.advance(12)
    assert scene.status(commitment, 11) is ChallengeStatus.RESOLVED


# --- Finality


def test_finalized_head_follows_commitments(scene: Scene) -> None:
    heads: list[L1BlockRef] = []
    scene.alt_da.on_finalized_head_signal(heads.append)
    first, second = scene.server.put(b"first"), scene.server.put(b"second")
    scene.mine(30)
    for number in range(11, 31):
        scene.advance(number)
        if number in (12, 15):
            scene.get(first if number == 12 else second, number)
    scene.alt_da.finalize(scene.ref(17))
    assert heads == []  # the first commitment's window ends at 18
    scene.alt_da.finalize(scene.ref(18))
    scene.alt_da.finalize(scene.ref(20))
    scene.alt_da.finalize(scene.ref(21))
    assert [head.number for head in heads] == [12, 12, 15]
    assert scene.alt_da.finalized_head == scene.ref(15)


def test_finalized_head_waits_for_challenges(scene: Scene) -> None:
    heads: list[L1BlockRef] = []
    scene.alt_da.on_finalized_head_signal(heads.append)
    commitment = scene.server.put(INPUT)
    scene.mine(11)
    scene.challenge(17, commitment, 11)
    scene.resolve(18, commitment, 11, INPUT)
    scene.mine(30)
    for number in range(11, 31):
        scene.advance(number)
        if number == 11:
            scene.get(commitment, number)
    scene.alt_da.finalize(scene.ref(22))
    assert heads == []
    scene.alt_da.finalize(scene.ref(23))
    assert heads == [scene.ref(11)]
    assert scene.alt_da.state.no_commitments()


def test_finalized_head_without_commitments(scene: Scene) -> None:
    """It follows L1's at the distance of the challenge window: a commitment there would be settled."""
    heads: list[L1BlockRef] = []
    scene.alt_da.on_finalized_head_signal(heads.append)
    scene.mine(30)
    scene.advance(*range(11, 21))
    scene.alt_da.finalize(scene.ref(18))
    assert heads == []
    scene.advance(21)
    assert scene.alt_da.finalized_head == scene.ref(18 - WINDOW)
    scene.alt_da.finalize(scene.ref(19))
    assert heads == [scene.ref(18 - WINDOW)]
    scene.advance(22)
    assert scene.alt_da.finalized_head == scene.ref(19 - WINDOW)
    # Asked for once per finalized block, not once per piece of data.
    reads = len(scene.l1.reads)
    scene.advance(22, 22)
    assert len(scene.l1.reads) == reads


def test_finalized_head_never_goes_back(scene: Scene) -> None:
    """A commitment that comes after a stretch without any does not undo what is final."""
    scene.mine(30)
    scene.alt_da.finalize(scene.ref(20))
    scene.advance(*range(11, 22))
    assert scene.alt_da.finalized_head == scene.ref(14)
    commitment = scene.server.put(INPUT)
    scene.get(commitment, 21)
    scene.alt_da.finalize(scene.ref(22))
    assert scene.alt_da.finalized_head == scene.ref(14)
    scene.advance(*range(22, 31))
    scene.alt_da.finalize(scene.ref(27))
    assert scene.alt_da.finalized_head == scene.ref(21)


def test_window_before_the_first_l1_block() -> None:
    scene = Scene(alt_da_config(challenge_window=100))
    scene.mine(12)
    scene.alt_da.finalize(scene.ref(11))
    scene.advance(11, 12)
    assert scene.alt_da.finalized_head is None


def test_failed_read_of_the_finalized_block(scene: Scene) -> None:
    scene.mine(20)
    scene.advance(*range(11, 21))
    scene.alt_da.finalize(scene.ref(18))
    scene.l1.failing = 0
    with pytest.raises(Unavailable):
        scene.advance(20)
    scene.advance(20)
    assert scene.alt_da.finalized_head == scene.ref(12)
