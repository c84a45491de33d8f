"""The devnet's proposer, and what it has put on L1 beside what the nodes say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from pyoprollup.bindings import DisputeGameFactory
from pyoprollup.challenger.contracts import fault_dispute_game_contract
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.devnet.dispute_contracts import DISPUTE_GAME_FACTORY, GAME_TYPE, TOY_GAME_TYPE
from pyoprollup.devnet.rollup_node import RollupNode
from pyoprollup.devnet.toy.rollup import ToyRollup
from pyoprollup.errors import RollupError, Unavailable
from pyoprollup.eth.refs import BlockLabel
from pyoprollup.eth.sync_status import SyncStatus
from pyoprollup.eth.types import Hash32, to_hex
from pyoprollup.events import Tell
from pyoprollup.l1.embedded import EmbeddedL1
from pyoprollup.proposer import L2OutputSubmitter, ProposerConfig, RollupProposalSource
from pyoprollup.rollupapi import OutputResponse, SafeHeadResponse
from pyoprollup.txmgr.config import TxManagerConfig
from pyoprollup.txmgr.manager import SimpleTxManager
from pyoprollup.txmgr.signer import LocalSigner

__all__ = ["NodeOutputs", "ProposalOnL1", "devnet_proposer", "proposals_on_l1"]

_POLL_INTERVAL = 6.0
_MAX_GAMES = 1_000
"""That are listed; a devnet that runs for days has more."""


class NodeOutputs:
    """The outputs of a node of the devnet, as its JSON-RPC would tell them."""

    def __init__(self, node: RollupNode) -> None:
        self._node = node

    def sync_status(self) -> SyncStatus:
        """The heads of the node now."""
        return self._node.sync_status()

    def output_at_block(self, number: int) -> OutputResponse:
        """The output of a canonical block; raises what the node does."""
        return OutputResponse.of(*self._node.output_at_block(number), self.sync_status())

    def safe_head_at_l1_block(self, number: int) -> SafeHeadResponse:
        """What was safe at an L1 block; raises ``Unavailable`` if the node's record does not reach it."""
        return SafeHeadResponse(*self._node.safe_heads.safe_head_at_l1(number))


def devnet_proposer(
    l1: EmbeddedL1, key: bytes, node: RollupNode, interval: float, now: Callable[[], float], tell: Tell
) -> L2OutputSubmitter:
    """A proposer that has been started, for final blocks of ``node``; ``interval`` in seconds."""
    manager = SimpleTxManager(
        TxManagerConfig(chain_id=l1.config.chain_id, num_confirmations=2, receipt_query_interval=2.0),
        l1,
        LocalSigner(key, l1.config.chain_id),
        now,
        tell=tell,
    )
    config = ProposerConfig(
        game_factory_address=DISPUTE_GAME_FACTORY,
        game_type=GAME_TYPE,
        proposal_interval=interval,
        poll_interval=_POLL_INTERVAL,
    )
    proposer = L2OutputSubmitter(config, l1, RollupProposalSource(NodeOutputs(node)), manager, now, tell)
    proposer.start_l2_output_submitting()
    return proposer


@dataclass(frozen=True, slots=True)
class ProposalOnL1:
    """A game on L1. Addresses and hashes in hex; ``timestamp`` in Unix seconds."""

    game: str
    timestamp: int
    block: int
    root: str
    agrees: bool
    """Whether every verifier has this output root for the block, which was safe at the game's L1 head."""
    status: str
    """How the game stands."""
    claims: int
    """How many claims it has."""

    @property
    def is_right(self) -> bool:
        """Whether the game has not ended otherwise than it should."""
        lost = str(GameStatus.CHALLENGER_WON)
        return self.agrees if self.status != lost else not self.agrees


def proposals_on_l1(l1: EmbeddedL1, verifiers: Iterable[RollupNode]) -> Iterator[ProposalOnL1]:
    """The newest games on L1, oldest first, each compared with what the verifiers derived."""
    nodes, toy = list(verifiers), ToyRollup(l1)
    factory = DisputeGameFactory(DISPUTE_GAME_FACTORY, l1)
    count = factory.game_count()
    head = l1.l1_block_ref_by_label(BlockLabel.UNSAFE).hash
    for index in range(max(0, count - _MAX_GAMES), count):
        found = factory.game_at_index(index, head)
        game = fault_dispute_game_contract(found.game_type, found.proxy, l1, head)
        about = game.extended_metadata(head)
        l1_head = l1.l1_block_ref_by_hash(about.l1_head).number
        block, root = about.l2_sequence_number, about.root_claim
        if found.game_type == TOY_GAME_TYPE:
            agrees = block <= l1_head and toy.block(block).output.root() == root
        else:
            agrees = all(_agrees(node, block, root, l1_head) for node in nodes)
        yield ProposalOnL1(
            to_hex(found.proxy),
            found.timestamp,
            block,
            to_hex(root),
            agrees,
            str(game.status(head)),
            game.claim_count(head),
        )


def _agrees(node: RollupNode, block: int, root: Hash32, l1_head: int) -> bool:
    try:
        if node.output_at_block(block)[1].root() != root:
            return False
    except RollupError:
        return False
    try:
        return node.safe_heads.safe_head_at_l1(l1_head)[1].number >= block
    except Unavailable:
        return True  # A node that began later does not remember; it has the block, though.
