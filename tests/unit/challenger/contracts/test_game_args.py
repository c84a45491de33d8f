"""The packed arguments of games: there and back, and every other length is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.challenger.contracts import GameArgs, InvalidGameArgs, ZKGameArgs
from pyoprollup.challenger.contracts.game_args import PERMISSIONED_LENGTH, PERMISSIONLESS_LENGTH, ZK_LENGTH
from pyoprollup.eth.types import ZERO_ADDRESS


@given(st.binary(min_size=124, max_size=124))
def test_permissionless_there_and_back(packed: bytes) -> None:
    args = GameArgs.parse(packed)
    assert args.pack_permissionless() == packed
    assert args.proposer == args.challenger == ZERO_ADDRESS


@given(st.binary(min_size=164, max_size=164))
def test_permissioned_there_and_back(packed: bytes) -> None:
    args = GameArgs.parse(packed)
    assert args.pack_permissioned() == packed
    assert (args.proposer, args.challenger) == (packed[124:144], packed[144:])


@given(st.binary(min_size=140, max_size=140))
def test_zk_there_and_back(packed: bytes) -> None:
    assert ZKGameArgs.parse(packed).pack() == packed


@given(st.integers(0, 400).filter(lambda size: size not in (PERMISSIONED_LENGTH, PERMISSIONLESS_LENGTH)))
def test_other_lengths(size: int) -> None:
    with pytest.raises(InvalidGameArgs):
        GameArgs.parse(bytes(size))


@given(st.integers(0, 400).filter(lambda size: size != ZK_LENGTH))
def test_other_lengths_of_zk_games(size: int) -> None:
    with pytest.raises(InvalidGameArgs):
        ZKGameArgs.parse(bytes(size))


def test_where_the_fields_are() -> None:
    packed = bytes(range(32)) + b"\x01" * 20 + b"\x02" * 20 + b"\x03" * 20 + bytes(30) + b"\x02\x07"
    args = GameArgs.parse(packed)
    assert args.absolute_prestate == bytes(range(32))
    assert (args.vm, args.anchor_state_registry, args.weth) == (b"\x01" * 20, b"\x02" * 20, b"\x03" * 20)
    assert args.l2_chain_id == 519
