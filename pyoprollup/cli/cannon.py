"""``pyoprollup cannon``: programs on the fault-proof VM, with op-cannon's commands, options and files."""

from __future__ import annotations

import gzip
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyoprollup.cli.output import print_line
from pyoprollup.errors import ConfigError
from pyoprollup.eth.types import to_hex

if TYPE_CHECKING:
    from pyoprollup.cannon.machine import Machine, Oracle
    from pyoprollup.cannon.symbols import Symbols

__all__ = ["app"]

app = typer.Typer(
    name="cannon",
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Programs on the fault-proof VM: load them, run them, prove their steps.",
)

PATTERN = "'never', 'always', '=123' at step 123, '%123' at every 123rd."

# --- files


def _write(name: str, data: bytes) -> None:
    """Write a file whole or not at all, compressed if its name says so; ``-`` is standard output, ""
    nothing.
    """
    if not name:
        return
    if name == "-":
        sys.stdout.write(data.decode())
        return
    path = Path(name)
    beside = path.with_name(f".{path.name}.part")
    try:
        beside.write_bytes(gzip.compress(data, 6, mtime=0) if name.endswith(".gz") else data)
        beside.chmod(0o755)
        beside.replace(path)
    except OSError as exc:
        raise ConfigError(f"{name}: {exc.strerror}") from exc


def _json(value: Any) -> bytes:
    """JSON as op-cannon writes it."""
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n\n").encode("utf-8", "surrogatepass")


def _read(name: str) -> bytes:
    try:
        data = Path(name).read_bytes()
        return gzip.decompress(data) if name.endswith(".gz") else data
    except (OSError, EOFError) as exc:
        raise ConfigError(f"{name}: {exc}") from exc


def _named(template: str, step: int) -> str:
    try:
        return template % step
    except (TypeError, ValueError):
        raise ConfigError(f"{template!r} has no place for a step's number, as in proof-%d.json") from None


# --- commands


@app.command("load-elf")
def load_elf_command(
    kind: Annotated[
        str, typer.Option("--type", metavar="VERSION", help="Version of the state: multithreaded64-5.")
    ],
    path: Annotated[str, typer.Option("--path", metavar="FILE", help="The program: an ELF file of MIPS64.")],
    out: Annotated[
        str, typer.Option("--out", metavar="FILE", help="File for the state; not written if empty.")
    ] = "state.bin.gz",
    meta: Annotated[
        str, typer.Option("--meta", metavar="FILE", help="File for the symbols; not written if empty.")
    ] = "meta.json",
) -> None:
    """Make a program's first state."""
    from pyoprollup.cannon.elf import first_state, parse_elf, program_symbols
    from pyoprollup.cannon.state_file import save_state
    from pyoprollup.cannon.versions import parse_version

    parse_version(kind)
    file = parse_elf(_read(path))
    state = first_state(file)
    symbols = program_symbols(file)
    _write(meta, _json(symbols.to_json()))
    if out:
        save_state(Path(out), state)


@app.command("witness")
def witness_command(
    input_: Annotated[str, typer.Option("--input", metavar="FILE", help="File of the state.")],
    output: Annotated[
        str, typer.Option("--output", metavar="FILE", help="File for the 188 bytes of the witness.")
    ] = "",
) -> None:
    """Print a state's witness and its hash, which is what claims of a game are about."""
    from pyoprollup.cannon.state import state_hash
    from pyoprollup.cannon.state_file import load_state
    from pyoprollup.cannon.versions import StateVersion

    state = load_state(Path(input_))
    witness = state.witness()
    if output:
        _write(output.removesuffix(".gz"), witness)
    found = {
        "stateVersion": int(StateVersion.MULTITHREADED64_5),
        "witnessHash": to_hex(state_hash(witness)),
        "witness": to_hex(witness),
        "step": state.step,
        "exited": state.exited,
        "exitCode": state.exit_code,
    }
    sys.stdout.write(_json(found).decode())


