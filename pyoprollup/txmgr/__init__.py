"""Gets transactions onto L1: nonces, fees and fee bumps, blobs, confirmations, reorgs.

The package reads no clock and starts no thread: the owner of a manager calls ``step`` when something is due.
The rules are those of Ethereum: EIP-1559 and EIP-4844 for fees and blobs, and those of clients'
transaction pools for admission and replacement.
"""

from pyoprollup.sources.l1 import BlockInfo, CallMsg, L1Receipt, L1Sender
from pyoprollup.txmgr.config import GWEI, TxManagerConfig, batcher_defaults, challenger_defaults
from pyoprollup.txmgr.crafter import GasPriceCaps, SidecarMaker
from pyoprollup.txmgr.manager import SimpleTxManager, TxManager
from pyoprollup.txmgr.metrics import TxMetrics
from pyoprollup.txmgr.pending import PendingSend
from pyoprollup.txmgr.ports import TxCandidate
from pyoprollup.txmgr.queue import Queue, TxReceipt
from pyoprollup.txmgr.send_state import SendState
from pyoprollup.txmgr.sidecar import make_sidecar
from pyoprollup.txmgr.signer import LocalSigner, Signer

__all__ = [
    "GWEI",
    "BlockInfo",
    "CallMsg",
    "GasPriceCaps",
    "L1Receipt",
    "L1Sender",
    "LocalSigner",
    "PendingSend",
    "Queue",
    "SendState",
    "SidecarMaker",
    "Signer",
    "SimpleTxManager",
    "TxCandidate",
    "TxManager",
    "TxManagerConfig",
    "TxMetrics",
    "TxReceipt",
    "batcher_defaults",
    "challenger_defaults",
    "make_sidecar",
]
