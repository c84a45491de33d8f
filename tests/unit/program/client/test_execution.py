"""Blocks of real chains on the oracle's state, and what else is read of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.headers import Header
from pyoprollup.eth.trie import EMPTY_TRIE_ROOT
from pyoprollup.eth.types import Hash32
from pyoprollup.evm.errors import InvalidBlock
from pyoprollup.evm.genesis import Account, genesis_state
from pyoprollup.evm.predeploys import HISTORY_STORAGE, MESSAGE_PASSER
from pyoprollup.evm.remote_precompiles import run_precompile
from pyoprollup.preimage import KeyType, PreimageMissing, keccak256_key, typed_key
from pyoprollup.program.client.execution import OracleExecution
from pyoprollup.program.client.l1_oracle import L1Oracle
from pyoprollup.program.client.l2_oracle import L2Oracle
from pyoprollup.program.client.recording import RecordingOracle
from pyoprollup.program.hints import HintWord, decode_hint
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.fork import Fork
from tests.unit.evm.support import RealBlock, real_block
from tests.unit.evm.support import config as make_config
from tests.unit.program.support import DictOracle

QUICK = (10211000, 120794432, 121049889, 22884231, 26207960)
SLOW = (121003241, 132795025, 132796000, 22884230, 26207961, 26207962, 26207963, 26208384)


class Witness(DictOracle):
    """A block's witness, and a host that computes results of precompiles when they are hinted."""

    def __init__(self, block: RealBlock) -> None:
        super().__init__({keccak256_key(key): value for key, value in block.store.items()})
        self.block = block
        self.words: list[HintWord] = []

    def hint(self, text: str) -> None:
        hint = decode_hint(text.encode())
        self.words.append(hint.word)
        if hint.word is HintWord.L1_PRECOMPILE_V2:
            result = run_precompile(hint.data[:20], hint.data[28:])  # type: ignore[arg-type]
            key = typed_key(KeyType.PRECOMPILE, keccak256(hint.data))
            self.preimages[key] = b"\0" if result is None else b"\1" + result

    def header(self, block_hash: Hash32) -> Header:
        if block_hash == self.block.parent.hash():
            return self.block.parent
        return Header.decode(self.get(keccak256_key(block_hash)))


def execution(witness: Witness, oracle: RecordingOracle) -> OracleExecution:
    l1 = L1Oracle(oracle, witness)
    config = witness.block.config
    return OracleExecution(
        config, L2Oracle(oracle, witness, config.l2_chain_id), l1.precompile, witness.header
    )


@pytest.mark.shared
@pytest.mark.parametrize("number", [*QUICK, *(pytest.param(n, marks=pytest.mark.slow) for n in SLOW)])
def test_real_blocks_are_exact(number: int) -> None:
    block = real_block(number)
    witness = Witness(block)
    oracle = RecordingOracle(witness)
    executed = execution(witness, oracle).execute(block.parent, block.attributes)
    assert executed.header == block.header and executed.hash == block.header.hash()
    assert ["0x" + receipt.encode().hex() for receipt in executed.receipts] == block.receipts
    assert HintWord.L2_CODE in witness.words and HintWord.L2_STATE_NODE in witness.words


@pytest.mark.shared
def test_real_blocks_one_after_the_other() -> None:
    first, second = real_block(22884230), real_block(22884231)
    witness = Witness(replace(first, store=first.store | second.store))
    run = execution(witness, RecordingOracle(witness))
    executed = run.execute(first.parent, first.attributes)
    witness.block = second
    assert executed.hash == second.parent.hash()
    assert run.execute(second.parent, second.attributes).hash == second.header.hash()


@pytest.mark.shared
def test_each_node_of_a_block_is_needed() -> None:
    """A node that only a deletion needs as well: what is missing never counts as empty."""
    block = real_block(120794432)
    oracle = RecordingOracle(Witness(block))
    execution(Witness(block), oracle).execute(block.parent, block.attributes)
    for missing in oracle.preimages:
        witness = Witness(block)
        if missing[0] == KeyType.PRECOMPILE:
            continue
        del witness.preimages[missing]
        with pytest.raises(PreimageMissing):
            execution(witness, RecordingOracle(witness)).execute(block.parent, block.attributes)


# --- what else is read


def never(*_arguments: object) -> bytes | None:
    raise AssertionError("no precompile is called")


def small(alloc: dict[bytes, Account]) -> tuple[OracleExecution, Header, DictOracle]:
    root, _, writes = genesis_state(alloc)  # type: ignore[arg-type]
    oracle = DictOracle()
    oracle.add(*writes.values())
    config: RollupConfig = make_config(Fork.ISTHMUS)
    header_of: Callable[[Hash32], Header] = never  # type: ignore[assignment]
    l2 = L2Oracle(oracle, RecordingNothing(), config.l2_chain_id)
    zero = Header.decode(HEADER)
    return OracleExecution(config, l2, never, header_of), replace(zero, state_root=root), oracle


class RecordingNothing:
    def hint(self, text: str) -> None:
        """Nobody has to know."""


HEADER = Header(
    *(Hash32(bytes(32)), Hash32(bytes(32)), b"\0" * 20, Hash32(bytes(32)), EMPTY_TRIE_ROOT, EMPTY_TRIE_ROOT),  # type: ignore[arg-type]
    *(bytes(256), 0, 9000, 30_000_000, 0, 1000, b"", Hash32(bytes(32)), bytes(8)),  # type: ignore[arg-type]
).encode()


def test_hashes_of_ancestors_in_the_state() -> None:
    code = b"\x60\x00"
    storage = {5000 % 8191: 77, 8999 % 8191: 78}
    run, header, _ = small({HISTORY_STORAGE: Account(code=code, storage=storage)})
    assert run.ancestor_from_history(header, 5000) == (77).to_bytes(32, "big")
    assert run.ancestor_from_history(header, 8999) == (78).to_bytes(32, "big")
    assert run.ancestor_from_history(header, 5001) is None
    without, header, _ = small({MESSAGE_PASSER: Account(nonce=1)})
    assert without.ancestor_from_history(header, 5000) is None


def test_the_root_of_the_message_passer() -> None:
    run, header, oracle = small({MESSAGE_PASSER: Account(nonce=1, storage={1: 2})})
    root = run.message_passer_root(header)
    assert root != EMPTY_TRIE_ROOT
    del oracle.preimages[keccak256_key(root)]
    again, _, _ = small({MESSAGE_PASSER: Account(nonce=1, storage={1: 2})})
    assert again.message_passer_root(header) == root
    empty, header, _ = small({MESSAGE_PASSER: Account(nonce=1)})
    assert empty.message_passer_root(header) == EMPTY_TRIE_ROOT


@pytest.mark.shared
def test_a_block_that_cannot_be_changes_nothing() -> None:
    block = real_block(120794432)
    witness = Witness(block)
    run = execution(witness, RecordingOracle(witness))
    wrong = replace(block.attributes, transactions=(*block.attributes.transactions, b"\x02\xc0"))
    with pytest.raises(InvalidBlock):
        run.execute(block.parent, wrong)
    assert run.execute(block.parent, block.attributes).hash == block.header.hash()
