"""py-evm's state and computation classes, made for the rules of a fork.

``Interpreter.INLINED`` has call frames and accounts of its own, see :mod:`~pyoprollup.evm.frame` and
:mod:`~pyoprollup.evm.accounts`; the forks' instructions and their prices, creations and
self-destructions are py-evm's. ``Interpreter.REFERENCE`` is py-evm with all of its own interpreter, accounts
and tries. py-evm's block import, headers, transactions and their validity are L1's and not used at all;
ours are in :mod:`~pyoprollup.evm.block` and :mod:`~pyoprollup.evm.executor`. What py-evm does
wrongly inside the parts that *are* used is mended here, each in one place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any

from eth.constants import EMPTY_SHA3
from eth.db.account import AccountDB
from eth.vm.execution_context import ExecutionContext
from eth.vm.forks.cancun import CancunState
from eth.vm.forks.cancun.computation import CancunComputation
from eth.vm.forks.paris import ParisState
from eth.vm.forks.paris.computation import ParisComputation
from eth.vm.forks.prague import PragueState
from eth.vm.forks.prague.computation import PragueComputation
from eth.vm.forks.shanghai import ShanghaiState
from eth.vm.forks.shanghai.computation import ShanghaiComputation
from eth.vm.interrupt import MissingBytecode

from pyoprollup.eth.headers import Header
from pyoprollup.eth.trie import EMPTY_TRIE_ROOT
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.evm.accounts import FlatAccountDB
from pyoprollup.evm.frame import Frame, program_cache
from pyoprollup.evm.inlined import Interpreter
from pyoprollup.evm.opcodes import opcodes
from pyoprollup.evm.precompiles import precompiles
from pyoprollup.evm.program import ProgramCache
from pyoprollup.evm.store import Overlay, atomic
from pyoprollup.rollup.evm_rules import BaseEvm, EvmRules

__all__ = [
    "AncestorHash",
    "OpAccountDB",
    "open_state",
    "precompiles_of",
    "replace_precompiles",
    "state_class",
]

AncestorHash = Callable[[int], bytes]
"""Hash of the ancestor with a number, for the BLOCKHASH instruction; empty if there is none."""

_BASES: dict[BaseEvm, tuple[Any, Any]] = {
    BaseEvm.PARIS: (ParisState, ParisComputation),
    BaseEvm.SHANGHAI: (ShanghaiState, ShanghaiComputation),
    BaseEvm.CANCUN: (CancunState, CancunComputation),
    BaseEvm.PRAGUE: (PragueState, PragueComputation),
    BaseEvm.OSAKA: (PragueState, PragueComputation),
}


class OpAccountDB(AccountDB):
    """py-evm's account database, with a look at an account's storage root."""

    def get_code(self, address: Address) -> bytes:
        """Code of an account. py-evm's copies its whole log of accesses on every call."""
        code_hash = self.get_code_hash(address)
        if code_hash == EMPTY_SHA3:
            return b""
        try:
            code: bytes = self._journaldb[code_hash]
        except KeyError:
            raise MissingBytecode(code_hash) from None
        return code

    def account_has_code_or_nonce(self, address: Address) -> bool:
        """Whether no contract can be created here, which storage prevents as well (EIP-7610)."""
        return super().account_has_code_or_nonce(address) or self.storage_root(address) != EMPTY_TRIE_ROOT

    def account_is_empty(self, address: Address) -> bool:
        """As in EIP-161, where storage does not count."""
        return not super().account_has_code_or_nonce(address) and not self.get_balance(address)

    def storage_root(self, address: Address) -> Hash32:
        """Root of the account's storage, as of the last :meth:`make_state_root`."""
        return Hash32(self._get_storage_root(address))


class _OpComputation:
    """What all forks change in a computation (one call frame)."""

    @property
    def is_origin_computation(self) -> bool:
        """Whether this frame is the transaction's own.

        py-evm compares the caller with the origin, which an account with delegated code that calls
        itself can make true deeper down (EIP-7702).
        """
        depth: int = self.msg.depth  # type: ignore[attr-defined]
        return depth == 0

    @classmethod
    def consume_initcode_gas_cost(cls, computation: Any) -> None:
        """Nothing: the price of init code (EIP-3860) is part of a transaction's intrinsic gas."""


