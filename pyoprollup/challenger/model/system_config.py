"""What the contracts of disputes ask the system's configuration: who guards it, and whether it is paused."""

from __future__ import annotations

from dataclasses import dataclass

from pyoprollup.eth.types import Address

__all__ = ["SystemConfig"]


@dataclass(slots=True)
class SystemConfig:
    """The ``guardian`` may rule out games; while the system is ``paused``, no bond is paid out."""

    guardian: Address
    paused: bool = False
