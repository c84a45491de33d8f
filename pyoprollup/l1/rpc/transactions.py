"""Transactions of an L1 block in their canonical encoding, verified by their root.

JSON shows the fields of the types that we know, which are encoded again. Of types that came later only the
node has the bytes: they are asked for, of the whole block or one by one. Without them the root cannot be
verified, and then there is no answer: leaving the transaction out would make the others, which may be a
batcher's, anything that the endpoint likes.

Specification: Ethereum JSON-RPC specification, eth_getBlockByHash with full transactions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyoprollup.errors import DecodeError, NotFound, Unavailable
from pyoprollup.eth import rlp
from pyoprollup.eth.headers import Header
from pyoprollup.eth.transaction_json import transaction_from_json
from pyoprollup.eth.trie import EMPTY_TRIE_ROOT, ordered_trie_root
from pyoprollup.eth.types import Hash32, bytes_from_hex, to_hex, to_quantity
from pyoprollup.l1.rpc.endpoint import Endpoint
from pyoprollup.l1.rpc.errors import NotAtHand, Unverified
from pyoprollup.l1.rpc.headers import block_by_hash
from pyoprollup.rpc.errors import JsonRpcError

__all__ = ["transactions_of"]

_RAW_BLOCK = "debug_getRawBlock"
_RAW_TRANSACTION = "eth_getRawTransactionByBlockHashAndIndex"


def transactions_of(endpoint: Endpoint, header: Header, block_hash: Hash32) -> tuple[bytes, ...]:
    """The transactions, whose root is that of the header. Raises ``Unavailable``."""
    if header.transactions_root == EMPTY_TRIE_ROOT:
        return ()
    failures: list[str] = []
    for read in (_from_json, _from_raw_block):
        try:
            transactions = read(endpoint, block_hash)
            _check(transactions, header)
        except (DecodeError, JsonRpcError, NotFound, Unavailable) as exc:
            failures.append(str(exc))
        else:
            return transactions
    raise Unverified(f"transactions of L1 block {header.number}, {to_hex(block_hash)}: {'; '.join(failures)}")


def _check(transactions: Sequence[bytes], header: Header) -> None:
    root = ordered_trie_root(transactions)
    if root != header.transactions_root:
        raise Unverified(
            f"the root of {len(transactions)} transactions is {to_hex(root)}, "
            f"not {to_hex(header.transactions_root)}"
        )


def _from_json(endpoint: Endpoint, block_hash: Hash32) -> tuple[bytes, ...]:
    _, shown = block_by_hash(endpoint, block_hash, True)
    encoded = [_encoded(item) for item in shown]
    unknown = [index for index, raw in enumerate(encoded) if raw is None]
    if not unknown:
        return tuple(raw for raw in encoded if raw is not None)
    kinds = sorted({str(item.get("type")) for item in shown if isinstance(item, dict)})
    if not endpoint.has(_RAW_TRANSACTION):
        raise Unverified(f"it has transactions that this version does not know (types {', '.join(kinds)})")
    calls = [(_RAW_TRANSACTION, (to_hex(block_hash), to_quantity(index))) for index in unknown]
    for index, answer in zip(unknown, endpoint.batch(calls), strict=True):
        if isinstance(answer, JsonRpcError):
            raise answer
        if answer is None:
            raise NotAtHand(f"null for transaction {index} of types {', '.join(kinds)}")
        encoded[index] = bytes_from_hex(answer, "transaction")
    return tuple(raw for raw in encoded if raw is not None)


def _encoded(shown: Any) -> bytes | None:
    try:
        return transaction_from_json(shown).encode()
    except DecodeError:
        return None


def _from_raw_block(endpoint: Endpoint, block_hash: Hash32) -> tuple[bytes, ...]:
    if not endpoint.has(_RAW_BLOCK):
        raise Unverified(f"it does not have {_RAW_BLOCK}")
    answer = endpoint.call(_RAW_BLOCK, to_hex(block_hash))
    if answer is None:
        raise NotAtHand(f"{_RAW_BLOCK}: null")
    parts, lists = rlp.split_list(bytes_from_hex(answer, "block"))
    if lists[:2] != [0, 1]:
        raise DecodeError("a block is a header, transactions and more")
    # A legacy transaction is a list in it, and stays one; the others are strings.
    return tuple(rlp.split_list(parts[1])[0])
