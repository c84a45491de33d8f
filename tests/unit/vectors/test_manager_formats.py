"""How far the newest batcher's scripts are compared, and what counts as an encoder's edge."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from pyoprollup.replay.recording import read_json
from pyoprollup.vectors.core import Mismatch
from pyoprollup.vectors.manager_formats import replay_script
from tests.golden import golden_path

SCRIPTS: list[dict[str, Any]] = read_json(golden_path("v2/batcher_v2"))["cases"]


def test_scripts_are_compared_to_the_end() -> None:
    """But for one, where Go's zlib gives three bytes more and so fills a frame that ours does not."""
    compared = [(replay_script(script), len(script["ops"])) for script in SCRIPTS]
    assert [pair for pair in compared if pair[0] < pair[1]] == [(39, 84)]


@pytest.mark.parametrize(
    ("field", "wrong"), [("pending_blocks", 99), ("current", None), ("channels", [{"fully_submitted": None}])]
)
def test_a_difference_far_from_an_edge_is_told(field: str, wrong: object) -> None:
    script = deepcopy(SCRIPTS[0])
    op = next(op for op in script["ops"] if op["op"] == "add_block")
    op[field] = wrong
    with pytest.raises(Mismatch, match=field):
        replay_script(script)
