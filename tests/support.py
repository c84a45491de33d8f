"""Helpers that several test modules use."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
"""The reference data that some tests compare with; it lies beside a checkout or is absent."""


def shared_path(*parts: str) -> Path:
    """A file or folder of the shared reference data; skips the calling test when it is absent.

    Tests that call this carry ``@pytest.mark.shared``.
    """
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"needs shared/{'/'.join(parts)} beside the checkout, which is absent")
    return path


def shared_json(*parts: str) -> Any:
    """The content of a ``.json`` or ``.json.gz`` file of the shared reference data."""
    path = shared_path(*parts)
    data = path.read_bytes()
    return json.loads(gzip.decompress(data) if path.suffix == ".gz" else data)
