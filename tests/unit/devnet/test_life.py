"""A block's life is found in what happened, step by step."""

from __future__ import annotations

import pytest

from pyoprollup.devnet.life import PARTICIPANTS, LifeError, LifeRecorder, Step
from tests.unit.devnet.support import NUMBER, lived


def rows(steps: tuple[Step, ...]) -> list[str]:
    """The places in the flow, each once in a row."""
    found: list[str] = []
    for step in steps:
        if step.row and found[-1:] != [step.row]:
            found.append(step.row)
    return found


def test_all_phases_in_order() -> None:
    life = lived().life
    assert [step.phase for step in life.steps] == sorted(step.phase for step in life.steps)
    assert rows(life.steps) == [
        *("1.1", "1.2", "1.3", "1.4", "1.6", "1.7", "1.8", "1.9", "1.11"),
        *("2.2", "2.3", "2.4", "2.5"),
        *("3.1", "3.2", "3.6", "3.3", "3.7"),
    ]
    assert {name for step in life.steps for name in (step.source, step.target)} == set(PARTICIPANTS)


def test_it_is_the_canonical_block() -> None:
    payload = lived().devnet.sequencer.payload_by_number(NUMBER)
    assert lived().life.hash == "0x" + payload.block_hash.hex()
    texts = [step.text for step in lived().life.steps]
    assert f"block {NUMBER}, {len(payload.transactions)} transactions" in texts
    assert "the unsafe block is just that one" in texts
    assert [text for text in texts if "finalized" in text]


def test_times_are_those_of_the_schedule() -> None:
    at = {step.row: step.time for step in lived().life.steps}
    slot = 2 * NUMBER
    assert at["1.1"] == slot - 2 and at["1.4"] == pytest.approx(slot - 0.05)
    assert slot - 0.05 < at["1.11"] < slot + 0.1
    assert slot <= at["2.2"] <= at["2.3"] < at["3.1"] == at["3.2"] == at["3.3"] < at["3.7"]
    assert at["3.1"] % 12 == at["3.7"] % 12 == 0


def test_a_block_that_gossip_lost_is_built_from_l1() -> None:
    life = lived(1.0).life
    texts = [step.text for step in life.steps]
    assert "lost on its way" in texts and f"no such block yet: build block {NUMBER}" in texts
    told = [step for step in life.steps if step.target == "verifier-engine"]
    assert [step.row for step in told if step.text.startswith("newPayload")] == ["3.6"]


@pytest.mark.parametrize("number", [0, 10**6])
def test_there_is_no_such_block(number: int) -> None:
    with pytest.raises(LifeError, match=f"no L2 block {number}"):
        LifeRecorder(number).life(lived().devnet)
