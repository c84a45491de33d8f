"""Gets transactions onto L1: nonces, fees and fee bumps, blobs, confirmations, reorgs.

Nothing here waits or knows the time: whoever runs a manager calls its ``step`` when something is due.
What it has to get along with are the rules of Ethereum: EIP-1559 and EIP-4844 for fees and blobs, and those
by which clients' pools take and replace transactions.
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
