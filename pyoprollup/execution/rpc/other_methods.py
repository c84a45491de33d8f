"""``eth_accounts``, ``net_*``, ``web3_*``, ``txpool_*``, ``miner_*``, and the way into the pool."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pyoprollup.errors import DecodeError
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.signer import is_protected
from pyoprollup.eth.transactions import LEGACY_TX_TYPE, Transaction, decode_transaction
from pyoprollup.eth.types import U64_MAX, Address, bytes_from_hex, quantity_from_hex, to_hex, to_quantity
from pyoprollup.execution.pool import TxPool
from pyoprollup.execution.pool.admission import PooledTransaction
from pyoprollup.execution.rpc.block_json import pending_json
from pyoprollup.execution.store.ports import ChainReader
from pyoprollup.rpc.errors import SERVER_ERROR, JsonRpcError

__all__ = ["FEE_CAP", "admin_methods", "miner_methods", "net_methods", "pool_methods"]

FEE_CAP = 10**18
"""Wei that a transaction may offer for its gas in all: protects those who mistake a unit."""


def _none() -> list[Any]:
    return []


def net_methods(chain_id: int, client: str) -> dict[str, Callable[..., Any]]:
    """Methods about the node; ``client`` is its name and version."""
    return {
        "eth_accounts": _none,  # Keys are never kept here, but wallets ask before they sign themselves.
        "net_listening": lambda: True,
        "net_peerCount": lambda: "0x0",
        "net_version": lambda: str(chain_id),
        "web3_clientVersion": lambda: client,
        "web3_sha3": lambda data: to_hex(keccak256(bytes_from_hex(data, "data"))),
    }


def admin_methods(chain: ChainReader, client: str) -> dict[str, Callable[..., Any]]:
    """Methods about the process; it has no peers."""

    def info() -> dict[str, Any]:
        identity = chain.identity
        network = {
            "network": None if identity is None else identity.chain_id,
            "genesis": None if identity is None else to_hex(identity.genesis),
            "head": to_hex(chain.heads.unsafe),
        }
        return {"name": client, "protocols": {"eth": network}}

    return {"admin_nodeInfo": info, "admin_peers": _none}


def pool_methods(pool: TxPool, fee_cap: int = FEE_CAP) -> dict[str, Callable[..., Any]]:
    """Methods of the pool."""

    def send(raw: Any) -> str:
        data = bytes_from_hex(raw, "transaction")
        try:
            tx = decode_transaction(data)
        except DecodeError as exc:
            raise JsonRpcError(SERVER_ERROR, str(exc)) from exc
        if isinstance(tx, Transaction):
            _check(tx, fee_cap)
        return to_hex(pool.add(data))

    def status() -> dict[str, str]:
        return {"pending": _count(pool.pending()), "queued": _count(pool.queued())}

    def content() -> dict[str, Any]:
        return {"pending": _shown(pool.pending()), "queued": _shown(pool.queued())}

    return {"eth_sendRawTransaction": send, "txpool_content": content, "txpool_status": status}


def miner_methods(pool: TxPool) -> dict[str, Callable[..., Any]]:
    """Methods for the batcher, which limits what it will have to publish."""

    def set_max_da_size(tx_size: Any, block_size: Any) -> bool:
        """Limits on the estimated size on L1 of a transaction and of a block; 0 means none."""
        sizes = (quantity_from_hex(size, "size") for size in (tx_size, block_size))
        of_tx, of_block = (min(size, U64_MAX) for size in sizes)
        pool.config = replace(pool.config, max_da_tx_size=of_tx, max_da_block_size=of_block)
        return True

    return {"miner_setMaxDASize": set_max_da_size}


def _check(tx: Transaction, fee_cap: int) -> None:
    fee = tx.gas * tx.gas_price
    # A price of more than 256 bits is for the pool to refuse.
    if fee > fee_cap and not tx.gas_price >> 256:
        text = f"tx fee ({fee / 1e18:.2f} ether) exceeds the configured cap ({fee_cap / 1e18:.2f} ether)"
        raise JsonRpcError(SERVER_ERROR, text)
    if tx.type == LEGACY_TX_TYPE and not is_protected(tx.v):
        text = "only replay-protected (EIP-155) transactions allowed over RPC"
        raise JsonRpcError(SERVER_ERROR, text)


def _count(runs: Mapping[Address, Sequence[PooledTransaction]]) -> str:
    return to_quantity(sum(map(len, runs.values())))


def _shown(runs: Mapping[Address, Sequence[PooledTransaction]]) -> dict[str, Any]:
    """By sender and nonce."""
    return {
        to_hex(account): {str(each.tx.nonce): pending_json(each.tx, each.raw, each.sender) for each in run}
        for account, run in runs.items()
    }
