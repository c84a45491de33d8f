"""What makes one embedded L1 differ from another."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from pyoprollup.eth.types import ZERO_ADDRESS, Address
from pyoprollup.rollup.evm_rules import BaseEvm, EvmRules
from pyoprollup.rollup.l1_chain_config import CANCUN, PRAGUE, BlobParams
from pyoprollup.rollup.rules import Rules

__all__ = ["EmbeddedL1Config", "L1Fork"]


class L1Fork(Enum):
    """The Ethereum hard fork whose rules the whole chain has."""

    CANCUN = "cancun"
    PRAGUE = "prague"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedL1Config:
    """Options of an embedded L1. Times and slots in seconds, distances in blocks, fees in wei."""

    chain_id: int = 900
    fork: L1Fork = L1Fork.PRAGUE
    genesis_time: int = 1_700_000_000
    slot_seconds: int = 12
    gas_limit: int = 36_000_000
    base_fee: int = 1_000_000_000
    """Of the genesis block; so is ``excess_blob_gas``."""
    excess_blob_gas: int = 0
    coinbase: Address = ZERO_ADDRESS
    safe_distance: int = 4
    """How far the safe block is behind the head."""
    finalized_distance: int = 8
    suggested_tip: int = 1_000_000_000
    """What senders are told to offer for a unit of gas."""
    price_limit: int = 1
    """Least tip that the mempool takes."""
    max_pool_transactions: int = 5_120
    account_queue: int = 64
    """Transactions of one account that may wait behind a gap in its nonces."""
    account_blob_transactions: int = 16
    blob_retention: int | None = None
    """Blocks whose blobs are kept; ``None``: all. Ethereum's nodes keep those of 131,072 slots."""
    seed: int = 0
    """What the randomness of blocks (RANDAO) follows from."""

    @property
    def blob_params(self) -> BlobParams:
        """Blobs per block and the update fraction of their price."""
        return PRAGUE if self.fork is L1Fork.PRAGUE else CANCUN

    @property
    def rules(self) -> Rules:
        """The rules of execution, in the terms of the engine: nothing of the OP Stack is active."""
        prague = self.fork is L1Fork.PRAGUE
        return Rules(
            withdrawals=True,
            parent_beacon_block_root=True,
            set_code_transactions=prague,
            requests_hash=prague,
            beacon_root_call=True,
            block_hash_history=prague,
            evm=EvmRules(base=BaseEvm.PRAGUE if prague else BaseEvm.CANCUN),
        )
