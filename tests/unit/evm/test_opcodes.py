"""Instructions that py-evm lacks, or whose checks it makes in another order, on both interpreters."""

from __future__ import annotations

import pytest

from pyoprollup.eth.types import U64_MAX, Address
from pyoprollup.evm.genesis import Account
from pyoprollup.evm.oracle import INTERPRETERS
from pyoprollup.evm.state import OpenState
from pyoprollup.rollup.fork import Fork
from tests.interop.evm_asm import assemble
from tests.unit.evm.support import Chain, deposit, transfer
from tests.unit.evm.test_transactions import state_of

CONTRACT = Address(b"\x66" * 20)

both = pytest.mark.parametrize("open_state", INTERPRETERS.values(), ids=INTERPRETERS)
creations = pytest.mark.parametrize("creation", ["CREATE", "CREATE2"])


def create(creation: str, size: int, value: int = 0) -> str:
    """Creates from so many zeros."""
    salt = "0" if creation == "CREATE2" else ""
    return f"{salt} {size} 0 {value} {creation} POP"


@both
@creations
@pytest.mark.parametrize(("value", "nonce"), [(0, 1), (10**9, 1), (0, U64_MAX)])
def test_oversized_init_code_halts_whatever_else_is_wrong(
    open_state: OpenState, creation: str, value: int, nonce: int
) -> None:
    """EIP-3860. Too little balance, or a nonce that is used up, would only have pushed 0."""
    for fork, size, status in (
        (Fork.REGOLITH, 49_153, 1),
        (Fork.CANYON, 49_152, 1),
        (Fork.CANYON, 49_153, 0),
        (Fork.KARST, 49_153, 0),
    ):
        account = Account(code=assemble(create(creation, size, value)), nonce=nonce)
        call = transfer(to=CONTRACT, value=0, gas=3_000_000)
        block = Chain.start(fork, {CONTRACT: account}).build(call, open_state=open_state)
        assert block.receipts[0].status == status, (fork, size)


@both
@creations
def test_oversized_init_code_halts_at_the_deepest_call(open_state: OpenState, creation: str) -> None:
    """The contract calls itself until that fails, at depth 1,024, and creates there only."""
    for size, status in ((49_152, 1), (49_153, 0)):
        code = assemble(f"0 0 0 0 0 ADDRESS GAS CALL @end JUMPI {create(creation, size)} end: STOP")
        chain = Chain.start(Fork.CANYON, {CONTRACT: Account(code=code)})
        call = deposit(to=CONTRACT, mint=None, value=0, gas=2**50)
        block = chain.build(call, open_state=open_state, gas_limit=2**51)
        assert block.receipts[0].status == status, size


@both
def test_leading_zeros_are_counted_since_karst(open_state: OpenState) -> None:
    """EIP-7939: CLZ, for 5 gas."""
    for word, count in ((0, 256), (1, 255), (2**255 - 1, 1), (2**255, 0), (2**256 - 1, 0), (0x80 << 64, 184)):
        code = assemble(f"{word} GAS SWAP1 CLZ GAS 2 SSTORE 0 SSTORE 1 SSTORE")
        karst, jovian = (
            Chain.start(fork, {CONTRACT: Account(code=code)}) for fork in (Fork.KARST, Fork.JOVIAN)
        )
        call = transfer(to=CONTRACT, value=0)
        karst.append(karst.build(call, open_state=open_state))
        before, after = (state_of(karst).get_storage(CONTRACT, slot) for slot in (1, 2))
        assert state_of(karst).get_storage(CONTRACT, 0) == count
        assert before - after == 3 + 5 + 2  # SWAP1, CLZ, GAS
        assert jovian.build(call, open_state=open_state).receipts[0].status == 0
