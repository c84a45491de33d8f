"""Sources of a host that have what a test puts into them, and count what they are asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from pyoprollup.errors import NotFound
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.headers import Header
from pyoprollup.eth.output_root import OutputV0
from pyoprollup.eth.receipts import Receipt
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.program.host.sources import HostSources
from pyoprollup.sources.l1 import BlockInfo, IndexedBlobHash


class FakeChain:
    """A chain, with the state of L2."""

    def __init__(self) -> None:
        self.headers: dict[Hash32, Header] = {}
        self.transactions: dict[Hash32, list[bytes]] = {}
        self.receipts: dict[Hash32, list[Receipt]] = {}
        self.preimages: dict[Hash32, bytes] = {}
        self.proofs: dict[tuple[Any, Address, tuple[int, ...]], list[bytes]] = {}
        self.witnesses: dict[Hash32, list[bytes]] = {}
        self.outputs: dict[Hash32, OutputV0] = {}
        self.asked: Counter[str] = Counter()

    def _find(self, what: str, table: dict[Any, Any], key: Any) -> Any:
        self.asked[what] += 1
        try:
            return table[key]
        except KeyError:
            raise NotFound(f"no {what}") from None

    def header(self, block_hash: Hash32) -> Header:
        found: Header = self._find("header", self.headers, block_hash)
        return found

    def transactions_by_hash(self, block_hash: Hash32) -> Sequence[bytes]:
        found: list[bytes] = self._find("transactions", self.transactions, block_hash)
        return found

    def fetch_receipts(self, block_hash: Hash32) -> tuple[BlockInfo, Sequence[Receipt]]:
        receipts = self._find("receipts", self.receipts, block_hash)
        return BlockInfo.of(self.headers[block_hash]), receipts

    def state_node(self, digest: Hash32) -> bytes:
        found: bytes = self._find("node", self.preimages, digest)
        return found

    def code(self, digest: Hash32) -> bytes:
        found: bytes = self._find("code", self.preimages, digest)
        return found

    def proof(self, block: Hash32 | int, address: Address, slots: Sequence[int] = ()) -> Sequence[bytes]:
        found: list[bytes] = self._find("proof", self.proofs, (block, address, tuple(slots)))
        return found

    def witness(self, parent: Hash32, attributes: PayloadAttributes) -> Sequence[bytes]:
        found: list[bytes] = self._find("witness", self.witnesses, parent)
        return found

    def output(self, block_hash: Hash32) -> OutputV0:
        found: OutputV0 = self._find("output", self.outputs, block_hash)
        return found


class FakeSources:
    """Both chains, and blobs by versioned hash; ``wanted`` has what was asked of these."""

    def __init__(self) -> None:
        self.l1, self.l2 = FakeChain(), FakeChain()
        self.blobs: dict[Hash32, bytes] = {}
        self.wanted: list[tuple[L1BlockRef, tuple[IndexedBlobHash, ...]]] = []

    def get_blobs(self, ref: L1BlockRef, hashes: Sequence[IndexedBlobHash]) -> Sequence[bytes]:
        self.wanted.append((ref, tuple(hashes)))
        try:
            return [self.blobs[item.hash] for item in hashes]
        except KeyError:
            raise NotFound("no blob") from None

    @property
    def sources(self) -> HostSources:
        return HostSources(self.l1, self, self.l2)
