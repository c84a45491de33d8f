"""Executes blocks of L2 on state that comes from the oracle.

It is the engine's EVM. What it would compute for long in a VM, results of some precompiles, it has from the
oracle, too.
"""

from __future__ import annotations

from collections.abc import Callable

from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.headers import Header
from pyoprollup.eth.trie import EMPTY_TRIE_ROOT
from pyoprollup.eth.types import Hash32
from pyoprollup.evm.accounts import FlatAccountDB
from pyoprollup.evm.ancestors import ancestor_hashes
from pyoprollup.evm.block import ExecutedBlock, Execution
from pyoprollup.evm.predeploys import HISTORY_STORAGE, MESSAGE_PASSER
from pyoprollup.evm.remote_precompiles import RemoteCall, remote_precompiles
from pyoprollup.evm.state import AncestorHash, State
from pyoprollup.evm.store import Overlay
from pyoprollup.evm.vm import open_state
from pyoprollup.program.client.l2_oracle import L2Oracle
from pyoprollup.program.client.state import OracleState
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.evm_rules import EvmRules

__all__ = ["HISTORY_SIZE", "OracleExecution"]

HISTORY_SIZE = 8191
"""Blocks whose hashes the contract of EIP-2935 keeps."""


class OracleExecution:
    """Execution on the oracle's state and what earlier blocks have written.

    ``header_of`` gives headers by their hash, for instructions that ask for hashes of ancestors; ``call`` the
    results of precompiles. All methods raise what the oracle does.
    """

    def __init__(
        self,
        config: RollupConfig,
        oracle: L2Oracle,
        call: RemoteCall,
        header_of: Callable[[Hash32], Header],
    ) -> None:
        self._call, self._header_of = call, header_of
        self._state = OracleState(oracle)
        self._execution = Execution(config, self._open_state)

    def execute(self, parent: Header, attributes: PayloadAttributes) -> ExecutedBlock:
        """The block after ``parent`` with these attributes; its children can be executed then.

        Raises ``InvalidBlock`` if there can be no such block; nothing has changed then.
        """
        executed = self._execution.build(parent, attributes, self._state)
        self._state.add(executed.writes)
        return executed

    def message_passer_root(self, header: Header) -> Hash32:
        """The storage root of the message passer after a block.

        The node that it is the hash of is read along, as the reference does: so either has what the other
        needs.
        """
        root = self._accounts(header).storage_root(MESSAGE_PASSER)
        if root != EMPTY_TRIE_ROOT:
            self._state[root]
        return root

    def ancestor_from_history(self, header: Header, number: int) -> Hash32 | None:
        """The hash of a block as the contract of EIP-2935 has it after a later one, at most
        :data:`HISTORY_SIZE` before; ``None`` if it does not have it yet, or does not exist."""
        accounts = self._accounts(header)
        if not accounts.get_code(HISTORY_STORAGE):
            return None
        found = accounts.get_storage(HISTORY_STORAGE, number % HISTORY_SIZE)
        return Hash32(found.to_bytes(32, "big")) if found else None

    def _accounts(self, header: Header) -> FlatAccountDB:
        return FlatAccountDB(Overlay(self._state), header.state_root)

    def _open_state(
        self,
        rules: EvmRules,
        overlay: Overlay,
        state_root: Hash32,
        block: Header,
        chain_id: int,
        _ancestor_hash: AncestorHash,
    ) -> State:
        headers = _Headers(self._header_of)
        ancestors = ancestor_hashes(block, self._header_of(block.parent_hash), headers)
        state = open_state(rules, overlay, state_root, block, chain_id, ancestors)
        state.precompiles = remote_precompiles(rules, self._call)
        return state


class _Headers:
    """Headers by their hash, as execution looks for ancestors: state has none of them."""

    def __init__(self, header_of: Callable[[Hash32], Header]) -> None:
        self._header_of = header_of

    def __getitem__(self, block_hash: bytes) -> bytes:
        return self._header_of(Hash32(block_hash)).encode()
