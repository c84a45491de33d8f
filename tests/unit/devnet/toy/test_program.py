"""The toy's program in the VM: it says who is right, and nothing where that cannot be told."""

from __future__ import annotations

import pytest

from pyoprollup.cannon import Machine
from pyoprollup.cannon.engines import engine_of
from pyoprollup.cannon.errors import PreimageError
from pyoprollup.challenger.trace.local_inputs import LocalGameInputs
from pyoprollup.devnet.toy import ToyRollup, toy_state
from pyoprollup.eth.types import ZERO_HASH
from tests.unit.devnet.toy.support import L1, inputs, oracle

MOST = 20_000_000


def run(l1: L1, about: LocalGameInputs) -> tuple[int, bytes]:
    """Its exit code, and what it has said."""
    said: list[bytes] = []
    machine = Machine(
        toy_state(),
        oracle(l1, about),
        stdout=said.append,
        stderr=said.append,
        engine=engine_of("auto"),
        proofs=False,
    )
    machine.run(MOST)
    assert machine.exited
    return machine.exit_code, b"".join(said)


def test_a_right_claim_and_a_wrong_one() -> None:
    l1 = L1()
    rollup = ToyRollup(l1)
    head, right = l1.header(8).hash(), rollup.block(6).output.root()
    assert run(l1, inputs(rollup, head, 5, right, 6)) == (0, b"")
    wrong = rollup.block(7).output.root()
    text = f"the claim is {wrong.hex()}, and right is {right.hex()}\n"
    assert run(l1, inputs(rollup, head, 5, wrong, 6)) == (1, text.encode())


def test_what_l1_has_no_data_of_repeats_the_last_block() -> None:
    l1 = L1()
    rollup = ToyRollup(l1)
    head = l1.header(6).hash()
    last = rollup.block(6).output.root()
    assert run(l1, inputs(rollup, head, 6, last, 9))[0] == 0
    assert run(l1, inputs(rollup, head, 5, rollup.block(7).output.root(), 7))[0] == 1


def test_another_l1_has_another_truth() -> None:
    l1 = L1()
    rollup = ToyRollup(l1)
    agreed = inputs(rollup, ZERO_HASH, 5, rollup.block(6).output.root(), 6)
    l1.fork, l1.forked_at = 1, 6
    orphaned = LocalGameInputs(l1.header(8).hash(), agreed.l2_claim, 6, agreed.l2_head, agreed.l2_output_root)
    assert run(l1, orphaned)[0] == 1


@pytest.mark.parametrize("missing", ["l1_head", "agreed"])
def test_without_a_pre_image_there_is_no_verdict(missing: str) -> None:
    l1 = L1()
    rollup = ToyRollup(l1)
    right = rollup.block(6).output.root()
    about = inputs(rollup, l1.header(8).hash(), 5, right, 6)
    if missing == "l1_head":
        about = LocalGameInputs(ZERO_HASH, right, 6, about.l2_head, about.l2_output_root)
    else:
        about = LocalGameInputs(about.l1_head, right, 6, about.l2_head, ZERO_HASH)
    with pytest.raises(PreimageError):
        run(l1, about)
