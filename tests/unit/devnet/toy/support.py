"""An L1 of headers for the toy, and what a dispute about one of its blocks is about."""

from __future__ import annotations

from pyoprollup.challenger.trace.local_inputs import LocalGameInputs
from pyoprollup.devnet.toy import ToyOracle, ToyRollup
from pyoprollup.errors import NotFound
from pyoprollup.eth.headers import Header
from pyoprollup.eth.refs import BlockLabel, L1BlockRef
from pyoprollup.eth.types import ZERO_ADDRESS, ZERO_HASH, Hash32


class L1:
    """Empty blocks, up to ``head``; with another ``fork`` those from ``forked_at`` on are other ones."""

    def __init__(self, head: int = 10) -> None:
        self.head = head
        self.fork, self.forked_at = 0, 1 << 60
        self.known: dict[Hash32, Header] = {}

    def header(self, number: int) -> Header:
        parent = ZERO_HASH if number == 0 else self.header(number - 1).hash()
        made = Header(
            parent_hash=parent,
            uncle_hash=ZERO_HASH,
            coinbase=ZERO_ADDRESS,
            state_root=ZERO_HASH,
            transactions_root=ZERO_HASH,
            receipts_root=ZERO_HASH,
            logs_bloom=bytes(256),
            difficulty=0,
            number=number,
            gas_limit=30_000_000,
            gas_used=self.fork if number >= self.forked_at else 0,
            time=1_000 + 12 * number,
            extra_data=b"",
            mix_digest=ZERO_HASH,
            nonce=bytes(8),
            base_fee=7,
        )
        self.known[made.hash()] = made
        return made

    def _ref(self, number: int) -> L1BlockRef:
        if number > self.head:
            raise NotFound(f"L1 block {number}")
        header = self.header(number)
        return L1BlockRef(header.hash(), number, header.parent_hash, header.time)

    def l1_block_ref_by_number(self, number: int) -> L1BlockRef:
        return self._ref(number)

    def l1_block_ref_by_hash(self, block_hash: Hash32) -> L1BlockRef:
        return self._ref(self.known[block_hash].number)

    def l1_block_ref_by_label(self, label: BlockLabel) -> L1BlockRef:
        assert label is BlockLabel.UNSAFE
        return self._ref(self.head)

    def header_rlp(self, block_hash: Hash32) -> bytes:
        if block_hash not in self.known:
            raise NotFound("L1 block")
        return self.known[block_hash].encode()


def inputs(rollup: ToyRollup, l1_head: Hash32, agreed: int, claim: Hash32, number: int) -> LocalGameInputs:
    """A dispute about ``claim`` at block ``number``, from a right block that is agreed on."""
    block = rollup.block(agreed)
    return LocalGameInputs(l1_head, claim, number, block.hash, block.output.root())


def oracle(l1: L1, about: LocalGameInputs) -> ToyOracle:
    return ToyOracle(about, ToyRollup(l1), l1.header_rlp)
