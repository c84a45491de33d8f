"""Alt-DA: batches on a server, commitments on L1, and challenges that decide what counts."""

from __future__ import annotations

from typing import Any

import pytest
from eth_abi import encode

from pyoprollup.derive import DropReason
from pyoprollup.derive.altda.challenge import CHALLENGE_STATUS_TOPIC
from pyoprollup.derive.altda.commitment import Commitment, decode_commitment, keccak_commitment
from pyoprollup.devnet.genesis import devnet_key
from pyoprollup.errors import NotFound, Unavailable
from pyoprollup.eth.crypto import address_of
from pyoprollup.eth.transactions import contract_address
from pyoprollup.eth.types import Hash32
from pyoprollup.events import EngineTemporaryErrorEvent, Event
from pyoprollup.rollup import Fork
from pyoprollup.rollup.alt_da import KECCAK256_COMMITMENT, AltDAConfig
from tests.actions.batcher import Batcher
from tests.actions.harness import World, up_to
from tests.actions.nodes import Verifier
from tests.actions.sequencer import SequencerNode

FORKS = pytest.mark.parametrize("fork", [Fork.GRANITE, Fork.ISTHMUS])
WINDOW = 6
"""For challenges, and again for answers; in L1 blocks."""

CONTRACT = contract_address(address_of(devnet_key(0, "owner")), 0)
_CODE = (
    bytes.fromhex("60 40 60 00 52")  # the event's data: where the commitment is,
    + bytes.fromhex("60 01 60 24 35 60 05 1c 03 60 20 52")  # 1 for a challenge or 2 for an answer,
    + bytes.fromhex("60 60 60 24 35 60 04 01 60 40 37")  # the commitment;
    + bytes.fromhex("60 04 35 7f")  # its topics: the L1 block, and what event it is
    + CHALLENGE_STATUS_TOPIC
    + bytes.fromhex("60 a0 60 00 a2 00")
)
"""A challenge contract that says what it is told, as an event: ``challenge(uint256, bytes)`` and
``resolve(uint256, bytes, bytes)``, for commitments of 33 bytes. No bonds, no windows."""


class Server:
    """Keeps inputs. Fails as often as it is told to."""

    def __init__(self) -> None:
        self.inputs: dict[bytes, bytes] = {}
        self.failures = 0

    def get_input(self, commitment: bytes) -> bytes:
        if self.failures:
            self.failures -= 1
            raise Unavailable("the DA server does not answer")
        try:
            return self.inputs[commitment]
        except KeyError:
            raise NotFound("the DA server has no such input") from None


class AltDABatcher(Batcher):
    """Puts its data on the server and commitments on L1."""

    server: Server

    def act_submit_raw(self, *payloads: bytes, calldata: bytes = b"", **fields: Any) -> Hash32:
        (payload,) = payloads
        commitment = keccak_commitment(payload).encode()
        self.server.inputs[commitment] = payload
        self.last = decode_commitment(commitment)
        return super().act_submit_raw(b"\x01" + commitment, **fields)


