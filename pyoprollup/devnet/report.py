"""What became of a devnet: a summary of its run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pyoprollup.devnet.devnet import Devnet
from pyoprollup.devnet.proposing import ProposalOnL1, proposals_on_l1
from pyoprollup.engine import EngineHeads
from pyoprollup.eth.blobs import blob_to_data
from pyoprollup.eth.crypto import address_of
from pyoprollup.eth.deposit_tx import DEPOSIT_TX_TYPE
from pyoprollup.eth.refs import L2BlockRef
from pyoprollup.eth.transactions import Transaction, decode_transaction
from pyoprollup.eth.types import Address, to_hex
from pyoprollup.l1.embedded import EmbeddedL1, L1Block
from pyoprollup.rollup import RollupConfig
from pyoprollup.sources.l1 import IndexedBlobHash

__all__ = ["BatcherData", "DevnetReport", "Head", "NodeHeads"]


@dataclass(frozen=True, slots=True)
class Head:
    """A block that somebody takes for the head; the hash in hex."""

    number: int
    hash: str

    @classmethod
    def of(cls, ref: L2BlockRef) -> Head:
        """The head in short."""
        return cls(ref.number, to_hex(ref.hash))


@dataclass(frozen=True, slots=True)
class NodeHeads:
    """The three heads of a node."""

    unsafe: Head
    safe: Head
    finalized: Head

    @classmethod
    def of(cls, heads: EngineHeads) -> NodeHeads:
        """The heads that a node reports to its users."""
        return cls(Head.of(heads.unsafe), Head.of(heads.safe), Head.of(heads.finalized))

    def to_json(self) -> dict[str, dict[str, Any]]:
        """Number and hash of each."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class BatcherData:
    """What the batcher has on the canonical L1 chain. The padding of blobs counts nothing."""

    transactions: int
    blob_transactions: int
    blobs: int
    calldata_bytes: int
    blob_bytes: int

    @property
    def size(self) -> int:
        """Bytes of batcher data of both kinds."""
        return self.calldata_bytes + self.blob_bytes

    @classmethod
    def on(cls, l1: EmbeddedL1, config: RollupConfig, batcher: Address) -> BatcherData:
        """Read from L1, as a verifier would; a blob that is no longer kept counts nothing."""
        found: Counter[str] = Counter()
        for block, tx in _inbox_transactions(l1, config, batcher):
            found["transactions"] += 1
            if not tx.blob_versioned_hashes:
                found["calldata_bytes"] += len(tx.data)
                continue
            found["blob_transactions"] += 1
            for index, blob_hash in enumerate(block.blob_hashes):
                if blob_hash in tx.blob_versioned_hashes:
                    found["blobs"] += 1
                    found["blob_bytes"] += _data_size(l1, block, IndexedBlobHash(index, blob_hash))
        names = ("transactions", "blob_transactions", "blobs", "calldata_bytes", "blob_bytes")
        return cls(*(found[name] for name in names))


def _inbox_transactions(
    l1: EmbeddedL1, config: RollupConfig, batcher: Address
) -> Iterator[tuple[L1Block, Transaction]]:
    for number in range(1, l1.head_block.number + 1):
        block = l1.block_by_number(number)
        for raw, sender in zip(block.transactions, block.senders, strict=True):
            if sender == batcher:
                tx = decode_transaction(raw)
                if isinstance(tx, Transaction) and tx.to == config.batch_inbox_address:
                    yield block, tx


def _data_size(l1: EmbeddedL1, block: L1Block, blob: IndexedBlobHash) -> int:
    if not l1.has_blob(blob.hash):
        return 0
    return sum(len(blob_to_data(data)) for data in l1.get_blobs(block.ref, [blob]))