Input = Annotated[str, typer.Option("--input", metavar="FILE", help="File of the state to begin with.")]
Server = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[-- SERVER [ARGUMENT]...]", help="Program that serves pre-images on descriptors 3 to 6."
    ),
]
Output = Annotated[
    str, typer.Option("--output", metavar="FILE", help="File for the last state; not written if empty.")
]
ProofAt = Annotated[str, typer.Option("--proof-at", metavar="STEPS", help=f"Steps to prove: {PATTERN}")]
ProofFmt = Annotated[
    str, typer.Option("--proof-fmt", metavar="NAME", help="Files of proofs; - is standard output.")
]
SnapshotAt = Annotated[
    str, typer.Option("--snapshot-at", metavar="STEPS", help="Steps before which to write the state.")
]
SnapshotFmt = Annotated[str, typer.Option("--snapshot-fmt", metavar="NAME", help="Files of states.")]
StopAt = Annotated[str, typer.Option("--stop-at", metavar="STEPS", help="Step before which to stop.")]
StopAtPreimage = Annotated[
    str,
    typer.Option(
        "--stop-at-preimage",
        metavar="KEY[@OFFSET[@STEP]]",
        help="Stop after this read; beginnings of keys will do.",
    ),
]
StopAtPreimageType = Annotated[
    str,
    typer.Option(
        "--stop-at-preimage-type", metavar="TYPE", help="local, keccak, sha256, blob, precompile, or any."
    ),
]
StopAtPreimageLargerThan = Annotated[
    int,
    typer.Option("--stop-at-preimage-larger-than", metavar="BYTES", help="Its eight bytes of length count."),
]
Meta = Annotated[str, typer.Option("--meta", metavar="FILE", help="Symbols of the program; none if empty.")]
InfoAt = Annotated[
    str, typer.Option("--info-at", metavar="STEPS", help="Steps at which to tell how far it is.")
]
DebugInfo = Annotated[
    str, typer.Option("--debug-info", metavar="FILE", help="File for what was counted on the way.")
]
Engine = Annotated[
    str, typer.Option("--engine", metavar="KIND", help="plain, compiled, or auto: compiled where it can be.")
]
Silence = Annotated[
    float, typer.Option("--server-silence", metavar="SECONDS", help="For how long the server may be silent.")
]


@app.command("run")
def run_command(
    input_: Input,
    server: Server = None,
    output: Output = "out.bin.gz",
    proof_at: ProofAt = "never",
    proof_fmt: ProofFmt = "proof-%d.json",
    snapshot_at: SnapshotAt = "never",
    snapshot_fmt: SnapshotFmt = "state-%d.bin.gz",
    stop_at: StopAt = "never",
    stop_at_preimage: StopAtPreimage = "",
    stop_at_preimage_type: StopAtPreimageType = "",
    stop_at_preimage_larger_than: StopAtPreimageLargerThan = 0,
    meta: Meta = "meta.json",
    info_at: InfoAt = "%1000000000",
    debug_info: DebugInfo = "",
    engine: Engine = "auto",
    silence: Silence = 600.0,
) -> None:
    """Run a program, and prove steps of it.

    What it prints, and how far it is, goes to standard error. Options are op-cannon's, except for --engine
    and --server-silence, which only this command has, and --debug and --pprof.cpu, which it has not.
    """
    from pyoprollup.cannon.engines import engine_of
    from pyoprollup.cannon.machine import Machine
    from pyoprollup.cannon.patterns import NEVER, parse_pattern
    from pyoprollup.cannon.running import RunPlan, parse_read_stop, run_program
    from pyoprollup.cannon.state_file import load_state, save_state
    from pyoprollup.cannon.statistics import debug_info as statistics
    from pyoprollup.cannon.symbols import Symbols, parse_symbols

    plan = RunPlan(
        stop_at=parse_pattern(stop_at),
        proof_at=parse_pattern(proof_at),
        snapshot_at=parse_pattern(snapshot_at),
        info_at=parse_pattern(info_at),
        stop_at_read=parse_read_stop(stop_at_preimage, stop_at_preimage_type, stop_at_preimage_larger_than),
    )
    _check_state_name(output, "--output")
    _check_state_name(_named(snapshot_fmt, 0) if snapshot_fmt else "", "--snapshot-fmt")
    if plan.proof_at is not NEVER:
        _named(proof_fmt, 0) if proof_fmt != "-" else None
    make_engine = engine_of(engine)
    symbols = parse_symbols(_read(meta)) if meta else Symbols()
    with _oracle(server or [], silence) as oracle:
        machine = Machine(
            load_state(Path(input_)),
            oracle,
            stdout=_printer("stdout"),
            stderr=_printer("stderr"),
            engine=make_engine,
            proofs=plan.proof_at is not NEVER,
        )
        run_program(
            machine,
            plan,
            proof=lambda step, found: _write(
                proof_fmt if proof_fmt == "-" else _named(proof_fmt, step), _json(found)
            ),
            snapshot=lambda step: save_state(Path(_named(snapshot_fmt, step)), machine.state()),
            info=_teller(machine, symbols),
        )
    _tell("Execution stopped", exited=machine.exited, code=machine.exit_code, step=machine.step_number)
    if output:
        save_state(Path(output), machine.state())
    _write(debug_info, _json(statistics(machine)))


