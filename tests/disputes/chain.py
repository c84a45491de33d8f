"""An L2 chain of which a game needs only the outputs: what is true in these tests."""

from __future__ import annotations

from functools import cache

from pyoprollup.challenger.trace.outputs import L2Headers, OutputRoots
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.headers import Header
from pyoprollup.eth.output_root import OutputV0
from pyoprollup.eth.types import ZERO_ADDRESS, ZERO_HASH, Hash32


@cache
def header(number: int) -> Header:
    """The header of a block."""
    return Header(
        parent_hash=ZERO_HASH,
        uncle_hash=ZERO_HASH,
        coinbase=ZERO_ADDRESS,
        state_root=keccak256(b"state %d" % number),
        transactions_root=ZERO_HASH,
        receipts_root=ZERO_HASH,
        logs_bloom=bytes(256),
        difficulty=0,
        number=number,
        gas_limit=30_000_000,
        gas_used=0,
        time=1_000_000 + 2 * number,
        extra_data=b"",
        mix_digest=ZERO_HASH,
        nonce=bytes(8),
        base_fee=7,
    )


@cache
def output(number: int) -> OutputV0:
    """The output after a block."""
    block = header(number)
    return OutputV0(block.state_root, keccak256(b"withdrawals %d" % number), block.hash())


def root(number: int) -> Hash32:
    """The output root after a block: the truth."""
    return output(number).root()


class Chain(OutputRoots, L2Headers):
    """The chain as a rollup node knows it, with the last block that is safe at a game's L1 head."""

    def __init__(self, safe: int) -> None:
        self.safe = safe

    def output_at_block(self, number: int) -> OutputV0:
        return output(number)

    def safe_block_at_l1_head(self) -> int:
        return self.safe

    def header_by_number(self, number: int) -> Header:
        return header(number)
