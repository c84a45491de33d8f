"""Phase 1 of the flow, between nodes: rows 1.6, 1.7 and 1.11."""

from __future__ import annotations

from math import inf
from typing import Any

from pyoprollup.conductor import RpcConductor
from pyoprollup.driver import Driver, EngineL2Source
from pyoprollup.eth.crypto import address_of, keccak256
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.types import ZERO_ADDRESS, Hash32
from pyoprollup.p2p import (
    AltSync,
    ApplicationScorer,
    GossipNode,
    InMemoryNetwork,
    LinkFaults,
    LocalSigner,
    PeerID,
    ReqRespServer,
    RuntimeConfig,
    SimpleAsyncGossiper,
    SyncClient,
    payload_by_number_protocol,
)
from pyoprollup.rpc.errors import JsonRpcError
from tests.fake_engine import FakeEngine
from tests.properties.test_sequencer_chaos import NoDerivation, World
from tests.stepping import run as settle

KEY = keccak256(b"the sequencer's gossip key")


class FakeConductor:
    """An op-conductor, as its client sees it."""

    def __init__(self) -> None:
        self.refuses = False
        self.committed: list[ExecutionPayloadEnvelope] = []

    def call(self, method: str, *params: Any) -> Any:
        if method == "conductor_leader":
            return True
        assert method == "conductor_commitUnsafePayload"
        if self.refuses:
            raise JsonRpcError(-32000, "node is not the leader")
        self.committed.append(ExecutionPayloadEnvelope.from_json(*params))
        return None

    def close(self) -> None:
        pass


class SequencerNode(World):
    """A sequencing node with a conductor's client and a place in a network."""

    def __init__(self, faults: LinkFaults) -> None:
        self.op_conductor = FakeConductor()
        self.conductor = RpcConductor(
            "http://conductor",
            dial=lambda _url, _timeout: self.op_conductor,
            sleep=lambda _seconds: None,
            clock=lambda: self.time,
        )
        self.failed: list[str] = []
        self.gossiper = SimpleAsyncGossiper(
            self.publish, lambda _block, error: self.failed.append(str(error))
        )
        super().__init__(0)
        self.calm = True
        self.network = InMemoryNetwork(lambda: self.time, faults=faults)
        self.runtime = RuntimeConfig(address_of(KEY), now=lambda: self.time)
        transport = self.network.join("sequencer")
        self.node = GossipNode(
            self.config,
            transport,
            self.runtime,
            self.driver.on_unsafe_l2_payload,
            now=lambda: self.time,
            signer=LocalSigner(KEY),
        )
        self.node.join()
        transport.serve(
            payload_by_number_protocol(self.config.l2_chain_id),
            ReqRespServer(
                self.config, EngineL2Source(self.config, self.engine), now=lambda: self.time
            ).handle,
        )

    def publish(self, envelope: ExecutionPayloadEnvelope) -> None:
        self.node.sign_and_publish_l2_payload(envelope)

    def commit_unsafe_payload(self, envelope: ExecutionPayloadEnvelope) -> None:
        self.conductor.commit_unsafe_payload(envelope)

    def gossip(self, envelope: ExecutionPayloadEnvelope) -> None:
        self.gossiper.gossip(envelope)
        self.gossiped += [envelope] if self.gossiper.get() is envelope else []

    def get(self) -> ExecutionPayloadEnvelope | None:
        return self.gossiper.get()

    def clear(self) -> None:
        self.gossiper.clear()

    def start(self) -> None:
        self.gossiper.start()

    def stop(self) -> None:
        self.gossiper.stop()


class Verifier:
    """A node with no other source of blocks than gossip."""

    def __init__(self, name: str, sequencer: SequencerNode) -> None:
        self.received: list[ExecutionPayloadEnvelope] = []
        engine = FakeEngine(sequencer.config)
        self.driver = Driver(
            sequencer.config,
            engine,
            sequencer.l1,
            EngineL2Source(sequencer.config, engine),
            NoDerivation(),
            now=lambda: sequencer.time,
        )
        transport = sequencer.network.join(name)
        self.node = GossipNode(
            sequencer.config,
            transport,
            sequencer.runtime,
            self.on_unsafe_l2_payload,
            now=lambda: sequencer.time,
        )
        self.node.join()
        client = SyncClient(
            sequencer.config,
            lambda _peer, envelope: self.driver.on_unsafe_l2_payload(envelope),
            ApplicationScorer(),
        )
        self.sync = AltSync(sequencer.config, client, transport, now=lambda: sequencer.time)
        self.sync.add_peer(PeerID("sequencer"))

    def fill_gap(self) -> None:
        self.sync.step(self.sync._now())
        self.sync.fill_gap(self.driver.heads.unsafe, self.driver.unsafe_payloads.lowest_queued)

    def on_unsafe_l2_payload(self, envelope: ExecutionPayloadEnvelope) -> None:
        self.received.append(envelope)
        self.driver.on_unsafe_l2_payload(envelope)

    @property
    def head(self) -> Hash32:
        return self.driver.heads.unsafe.hash


