"""An embedded L1 as other programs see one: JSON-RPC of an execution node, and a beacon API with its blobs.

op-node, op-batcher, op-proposer, wallets and scripts work with it as with any L1. Specification: Ethereum
JSON-RPC specification; beacon APIs, ``/eth/v1/beacon``. The chain is for one thread: calls come to it by the
executor that a server is given.
"""

from __future__ import annotations

from pyoprollup.l1.server.beacon import BeaconApp, BeaconMethods
from pyoprollup.l1.server.methods import l1_methods

__all__ = ["BeaconApp", "BeaconMethods", "l1_methods"]
