"""The whole pipeline on an L1 that holds commitments where another holds frames."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from pyoprollup.derive.altda.commitment import Commitment, keccak_commitment
from pyoprollup.derive.altda.manager import AltDAManager
from pyoprollup.derive.codec.batch import encode_batch
from pyoprollup.derive.codec.frame import Frame
from pyoprollup.derive.codec.singular_batch import SingularBatch
from pyoprollup.derive.codec.span_batch_builder import SpanBatchBuilder
from pyoprollup.derive.errors import CriticalError, EndOfData, ResetError
from pyoprollup.derive.pipeline import DerivationPipeline
from pyoprollup.errors import ConfigError, Unavailable
from pyoprollup.eth.receipts import Receipt
from pyoprollup.eth.refs import BlockID, L2BlockRef
from pyoprollup.eth.signer import sign_transaction
from pyoprollup.eth.transactions import Transaction
from pyoprollup.eth.types import ZERO_HASH, Hash32
from pyoprollup.replay.pseudo_chain import PseudoChain
from pyoprollup.rollup.alt_da import AltDAConfig
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.fee_scalars import EcotoneScalars
from pyoprollup.rollup.genesis import Genesis
from pyoprollup.rollup.system_config import SystemConfig
from tests.unit.derive.altda.support import (
    CONTRACT,
    RESOLVED,
    DAServer,
    alt_da_config,
    challenge_receipt,
    resolve_tx,
)
from tests.unit.derive.support import (
    BATCHER,
    BATCHER_KEY,
    FakeL1,
    batcher_tx,
    config,
    l1_chain,
    name_hash,
)

REFS = l1_chain(40)
L2_GENESIS = BlockID(name_hash("L2 genesis"), 0)
BLOCKS_PER_CHANNEL = 6
OTHER = batcher_tx(b"not for the inbox", to=CONTRACT)

Place = tuple[int, bytes]
"""Batcher data and the number of the L1 block that holds it."""


def chain_config(forks: str, alt_da: AltDAConfig | None = None) -> RollupConfig:
    system_config = SystemConfig(BATCHER, scalar=EcotoneScalars(1, 2).encode(), gas_limit=30_000_000)
    genesis = Genesis(REFS[0].id, L2_GENESIS, REFS[0].time, system_config)
    return config(forks, genesis=genesis, alt_da=alt_da, seq_window_size=8, channel_timeout=30)


def start() -> L2BlockRef:
    return L2BlockRef(L2_GENESIS.hash, 0, ZERO_HASH, REFS[0].time, REFS[0].id, 0)


class NoBlobs:
    def get_blobs(self, *_: object) -> Sequence[bytes]:
        raise AssertionError("no transaction has blobs")


def derive(cfg: RollupConfig, l1: FakeL1, alt_da: AltDAManager | None = None) -> tuple[list[Hash32], int]:
    """Hashes of the L2 chain after genesis, and the number of resets on the way.

    After a reset the safe head goes back to genesis: the driver's rule is out of reach here.
    """
    chain = PseudoChain(cfg, start())
    pipeline = DerivationPipeline(cfg, l1, NoBlobs(), chain, alt_da=alt_da)
    pipeline.confirm_engine_reset()
    hashes: list[Hash32] = []
    resets = 0
    while True:
        try:
            derived = pipeline.step(chain.safe_head)
        except EndOfData:
            return hashes, resets
        except Unavailable as error:
            if "waits for the L1 block" in str(error):
                return hashes, resets
        except ResetError:
            resets += 1
            hashes.clear()
            chain.safe_head = start()
            pipeline.reset()
            pipeline.confirm_engine_reset()
        else:
            if derived is not None:
                hashes.append(chain.apply(derived).hash)


def make_l1(places: Sequence[Place], last: int, changes: Callable[[FakeL1], None] = lambda _: None) -> FakeL1:
    """L1 blocks up to number ``last``, with the batcher data in its places."""
    l1 = FakeL1()
    for ref in REFS[: last - 9]:
        l1.add(ref, [batcher_tx(data) for number, data in places if number == ref.number])
    changes(l1)
    return l1


def singular_batches(cfg: RollupConfig, head: L2BlockRef) -> list[SingularBatch]:
    """The next blocks, each with the newest L1 origin it may have and a transaction."""
    batches = []
    for index in range(BLOCKS_PER_CHANNEL):
        number = head.number + 1 + index
        time = cfg.genesis.l2_time + number * cfg.block_time
        origin = [ref for ref in REFS if ref.time <= time][-1]
        tx = Transaction(2, number, 1, 21_000, BATCHER, number, b"", chain_id=901)
        raw = sign_transaction(tx, BATCHER_KEY, 901).encode()
        batches.append(SingularBatch(head.hash, origin.number, origin.hash, time, (raw,)))
    return batches


def channel(cfg: RollupConfig, head: L2BlockRef, name: str) -> list[bytes]:
    """Batcher data of a span batch on ``head``: two pieces with a frame each."""
    builder = SpanBatchBuilder(cfg.genesis.l2_time, cfg.l2_chain_id)
    for index, batch in enumerate(singular_batches(cfg, head)):
        builder.add_singular_batch(batch, index + 1)
    data = zlib.compress(encode_batch(builder.raw_span_batch()))
    half = len(data) // 2
    identity = name_hash(name)[:16]
    frames = [Frame(identity, 0, data[:half], False), Frame(identity, 1, data[half:], True)]
    return [b"\0" + frame.encode() for frame in frames]


def plain_places(cfg: RollupConfig, channels: int) -> list[Place]:
    """Frames of channels that follow each other, each in the two L1 blocks after its origins."""
    places: list[Place] = []
    chain = PseudoChain(cfg, start())
    for index in range(channels):
        pieces = channel(cfg, chain.safe_head, f"channel {index}")
        places += [(12 + index, pieces[0]), (13 + index, pieces[1])]
        l1 = make_l1(places, 13 + index)
        chain = PseudoChain(cfg, start())
        pipeline = DerivationPipeline(cfg, l1, NoBlobs(), chain)
        pipeline.confirm_engine_reset()
        while chain.safe_head.number < (index + 1) * BLOCKS_PER_CHANNEL:
            derived = pipeline.step(chain.safe_head)
            if derived is not None:
                chain.apply(derived)
    return sorted(places, key=lambda place: place[0])


def committed(places: Sequence[Place], server: DAServer) -> tuple[list[Place], list[Commitment]]:
    commitments = [server.put(data) for _, data in places]
    return [
        (number, b"\x01" + commitment.encode())
        for (number, _), commitment in zip(places, commitments, strict=True)
    ], commitments


FORKS = ["delta", "granite", "holocene", "isthmus"]


@pytest.mark.parametrize("forks", FORKS)
@pytest.mark.parametrize("mixed", [False, True])
def test_commitments_derive_the_same_chain(forks: str, mixed: bool) -> None:
    """Also when a batcher changes its ways in between."""
    plain = plain_places(chain_config(forks), 3)
    expected, _ = derive(chain_config(forks), make_l1(plain, 20))
    assert len(expected) >= 3 * BLOCKS_PER_CHANNEL
    server = DAServer()
    places, _ = committed(plain, server)
    if mixed:
        places[::2] = plain[::2]
    cfg = chain_config(forks, alt_da_config(4, 4))
    l1 = make_l1(places, 20)
    assert cfg.alt_da is not None
    assert derive(cfg, l1, AltDAManager(cfg.alt_da, l1, server)) == (expected, 0)


def add_events(l1: FakeL1, number: int, receipts: list[Receipt], transactions: list[bytes]) -> None:
    """Put the transactions of ``receipts`` behind those of L1 block ``number``."""
    ref = l1.refs[number]
    later = [l1.refs[at] for at in sorted(l1.refs) if at > number]
    kept = {item.hash: l1.transactions_by_hash(item.hash) for item in later}
    before = list(l1.transactions_by_hash(ref.hash))
    l1.add(ref, before + transactions, [Receipt(status=1)] * len(before) + receipts)
    for item in later:
        l1.add(item, kept[item.hash], l1.fetch_receipts(item.hash)[1])


def scenario(answered: bool) -> tuple[RollupConfig, FakeL1, DAServer, list[Commitment], list[Place]]:
    """The fourth piece of data (in L1 block 14) is challenged in block 16 and answered or not."""
    plain = plain_places(chain_config("granite"), 3)
    server = DAServer()
    places, commitments = committed(plain, server)
    number, data = plain[3]
    l1 = make_l1(places, 34)
    challenged = challenge_receipt(commitments[3], number)
    add_events(l1, 16, [challenged], [OTHER])
    if answered:
        receipt = challenge_receipt(commitments[3], number, RESOLVED)
        add_events(l1, 19, [receipt], [resolve_tx(commitments[3], number, data)])
    return chain_config("granite", alt_da_config(4, 4)), l1, server, commitments, plain


@pytest.mark.parametrize("answered", [True, False])
@pytest.mark.parametrize("lost", [True, False])
def test_challenged_input(answered: bool, lost: bool) -> None:
    """An answered challenge changes nothing, an expired one takes the data out of the chain; whether
    the DA server has the input makes no difference to the chain."""
    cfg, l1, server, commitments, plain = scenario(answered)
    if lost:
        server.delete(commitments[3])
    remaining = plain if answered else plain[:3] + plain[4:]
    expected, _ = derive(chain_config("granite"), make_l1(remaining, 34))
    assert (expected == derive(chain_config("granite"), make_l1(plain, 34))[0]) is answered
    assert cfg.alt_da is not None
    got, resets = derive(cfg, l1, AltDAManager(cfg.alt_da, l1, server))
    assert got == expected
    assert resets == (0 if answered else 1)


def test_lost_input_is_critical() -> None:
    cfg, l1, server, commitments, _ = scenario(answered=True)
    server.delete(commitments[0])
    assert cfg.alt_da is not None
    with pytest.raises(CriticalError, match="lost"):
        derive(cfg, l1, AltDAManager(cfg.alt_da, l1, server))


@pytest.mark.parametrize("answered", [True, False])
def test_any_read_may_fail_once(answered: bool) -> None:
    """Of L1 or of the DA server, at any point: the same chain, after the same number of resets."""
    cfg, l1, server, commitments, _ = scenario(answered)
    server.delete(commitments[3])
    assert cfg.alt_da is not None
    l1.reads.clear()
    expected = derive(cfg, l1, AltDAManager(cfg.alt_da, l1, server))
    reads = len(l1.reads)
    for point in range(0, reads, 5):
        l1.failing = point
        assert derive(cfg, l1, AltDAManager(cfg.alt_da, l1, server)) == expected, point
        assert l1.failing is None

    class EveryOther:
        asked = 0

        def get_input(self, commitment: bytes) -> bytes:
            self.asked += 1
            server.failing = self.asked % 2 == 1
            return server.get_input(commitment)

    assert derive(cfg, l1, AltDAManager(cfg.alt_da, l1, EveryOther())) == expected


def test_configuration_and_source_go_together() -> None:
    """A chain with alt-DA cannot be derived without a source of inputs; on a chain without, one that
    is given is not used, and a commitment is data of an unknown version."""
    cfg = chain_config("granite", alt_da_config())
    with pytest.raises(ConfigError, match="alt_da"):
        DerivationPipeline(cfg, FakeL1(), NoBlobs(), PseudoChain(cfg, start()))
    plain = replace(cfg, alt_da=None)
    server = DAServer()
    data = b"\x01" + server.put(b"\0data").encode()
    l1 = make_l1([(12, data)], 14)
    derive(plain, l1, AltDAManager(alt_da_config(), l1, server))
    assert server.asked == []
    assert keccak_commitment(b"\0data").encode() == data[1:]
