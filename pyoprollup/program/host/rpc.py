"""Nodes behind JSON-RPC as a host's sources. Needs the extra ``node``.

The state of L2 is read by the hash of a node or code with ``debug_dbGet``, which go-ethereum and our engine
have. A witness of a whole block, ``debug_executePayload``, is used where there is one.

Specification: Ethereum JSON-RPC specification; EIP-1186.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from pyoprollup.errors import DecodeError, NotFound, Unavailable
from pyoprollup.eth.account_proof import AccountResult
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.headers import Header
from pyoprollup.eth.output_root import OutputV0
from pyoprollup.eth.receipts import Receipt
from pyoprollup.eth.types import Address, Hash32, bytes_from_hex, to_hex
from pyoprollup.evm.predeploys import MESSAGE_PASSER
from pyoprollup.l1.rpc import L1Client, Unverified
from pyoprollup.l1.rpc.account_reader import block_json
from pyoprollup.l1.rpc.endpoint import Endpoint
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.time import L2Time
from pyoprollup.rpc.errors import JsonRpcError
from pyoprollup.sources.l1 import BlockInfo

__all__ = ["RpcBlocks", "RpcL2"]

T = TypeVar("T")

_CODE_PREFIX = b"c"
_DB_GET = "debug_dbGet"
_EXECUTE = "debug_executePayload"


class RpcBlocks:
    """Blocks of the nodes of a client, headers and contents verified.

    Implements :class:`~pyoprollup.program.host.sources.HostBlocks`.
    """

    def __init__(self, client: L1Client) -> None:
        self.client = client

    def header(self, block_hash: Hash32) -> Header:
        return self.client.header_by_hash(block_hash).header

    def transactions_by_hash(self, block_hash: Hash32) -> Sequence[bytes]:
        return self.client.transactions_by_hash(block_hash)

    def fetch_receipts(self, block_hash: Hash32) -> tuple[BlockInfo, Sequence[Receipt]]:
        return self.client.fetch_receipts(block_hash)


class RpcL2(RpcBlocks):
    """L2 as its execution clients tell it: a ``client`` of them, as of any chain.

    Implements :class:`~pyoprollup.program.host.sources.HostL2`.
    """

    def __init__(self, config: RollupConfig, client: L1Client) -> None:
        super().__init__(client)
        self._config = config

    def state_node(self, digest: Hash32) -> bytes:
        """A node of the state's trie; see :class:`~pyoprollup.program.host.sources.HostL2`."""
        return self._with_hash(digest, (digest,))

    def code(self, digest: Hash32) -> bytes:
        """The code of a contract."""
        return self._with_hash(digest, (_CODE_PREFIX + digest, digest))

    def proof(self, block: Hash32 | int, address: Address, slots: Sequence[int] = ()) -> Sequence[bytes]:
        """The nodes that lead to an account and to slots of it."""
        found = self._account(block, address, slots)
        return [*found.account_proof, *(node for entry in found.storage_proof for node in entry.proof)]

    def witness(self, parent: Hash32, attributes: PayloadAttributes) -> Sequence[bytes]:
        """What executing a block reads, if a node can tell; else nothing."""

        def read(endpoint: Endpoint) -> list[bytes]:
            if not endpoint.has(_EXECUTE):
                return []
            answer = endpoint.call(_EXECUTE, to_hex(parent), attributes.to_json())
            if not isinstance(answer, dict):
                raise DecodeError("a witness is an object")
            return [*_values(answer.get("state")), *_values(answer.get("codes"))]

        try:
            return self._ask("the witness of an L2 block", read, rounds=1)
        except Unavailable:
            return []

    def output(self, block_hash: Hash32) -> OutputV0:
        """What the output root of a block commits to."""
        header = self.header(block_hash)
        if self._config.rules_at_l2(L2Time(header.time)).withdrawals_root_in_header:
            root = header.withdrawals_root
            if root is None:
                raise NotFound(f"L2 block {to_hex(block_hash)} has no withdrawals root")
        else:
            account = self._account(block_hash, MESSAGE_PASSER, ())
            try:
                account.verify(header.state_root)
            except DecodeError as exc:
                raise Unverified(f"the message passer after {to_hex(block_hash)}: {exc}") from exc
            root = account.storage_root
        return OutputV0(header.state_root, root, block_hash)

    def _account(self, block: Hash32 | int, address: Address, slots: Sequence[int]) -> AccountResult:
        keys = [to_hex(slot.to_bytes(32, "big")) for slot in slots]

        def read(endpoint: Endpoint) -> AccountResult:
            answer = endpoint.call("eth_getProof", to_hex(address), keys, block_json(block))
            return AccountResult.from_json(answer)

        return self._ask(f"account {to_hex(address)}", read)

    def _with_hash(self, digest: Hash32, keys: Sequence[bytes]) -> bytes:
        def read(endpoint: Endpoint) -> bytes:
            for key in keys[:-1]:
                try:
                    return self._get(endpoint, key, digest)
                except JsonRpcError:
                    continue  # it may be under another key
            return self._get(endpoint, keys[-1], digest)

        return self._ask(f"the pre-image of {to_hex(digest)}", read)

    def _get(self, endpoint: Endpoint, key: bytes, digest: Hash32) -> bytes:
        value = bytes_from_hex(endpoint.call(_DB_GET, to_hex(key)), _DB_GET)
        if keccak256(value) != digest:
            raise DecodeError(f"{len(value)} bytes with another hash")
        return value

    def _ask(self, what: str, read: Callable[[Endpoint], T], rounds: int = 0) -> T:
        def attempt(endpoint: Endpoint) -> T:
            try:
                return read(endpoint)
            except (DecodeError, JsonRpcError) as exc:
                raise Unverified(f"{what}: {exc}") from exc

        return self.client.pool.ask(what, attempt, rounds=rounds)


def _values(part: Any) -> Iterable[bytes]:
    """Pre-images, as a list or by their hashes: which these are is computed anyway."""
    items = part.values() if isinstance(part, dict) else part or ()
    return [bytes_from_hex(item, "witness") for item in items]
