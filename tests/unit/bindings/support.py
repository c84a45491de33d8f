"""An L1 with contracts that are functions in Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pyoprollup.eth.receipts import Log
from pyoprollup.eth.refs import BlockLabel
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.sources.l1 import AtBlock, CallFailed, CallMsg, LogFilter

FACTORY = Address(b"\x33" * 20)


@dataclass
class FakeL1:
    """Answers calls with ``contracts``; ``asked`` has the blocks and the sizes of batches, 0 for a call."""

    contracts: Mapping[Address, Callable[[bytes], bytes]]
    asked: list[tuple[AtBlock, int]] = field(default_factory=list)

    def call(self, msg: CallMsg, block: AtBlock = BlockLabel.UNSAFE) -> bytes:
        self.asked.append((block, 0))
        return self._answer(msg)

    def calls(
        self, msgs: Sequence[CallMsg], block: AtBlock = BlockLabel.UNSAFE
    ) -> Sequence[bytes | CallFailed]:
        self.asked.append((block, len(msgs)))
        return [self._outcome(msg) for msg in msgs]

    def _outcome(self, msg: CallMsg) -> bytes | CallFailed:
        try:
            return self._answer(msg)
        except CallFailed as exc:
            return exc

    def _answer(self, msg: CallMsg) -> bytes:
        assert msg.to is not None
        return self.contracts[msg.to](msg.data)

    def nonce_at(self, account: Address, block: AtBlock = BlockLabel.UNSAFE) -> int:
        raise NotImplementedError

    def balance_at(self, account: Address, block: AtBlock = BlockLabel.UNSAFE) -> int:
        raise NotImplementedError

    def code_at(self, account: Address, block: AtBlock = BlockLabel.UNSAFE) -> bytes:
        raise NotImplementedError

    def storage_at(self, account: Address, slot: int, block: AtBlock = BlockLabel.UNSAFE) -> Hash32:
        raise NotImplementedError

    def logs(self, wanted: LogFilter) -> Sequence[Log]:
        raise NotImplementedError
