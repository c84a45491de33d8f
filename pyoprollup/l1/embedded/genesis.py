"""The genesis block of an embedded L1."""

from __future__ import annotations

from collections.abc import Mapping

from pyoprollup.eth.headers import EMPTY_UNCLE_HASH, Header
from pyoprollup.eth.payload import EMPTY_REQUESTS_HASH
from pyoprollup.eth.receipts import EMPTY_BLOOM
from pyoprollup.eth.trie import EMPTY_TRIE_ROOT
from pyoprollup.eth.types import ZERO_HASH, Address
from pyoprollup.evm.genesis import Account, genesis_state
from pyoprollup.evm.predeploys import BEACON_ROOTS, HISTORY_STORAGE
from pyoprollup.evm.py_evm import BEACON_ROOTS_CODE, HISTORY_STORAGE_CODE
from pyoprollup.l1.embedded.block import L1Block, l1_block
from pyoprollup.l1.embedded.config import EmbeddedL1Config, L1Fork

__all__ = ["l1_genesis_block", "system_contracts"]


def system_contracts(fork: L1Fork) -> dict[Address, Account]:
    """The contracts that the protocol calls at the start of a block: EIP-4788, and EIP-2935 with Prague."""
    contracts = {BEACON_ROOTS: Account(nonce=1, code=BEACON_ROOTS_CODE)}
    if fork is L1Fork.PRAGUE:
        contracts[HISTORY_STORAGE] = Account(nonce=1, code=HISTORY_STORAGE_CODE)
    return contracts


def l1_genesis_block(
    config: EmbeddedL1Config, alloc: Mapping[Address, Account]
) -> tuple[L1Block, dict[bytes, bytes]]:
    """Block 0 with these accounts, and the system contracts unless ``alloc`` has its own.

    Also what a store has to hold for the next block.
    """
    state_root, _, writes = genesis_state({**system_contracts(config.fork), **alloc})
    header = Header(
        parent_hash=ZERO_HASH,
        uncle_hash=EMPTY_UNCLE_HASH,
        coinbase=config.coinbase,
        state_root=state_root,
        transactions_root=EMPTY_TRIE_ROOT,
        receipts_root=EMPTY_TRIE_ROOT,
        logs_bloom=EMPTY_BLOOM,
        difficulty=0,
        number=0,
        gas_limit=config.gas_limit,
        gas_used=0,
        time=config.genesis_time,
        extra_data=b"",
        mix_digest=ZERO_HASH,
        nonce=bytes(8),
        base_fee=config.base_fee,
        withdrawals_root=EMPTY_TRIE_ROOT,
        blob_gas_used=0,
        excess_blob_gas=config.excess_blob_gas,
        parent_beacon_root=ZERO_HASH,
        requests_hash=EMPTY_REQUESTS_HASH if config.fork is L1Fork.PRAGUE else None,
    )
    block = l1_block(config, header)
    writes[block.hash] = header.encode()
    return block, writes