class Play:
    """Sequencer, batcher and challengers of a chain with alt-DA."""

    def __init__(self, fork: Fork = Fork.GRANITE) -> None:
        self.world = World(
            up_to(fork),
            max_sequencer_drift=40,
            seq_window_size=12,
            channel_timeout=12,
            alt_da=AltDAConfig(
                da_challenge_contract_address=CONTRACT,
                da_commitment_type=KECCAK256_COMMITMENT,
                da_challenge_window=WINDOW,
                da_resolve_window=WINDOW,
            ),
        )
        self.miner = self.world.miner
        self.server = Server()
        self.sequencer = SequencerNode(self.world, da_server=self.server)
        self.sequencer.act_l2_pipeline_full()
        self.batcher = AltDABatcher(self.world, self.sequencer)
        self.batcher.server = self.server
        code = bytes([0x60, len(_CODE), 0x80, 0x60, 0x0A, 0x5F, 0x39, 0x5F, 0xF3]) + b"\x00" + _CODE
        self.world.owner.act_send_l1(None, code)
        self.miner.act_l1_block()
        assert self.world.l1.accounts().code(CONTRACT) == _CODE

    def new_verifier(self) -> Verifier:
        return Verifier(self.world, da_server=self.server)

    def act_new_l2_tx(self) -> tuple[Commitment, int, Hash32]:
        """A block with a transaction, and its commitment on L1: commitment, L1 block, transaction."""
        self.sequencer.act_l2_pipeline_full()
        sent = self.world.alice.act_send_l2(self.sequencer.pool)
        self.sequencer.act_build_l2_block()
        self.batcher.act_submit_all()
        return self.batcher.last, self.miner.act_l1_block().number, sent

    def act_challenge(self, commitment: Commitment, number: int) -> None:
        data = bytes(4) + encode(["uint256", "bytes"], [number, commitment.encode()])
        self.world.alice.act_send_l1(CONTRACT, data)
        self.miner.act_l1_block()

    def act_resolve(self, commitment: Commitment, number: int, data: bytes) -> None:
        arguments = encode(["uint256", "bytes", "bytes"], [number, commitment.encode(), data])
        self.world.alice.act_send_l1(CONTRACT, bytes(4) + arguments)
        self.miner.act_l1_block()

    def act_expire(self, number: int) -> None:
        """Go beyond both windows of a commitment."""
        while self.miner.head.number <= number + 2 * WINDOW:
            self.miner.act_l1_empty_block()

    def act_finalize(self, *nodes: Verifier) -> None:
        self.miner.act_l1_finalize()
        for node in nodes:
            node.act_l1_finalized_signal()
            node.act_l2_pipeline_full()


@FORKS
def test_challenge_expired(fork: Fork) -> None:
    """TestAltDA_ChallengeExpired: nobody answers, so the batch does not count, though the data was there."""
    play = Play(fork)
    play.miner.act_l1_empty_blocks(5)
    commitment, number, sent = play.act_new_l2_tx()
    sequencer = play.sequencer
    block = sequencer.l2_unsafe
    sequencer.act_sync()
    assert sequencer.l2_safe == block
    play.act_challenge(commitment, number)
    sequencer.act_sync()
    assert sequencer.l2_safe == block
    play.act_expire(number)
    sequencer.act_sync()
    play.act_finalize(sequencer)
    play.miner.act_l1_empty_block()
    sequencer.act_sync()
    assert sequencer.hash(block.number) != block.hash
    assert not sequencer.knows_tx(sent)
    assert DropReason.ALT_DA_CHALLENGE_EXPIRED in sequencer.drop_reasons

    # A verifier does not even need the data.
    play.server.inputs.clear()
    verifier = play.new_verifier()
    verifier.act_sync()
    verifier.act_l1_finalized_signal()
    assert verifier.l2_safe == sequencer.l2_safe
    assert verifier.l2_finalized == sequencer.l2_finalized

    # Finality goes on, at the distance of the window: what is final is looked up with each L1 block.
    play.act_finalize(verifier, sequencer)
    play.miner.act_l1_empty_block()
    verifier.act_sync()
    sequencer.act_sync()
    play.act_finalize(verifier, sequencer)
    assert verifier.l2_finalized == sequencer.l2_finalized
    assert verifier.l2_finalized.l1_origin.number > 0


@FORKS
def test_challenge_resolved(fork: Fork) -> None:
    """TestAltDA_ChallengeResolved: the data is in the answer, where a verifier finds it when the server has
    it no more."""
    play = Play(fork)
    commitment, number, sent = play.act_new_l2_tx()
    play.miner.act_l1_empty_blocks(3)
    play.act_challenge(commitment, number)
    sequencer = play.sequencer
    sequencer.act_sync()
    play.act_resolve(commitment, number, play.server.inputs[commitment.encode()])
    sequencer.act_sync()
    play.act_finalize(sequencer)
    play.server.inputs.clear()
    verifier = play.new_verifier()
    verifier.act_sync()
    play.act_finalize(verifier)
    assert verifier.l2_safe == sequencer.l2_safe == sequencer.ref(1)
    assert verifier.knows_tx(sent)


def test_storage_error() -> None:
    """TestAltDA_StorageError: the server is away for a while; derivation goes on when it is back."""
    play = Play()
    _commitment, _number, sent = play.act_new_l2_tx()
    play.server.failures = 3
    play.sequencer.act_sync()
    assert play.server.failures == 0
    assert play.sequencer.l2_safe == play.sequencer.l2_unsafe == play.sequencer.ref(1)
    assert play.sequencer.knows_tx(sent)


