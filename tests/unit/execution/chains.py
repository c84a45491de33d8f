"""Recorded and made-up chains for an engine in process."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from pyoprollup.engine import ForkchoiceState, PayloadInfo
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.trie import EMPTY_TRIE_ROOT
from pyoprollup.eth.types import ZERO_HASH, Hash32, hash_from_hex
from pyoprollup.evm.genesis import GenesisBlock
from pyoprollup.execution.in_process import InProcessEngine
from pyoprollup.execution.store import ChainStore
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.fork import Fork
from tests.unit.evm.support import Chain, recorded_chain


def genesis_of(chain: Chain) -> GenesisBlock:
    """The chain's head, as a genesis block with all that its store has."""
    return GenesisBlock(chain.head, chain.head.hash(), dict(chain.store), EMPTY_TRIE_ROOT)


@lru_cache(maxsize=4)
def recorded(name: str) -> tuple[RollupConfig, GenesisBlock, list[tuple[PayloadAttributes, Hash32]]]:
    """Configuration, genesis block, and attributes with the hash of the block that they make."""
    chain, blocks = recorded_chain(name)
    made = [(attributes, hash_from_hex(expected["hash"])) for attributes, expected in blocks]
    return chain.config, genesis_of(chain), made


def start(fork: Fork, store: ChainStore, **options: Any) -> tuple[Chain, InProcessEngine]:
    """A small chain under a fork's rules, and an engine that begins with its genesis block."""
    chain = Chain.start(fork)
    return chain, InProcessEngine.from_genesis(chain.config, genesis_of(chain), store, **options)


def heads(head: Hash32, safe: Hash32 = ZERO_HASH, finalized: Hash32 = ZERO_HASH) -> ForkchoiceState:
    return ForkchoiceState(head, safe, finalized)


def build(engine: InProcessEngine, parent: Hash32, attributes: PayloadAttributes) -> ExecutionPayloadEnvelope:
    """A block, by way of the Engine API; not inserted."""
    result = engine.forkchoice_updated(heads(parent), attributes)
    assert result.payload_status.status == "VALID"
    assert result.payload_id is not None
    return engine.get_payload(PayloadInfo(result.payload_id, attributes.timestamp))


def insert(engine: InProcessEngine, envelopes: Iterable[ExecutionPayloadEnvelope]) -> None:
    """Insert blocks, and make each the head."""
    for envelope in envelopes:
        assert engine.new_payload(envelope).status == "VALID"
        assert engine.forkchoice_updated(heads(envelope.payload.block_hash), None).payload_status.status == (
            "VALID"
        )


def extend(chain: Chain, count: int, **changes: Any) -> list[ExecutionPayloadEnvelope]:
    """Blocks of a chain, made without an engine."""
    return [chain.extend(**changes).envelope for _ in range(count)]


def fork_of(chain: Chain) -> Chain:
    """A copy that goes its own way."""
    return Chain(chain.config, chain.head, dict(chain.store))


def hashes(envelopes: Sequence[ExecutionPayloadEnvelope]) -> list[Hash32]:
    return [envelope.payload.block_hash for envelope in envelopes]
