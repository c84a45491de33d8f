"""Which release of op-node is followed, where its releases derive different chains."""

from __future__ import annotations

from enum import Enum

__all__ = ["Reference"]


class Reference(Enum):
    """A line of op-node's releases, named by the one that was compared.

    This is the only switch between them. :func:`pyoprollup.rollup.rules.rules_for` turns it into rules,
    and nobody else asks for it.
    """

    V1_16 = "v1.16.11"
    """The releases up to early 2026. They take what overlaps the safe chain in a span batch unread from
    Holocene on, and do not know transactions of type 0x7d."""
    V1_19 = "v1.19.6"
    """What chains run today."""
