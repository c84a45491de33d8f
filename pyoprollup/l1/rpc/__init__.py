"""L1 over the wire: a client of one or more L1 nodes, none of which is trusted.

:class:`L1Client` implements the sources of :mod:`pyoprollup.sources.l1` with JSON-RPC over HTTP, as the
embedded L1 does in process. What derivation reads (headers, transactions, receipts) has the hash or root
that it must have, or it is not used. Needs the extra ``node``.

Specification: Ethereum JSON-RPC specification; protocol/derivation.md, L1 Traversal.
"""

from pyoprollup.l1.failover import AllFailed, Patience
from pyoprollup.l1.rpc.client import L1Client
from pyoprollup.l1.rpc.errors import ForeignChain, LimitExceeded, MethodMissing, NotAtHand, Unverified
from pyoprollup.l1.rpc.new_heads import NewHeads
from pyoprollup.l1.rpc.options import L1ClientOptions

__all__ = [
    "AllFailed",
    "ForeignChain",
    "L1Client",
    "L1ClientOptions",
    "LimitExceeded",
    "MethodMissing",
    "NewHeads",
    "NotAtHand",
    "Patience",
    "Unverified",
]
