"""A challenge contract and a DA server for the alt-DA tests."""

from __future__ import annotations

from pyoprollup.derive.altda.challenge import CHALLENGE_STATUS_TOPIC
from pyoprollup.derive.altda.commitment import Commitment, keccak_commitment
from pyoprollup.errors import NotFound, Unavailable
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.receipts import Log, Receipt
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.rollup.alt_da import GENERIC_COMMITMENT, KECCAK256_COMMITMENT, AltDAConfig
from tests.unit.derive.support import batcher_tx

CONTRACT = Address(b"\xda" * 20)
ACTIVE, RESOLVED = 1, 2


def alt_da_config(challenge_window: int = 6, resolve_window: int = 6) -> AltDAConfig:
    return AltDAConfig(CONTRACT, KECCAK256_COMMITMENT, challenge_window, resolve_window)


def generic_config(challenge_window: int = 6, resolve_window: int = 6) -> AltDAConfig:
    return AltDAConfig(bytes(20), GENERIC_COMMITMENT, challenge_window, resolve_window)


def word(value: int) -> Hash32:
    return Hash32(value.to_bytes(32, "big"))


def _padded(data: bytes) -> bytes:
    return word(len(data)) + data + bytes(-len(data) % 32)


def challenge_log(commitment: Commitment, number: int, status: int) -> Log:
    """``ChallengeStatusChanged`` of the commitment in L1 block ``number``."""
    data = word(64) + word(status) + _padded(commitment.encode())
    return Log(CONTRACT, (CHALLENGE_STATUS_TOPIC, word(number)), data)


def resolve_calldata(commitment: Commitment, number: int, data: bytes) -> bytes:
    """``resolve(number, commitment, data)``."""
    selector = keccak256(b"resolve(uint256,bytes,bytes)")[:4]
    head = word(number) + word(96) + word(96 + len(_padded(commitment.encode())))
    return selector + head + _padded(commitment.encode()) + _padded(data)


def challenge_receipt(
    commitment: Commitment, number: int, status: int = ACTIVE, succeeds: int = 1
) -> Receipt:
    return Receipt(status=succeeds, logs=(challenge_log(commitment, number, status),))


def resolve_tx(commitment: Commitment, number: int, data: bytes) -> bytes:
    return batcher_tx(resolve_calldata(commitment, number, data), to=CONTRACT)


class DAServer:
    """A DA server in memory. ``failing`` makes the next read fail; ``asked`` has all reads."""

    def __init__(self) -> None:
        self._inputs: dict[bytes, bytes] = {}
        self.failing = False
        self.asked: list[bytes] = []

    def put(self, data: bytes) -> Commitment:
        commitment = keccak_commitment(data)
        self._inputs[commitment.encode()] = data
        return commitment

    def put_as(self, commitment: Commitment, data: bytes) -> Commitment:
        self._inputs[commitment.encode()] = data
        return commitment

    def delete(self, commitment: Commitment) -> None:
        del self._inputs[commitment.encode()]

    def get_input(self, commitment: bytes) -> bytes:
        self.asked.append(commitment)
        if self.failing:
            self.failing = False
            raise Unavailable("DA server is down")
        if commitment not in self._inputs:
            raise NotFound(f"no input of 0x{commitment.hex()}")
        return self._inputs[commitment]
