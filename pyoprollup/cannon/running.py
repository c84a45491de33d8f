"""A program run with stops on the way: proofs, snapshots, news, and an end before its end.

Between the stops the machine runs as fast as it can.

Specification: none; what happens when is op-cannon's ``run``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pyoprollup.cannon.machine import Machine, PreimageRead
from pyoprollup.cannon.patterns import NEVER, StepPattern
from pyoprollup.errors import ConfigError
from pyoprollup.eth.types import to_hex
from pyoprollup.preimage.keys import KeyType

__all__ = ["ReadStop", "RunPlan", "parse_read_stop", "proof_json", "run_program"]

MOST_STEPS = 1 << 40
"""Steps that are made without looking up."""

KEY_NAMES = {
    "local": KeyType.LOCAL,
    "keccak": KeyType.KECCAK256,
    "sha256": KeyType.SHA256,
    "blob": KeyType.BLOB,
    "precompile": KeyType.PRECOMPILE,
}


@dataclass(frozen=True, slots=True)
class ReadStop:
    """After which read of a pre-image to stop.

    ``any`` is after each. Else the key has to begin with ``prefix`` if there is one, and the pre-image with
    its length to be larger than ``larger_than`` unless that is 0. With a prefix alone, the read has to be
    from ``offset`` on, in step ``step`` or later.
    """

    any: bool = False
    prefix: bytes = b""
    offset: int = 0
    step: int = 0
    larger_than: int = 0

    def wants(self) -> bool:
        """Whether there is any read to stop after."""
        return self.any or bool(self.prefix) or self.larger_than > 0

    def matches(self, read: PreimageRead, step: int) -> bool:
        """Whether to stop after this read in this step."""
        if self.any:
            return True
        if self.prefix and not read.key.startswith(self.prefix):
            return False
        if self.larger_than:
            return len(read.value) > self.larger_than
        return bool(self.prefix) and self.offset == read.offset and step >= self.step


def parse_read_stop(key: str = "", kind: str = "", larger_than: int = 0) -> ReadStop:
    """Read the three options about it; ``key`` is ``PREFIX[@OFFSET[@STEP]]``, and goes before ``kind``.

    Raises :class:`ConfigError`.
    """
    if larger_than < 0:
        raise ConfigError(f"a pre-image cannot be larger than {larger_than} bytes")
    if key:
        prefix, *numbers = key.split("@")
        digits = prefix.removeprefix("0x")
        try:
            found = bytes.fromhex("0" * (len(digits) % 2) + digits)
            offset, step = (*map(int, numbers), *[0] * (2 - len(numbers)))
        except ValueError:
            raise ConfigError(f"{key!r} is no PREFIX[@OFFSET[@STEP]] of a pre-image's key") from None
        if len(found) > 32 or min(offset, step) < 0:
            raise ConfigError(f"{key!r}: a key has 32 bytes, numbers are not negative")
        return ReadStop(False, found, offset, step, larger_than)
    if kind == "any":
        return ReadStop(any=True, larger_than=larger_than)
    if kind and kind not in KEY_NAMES:
        raise ConfigError(f"{kind!r} is none of {', '.join(KEY_NAMES)}, any")
    return ReadStop(prefix=bytes([KEY_NAMES[kind]]) if kind else b"", larger_than=larger_than)


@dataclass(frozen=True, slots=True)
class RunPlan:
    """When to stop, and what to do on the way."""

    stop_at: StepPattern = NEVER
    proof_at: StepPattern = NEVER
    snapshot_at: StepPattern = NEVER
    info_at: StepPattern = NEVER
    stop_at_read: ReadStop = ReadStop()

    def next_stop(self, step: int) -> int:
        """The first step, from this one on, at which there is something to do."""
        patterns = (self.stop_at, self.proof_at, self.snapshot_at, self.info_at)
        found = [at for each in patterns if (at := each.next(step)) is not None]
        return min([*found, step + MOST_STEPS])


def proof_json(machine: Machine) -> dict[str, Any]:
    """Make a step and prove it: the proof in the form of op-cannon's files."""
    step = machine.step_number
    witness = machine.prove_step()
    found: dict[str, Any] = {
        "step": step,
        "pre": to_hex(witness.state_hash),
        "post": to_hex(machine.state_hash()),
        "state-data": to_hex(witness.state),
        "proof-data": to_hex(witness.proof),
    }
    if witness.read is not None and any(witness.read.key):
        found["oracle-key"] = to_hex(witness.read.key)
        found["oracle-value"] = to_hex(witness.read.value)
        if witness.read.offset:
            found["oracle-offset"] = witness.read.offset
    return found


def run_program(
    machine: Machine,
    plan: RunPlan,
    *,
    proof: Callable[[int, dict[str, Any]], None],
    snapshot: Callable[[int], None],
    info: Callable[[], None],
) -> None:
    """Run until the program or the plan ends it. Raises :class:`StepError` where a step cannot be done.

    At a step come first news, then the stop, then the snapshot, then the proof, which is of the step that
    follows.
    """
    until_read = plan.stop_at_read.wants()
    while not machine.exited:
        step = machine.step_number
        if plan.info_at.matches(step):
            info()
        if plan.stop_at.matches(step):
            return
        if plan.snapshot_at.matches(step):
            snapshot(step)
        if plan.proof_at.matches(step):
            proof(step, proof_json(machine))
        else:
            machine.run(plan.next_stop(step + 1) - step, until_read=until_read)
        read = machine.last_read
        if read is not None and plan.stop_at_read.matches(read, machine.step_number - 1):
            return
