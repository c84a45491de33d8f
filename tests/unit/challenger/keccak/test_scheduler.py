"""The keccak challenger as a whole, from scheduler to fetcher, over a model of the contract."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest

from pyoprollup.challenger.keccak import (
    BLOCK_SIZE,
    InputFetcher,
    KeccakMetrics,
    LargePreimageIdent,
    LargePreimageScheduler,
    LeavesUnavailable,
    PreimageChallenger,
    PreimageVerifier,
    StateMatrix,
)
from pyoprollup.challenger.keccak import verifier as verifier_module
from pyoprollup.errors import DecodeError, RollupError
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.receipts import Log
from pyoprollup.eth.types import ZERO_HASH, Address, Hash32
from pyoprollup.events import Happening
from tests.unit.challenger.oracle_model import ORACLE, OWNER, PERIOD, ModelOracle, ModelSender

HEAD = Hash32(b"\x77" * 32)
STRANGER = Address(b"\x02" * 20)
SIZE = 5 * BLOCK_SIZE + 17


class World:
    """An oracle with uploads, and a challenger that watches it."""

    def __init__(self) -> None:
        self.oracle = ModelOracle()
        self.uploader = ModelSender(self.oracle, STRANGER)
        self.sender = ModelSender(self.oracle)
        self.metrics = KeccakMetrics()
        self.news: list[Happening] = []
        self.fetches = 0
        self.verifier = PreimageVerifier(InputFetcher(self))
        challenger = PreimageChallenger(self.verifier, self.sender, self.metrics, self.news.append)
        self.oracles: list[Any] = [self.oracle]
        self.scheduler = LargePreimageScheduler(
            lambda: self.oracles, challenger, lambda: self.oracle.time, self.metrics, self.news.append
        )

    def l1_block_ref_by_number(self, number: int) -> Any:
        return self.oracle.l1_block_ref_by_number(number)

    def fetch_receipts(self, block_hash: Hash32) -> Any:
        self.fetches += 1
        return self.oracle.fetch_receipts(block_hash)

    def upload(self, uuid: int, wrong: tuple[int, ...] = (), *, size: int = SIZE, chunk: int = 2) -> Any:
        """A stranger's upload, wrong at some blocks; returns what the contract says of it."""
        data = bytes(index * 13 % 251 for index in range(size))
        self.uploader.send_and_wait("init", [self.oracle.init_large_preimage(uuid, 8, size)])
        matrix, stream, start = StateMatrix(), BytesIO(data), 0
        while not matrix.is_final:
            added = matrix.absorb_up_to(stream, chunk * BLOCK_SIZE)
            commitments = list(added.commitments)
            for index in wrong:
                if start <= index < start + len(commitments):
                    commitments[index - start] = keccak256(b"wrong")
            self.uploader.send_and_wait(
                "add", [self.oracle.add_leaves(uuid, start, added.input, commitments, added.finalize)]
            )
            start += len(commitments)
        return self.proposal(uuid)

    def proposal(self, uuid: int) -> Any:
        return self.oracle.proposals[LargePreimageIdent(STRANGER, uuid)]

    def look(self) -> None:
        assert self.scheduler.schedule(HEAD)
        self.scheduler.step()

    def told(self, event: str) -> int:
        return sum(happening.event == event for happening in self.news)


@pytest.mark.parametrize("wrong", [0, 1, 3, 5])
def test_a_wrong_leaf_is_challenged(wrong: int) -> None:
    """The first, one in the middle of a transaction, the first of one, and the padded last."""
    world = World()
    proposal = world.upload(1, (wrong,))
    world.look()
    assert proposal.meta.countered
    assert world.sender.sent == [("challenge preimages", 1)]
    assert world.metrics.preimages_challenged == 1
    world.look()  # The contract says that it is countered.
    assert len(world.sender.sent) == 1


def test_a_block_of_padding_alone_is_a_leaf_as_well() -> None:
    world = World()
    proposal = world.upload(1, (4,), size=4 * BLOCK_SIZE)
    world.look()
    assert proposal.meta.countered


def test_all_challenges_of_an_oracle_are_one_batch() -> None:
    world = World()
    wrong = [world.upload(1, (2,)), world.upload(3, (0, 4))]
    right = world.upload(2)
    world.look()
    assert world.sender.sent == [("challenge preimages", 2)]
    assert all(proposal.meta.countered for proposal in wrong) and not right.meta.countered


def test_right_roots_are_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifier_module, "VALID_PREIMAGE_CACHE_SIZE", 2)
    world = World()
    world.upload(1)
    world.look()
    fetched = world.fetches
    world.upload(2)  # The same data has the same root, whoever uploads it.
    world.look()
    assert world.fetches == fetched
    world.upload(3, size=SIZE + 1)
    world.upload(4, size=SIZE + 2)
    world.look()
    fetched = world.fetches
    world.look()  # Three roots do not fit, so one at least is looked at again.
    assert world.fetches > fetched and len(world.verifier._known_valid) == 2
    assert not world.sender.sent


