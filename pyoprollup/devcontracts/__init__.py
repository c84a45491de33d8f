"""Small contracts of our own for a development chain: sources in Vyper, and what they compile to.

They have the ABI, the events and the storage layout that the specification and its clients rely on, and not
much else. ``l1`` and ``l2`` hold the sources, ``layouts.json`` where their variables are in storage, and
``artifacts`` the compiled code, which ``python -m tests.compile_contracts`` writes. No code of other chains'
contracts is in them: any chain's genesis file can be used in their place.

``MIPS64`` does one step of the fault-proof VM, by a proof of what the step touches. It is written from the
specification, apart from ``cannon``, so that each rule is there twice; ``l1/modules/mips_*.vy`` are its
parts. ``python -m campaigns.vm_contract`` holds both to the reference's steps.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

from pyoprollup.eth.abi import encode_arguments, selector
from pyoprollup.eth.types import bytes_from_hex

__all__ = ["CONTRACTS", "Contract", "contract"]

CONTRACTS = {
    "OptimismPortal": "l1",
    "SystemConfig": "l1",
    "L1CrossDomainMessenger": "l1",
    "DisputeGameFactory": "l1",
    "FaultDisputeGame": "l1",
    "PermissionedDisputeGame": "l1",
    "AnchorStateRegistry": "l1",
    "DelayedWETH": "l1",
    "PreimageOracle": "l1",
    "AlphabetVM": "l1",
    "MIPS64": "l1",
    "Proxy": "l2",
    "L1Block": "l2",
    "L2ToL1MessagePasser": "l2",
    "L2CrossDomainMessenger": "l2",
    "FeeVault": "l2",
    "GasPriceOracle": "l2",
}
"""Names, and the layer that each contract is for, which is the folder of its source."""


@dataclass(frozen=True, slots=True)
class Contract:
    """A compiled contract. ``runtime`` is its code once deployed.

    What a constructor would set is either in storage, at ``slots``, or in words behind the code, which are
    named ``immutables``; see :meth:`deployed_with`.
    """

    name: str
    abi: tuple[dict[str, Any], ...]
    runtime: bytes
    slots: dict[str, int]
    """Where its variables are in storage."""
    immutables: tuple[str, ...] = ()

    def deployed_with(self, **values: int | bytes) -> Contract:
        """The contract as it is deployed with these immutables, all that it has: numbers, addresses, words.

        Raises :class:`ValueError` for other names.
        """
        if sorted(values) != sorted(self.immutables):
            raise ValueError(f"{self.name} has {', '.join(self.immutables)}, not {', '.join(values)}")
        words = (_word(values[name]) for name in self.immutables)
        return replace(self, runtime=self.runtime + b"".join(words), immutables=())

    def call(self, function: str, *arguments: Any) -> bytes:
        """Calldata for one of its functions; see :func:`~pyoprollup.eth.abi.encode_arguments`.

        Raises :class:`ValueError` for arguments that do not fit, and ``KeyError`` for another function.
        """
        for entry in self.abi:
            if entry["type"] == "function" and entry["name"] == function:
                types = [item["type"] for item in entry["inputs"]]
                return selector(f"{function}({','.join(types)})") + encode_arguments(types, arguments)
        raise KeyError(function)

    @property
    def init_code(self) -> bytes:
        """Code that deploys the contract: it returns what follows it."""
        size = len(self.runtime).to_bytes(2, "big")
        # PUSH2 size, DUP1, PUSH1 12, PUSH1 0, CODECOPY, PUSH1 0, RETURN
        prefix = b"\x61" + size + b"\x80\x60\x0c\x60\x00\x39\x60\x00\xf3"
        return prefix + self.runtime


def _word(value: int | bytes) -> bytes:
    return value.to_bytes(32, "big") if isinstance(value, int) else value.rjust(32, b"\0")


@cache
def contract(name: str) -> Contract:
    """The contract of this name, one of :data:`CONTRACTS`."""
    folder = resources.files("pyoprollup.devcontracts")
    layouts = json.loads(folder.joinpath("layouts.json").read_text())
    artifact = json.loads(folder.joinpath("artifacts", f"{name}.json").read_text())
    return Contract(
        name=name,
        abi=tuple(artifact["abi"]),
        runtime=bytes_from_hex(artifact["runtime"], name),
        immutables=tuple(artifact.get("immutables", ())),
        slots={variable: int(slot, 16) for variable, slot in layouts.get(name, {}).items()},
    )
