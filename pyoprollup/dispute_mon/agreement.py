"""Whether rollup nodes agree with a root claim.

A node has a vote if it answers and has come past the game's L1 head: until then it may not have seen the data
that the claim is about, and that it has no such block says nothing. Of the nodes with a vote all must have
the same root, and it must have been safe at the game's L1 head by one of them at least.

Specification: fault-proof/stage-one/honest-challenger-fdg.md, "Invariants".
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from pyoprollup.dispute_mon.errors import CouldNotCheck, WaitingForSource
from pyoprollup.dispute_mon.types import Agreement, NodeEndpoints
from pyoprollup.errors import NotFound, Unavailable
from pyoprollup.eth.sync_status import SyncStatus
from pyoprollup.eth.types import ZERO_HASH, Hash32
from pyoprollup.rollupapi import OutputResponse, RollupRefused, SafeHeadResponse

__all__ = [
    "LARGEST_BLOCK_NUMBER",
    "NodeAnswer",
    "OutputNode",
    "agree_on_output",
    "ask_output",
    "decide",
]

LARGEST_BLOCK_NUMBER = (1 << 63) - 1
"""What nodes can be asked for. A claim about a later block is wrong without asking."""


@dataclass(frozen=True, slots=True)
class NodeAnswer:
    """What one node has answered about a root: one of ``error``, ``out_of_sync``, a root, or none.

    ``root`` is ``None`` if the node has no such block. ``is_safe``: it was safe at the game's L1 head.
    """

    root: Hash32 | None = None
    is_safe: bool = False
    out_of_sync: bool = False
    error: str = ""

    @property
    def has_vote(self) -> bool:
        return not self.error and not self.out_of_sync


class OutputNode(Protocol):
    """A rollup node; methods raise what those of :class:`~pyoprollup.rollupapi.RollupClient` do."""

    @abstractmethod
    def sync_status(self) -> SyncStatus:
        """Its heads, and how far it has derived L1."""

    @abstractmethod
    def output_at_block(self, number: int) -> OutputResponse:
        """The output root of an L2 block."""

    @abstractmethod
    def safe_head_at_l1_block(self, number: int) -> SafeHeadResponse:
        """What was safe when L1 was known up to a block."""


def ask_output(node: OutputNode, number: int, root_claim: Hash32, l1_head_number: int) -> NodeAnswer:
    """What a node says about the output root at a block, for a game with this L1 head.

    A node without records of safe heads counts as one by which the block was safe: it cannot tell, and
    whether the root is right it can.
    """
    try:
        if not node.sync_status().has_derived_from(l1_head_number):
            return NodeAnswer(out_of_sync=True)
        root = node.output_at_block(number).output_root
        if root != root_claim:
            return NodeAnswer(root)
        return NodeAnswer(root, _is_safe(node, number, l1_head_number))
    except NotFound:
        return NodeAnswer()
    except Unavailable as exc:
        return NodeAnswer(error=str(exc) or type(exc).__name__)


def _is_safe(node: OutputNode, number: int, l1_head_number: int) -> bool:
    try:
        return node.safe_head_at_l1_block(l1_head_number).safe_head.number >= number
    except (NotFound, RollupRefused):
        return True


def agree_on_output(
    nodes: Sequence[OutputNode], number: int, root_claim: Hash32, l1_head_number: int
) -> Agreement:
    """Whether the nodes agree with a claim about an output root; raises :class:`CouldNotCheck`."""
    if number > LARGEST_BLOCK_NUMBER:
        return Agreement(False)
    return decide([ask_output(node, number, root_claim, l1_head_number) for node in nodes], root_claim)


def decide(
    answers: Sequence[NodeAnswer],
    root_claim: Hash32,
    *,
    safety_matters: bool = True,
    name: Callable[[int], str] = "node-{}".format,
) -> Agreement:
    """What the answers of all nodes come to.

    ``safety_matters`` is not set for ZK games, in which a root is right or wrong whenever its data came.
    Raises :class:`WaitingForSource` if no node has come far enough, else :class:`CouldNotCheck` if none of
    them has a vote.
    """
    voting = [answer for answer in answers if answer.has_vote]
    roots = [answer.root for answer in voting if answer.root is not None]
    endpoints = _endpoints(answers, root_claim, safety_matters, name, len(set(roots)) > 1)
    if not voting:
        if answers and endpoints.out_of_sync == len(answers):
            raise WaitingForSource(f"none of {len(answers)} nodes has come past the L1 head", endpoints)
        raise CouldNotCheck(f"none of {len(answers)} nodes can say: {_first_error(answers)}", endpoints)
    if not roots:
        return Agreement(False, ZERO_HASH, endpoints)
    first = roots[0]
    if len(roots) < len(voting) or len(set(roots)) > 1:
        return Agreement(False, first, endpoints)
    if safety_matters and first == root_claim and not any(answer.is_safe for answer in voting):
        return Agreement(False, ZERO_HASH, endpoints)
    return Agreement(first == root_claim, first, endpoints)


def _endpoints(
    answers: Sequence[NodeAnswer],
    root_claim: Hash32,
    safety_matters: bool,
    name: Callable[[int], str],
    different_roots: bool,
) -> NodeEndpoints:
    voting = [answer for answer in answers if answer.has_vote]
    claimed = [answer for answer in voting if answer.root == root_claim] if safety_matters else []
    return NodeEndpoints(
        total=len(answers),
        errors=frozenset(name(index) for index, answer in enumerate(answers) if answer.error),
        not_found=sum(answer.root is None for answer in voting),
        out_of_sync=sum(answer.out_of_sync for answer in answers),
        safe=sum(answer.is_safe for answer in claimed),
        unsafe=sum(not answer.is_safe for answer in claimed),
        different_roots=different_roots,
    )


def _first_error(answers: Sequence[NodeAnswer]) -> str:
    return next((answer.error for answer in answers if answer.error), "none was asked")
