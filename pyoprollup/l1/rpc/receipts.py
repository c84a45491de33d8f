"""Receipts of an L1 block, verified: by three methods, of which one is right if any is.

A method that an endpoint does not have is not called again. Anything else that goes wrong with one is about
this block: the next method has its turn, and the next block begins with the first again.

Specification: Ethereum JSON-RPC specification, eth_getBlockReceipts, debug_getRawReceipts and
eth_getTransactionReceipt.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pyoprollup.errors import DecodeError, NotFound, Unavailable
from pyoprollup.eth.headers import Header
from pyoprollup.eth.receipts import Receipt, decode_receipts, receipts_from_json
from pyoprollup.eth.trie import EMPTY_TRIE_ROOT, ordered_trie_root
from pyoprollup.eth.types import Hash32, bytes_from_hex, hash_from_hex, to_hex
from pyoprollup.l1.rpc.endpoint import Endpoint
from pyoprollup.l1.rpc.errors import NotAtHand, Unverified
from pyoprollup.l1.rpc.headers import block_by_hash
from pyoprollup.rpc.errors import JsonRpcError

__all__ = ["receipts_of"]

Method = Callable[[Endpoint, Hash32], tuple[Receipt, ...]]


def receipts_of(endpoint: Endpoint, header: Header, block_hash: Hash32) -> tuple[Receipt, ...]:
    """The receipts, whose root is that of the header. Raises ``Unavailable``, with what each method said."""
    if header.receipts_root == EMPTY_TRIE_ROOT:
        return ()
    failures: list[str] = []
    for name, method in _METHODS.items():
        if not endpoint.has(name):
            continue
        try:
            receipts = method(endpoint, block_hash)
            _check(receipts, header)
        except (DecodeError, JsonRpcError, NotFound, Unavailable) as exc:
            failures.append(f"{name}: {exc}")
        else:
            return receipts
    raise Unverified(f"receipts of L1 block {header.number}, {to_hex(block_hash)}: {'; '.join(failures)}")


def _check(receipts: Sequence[Receipt], header: Header) -> None:
    root = ordered_trie_root([receipt.encode_for_root() for receipt in receipts])
    if root != header.receipts_root:
        raise Unverified(
            f"the root of {len(receipts)} receipts is {to_hex(root)}, not {to_hex(header.receipts_root)}"
        )


def _by_block(endpoint: Endpoint, block_hash: Hash32) -> tuple[Receipt, ...]:
    answer = endpoint.call("eth_getBlockReceipts", to_hex(block_hash))
    if answer is None:
        raise NotAtHand("null")
    if not isinstance(answer, list):
        raise DecodeError("the receipts are not a list")
    return receipts_from_json(answer)


def _raw(endpoint: Endpoint, block_hash: Hash32) -> tuple[Receipt, ...]:
    answer = endpoint.call("debug_getRawReceipts", to_hex(block_hash))
    if answer is None:
        raise NotAtHand("null")
    if not isinstance(answer, list):
        raise DecodeError("the receipts are not a list")
    return decode_receipts(bytes_from_hex(item, "receipt") for item in answer)


def _one_by_one(endpoint: Endpoint, block_hash: Hash32) -> tuple[Receipt, ...]:
    _, hashes = block_by_hash(endpoint, block_hash, False)
    wanted = [to_hex(hash_from_hex(item, "transaction hash")) for item in hashes]
    answers = endpoint.batch([("eth_getTransactionReceipt", (item,)) for item in wanted])
    for answer in answers:
        if isinstance(answer, JsonRpcError):
            raise answer
        if answer is None:
            raise NotAtHand("null for one of the transactions")
    return receipts_from_json(answers)


_METHODS: dict[str, Method] = {
    "eth_getBlockReceipts": _by_block,
    "debug_getRawReceipts": _raw,
    "eth_getTransactionReceipt": _one_by_one,
}
