"""Phase 3 of the flow, as far as derivation goes: rows 3.1 and 3.2.

3.1, ``NewDerivationPipeline``: the stages are assembled. 3.2, ``Step``: frame → channel → batch →
attributes, and what ``Step`` does when L1 moves, ends, or changes its rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from pyoprollup import derive, eth, rollup
from pyoprollup.derive import DropReason
from pyoprollup.errors import ConfigError, Unavailable
from pyoprollup.replay import PseudoChain, derive_chain, load_recording
from pyoprollup.replay.recording import RecordedL1, Recording
from tests.flow.rollup import GAS_LIMIT, SCALAR, NoBlobs, Sequencer, Verifier, chain_config, start_of
from tests.golden import golden_case
from tests.unit.derive.support import (
    BATCHER,
    Drops,
    FakeL1,
    FakeL2,
    batcher_tx,
    l1_chain,
    l2_block,
    name_hash,
)


class Run:
    """A recording, and the pipeline at its beginning."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.l1: RecordedL1 = recording.l1()
        self.chain = PseudoChain(recording.config, recording.start)
        self.drops = Drops()
        self.pipeline = derive.DerivationPipeline(
            recording.config, self.l1, self.l1, self.chain, drops=self.drops
        )

    def next(self) -> derive.AttributesWithParent:
        """Step until there are attributes."""
        self.pipeline.confirm_engine_reset()
        while (attributes := self.pipeline.step(self.chain.safe_head)) is None:
            pass
        return attributes

    def all(self) -> list[derive.DerivedBlock]:
        """Everything that L1 has."""
        return list(derive_chain(self.pipeline, self.chain, self.l1))


def go_run(file: str, name: str, **changes: Any) -> Run:
    """A case of the vectors, with some fields of its rollup configuration changed."""
    case = golden_case(file, name)
    case["rollup_config"] = {**case["rollup_config"], **changes}
    return Run(load_recording(case))


# --- 3.1


def test_3_1_new_derivation_pipeline() -> None:
    run = go_run("pipeline_happy", "happy-ecotone")
    pipeline, start = run.pipeline, run.recording.start
    assert pipeline.origin is None
    assert not pipeline.derivation_ready
    # The engine's heads come first, then the stages are reset, then it derives.
    with pytest.raises(derive.ResetError, match="engine"):
        pipeline.step(start)
    pipeline.confirm_engine_reset()
    assert not pipeline.derivation_ready
    assert pipeline.step(start) is None
    assert pipeline.derivation_ready
    assert pipeline.origin == run.l1.l1_block_ref_by_hash(start.l1_origin.hash)
    assert run.next().parent == start


def test_3_1_new_derivation_pipeline_needs_what_the_configuration_asks_for() -> None:
    config = go_run("pipeline_happy", "happy-ecotone").recording.config
    alt_da = replace(config, alt_da=rollup.AltDAConfig())
    l1, l2 = FakeL1(), FakeL2()
    with pytest.raises(ConfigError, match="alt_da"):
        derive.DerivationPipeline(alt_da, l1, NoBlobs(), l2)
    derive.DerivationPipeline(config, l1, None, l2)  # blobs are only asked for from Ecotone on


# --- 3.2


def test_3_2_step_from_frame_to_attributes() -> None:
    """Every stage between an L1 transaction and the attributes, once more by hand."""
    run = go_run("pipeline_happy", "happy-granite")
    attributes = run.next()
    config = run.recording.config

    source = attributes.source
    assert source is not None and source.channel is not None and source.inclusion is not None
    frames: list[derive.Frame] = []
    for wanted in source.channel.frames:
        assert wanted is not None and wanted.data is not None
        raw = run.l1.transactions_by_hash(wanted.data.block.hash)[wanted.data.tx_index]
        data = batcher_data(run, raw, wanted.data)
        assert data[wanted.start : wanted.end] == next(
            frame.encode() for frame in derive.parse_frames(data) if frame.number == wanted.number
        )
        frames += [frame for frame in derive.parse_frames(data) if frame.id == source.channel.id]

    channel = derive.Channel(source.channel.id, source.channel.opened)
    for frame in frames:
        channel.add_frame(frame, source.channel.opened)
    assert channel.is_ready()

    limits = config.rules_at_l1(rollup.L1Time(attributes.derived_from.time))
    reader = derive.BatchReader(channel.data(), limits.max_rlp_bytes_per_channel, limits.brotli_channels)
    batch = [item for item, _ in reader][source.index]
    assert isinstance(batch, derive.SingularBatch)
    assert (batch.parent_hash, batch.timestamp) == (run.recording.start.hash, attributes.attributes.timestamp)

    builder = derive.FetchingAttributesBuilder(config, run.l1, run.chain)
    forced = builder.prepare_payload_attributes(attributes.parent, batch.epoch)
    assert attributes.attributes == replace(forced, transactions=forced.transactions + batch.transactions)
    assert attributes.derived_from.id == source.inclusion
    assert attributes.concluding


