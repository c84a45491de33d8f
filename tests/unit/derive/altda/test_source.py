"""Batcher data behind commitments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from pyoprollup.derive.altda.commitment import Commitment, CommitmentType, keccak_commitment
from pyoprollup.derive.altda.manager import AltDAManager
from pyoprollup.derive.altda.source import AltDADataSourceFactory
from pyoprollup.derive.data_source import DataIterator, DataSourceFactory
from pyoprollup.derive.drops import DropReason
from pyoprollup.derive.errors import CriticalError, EndOfData, NotEnoughData, ResetError
from pyoprollup.errors import Unavailable
from pyoprollup.eth.receipts import Receipt
from pyoprollup.eth.transactions import tx_hash
from pyoprollup.rollup.alt_da import DEFAULT_MAX_INPUT_SIZE, AltDAConfig
from tests.unit.derive.altda.support import (
    CONTRACT,
    RESOLVED,
    DAServer,
    alt_da_config,
    challenge_receipt,
    generic_config,
    resolve_tx,
)
from tests.unit.derive.support import BATCHER, Drops, FakeL1, batcher_tx, config, l1_chain, outcomes

WINDOW = 6
OTHER = batcher_tx(b"not for the inbox", to=CONTRACT)


class Scene:
    """Blocks 10 to 39 of L1, filled on demand, and the data source over them."""

    def __init__(self, alt_da: AltDAConfig | None = None) -> None:
        self.refs = l1_chain(30)
        self.l1 = FakeL1(self.refs[:1])
        self.server = DAServer()
        self.drops = Drops()
        self.alt_da = AltDAManager(alt_da or alt_da_config(WINDOW, WINDOW), self.l1, self.server)
        self.alt_da.reset(self.refs[0])
        source = DataSourceFactory(config(alt_da=alt_da), self.l1, None)
        limit = (alt_da or AltDAConfig()).max_input_size
        self._factory = AltDADataSourceFactory(source, self.alt_da, limit, self.drops)

    def mine(self, *data: bytes, extra: Sequence[bytes] = (), receipts: Sequence[Receipt] = ()) -> int:
        """The next L1 block, with batcher transactions and then ``extra`` ones (whose receipts are
        given); its number."""
        ref = self.refs[max(self.l1.refs) - 9]
        transactions = [batcher_tx(piece, nonce) for nonce, piece in enumerate(data)]
        self.l1.add(ref, [*transactions, *extra], [Receipt(status=1)] * len(data) + list(receipts))
        return ref.number

    def open(self, number: int) -> DataIterator:
        return self._factory.open_data(self.refs[number - 10], BATCHER)

    def read(self, number: int) -> list[object]:
        """The data of an L1 block; exception types where something was skipped."""
        data = self.open(number)
        return list(outcomes(lambda: data.next()[0], passing=ResetError))


def tx_data(commitment: Commitment) -> bytes:
    return b"\x01" + commitment.encode()


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_inputs_take_the_place_of_commitments(scene: Scene) -> None:
    inputs = [b"\0one", b"\0two", b""]
    commitments = [scene.server.put(data) for data in inputs]
    number = scene.mine(*map(tx_data, commitments))
    data = scene.open(number)
    for index, (expected, commitment) in enumerate(zip(inputs, commitments, strict=True)):
        piece, source = data.next()
        assert piece == expected
        assert source is not None
        assert source.alt_da_commitment == commitment.encode()
        assert source.tx_hash == tx_hash(batcher_tx(tx_data(commitment), index))
        assert (source.block, source.tx_index) == (scene.refs[1].id, index)
    with pytest.raises(EndOfData):
        data.next()


def test_other_data_passes_through(scene: Scene) -> None:
    """Frames on L1 itself, and versions that nobody knows, are for the frame queue to judge."""
    number = scene.mine(b"\0frames", b"\x02unknown", b"\xff")
    assert scene.read(number) == [b"\0frames", b"\x02unknown", b"\xff"]
    assert scene.drops == []


def test_empty_data_and_invalid_commitments(scene: Scene) -> None:
    good = scene.server.put(b"\0good")
    number = scene.mine(b"", b"\x01", b"\x01\x00short", b"\x01\x07", tx_data(good))
    assert scene.read(number) == [NotEnoughData] * 4 + [b"\0good"]
    assert scene.drops.reasons == [DropReason.ALT_DA_COMMITMENT_INVALID] * 3


def test_commitment_of_another_type(scene: Scene) -> None:
    generic = scene.server.put_as(Commitment(CommitmentType.GENERIC, b"\x0c1"), b"\0generic")
    good = scene.server.put(b"\0good")
    number = scene.mine(tx_data(generic), tx_data(good))
    assert scene.read(number) == [b"\0good"]
    assert scene.drops.reasons == [DropReason.ALT_DA_COMMITMENT_TYPE]


def test_input_size_limit(scene: Scene) -> None:
    """Inputs must fit a transaction of the challenge contract."""
    largest, larger = (
        scene.server.put(bytes(DEFAULT_MAX_INPUT_SIZE)),
        scene.server.put(bytes(DEFAULT_MAX_INPUT_SIZE + 1)),
    )
    number = scene.mine(tx_data(larger), tx_data(largest))
    assert scene.read(number) == [bytes(DEFAULT_MAX_INPUT_SIZE)]
    assert scene.drops.reasons == [DropReason.ALT_DA_INPUT_TOO_LARGE]


def test_input_size_limit_of_the_chain() -> None:
    scene = Scene(replace(alt_da_config(WINDOW, WINDOW), da_max_input_size=200_000))
    largest, larger = scene.server.put(bytes(200_000)), scene.server.put(bytes(200_001))
    assert scene.read(scene.mine(tx_data(larger), tx_data(largest))) == [bytes(200_000)]
    assert scene.drops.reasons == [DropReason.ALT_DA_INPUT_TOO_LARGE]


def test_generic_inputs_have_no_size_limit() -> None:
    scene = Scene(generic_config())
    commitment = scene.server.put_as(
        Commitment(CommitmentType.GENERIC, b"\x0c1"), bytes(DEFAULT_MAX_INPUT_SIZE + 1)
    )
    assert scene.read(scene.mine(tx_data(commitment))) == [bytes(DEFAULT_MAX_INPUT_SIZE + 1)]


def test_server_fails(scene: Scene) -> None:
    """The commitment is not lost, and the one after it is not taken instead."""
    first, second = scene.server.put(b"\0first"), scene.server.put(b"\0second")
    data = scene.open(scene.mine(tx_data(first), tx_data(second)))
    scene.server.failing = True
    with pytest.raises(Unavailable):
        data.next()
    assert data.next()[0] == b"\0first"
    assert data.next()[0] == b"\0second"


def test_l1_fails(scene: Scene) -> None:
    commitment = scene.server.put(b"\0data")
    data = scene.open(scene.mine(tx_data(commitment)))
    scene.l1.failing = 0
    with pytest.raises(Unavailable):
        data.next()
    assert data.next()[0] == b"\0data"


def test_pending_then_resolved(scene: Scene) -> None:
    """A stall: L1 is read ahead until the answer to a challenge is found there."""
    commitment = keccak_commitment(b"\0withheld")
    first = scene.mine(tx_data(commitment))
    data = scene.open(first)
    with pytest.raises(Unavailable):
        data.next()  # no further L1 block yet
    scene.mine(extra=[OTHER], receipts=[challenge_receipt(commitment, first)])
    scene.mine(
        extra=[resolve_tx(commitment, first, b"\0withheld")],
        receipts=[challenge_receipt(commitment, first, RESOLVED)],
    )
    for _ in range(2):
        with pytest.raises(NotEnoughData):
            data.next()
    assert data.next()[0] == b"\0withheld"
    with pytest.raises(EndOfData):
        data.next()


def test_never_challenged(scene: Scene) -> None:
    first = scene.mine(tx_data(keccak_commitment(b"lost for ever")))
    for _ in range(2 * WINDOW):
        scene.mine()
    data = scene.open(first)
    for _ in range(WINDOW + 1):
        with pytest.raises(NotEnoughData):
            data.next()
    for _ in range(2):
        with pytest.raises(CriticalError):
            data.next()


def test_expired_challenges_are_skipped(scene: Scene) -> None:
    """While stalled, the challenge of the first commitment expires; the second one is next."""
    withheld, good = keccak_commitment(b"withheld"), scene.server.put(b"\0good")
    first = scene.mine(tx_data(withheld), tx_data(good))
    scene.mine(extra=[OTHER], receipts=[challenge_receipt(withheld, first)])
    for _ in range(WINDOW):
        scene.mine()
    got = scene.read(first)
    assert got == [NotEnoughData] * (WINDOW + 1) + [b"\0good"]
    assert scene.drops.reasons == [DropReason.ALT_DA_CHALLENGE_EXPIRED]


def test_expiry_of_used_input_resets() -> None:
    """The whole way: inputs are used, the challenges of the first four expire two L1 blocks apart,
    and each time derivation starts over without one more of them."""
    scene = Scene(alt_da_config(challenge_window=10, resolve_window=6))
    contents = [b"\0input %d" % index for index in range(12)]
    commitments = [scene.server.put(data) for data in contents]
    numbers = [scene.mine(tx_data(commitment)) for commitment in commitments[:4]]
    for index in range(4):
        scene.mine(extra=[OTHER], receipts=[challenge_receipt(commitments[index], numbers[index])])
        scene.mine()
    for commitment in commitments[4:]:
        scene.mine(tx_data(commitment))

    # Challenged in blocks 15, 17, 19, 21: the windows end six blocks later.
    for skipped, reset_at in enumerate([21, 23, 25, 27, None]):
        got: list[object] = []
        stopped = None
        for number in range(11, 31):
            try:
                got += scene.read(number)
            except ResetError:
                stopped = number
                break
        assert stopped == reset_at
        assert got == contents[skipped:4] + contents[4 : 4 + max(0, (stopped or 31) - 23)]
        scene.alt_da.reset(scene.refs[0])


def test_windows_pass_without_commitments(scene: Scene) -> None:
    """Blocks without any data count too."""
    commitment = scene.server.put(b"\0data")
    first = scene.mine(tx_data(commitment))
    scene.mine(extra=[OTHER], receipts=[challenge_receipt(commitment, first)])
    assert scene.read(first) == [b"\0data"]
    for _ in range(WINDOW):
        assert scene.read(max(scene.l1.refs)) == []
        scene.mine()
    data = scene.open(max(scene.l1.refs))
    with pytest.raises(ResetError):
        data.next()


def test_l1_reorg_under_the_look_ahead_resets(scene: Scene) -> None:
    commitment = keccak_commitment(b"withheld")
    first = scene.mine(tx_data(commitment))
    scene.mine()
    data = scene.open(first)
    with pytest.raises(NotEnoughData):
        data.next()
    for ref in l1_chain(2, first=12, time=1024, name="fork"):
        scene.l1.add(ref)
    with pytest.raises(ResetError):
        data.next()
