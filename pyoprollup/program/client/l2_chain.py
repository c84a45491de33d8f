"""The L2 chain of a program: the agreed block and those before it from the oracle, later ones executed."""

from __future__ import annotations

from pyoprollup.derive.payload_util import payload_to_block_ref, payload_to_system_config
from pyoprollup.errors import DecodeError, NotFound
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.headers import Header
from pyoprollup.eth.output_root import OutputV0
from pyoprollup.eth.payload import ExecutionPayload
from pyoprollup.eth.refs import L2BlockRef
from pyoprollup.eth.types import Hash32
from pyoprollup.evm.predeploys import MESSAGE_PASSER
from pyoprollup.evm.remote_precompiles import RemoteCall
from pyoprollup.program.client.execution import HISTORY_SIZE, OracleExecution
from pyoprollup.program.client.l2_oracle import L2Block, L2Oracle
from pyoprollup.program.errors import DerivationFailed
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.system_config import SystemConfig
from pyoprollup.rollup.time import L2Time
from pyoprollup.rollup.upgrades import UpgradeBundles

__all__ = ["OracleL2"]


class OracleL2:
    """A source of L2 that executes. ``agreed`` is the hash of the block to begin after.

    Besides what is said of each method, they raise what the oracle does, and :class:`DerivationFailed` for a
    block that no rollup has.
    """

    def __init__(
        self,
        config: RollupConfig,
        oracle: L2Oracle,
        agreed: Hash32,
        call: RemoteCall,
        bundles: UpgradeBundles | None = None,
    ) -> None:
        self._config, self._oracle, self._bundles = config, oracle, bundles
        self._agreed = oracle.block(agreed)
        self._executed: dict[Hash32, L2Block] = {}
        self._hashes = {self._agreed.header.number: agreed}
        self._head = self._agreed.header.number
        self._execution = OracleExecution(config, oracle, call, self._header)

    @property
    def agreed(self) -> L2BlockRef:
        """The block that was agreed on."""
        return self._ref(self._agreed)

    # --- L2Source

    def l2_block_ref_by_hash(self, block_hash: Hash32) -> L2BlockRef:
        return self._ref(self._block(block_hash))

    def l2_block_ref_by_number(self, number: int) -> L2BlockRef:
        return self._ref(self._block_at(number))

    def payload_by_number(self, number: int) -> ExecutionPayload:
        return self._block_at(number).payload

    def system_config_by_l2_hash(self, block_hash: Hash32) -> SystemConfig:
        payload = self._block(block_hash).payload
        try:
            return payload_to_system_config(self._config, payload, self._bundles)
        except DecodeError as exc:
            raise DerivationFailed(f"L2 block {payload.id}: {exc}") from exc

    # --- Execution

    def execute(self, parent: Hash32, attributes: PayloadAttributes) -> L2BlockRef:
        """Execute the block after ``parent`` that has these attributes; it is the head then.

        Raises ``InvalidBlock`` if there can be no such block; nothing has changed then.
        """
        self._oracle.hint_execution(parent, attributes)
        executed = self._execution.execute(self._header(parent), attributes)
        block = L2Block(executed.header, executed.envelope.payload)
        ref = self._ref(block)
        self._executed[block.hash] = block
        self._hashes[ref.number] = block.hash
        self._head = ref.number
        return ref

    def output_at(self, number: int) -> OutputV0:
        """What the output root of a block commits to; raises ``NotFound`` for a number beyond the head."""
        block = self._block_at(number)
        header = block.header
        if self._config.rules_at_l2(L2Time(header.time)).withdrawals_root_in_header:
            root = header.withdrawals_root
            if root is None:
                raise DerivationFailed(f"L2 block {block.payload.id} has no withdrawals root")
        else:
            self._oracle.hint_account(block.hash, MESSAGE_PASSER)
            root = self._execution.message_passer_root(header)
        return OutputV0(header.state_root, root, block.hash)

    # --- Blocks

    def _ref(self, block: L2Block) -> L2BlockRef:
        try:
            return payload_to_block_ref(self._config, block.payload)
        except DecodeError as exc:
            raise DerivationFailed(f"L2 block {block.payload.id}: {exc}") from exc

    def _block(self, block_hash: Hash32) -> L2Block:
        return self._executed.get(block_hash) or self._oracle.block(block_hash)

    def _header(self, block_hash: Hash32) -> Header:
        return self._block(block_hash).header

    def _block_at(self, number: int) -> L2Block:
        if number > self._head:
            raise NotFound(f"L2 block {number} is after the head, {self._head}")
        if number < self._config.genesis.l2.number:
            raise NotFound(f"L2 block {number} is before the rollup's first")
        block_hash = self._hashes.get(number)
        return self._block(block_hash) if block_hash is not None else self._find(number)

    def _find(self, number: int) -> L2Block:
        """A block before the agreed one: by what the state of later ones has of it, else block by block."""
        nearest = min(known for known in self._hashes if known > number)
        block = self._block(self._hashes[nearest])
        while block.header.number > number:
            found = self._from_history(block, max(number, block.header.number - HISTORY_SIZE))
            block = self._block(found or block.header.parent_hash)
            self._hashes[block.header.number] = block.hash
        return block

    def _from_history(self, block: L2Block, number: int) -> Hash32 | None:
        rules = self._config.rules_at_l2(L2Time(block.header.time))
        if not rules.block_hash_history or number + 1 == block.header.number:
            return None
        self._oracle.hint_block_hash_lookup(number, block.hash)
        return self._execution.ancestor_from_history(block.header, number)
