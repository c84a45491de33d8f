"""What a VM leaves about one step, as a JSON file.

``{"post", "state-data", "proof-data"}`` and, if the step reads a pre-image, ``{"oracle-key", "oracle-value",
"oracle-offset"}``; bytes in hex, the offset as a number. A VM adds ``"step"`` and ``"pre"``, which we do not
need, but which must fit where they are given.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyoprollup.challenger.trace.vm.errors import FileDamaged
from pyoprollup.challenger.trace.vm.status import vm_status
from pyoprollup.errors import DecodeError
from pyoprollup.eth.quantity_reader import QuantityReader
from pyoprollup.eth.types import Hash32, to_hex

__all__ = ["MAX_PROOF_FILE_SIZE", "ProofData"]

MAX_PROOF_FILE_SIZE = 160 << 20
"""Bytes of a file's text at most: nearly all of it is the pre-image that is read, twice its size."""

_U32_MAX = (1 << 32) - 1


@dataclass(frozen=True, slots=True)
class ProofData:
    """A step: the claim value after it, the state before it, the VM's proof, and what it reads.

    ``oracle_key`` is empty for a step that reads nothing; ``oracle_value`` has 8 bytes of length before the
    pre-image, and ``oracle_offset`` is the place in it that is read. ``proof_data`` is empty for a step after
    the program's end.
    """

    claim_value: Hash32
    state_data: bytes
    proof_data: bytes = b""
    oracle_key: bytes = b""
    oracle_value: bytes = b""
    oracle_offset: int = 0

    @classmethod
    def from_json(cls, value: Any, step: int | None = None) -> ProofData:
        """A step from its JSON value; ``step`` is the number that it should have.

        Raises :class:`FileDamaged` for anything else than what a VM writes.
        """
        try:
            return cls._read(QuantityReader(value, "proof"), step)
        except DecodeError as exc:
            raise FileDamaged(str(exc)) from exc

    @classmethod
    def _read(cls, obj: QuantityReader, step: int | None) -> ProofData:
        found = obj.optional("step", obj.uint64)
        if found is not None and step is not None and found != step:
            raise DecodeError(f"proof.step: {found}, not {step}")
        proof = cls(
            obj.hash("post"),
            obj.data("state-data"),
            obj.data("proof-data"),
            obj.optional("oracle-key", obj.data) or b"",
            obj.optional("oracle-value", obj.data) or b"",
            obj.optional("oracle-offset", obj.uint64) or 0,
        )
        vm_status(proof.claim_value)
        if not proof.state_data:
            raise DecodeError("proof.state-data: empty")
        if len(proof.oracle_key) not in (0, 32) or proof.oracle_offset > _U32_MAX:
            raise DecodeError("proof.oracle-key: neither empty nor a key with an offset of 32 bits")
        return proof

    def to_json(self) -> dict[str, Any]:
        """The JSON value, without the fields of a read if there is none."""
        fields: dict[str, Any] = {
            "post": to_hex(self.claim_value),
            "state-data": to_hex(self.state_data),
            "proof-data": to_hex(self.proof_data),
        }
        if self.oracle_key:
            fields["oracle-key"] = to_hex(self.oracle_key)
            fields["oracle-value"] = to_hex(self.oracle_value)
        if self.oracle_offset:
            fields["oracle-offset"] = self.oracle_offset
        return fields
