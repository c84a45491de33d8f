"""Prestates by hash: from a folder, from a web server that lies, and what is there already."""

from __future__ import annotations

import gzip
import threading
from pathlib import Path
from typing import Any, BinaryIO

import httpx
import pytest

from pyoprollup.challenger.trace.prestates import (
    MultiPrestateProvider,
    NotThere,
    PrestateProviderCache,
    PrestateUnavailable,
    SinglePrestateSource,
    UrlFetcher,
)
from pyoprollup.challenger.trace.prestates import multi as multi_module
from pyoprollup.challenger.trace.prestates.fetch import join_url
from pyoprollup.challenger.trace.vm import ProofData, StateProof, VmFailed, VmStopped
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import Hash32, to_hex
from pyoprollup.events import Happening

STATE = b"a state"
LIMIT = 60.0


def hash_of(state: bytes) -> Hash32:
    return Hash32(b"\3" + keccak256(state)[1:])


HASH = hash_of(STATE)
BASE = "http://prestates.example/states"


class Converter:
    """Any bytes are a state, unless they look like a page."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.error: Exception | None = None

    def convert_state_to_proof(self, path: Path) -> StateProof:
        self.seen.append(path.name)
        if self.error is not None:
            raise self.error
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        if data.startswith(b"<html>"):
            raise VmFailed("failed to load state")
        return StateProof(ProofData(hash_of(data), data), 0, False)


class Server:
    """Files by name; a name that is missing is answered as the test says."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.missing = httpx.Response(404, text="<html>not found</html>")

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        assert request.headers["Accept-Encoding"] == "identity"
        name = request.url.path.rpartition("/")[2]
        return httpx.Response(200, content=self.files[name]) if name in self.files else self.missing


class World:
    def __init__(self, path: Path) -> None:
        self.server, self.converter = Server(), Converter()
        self.data_dir = path / "data"
        self.news: list[Happening] = []
        self.clock = [0.0]
        fetcher = UrlFetcher(LIMIT, lambda: self.clock[0], httpx.MockTransport(self.server))
        self.source = MultiPrestateProvider(BASE, self.data_dir, self.converter, fetcher, self.news.append)

    def put(self, suffix: str, content: bytes = STATE, state: bytes = STATE) -> str:
        name = to_hex(hash_of(state)) + suffix
        self.server.files[name] = gzip.compress(content) if suffix.endswith(".gz") else content
        return name

    def files(self) -> list[str]:
        return sorted(path.name for path in self.data_dir.iterdir()) if self.data_dir.exists() else []


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.mark.parametrize(("suffix", "tries"), [(".bin.gz", 1), (".json.gz", 2), (".json", 3)])
def test_forms_in_their_order(world: World, suffix: str, tries: int) -> None:
    name = world.put(suffix)
    assert world.source.prestate_path(HASH) == world.data_dir / name
    order = [f"/states/{to_hex(HASH)}{end}" for end in (".bin.gz", ".json.gz", ".json")]
    assert world.server.asked == order[:tries]
    # The VM tells the form by the end of the name.
    assert world.converter.seen[-1].endswith(suffix)
    assert world.files() == [name]
    assert world.source.prestate_path(HASH) == world.data_dir / name
    assert len(world.server.asked) == tries and len(world.converter.seen) == 1


def test_a_page_sent_as_the_file(world: World) -> None:
    world.server.missing = httpx.Response(200, text="<html>not found</html>")
    name = world.put(".json")
    assert world.source.prestate_path(HASH) == world.data_dir / name
    assert world.files() == [name]
    with pytest.raises(PrestateUnavailable, match="no state"):
        world.source.prestate_path(hash_of(b"other"))
    assert world.files() == [name]


def test_another_state_under_the_name(world: World) -> None:
    world.put(".bin.gz", b"another state")
    name = world.put(".json.gz")
    assert world.source.prestate_path(HASH) == world.data_dir / name


