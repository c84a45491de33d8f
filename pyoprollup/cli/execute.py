"""``pyoprollup execute``: runs a recorded block and compares its header."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyoprollup.cli.inputs import given_config
from pyoprollup.cli.output import plural, print_head, print_json, print_line, print_table, table
from pyoprollup.eth.headers import Header
from pyoprollup.replay.recording import read_json

if TYPE_CHECKING:
    from pyoprollup.evm.block import ExecutedBlock
    from pyoprollup.evm.recorded import RecordedBlock

__all__ = ["execute_command"]


def execute_command(
    block: Annotated[Path, typer.Argument(metavar="BLOCK", help="A recorded block: .json or .json.gz.")],
    chain: Annotated[
        str | None, typer.Option("--chain", help="Take this chain's configuration, not the recorded one.")
    ] = None,
    rollup_config: Annotated[
        Path | None, typer.Option("--rollup-config", help="Take the configuration from this rollup.json.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Execute a block that was recorded with its witness.

    Every field of the header is compared with the recorded one. Exit code 1 if one differs.
    """
    # Here, since loading py-evm takes a second that no other command should pay.
    from pyoprollup.evm.recorded import RecordedBlock

    config = given_config(chain, rollup_config)
    recorded = RecordedBlock.from_json(read_json(block), config)
    started = perf_counter()
    executed = recorded.execute()
    seconds = perf_counter() - started
    rows = _rows(recorded, executed)
    same = all(expected == got for _, expected, got in rows)
    if as_json:
        print_json(_as_json(executed, rows, seconds, same))
    else:
        _print(executed, rows, seconds, same)
    if not same:
        raise typer.Exit(1)


def _rows(recorded: RecordedBlock, executed: ExecutedBlock) -> list[tuple[str, str, str]]:
    """Name, expected and actual value of every header field that is there, and of the receipts."""
    rows = []
    for name in (field.name for field in fields(Header)):
        expected, got = getattr(recorded.header, name), getattr(executed.header, name)
        if expected is not None or got is not None:
            rows.append((name, _shown(expected), _shown(got)))
    if recorded.receipts is not None:
        receipts = [receipt.encode() for receipt in executed.receipts]
        equal = sum(a == b for a, b in zip(receipts, recorded.receipts, strict=False))
        rows.append(("receipts equal", str(len(recorded.receipts)), str(equal)))
    rows.append(("hash", _shown(recorded.header.hash()), _shown(executed.hash)))
    return rows


def _shown(value: Any) -> str:
    if value is None:
        return "-"
    return "0x" + value.hex() if isinstance(value, bytes) else str(value)


def _as_json(
    executed: ExecutedBlock, rows: list[tuple[str, str, str]], seconds: float, same: bool
) -> dict[str, Any]:
    return {
        "number": executed.header.number,
        "matches": same,
        "transactions": len(executed.transactions),
        "gas_used": executed.header.gas_used,
        "seconds": round(seconds, 3),
        "fields": {name: {"expected": expected, "got": got} for name, expected, got in rows},
    }


def _print(executed: ExecutedBlock, rows: list[tuple[str, str, str]], seconds: float, same: bool) -> None:
    header = executed.header
    print_head(f"block {header.number}: {'every field matches' if same else 'DIFFERENT'}")
    made = table("", "FIELD", "EXPECTED", "GOT")
    for name, expected, got in rows:
        equal = expected == got
        made.add_row("" if equal else "!", name, _cut(expected), "same" if equal else _cut(got))
    print_table(made)
    speed = header.gas_used / seconds / 1e6 if seconds else 0.0
    count = plural(len(executed.transactions), "transaction")
    print_line(f"{count}, {header.gas_used:,} gas in {seconds:.2f} s: {speed:.1f} Mgas/s")


def _cut(text: str) -> str:
    """Text that fits a line; only the bloom filter does not by itself."""
    return text if len(text) <= 66 else f"{text[:32]}..{text[-8:]}"
