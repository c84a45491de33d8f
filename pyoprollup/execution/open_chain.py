"""Opening a chain store: an empty one begins with the genesis block, any other must be of the same chain."""

from __future__ import annotations

from typing import Any

from pyoprollup.errors import ConfigError
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.payload_fields import payload_of_header
from pyoprollup.eth.types import ZERO_HASH
from pyoprollup.evm.block import ExecutedBlock
from pyoprollup.evm.genesis import GenesisBlock, chain_forks, genesis_block, genesis_time
from pyoprollup.execution.store.errors import WrongStore
from pyoprollup.execution.store.ports import ChainIdentity, ChainStore
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.time import L2Time

__all__ = ["open_chain"]


def open_chain(config: RollupConfig, genesis: GenesisBlock | Any, store: ChainStore) -> None:
    """Make ``store`` that of the chain of ``config``, or check that it is.

    ``genesis`` is the genesis block, or the content of a ``genesis.json``. Raises :class:`WrongStore`
    for the store of another chain, ``ConfigError`` if the configuration names another genesis block,
    ``DecodeError`` for a malformed genesis, and ``StoreError``.
    """
    if not isinstance(genesis, GenesisBlock):
        rules = config.rules_at_l2(L2Time(genesis_time(genesis)))
        genesis = genesis_block(genesis, rules, chain_forks(genesis, config))
    expected = config.genesis.l2.hash
    if expected not in (ZERO_HASH, genesis.hash):
        raise ConfigError(f"genesis.l2.hash: 0x{expected.hex()}, the genesis block is 0x{genesis.hash.hex()}")
    identity = ChainIdentity(config.l2_chain_id, genesis.hash)
    if store.identity is None:
        store.start(config.l2_chain_id, _executed(genesis))
    elif store.identity != identity:
        raise WrongStore(f"the database is of {_shown(store.identity)}, not of {_shown(identity)}")


def _executed(genesis: GenesisBlock) -> ExecutedBlock:
    header = genesis.header
    payload = payload_of_header(header, (), genesis.hash)
    return ExecutedBlock(
        header=header,
        hash=genesis.hash,
        transactions=(),
        receipts=(),
        writes=genesis.writes,
        envelope=ExecutionPayloadEnvelope(payload, header.parent_beacon_root),
    )


def _shown(identity: ChainIdentity) -> str:
    return f"chain {identity.chain_id} with genesis 0x{identity.genesis.hex()}"
