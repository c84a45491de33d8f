from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import Hash32
from pyoprollup.preimage import (
    ChannelClosed,
    FileChannel,
    HintWriter,
    OracleClient,
    PreimageMissing,
    WrongPreimage,
    channel_pair,
    keccak256_key,
    local_key,
)
from pyoprollup.program.client.program import run_program
from pyoprollup.program.errors import HintError
from pyoprollup.program.host.host import Host, serve
from pyoprollup.program.host.prefetcher import Prefetcher
from pyoprollup.program.host.stores import MemoryStore
from tests.unit.program.host.sources import FakeSources
from tests.unit.program.support import recorded

KEY = keccak256_key(keccak256(b"data"))


def offline(fork: str = "isthmus") -> Host:
    store, local = MemoryStore(), {}
    for key, data in recorded(fork).items():
        if key[0] == 1:
            local[key] = data
        else:
            store.put(key, data)
    return Host(local, store)


def test_local_pre_images_are_the_claims() -> None:
    store = MemoryStore()
    store.put(local_key(2), b"of another claim")
    host = Host({local_key(1): b"one"}, store)
    assert host.get(local_key(1)) == b"one"
    with pytest.raises(PreimageMissing):
        host.get(local_key(2))


def test_answers_are_checked() -> None:
    store = MemoryStore()
    store.put(KEY, b"dato")
    with pytest.raises(WrongPreimage):
        Host({}, store).get(KEY)
    store.put(KEY, b"data")
    assert Host({}, store).get(KEY) == b"data"


def test_hints_go_to_the_prefetcher_if_there_is_one() -> None:
    prefetcher = Prefetcher(MemoryStore(), FakeSources().sources, Hash32(bytes(32)))
    host = Host({}, MemoryStore(), prefetcher)
    host.hint("nonsense")
    with pytest.raises(HintError):
        host.get(KEY)
    offline().hint("nonsense")


def served(host: Host) -> tuple[FileChannel, FileChannel, ThreadPoolExecutor, list[object]]:
    """The program's ends of both channels, and the thread that serves them."""
    hints, host_hints = channel_pair(20)
    preimages, host_preimages = channel_pair(20)
    pool = ThreadPoolExecutor(1)
    return hints, preimages, pool, [pool.submit(serve, host, host_hints, host_preimages)]


def test_a_program_over_descriptors() -> None:
    hints, preimages, pool, (done,) = served(offline())
    verdict = run_program(OracleClient(preimages), HintWriter(hints))
    assert verdict.is_valid
    hints.close()
    preimages.close()
    done.result(20)  # type: ignore[attr-defined]
    pool.shutdown()


def test_what_is_missing_closes_the_channels() -> None:
    host = offline()
    hints, preimages, pool, (done,) = served(host)
    HintWriter(hints).hint("anything: nothing is fetched")
    with pytest.raises(ChannelClosed):
        OracleClient(preimages).get(KEY)
    with pytest.raises(PreimageMissing):
        done.result(20)  # type: ignore[attr-defined]
    pool.shutdown()


def test_hints_may_end_before_requests() -> None:
    hints, preimages, pool, (done,) = served(offline())
    hints.close()
    assert OracleClient(preimages).get(local_key(5)) == b"\xff" * 8
    preimages.close()
    done.result(20)  # type: ignore[attr-defined]
    pool.shutdown()


def test_half_a_request_is_an_error() -> None:
    _, preimages, pool, (done,) = served(offline())
    preimages.write(b"half")
    preimages.close()
    with pytest.raises(ChannelClosed):
        done.result(20)  # type: ignore[attr-defined]
    pool.shutdown()
