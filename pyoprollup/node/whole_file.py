"""A small file that is there whole, as it was or as it is to be, whenever the process or the machine ends."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["write_whole"]


def write_whole(path: Path, text: str) -> None:
    """Replace what a file has by ``text``, in UTF-8. Raises ``OSError``; then it has what it had."""
    new = path.with_name(path.name + ".tmp")
    with new.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
