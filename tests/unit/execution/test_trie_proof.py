"""Accounts of real chains, proved from the witnesses of recorded blocks, verified under their state roots."""

from __future__ import annotations

import pytest

from pyoprollup.eth import AccountResult, Header, ProofError, decode_transaction, verify_account_proof
from pyoprollup.eth.deposit_tx import DepositTransaction
from pyoprollup.eth.types import Address, Hash32, bytes_from_hex
from pyoprollup.evm.errors import MissingStateError
from pyoprollup.evm.predeploys import L1_BLOCK, MESSAGE_PASSER
from pyoprollup.execution.trie_proof import prove_account
from tests.support import SHARED, shared_json, shared_path


@pytest.mark.shared
def test_accounts_of_real_blocks() -> None:
    files = sorted(shared_path("real", "blocks").glob("block-*.json.gz"))
    proved = absent = 0
    for file in files:
        block = shared_json(*file.relative_to(SHARED).parts)
        store = {bytes_from_hex(key): bytes_from_hex(value) for key, value in block["preimages"].items()}
        root = Header.decode(bytes_from_hex(block["parent_header_rlp"])).state_root
        addresses = {L1_BLOCK, MESSAGE_PASSER}
        for raw in block["executing_payload"]["transactions"]:
            tx = decode_transaction(bytes_from_hex(raw))
            addresses |= {tx.to} if tx.to else set()
            addresses |= {tx.from_} if isinstance(tx, DepositTransaction) else set()
        for address in sorted(addresses):
            try:
                found = prove_account(store, root, address, (0, 1) if address == L1_BLOCK else ())
            except MissingStateError:
                continue  # a witness has only what its block touches
            found.verify(root)
            assert AccountResult.from_json(found.to_json()) == found
            account = verify_account_proof(root, address, found.account_proof)
            proved, absent = proved + 1, absent + (account is None)
            _assert_tampering_shows(found, root, address)
    assert proved >= 2 * len(files)
    assert absent >= 1


def _assert_tampering_shows(found: AccountResult, root: Hash32, address: Address) -> None:
    for proof in (found.account_proof[:-1], found.account_proof[1:], (*found.account_proof, b"\x80")):
        with pytest.raises(ProofError):
            verify_account_proof(root, address, proof)
