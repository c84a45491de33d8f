"""Headers over the wire: the hash is computed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pyoprollup.errors import NotFound, Unavailable
from pyoprollup.eth.refs import BlockLabel
from pyoprollup.eth.types import to_hex
from pyoprollup.l1.rpc.errors import Unverified
from pyoprollup.l1.rpc.headers import verified_header
from pyoprollup.rpc.errors import JsonRpcError
from tests.unit.l1.rpc.chains import chain
from tests.unit.l1.rpc.test_receipts import bent
from tests.wire_l1 import WireNode, block_shown, client

L1 = chain(3)
BLOCK = L1.head_block


def test_by_hash_number_and_label() -> None:
    l1_client = client(WireNode(L1))
    assert l1_client.info_by_hash(BLOCK.hash) == BLOCK.info
    assert l1_client.l1_block_ref_by_number(2) == L1.block_by_number(2).ref
    for label in BlockLabel:
        assert l1_client.l1_block_ref_by_label(label) == L1.l1_block_ref_by_label(label)


@pytest.mark.parametrize(
    "change",
    [{"timestamp": "0x1"}, {"receiptsRoot": "0x" + "11" * 32}, {"number": "0x9"}],
)
def test_a_header_that_was_tampered_with(change: dict[str, str]) -> None:
    def bend(method: str, params: list[Any], truth: Callable[[], Any]) -> Any:
        return truth() | change if method.startswith("eth_getBlock") else truth()

    node = WireNode(L1, bend)
    for read in (
        lambda l1: l1.l1_block_ref_by_hash(BLOCK.hash),
        lambda l1: l1.l1_block_ref_by_number(BLOCK.number),
        lambda l1: l1.l1_block_ref_by_label(BlockLabel.UNSAFE),
    ):
        with pytest.raises(Unavailable, match=r"hash|asked for"):
            read(client(node))
        assert read(client(node, WireNode(L1))) == BLOCK.ref, "the next endpoint has it"


def test_another_block_than_the_one_that_was_asked_for() -> None:
    other = block_shown(L1.block_by_number(1), False)
    by_number = client(WireNode(L1, bent("eth_getBlockByNumber", lambda _truth: other)))
    with pytest.raises(Unavailable, match="asked for L1 block 3, got block 1"):
        by_number.l1_block_ref_by_number(3)
    by_hash = client(WireNode(L1, bent("eth_getBlockByHash", lambda _truth: other)))
    with pytest.raises(Unavailable, match=f"asked for L1 block {to_hex(BLOCK.hash)}, got block 1"):
        by_hash.l1_block_ref_by_hash(BLOCK.hash)


def test_a_fork_with_a_new_field_is_told_as_what_it_may_be() -> None:
    """Not as a block that is not there: that would be taken for a reorg, at each block."""
    new = block_shown(BLOCK, False) | {"hash": "0x" + "33" * 32, "newField": "0x1"}
    with pytest.raises(Unverified) as caught:
        verified_header(new)
    text = str(caught.value)
    assert f"L1 block {BLOCK.number}" in text
    assert to_hex(BLOCK.hash) in text
    assert "0x" + "33" * 32 in text
    assert "a newer L1 fork than this version knows?" in text
    l1_client = client(WireNode(L1, bent("eth_getBlockByNumber", lambda _truth: new)))
    with pytest.raises(Unavailable, match="newer L1 fork"):
        l1_client.l1_block_ref_by_label(BlockLabel.UNSAFE)


@pytest.mark.parametrize("answer", [5, [], "0x", {}, {"hash": "0x" + "11" * 32}])
def test_what_is_no_header(answer: Any) -> None:
    with pytest.raises(Unverified):
        verified_header(answer)


@pytest.mark.parametrize("label", [BlockLabel.SAFE, BlockLabel.FINALIZED])
def test_a_young_chain_has_no_safe_and_no_finalized_block(label: BlockLabel) -> None:
    def says(answer: Any) -> Callable[[str, list[Any], Callable[[], Any]], Any]:
        def bend(method: str, params: list[Any], truth: Callable[[], Any]) -> Any:
            if params[:1] == [str(label)]:
                if isinstance(answer, Exception):
                    raise answer
                return answer
            return truth()

        return bend

    for answer in (
        None,
        JsonRpcError(-32000, f"{label} block not found"),
        JsonRpcError(-39001, "unknown block"),
    ):
        with pytest.raises(NotFound):
            client(WireNode(L1, says(answer))).l1_block_ref_by_label(label)
    with pytest.raises(Unavailable):
        client(WireNode(L1, says(JsonRpcError(-32000, "oops")))).l1_block_ref_by_label(label)


def test_no_head_is_no_answer() -> None:
    with pytest.raises(Unavailable, match="no latest block"):
        client(WireNode(L1, bent("eth_getBlockByNumber", lambda _truth: None))).head_header()


def test_a_block_that_is_not_there() -> None:
    l1_client = client(WireNode(L1))
    with pytest.raises(NotFound):
        l1_client.l1_block_ref_by_number(99)
    with pytest.raises(NotFound):
        l1_client.l1_block_ref_by_hash(BLOCK.header.state_root)


def test_null_once_by_hash_is_asked_again() -> None:
    node = WireNode(L1, bent("eth_getBlockByHash", lambda _truth: None, times=1))
    assert client(node).l1_block_ref_by_hash(BLOCK.hash) == BLOCK.ref
