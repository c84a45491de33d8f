from __future__ import annotations

from pathlib import Path

import pytest

from pyoprollup.preimage import PreimageMissing, StoreError, local_key
from pyoprollup.program.host.stores import MemoryStore, open_store


@pytest.mark.parametrize("where", [None, "folder"])
def test_what_is_put_is_there(where: str | None, tmp_path: Path) -> None:
    store = open_store(None if where is None else tmp_path / where, "file")
    assert isinstance(store, MemoryStore) == (where is None)
    store.put(local_key(1), b"one")
    store.put(local_key(1), b"another")
    assert store.get(local_key(1)) == b"another"
    with pytest.raises(PreimageMissing):
        store.get(local_key(2))


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError):
        open_store(tmp_path / "file")
