"""Whether sources of super roots agree with a root claim about several chains at a time.

A source answers ``superroot_atTimestamp``. As with rollup nodes it has a vote only once it is past the game's
L1 head, in games that are played as in ZK games.

Specification: interop/superroot.md.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyoprollup.challenger.trace.super_node import SuperNodeRootProvider
from pyoprollup.dispute_mon.agreement import NodeAnswer, decide
from pyoprollup.dispute_mon.types import Agreement
from pyoprollup.errors import Unavailable
from pyoprollup.eth.super_root import super_root
from pyoprollup.eth.types import U64_MAX, Hash32

__all__ = ["agree_on_super_root"]


def agree_on_super_root(
    sources: Sequence[SuperNodeRootProvider],
    timestamp: int,
    root_claim: Hash32,
    l1_head_number: int,
    *,
    safety_matters: bool = True,
) -> Agreement:
    """Whether the sources agree with a claim about a super root; raises ``CouldNotCheck``."""
    if timestamp > U64_MAX:
        return Agreement(False)
    answers = [_ask(source, timestamp, l1_head_number) for source in sources]
    return decide(answers, root_claim, safety_matters=safety_matters, name="super-root-source-{}".format)


def _ask(source: SuperNodeRootProvider, timestamp: int, l1_head_number: int) -> NodeAnswer:
    try:
        found = source.super_root_at_timestamp(timestamp)
    except Unavailable as exc:
        return NodeAnswer(error=str(exc) or type(exc).__name__)
    if found.current_l1.number <= l1_head_number:
        return NodeAnswer(out_of_sync=True)
    if found.data is None:
        return NodeAnswer(None, False)
    required = found.data.verified_required_l1.number
    return NodeAnswer(super_root(found.data.super), required <= l1_head_number)
