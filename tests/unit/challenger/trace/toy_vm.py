"""A VM for tests whose program counts to its end: in this process, and as an executable like cannon.

A state is the number of the step, in JSON, packed; a step is odd or even, and each seventh reads a pre-image.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from pyoprollup.challenger.trace.vm import ProofData, StateProof, TraceFolder, VmFailed
from pyoprollup.challenger.trace.vm.disk import write_json
from pyoprollup.eth.types import Hash32

KEY = b"\1" + bytes(30) + b"\7"


def claim_of(step: int, end: int) -> Hash32:
    """The hash of the state after ``step`` steps of a program with ``end``, which is right."""
    digest = hashlib.sha256(b"%d of %d" % (step, end)).digest()
    return Hash32(bytes([0 if step >= end else 3]) + digest[1:])


def state_of(step: int) -> bytes:
    return b"state %d" % step


def proof_of(index: int, end: int) -> ProofData:
    """The step ``index``, from its own state to the next."""
    read = (KEY, bytes(7) + b"\4toys", 8) if index % 7 == 0 else (b"", b"", 0)
    return ProofData(claim_of(index + 1, end), state_of(index), b"proof %d" % index, *read)


def write_state(path: Path, step: int, end: int, mode: str = "") -> None:
    write_json(path, {"step": step, "end": end, "mode": mode})


class ToyVm:
    """A :class:`~pyoprollup.challenger.trace.vm.VM` in this process. ``runs`` has what was asked for."""

    def __init__(self, end: int = 80) -> None:
        self.end = end
        self.runs: list[int] = []
        self.started_from: list[Path | None] = []
        self.fails = False
        self.stops_early = False

    def generate_proof(self, folder: Path, index: int) -> None:
        self.runs.append(index)
        if self.fails:
            raise VmFailed("out of order")
        files = TraceFolder(folder)
        self.started_from.append(files.starting_snapshot(index))
        last = min(self.end, 10 if self.stops_early else index + 1)
        for step in range(0, last, 20):
            write_state(files.snapshots / f"{step}.bin.gz", step, self.end)
        if index < last:
            write_json(
                files.proof_file(index), {**proof_of(index, self.end).to_json(), "step": index, "pre": "0x"}
            )
        write_state(files.final_state, last, self.end)

    def convert_state_to_proof(self, path: Path) -> StateProof:
        value: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()))
        step = value["step"]
        proof = ProofData(claim_of(step, self.end), state_of(step))
        return StateProof(proof, step, step >= self.end)


EXECUTABLE = """#!{python}
import gzip, hashlib, json, os, subprocess, sys, time

def load(path):
    if not path.endswith(".gz"):
        return json.load(open(path))
    return json.loads(gzip.open(path).read())

def save(path, value):
    with gzip.open(path, "wb") as file:
        file.write(json.dumps(value).encode())

def claim(step, end):
    digest = hashlib.sha256(b"%d of %d" % (step, end)).hexdigest()
    return "0x" + ("00" if step >= end else "03") + digest[2:]

def state_hex(step):
    return "0x" + (b"state %d" % step).hex()

args = sys.argv[2:]
words = args[: args.index("--")] if "--" in args else args
options = dict(zip(words[::2], words[1::2]))
state = load(options["--input"])
step, end, mode = state["step"], state["end"], state["mode"]
if sys.argv[1] == "witness":
    print(json.dumps({{"witnessHash": claim(step, end), "witness": state_hex(step), "step": step,
                      "exited": step >= end, "exitCode": 0}}) if mode != "mumbles" else "well, well")
    sys.exit()
server = args[args.index("--") + 1 :]
with open(os.path.join(os.path.dirname(options["--output"]), "seen.json"), "w") as file:
    json.dump({{"input": options["--input"], "server": server}}, file)
print("on standard output")
print("level=INFO msg=\\"hello\\" module=vm", file=sys.stderr)
if mode == "panic":
    sys.exit(2)
if mode == "fail":
    sys.exit(1)
if mode == "hang":
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    with open(os.path.join(os.path.dirname(options["--output"]), "child"), "w") as file:
        file.write(str(child.pid))
    time.sleep(600)
if mode == "babble":
    while True:
        sys.stderr.write("x" * 100000)
index = int(options["--proof-at"][1:])
stop = int(options["--stop-at"][1:]) if "--stop-at" in options else 1 << 64
every = int(options["--snapshot-at"][1:])
info = int(options["--info-at"][1:])
while step < min(end, stop):
    if step % info == 0:
        print("level=INFO msg=processing module=vm step=%d pc=00001000 ips=1234.5" % step, file=sys.stderr)
    if step % every == 0:
        save(options["--snapshot-fmt"] % step, {{**state, "step": step}})
    if step == index:
        proof = {{"step": step, "pre": claim(step, end), "post": claim(step + 1, end),
                 "state-data": state_hex(step), "proof-data": "0x" + (b"proof %d" % step).hex()}}
        save(options["--proof-fmt"] % step, proof)
    step += 1
save(options["--output"], {{**state, "step": step}})
if "--debug-info" in options:
    with open(options["--debug-info"], "w") as file:
        json.dump({{"pages": 7, "memory_used": "0x7000", "total_steps": step, "rmw_fail_count": 3}}, file)
"""


def write_executable(folder: Path) -> str:
    """The VM as an executable in ``folder``; returns its path."""
    path = folder / "toy-cannon"
    path.write_text(EXECUTABLE.format(python=sys.executable))
    path.chmod(0o755)
    return str(path)
