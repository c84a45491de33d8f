from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.challenger.game.trace import PreimageOracleData
from pyoprollup.challenger.keccak import BLOCK_SIZE, LargePreimageIdent
from pyoprollup.challenger.keccak.merkle import MAX_LEAF_COUNT
from pyoprollup.challenger.preimages import (
    ChallengePeriodNotOver,
    KeyType,
    LargePreimageUploader,
    PreimageCountered,
    PreimageUnsupported,
    UploadIncomplete,
    large,
    new_uuid,
    split_calls,
    typed_key,
)
from pyoprollup.eth.crypto import keccak256
from pyoprollup.sources.l1 import CallFailed
from tests.unit.challenger.oracle_model import MIN_SIZE, OWNER, PERIOD, ModelOracle, ModelSender, Reverted

CHUNK = 3
"""Blocks in a transaction, in these tests."""
MIN = MIN_SIZE


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large, "MAX_CHUNK_SIZE", CHUNK * BLOCK_SIZE)


def preimage_of(size: int, offset: int = 0) -> PreimageOracleData:
    preimage = bytes(index * 17 % 253 for index in range(size))
    return PreimageOracleData(
        typed_key(KeyType.KECCAK256, keccak256(preimage)), size.to_bytes(8, "big") + preimage, offset
    )


class World:
    def __init__(self) -> None:
        self.oracle = ModelOracle()
        self.sender = ModelSender(self.oracle)
        self.uploader = LargePreimageUploader(lambda: self.oracle.time, self.sender, self.oracle)

    def upload(self, data: PreimageOracleData) -> None:
        self.uploader.upload_preimage(0, data)

    def finish(self, data: PreimageOracleData) -> None:
        """Upload, wait, and squeeze."""
        with pytest.raises(ChallengePeriodNotOver):
            self.upload(data)
        self.oracle.time += PERIOD + 1
        self.upload(data)

    def assert_done(self, data: PreimageOracleData) -> None:
        part = data.data[data.offset : data.offset + 32].ljust(32, b"\0")
        assert self.oracle.parts == {(data.key, data.offset): part}


SIZES = st.integers(MIN, 5 * CHUNK * BLOCK_SIZE) | st.integers(1, 4).map(lambda n: n * CHUNK * BLOCK_SIZE)


@given(SIZES, st.data())
def test_the_contract_takes_every_part(size: int, data: st.DataObject) -> None:
    """Wherever it is: at the end of a transaction, of the pre-image, or of both."""
    near = st.integers(1, size // (CHUNK * BLOCK_SIZE) + 1).flatmap(
        lambda n: st.integers(n * CHUNK * BLOCK_SIZE - 40, n * CHUNK * BLOCK_SIZE + 40)
    )
    offset = min(size + 7, data.draw(st.integers(0, size + 7) | near))
    world, wanted = World(), preimage_of(size, offset)
    world.finish(wanted)
    world.assert_done(wanted)


@given(st.integers(1, 4), st.integers(0, 39))
def test_a_part_at_the_end_of_whole_transactions(chunks: int, before: int) -> None:
    """The pre-image ends where a transaction does, so that one with the padding alone would follow."""
    size = chunks * CHUNK * BLOCK_SIZE
    world, wanted = World(), preimage_of(size, size + 7 - before)
    world.finish(wanted)
    world.assert_done(wanted)


@given(SIZES, st.integers(0, 8), st.data())
def test_taken_up_again_after_it_was_ended(size: int, mined: int, data: st.DataObject) -> None:
    """Ended after any transaction, also in the middle of a batch; a new one goes on where the contract is."""
    world = World()
    wanted = preimage_of(size, data.draw(st.integers(0, size + 7)))
    world.sender.stop_after = mined
    with pytest.raises((Reverted, ChallengePeriodNotOver)):
        world.upload(wanted)
    world.sender.stop_after = None
    again = World()
    again.oracle = world.oracle
    again.sender = ModelSender(world.oracle)
    again.uploader = LargePreimageUploader(lambda: again.oracle.time, again.sender, again.oracle)
    again.finish(wanted)
    again.assert_done(wanted)
    uploads = [purpose for purpose, _ in world.sender.sent + again.sender.sent]
    assert uploads.count("init large preimage") == (2 if mined == 0 else 1)


def test_order_of_transactions() -> None:
    world, wanted = World(), preimage_of(7 * BLOCK_SIZE, 8)
    world.finish(wanted)
    assert world.sender.sent == [
        ("init large preimage", 1),
        ("add leaf to large preimage", 3),
        ("squeeze large preimage", 1),
    ]


