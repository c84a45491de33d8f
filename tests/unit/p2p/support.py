"""Blocks of each version, signed, and nodes on a network in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pyoprollup.eth.crypto import address_of, keccak256
from pyoprollup.eth.payload import ExecutionPayload, ExecutionPayloadEnvelope
from pyoprollup.eth.payload_fields import BlockVersion
from pyoprollup.eth.refs import BlockID, L2BlockRef
from pyoprollup.eth.signed_payload import sign_payload
from pyoprollup.eth.types import ZERO_ADDRESS, ZERO_HASH, Hash32
from pyoprollup.events import Happening
from pyoprollup.p2p import (
    GossipNode,
    InMemoryNetwork,
    LocalSigner,
    RuntimeConfig,
    blocks_topic,
)
from pyoprollup.p2p.message import encode_body, seal_message
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.genesis import Genesis

CHAIN_ID = 901
NOW = 1_700_000_000
GENESIS_TIME = NOW - 200_000
KEY, OTHER_KEY = keccak256(b"the sequencer"), keccak256(b"somebody else")
SIGNER, OTHER_SIGNER = address_of(KEY), address_of(OTHER_KEY)
V1, V2, V3, V4 = BlockVersion

_FORKS = ("regolith", "canyon", "delta", "ecotone", "fjord", "granite", "holocene", "isthmus", "jovian")
_NEWEST = {V1: "regolith", V2: "canyon", V3: "ecotone", V4: "isthmus"}


def config(newest: str | BlockVersion = "jovian", **changes: Any) -> RollupConfig:
    """A chain with all forks up to the newest (of a payload version) since genesis."""
    name = newest if isinstance(newest, str) else _NEWEST[newest]
    forks = {f"{fork}_time": 0 for fork in _FORKS[: _FORKS.index(name) + 1]}
    genesis = Genesis(l2=BlockID(ZERO_HASH, 0), l2_time=GENESIS_TIME)
    return RollupConfig(**{"genesis": genesis, "block_time": 2, "l2_chain_id": CHAIN_ID, **forks, **changes})


def hashed(payload: ExecutionPayload, root: Hash32 | None) -> ExecutionPayloadEnvelope:
    """The envelope of a payload that gets the right hash."""
    envelope = ExecutionPayloadEnvelope(payload, root)
    return replace(envelope, payload=replace(payload, block_hash=envelope.compute_block_hash()))


def envelope(version: BlockVersion = V4, **changes: Any) -> ExecutionPayloadEnvelope:
    """A block with the fields of a version, and its right hash."""
    fields: dict[str, Any] = {
        "parent_hash": ZERO_HASH,
        "fee_recipient": ZERO_ADDRESS,
        "state_root": ZERO_HASH,
        "receipts_root": ZERO_HASH,
        "logs_bloom": bytes(256),
        "prev_randao": ZERO_HASH,
        "block_number": 7,
        "gas_limit": 30_000_000,
        "gas_used": 21_000,
        "timestamp": NOW,
        "extra_data": b"",
        "base_fee_per_gas": 7,
        "block_hash": ZERO_HASH,
        "transactions": (b"\x7e\x01", b"\x02\x03"),
        "withdrawals": () if version >= V2 else None,
        "blob_gas_used": 0 if version >= V3 else None,
        "excess_blob_gas": 0 if version >= V3 else None,
        "withdrawals_root": Hash32(b"\x44" * 32) if version >= V4 else None,
    }
    root = Hash32(b"\x55" * 32) if version >= V3 else None
    return hashed(ExecutionPayload(**{**fields, **changes}), root)


def signed(body: bytes, key: bytes = KEY, chain_id: int = CHAIN_ID) -> bytes:
    """The message of a body, whatever that is."""
    return seal_message(sign_payload(body, chain_id, key), body)


def message(block: ExecutionPayloadEnvelope, key: bytes = KEY) -> bytes:
    """The message of a block."""
    return signed(encode_body(block), key)


def topic(version: BlockVersion = V4) -> str:
    return blocks_topic(CHAIN_ID, version)


def chain(
    length: int, version: BlockVersion = V4, first: int = 1, parent: Hash32 = ZERO_HASH
) -> list[ExecutionPayloadEnvelope]:
    """Blocks that are linked, from number ``first`` on, with the times that their numbers call for."""
    blocks: list[ExecutionPayloadEnvelope] = []
    for number in range(first, first + length):
        time = GENESIS_TIME + 2 * number
        blocks.append(envelope(version, block_number=number, parent_hash=parent, timestamp=time))
        parent = blocks[-1].payload.block_hash
    return blocks


def ref(block: ExecutionPayloadEnvelope) -> L2BlockRef:
    """A reference to a block."""
    payload = block.payload
    origin = BlockID(ZERO_HASH, 0)
    return L2BlockRef(
        payload.block_hash, payload.block_number, payload.parent_hash, payload.timestamp, origin, 0
    )


class Clock:
    """Virtual seconds."""

    def __init__(self, time: float = NOW) -> None:
        self.time = time

    def __call__(self) -> float:
        return self.time


class Node:
    """A gossip node, and what it was told."""

    def __init__(
        self,
        network: InMemoryNetwork,
        name: str,
        clock: Callable[[], float],
        *,
        key: bytes | None = None,
        chain_config: RollupConfig | None = None,
    ) -> None:
        self.received: list[ExecutionPayloadEnvelope] = []
        self.events: list[Happening] = []
        self.transport = network.join(name)
        self.runtime = RuntimeConfig(SIGNER, now=clock)
        self.gossip = GossipNode(
            config() if chain_config is None else chain_config,
            self.transport,
            self.runtime,
            self.received.append,
            now=clock,
            signer=None if key is None else LocalSigner(key),
            tell=self.events.append,
        )
        self.gossip.join()

    def reasons(self) -> list[str]:
        """Why messages were not accepted."""
        verdicts = (event.details["verdict"] for event in self.events)
        return [verdict for verdict in verdicts if verdict != "accepted"]
