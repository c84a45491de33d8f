"""Whole runs, on the chains that the reference has recorded: what it said is in ``tests/vectors``."""

from __future__ import annotations

import pytest

from pyoprollup.derive.drops import Dropped, DropReason
from pyoprollup.errors import RollupError
from pyoprollup.eth.types import Hash32
from pyoprollup.preimage import (
    KeyType,
    LocalKey,
    PreimageMissing,
    WrongPreimage,
    check_preimage,
    local_key,
)
from pyoprollup.program.client.program import run_program
from pyoprollup.program.client.recording import no_hints
from pyoprollup.program.errors import DerivationFailed
from tests.unit.program.support import DictOracle, claiming, recorded, run

FORKS = ("granite", "holocene", "isthmus")


@pytest.mark.parametrize("fork", FORKS)
def test_a_right_claim(fork: str) -> None:
    blocks: list[int] = []
    oracle = DictOracle(recorded(fork))
    verdict = run_program(oracle, no_hints, on_block=lambda ref: blocks.append(ref.number))
    assert verdict.is_valid and verdict.output_root == verdict.boot.l2_claim
    assert blocks == list(range(1, 9)) and verdict.safe.number == 8


@pytest.mark.parametrize("fork", FORKS)
def test_each_pre_image_is_needed(fork: str) -> None:
    """Without any of them it cannot be told: neither verdict is given."""
    preimages = recorded(fork)
    _, oracle, _ = run(preimages)
    assert oracle.preimages == preimages
    for missing in preimages:
        left = {key: value for key, value in preimages.items() if key != missing}
        with pytest.raises(PreimageMissing) as caught:
            run(left)
        assert caught.value.key == missing


@pytest.mark.parametrize("fork", FORKS)
def test_wrong_data_never_passes_for_another_block(fork: str) -> None:
    """The oracle checks hashes; where it cannot, and the data is wrong, nothing wrong is valid."""
    preimages = recorded(fork)

    class Checked(DictOracle):
        def get(self, key: Hash32) -> bytes:
            data = super().get(key)
            check_preimage(key, data)
            return data

    for changed, data in preimages.items():
        if changed[0] == KeyType.LOCAL:
            continue
        flipped = {**preimages, changed: data[:-1] + bytes([data[-1] ^ 1])}
        try:
            verdict = run_program(Checked(flipped), no_hints)
        except RollupError:
            continue
        # The result of a precompile: the oracle contract vouches for that.
        assert changed[0] == KeyType.PRECOMPILE and not verdict.is_valid


def test_blocks_on_both_sides_of_the_agreed_one() -> None:
    """Trace extension is for the agreed block itself, at its own height; before it nothing can be claimed."""
    preimages = recorded("holocene")
    agreed = preimages[local_key(LocalKey.L2_OUTPUT_ROOT)]
    assert run(claiming(preimages, agreed, 0))[0].is_valid
    assert not run(claiming(preimages, agreed, 1))[0].is_valid
    right = run(claiming(preimages, agreed, 3))[0].output_root
    assert right is not None and run(claiming(preimages, right, 3))[0].is_valid
    assert not run(claiming(preimages, right, 4))[0].is_valid


def test_the_end_of_l1() -> None:
    """Past the end the last block counts, whatever number is claimed."""
    preimages = recorded("isthmus")
    verdict, oracle, _ = run(claiming(preimages, preimages[local_key(3)], 2**64 - 1))
    assert verdict.is_valid and verdict.safe.number == 8
    assert set(oracle.preimages) == set(preimages)


@pytest.mark.parametrize("fork", FORKS)
def test_a_block_that_cannot_be(fork: str) -> None:
    """Before Holocene all of its span is lost, from Holocene on only its transactions."""
    dropped: list[Dropped] = []
    verdict = run_program(DictOracle(recorded(fork, clash=True)), no_hints, drops=dropped.append)
    assert verdict.is_valid
    reasons = {each.reason for each in dropped}
    if fork == "granite":
        assert verdict.safe.number == 0 and verdict.output_root == verdict.boot.l2_output_root
    else:
        assert verdict.safe.number == 7 and reasons >= {DropReason.SPAN_FLUSHED, DropReason.CHANNEL_FLUSHED}


def test_an_l1_that_is_another() -> None:
    preimages = recorded("granite")
    other = recorded("isthmus")
    mixed = other | preimages | {local_key(LocalKey.L1_HEAD): other[local_key(LocalKey.L1_HEAD)]}
    # Both begin with the same L1 block: what differs is what the batcher has posted.
    assert not run(mixed)[0].is_valid
    nonsense = b"no header at all"
    oracle = DictOracle(dict(preimages))
    oracle.add(nonsense)
    digest = next(key for key, value in oracle.preimages.items() if value == nonsense)
    oracle.preimages[local_key(LocalKey.L1_HEAD)] = digest
    with pytest.raises((DerivationFailed, PreimageMissing)):
        run_program(oracle, no_hints)


def test_a_precompile_that_answers_nonsense() -> None:
    preimages = recorded("granite")
    key = next(key for key in preimages if key[0] == KeyType.PRECOMPILE)
    for answer in (b"", b"\2" + bytes(32)):
        with pytest.raises(WrongPreimage):
            run({**preimages, key: answer})
    with pytest.raises(DerivationFailed, match="no result"):
        run({**preimages, key: b"\1" + bytes(7)})
    assert not run({**preimages, key: b"\0"})[0].is_valid
