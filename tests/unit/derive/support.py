"""Small chains, sources and stages that the derivation tests are made of."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from pyoprollup.derive.codec.frame import Frame
from pyoprollup.derive.drops import Dropped, DropReason
from pyoprollup.derive.errors import CriticalError, EndOfData, PipelineError
from pyoprollup.errors import NotFound, Unavailable
from pyoprollup.eth.crypto import address_of, keccak256
from pyoprollup.eth.payload import ExecutionPayload
from pyoprollup.eth.receipts import Receipt
from pyoprollup.eth.refs import L1BlockRef, L2BlockRef
from pyoprollup.eth.signer import sign_transaction
from pyoprollup.eth.transactions import Transaction
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.system_config import SystemConfig
from pyoprollup.sources.l1 import BlockInfo

L1_CHAIN_ID = 900
INBOX = Address(b"\xff" * 18 + b"\x0a\x0b")
BATCHER_KEY = keccak256(b"batcher key")
BATCHER = address_of(BATCHER_KEY)
ORIGIN = L1BlockRef(keccak256(b"origin"), 10, keccak256(b"before origin"), 1000)

_FORKS = (
    *("regolith", "canyon", "delta", "ecotone", "fjord", "granite"),
    *("holocene", "isthmus", "jovian", "karst", "interop"),
)


def name_hash(name: object) -> Hash32:
    """A hash that stands for a name."""
    return keccak256(str(name).encode())


def forks_until(name: str, at: int = 0) -> dict[str, int]:
    """Keyword arguments of a configuration: every fork up to ``name`` is active from ``at`` on."""
    if name == "bedrock":
        return {}
    return {f"{fork}_time": at for fork in _FORKS[: _FORKS.index(name) + 1]}


def config(forks: str = "bedrock", /, **changes: Any) -> RollupConfig:
    """A configuration in which the forks up to ``forks`` are active from the start."""
    values: dict[str, Any] = {
        "block_time": 2,
        "max_sequencer_drift": 600,
        "seq_window_size": 10,
        "channel_timeout": 20,
        "l1_chain_id": L1_CHAIN_ID,
        "l2_chain_id": 901,
        "batch_inbox_address": INBOX,
        "deposit_contract_address": Address(b"\xdd" * 20),
        "l1_system_config_address": Address(b"\x5c" * 20),
        **forks_until(forks),
        **changes,
    }
    return RollupConfig(**values)


def l1_chain(
    count: int, first: int = 10, step: int = 12, time: int = 1000, name: str = "L1"
) -> list[L1BlockRef]:
    """``count`` L1 blocks, one on the other."""
    refs: list[L1BlockRef] = []
    for number in range(first, first + count):
        parent = refs[-1].hash if refs else name_hash(f"{name} {number - 1}")
        refs.append(L1BlockRef(name_hash(f"{name} {number}"), number, parent, time + (number - first) * step))
    return refs


def l2_block(
    number: int, time: int, origin: L1BlockRef, sequence_number: int = 0, parent: Hash32 | None = None
) -> L2BlockRef:
    """An L2 block named by its number."""
    parent_hash = name_hash(f"L2 {number - 1}") if parent is None else parent
    return L2BlockRef(name_hash(f"L2 {number}"), number, parent_hash, time, origin.id, sequence_number)


def block_info(ref: L1BlockRef, **changes: Any) -> BlockInfo:
    values: dict[str, Any] = {"mix_digest": name_hash(f"mix {ref.number}"), "base_fee": 7, **changes}
    return BlockInfo(ref, **values)


def batcher_tx(data: bytes, nonce: int = 0, key: bytes = BATCHER_KEY, to: Address | None = INBOX) -> bytes:
    """A signed transaction to the batch inbox."""
    tx = Transaction(
        2, nonce, 30, 100_000, to, 0, data, chain_id=L1_CHAIN_ID, gas_tip_cap=2
    )  # fmt: skip
    return sign_transaction(tx, key, L1_CHAIN_ID).encode()


class FakeL1:
    """An L1 whose blocks are added by hand. ``failing`` counts down to a read that fails once;
    ``reads`` names all that was read."""

    def __init__(self, refs: Iterable[L1BlockRef] = ()) -> None:
        self.refs: dict[int, L1BlockRef] = {}
        self._infos: dict[Hash32, BlockInfo] = {}
        self._receipts: dict[Hash32, Sequence[Receipt]] = {}
        self._transactions: dict[Hash32, Sequence[bytes]] = {}
        self.reads: list[str] = []
        self.failing: int | None = None
        for ref in refs:
            self.add(ref)

    def add(
        self,
        ref: L1BlockRef,
        transactions: Sequence[bytes] = (),
        receipts: Sequence[Receipt] = (),
        **info: Any,
    ) -> L1BlockRef:
        """Make ``ref`` canonical, and all blocks from its number on unknown by number."""
        for number in [number for number in self.refs if number >= ref.number]:
            del self.refs[number]
        self.refs[ref.number] = ref
        self._infos[ref.hash] = block_info(ref, **info)
        self._receipts[ref.hash] = receipts
        self._transactions[ref.hash] = transactions
        return ref

    def _read(self, what: str) -> None:
        self.reads.append(what)
        if self.failing is not None:
            self.failing -= 1
            if self.failing < 0:
                self.failing = None
                raise Unavailable(f"{what}: try again")

    def l1_block_ref_by_number(self, number: int) -> L1BlockRef:
        self._read(f"block {number}")
        if number not in self.refs:
            raise NotFound(f"no L1 block {number}")
        return self.refs[number]

    def l1_block_ref_by_hash(self, block_hash: Hash32) -> L1BlockRef:
        return self.info_by_hash(block_hash).ref

    def info_by_hash(self, block_hash: Hash32) -> BlockInfo:
        self._read(f"info {block_hash.hex()[:8]}")
        if block_hash not in self._infos:
            raise NotFound(f"no L1 block 0x{block_hash.hex()}")
        return self._infos[block_hash]

    def fetch_receipts(self, block_hash: Hash32) -> tuple[BlockInfo, Sequence[Receipt]]:
        self._read(f"receipts {block_hash.hex()[:8]}")
        if block_hash not in self._infos:
            raise NotFound(f"no L1 block 0x{block_hash.hex()}")
        return self._infos[block_hash], self._receipts[block_hash]

    def transactions_by_hash(self, block_hash: Hash32) -> Sequence[bytes]:
        self._read(f"transactions {block_hash.hex()[:8]}")
        if block_hash not in self._infos:
            raise NotFound(f"no L1 block 0x{block_hash.hex()}")
        return self._transactions[block_hash]


class FakeL2:
    """L2 blocks that are added by hand. ``failing`` counts down to a read that fails once."""

    def __init__(self, refs: Iterable[L2BlockRef] = ()) -> None:
        self.refs = {ref.number: ref for ref in refs}
        self.payloads: dict[int, ExecutionPayload] = {}
        self.configs: dict[Hash32, SystemConfig] = {}
        self.failing: int | None = None
        self.reads = 0

    def _read(self) -> None:
        self.reads += 1
        if self.failing is not None:
            self.failing -= 1
            if self.failing < 0:
                self.failing = None
                raise Unavailable("L2 does not answer")

    def l2_block_ref_by_number(self, number: int) -> L2BlockRef:
        self._read()
        if number not in self.refs:
            raise NotFound(f"no L2 block {number}")
        return self.refs[number]

    def l2_block_ref_by_hash(self, block_hash: Hash32) -> L2BlockRef:
        self._read()
        for ref in self.refs.values():
            if ref.hash == block_hash:
                return ref
        raise NotFound(f"no L2 block 0x{block_hash.hex()}")

    def payload_by_number(self, number: int) -> ExecutionPayload:
        self._read()
        if number not in self.payloads:
            raise NotFound(f"no L2 payload {number}")
        return self.payloads[number]

    def system_config_by_l2_hash(self, block_hash: Hash32) -> SystemConfig:
        self._read()
        if block_hash not in self.configs:
            raise NotFound(f"no configuration of L2 block 0x{block_hash.hex()}")
        return self.configs[block_hash]


@dataclass
class Feed:
    """The stage before the one under test: hands out ``items`` one by one, raising those that are
    exceptions, and then :class:`EndOfData` for ever. It has every stage's method for that."""

    items: Iterable[Any] = ()
    origin: L1BlockRef = ORIGIN
    system_config: SystemConfig = field(default_factory=lambda: SystemConfig(BATCHER))
    flushed: int = 0
    asked: int = 0

    def __post_init__(self) -> None:
        self.refill(self.items)

    def refill(self, items: Iterable[Any]) -> None:
        self.items = deque(items)

    def _next(self, *_: Any) -> Any:
        self.asked += 1
        if not self.items:
            raise EndOfData("the feed is empty")
        item = cast("deque[Any]", self.items).popleft()
        if isinstance(item, Exception):
            raise item
        return item

    next_data = next_frame = next_batch = next_l1_block = _next

    def flush_channel(self) -> None:
        self.flushed += 1