@dataclass(frozen=True, slots=True, kw_only=True)
class DevnetReport:
    """A run in figures. Seconds are virtual, except for ``wall_seconds``."""

    seed: int
    forks: Mapping[str, int]
    """Seconds after genesis at which each fork was active."""
    l1_blocks: int
    l2_blocks: int
    seconds: float
    wall_seconds: float
    transactions: Mapping[str, int]
    """Users' transactions that were sent, by kind; those on L1 too."""
    refused: Mapping[str, int]
    """Transactions that a pool refused, by reason."""
    included: int
    """Users' transactions in L2 blocks."""
    deposits: int
    """Deposited transactions in L2 blocks, one of L1's attributes in each block."""
    transaction_bytes: int
    """Size of the users' transactions in L2 blocks."""
    heads: Mapping[str, NodeHeads]
    batcher: BatcherData
    channels: int
    channel_input_bytes: int
    """What the batcher put into channels, before compression, abandoned channels included."""
    channel_output_bytes: int
    drops: Mapping[str, Mapping[str, int]]
    """What each node's derivation dropped, by reason, since the node began."""
    resets: Mapping[str, int]
    """Of each node, the first included, with which it begins."""
    l1_reorgs: int
    sequencer_restarts: int
    batcher_restarts: int
    gossip_published: int
    gossip_received: Mapping[str, int]
    """Messages that came to verifiers, by what became of them."""
    gossip_lost: int
    proposals: tuple[ProposalOnL1, ...] = ()
    """Games on L1, oldest first, if there is a proposer."""

    @property
    def agrees(self) -> bool:
        """Whether all nodes have the same heads, and games on L1 stand as they should by what they have."""
        heads = list(self.heads.values())
        return all(each == heads[0] for each in heads) and all(game.is_right for game in self.proposals)

    @property
    def bytes_per_transaction(self) -> float:
        """Batcher data on L1 for each of the users' transactions; 0 if there were none."""
        return self.batcher.size / self.included if self.included else 0.0

    @property
    def compression_ratio(self) -> float:
        """Size of channels by that of the batches in them; 0 before a channel has ended."""
        return self.channel_output_bytes / self.channel_input_bytes if self.channel_input_bytes else 0.0

    @property
    def l2_blocks_per_second(self) -> float:
        """Blocks of the chain for each second of real time."""
        return self.l2_blocks / self.wall_seconds if self.wall_seconds else 0.0

    @classmethod
    def of(cls, devnet: Devnet, wall_seconds: float) -> DevnetReport:
        """Read from the chains as they are now."""
        blocks = _L2Totals.of(devnet)
        watch, metrics, options = devnet.watch, devnet.batcher_metrics, devnet.options
        return cls(
            seed=options.seed,
            forks={fork.name.lower(): at for fork, at in sorted(options.forks.items())},
            l1_blocks=devnet.l1.head_block.number,
            l2_blocks=blocks.blocks,
            seconds=round(devnet.elapsed, 3),
            wall_seconds=wall_seconds,
            transactions=_sorted(devnet.traffic.sent),
            refused=_sorted(devnet.traffic.refused),
            included=blocks.transactions,
            deposits=blocks.deposits,
            transaction_bytes=blocks.transaction_bytes,
            heads={name: NodeHeads.of(node.driver.heads) for name, node in devnet.nodes.items()},
            batcher=BatcherData.on(devnet.l1, devnet.config, address_of(devnet.genesis.batcher)),
            channels=metrics.channels_closed,
            channel_input_bytes=metrics.input_bytes,
            channel_output_bytes=metrics.output_bytes,
            drops={name: _sorted(node.drops) for name, node in devnet.nodes.items()},
            resets={name: watch.resets[name] for name in devnet.nodes},
            l1_reorgs=len(devnet.reorgs),
            sequencer_restarts=watch.restarts["sequencer"],
            batcher_restarts=watch.restarts["batcher"],
            gossip_published=watch.published,
            gossip_received=_sorted(watch.gossip),
            # One verifier listens, and links double nothing.
            gossip_lost=max(0, watch.published - watch.gossip.total()),
            proposals=tuple(proposals_on_l1(devnet.l1, devnet.verifiers)) if options.has_disputes else (),
        )

    def to_json(self) -> dict[str, Any]:
        """All of it, in JSON's types, with what follows from it."""
        return {
            **asdict(self),
            "wall_seconds": round(self.wall_seconds, 3),
            "batcher": {**asdict(self.batcher), "size": self.batcher.size},
            "agrees": self.agrees,
            "bytes_per_transaction": round(self.bytes_per_transaction, 2),
            "compression_ratio": round(self.compression_ratio, 4),
            "l2_blocks_per_second": round(self.l2_blocks_per_second, 2),
        }


def _sorted(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items()))


@dataclass(frozen=True, slots=True)
class _L2Totals:
    """What is in the sequencer's chain, genesis left out."""

    blocks: int
    transactions: int
    deposits: int
    transaction_bytes: int

    @classmethod
    def of(cls, devnet: Devnet) -> _L2Totals:
        node = devnet.sequencer
        tip = node.driver.heads.unsafe.number
        transactions = deposits = size = 0
        for number in range(1, tip + 1):
            for raw in node.engine.payload_by_number(number).payload.transactions:
                if raw[0] == DEPOSIT_TX_TYPE:
                    deposits += 1
                else:
                    transactions += 1
                    size += len(raw)
        return cls(tip, transactions, deposits, size)