@pytest.mark.parametrize(
    "content", [b"", b"\x1f\x8b", gzip.compress(STATE, mtime=0)[:-3]], ids=["empty", "head", "cut"]
)
def test_files_that_do_not_unpack(world: World, content: bytes) -> None:
    world.server.files[to_hex(HASH) + ".bin.gz"] = content
    with pytest.raises(PrestateUnavailable):
        world.source.prestate_path(HASH)
    assert world.files() == []


def test_files_beyond_all_bounds(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multi_module, "MAX_PRESTATE_SIZE", 1000)
    world.put(".bin.gz", bytes(4001))
    with pytest.raises(PrestateUnavailable, match="unpacks to more than 4000 bytes"):
        world.source.prestate_path(HASH)
    assert not world.converter.seen
    world.server.files = {to_hex(HASH) + ".bin.gz": bytes(1001)}
    with pytest.raises(PrestateUnavailable, match="more than 1000 bytes"):
        world.source.prestate_path(HASH)
    assert world.files() == []


def test_a_server_that_does_not_answer(world: World) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    fetcher = UrlFetcher(LIMIT, transport=httpx.MockTransport(refuse))
    source = MultiPrestateProvider(BASE, world.data_dir, world.converter, fetcher)
    with pytest.raises(PrestateUnavailable, match="refused") as caught:
        source.prestate_path(HASH)
    # Another name would not be answered either.
    assert not isinstance(caught.value, NotThere)


def test_a_file_that_takes_too_long(world: World) -> None:
    class Slow(httpx.SyncByteStream):
        def __iter__(self) -> Any:
            for _ in range(10):
                world.clock[0] += 10
                yield bytes(1 << 20)

    world.server.missing = httpx.Response(200, stream=Slow())
    with pytest.raises(PrestateUnavailable, match="longer than 60 s"):
        world.source.prestate_path(HASH)
    assert world.files() == []


def test_what_is_there_is_not_fetched_but_checked(world: World) -> None:
    world.data_dir.mkdir()
    path = world.data_dir / (to_hex(HASH) + ".json")
    path.write_bytes(STATE)
    assert world.source.prestate_path(HASH) == path
    assert not world.server.asked and world.converter.seen == [path.name]
    assert world.source.prestate_path(HASH) == path and len(world.converter.seen) == 1


def test_what_is_there_and_damaged_is_fetched_again(world: World) -> None:
    world.data_dir.mkdir()
    name = world.put(".bin.gz")
    (world.data_dir / name).write_bytes(gzip.compress(STATE)[:10])
    assert world.source.prestate_path(HASH) == world.data_dir / name
    assert gzip.decompress((world.data_dir / name).read_bytes()) == STATE
    assert [happening.event for happening in world.news] == ["prestate-damaged", "prestate-fetched"]


def test_what_was_removed_is_fetched_again(world: World) -> None:
    name = world.put(".bin.gz")
    world.source.prestate_path(HASH).unlink()
    assert world.source.prestate_path(HASH) == world.data_dir / name
    assert len(world.server.asked) == 2


