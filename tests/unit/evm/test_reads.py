"""What a block reads of the state, apart from what it makes of it: a witness of the reference is enough.

Found by running op-program's client beside ours on random contracts, where these were what differed.
"""

from __future__ import annotations

import pytest

from pyoprollup.eth.types import Address
from pyoprollup.evm.accounts import AccountState
from pyoprollup.evm.block import build_block
from pyoprollup.evm.errors import InvalidBlock
from pyoprollup.evm.genesis import Account
from pyoprollup.evm.predeploys import (
    L1_BLOCK,
    L1_FEE_VAULT,
    MESSAGE_PASSER,
    OPERATOR_FEE_VAULT,
    SEQUENCER_FEE_VAULT,
)
from pyoprollup.rollup.fork import Fork
from tests.unit.evm.support import Chain, transfer

CALLER, CALLED = Address(b"\xca" * 20), Address(b"\xcb" * 20)
CODE = bytes.fromhex("60016000fd")


class Recorder(dict[bytes, bytes]):
    """A store that remembers what was asked of it, code apart."""

    def __init__(self, store: dict[bytes, bytes]) -> None:
        super().__init__(store)
        self.nodes: list[bytes] = []
        self.codes: list[bytes] = []

    def __getitem__(self, key: bytes) -> bytes:
        self.nodes.append(key)
        return super().__getitem__(key)

    def code(self, code_hash: bytes) -> bytes:
        self.codes.append(super().__getitem__(code_hash))
        return self.codes[-1]


def calling(target: Address, value: int, instruction: str) -> bytes:
    """Code that calls ``target`` with a value, or with none where there is none to give."""
    words = "600060006000600060" + f"{value:02x}" if instruction in ("f1", "f2") else "6000600060006000"
    return bytes.fromhex(f"{words}73{target.hex()}61ffff{instruction}00")


def run(fork: Fork, code: bytes) -> Recorder:
    chain = Chain.start(fork, {CALLER: Account(code=code), CALLED: Account(code=CODE)})
    recorder = Recorder(chain.store)
    attributes = chain.attributes([transfer(to=CALLER, gas=200_000, value=0)])
    block = build_block(chain.config, chain.head, attributes, recorder)
    assert len(block.receipts) == 1
    return recorder


@pytest.mark.parametrize("fork", [Fork.HOLOCENE, Fork.ISTHMUS])
@pytest.mark.parametrize("instruction", ["f1", "f2", "f4", "fa"])
def test_code_that_runs_is_read(fork: Fork, instruction: str) -> None:
    assert run(fork, calling(CALLED, 0, instruction)).codes.count(CODE) == 1


@pytest.mark.parametrize("instruction", ["f1", "f2"])
def test_code_that_cannot_be_paid_for_is_not_read(instruction: str) -> None:
    """From Isthmus on it is: it may be a delegation, which has its price."""
    assert CODE not in run(Fork.HOLOCENE, calling(CALLED, 1, instruction)).codes
    assert CODE in run(Fork.ISTHMUS, calling(CALLED, 1, instruction)).codes


def is_read(recorder: Recorder, account: AccountState) -> bool:
    """Whether the leaf of an account, which no other account is like, is among the nodes."""
    nodes = (dict.__getitem__(recorder, key) for key in recorder.nodes if key in recorder)
    return any(account.encode() in node for node in nodes)


@pytest.mark.parametrize(("fork", "reads"), [(Fork.HOLOCENE, False), (Fork.ISTHMUS, True)])
def test_the_message_passer_is_read_also_by_a_block_that_comes_to_no_end(fork: Fork, reads: bool) -> None:
    chain = Chain.start(fork, {MESSAGE_PASSER: Account(nonce=77)})
    recorder = Recorder(chain.store)
    with pytest.raises(InvalidBlock):
        build_block(chain.config, chain.head, chain.attributes([transfer(nonce=9)]), recorder)
    assert is_read(recorder, AccountState(nonce=77)) == reads


@pytest.mark.parametrize(("fork", "operator"), [(Fork.HOLOCENE, False), (Fork.ISTHMUS, True)])
def test_who_gets_a_fee_of_nothing_is_read(fork: Fork, operator: bool) -> None:
    vaults = {L1_FEE_VAULT: 78, OPERATOR_FEE_VAULT: 79, SEQUENCER_FEE_VAULT: 80}
    alloc = {vault: Account(nonce=nonce) for vault, nonce in vaults.items()}
    chain = Chain.start(fork, {**alloc, L1_BLOCK: Account(balance=1)})
    recorder = Recorder(chain.store)
    raw = transfer(gas_tip_cap=0)
    build_block(chain.config, chain.head, chain.attributes([raw]), recorder)
    read = [nonce for nonce in vaults.values() if is_read(recorder, AccountState(nonce=nonce))]
    assert read == ([78, 79, 80] if operator else [78, 80])