@app.command("trace")
def trace_command(
    input_: Input,
    server: Server = None,
    first: Annotated[int, typer.Option("--from", metavar="STEP", help="The first step to show.")] = 0,
    last: Annotated[
        int | None, typer.Option("--to", metavar="STEP", help="The last one; without, twenty are shown.")
    ] = None,
    meta: Meta = "",
    engine: Engine = "auto",
    silence: Silence = 600.0,
) -> None:
    """Show steps of a program: thread, address, instruction, function, and registers that change."""
    from pyoprollup.cannon.engines import engine_of
    from pyoprollup.cannon.machine import Machine
    from pyoprollup.cannon.state_file import load_state
    from pyoprollup.cannon.symbols import Symbols, parse_symbols
    from pyoprollup.cannon.tracing import trace

    symbols = parse_symbols(_read(meta)) if meta else Symbols()
    with _oracle(server or [], silence) as oracle:
        machine = Machine(load_state(Path(input_)), oracle, engine=engine_of(engine), proofs=False)
        first = max(first, machine.step_number)
        last = first + 19 if last is None else last
        machine.run(first - machine.step_number)
        for each in trace(machine, max(0, last + 1 - first)):
            where = f" <{symbols.lookup(each.pc)}>" if meta else ""
            changes = ", ".join(f"{name}=0x{value:x}" for name, value in each.changes.items())
            head = f"{each.step:>12} {each.thread:>3} {each.pc:012x}{where} {each.instruction:08x}"
            print_line(f"{head}  {each.text:<30} {changes}".rstrip())


def _check_state_name(name: str, option: str) -> None:
    from pyoprollup.cannon.state_file import is_binary_file

    if name and not is_binary_file(name):
        raise ConfigError(f"invalid {option}: {name} is no .bin or .bin.gz")


@contextmanager
def _oracle(server: list[str], silence: float) -> Iterator[Oracle | None]:
    from pyoprollup.cannon.server_process import ServerProcess

    if not server:
        yield None
        return
    with ServerProcess(server, silence=silence) as oracle:
        yield oracle


# --- what is told


def _tell(message: str, **fields: object) -> None:
    words = [
        f"{name}={value if isinstance(value, int | float) else json.dumps(str(value))}"
        for name, value in fields.items()
    ]
    sys.stderr.write(f"level=info msg={json.dumps(message)} module=vm {' '.join(words)}\n")
    sys.stderr.flush()


def _printer(stream: str) -> Callable[[bytes], None]:
    def show(data: bytes) -> None:
        text = json.dumps(data.decode("utf-8", "backslashreplace"))
        sys.stderr.write(f"level=info module=guest stream={stream} text={text}\n")

    return show


def _teller(machine: Machine, symbols: Symbols) -> Callable[[], None]:
    from pyoprollup.cannon.core.plain import PAGE_BYTES

    first, began = machine.step_number, time.monotonic()

    def tell() -> None:
        step, pages = machine.step_number, machine.engine.page_count()
        took = time.monotonic() - began
        _tell(
            "processing",
            step=step,
            pc=f"{machine.pc:08x}",
            insn=f"{machine.instruction():08x}",
            ips=round((step - first) / took, 1) if took else 0.0,
            pages=pages,
            mem=f"{pages * PAGE_BYTES / 2**20:.1f} MiB",
            name=symbols.lookup(machine.pc),
        )

    return tell
