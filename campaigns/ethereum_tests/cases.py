"""Cases of the two formats that execution can be tested with: blockchain tests and state tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from campaigns.ethereum_tests.blocks import Block, Chain, environment
from campaigns.ethereum_tests.forks import rules_of
from campaigns.ethereum_tests.verdict import Apart, Rejected, Result, Verdict
from pyoprollup.errors import RollupError
from pyoprollup.eth import rlp
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.headers import EMPTY_UNCLE_HASH, Header
from pyoprollup.eth.receipts import EMPTY_BLOOM, Log
from pyoprollup.eth.transactions import BLOB_TX_TYPE
from pyoprollup.eth.trie import EMPTY_TRIE_ROOT
from pyoprollup.eth.types import ZERO_HASH, Hash32, address_from_hex, bytes_from_hex, hash_from_hex
from pyoprollup.evm.errors import InvalidTransaction
from pyoprollup.evm.genesis import Account, genesis_state
from pyoprollup.evm.genesis_json import GenesisReader
from pyoprollup.evm.state import OpenState
from pyoprollup.evm.store import Overlay
from pyoprollup.l1.embedded.executor import execute_l1_transaction

__all__ = ["run_file"]

_L1_EXCEPTIONS = ("BLOB", "EXCESS", "REQUESTS", "WITHDRAWAL", "BEACON", "SYSTEM_CONTRACT", "TYPE_3")
"""In the names of what makes a block invalid by rules that concern L1 only."""


def run_file(content: Any, open_state: OpenState, only: str = "") -> Iterator[Result]:
    """Results of the cases in a fixture file whose names contain ``only``."""
    if not isinstance(content, dict):
        return
    for name, case in content.items():
        if not isinstance(case, dict) or only not in name:
            continue
        if "blocks" in case:
            yield _judged(name, lambda case=case: _run_blocks(case, open_state))
        elif "post" in case and "transaction" in case:
            yield from _run_state_test(name, case, open_state)
        elif "network" in case or "_info" in case:
            yield Result(name, Verdict.APART, "other formats")


def _judged(name: str, run: Any) -> Result:
    try:
        run()
    except Apart as exc:
        return Result(name, Verdict.APART, str(exc))
    except Rejected as exc:
        return Result(name, Verdict.FAILED, str(exc))
    except Exception as exc:  # noqa: BLE001 - whatever it is, it is this case's, and the others go on
        return Result(name, Verdict.FAILED, f"{type(exc).__name__}: {exc}")
    return Result(name, Verdict.PASSED)


def _state(pre: Any) -> tuple[Hash32, dict[bytes, bytes]]:
    alloc = {address_from_hex(key): Account.from_json(account) for key, account in pre.items()}
    root, _, writes = genesis_state(alloc)
    return root, writes


# --- Blockchain tests


def _run_blocks(case: Any, open_state: OpenState) -> None:
    network = case["network"]
    genesis, *_ = rlp.split_raw(bytes_from_hex(case["genesisRLP"]))
    head = Header.decode(genesis)
    rules_of(network, head.time)
    root, writes = _state(case["pre"])
    if root != head.state_root:
        raise Rejected("the state at genesis has another root")
    chain = Chain(head, writes, _chain_id(case), open_state)
    for number, block in enumerate(case["blocks"], 1):
        wanted = block.get("expectException") or block.get("expectExceptionALL")
        is_invalid = wanted is not None or "blockHeader" not in block
        try:
            decoded = Block.decode(bytes_from_hex(block["rlp"]))
            chain.append(decoded, rules_of(network, decoded.header.time))
        except (Rejected, RollupError) as exc:
            if not is_invalid:
                raise Rejected(f"block {number}: {exc}") from exc
            continue
        if is_invalid:
            if any(word in str(wanted) for word in _L1_EXCEPTIONS):
                raise Apart("rules for blobs, withdrawals and requests in headers")
            raise Rejected(f"block {number} is valid, but it should not be: {wanted}")
    last = hash_from_hex(case["lastblockhash"], "lastblockhash")
    if last not in chain.headers:
        raise Rejected("the last block is not among the valid ones")


def _chain_id(case: Any) -> int:
    config = GenesisReader(case.get("config") or {}, "config")
    return config.optional("chainid", config.uint64) or 1


# --- State tests


def _run_state_test(name: str, case: Any, open_state: OpenState) -> Iterator[Result]:
    for network, posts in case["post"].items():
        for index, post in enumerate(posts):
            where = f"{name} {network} {index}"
            yield _judged(where, lambda n=network, p=post: _run_transaction(case, n, p, open_state))


def _run_transaction(case: Any, network: str, post: Any, open_state: OpenState) -> None:
    env = GenesisReader(case["env"], "env")
    rules = rules_of(network, env.uint64("currentTimestamp"))
    if "txbytes" not in post:
        raise Apart("state tests without the bytes of their transaction")
    raw = bytes_from_hex(post["txbytes"])
    if raw[:1] == bytes([BLOB_TX_TYPE]):
        raise Apart("blob transactions")
    root, writes = _state(case["pre"])
    header = _header(env, root, cancun=rules.parent_beacon_block_root)
    chain_id = _chain_id(case)
    overlay = Overlay(writes)
    ancestors = lambda number: keccak256(str(number).encode())  # noqa: E731 - as the format has it
    state = open_state(rules.evm, overlay, root, header, chain_id, ancestors)
    block = environment(state, rules, chain_id, header)
    wanted = post.get("expectException")
    logs: tuple[Log, ...] = ()
    try:
        receipt, _ = execute_l1_transaction(block, raw)
        logs = receipt.logs
    except InvalidTransaction as exc:
        if wanted is None:
            raise Rejected(f"invalid: {exc}") from exc
    else:
        if wanted is not None:
            raise Rejected(f"valid, but it should not be: {wanted}")
    state.persist()
    if bytes(state.state_root) != hash_from_hex(post["hash"], "hash"):
        raise Rejected("state root")
    encoded = rlp.encode([[log.address, list(log.topics), log.data] for log in logs])
    if keccak256(encoded) != hash_from_hex(post["logs"], "logs"):
        raise Rejected("logs")


def _header(env: GenesisReader, root: Hash32, *, cancun: bool) -> Header:
    """A block of which only what instructions can read counts."""
    return Header(
        parent_hash=ZERO_HASH,
        uncle_hash=EMPTY_UNCLE_HASH,
        coinbase=env.address("currentCoinbase"),
        state_root=root,
        transactions_root=EMPTY_TRIE_ROOT,
        receipts_root=EMPTY_TRIE_ROOT,
        logs_bloom=EMPTY_BLOOM,
        difficulty=0,
        number=env.uint64("currentNumber"),
        gas_limit=env.uint64("currentGasLimit"),
        gas_used=0,
        time=env.uint64("currentTimestamp"),
        extra_data=b"",
        mix_digest=Hash32((env.optional("currentRandom", env.uint256) or 0).to_bytes(32, "big")),
        nonce=bytes(8),
        base_fee=env.optional("currentBaseFee", env.uint256),
        excess_blob_gas=(env.optional("currentExcessBlobGas", env.uint64) or 0) if cancun else None,
    )