def batcher_data(run: Run, raw: bytes, source: derive.DataSource) -> bytes:
    """What a batcher transaction carries, in its calldata or in one of its blobs."""
    if source.blob_hash is None:
        tx = eth.decode_transaction(raw)
        assert isinstance(tx, eth.Transaction)
        return tx.data
    assert source.blob_index is not None
    ref = run.l1.l1_block_ref_by_hash(source.block.hash)
    wanted = derive.IndexedBlobHash(source.blob_index, source.blob_hash)
    return eth.blob_to_data(run.l1.get_blobs(ref, [wanted])[0])


def test_3_2_step_adopts_the_origin_of_what_it_derives() -> None:
    """The pipeline's origin follows L1 block by block, one step behind the first stage."""
    run = go_run("pipeline_happy", "happy-granite")
    run.pipeline.confirm_engine_reset()
    origins: list[int] = []
    with pytest.raises(derive.EndOfData):
        while True:
            attributes = run.pipeline.step(run.chain.safe_head)
            assert run.pipeline.origin is not None
            if attributes is not None:
                assert attributes.derived_from == run.pipeline.origin
                run.chain.apply(attributes)
            if run.pipeline.origin.number not in origins[-1:]:
                origins.append(run.pipeline.origin.number)
    blocks = [block.info.ref.number for block in run.recording.blocks]
    assert origins == blocks[: len(origins)]
    assert origins[-1] == blocks[-1]


def test_3_2_step_ends_with_l1_and_goes_on_with_it() -> None:
    whole = go_run("pipeline_happy", "happy-granite")
    expected = whole.all()
    run = go_run("pipeline_happy", "happy-granite")
    shorter = RecordedL1(run.recording.blocks[:6], run.recording.blobs)
    run.l1 = shorter
    run.pipeline = derive.DerivationPipeline(run.recording.config, shorter, shorter, run.chain)
    blocks = run.all()
    assert 0 < len(blocks) < len(expected)
    for _ in range(3):
        with pytest.raises(derive.EndOfData):
            run.pipeline.step(run.chain.safe_head)
    shorter.reorg(run.recording.blocks[6:])
    assert blocks + run.all() == expected


# --- 3.2, the reset's walk back

L1_START, RESET_BLOCKS = 100, 320


class WalkBack:
    """One L2 block on each of 320 L1 blocks, all of them safe, and a pipeline to be reset there.

    The batcher's key changed with L2 block 10, and each of both keys left junk in every L1 block:
    the configuration that the stages start with shows in whose junk is met.
    """

    def __init__(self, forks: str) -> None:
        self.refs = l1_chain(RESET_BLOCKS, first=L1_START)
        self.config = chain_config(self.refs, forks, channel_timeout=300)
        self.old, self.new = name_hash("old batcher key"), name_hash("new batcher key")
        self.l1 = FakeL1()
        for ref in self.refs:
            junk = [batcher_tx(b"\0junk", ref.number, key) for key in (self.old, self.new)]
            self.l1.add(ref, junk)
        genesis = start_of(self.config)
        self.blocks = [genesis]
        for number, ref in enumerate(self.refs[1:], 1):
            block = l2_block(number, ref.time, ref, parent=self.blocks[-1].hash)
            self.blocks.append(block)
        self.l2 = FakeL2(self.blocks)
        for block in self.blocks:
            key = self.old if block.number < 10 else self.new
            self.l2.configs[block.hash] = rollup.SystemConfig(
                eth.address_of(key), gas_limit=GAS_LIMIT, scalar=SCALAR
            )
        self.drops = Drops()
        self.pipeline = derive.DerivationPipeline(self.config, self.l1, NoBlobs(), self.l2, drops=self.drops)

    def reset_at(self, number: int) -> int:
        """Reset with L2 block ``number`` as the safe head; the number of the L1 block to start from."""
        self.pipeline.reset()
        self.pipeline.confirm_engine_reset()
        assert self.pipeline.step(self.blocks[number]) is None
        assert self.pipeline.origin is not None
        return self.pipeline.origin.number

    def batcher_met(self, number: int) -> eth.Address:
        """Who sent the first batcher data that is looked at."""
        with pytest.raises(derive.EndOfData):
            while not self.drops:
                self.pipeline.step(self.blocks[number])
            raise derive.EndOfData("met")
        source = self.drops[0].subject
        assert self.drops.reasons[0] is DropReason.FRAMES_UNPARSABLE
        assert isinstance(source, derive.DataSource)
        raw = self.l1.transactions_by_hash(source.block.hash)[source.tx_index]
        return eth.sender(eth.decode_transaction(raw), self.config.l1_chain_id)