def test_only_what_can_be_challenged_is_looked_at() -> None:
    world = World()
    proposal = world.upload(1, (2,))
    world.oracle.time = proposal.meta.timestamp + PERIOD
    world.look()
    proposal.meta = replace(proposal.meta, timestamp=0)
    world.look()
    assert not world.fetches and not world.sender.sent
    proposal.meta = replace(proposal.meta, timestamp=world.oracle.time - PERIOD + 1)
    world.look()
    assert proposal.meta.countered
    assert world.metrics.large_preimage_count == 1


def test_a_block_that_comes_while_one_waits_is_left_out() -> None:
    world = World()
    assert not world.scheduler.is_due
    world.scheduler.step()  # Nothing waits, nothing happens.
    assert world.scheduler.schedule(HEAD) and world.scheduler.is_due
    assert not world.scheduler.schedule(ZERO_HASH)
    world.scheduler.step()
    assert world.scheduler.schedule(ZERO_HASH)
    assert world.metrics.skipped == 1 and world.metrics.passes == 1


def test_a_broken_oracle_or_upload_stops_no_other() -> None:
    world = World()
    broken = ModelOracle()
    broken.failing = True
    world.oracles.insert(0, broken)
    lost, wrong = world.upload(1, (1,)), world.upload(2, (1,))
    world.oracle.logs[lost.blocks[0]].clear()  # L1 was reorganised, or its node lags.
    world.look()
    assert wrong.meta.countered and not lost.meta.countered
    assert world.told("preimages-unverified") == world.told("preimage-unverified") == 1
    assert world.metrics.preimages_unverified == 1


def test_a_failed_batch_is_told_and_tried_again() -> None:
    world = World()
    proposal = world.upload(1, (1,))
    world.sender.stop_after = 0
    world.look()
    assert world.metrics.preimage_challenge_failed == 1 and world.told("preimages-unverified") == 1
    world.sender.stop_after = None
    world.look()
    assert proposal.meta.countered


def other_logs(world: World, ident: LargePreimageIdent, number: int) -> None:
    """Logs that are not about the upload, around the one that is."""
    log = world.oracle.logs[number][0]
    init = STRANGER + (0).to_bytes(4, "big")
    world.oracle.logs[number] = [
        Log(Address(b"\x0b" * 20), (), log.data, 0),
        Log(ORACLE, (), b"short", 0),
        Log(ORACLE, (), OWNER + log.data[20:], 0),
        Log(ORACLE, (), init, 0),
        log,
    ]


def test_other_logs_are_passed_over() -> None:
    world = World()
    proposal = world.upload(1, (2,))
    for number in proposal.blocks:
        other_logs(world, LargePreimageIdent(STRANGER, 1), number)
    world.look()
    assert proposal.meta.countered


def test_two_uploads_in_one_block() -> None:
    world = World()
    first, second = world.upload(1, (1,)), world.upload(2)
    (number,) = {first.blocks[0]}
    world.oracle.logs[number] += world.oracle.logs.pop(second.blocks[0])
    second.blocks[0] = number
    world.look()
    assert first.meta.countered and not second.meta.countered


@pytest.mark.parametrize("what", ["bytes", "commitments", "root", "unreadable"])
def test_no_challenge_of_what_the_contract_does_not_have(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What L1's node shows is not what the contract has: then nothing is known, and nothing is sent."""
    world = World()
    proposal = world.upload(1, (2,))
    if what == "bytes":
        proposal.meta = replace(proposal.meta, bytes_processed=SIZE - 1)
    elif what == "root":
        proposal.tree.add_leaf(keccak256(b"more"))
    else:
        decode = world.oracle.decode_input_data

        def changed(data: bytes) -> Any:
            if what == "unreadable":
                raise DecodeError("no such arguments")
            uuid, added = decode(data) or (0, None)
            assert added is not None
            return uuid, replace(added, commitments=added.commitments[1:])

        monkeypatch.setattr(world.oracle, "decode_input_data", changed)
    meta = world.oracle.get_active_preimages(HEAD)[0]
    with pytest.raises(LeavesUnavailable):
        world.verifier.create_challenge(HEAD, world.oracle, meta)
    world.look()
    assert not world.sender.sent and world.metrics.preimages_unverified == 1


def test_failed_transactions_have_added_nothing() -> None:
    world = World()
    proposal = world.upload(1)
    fetch = world.oracle.fetch_receipts

    def failed(block_hash: Hash32) -> Any:
        info, receipts = fetch(block_hash)
        return info, [replace(receipt, status=0) for receipt in receipts]

    world.fetch_receipts = failed  # type: ignore[method-assign]
    ident = LargePreimageIdent(STRANGER, 1)
    with pytest.raises(RollupError, match=f"L1 block {proposal.blocks[0]} has none"):
        InputFetcher(world).fetch_inputs(HEAD, world.oracle, ident)
