"""Rebuilding full transactions from a span batch's columns."""

from __future__ import annotations

import re
import tracemalloc
from array import array
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pyoprollup.derive.codec.bitlist import bits_to_bytes, bits_to_text
from pyoprollup.derive.codec.raw_span_batch import RawSpanBatchTxs
from pyoprollup.derive.codec.singular_batch import SingularBatch
from pyoprollup.derive.codec.span_batch_builder import SpanBatchBuilder
from pyoprollup.derive.codec.span_batch_fields import (
    ACCESS_LIST,
    DYNAMIC_FEE,
    LEGACY,
    SET_CODE,
    split_fields,
)
from pyoprollup.derive.codec.span_batch_txs import SpanBatchDeriveError, _split, full_transactions
from pyoprollup.errors import DecodeError
from pyoprollup.eth import rlp
from pyoprollup.eth.transactions import AccessTuple, Authorization, Transaction, decode_transaction
from tests.unit.derive.strategies import CHAIN_ID, block_runs, span_transactions

U64 = 1 << 64


# --- A slow and simple rebuild: decode every field, then encode a transaction.


def _bytes(item: rlp.RlpItem, size: int | None = None) -> bytes:
    if isinstance(item, list) or (size is not None and len(item) != size):
        raise DecodeError("not a string of that size")
    return item


def _int(item: rlp.RlpItem, size: int | None = None) -> int:
    data = _bytes(item)
    if data[:1] == b"\0" or (size is not None and len(data) > size):
        raise DecodeError("not such an integer")
    return int.from_bytes(data, "big")


def _list(item: rlp.RlpItem, count: int | None = None) -> list[rlp.RlpItem]:
    if isinstance(item, bytes) or (count is not None and len(item) != count):
        raise DecodeError("not a list of that many items")
    return item


def _access_list(item: rlp.RlpItem) -> tuple[AccessTuple, ...]:
    entries = [_list(entry, 2) for entry in _list(item)]
    return tuple(
        AccessTuple(_bytes(address, 20), tuple(_bytes(key, 32) for key in _list(keys)))
        for address, keys in entries
    )


def _authorization(item: rlp.RlpItem) -> Authorization:
    chain_id, address, nonce, parity, r, s = _list(item, 6)
    return Authorization(
        _int(chain_id, 32), _bytes(address, 20), _int(nonce, 8), _int(parity, 1), _int(r, 32), _int(s, 32)
    )


def rebuild(kind: int, data: bytes, columns: dict[str, object], chain_id: int) -> bytes:
    fields = _list(rlp.decode(data))
    tx = Transaction(kind, gas_price=0, value=0, data=b"", **columns)  # type: ignore[arg-type]
    if kind == 0:
        value, price, payload = _list(fields, 3)
        return replace(tx, value=_int(value), gas_price=_int(price), data=_bytes(payload)).encode()
    tx = replace(tx, chain_id=chain_id)
    if kind == 1:
        value, price, payload, access = _list(fields, 4)
        return replace(
            tx,
            value=_int(value),
            gas_price=_int(price),
            data=_bytes(payload),
            access_list=_access_list(access),
        ).encode()
    size = 32 if kind == 4 else None
    value, tip, price, payload, access, *rest = _list(fields, 6 if kind == 4 else 5)
    tx = replace(
        tx,
        value=_int(value, size),
        gas_tip_cap=_int(tip, size),
        gas_price=_int(price, size),
        data=_bytes(payload),
        access_list=_access_list(access),
    )
    if kind == 4:
        if tx.to is None:
            raise DecodeError("no recipient")
        tx = replace(tx, authorization_list=tuple(map(_authorization, _list(rest[0]))))
    return tx.encode()


def rebuild_all(txs: RawSpanBatchTxs, chain_id: int) -> list[bytes]:
    total = len(txs)
    creations = bits_to_text(txs.contract_creation_bits, total)
    parities = bits_to_text(txs.y_parity_bits, total)
    protected = iter(bits_to_text(txs.protected_bits, txs.types.count(0)))
    tos = iter(range(0, len(txs.tos), 20))
    out = []
    for i in range(total):
        kind, data = txs.types[i], txs.buffer[txs.bounds[i] : txs.bounds[i + 1]]
        parity = int(parities[i])
        if kind == 0:
            v = 2 * chain_id + 35 + parity if next(protected) == "1" else 27 + parity
        else:
            v, data = parity, data[1:]
        if kind not in (0, 1, 2, 4, 0x7D):
            raise DecodeError("unknown type")
        start = None if creations[i] == "1" else next(tos)
        if kind == 0x7D:
            out.append(bytes((kind,)) + data)
            continue
        columns = {
            "to": None if start is None else txs.tos[start : start + 20],
            "v": v,
            "r": int.from_bytes(txs.signatures[64 * i : 64 * i + 32], "big"),
            "s": int.from_bytes(txs.signatures[64 * i + 32 : 64 * i + 64], "big"),
            "nonce": int.from_bytes(rlp.decode_bytes(txs.nonces[i]), "big"),
            "gas": int.from_bytes(rlp.decode_bytes(txs.gases[i]), "big"),
        }
        out.append(rebuild(kind, data, columns, chain_id))
    return out