def world(verifiers: int = 1, faults: LinkFaults | None = None) -> tuple[SequencerNode, list[Verifier]]:
    sequencer = SequencerNode(LinkFaults() if faults is None else faults)
    return sequencer, [Verifier(f"verifier {i}", sequencer) for i in range(verifiers)]


def run(sequencer: SequencerNode, verifiers: list[Verifier], until: float) -> None:
    """All nodes, up to a time, and what is on its way then."""
    while sequencer.time < until:
        sequencer.run()
        sequencer.network.step(sequencer.time)
        for verifier in verifiers:
            settle(verifier.driver, sequencer.time)
    sequencer.network.step(inf)
    for verifier in verifiers:
        settle(verifier.driver, sequencer.time)


def test_1_6_commit_unsafe_payload() -> None:
    """The conductor gets every block first; what it refuses is neither gossiped nor inserted."""
    sequencer, (verifier,) = world()
    run(sequencer, [verifier], 1010)
    head = sequencer.driver.heads.unsafe
    assert head.number >= 3
    assert sequencer.op_conductor.committed == sequencer.gossiped == verifier.received
    assert sequencer.op_conductor.committed[-1].payload.block_hash == head.hash
    sequencer.op_conductor.refuses = True
    run(sequencer, [verifier], 1020)
    assert sequencer.driver.heads.unsafe == head
    assert verifier.received == sequencer.op_conductor.committed
    sequencer.op_conductor.refuses = False
    run(sequencer, [verifier], 1030)
    assert sequencer.driver.heads.unsafe.number > head.number
    # After a disaster there may be nobody to ask.
    sequencer.op_conductor.refuses = True
    sequencer.conductor.override_leader()
    committed = len(sequencer.op_conductor.committed)
    run(sequencer, [verifier], 1040)
    assert len(sequencer.op_conductor.committed) == committed < len(verifier.received)


def test_1_7_gossip_sign_and_publish_l2_payload() -> None:
    """Every block is published, signed, and kept until it is inserted."""
    sequencer, verifiers = world(3)
    kept: list[bool] = []
    new_payload = sequencer.engine.new_payload

    def insert(envelope: ExecutionPayloadEnvelope) -> Any:
        kept.append(sequencer.gossiper.get() is envelope)
        return new_payload(envelope)

    sequencer.engine.new_payload = insert  # type: ignore[method-assign]
    run(sequencer, verifiers, 1020)
    assert len(sequencer.gossiped) >= 8
    assert kept == [True] * len(sequencer.gossiped)
    assert sequencer.gossiper.get() is None
    assert [verifier.received for verifier in verifiers] == [sequencer.gossiped] * 3
    # A block that does not go out is inserted all the same.
    published, head = len(sequencer.gossiped), sequencer.driver.heads.unsafe
    sequencer.runtime.rotate_signer(ZERO_ADDRESS)
    run(sequencer, verifiers, 1030)
    assert sequencer.driver.heads.unsafe.number > head.number
    assert len(sequencer.gossiped) == published
    assert all("ignore: no_known_signer" in text for text in sequencer.failed)


def test_1_11_on_unsafe_l2_payload() -> None:
    """Verifiers follow the sequencer by gossip alone, in whatever order it comes."""
    sequencer, verifiers = world(4, LinkFaults(duplication=0.3, min_delay=0.01, max_delay=5.0))
    run(sequencer, verifiers, 1060)
    assert sequencer.driver.heads.unsafe.number >= 28
    assert [verifier.head for verifier in verifiers] == [sequencer.driver.heads.unsafe.hash] * 4
    assert any(verifier.received != sequencer.gossiped for verifier in verifiers)
    assert all(verifier.driver.heads.safe.number == 0 for verifier in verifiers)
    assert sequencer.failed == []


def test_1_11_gaps_are_filled() -> None:
    """What gossip has lost is fetched from peers, as soon as a later block tells that it is missing."""
    sequencer, verifiers = world(3, LinkFaults(loss=0.4, min_delay=0.01, max_delay=0.1))
    run(sequencer, verifiers, 1060)
    behind = [verifier.driver.heads.unsafe.number for verifier in verifiers]
    for i in range(3):
        sequencer.network.set_faults("sequencer", f"verifier {i}", LinkFaults(max_delay=0.1))
    while sequencer.time < 1080:
        run(sequencer, verifiers, sequencer.time + 4)
        for verifier in verifiers:
            verifier.fill_gap()
    run(sequencer, verifiers, sequencer.time + 4)
    assert max(behind) < 28
    assert [verifier.head for verifier in verifiers] == [sequencer.driver.heads.unsafe.hash] * 3
