"""What is true in a game, from what is believed: rollup nodes, and the VM that executes a block.

``access`` gives a game its trace. ``outputs`` is the upper trace, an output root for each block, from what
``node_outputs`` lets rollup nodes say; ``split`` finds the lower game that a claim belongs to, and its trace
is made from the :class:`Proposal` of either side: by a VM (``vm``, ``prestates``), or by the ``alphabet``.
``super_roots`` has the traces of games over several chains.

The lower traces of each type of game are in modules that build on the players of
:mod:`pyoprollup.challenger.register`: ``alphabet_games``, ``cannon_games``, ``permissioned``.

Specification: fault-proof/stage-one/fault-dispute-game.md; fault-proof/stage-one/honest-challenger-fdg.md.
"""

from __future__ import annotations

from pyoprollup.challenger.trace.access import (
    Accessor,
    ProviderSelector,
    SimpleTraceAccessor,
    TranslatingProvider,
)
from pyoprollup.challenger.trace.alphabet import (
    ALPHABET_PRESTATE,
    AlphabetTraceProvider,
    alphabet_prestate_commitment,
    alphabet_state_hash,
)
from pyoprollup.challenger.trace.node_outputs import (
    DoubtfulAnswer,
    GameOutputs,
    RollupNode,
    check_canonical,
)
from pyoprollup.challenger.trace.outputs import (
    L2Headers,
    OutputRoots,
    OutputTraceProvider,
    ProposalTraceCreator,
    output_root_split_adapter,
)
from pyoprollup.challenger.trace.proposal import Proposal
from pyoprollup.challenger.trace.split import (
    ProviderCreator,
    bounding_claims,
    create_local_context,
    local_context_preimage,
    split_provider_selector,
)

__all__ = [
    "ALPHABET_PRESTATE",
    "Accessor",
    "AlphabetTraceProvider",
    "DoubtfulAnswer",
    "GameOutputs",
    "L2Headers",
    "OutputRoots",
    "OutputTraceProvider",
    "Proposal",
    "ProposalTraceCreator",
    "ProviderCreator",
    "ProviderSelector",
    "RollupNode",
    "SimpleTraceAccessor",
    "TranslatingProvider",
    "alphabet_prestate_commitment",
    "alphabet_state_hash",
    "bounding_claims",
    "check_canonical",
    "create_local_context",
    "local_context_preimage",
    "output_root_split_adapter",
    "split_provider_selector",
]