def same(txs: RawSpanBatchTxs, chain_id: int = CHAIN_ID) -> None:
    """The fast way and the slow one give the same transactions, or both refuse."""
    try:
        expected = rebuild_all(txs, chain_id)
    except DecodeError:
        with pytest.raises(SpanBatchDeriveError):
            full_transactions(txs, chain_id)
    else:
        assert full_transactions(txs, chain_id) == expected

    for index, kind in enumerate(txs.types):
        if kind in (LEGACY, ACCESS_LIST, DYNAMIC_FEE, SET_CODE):
            same_cuts(txs, index, kind)


def same_cuts(txs: RawSpanBatchTxs, index: int, kind: int) -> None:
    """The walk and ``split_fields`` cut a transaction's data alike, or both refuse it with the same words."""
    data, (start, end) = txs.buffer, txs.bounds[index : index + 2]
    try:
        value, fee, rest = split_fields(data, start, end, kind)
    except SpanBatchDeriveError as exc:
        with pytest.raises(SpanBatchDeriveError, match=re.escape(str(exc))):
            _split(txs, index, index + 1)
    else:
        assert _split(txs, index, index + 1) == ([data[value:fee]], [data[fee:rest]], [data[rest:end]])


def columns(
    datas: Sequence[bytes],
    creations: Sequence[int] | None = None,
    protected: Sequence[int] | None = None,
    signatures: bytes | None = None,
) -> RawSpanBatchTxs:
    """Columns for transactions of which only the data matters."""
    total = len(datas)
    bounds = array("Q", [3])
    for data in datas:
        bounds.append(bounds[-1] + len(data))
    types = bytes(data[0] if data[0] < 0x80 else 0 for data in datas)
    creations = [0] * total if creations is None else creations
    return RawSpanBatchTxs(
        bits_to_bytes(creations),
        bits_to_bytes(index % 2 for index in range(total)),
        b"\x11" * (64 * total) if signatures is None else signatures,
        b"\x77" * (20 * list(creations).count(0)),
        b"..." + b"".join(datas) + b"...",
        bounds,
        types,
        [rlp.encode_uint(index) for index in range(total)],
        [rlp.encode_uint(21_000)] * total,
        bits_to_bytes([1] * types.count(0) if protected is None else protected),
    )


# --- Valid transactions


@settings(max_examples=80)
@given(st.lists(span_transactions, min_size=1, max_size=6))
def test_all_kinds(transactions: list[Transaction]) -> None:
    builder = SpanBatchBuilder(0, CHAIN_ID)
    raw = tuple(tx.encode() for tx in transactions)
    builder.add_singular_batch(SingularBatch(bytes(32), 1, bytes(32), 10, raw), 0)
    txs = builder.raw_span_batch().txs
    assert full_transactions(txs, CHAIN_ID) == list(raw)
    assert rebuild_all(txs, CHAIN_ID) == list(raw)
    same(txs)


def test_no_transactions() -> None:
    assert full_transactions(columns([]), CHAIN_ID) == []


@pytest.mark.parametrize("word", [0, 1, 0x7F, 0x80, 2**240, 2**247, 2**248, 2**255, 2**256 - 1])
def test_signature_words_lose_leading_zeros(word: int) -> None:
    other = 2**255
    for first, second in ((word, other), (other, word), (word, word)):
        signature = first.to_bytes(32, "big") + second.to_bytes(32, "big")
        data = b"\x02" + rlp.encode([b"", b"", b"", b"", []])
        txs = columns([data] * 3, signatures=b"\x11" * 64 + signature + b"\x11" * 64)
        same(txs)
        tx = decode_transaction(full_transactions(txs, CHAIN_ID)[1])
        assert isinstance(tx, Transaction)
        assert (tx.r, tx.s) == (first, second)


@pytest.mark.parametrize(
    "chain_id", [0, 1, 46, 47, 110, 2**32, 2**63 - 18, 2**63 - 17, 2**63, 2**64 - 1, 2**200]
)
def test_replay_protection_of_any_chain_id(chain_id: int) -> None:
    """``v`` does not wrap at 64 bits (up to October 2024 it did)."""
    txs = columns([rlp.encode([b"", b"", b""])] * 4, protected=[1, 0, 0, 1])
    same(txs, chain_id)
    tx = decode_transaction(full_transactions(txs, chain_id)[0])
    assert isinstance(tx, Transaction)
    assert tx.v == 2 * chain_id + 35


