"""A rollup in miniature: a sequencer that builds blocks, a batcher that puts them on L1.

No engine runs; L2 blocks are those of :class:`~pyoprollup.replay.PseudoChain`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pyoprollup.derive import (
    AttributesWithParent,
    CompressionAlgo,
    DerivationPipeline,
    FetchingAttributesBuilder,
    Frame,
    SingularBatch,
    SpanChannelOut,
)
from pyoprollup.eth import Address, BlockID, Hash32, L1BlockRef, L2BlockRef, Transaction, sign_transaction
from pyoprollup.replay import DerivedBlock, PseudoChain, derive_chain
from pyoprollup.rollup import Genesis, RollupConfig, SystemConfig
from tests.unit.derive.support import BATCHER, Drops, FakeL1, batcher_tx, config, name_hash

GAS_LIMIT = 30_000_000
SCALAR = Hash32(b"\x01" + bytes(31))
"""Ecotone's form of the fee scalars, both zero."""


class Sequencer:
    """Builds L2 blocks on L1 blocks that it knows; one transaction in each block."""

    def __init__(self, chain_config: RollupConfig, l1: Sequence[L1BlockRef]) -> None:
        self.config = chain_config
        self._l1 = {ref.number: ref for ref in l1}
        self._chain = PseudoChain(chain_config, start_of(chain_config))
        self._builder = FetchingAttributesBuilder(chain_config, FakeL1(l1), self._chain)
        self.blocks: list[L2BlockRef] = []
        self._batches: list[tuple[SingularBatch, int]] = []

    def build(self, count: int, empty: bool = False) -> None:
        """``count`` more blocks, each on the newest L1 origin that is not younger."""
        for _ in range(count):
            parent = self._chain.safe_head
            epoch = self._l1[parent.l1_origin.number]
            following = self._l1.get(epoch.number + 1)
            if following is not None and following.time <= parent.time + self.config.block_time:
                epoch = following
            attributes = self._builder.prepare_payload_attributes(parent, epoch.id)
            transactions = () if empty else (user_tx(self.config, nonce=parent.number),)
            attributes = replace(attributes, transactions=attributes.transactions + transactions)
            block = self._chain.apply(AttributesWithParent(attributes, parent, True, epoch))
            batch = SingularBatch(parent.hash, epoch.number, epoch.hash, block.time, transactions)
            self.blocks.append(block)
            self._batches.append((batch, block.sequence_number))

    def channel(self, name: str, first: int, last: int, frames: int = 1) -> list[Frame]:
        """A span batch of the blocks from number ``first`` to ``last``, cut into frames."""
        out = SpanChannelOut(self.config, 1 << 20, CompressionAlgo.ZLIB, name.encode().ljust(16, b"\0"))
        for batch, sequence_number in self._batches[first - 1 : last]:
            out.add_singular_batch(batch, sequence_number)
        out.close()
        size = -(-out.ready_bytes() // frames) + 23
        return [out.output_frame(size) for _ in range(frames)]


class Verifier:
    """Derives what it is shown of L1, and follows reorgs."""

    def __init__(self, chain_config: RollupConfig) -> None:
        self.l1 = FakeL1()
        self.drops = Drops()
        self.resets: list[str] = []
        self.blocks: list[DerivedBlock] = []
        self.chain = PseudoChain(chain_config, start_of(chain_config))
        self.pipeline = DerivationPipeline(chain_config, self.l1, NoBlobs(), self.chain, drops=self.drops)

    def see(self, refs: Iterable[L1BlockRef], posted: dict[int, Sequence[Frame]]) -> None:
        """Take L1 blocks, with a batcher transaction in those that ``posted`` names; derive."""
        for ref in refs:
            frames = posted.get(ref.number)
            data = None if frames is None else b"\0" + b"".join(frame.encode() for frame in frames)
            self.l1.add(ref, () if data is None else (batcher_tx(data, nonce=ref.number),))
        self.blocks += derive_chain(
            self.pipeline, self.chain, self.l1, lambda error, _head: self.resets.append(str(error))
        )


def user_tx(chain_config: RollupConfig, nonce: int) -> bytes:
    """Some user's transaction on L2."""
    chain_id = chain_config.l2_chain_id
    to = Address(name_hash("somebody")[12:])
    tx = Transaction(2, nonce, 7, 21_000, to, 1, b"", chain_id=chain_id, gas_tip_cap=1)
    return sign_transaction(tx, name_hash("user key"), chain_id).encode()


class NoBlobs:
    """A blob source for an L1 without blobs."""

    def get_blobs(self, ref: L1BlockRef, hashes: Sequence[object]) -> Sequence[bytes]:
        raise AssertionError(f"L1 block {ref} has no blobs")


def chain_config(l1: Sequence[L1BlockRef], forks: str, **changes: object) -> RollupConfig:
    """A chain that starts at the first of the L1 blocks; forks up to ``forks`` are active there."""
    start = l1[0]
    genesis = Genesis(
        l1=start.id,
        l2=BlockID(name_hash("L2 genesis"), 0),
        l2_time=start.time,
        system_config=SystemConfig(BATCHER, gas_limit=GAS_LIMIT, scalar=SCALAR),
    )
    return config(forks, genesis=genesis, **{"seq_window_size": 40, **changes})


def start_of(chain_config: RollupConfig) -> L2BlockRef:
    """The chain's first L2 block."""
    genesis = chain_config.genesis
    return L2BlockRef(genesis.l2.hash, 0, name_hash("none"), genesis.l2_time, genesis.l1, 0)
