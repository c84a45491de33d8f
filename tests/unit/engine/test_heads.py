from __future__ import annotations

from dataclasses import replace

import pytest

from pyoprollup.engine import NO_BLOCK, EngineHeads
from pyoprollup.eth.types import ZERO_HASH
from tests.unit.derive.support import l1_chain, l2_block

ORIGIN = l1_chain(1)[0]


def test_forkchoice_of_unknown_heads_is_zero() -> None:
    state = EngineHeads().forkchoice
    assert (state.head, state.safe, state.finalized) == (ZERO_HASH, ZERO_HASH, ZERO_HASH)


@pytest.mark.parametrize("name", ["unsafe", "pending_safe", "local_safe", "safe"])
def test_order(name: str) -> None:
    block = l2_block(5, 1000, ORIGIN)
    heads = EngineHeads(block, block, block, block, block, block, NO_BLOCK)
    assert heads.ordered
    assert not replace(heads, **{name: l2_block(4, 998, ORIGIN)}).ordered
    assert replace(heads, finalized=l2_block(4, 998, ORIGIN)).ordered