def test_post_exec_transactions_are_their_data() -> None:
    """Type 0x7d takes up its place in every column, and only its recipient if it has one."""
    legacy, dynamic = rlp.encode([b"", b"", b""]), b"\x02" + rlp.encode([b"", b"", b"", b"", []])
    post_exec = b"\x7d" + rlp.encode([b"\x01", b"\x2a", []])
    for creations in ([1, 0, 1, 0], [0, 0, 0, 0], [1, 1, 1, 1]):
        txs = columns([post_exec, legacy, post_exec, dynamic], creations=creations)
        assert [tx == post_exec for tx in full_transactions(txs, CHAIN_ID)] == [True, False, True, False]
        same(txs)


def test_post_exec_transactions_before_they_were_known() -> None:
    post_exec = b"\x7d" + rlp.encode([b"\x01"])
    with pytest.raises(SpanBatchDeriveError, match="0x7d is not supported"):
        full_transactions(columns([post_exec]), CHAIN_ID, post_exec=False)


def test_a_post_exec_transaction_goes_there_and_back() -> None:
    raw = (b"\x7d" + rlp.encode([b"\x01", b"\x2a", []]),)
    builder = SpanBatchBuilder(0, CHAIN_ID)
    builder.add_singular_batch(SingularBatch(bytes(32), 1, bytes(32), 10, raw), 0)
    assert full_transactions(builder.raw_span_batch().txs, CHAIN_ID) == list(raw)


def test_contract_creations() -> None:
    legacy, dynamic = rlp.encode([b"", b"", b""]), b"\x02" + rlp.encode([b"", b"", b"", b"", []])
    set_code = b"\x04" + rlp.encode([b"", b"", b"", b"", [], []])
    same(columns([legacy, dynamic, legacy, set_code], creations=[1, 0, 1, 0]))
    same(columns([legacy, dynamic, legacy, set_code], creations=[1, 1, 1, 0]))
    with pytest.raises(SpanBatchDeriveError, match="recipient"):
        full_transactions(columns([legacy, set_code], creations=[0, 1]), CHAIN_ID)


@pytest.mark.parametrize("kind", [3, 5, 0x7E, 0x7F])
def test_unknown_types(kind: int) -> None:
    data = b"\x02" + rlp.encode([b"", b"", b"", b"", []])
    with pytest.raises(SpanBatchDeriveError, match="not supported"):
        full_transactions(columns([data, bytes([kind]) + data[1:]]), CHAIN_ID)


def test_type_byte_zero_is_not_legacy() -> None:
    """The columns count it as legacy, its contents are then refused."""
    with pytest.raises(SpanBatchDeriveError):
        full_transactions(columns([b"\0" + rlp.encode([b"", b"", b""])]), CHAIN_ID)


# --- Malformed ones


def _rlp(text: str) -> list[bytes]:
    """Encodings in hex; ``ff*55`` is a byte that is repeated."""
    out = []
    for word in text.split():
        parts = [part.split("*") for part in word.split("_")]
        out.append(b"".join(bytes.fromhex(part) * int(*count or ["1"]) for part, *count in parts))
    return out


integers = st.sampled_from(
    _rlp("80 01 7f 8180 820100 a0_ff*32 a1_ff*33 b7_ff*55 b838_ff*56")  # canonical
    + _rlp("00 8101 817f 820001 8201 c0 c101 b837_ff*55 b83800_ff*55 b90038_01*56")
)
strings = st.sampled_from(
    _rlp("80 00 7f 8180 83616263 b7_78*55 b838_78*56 b8ff_78*255 b90100_78*256 b90101_78*257")
    + _rlp("8100 836162 c0 b800 b8 b837_78*55 b90038_78*56 b901 ba000100_78*256 ba010000_78*65536 bf_ff*8")
)
_address, _key = b"\x94" + b"a" * 20, b"\xa0" + b"k" * 32
access_lists = st.sampled_from(
    [
        b"\xc0",
        b"\x80",
        b"\xc1\xc0",
        b"\xc1\x80",
        b"\xf8\x00",
        rlp.encode_list([rlp.encode_list([_address, rlp.encode_list([_key])])]),
        rlp.encode_list([rlp.encode_list([_address, b"\xc0"])] * 2),
        rlp.encode_list([rlp.encode_list([_address, b"\x80"])]),
        rlp.encode_list([rlp.encode_list([_address, _key])]),
        rlp.encode_list([rlp.encode_list([_address[:-1], b"\xc0"])]),
        rlp.encode_list([rlp.encode_list([b"\x93" + b"a" * 19, b"\xc0"])]),
        rlp.encode_list([rlp.encode_list([_address, rlp.encode_list([b"\x9f" + b"k" * 31])])]),
        rlp.encode_list([rlp.encode_list([_address, b"\xc0", b"\xc0"])]),
        rlp.encode_list([_address]),
    ]
)
_fields = [b"\x01", _address, b"\x02", b"\x01", b"\x03", b"\x04"]
_bad_fields = _rlp("00 8101 89_01*9 820101 a1_01*33 c0")
authorization_lists = st.sampled_from(
    [
        *_rlp("c0 80 c1c0"),
        *(
            rlp.encode_list([rlp.encode_list(fields)] * 2)
            for fields in (_fields, _fields[:5], [*_fields, b"\1"])
        ),
        *(
            rlp.encode_list([rlp.encode_list([*_fields[:at], bad, *_fields[at + 1 :]])])
            for at in range(6)
            for bad in _bad_fields
        ),
    ]
)


