"""The upgrade transactions of each fork, executed: they leave the contracts that the specification names."""

from __future__ import annotations

import pytest

from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.deposit_tx import DepositTransaction
from pyoprollup.eth.transactions import contract_address
from pyoprollup.rollup.fork import Fork
from pyoprollup.rollup.upgrades import upgrade_transactions
from tests.support import shared_json
from tests.unit.evm.support import Chain
from tests.unit.evm.test_transactions import state_of

CODE_HASHES = {
    Fork.ECOTONE: {
        "c88a313aa75dc4fbf0b6850d9f9ae41e04243b7008cf3eadb29256d4a71c1dfd",  # L1Block
        "8b71360ea773b4cfaf1ae6d2bd15464a4e1e2e360f786e475f63aeaed8da0ae5",  # GasPriceOracle
    },
    Fork.FJORD: {
        "a88fa50a2745b15e6794247614b5298483070661adacb8d32d716434ed24c6b2",  # GasPriceOracle
    },
    Fork.ISTHMUS: {
        "8e3fe7a416d3e5f3b7be74ddd4e7e58e516fa3f80b67c6d930e3cd7297da4a4b",  # L1Block
        "4d195a9d7caf9fb6d4beaf80de252c626c853afd5868c4f4f8d19c9d301c2679",  # GasPriceOracle
        "57dc55c9c09ca456fa728f253fe7b895d3e6aae0706104935fe87c7721001971",  # OperatorFeeVault
        "6e49e66782037c0555897870e29fa5e552daf4719552131a0abce779daec0a5d",  # EIP-2935
    },
    Fork.JOVIAN: {
        "5f885ca815d2cf27a203123e50b8ae204fdca910b6995d90b2d7700cbb9240d1",  # L1Block
        "e9fc7c96c4db0d6078e3d359d7e8c982c350a513cb2c31121adf5e1e8a446614",  # GasPriceOracle
    },
}
BEACON_ROOTS = "f57acd40259872606d76197ef052f3d35588dadf919ee1f0e3cb9b62d3f4b02c"
"""Of EIP-4788, which Ecotone deploys too."""


def deployed(fork: Fork, transactions: tuple[bytes, ...]) -> set[str]:
    """Hashes of the code that the creations among ``transactions`` leave, in a block of that fork."""
    chain = Chain.start(fork)
    block = chain.extend(*transactions)
    state = state_of(chain)
    found = set()
    for raw, receipt in zip(block.transactions, block.receipts, strict=True):
        tx = DepositTransaction.decode(raw)
        if tx.to is None:
            assert receipt.status == 1
            assert receipt.deposit_nonce is not None
            found.add(keccak256(state.get_code(contract_address(tx.from_, receipt.deposit_nonce))).hex())
    return found


@pytest.mark.parametrize("fork", [Fork.ECOTONE, Fork.FJORD, Fork.ISTHMUS])
def test_code_hashes(fork: Fork) -> None:
    extra = {BEACON_ROOTS} if fork is Fork.ECOTONE else set()
    assert deployed(fork, upgrade_transactions(fork)) == CODE_HASHES[fork] | extra


@pytest.mark.shared
def test_code_hashes_of_jovian() -> None:
    transactions = shared_json("real", "upgrades", "jovian.json")["jovian"]
    raw = tuple(bytes.fromhex(item["raw"][2:]) for item in transactions)
    assert deployed(Fork.JOVIAN, raw) == CODE_HASHES[Fork.JOVIAN]