def test_a_folder_as_source(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "my states"
    folder.mkdir()
    (folder / (to_hex(HASH) + ".json")).write_bytes(STATE)
    (folder / (to_hex(HASH) + ".json.gz")).mkdir()
    url = folder.as_uri() + "/"
    source = MultiPrestateProvider(url, world.data_dir, world.converter, UrlFetcher(LIMIT))
    assert source.prestate_path(HASH) == world.data_dir / (to_hex(HASH) + ".json")
    with pytest.raises(PrestateUnavailable, match="no such file"):
        source.prestate_path(hash_of(b"other"))
    small = tmp_path / "small"
    with small.open("wb") as into, pytest.raises(PrestateUnavailable, match="more than 3 bytes"):
        UrlFetcher(LIMIT).fetch((folder / (to_hex(HASH) + ".json")).as_uri(), into, 3)


@pytest.mark.parametrize("url", ["ftp://a/b", "states", "", "http://", "http://[", "file:///a%00b"])
def test_urls_that_are_none(world: World, url: str) -> None:
    source = MultiPrestateProvider(url, world.data_dir, world.converter, UrlFetcher(0.5))
    with pytest.raises(PrestateUnavailable):
        source.prestate_path(HASH)


def test_a_query_stays_behind_the_name() -> None:
    assert join_url("https://a/b/?token=x", "c") == "https://a/b/c?token=x"
    assert join_url("file:///a", "c") == "file:///a/c"


def test_redirects_are_followed_but_not_for_ever(world: World) -> None:
    name = world.put(".bin.gz")

    def redirect(request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/new/"):
            return world.server(request)
        target = "/loop" if request.url.path == "/loop" else f"/new/{request.url.path.rpartition('/')[2]}"
        return httpx.Response(302, headers={"Location": target})

    fetcher = UrlFetcher(LIMIT, transport=httpx.MockTransport(redirect))
    source = MultiPrestateProvider(BASE, world.data_dir, world.converter, fetcher)
    assert source.prestate_path(HASH) == world.data_dir / name
    with (world.data_dir / "x").open("wb") as into, pytest.raises(PrestateUnavailable):
        fetcher.fetch("http://prestates.example/loop", into, 10)


def test_a_disk_that_is_full_or_not_there(world: World) -> None:
    world.put(".bin.gz")
    world.data_dir.write_text("a file")
    with pytest.raises(PrestateUnavailable):
        world.source.prestate_path(HASH)


def test_a_service_that_stops(world: World) -> None:
    world.put(".bin.gz")
    world.converter.error = VmStopped("the service stops")
    with pytest.raises(VmStopped):
        world.source.prestate_path(HASH)
    assert world.files() == []


def test_many_ask_at_once_and_one_fetches(world: World) -> None:
    world.put(".bin.gz")
    found: list[Path] = []
    threads = [
        threading.Thread(target=lambda: found.append(world.source.prestate_path(HASH))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8 and len(set(found)) == 1 and len(world.server.asked) == 1


def test_a_single_file_for_all(tmp_path: Path) -> None:
    source = SinglePrestateSource(tmp_path / "state.bin.gz")
    assert source.prestate_path(HASH) == source.prestate_path(hash_of(b"other")) == tmp_path / "state.bin.gz"


class Commitment:
    def __init__(self, value: Hash32) -> None:
        self.value = value

    def absolute_prestate_commitment(self) -> Hash32:
        return self.value


def test_the_latest_are_remembered() -> None:
    made: list[Hash32] = []

    def create(prestate_hash: Hash32) -> Commitment:
        made.append(prestate_hash)
        if prestate_hash == HASH and len(made) == 1:
            raise PrestateUnavailable("not yet")
        return Commitment(prestate_hash)

    cache = PrestateProviderCache(create)
    with pytest.raises(PrestateUnavailable):
        cache.get_or_create(HASH)
    hashes = [HASH, *[hash_of(bytes([number])) for number in range(4)]]
    for wanted in hashes * 2:
        assert cache.get_or_create(wanted).absolute_prestate_commitment() == wanted
    assert made == [HASH, *hashes]
    cache.get_or_create(hash_of(b"a sixth"))
    cache.get_or_create(HASH)
    assert made[-1] == HASH and len(made) == 8


class Nothing:
    def fetch(self, url: str, into: BinaryIO, max_size: int) -> None:
        raise NotThere(url)


def test_all_names_are_in_the_message(world: World) -> None:
    source = MultiPrestateProvider(BASE + "/", world.data_dir, world.converter, Nothing())
    with pytest.raises(PrestateUnavailable) as caught:
        source.prestate_path(HASH)
    for suffix in (".bin.gz", ".json.gz", ".json"):
        assert f"{BASE}/{to_hex(HASH)}{suffix}" in str(caught.value)
