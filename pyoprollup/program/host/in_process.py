"""Chains in this process as a host's sources: the embedded L1, and the store of an engine of ours."""

from __future__ import annotations

from collections.abc import Sequence

from pyoprollup.errors import NotFound
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.headers import Header
from pyoprollup.eth.output_root import OutputV0
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.receipts import Receipt
from pyoprollup.eth.types import Address, Hash32, to_hex
from pyoprollup.evm.errors import MissingStateError
from pyoprollup.execution.output import output_at_block
from pyoprollup.execution.store import ChainReader
from pyoprollup.execution.trie_proof import prove_account
from pyoprollup.l1.embedded import EmbeddedL1
from pyoprollup.program.host.sources import HostSources
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.sources.l1 import BlockInfo

__all__ = ["StoreL2", "in_process_sources"]


class _EmbeddedBlocks:
    """The blocks of the embedded L1, with their headers."""

    def __init__(self, l1: EmbeddedL1) -> None:
        self._l1 = l1

    def header(self, block_hash: Hash32) -> Header:
        return self._l1.block(block_hash).header

    def transactions_by_hash(self, block_hash: Hash32) -> Sequence[bytes]:
        return self._l1.transactions_by_hash(block_hash)

    def fetch_receipts(self, block_hash: Hash32) -> tuple[BlockInfo, Sequence[Receipt]]:
        return self._l1.fetch_receipts(block_hash)


class StoreL2:
    """L2 as an engine's database has it. Implements :class:`~pyoprollup.program.host.sources.HostL2`."""

    def __init__(self, config: RollupConfig, store: ChainReader) -> None:
        self._config, self._store = config, store

    def header(self, block_hash: Hash32) -> Header:
        header = self._store.header(block_hash)
        if header is None:
            raise NotFound(f"L2 block {to_hex(block_hash)} is not known")
        return header

    def transactions_by_hash(self, block_hash: Hash32) -> Sequence[bytes]:
        return self._envelope(block_hash).payload.transactions

    def fetch_receipts(self, block_hash: Hash32) -> tuple[BlockInfo, Sequence[Receipt]]:
        receipts = self._store.receipts(block_hash)
        if receipts is None:
            raise NotFound(f"the receipts of L2 block {to_hex(block_hash)} are not known")
        return BlockInfo.of(self.header(block_hash), block_hash), receipts

    def state_node(self, digest: Hash32) -> bytes:
        """A node of the state's trie; see :class:`~pyoprollup.program.host.sources.HostL2`."""
        try:
            return self._store.state[digest]
        except KeyError:
            raise NotFound(f"{to_hex(digest)} is not in the database") from None

    def code(self, digest: Hash32) -> bytes:
        """The code of a contract, which is where nodes are."""
        return self.state_node(digest)

    def proof(self, block: Hash32 | int, address: Address, slots: Sequence[int] = ()) -> Sequence[bytes]:
        """The nodes that lead to an account and to slots of it."""
        block_hash = self._store.canonical_hash(block) if isinstance(block, int) else block
        if block_hash is None:
            raise NotFound("there is no L2 block of this number")
        root = self.header(block_hash).state_root
        try:
            found = prove_account(self._store.state, root, address, slots)
        except MissingStateError as exc:
            raise NotFound(str(exc)) from exc
        return [*found.account_proof, *(node for entry in found.storage_proof for node in entry.proof)]

    def witness(self, parent: Hash32, attributes: PayloadAttributes) -> Sequence[bytes]:
        """Nothing: reading one node after the other is quicker than executing the block once more."""
        del parent, attributes
        return ()

    def output(self, block_hash: Hash32) -> OutputV0:
        """What the output root of a block commits to."""
        try:
            return output_at_block(self._config, self._store, block_hash)
        except MissingStateError as exc:
            raise NotFound(str(exc)) from exc

    def _envelope(self, block_hash: Hash32) -> ExecutionPayloadEnvelope:
        envelope = self._store.envelope(block_hash)
        if envelope is None:
            raise NotFound(f"L2 block {to_hex(block_hash)} is not known")
        return envelope


def in_process_sources(config: RollupConfig, l1: EmbeddedL1, l2: ChainReader) -> HostSources:
    """The sources of a host whose chains are in this process."""
    return HostSources(_EmbeddedBlocks(l1), l1, StoreL2(config, l2))
