"""A client that answers from a script."""

from __future__ import annotations

from collections import deque
from typing import Any

from pyoprollup.eth.payload import ExecutionPayload, ExecutionPayloadEnvelope
from pyoprollup.eth.types import ZERO_ADDRESS, ZERO_HASH, Hash32

ENVELOPE = ExecutionPayloadEnvelope(
    ExecutionPayload(
        parent_hash=ZERO_HASH,
        fee_recipient=ZERO_ADDRESS,
        state_root=ZERO_HASH,
        receipts_root=ZERO_HASH,
        logs_bloom=bytes(256),
        prev_randao=ZERO_HASH,
        block_number=7,
        gas_limit=30_000_000,
        gas_used=0,
        timestamp=1000,
        extra_data=b"",
        base_fee_per_gas=7,
        block_hash=Hash32(b"\x11" * 32),
        transactions=(b"\x7e\x01",),
        withdrawals=(),
        blob_gas_used=0,
        excess_blob_gas=0,
    ),
    Hash32(b"\x22" * 32),
)


class Script:
    """``answers`` are given one a call; an exception among them is raised."""

    def __init__(self, *answers: Any) -> None:
        self.answers = deque(answers)
        self.calls: list[tuple[Any, ...]] = []
        self.closed = 0

    def call(self, method: str, *params: Any) -> Any:
        self.calls.append((method, *params))
        answer = self.answers.popleft()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        self.closed += 1
