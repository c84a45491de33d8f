"""Alt-DA: batcher transactions that carry a commitment, with the data elsewhere.

``source`` is the stage that follows a commitment to its data. ``manager`` keeps the state of the challenges
(``state``, ``challenge``), as L1's challenge contract tells it, and decides when data that nobody shows is
given up. Specification: experimental/alt-da.md.
"""

from __future__ import annotations

__all__: list[str] = []
