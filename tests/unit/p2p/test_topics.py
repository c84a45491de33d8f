from __future__ import annotations

import pytest

from pyoprollup.eth.payload_fields import BlockVersion
from pyoprollup.p2p import blocks_topic, blocks_topics, published_version
from tests.unit.p2p.support import V1, V2, V3, V4, config


def test_topics() -> None:
    assert blocks_topic(10, V1) == "/optimism/10/0/blocks"
    assert blocks_topics(10) == {
        "/optimism/10/0/blocks": V1,
        "/optimism/10/1/blocks": V2,
        "/optimism/10/2/blocks": V3,
        "/optimism/10/3/blocks": V4,
    }
    assert blocks_topic(2**256 - 1, V4) == f"/optimism/{2**256 - 1}/3/blocks"


@pytest.mark.parametrize(
    ("time", "version"),
    [
        *((0, V1), (99, V1), (100, V2), (199, V2), (200, V3), (299, V3), (300, V4), (399, V4), (400, V4)),
        (1 << 64, V4),
    ],
)
def test_the_time_of_the_payload_tells_the_topic(time: int, version: BlockVersion) -> None:
    times = {"canyon": 100, "delta": 150, "ecotone": 200, "fjord": 220, "granite": 240, "holocene": 260}
    later = {"isthmus": 300, "jovian": 400}
    chain = config("regolith", **{f"{fork}_time": at for fork, at in {**times, **later}.items()})
    assert published_version(chain, time) == version
