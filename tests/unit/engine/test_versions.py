from __future__ import annotations

import pytest

from pyoprollup.engine.versions import forkchoice_updated_method, get_payload_method, new_payload_method
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.types import ZERO_ADDRESS, ZERO_HASH
from tests.unit.derive.support import config


@pytest.mark.parametrize(
    ("forks", "forkchoice", "payload", "get"),
    [
        ("bedrock", 1, 2, 2),
        ("regolith", 1, 2, 2),
        ("canyon", 2, 2, 2),
        ("delta", 2, 2, 2),
        ("ecotone", 3, 3, 3),
        ("holocene", 3, 3, 3),
        ("isthmus", 3, 4, 4),
        ("karst", 3, 4, 5),
    ],
)
def test_versions_by_fork(forks: str, forkchoice: int, payload: int, get: int) -> None:
    """Flow, row 1.10."""
    chain = config(forks)
    attributes = PayloadAttributes(1000, ZERO_HASH, ZERO_ADDRESS)
    assert forkchoice_updated_method(chain, attributes) == f"engine_forkchoiceUpdatedV{forkchoice}"
    assert forkchoice_updated_method(chain, None) == "engine_forkchoiceUpdatedV3"
    assert new_payload_method(chain, 1000) == f"engine_newPayloadV{payload}"
    assert get_payload_method(chain, 1000) == f"engine_getPayloadV{get}"


def test_versions_by_time() -> None:
    chain = config(isthmus_time=1000, ecotone_time=500)
    assert [new_payload_method(chain, time)[-2:] for time in (499, 500, 999, 1000)] == [
        "V2",
        "V3",
        "V3",
        "V4",
    ]