class Drops(list[Dropped]):
    """Collects drop records; itself the sink."""

    def __call__(self, dropped: Dropped) -> None:
        self.append(dropped)

    @property
    def reasons(self) -> list[DropReason]:
        return [dropped.reason for dropped in self]


def outcome(step: Callable[[], Any]) -> Any:
    """What a call returns, or the type of the error that it raises."""
    try:
        return step()
    except (PipelineError, NotFound, Unavailable) as error:
        return type(error)


def outcomes(
    step: Callable[[], Any],
    stop: type[PipelineError] = EndOfData,
    passing: type[PipelineError] = CriticalError,
) -> Iterator[Any]:
    """What repeated calls return, with the *type* of what they raise in between, until ``stop``.
    Errors of type ``passing`` are raised."""
    while True:
        try:
            yield step()
        except stop:
            return
        except passing:
            raise
        except (PipelineError, NotFound, Unavailable) as error:
            yield type(error)


def short_frame(text: str) -> Frame:
    """A frame from ``channel:number:data[!]``, the last with an exclamation mark."""
    name, number, data = text.split(":")
    last = data.endswith("!")
    return Frame(name.encode().ljust(16, b"\0"), int(number), data.removesuffix("!").encode(), last)


def short_frames(text: str) -> list[Frame]:
    return [short_frame(part) for part in text.split()]


def show_frame(frame: Frame) -> str:
    """The inverse of :func:`short_frame`."""
    name = frame.id.rstrip(b"\0").decode()
    return f"{name}:{frame.number}:{frame.data.decode()}{'!' if frame.is_last else ''}"