def test_waits_until_the_period_is_over_to_the_second() -> None:
    world, wanted = World(), preimage_of(500)
    with pytest.raises(ChallengePeriodNotOver):
        world.upload(wanted)
    world.oracle.time += PERIOD
    with pytest.raises(ChallengePeriodNotOver):
        world.upload(wanted)
    assert len(world.sender.sent) == 2
    world.oracle.time += 1
    world.upload(wanted)
    world.assert_done(wanted)


def test_what_was_challenged_is_given_up() -> None:
    world, wanted = World(), preimage_of(500)
    with pytest.raises(ChallengePeriodNotOver):
        world.upload(wanted)
    (proposal,) = world.oracle.proposals.values()
    proposal.meta = replace(proposal.meta, countered=True)
    world.oracle.time += 2 * PERIOD
    sent = list(world.sender.sent)
    with pytest.raises(PreimageCountered):
        world.upload(wanted)
    assert world.sender.sent == sent


class Forgetful(ModelOracle):
    """Asked again after a transaction, it answers as before it: a node that lags."""

    def __init__(self, stale: int) -> None:
        super().__init__()
        self._stale = stale
        self._first: list[Any] = []

    def get_proposal_metadata(self, idents: Any) -> Any:
        found = super().get_proposal_metadata(idents)
        self._first.append(found)
        return self._first[0] if self._stale else found


def test_no_squeeze_before_the_contract_is_known_to_have_all() -> None:
    """A time of zero is of an upload that is not complete, not of one that was complete long ago."""
    oracle = Forgetful(1)
    sender = ModelSender(oracle)
    uploader = LargePreimageUploader(lambda: 10**9, sender, oracle)
    with pytest.raises(UploadIncomplete):
        uploader.upload_preimage(0, preimage_of(500))
    assert [purpose for purpose, _ in sender.sent] == ["init large preimage", "add leaf to large preimage"]


def test_an_oracle_that_says_nothing() -> None:
    world = World()
    world.oracle.get_proposal_metadata = lambda _idents: []  # type: ignore[method-assign]
    with pytest.raises(UploadIncomplete):
        world.upload(preimage_of(500))


def test_nothing_is_sent_if_the_squeeze_fails_when_it_is_tried() -> None:
    world, wanted = World(), preimage_of(500)
    with pytest.raises(ChallengePeriodNotOver):
        world.upload(wanted)
    world.oracle.time += PERIOD  # The contract refuses still.
    uploader = LargePreimageUploader(lambda: world.oracle.time + 1, world.sender, world.oracle)
    with pytest.raises(CallFailed, match="ActiveProposal"):
        uploader.upload_preimage(0, wanted)
    assert [purpose for purpose, _ in world.sender.sent][-1] == "add leaf to large preimage"


def test_more_than_the_tree_holds_costs_no_bond() -> None:
    world = World()
    too_large = PreimageOracleData(bytes(32), bytes(8 + MAX_LEAF_COUNT * BLOCK_SIZE), 0)
    with pytest.raises(PreimageUnsupported):
        world.upload(too_large)
    assert not world.sender.sent


def test_resume_counts_blocks_that_are_no_whole_transaction() -> None:
    _, calls = split_calls(preimage_of(5 * BLOCK_SIZE), blocks_already=1)
    assert [len(call.commitments) for call in calls] == [3, 2]
    _, calls = split_calls(preimage_of(5 * BLOCK_SIZE), blocks_already=6)
    assert calls == []
    _, calls = split_calls(preimage_of(5 * BLOCK_SIZE), blocks_already=5)
    assert [(call.input, call.finalize) for call in calls] == [(b"", True)]
    # A contract that claims nonsense.
    _, calls = split_calls(preimage_of(5 * BLOCK_SIZE), blocks_already=(1 << 32) - 1)
    assert calls == []


@given(st.binary(max_size=100), st.integers(0, (1 << 32) - 1))
def test_uuid(preimage: bytes, offset: int) -> None:
    data = PreimageOracleData(bytes(32), bytes(8) + preimage, offset)
    uuid = new_uuid(OWNER, data)
    assert uuid == int.from_bytes(keccak256(preimage + offset.to_bytes(4, "little") + OWNER), "big")
    assert LargePreimageIdent(OWNER, uuid).uuid < 1 << 256