@FORKS
def test_challenge_reorg(fork: Fork) -> None:
    """TestAltDA_ChallengeReorg: L1 takes the answer back, so the challenge expires after all."""
    play = Play(fork)
    commitment, number, sent = play.act_new_l2_tx()
    play.miner.act_l1_empty_blocks(3)
    play.act_challenge(commitment, number)
    sequencer = play.sequencer
    block = sequencer.l2_unsafe
    sequencer.act_sync()
    play.act_resolve(commitment, number, play.server.inputs[commitment.encode()])
    sequencer.act_sync()
    assert sequencer.l2_safe == block

    play.miner.act_l1_rewind()
    play.act_expire(number)
    sequencer.act_sync()
    assert sequencer.hash(block.number) != block.hash
    assert not sequencer.knows_tx(sent)


def stalled(event: Event) -> bool:
    return isinstance(event, EngineTemporaryErrorEvent)


@FORKS
def test_sequencer_stalled_multi_challenges(fork: Fork) -> None:
    """TestAltDA_SequencerStalledMultiChallenges: derivation waits for one input; meanwhile another is
    challenged and answered; then the first, and all goes on without a reorg."""
    play = Play(fork)
    sequencer = play.sequencer
    first, first_number, _ = play.act_new_l2_tx()
    first_input = play.server.inputs.pop(first.encode())
    play.miner.act_l1_empty_blocks(3)
    sequencer.act_l1_head_signal()
    sequencer.act_build_to_l1_head_unsafe()
    play.world.alice.act_send_l2(sequencer.pool)
    sequencer.act_build_l2_block()
    play.batcher.act_submit_all()
    second, second_number = play.batcher.last, play.miner.act_l1_block().number
    unsafe = sequencer.l2_unsafe
    sequencer.act_l1_head_signal()
    sequencer.act_l2_events_until(stalled)
    assert sequencer.l2_safe.number == 0
    assert first != second

    play.act_challenge(second, second_number)
    play.act_resolve(second, second_number, play.server.inputs.pop(second.encode()))
    play.act_challenge(first, first_number)
    play.act_resolve(first, first_number, first_input)
    sequencer.act_sync()
    assert sequencer.hash(unsafe.number) == unsafe.hash
    assert sequencer.l2_safe == unsafe


def test_finalization() -> None:
    """TestAltDA_Finalization: an L2 block is final when L1 is, and its commitment is beyond challenge."""
    play = Play()
    miner, sequencer = play.miner, play.sequencer
    sequencer.act_sync()
    sequencer.act_build_to_l1_head()
    miner.act_l1_empty_block()
    sequencer.act_sync()
    sequencer.act_build_to_l1_head()
    play.batcher.act_submit_all()
    with_batch = miner.act_l1_block().number
    submitted = sequencer.l2_unsafe
    sequencer.act_sync()
    sequencer.act_build_to_l1_head()
    miner.act_l1_empty_blocks(2)
    sequencer.act_sync()
    assert sequencer.l2_safe == submitted
    miner.act_l1_finalize(with_batch)
    sequencer.act_l1_finalized_signal()
    sequencer.act_sync()
    assert sequencer.l2_finalized.number == 0, "it may still be challenged"

    miner.act_l1_empty_blocks(WINDOW)
    sequencer.act_sync()
    play.act_finalize(sequencer)
    sequencer.act_sync()
    assert sequencer.l2_finalized == submitted


def test_input_that_nobody_has() -> None:
    """Neither the server nor a challenge has it when the window is over: derivation stops for good."""
    play = Play()
    commitment, number, _sent = play.act_new_l2_tx()
    del play.server.inputs[commitment.encode()]
    verifier = play.new_verifier()
    verifier.act_l1_head_signal()
    verifier.act_l2_events_until(stalled)
    play.act_expire(number)
    verifier.act_l1_head_signal()
    with pytest.raises(AssertionError, match="CriticalErrorEvent"):
        verifier.act_l2_pipeline_full()
    assert verifier.l2_safe.number == 0
