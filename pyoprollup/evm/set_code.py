"""EIP-7702: accounts that let a contract's code speak for them.

py-evm has this too, but takes every exception inside an authorization, a missing trie node included,
for an invalid authorization.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pyoprollup.eth import rlp
from pyoprollup.eth.crypto import SECP256K1_HALF_N, SignatureError, keccak256, recover_address
from pyoprollup.eth.transactions import Authorization
from pyoprollup.eth.types import U64_MAX, ZERO_ADDRESS, Address

if TYPE_CHECKING:
    from pyoprollup.evm.state import State

__all__ = ["apply_authorizations", "authorities", "delegation_target"]

_PREFIX = b"\xef\x01\x00"
_REFUND = 12_500
"""Given back for an authority that exists already."""


def delegation_target(code: bytes) -> Address | None:
    """The address that ``code`` delegates to, ``None`` if it is ordinary code."""
    return Address(code[3:]) if len(code) == 23 and code.startswith(_PREFIX) else None


def apply_authorizations(state: State, chain_id: int, authorizations: Iterable[Authorization]) -> int:
    """Delegate every account whose authorization is valid; the others are skipped. Returns the gas refund."""
    return sum(_apply(state, chain_id, authorization) for authorization in authorizations)


def _apply(state: State, chain_id: int, auth: Authorization) -> int:
    if auth.chain_id not in (0, chain_id) or auth.nonce >= U64_MAX:
        return 0
    authority = _authority(auth)
    if authority is None:
        return 0
    state.mark_address_warm(authority)
    code = state.get_code(authority)
    if code and delegation_target(code) is None:
        return 0
    if state.get_nonce(authority) != auth.nonce:
        return 0
    refund = _REFUND if state.account_exists(authority) else 0
    if auth.address == ZERO_ADDRESS:
        state.delete_code(authority)
    else:
        state.set_code(authority, _PREFIX + auth.address)
    state.set_nonce(authority, auth.nonce + 1)
    return refund


def authorities(authorizations: Iterable[Authorization]) -> tuple[Address, ...]:
    """The accounts that signed, without those whose signature is invalid."""
    return tuple(account for auth in authorizations if (account := _authority(auth)) is not None)


def _authority(auth: Authorization) -> Address | None:
    """The account that signed, ``None`` for an invalid signature."""
    if auth.y_parity > 1 or auth.s > SECP256K1_HALF_N:
        return None
    fields = (rlp.encode_uint(auth.chain_id), b"\x94" + auth.address, rlp.encode_uint(auth.nonce))
    try:
        digest = keccak256(b"\x05" + rlp.encode_list(fields))
        return recover_address(digest, auth.r, auth.s, auth.y_parity)
    except SignatureError:
        return None