@pytest.mark.parametrize(("forks", "timeout"), [("fjord", 300), ("granite", 50)])
def test_3_2_step_resets_to_before_any_channel_that_is_open(forks: str, timeout: int) -> None:
    scene = WalkBack(forks)
    for number in (1, timeout - 1, timeout, timeout + 1, 319):
        # The L2 genesis is the last to walk back to.
        assert scene.reset_at(number) == L1_START + max(0, number - timeout)


@pytest.mark.parametrize(("number", "batcher"), [(309, "old"), (310, "new")])
def test_3_2_step_takes_the_configuration_of_the_block_walked_back_to(number: int, batcher: str) -> None:
    scene = WalkBack("fjord")
    assert scene.reset_at(number) == L1_START + number - 300
    assert scene.batcher_met(number) == eth.address_of(getattr(scene, batcher))


def test_3_2_step_goes_on_where_a_read_ended_the_walk_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each read of L1 fails the first time, as in a node that fetches what it lacks: no walk begins anew."""
    scene = WalkBack("fjord")
    calm = scene.reset_at(319)
    needed, scene.l2.reads = scene.l2.reads, 0
    known: set[eth.Hash32] = set()
    read = scene.l1.l1_block_ref_by_hash

    def lacking(block_hash: eth.Hash32) -> eth.L1BlockRef:
        if block_hash not in known:
            known.add(block_hash)
            raise Unavailable("is being fetched")
        return read(block_hash)

    monkeypatch.setattr(scene.l1, "l1_block_ref_by_hash", lacking)
    scene.pipeline.reset()
    scene.pipeline.confirm_engine_reset()
    for _ in range(301):
        with pytest.raises(Unavailable):
            scene.pipeline.step(scene.blocks[319])
    assert scene.reset_at(319) == calm
    assert scene.l2.reads <= 2 * needed


def test_3_2_step_walks_back_anew_from_another_safe_head() -> None:
    scene = WalkBack("fjord")
    scene.l1.failing = 50
    with pytest.raises(Unavailable):
        scene.reset_at(319)
    assert scene.reset_at(310) == L1_START + 10


# --- 3.2, Holocene

HOLOCENE = 20
"""Number of the L1 block at which it activates, in the chains built here."""


def holocene_chain() -> tuple[Sequence[eth.L1BlockRef], Sequencer, Verifier]:
    """L1 from block 10 on, and 30 L2 blocks on the first few of its blocks."""
    refs = l1_chain(30)
    config = chain_config(refs, "granite", holocene_time=refs[HOLOCENE - 10].time)
    sequencer = Sequencer(config, refs)
    sequencer.build(30)
    assert sequencer.blocks[-1].l1_origin.number == 15
    return refs, sequencer, Verifier(config)


def numbers(blocks: Sequence[derive.DerivedBlock]) -> list[int]:
    return [block.block.number for block in blocks]


def test_3_2_step_activates_holocene() -> None:
    refs, sequencer, verifier = holocene_chain()
    a, b = sequencer.channel("a", 1, 10, frames=2), sequencer.channel("b", 11, 20, frames=2)
    later, c = sequencer.channel("later", 25, 30), sequencer.channel("c", 21, 30, frames=2)
    posted = {
        14: [a[1]],  # any order of frames will do
        15: [a[0]],
        17: later,  # waits in the batch queue for the blocks before it
        19: [b[0]],  # is open when Holocene comes
        20: [b[1]],
        21: [c[1], c[0]],  # no longer in any order
        22: b,
        23: c,
    }
    verifier.see(refs, posted)
    assert [block.block for block in verifier.blocks] == sequencer.blocks
    assert verifier.resets == []

    at_fork = [drop for drop in verifier.drops if drop.reason is DropReason.FORK_ACTIVATION]
    assert [drop.origin and drop.origin.number for drop in at_fork] == [HOLOCENE, HOLOCENE]
    channel, batch = (drop.subject for drop in at_fork)
    assert isinstance(channel, derive.ChannelSource) and channel.id == b[0].id
    assert isinstance(batch, derive.BatchSource) and batch.channel is not None
    assert batch.channel.id == later[0].id
    assert verifier.drops.reasons[2:] == [
        DropReason.FRAME_WITHOUT_CHANNEL,  # the second half of b
        DropReason.FRAME_AFTER_LAST,  # c[0] after c[1]
        DropReason.FRAME_WITHOUT_CHANNEL,  # c[1] alone
    ]


def test_3_2_step_goes_back_over_holocene_when_l1_does() -> None:
    refs, sequencer, verifier = holocene_chain()
    a, b = sequencer.channel("a", 1, 10, frames=2), sequencer.channel("b", 11, 20, frames=2)
    verifier.see(refs[:15], {14: a, 22: [b[1], b[0]]})
    assert numbers(verifier.blocks) == list(range(1, 11))
    assert verifier.drops.reasons == [DropReason.FRAME_AFTER_LAST, DropReason.FRAME_WITHOUT_CHANNEL]
    assert verifier.pipeline.origin is not None and verifier.pipeline.origin.number == 24

    # L1 is replaced from block 18 on. What the assembler refused at 22 is at 19 now, where the rules
    # of before the fork hold, and so are two batches in the wrong order.
    verifier.drops.clear()
    verifier.blocks.clear()
    other = [
        eth.L1BlockRef(name_hash(f"other {ref.number}"), ref.number, refs[7].hash, ref.time)
        for ref in refs[8:]
    ]
    for index in range(1, len(other)):
        other[index] = replace(other[index], parent_hash=other[index - 1].hash)
    last, open_channel = sequencer.channel("last", 21, 30), sequencer.channel("open", 1, 2, frames=2)
    verifier.see(other, {18: last, 19: [b[1], b[0], open_channel[1]]})
    assert len(verifier.resets) == 1
    assert "reorg" in verifier.resets[0]
    assert [block.block for block in verifier.blocks] == sequencer.blocks[10:]
    # And then the fork activates for a second time.
    assert verifier.drops.reasons[-1] is DropReason.FORK_ACTIVATION
    assert verifier.drops[-1].origin == other[2].id


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("pipeline_happy", "happy-granite"),
        ("pipeline_blobs", "blobs-granite-junk"),
        ("pipeline_bad_batches", "bad-batches-granite"),
    ],
)
def test_3_2_step_activates_holocene_anywhere_in_a_recording(file: str, name: str) -> None:
    """The batcher of a recording knows nothing of the fork: what it sends is lost or not, but what is
    derived before the fork's first L1 block stays, and a second look at L1 leads to the same chain."""
    before = go_run(file, name)
    unchanged = before.all()
    dropped_at_fork = 0
    for block in before.recording.blocks[1:]:
        ref = block.info.ref
        run = go_run(file, name, holocene_time=ref.time)
        derived = run.all()
        earlier = [old for old in unchanged if old.attributes.derived_from.number < ref.number]
        assert derived[: len(earlier)] == earlier
        at_fork = [drop for drop in run.drops if drop.reason is DropReason.FORK_ACTIVATION]
        assert all(drop.origin == ref.id for drop in at_fork)
        dropped_at_fork += len(at_fork)
        # Reset at the end: nothing further is found, the safe head stays.
        head = run.chain.safe_head
        run.pipeline.reset()
        assert run.all() == []
        assert run.chain.safe_head == head
    assert dropped_at_fork, "no channel was ever open when the fork came"


