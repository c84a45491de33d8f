"""Phase 4 of the flow, proposing: rows 4.1 to 4.5."""

from __future__ import annotations

import itertools
from functools import cache
from typing import Any

import pytest

from pyoprollup.bindings import DisputeGameFactory, FoundGame
from pyoprollup.devnet import DataAvailability, Devnet, DevnetOptions
from pyoprollup.devnet.dispute_contracts import DELAYED_WETH, DISPUTE_GAME_FACTORY, GAME_TYPE, INIT_BOND
from pyoprollup.devnet.proposing import NodeOutputs
from pyoprollup.eth.crypto import address_of
from pyoprollup.eth.refs import BlockLabel
from pyoprollup.eth.transactions import Transaction, decode_transaction
from pyoprollup.proposer import (
    L2OutputSubmitter,
    Proposal,
    ProposalGames,
    ProposalHead,
    ProposerConfig,
    RollupProposalSource,
)
from pyoprollup.rollupapi import NodeAPI, RollupClient
from pyoprollup.txmgr import LocalSigner, SimpleTxManager, TxManagerConfig
from tests.unit.rollupapi.support import FakeNode, Wire

INTERVAL = 36


@cache
def lived() -> Devnet:
    """A rollup with a proposer, some minutes of it."""
    devnet = Devnet(
        DevnetOptions(
            l1_blocks=10,
            l1_finality=3,
            transactions=1,
            data_availability=DataAvailability.CALLDATA,
            proposer=True,
            proposal_interval=INTERVAL,
        )
    )
    devnet.run()
    return devnet


def games(devnet: Devnet) -> list[FoundGame]:
    factory = DisputeGameFactory.detect(DISPUTE_GAME_FACTORY, devnet.l1)
    count = factory.game_count()
    return list(reversed(factory.find_latest_games(GAME_TYPE, count - 1, count)))


def another_proposer(devnet: Devnet, source: Any, **config: Any) -> L2OutputSubmitter:
    """With the account of the devnet's, whose games it sees."""
    chain_id = devnet.l1.config.chain_id
    manager = SimpleTxManager(
        TxManagerConfig(chain_id, num_confirmations=1),
        devnet.l1,
        LocalSigner(devnet.genesis.proposer, chain_id),
        devnet.clock,
    )
    settings = ProposerConfig(
        **{"game_factory_address": DISPUTE_GAME_FACTORY, "proposal_interval": INTERVAL, **config}
    )
    return L2OutputSubmitter(settings, devnet.l1, source, manager, devnet.clock)


# --- 4.1


@pytest.mark.parametrize("head", ProposalHead)
def test_4_1_fetch_current_block_number(head: ProposalHead) -> None:
    """The head that the option names, by the node's sync status."""
    devnet = lived()
    node = devnet.nodes["verifier"]
    source = RollupProposalSource(NodeOutputs(node))
    number = another_proposer(devnet, source, proposal_source=head).fetch_current_block_number()
    heads = node.driver.heads
    assert number == (heads.safe if head is ProposalHead.SAFE else heads.finalized).number


# --- 4.2


def test_4_2_proposal_at_sequence_number() -> None:
    """OutputAtBlock by JSON-RPC gives the root that the chain's state and hashes make."""
    devnet = lived()
    node = devnet.nodes["verifier"]

    class Backend(FakeNode):
        def output_at_block(self, number: int) -> Any:
            return node.output_at_block(number)

    backend = Backend(rollup_config=devnet.config, status=node.sync_status())
    source = RollupProposalSource(RollupClient(Wire(NodeAPI(backend).methods())))
    for number in (1, 17, node.driver.heads.finalized.number):
        proposal = source.proposal_at_sequence_number(number)
        block = devnet.sequencer.payload_by_number(number)
        output = devnet.sequencer.output_at_block(number)[1]
        assert output.block_hash == block.block_hash
        assert output.state_root == block.state_root
        assert (proposal.root, proposal.sequence_number) == (output.root(), number)


# --- 4.3


def test_4_3_fetch_dgf_output() -> None:
    """Nothing while the last proposal is recent; then the head, unless it is proposed already."""
    devnet = lived()
    newest = games(devnet)[-1]
    proposer = another_proposer(devnet, RollupProposalSource(NodeOutputs(devnet.nodes["verifier"])))
    at = ProposalGames(DisputeGameFactory(DISPUTE_GAME_FACTORY, devnet.l1), devnet.l1.head_block.hash)
    created = newest.metadata.timestamp
    assert proposer.fetch_dgf_output(created + INTERVAL, at) is None
    proposal = proposer.fetch_dgf_output(created + INTERVAL + 1, at)
    assert proposal is not None
    assert proposal.sequence_number == devnet.nodes["verifier"].driver.heads.finalized.number
    known = Proposal(newest.root_claim, int.from_bytes(newest.extra_data, "big"))
    assert at.existing_game(GAME_TYPE, known) == newest.metadata.proxy
    times = [game.metadata.timestamp for game in games(devnet)]
    assert len(times) >= 2
    assert all(later - earlier >= INTERVAL for earlier, later in itertools.pairwise(times))


# --- 4.4


def test_4_4_proposal_tx() -> None:
    """``create`` with type, root and block number, and the bond that the factory asks for."""
    devnet = lived()
    factory = DisputeGameFactory(DISPUTE_GAME_FACTORY, devnet.l1)
    for game, tx in zip(games(devnet), proposal_txs(devnet), strict=True):
        function, arguments = factory.bound.contract.decode_call(tx.data)
        assert function.name == "create"
        assert arguments == (GAME_TYPE, game.root_claim, game.extra_data)
        assert (tx.to, tx.value) == (DISPUTE_GAME_FACTORY, INIT_BOND)
    assert devnet.l1.balance_at(DELAYED_WETH) == INIT_BOND * len(games(devnet))


def proposal_txs(devnet: Devnet) -> list[Transaction]:
    account = address_of(devnet.genesis.proposer)
    found = []
    for number in range(1, devnet.l1.head_block.number + 1):
        block = devnet.l1.block_by_number(number)
        for raw, sender in zip(block.transactions, block.senders, strict=True):
            tx = decode_transaction(raw)
            if sender == account and isinstance(tx, Transaction):
                found.append(tx)
    return found


# --- 4.5


def test_4_5_send_transaction() -> None:
    """The transaction manager brings each onto L1 once, and the nonces have no gap."""
    devnet = lived()
    sent = proposal_txs(devnet)
    assert [tx.nonce for tx in sent] == list(range(len(sent)))
    proposer = devnet.proposer
    assert proposer is not None
    metrics = proposer.metrics
    assert metrics.proposals == len(sent) == len(games(devnet))
    assert metrics.proposals_failed == metrics.proposals_reverted == 0
    assert metrics.proposed is not None
    assert metrics.proposed.number == int.from_bytes(games(devnet)[-1].extra_data, "big")


def test_what_is_proposed_is_what_every_verifier_has() -> None:
    devnet = lived()
    for game in games(devnet):
        number = int.from_bytes(game.extra_data, "big")
        for node in devnet.verifiers:
            assert node.output_at_block(number)[1].root() == game.root_claim
        head = devnet.l1.info_by_hash(devnet.l1.l1_block_ref_by_label(BlockLabel.UNSAFE).hash)
        assert head.time >= game.metadata.timestamp
