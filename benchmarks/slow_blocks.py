"""``python -m benchmarks.slow_blocks [NAME …] [--gas G] [--json]``: the slowest blocks that gas allows.

Each block is one transaction that spends all its gas on one instruction, or on one precompile, in a loop:
30 million gas each, under Jovian. Times are CPU seconds of this process. Of precompiles the longest call is
shown as well. A name selects those that contain it.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.slow_inputs import PRECOMPILES
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.crypto import address_of
from pyoprollup.eth.headers import Header
from pyoprollup.eth.signer import sign_transaction
from pyoprollup.eth.transactions import DYNAMIC_FEE_TX_TYPE, Transaction
from pyoprollup.eth.types import ZERO_HASH, Address
from pyoprollup.evm import vm
from pyoprollup.evm.block import Execution
from pyoprollup.evm.genesis import Account, genesis_block, genesis_state
from pyoprollup.evm.predeploys import SEQUENCER_FEE_VAULT
from pyoprollup.rollup.chain_op_config import ChainOpConfig
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.fork import Fork
from pyoprollup.rollup.time import L2Time

GAS = 30_000_000
CHAIN_ID = 901
KEY = b"\x01" * 32
TARGET, EMPTY = Address(b"\xcc" * 20), b"\xee" * 20
WORD = (1 << 256) - 189
"""A prime of 256 bits."""


@dataclass(frozen=True)
class Case:
    """``setup`` runs once; ``body`` again and again, and leaves the stack alone. ``data`` goes to memory."""

    name: str
    body: bytes
    setup: bytes = b""
    data: bytes = b""
    storage: dict[int, int] = field(default_factory=dict)

    def code(self) -> bytes:
        """The contract: about 2 kB of ``body`` for each jump."""
        times = max(1, min(2000 // max(len(self.body), 1), 200))
        for _ in range(2):  # the position of the data depends on the length of what copies it
            copy = b""
            if self.data:
                copy = push(len(self.data)) + push(self._at, 3) + push(0) + b"\x39"
            start = copy + self.setup
            whole = start + b"\x5b" + self.body * times + push(len(start), 3) + b"\x56"
            object.__setattr__(self, "_at", len(whole))
        return whole + self.data

    _at: int = field(default=0, repr=False)
    """Where the data is in the code."""


def push(value: int, size: int | None = None) -> bytes:
    size = size or max(1, (value.bit_length() + 7) // 8)
    return bytes([0x5F + size]) + value.to_bytes(size, "big")


def operation(op: int, *operands: int, results: int = 1) -> bytes:
    """An instruction on constants, the first from the top of the stack, and its results thrown away."""
    return b"".join(push(each) for each in reversed(operands)) + bytes([op]) + b"\x50" * results


def call(address: int, size: int, gas: int | None = None) -> bytes:
    """STATICCALL with ``size`` bytes of memory."""
    given = b"\x5a" if gas is None else push(gas)
    return push(0) * 2 + push(size) + push(0) + push(address) + given + b"\xfa\x50"


def fresh(op: int, before: bytes = b"") -> bytes:
    """An instruction on a key that is a new one each time; the counter lies on the stack."""
    return push(1) + b"\x01\x80" + before + bytes([op])


def instructions() -> Iterator[Case]:
    binary = {
        "ADD": 0x01, "MUL": 0x02, "SUB": 0x03, "DIV": 0x04, "SDIV": 0x05, "MOD": 0x06, "SMOD": 0x07,
        "SIGNEXTEND": 0x0B, "LT": 0x10, "SLT": 0x12, "EQ": 0x14, "AND": 0x16, "BYTE": 0x1A, "SHL": 0x1B,
        "SHR": 0x1C, "SAR": 0x1D,
    }  # fmt: skip
    for name, op in binary.items():
        second = 7 if name in ("SIGNEXTEND", "BYTE", "SHL", "SHR", "SAR") else WORD
        # On values that are not constants: those would be computed once.
        yield Case(name, b"\x81\x81" + bytes([op, 0x50]), push(WORD - 5) + push(second))
    for name, op in {"ADDMOD": 0x08, "MULMOD": 0x09}.items():
        yield Case(name, operation(op, WORD - 1, WORD - 2, WORD))
    yield Case("EXP 32 bytes", b"\x81\x81\x0a\x50", push(WORD - 5) + push(WORD))
    yield Case("EXP 1 byte", b"\x81\x81\x0a\x50", push(255) + push(WORD))
    yield Case("ISZERO", b"\x15", push(1))
    yield Case("NOT", b"\x19", push(1))
    yield Case("JUMPDEST", b"\x5b")
    yield Case("PUSH1 POP", b"\x60\x01\x50")
    yield Case("PUSH32 POP", push(WORD) + b"\x50")
    yield Case("DUP16 POP", b"\x8f\x50", b"\x60\x01" * 16)
    yield Case("SWAP16", b"\x9f", b"\x60\x01" * 17)
    yield Case("GAS POP", b"\x5a\x50")
    yield Case("PC POP", b"\x58\x50")
    yield Case("MLOAD", operation(0x51, 0))
    yield Case("MSTORE", operation(0x52, 0, WORD, results=0))
    yield Case("MSTORE8", operation(0x53, 0, 5, results=0))
    yield Case("MSIZE POP", b"\x59\x50")
    for name, size in {"32 bytes": 32, "4 kB": 4096, "256 kB": 1 << 18}.items():
        yield Case(f"KECCAK256 {name}", operation(0x20, 0, size))
        yield Case(f"MCOPY {name}", operation(0x5E, 0, 1, size, results=0))
        yield Case(f"CALLDATACOPY {name}", operation(0x37, 0, 0, size, results=0))
        yield Case(f"CODECOPY {name}", operation(0x39, 0, 0, size, results=0))
        yield Case(f"LOG0 {name}", operation(0xA0, 0, size, results=0))
    yield Case("LOG4 nothing", operation(0xA4, 0, 0, 1, 2, 3, 4, results=0))
    for name, op in {"ADDRESS": 0x30, "CALLER": 0x33, "TIMESTAMP": 0x42, "SELFBALANCE": 0x47}.items():
        yield Case(f"{name} POP", bytes([op, 0x50]))
    yield Case("BLOCKHASH", operation(0x40, 0))
    yield Case("CALLDATALOAD", operation(0x35, 0))
    yield Case("TLOAD", operation(0x5C, 5))
    yield Case("TSTORE", fresh(0x5D, b"\x80"), push(0))
    stored = dict.fromkeys(range(1, 15_000), 7)
    yield Case("SLOAD warm", operation(0x54, 1), storage={1: 7})
    yield Case("SLOAD cold", fresh(0x54) + b"\x50", push(0), storage=stored)
    yield Case("SSTORE warm", operation(0x55, 1, 5, results=0), storage={1: 7})
    yield Case("SSTORE new", fresh(0x55, b"\x80"), push(0))
    yield Case("SSTORE changed", fresh(0x55, b"\x80"), push(0), storage=stored)
    for name, op in {"BALANCE": 0x31, "EXTCODESIZE": 0x3B, "EXTCODEHASH": 0x3F}.items():
        yield Case(f"{name} warm", push(int.from_bytes(EMPTY, "big")) + bytes([op]) + b"\x50")
        yield Case(f"{name} cold", fresh(op) + b"\x50", push(10**9))
    yield Case("CALL warm", push(0) * 5 + push(int.from_bytes(EMPTY, "big")) + b"\x5a\xf1\x50")
    yield Case("STATICCALL of oneself", push(0) * 4 + b"\x30" + push(100) + b"\xfa\x50")
    yield Case("CREATE", push(0) * 3 + b"\xf0\x50")
    yield Case("CREATE2", b"\x5a" + push(0) * 3 + b"\xf5\x50")
    for name, fill in {"JUMPDEST": b"\x5b", "PUSH1": b"\x60\x5b"}.items():
        # Another code each time, which jumps to its end: so destinations are looked for anew.
        code = b"\x61\xbb\x80\x56" + fill * (47_996 // len(fill)) + b"\x5b\x00" + bytes(1150)
        changed = push(1) + b"\x01\x80" + push(49_000) + b"\x52"
        create = changed + push(len(code)) + push(0) * 2 + b"\xf0\x50"
        yield Case(f"CREATE, 48 kB of {name}", create, push(0), data=code)
    deeper = push(0) * 4 + b"\x30\x5a\xfa\x50"
    yield Case("calls into the depth", deeper)


def precompiles() -> Iterator[Case]:
    for name, address, data in PRECOMPILES():
        yield Case(name, call(address, len(data)), data=data)


@dataclass(frozen=True)
class Result:
    name: str
    seconds: float
    longest: float
    """Of a call of a precompile."""
    gas: int


@contextmanager
def timed_precompiles(times: list[float]) -> Iterator[None]:
    """Measures each call of a precompile meanwhile."""
    original = vm.precompiles

    def timed(run: Callable[[Any], object]) -> Callable[[Any], object]:
        def measured(frame: Any) -> object:
            start = time.perf_counter()
            try:
                return run(frame)
            finally:
                times.append(time.perf_counter() - start)

        return measured

    def table(rules: Any) -> dict[Address, Callable[[Any], object]]:
        return {address: timed(run) for address, run in original(rules).items()}

    vm.precompiles = table
    vm._precompiles.cache_clear()
    try:
        yield
    finally:
        vm.precompiles = original
        vm._precompiles.cache_clear()


def chain(case: Case) -> tuple[RollupConfig, Header, dict[bytes, bytes]]:
    times = {fork.config_key: 0 for fork in Fork if Fork.BEDROCK < fork <= Fork.JOVIAN}
    config = RollupConfig(
        **times,  # type: ignore[arg-type]
        block_time=2,
        l2_chain_id=CHAIN_ID,
        chain_op_config=ChainOpConfig(6, 50, 250),
    )
    alloc = {
        address_of(KEY): Account(balance=10**24),
        TARGET: Account(code=case.code(), storage=case.storage),
        Address(EMPTY): Account(balance=1),
    }
    root, _, writes = genesis_state(alloc)
    genesis = {
        "gasLimit": "0x7fffffff",
        "timestamp": "0x3e8",
        "extraData": "0x01" + "000000fa00000006" + "00" * 8,
        "stateHash": "0x" + root.hex(),
    }
    block = genesis_block(genesis, config.rules_at_l2(L2Time(1000)))
    return config, block.header, {**writes, **block.writes}


def measure(case: Case, gas: int) -> Result:
    config, head, store = chain(case)
    tx = Transaction(
        type=DYNAMIC_FEE_TX_TYPE,
        chain_id=CHAIN_ID,
        nonce=0,
        gas_price=10**10,
        gas_tip_cap=0,
        gas=gas,
        to=TARGET,
        value=0,
        data=b"",
    )
    attributes = PayloadAttributes(
        timestamp=1002,
        prev_randao=ZERO_HASH,
        suggested_fee_recipient=SEQUENCER_FEE_VAULT,
        withdrawals=(),
        parent_beacon_block_root=ZERO_HASH,
        transactions=(sign_transaction(tx, KEY, CHAIN_ID).encode(),),
        gas_limit=max(gas, GAS),
        eip1559_params=bytes(8),
        min_base_fee=0,
    )
    times = [0.0]
    with timed_precompiles(times):
        start = time.process_time()
        block = Execution(config).build(head, attributes, store)
        seconds = time.process_time() - start
    return Result(case.name, seconds, max(times), block.header.gas_used)


def show(results: list[Result]) -> None:
    table = Table(title="the slowest blocks that gas allows, CPU time of one core", title_justify="left")
    table.add_column("what")
    for title in ("block s", "Mgas/s", "longest call ms"):
        table.add_column(title, justify="right", no_wrap=True)
    for result in sorted(results, key=lambda each: -each.seconds):
        longest = f"{1000 * result.longest:,.1f}" if result.longest else ""
        rate = result.gas / result.seconds / 1e6
        table.add_row(result.name, f"{result.seconds:.2f}", f"{rate:.1f}", longest)
    Console(width=100).print(table)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.slow_blocks", description=__doc__)
    parser.add_argument("names", nargs="*", help="only cases whose name contains one of these")
    parser.add_argument("--gas", type=int, default=GAS, help="of each block")
    parser.add_argument("--json", action="store_true", help="one JSON object per block")
    arguments = parser.parse_args()
    cases = [*instructions(), *precompiles()]
    if arguments.names:
        cases = [case for case in cases if any(name.lower() in case.name.lower() for name in arguments.names)]
    results = []
    gc.set_threshold(50_000, 5, 1_000)  # as in the engine
    for case in cases:
        measure(case, min(arguments.gas, 200_000))  # what is made once and kept, such as a trusted setup
        results.append(measure(case, arguments.gas))
        if arguments.json:
            result = results[-1]
            print(json.dumps({"name": result.name, "seconds": result.seconds, "longest": result.longest}))
    if not arguments.json:
        show(results)
    return 0 if results else 2


if __name__ == "__main__":
    sys.exit(main())