def test_3_2_step_replaces_an_invalid_block_by_its_deposits() -> None:
    """Holocene: the engine refuses a block; its deposits are built instead, its channel is gone."""
    refs = l1_chain(30)
    config = chain_config(refs, "holocene")
    sequencer = Sequencer(config, refs)
    sequencer.build(12)
    verifier = Verifier(config)
    for ref in refs[:8]:
        posted = sequencer.channel("span", 1, 12) if ref.number == 15 else None
        data = None if posted is None else b"\0" + posted[0].encode()
        verifier.l1.add(ref, () if data is None else (batcher_tx(data),))
    pipeline, chain = verifier.pipeline, verifier.chain
    pipeline.confirm_engine_reset()

    blocks: list[derive.AttributesWithParent] = []
    while len(blocks) < 3:
        found = pipeline.step(chain.safe_head)
        if found is not None:
            blocks.append(found)
            if len(blocks) < 3:
                chain.apply(found)
    third = blocks[-1]
    assert len(third.attributes.transactions) == 2

    parent, derived_from = third.parent.id, third.derived_from
    with pytest.raises(derive.CriticalError, match="deposits-only"):
        pipeline.deposits_only_attributes(blocks[1].parent.id, derived_from)
    replacement = pipeline.deposits_only_attributes(parent, derived_from)
    assert replacement.attributes == replace(third.attributes, transactions=third.attributes.transactions[:1])
    assert replacement.parent == third.parent
    assert verifier.drops.reasons == [DropReason.SPAN_FLUSHED, DropReason.CHANNEL_FLUSHED]

    chain.apply(replacement)
    # The other nine blocks of the span are never handed out.
    with pytest.raises(derive.EndOfData):
        while pipeline.step(chain.safe_head) is None:
            pass
    assert chain.safe_head.number == 3


