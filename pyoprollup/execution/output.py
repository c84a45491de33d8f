"""The output of an L2 block, read from its chain store: what an output root commits to.

Specification: protocol/proposals.md, L2 Output Commitment Construction; protocol/isthmus/exec-engine.md,
Header Validity Rules (from Isthmus the header has the storage root of the message passer).
"""

from __future__ import annotations

from pyoprollup.engine.errors import BlockNotFound
from pyoprollup.eth.headers import Header
from pyoprollup.eth.output_root import OutputV0
from pyoprollup.eth.types import Hash32
from pyoprollup.evm.accounts import FlatAccountDB
from pyoprollup.evm.predeploys import MESSAGE_PASSER
from pyoprollup.evm.store import Overlay
from pyoprollup.execution.store.ports import ChainReader
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.time import L2Time

__all__ = ["output_at_block"]


def output_at_block(config: RollupConfig, chain: ChainReader, block_hash: Hash32) -> OutputV0:
    """The output of a block.

    Raises :class:`BlockNotFound`, and before Isthmus ``MissingStateError`` if the block's state is not kept.
    """
    header = chain.header(block_hash)
    if header is None:
        raise BlockNotFound(f"no block 0x{block_hash.hex()}")
    return OutputV0(header.state_root, _message_passer_root(config, chain, header), block_hash)


def _message_passer_root(config: RollupConfig, chain: ChainReader, header: Header) -> Hash32:
    rules = config.rules_at_l2(L2Time(header.time))
    if rules.withdrawals_root_in_header and header.withdrawals_root is not None:
        return header.withdrawals_root
    return FlatAccountDB(Overlay(chain.state), header.state_root).storage_root(MESSAGE_PASSER)
