"""The engine's bench with components of the driver, and a pipeline that is told what to say."""

from __future__ import annotations

from collections import deque

from pyoprollup.derive import AttributesWithParent
from pyoprollup.derive.errors import EndOfData
from pyoprollup.engine import BlockNotFound, EngineError
from pyoprollup.errors import NotFound, RollupError, Unavailable
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.refs import BlockID, L1BlockRef, L2BlockRef
from tests.unit.engine.support import L1, Bench

__all__ = ["L1", "Bench", "FakePipeline", "Source", "derived"]


def derived(
    bench: Bench,
    parent: L2BlockRef,
    *transactions: bytes,
    concluding: bool = True,
    source: L1BlockRef = L1[1],
) -> AttributesWithParent:
    """Attributes as derivation hands them out."""
    work = bench.attributes(parent, *transactions, source=source)
    return AttributesWithParent(work.attributes, parent, concluding, source)


class FakePipeline:
    """``answers`` are given one a step: attributes, ``None`` or an error; at the end, end of data."""

    def __init__(self, *answers: AttributesWithParent | RollupError | None) -> None:
        self.answers = deque(answers)
        self.calls: list[str] = []
        self.origin: L1BlockRef | None = None
        self.last: AttributesWithParent | None = None

    def step(self, pending_safe_head: L2BlockRef) -> AttributesWithParent | None:
        self.calls.append(f"step {pending_safe_head.number}")
        answer = self.answers.popleft() if self.answers else EndOfData("no more")
        if isinstance(answer, RollupError):
            raise answer
        self.last = answer
        return answer

    def reset(self) -> None:
        self.calls.append("reset")

    def confirm_engine_reset(self) -> None:
        self.calls.append("confirm")

    def deposits_only_attributes(self, parent: BlockID, derived_from: L1BlockRef) -> AttributesWithParent:
        self.calls.append(f"deposits only {parent.number}")
        if self.last is None:
            raise Unavailable("none")
        return self.last.with_deposits_only()


class Source:
    """The bench's engine, with derivation's errors."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench

    def envelope_by_number(self, number: int) -> ExecutionPayloadEnvelope:
        try:
            return self.bench.engine.payload_by_number(number)
        except BlockNotFound as error:
            raise NotFound(str(error)) from error
        except EngineError as error:
            raise Unavailable(str(error)) from error
