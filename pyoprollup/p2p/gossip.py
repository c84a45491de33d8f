"""Gossip of a node: signs and publishes its own blocks, validates and forwards those of others.

Specification: protocol/rollup-node-p2p.md, GossipSub and Gossip Topics.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyoprollup.errors import RollupError
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.signed_payload import message_id
from pyoprollup.events import Level, News, Tell, no_news
from pyoprollup.p2p.errors import PublishError
from pyoprollup.p2p.message import encode_body, seal_message
from pyoprollup.p2p.runtime_config import RuntimeConfig
from pyoprollup.p2p.seen import SeenMessages
from pyoprollup.p2p.signer import BlockSigner
from pyoprollup.p2p.topics import blocks_topic, blocks_topics, published_version
from pyoprollup.p2p.transport import GossipTransport, PeerID
from pyoprollup.p2p.validator import BlocksValidator
from pyoprollup.p2p.verdict import GossipReason, ValidationResult, Verdict
from pyoprollup.rollup.config import RollupConfig

__all__ = ["GossipNode"]

_DUPLICATE = Verdict(GossipReason.DUPLICATE_MESSAGE)


class GossipNode:
    """Joins transport, validators and signer.

    ``on_unsafe_l2_payload`` gets the blocks of other peers that are accepted. ``now`` gives seconds since the
    Unix epoch. A node without ``signer`` cannot publish. ``tell`` hears of every message
    that comes: its topic, the peer, the verdict, and what the node had to say of the block.
    """

    def __init__(
        self,
        config: RollupConfig,
        transport: GossipTransport,
        runtime: RuntimeConfig,
        on_unsafe_l2_payload: Callable[[ExecutionPayloadEnvelope], None],
        *,
        now: Callable[[], float],
        signer: BlockSigner | None = None,
        tell: Tell = no_news,
    ) -> None:
        self._config = config
        self._transport = transport
        self._on_unsafe_l2_payload = on_unsafe_l2_payload
        self._now = now
        self._signer = signer
        self._news = News("gossip", tell)
        self._seen = SeenMessages()
        self._validators = {
            topic: BlocksValidator(config, runtime, version, now=now)
            for topic, version in blocks_topics(config.l2_chain_id).items()
        }

    @property
    def peer_id(self) -> PeerID:
        """This node."""
        return self._transport.peer_id

    def join(self) -> None:
        """Join the topics for blocks."""
        for topic in self._validators:
            self._transport.subscribe(topic, self._handler(topic))

    def close(self) -> None:
        """Leave the topics, and close the signer."""
        for topic in self._validators:
            self._transport.unsubscribe(topic)
        if self._signer is not None:
            self._signer.close()

    # --- our own blocks

    def sign_and_publish_l2_payload(self, envelope: ExecutionPayloadEnvelope) -> None:
        """Sign a block and send it to peers, on the topic for its time; raises :class:`PublishError`.

        It must pass our own validation, so it must be recent and the signer the one that peers expect. What
        was published before is not sent again, but what did not go out may be tried again.
        """
        block = envelope.payload.id
        if self._signer is None:
            raise PublishError(f"the node has no signer, block {block} cannot be published")
        chain_id = self._config.l2_chain_id
        try:
            body = encode_body(envelope)
            message = seal_message(self._signer.sign_block(chain_id, body), body)
        except RollupError as exc:
            raise PublishError(f"block {block} cannot be signed: {exc}") from exc
        topic = blocks_topic(chain_id, published_version(self._config, envelope.payload.timestamp))
        verdict = self._judge(topic, message)
        if verdict is _DUPLICATE:
            return
        try:
            if verdict.reason not in (None, GossipReason.ALREADY_SEEN):
                raise PublishError(f"block {block} fails our own validation: {verdict}")
            self._transport.publish(topic, message)
        except PublishError:
            self._seen.forget(message_id(topic, message))
            raise

    # --- the blocks of others

    def _handler(self, topic: str) -> Callable[[PeerID, bytes], ValidationResult]:
        def handle(peer: PeerID, message: bytes) -> ValidationResult:
            verdict = self._judge(topic, message)
            error = None
            if verdict.envelope is not None and peer != self.peer_id:
                try:
                    self._on_unsafe_l2_payload(verdict.envelope)
                except RollupError as exc:
                    error = exc
            self._tell_of(topic, peer, verdict, error)
            return verdict.result

        return handle

    def _tell_of(self, topic: str, peer: PeerID, verdict: Verdict, error: RollupError | None) -> None:
        details: dict[str, Any] = {"verdict": "accepted" if verdict.reason is None else verdict.reason.value}
        if verdict.detail:
            details["why"] = verdict.detail
        if verdict.envelope is not None:
            details["block"] = verdict.envelope
        if error is not None:
            details["error"] = error
        bad = error is not None or verdict.result is ValidationResult.REJECT
        level = Level.WARNING if bad else Level.DEBUG
        self._news("message", level, topic=topic, peer=peer, **details)

    def _judge(self, topic: str, message: bytes) -> Verdict:
        """A message is validated once; whatever the verdict, it is a duplicate for some time after that."""
        if not self._seen.mark(message_id(topic, message), self._now()):
            return _DUPLICATE
        return self._validators[topic].validate(message)