# --- 3.2, what stops it


def test_3_2_step_stops_at_a_fork_whose_upgrade_it_does_not_have() -> None:
    refs = l1_chain(30)
    config = chain_config(refs, "isthmus")
    sequencer = Sequencer(config, refs)
    sequencer.build(9)
    sequencer.build(1, empty=True)  # as the first block of Jovian has to be
    verifier = Verifier(replace(config, jovian_time=sequencer.blocks[9].time))
    posted = {14: sequencer.channel("span", 1, 10)}
    for _ in range(2):
        with pytest.raises(derive.CriticalError, match=r"upgrade_bundles\.jovian"):
            verifier.see(refs, posted)
        # All blocks before the fork's first one are there, and it stays there.
        assert verifier.chain.safe_head == sequencer.blocks[8]


def test_3_2_step_refuses_an_l1_that_does_not_fit() -> None:
    refs, sequencer, verifier = holocene_chain()
    verifier.see(refs[:5], {14: sequencer.channel("a", 1, 10)})
    assert numbers(verifier.blocks) == list(range(1, 11))
    stranger = replace(refs[5], parent_hash=name_hash("nobody"))
    verifier.l1.add(stranger)
    with pytest.raises(derive.ResetError, match="reorg"):
        verifier.pipeline.step(verifier.chain.safe_head)


def test_3_2_step_waits_for_a_source_that_does_not_answer() -> None:
    refs, sequencer, verifier = holocene_chain()
    verifier.see(refs[:3], {})
    verifier.l1.add(refs[3])
    verifier.l1.failing = 0
    with pytest.raises(Unavailable):
        verifier.pipeline.step(verifier.chain.safe_head)
    verifier.see(refs[4:6], {14: sequencer.channel("a", 1, 10)})
    assert numbers(verifier.blocks) == list(range(1, 11))


def test_3_2_step_batcher_is_the_configured_one() -> None:
    """Frames of anybody else are not even looked at."""
    refs, sequencer, verifier = holocene_chain()
    [frame] = sequencer.channel("a", 1, 10)
    for ref in refs[:6]:
        tx = batcher_tx(b"\0" + frame.encode(), key=name_hash("somebody's key"))
        verifier.l1.add(ref, (tx,))
    verifier.see((), {})
    assert verifier.blocks == []
    assert verifier.drops == []
    assert eth.address_of(name_hash("somebody's key")) != BATCHER
