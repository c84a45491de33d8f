"""No beacon node at all."""

from __future__ import annotations

import pytest

from pyoprollup.errors import Unavailable
from pyoprollup.eth.types import Hash32
from pyoprollup.events import Happening
from pyoprollup.l1.beacon import NoBeacon
from pyoprollup.sources.l1 import IndexedBlobHash
from tests.unit.derive.support import l1_chain


def test_a_blob_is_refused_with_a_word_in_the_log() -> None:
    news: list[Happening] = []
    source = NoBeacon(news.append)
    block = l1_chain(3)[1]
    with pytest.raises(Unavailable, match=f"{block.number}.*0x01.*no beacon API"):
        source.get_blobs(block, [IndexedBlobHash(0, Hash32(b"\1" * 32))])
    assert [each.event for each in news] == ["no-beacon"]
    source.close()
