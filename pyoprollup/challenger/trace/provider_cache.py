"""Keeps the lower traces of a game that were used last."""

from __future__ import annotations

from collections.abc import Callable

from pyoprollup.challenger.game.claims import Claim
from pyoprollup.challenger.game.trace import TraceProvider
from pyoprollup.challenger.trace.split import ProviderCreator, create_local_context
from pyoprollup.eth.types import Hash32

__all__ = ["MAX_KEPT_TRACES", "keep_latest"]

MAX_KEPT_TRACES = 100


def keep_latest(
    create: Callable[[Hash32, int, Claim | None, Claim], TraceProvider],
) -> ProviderCreator:
    """Makes the lower traces of a game by ``create``, which is given their context first.

    The latest are kept by their context. A failure is not: the next question tries again.
    """
    kept: dict[Hash32, TraceProvider] = {}

    def create_bottom(depth: int, pre: Claim | None, post: Claim) -> TraceProvider:
        context = create_local_context(pre, post)
        provider = kept.pop(context, None)
        if provider is None:
            provider = create(context, depth, pre, post)
        kept[context] = provider  # the latest last
        if len(kept) > MAX_KEPT_TRACES:
            del kept[next(iter(kept))]
        return provider

    return create_bottom