@st.composite
def tx_datas(draw: st.DrawFn) -> bytes:
    """A list with the fields of some type, most of them well-formed, now and then one too many, one
    missing, or bytes after the last."""
    kind = draw(st.sampled_from([0, 1, 2, 2, 4]))
    fields = [draw(integers) for _ in range(3 if kind in (2, 4) else 2)] + [draw(strings)]
    if kind:
        fields.append(draw(access_lists))
    if kind == 4:
        fields.append(draw(authorization_lists))
    match draw(st.integers(0, 15)):
        case 0:
            fields.append(draw(integers))
        case 1:
            fields.pop(draw(st.integers(0, len(fields) - 1)))
        case 2:
            fields[-1] += draw(st.binary(min_size=1, max_size=2))
        case 3:
            fields[-1] = fields[-1][:-1]
        case _:
            pass
    return (bytes([kind]) if kind else b"") + rlp.encode_list(fields)


new_bytes = st.integers(0, 255) | st.sampled_from(b"\x00\x80\x81\xb8\xc0")
GOOD = b"\x02" + rlp.encode([b"\x05", b"\x06", b"\x07", b"data", []])


@settings(max_examples=400)
@given(tx_datas())
@example(rlp.encode_list([b"\x80", b"\x80"]))
@example(b"\x02" + rlp.encode_list([b"\x80"] * 4))
def test_odd_fields(data: bytes) -> None:
    """Each transaction stands between two good ones, so that a walk that leaves it is noticed."""
    same(columns([GOOD, data, GOOD]))
    same(columns([data]))


@settings(max_examples=150)
@given(block_runs(max_blocks=2), st.data())
def test_mutated_data(blocks: list[SingularBatch], draw: st.DataObject) -> None:
    builder = SpanBatchBuilder(0, CHAIN_ID)
    for index, block in enumerate(blocks):
        builder.add_singular_batch(block, index)
    txs = builder.raw_span_batch().txs
    if not len(txs):
        return
    # The list headers stay as they are: they are part of the structure, which was checked before.
    buffer = bytearray(txs.buffer)
    for _ in range(draw.draw(st.integers(1, 2))):
        index = draw.draw(st.integers(0, len(txs) - 1))
        start, stop = txs.bounds[index], txs.bounds[index + 1]
        first = rlp.read_header(bytes(buffer), start + (txs.types[index] > 0), stop)[1]
        if first < stop:
            near = st.integers(first, min(stop - 1, first + 4)) | st.integers(first, stop - 1)
            buffer[draw.draw(near)] = draw.draw(
                st.integers(0, 255) | st.sampled_from(b"\x00\x80\x81\xb8\xc0")
            )
    same(replace(txs, buffer=bytes(buffer)))


def test_long_batch() -> None:
    """Several chunks, with huge transactions among small ones."""
    datas = [GOOD, b"\x02" + rlp.encode([b"", b"", b"", bytes(700_000), []])] * 3 + [GOOD] * 9000
    same(columns(datas))


def test_memory_is_bounded() -> None:
    """Besides the transactions themselves there are only chunks of columns."""
    datas = [b"\x02" + rlp.encode([b"", b"", b"", bytes(100_000), []])] * 200
    txs = columns(datas)
    tracemalloc.start()
    try:
        out = full_transactions(txs, CHAIN_ID)
        size = sum(map(len, out))
        assert tracemalloc.get_traced_memory()[1] < size + 12_000_000
    finally:
        tracemalloc.stop()


def test_nested_lists_are_only_skipped() -> None:
    """No recursion where a deep nest stands for an access list."""
    nest = b"\xc0"
    for _ in range(20_000):
        nest = rlp.encode_list([nest])
        if len(nest) > 3000:
            break
    data = b"\x02" + rlp.encode_list([b"\x80", b"\x80", b"\x80", b"\x80", nest])
    with pytest.raises(SpanBatchDeriveError):
        full_transactions(columns([data]), CHAIN_ID)
