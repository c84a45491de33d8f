"""The transaction pool of an execution engine: admission, limits, replacement, order of inclusion.

It follows the reference's pool where that shows from outside: which transactions are refused and in what
words, the price of a replacement, how many are kept, and the order in which a block takes them. DA limits
throttle what goes into blocks. Specification: protocol/exec-engine.md, Engine API (``noTxPool``).
"""

from pyoprollup.execution.pool.admission import PooledTransaction
from pyoprollup.execution.pool.config import PoolConfig
from pyoprollup.execution.pool.errors import PoolError, PoolFault
from pyoprollup.execution.pool.head import StateHead
from pyoprollup.execution.pool.pool import TxPool
from pyoprollup.execution.pool.selection import Selection

__all__ = [
    "PoolConfig",
    "PoolError",
    "PoolFault",
    "PooledTransaction",
    "Selection",
    "StateHead",
    "TxPool",
]