class _OpState:
    """What all forks change in the state of a block."""

    ancestor_hash: AncestorHash
    _blob_base_fee: int | None = None

    @property
    def blob_base_fee(self) -> int:
        """BLOBBASEFEE, in wei: that of the header unless a call wants another."""
        if self._blob_base_fee is not None:
            return self._blob_base_fee
        fee: int = super().blob_base_fee  # type: ignore[misc]
        return fee

    @blob_base_fee.setter
    def blob_base_fee(self, fee: int) -> None:
        self._blob_base_fee = fee

    def set_system_contracts(self) -> None:
        """Nothing: py-evm's own installs no contract but reads accounts that a witness may lack."""

    def get_ancestor_hash(self, block_number: int) -> bytes:
        """BLOCKHASH. py-evm answers with zero when a header that it needs is missing."""
        number: int = self.block_number  # type: ignore[attr-defined]
        if not max(number - 256, 0) <= block_number < number:
            return b""
        return self.ancestor_hash(block_number)

    def storage_root(self, address: Address) -> Hash32:
        """See :meth:`OpAccountDB.storage_root`."""
        root: Hash32 = self._account_db.storage_root(address)  # type: ignore[attr-defined]
        return root


class _FlatState(_OpState):
    """A state on :class:`~pyoprollup.evm.accounts.FlatAccountDB`, which has transient storage too."""

    _account_db: FlatAccountDB

    def snapshot(self) -> int:
        return self._account_db.record()

    def revert(self, snapshot: int) -> None:
        self._account_db.discard(snapshot)

    def commit(self, snapshot: int) -> None:
        """Nothing: what is not reverted stays."""

    def clear_transient_storage(self) -> None:
        self._account_db.clear_transient()


@lru_cache(maxsize=64)
def state_class(rules: EvmRules, interpreter: Interpreter = Interpreter.INLINED) -> Any:
    """The state class for ``rules``, with its computation class."""
    state_base, computation_base = _BASES[rules.base]
    name = rules.base.name.title()
    if interpreter is Interpreter.REFERENCE:
        computation = type(
            f"Op{name}Computation",
            (_OpComputation, computation_base),
            {"_precompiles": precompiles(rules, own=False), "opcodes": opcodes(rules.base)},
        )
        return _state(f"Op{name}State", (_OpState, state_base), computation, OpAccountDB)
    body = {
        "_precompiles": precompiles(rules),
        "programs": _programs(rules.base),
        "delegations": rules.base >= BaseEvm.PRAGUE,
        "warm_coinbase": rules.base >= BaseEvm.SHANGHAI,
    }
    computation = type(f"Flat{name}Computation", (Frame, _OpComputation, computation_base), body)
    return _state(f"Flat{name}State", (_FlatState, state_base), computation, FlatAccountDB)


def _state(name: str, bases: tuple[type, ...], computation: type, accounts: type) -> Any:
    return type(name, bases, {"computation_class": computation, "account_db_class": accounts})


@cache
def _programs(base: BaseEvm) -> ProgramCache:
    return program_cache(opcodes(base))


def open_state(
    rules: EvmRules,
    overlay: Overlay,
    state_root: Hash32,
    block: Header,
    chain_id: int,
    ancestor_hash: AncestorHash,
    interpreter: Interpreter = Interpreter.INLINED,
) -> Any:
    """The state before ``block``, of which only the fields that instructions can read are used."""
    context = ExecutionContext(
        coinbase=block.coinbase,
        timestamp=block.time,
        block_number=block.number,
        difficulty=0,
        mix_hash=block.mix_digest,
        gas_limit=block.gas_limit,
        prev_hashes=(),
        chain_id=chain_id,
        base_fee_per_gas=block.base_fee,
        excess_blob_gas=block.excess_blob_gas,
    )
    database = atomic(overlay) if interpreter is Interpreter.REFERENCE else overlay
    state = state_class(rules, interpreter)(database, context, state_root)
    state.ancestor_hash = ancestor_hash
    return state


def precompiles_of(state: Any) -> Mapping[Address, Any]:
    """The precompiles that calls on ``state`` find, by address."""
    table: Mapping[Address, Any] = state.computation_class.get_precompiles()
    return table


def replace_precompiles(state: Any, table: Mapping[Address, Any]) -> None:
    """Let calls on this ``state`` alone find other precompiles."""
    base = state.computation_class
    if table != base.get_precompiles():
        state.computation_class = type(base.__name__, (base,), {"_precompiles": dict(table)})
