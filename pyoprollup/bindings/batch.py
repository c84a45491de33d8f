"""Many reads at one block, a batch at a time, as the L1's client can send a batch in one request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from pyoprollup.bindings.contract import ContractCall
from pyoprollup.eth.refs import BlockLabel
from pyoprollup.sources.l1 import AtBlock, CallFailed, L1Accounts

__all__ = ["DEFAULT_BATCH_SIZE", "read_all", "try_all"]

T = TypeVar("T")

DEFAULT_BATCH_SIZE = 100
"""Calls in a batch, as the reference has it."""

_HEAD = BlockLabel.UNSAFE


def read_all(
    l1: L1Accounts,
    calls: Sequence[ContractCall[T]],
    block: AtBlock = _HEAD,
    batch_size: int = DEFAULT_BATCH_SIZE,
) -> list[T]:
    """The results in the order of the calls.

    Several batches see one state only if ``block`` is a hash. Raises what the first call that fails does.
    """
    return [call.result(answer) for call, answer in _answers(l1, calls, block, batch_size)]


def try_all(
    l1: L1Accounts,
    calls: Sequence[ContractCall[T]],
    block: AtBlock = _HEAD,
    batch_size: int = DEFAULT_BATCH_SIZE,
) -> list[T | CallFailed]:
    """Like :func:`read_all`, with the error of each call that failed in the place of its result.

    Raises :class:`~pyoprollup.errors.DecodeError` for an answer that is malformed, still.
    """
    results: list[T | CallFailed] = []
    for call, answer in _answers(l1, calls, block, batch_size):
        try:
            results.append(call.result(answer))
        except CallFailed as exc:
            results.append(exc)
    return results


def _answers(
    l1: L1Accounts, calls: Sequence[ContractCall[T]], block: AtBlock, batch_size: int
) -> Iterator[tuple[ContractCall[T], bytes | CallFailed]]:
    if batch_size < 1:
        raise ValueError(f"batch_size: must be at least 1, not {batch_size}")
    left = iter(calls)
    while batch := list(islice(left, batch_size)):
        answers: Sequence[Any] = l1.calls([call.message for call in batch], block)
        yield from zip(batch, answers, strict=True)
