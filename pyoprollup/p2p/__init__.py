"""Peer to peer: gossip of unsafe blocks, and requests to peers for the blocks that gossip missed.

Nothing here has a socket, thread or clock. A :class:`GossipNode` joins a transport, the validators of its
topics and a signer; an :class:`AltSync` and a :class:`ReqRespServer` fetch and serve single blocks. The
network may be one in memory (:class:`InMemoryNetwork`), with faults on demand.

Specification: protocol/rollup-node-p2p.md.
"""

from pyoprollup.p2p.alt_sync import AltSync
from pyoprollup.p2p.async_gossiper import AsyncGossiper, NoOpGossiper, SimpleAsyncGossiper
from pyoprollup.p2p.errors import (
    BadResponse,
    GossiperNotRunning,
    P2PError,
    PublishError,
    RateLimited,
    SignerError,
    SyncRequestError,
)
from pyoprollup.p2p.gossip import GossipNode
from pyoprollup.p2p.hostile import HostilePeer
from pyoprollup.p2p.memory_network import PERFECT, InMemoryNetwork, InMemoryTransport, LinkFaults
from pyoprollup.p2p.peer_scores import ApplicationScorer, ReqRespScores
from pyoprollup.p2p.req_resp import RequestRefused, ResultCode, payload_by_number_protocol
from pyoprollup.p2p.runtime_config import RuntimeConfig
from pyoprollup.p2p.signer import BlockSigner, LocalSigner, RemoteSigner
from pyoprollup.p2p.sync_client import SyncClient, SyncRequest
from pyoprollup.p2p.sync_server import ReqRespServer
from pyoprollup.p2p.topics import blocks_topic, blocks_topics, published_version
from pyoprollup.p2p.transport import GossipTransport, PeerID, RequestTransport
from pyoprollup.p2p.validator import BlocksValidator
from pyoprollup.p2p.verdict import GossipReason, ValidationResult, Verdict

__all__ = [
    "PERFECT",
    "AltSync",
    "ApplicationScorer",
    "AsyncGossiper",
    "BadResponse",
    "BlockSigner",
    "BlocksValidator",
    "GossipNode",
    "GossipReason",
    "GossipTransport",
    "GossiperNotRunning",
    "HostilePeer",
    "InMemoryNetwork",
    "InMemoryTransport",
    "LinkFaults",
    "LocalSigner",
    "NoOpGossiper",
    "P2PError",
    "PeerID",
    "PublishError",
    "RateLimited",
    "RemoteSigner",
    "ReqRespScores",
    "ReqRespServer",
    "RequestRefused",
    "RequestTransport",
    "ResultCode",
    "RuntimeConfig",
    "SignerError",
    "SimpleAsyncGossiper",
    "SyncClient",
    "SyncRequest",
    "SyncRequestError",
    "ValidationResult",
    "Verdict",
    "blocks_topic",
    "blocks_topics",
    "payload_by_number_protocol",
    "published_version",
]
