"""Addresses that execution itself knows. Specification: protocol/predeploys.md; protocol/preinstalls.md."""

from __future__ import annotations

from pyoprollup.eth.types import Address

__all__ = [
    "BASE_FEE_VAULT",
    "BEACON_ROOTS",
    "CREATE2_DEPLOYER",
    "HISTORY_STORAGE",
    "L1_BLOCK",
    "L1_FEE_VAULT",
    "MESSAGE_PASSER",
    "OPERATOR_FEE_VAULT",
    "SEQUENCER_FEE_VAULT",
    "SYSTEM_ADDRESS",
]


def _predeploy(number: int) -> Address:
    return Address(b"\x42" + bytes(18) + bytes([number]))


SEQUENCER_FEE_VAULT = _predeploy(0x11)
L1_BLOCK = _predeploy(0x15)
MESSAGE_PASSER = _predeploy(0x16)
BASE_FEE_VAULT = _predeploy(0x19)
L1_FEE_VAULT = _predeploy(0x1A)
OPERATOR_FEE_VAULT = _predeploy(0x1B)

CREATE2_DEPLOYER = Address(bytes.fromhex("13b0d85ccb8bf860b6b79af3029fca081ae9bef2"))
SYSTEM_ADDRESS = Address(bytes.fromhex("fffffffffffffffffffffffffffffffffffffffe"))
BEACON_ROOTS = Address(bytes.fromhex("000f3df6d732807ef1319fb7b8bb8522d0beac02"))
"""The contract of EIP-4788."""
HISTORY_STORAGE = Address(bytes.fromhex("0000f90827f1c53a10cb7a02335b175320002935"))
"""The contract of EIP-2935."""
