"""py-evm with all of its own interpreter, accounts and tries: what ours is compared with.

Tests, campaigns and benchmarks take :func:`open_oracle` where a block is otherwise executed on
:func:`~pyoprollup.evm.vm.open_state`. The order of a block, transactions and their validity are ours in both,
and so are the mended instructions and the OP Stack's precompiles. State that is missing has errors of
py-evm's own here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, cast

from pyoprollup.eth.headers import Header
from pyoprollup.eth.trie import EMPTY_TRIE_ROOT
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.evm.opcodes import opcodes
from pyoprollup.evm.precompiles import op_precompiles
from pyoprollup.evm.py_evm import (
    COMPUTATIONS,
    EMPTY_CODE_HASH,
    PRECOMPILES,
    STATES,
    AccountDB,
    AtomicDB,
    BaseDB,
    ExecutionContext,
)
from pyoprollup.evm.state import AncestorHash, OpenState, Precompile, State
from pyoprollup.evm.store import Overlay
from pyoprollup.evm.vm import open_state
from pyoprollup.rollup.evm_rules import EvmRules

__all__ = ["INTERPRETERS", "OracleAccountDB", "open_oracle"]


class _Database(BaseDB):
    """An overlay in the form that py-evm takes."""

    def __init__(self, overlay: Overlay) -> None:
        self._overlay = overlay

    def __getitem__(self, key: bytes) -> bytes:
        return self._overlay[key]

    def __setitem__(self, key: bytes, value: bytes) -> None:
        self._overlay[key] = value

    def __delitem__(self, key: bytes) -> None:
        # Only what this block wrote can go: the source is shared.
        self._overlay.writes.pop(key, None)

    def _exists(self, key: bytes) -> bool:
        try:
            self._overlay[key]
        except KeyError:
            return False
        return True


class OracleAccountDB(AccountDB):
    """py-evm's account database on ``overlay``, with a look at an account's storage root."""

    def __init__(self, overlay: Overlay, state_root: Hash32 = EMPTY_TRIE_ROOT) -> None:
        super().__init__(AtomicDB(_Database(overlay)), state_root)

    def get_code(self, address: Address) -> bytes:
        """Code of an account. py-evm's copies its whole log of accesses on every call."""
        code_hash = self.get_code_hash(address)
        return b"" if code_hash == EMPTY_CODE_HASH else bytes(self._journaldb[code_hash])

    def account_has_code_or_nonce(self, address: Address) -> bool:
        """Whether no contract can be created here, which storage prevents as well (EIP-7610)."""
        return super().account_has_code_or_nonce(address) or self.storage_root(address) != EMPTY_TRIE_ROOT

    def account_is_empty(self, address: Address) -> bool:
        """As in EIP-161, where storage does not count."""
        return not super().account_has_code_or_nonce(address) and not self.get_balance(address)

    def storage_root(self, address: Address) -> Hash32:
        """Root of the account's storage, as of the last ``make_state_root``."""
        return Hash32(self._get_storage_root(address))


class _Computation:
    """What goes before py-evm's computations."""

    msg: Any

    @property
    def is_origin_computation(self) -> bool:
        """Whether this frame is the transaction's own.

        py-evm compares the caller with the origin, which an account with delegated code that calls
        itself can make true deeper down (EIP-7702).
        """
        return bool(self.msg.depth == 0)

    @classmethod
    def consume_initcode_gas_cost(cls, computation: object) -> None:
        """Nothing: the price of init code (EIP-3860) is part of a transaction's intrinsic gas."""


class _State:
    """What goes before py-evm's states, to make them what :class:`~pyoprollup.evm.state.State` is."""

    ancestor_hash: AncestorHash
    block_number: int
    computation_class: Any
    _account_db: OracleAccountDB
    _blob_base_fee: int | None = None

    @property
    def frame_class(self) -> object:
        return self.computation_class

    @property
    def blob_base_fee(self) -> int:
        if self._blob_base_fee is not None:
            return self._blob_base_fee
        return int(super().blob_base_fee)  # type: ignore[misc]

    @blob_base_fee.setter
    def blob_base_fee(self, fee: int) -> None:
        self._blob_base_fee = fee

    def set_system_contracts(self) -> None:
        """Nothing: py-evm's own installs no contract but reads accounts that a witness may lack."""

    def get_ancestor_hash(self, block_number: int) -> bytes:
        """BLOCKHASH. py-evm answers with zero when a header that it needs is missing."""
        number = self.block_number
        if not max(number - 256, 0) <= block_number < number:
            return b""
        return self.ancestor_hash(block_number)

    def transaction_context(self, origin: Address, gas_price: int, blob_hashes: Sequence[Hash32]) -> object:
        make = self.get_transaction_context_class()  # type: ignore[attr-defined]
        return cast(object, make(gas_price, origin, blob_hashes))

    def clear_transient_storage(self) -> None:
        """Before Cancun there is none."""
        if hasattr(self, "transient_storage"):
            super().clear_transient_storage()  # type: ignore[misc]

    def storage_root(self, address: Address) -> Hash32:
        return self._account_db.storage_root(address)


@lru_cache(maxsize=64)
def _state_class(rules: EvmRules) -> type:
    base = rules.base
    own: Mapping[Address, Precompile] = PRECOMPILES[base]
    body = {"_precompiles": op_precompiles(own, rules), "opcodes": opcodes(base)}
    computation = type(f"Oracle{base.name.title()}Computation", (_Computation, COMPUTATIONS[base]), body)
    classes = {"computation_class": computation, "account_db_class": OracleAccountDB}
    return type(f"Oracle{base.name.title()}State", (_State, STATES[base]), classes)


def open_oracle(
    rules: EvmRules,
    overlay: Overlay,
    state_root: Hash32,
    block: Header,
    chain_id: int,
    ancestor_hash: AncestorHash,
) -> State:
    """The state before ``block``, as :func:`~pyoprollup.evm.vm.open_state` makes it, on py-evm alone."""
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
    state = _state_class(rules)(overlay, context, state_root)
    state.ancestor_hash = ancestor_hash
    return cast(State, state)


INTERPRETERS: Mapping[str, OpenState] = {"inlined": open_state, "reference": open_oracle}
"""Ours and the oracle, by the names that campaigns and benchmarks give them."""
