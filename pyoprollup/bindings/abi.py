"""Functions, events and errors of a contract, read from signatures that people can read.

One line each, names of parameters as one likes::

    gameAtIndex(uint256 index) view -> (uint32 gameType, uint64 timestamp, address proxy)
    event Move(uint256 indexed parentIndex, bytes32 indexed claim, address indexed claimant)
    error NoImplementation(uint32 gameType)
    error BadInput() = 0x07b1daf1

The last form is for an error whose contract does not derive the selector from the signature. Selectors and
topics are computed. Values are those of :mod:`pyoprollup.eth.abi`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

from pyoprollup.errors import DecodeError
from pyoprollup.eth.abi import check_types, decode_arguments, encode_arguments, event_topic, selector
from pyoprollup.eth.receipts import Log
from pyoprollup.eth.types import Address, Hash32, bytes_from_hex

__all__ = ["MUTABILITIES", "CustomError", "Event", "Function", "Member", "Parameter", "parse_member"]

MUTABILITIES = ("pure", "view", "nonpayable", "payable")
"""What a function may do: ``nonpayable`` is what is not said."""

_MEMBER = re.compile(r"(?:(event|error) +)?(\w+)(\(.*)", re.ASCII)
_ARRAYS = re.compile(r"(?:\[\d*\])*", re.ASCII)
_WORDS = re.compile(r" *(\w*)((?:\[\d*\])*)((?: +\w+)*) *", re.ASCII)
_DYNAMIC = re.compile(r"bytes|string|.*[\])]")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter or a result: its type in the canonical form, and its name, which may be empty."""

    type: str
    name: str = ""
    indexed: bool = False


def _types(parameters: Sequence[Parameter]) -> list[str]:
    return [parameter.type for parameter in parameters]


@dataclass(frozen=True)
class _Named:
    name: str
    inputs: tuple[Parameter, ...]

    @cached_property
    def types(self) -> list[str]:
        """The types of the parameters."""
        return _types(self.inputs)

    @cached_property
    def signature(self) -> str:
        """Name and types, from which selectors and topics are computed."""
        return f"{self.name}({','.join(self.types)})"

    def __str__(self) -> str:
        return self.signature


@dataclass(frozen=True)
class Function(_Named):
    """A function of a contract."""

    outputs: tuple[Parameter, ...] = ()
    mutability: str = "nonpayable"

    @cached_property
    def selector(self) -> bytes:
        """The four bytes that call it."""
        return selector(self.signature)

    def encode(self, *arguments: Any) -> bytes:
        """Call data; raises :class:`ValueError` for arguments that do not fit."""
        return self.selector + encode_arguments(self.types, arguments)

    def decode(self, data: bytes) -> tuple[Any, ...]:
        """The arguments in call data for this function; raises :class:`DecodeError`."""
        return _decode(self, self.selector, data)

    def encode_result(self, *results: Any) -> bytes:
        """What a contract that answers with these results returns."""
        return encode_arguments(_types(self.outputs), results)

    def decode_result(self, data: bytes) -> Any:
        """The result of a call: the value if there is one, a tuple if there are more, else ``None``.

        Raises :class:`DecodeError`; an empty answer often means that there is no contract.
        """
        if self.outputs and not data:
            raise DecodeError(f"{self}: the answer is empty; there may be no such contract or function")
        try:
            results = decode_arguments(_types(self.outputs), data)
        except DecodeError as exc:
            raise DecodeError(f"{self}: result {exc}") from exc
        if len(results) == 1:
            return results[0]
        return results or None


@dataclass(frozen=True)
class CustomError(_Named):
    """An error that a contract reverts with."""

    own_selector: bytes = b""
    """The selector, if it is not the signature's."""

    @cached_property
    def selector(self) -> bytes:
        """The four bytes that the data of a revert begins with."""
        return self.own_selector or selector(self.signature)

    def encode(self, *arguments: Any) -> bytes:
        """The data of a revert."""
        return self.selector + encode_arguments(self.types, arguments)

    def decode(self, data: bytes) -> tuple[Any, ...]:
        """The arguments in the data of a revert; raises :class:`DecodeError`."""
        return _decode(self, self.selector, data)


@dataclass(frozen=True)
class Event(_Named):
    """An event; those that are anonymous are not known here."""

    @cached_property
    def topic(self) -> Hash32:
        """The first topic of its logs."""
        return event_topic(self.signature)

    @cached_property
    def _topic_types(self) -> list[str]:
        """Of what has no fixed size only a hash is in the topics."""
        types = [parameter.type for parameter in self.inputs if parameter.indexed]
        return ["bytes32" if _DYNAMIC.fullmatch(kind) else kind for kind in types]

    @cached_property
    def _data_types(self) -> list[str]:
        return [parameter.type for parameter in self.inputs if not parameter.indexed]

    def encode(self, address: Address, *arguments: Any) -> Log:
        """The log of this event; ``bytes32`` stand for indexed arguments that have no fixed size."""
        pairs = list(zip(self.inputs, arguments, strict=True))
        indexed = [value for parameter, value in pairs if parameter.indexed]
        data = [value for parameter, value in pairs if not parameter.indexed]
        words = encode_arguments(self._topic_types, indexed)
        topics = [Hash32(words[at : at + 32]) for at in range(0, len(words), 32)]
        return Log(address, (self.topic, *topics), encode_arguments(self._data_types, data))

    def decode(self, log: Log) -> tuple[Any, ...]:
        """The arguments in the order of the declaration; raises :class:`DecodeError`."""
        if log.topics[:1] != (self.topic,):
            raise DecodeError(f"the log is not a {self}")
        if len(log.topics) != len(self._topic_types) + 1:
            raise DecodeError(f"{self}: {len(log.topics)} topics, not {len(self._topic_types) + 1}")
        try:
            topics = iter(decode_arguments(self._topic_types, b"".join(log.topics[1:])))
            data = iter(decode_arguments(self._data_types, log.data))
        except DecodeError as exc:
            raise DecodeError(f"{self}: log {exc}") from exc
        return tuple(next(topics if parameter.indexed else data) for parameter in self.inputs)


Member: TypeAlias = Function | Event | CustomError


def _decode(member: Function | CustomError, four_bytes: bytes, data: bytes) -> tuple[Any, ...]:
    if data[:4] != four_bytes:
        raise DecodeError(f"the data is not of {member}: it begins with 0x{data[:4].hex()}")
    try:
        return decode_arguments(member.types, data[4:])
    except DecodeError as exc:
        raise DecodeError(f"{member}: {exc}") from exc


# --- signatures


def parse_member(line: str) -> Member:
    """A function, an event or an error; raises :class:`DecodeError` for what is none of them."""
    try:
        return _member(line)
    except ValueError as exc:
        raise DecodeError(f"{line!r} is not a signature: {exc}") from exc


def _member(line: str) -> Member:
    match = _MEMBER.fullmatch(line.strip())
    if match is None:
        raise ValueError("expected name(types)")
    kind, name, rest = match.groups()
    inputs, rest = _parameters(rest, indexed=kind == "event")
    rest = rest.strip()
    if kind == "event":
        _end(rest)
        if sum(parameter.indexed for parameter in inputs) > 3:
            raise ValueError("at most three parameters are indexed")
        return Event(name, inputs)
    if kind == "error":
        before, equals, own = rest.partition("=")
        _end(before)
        own_selector = bytes_from_hex(own.strip(), "selector") if equals else b""
        if equals and len(own_selector) != 4:
            raise ValueError("a selector has four bytes")
        return CustomError(name, inputs, own_selector)
    mutability, arrow, results = rest.partition("->")
    outputs, rest = _parameters(results.strip()) if arrow else ((), "")
    _end(rest)
    if (said := mutability.strip()) not in ("", *MUTABILITIES):
        raise ValueError(f"{said!r} is none of {', '.join(MUTABILITIES)}")
    return Function(name, inputs, outputs, said or "nonpayable")


def _end(rest: str) -> None:
    if rest.strip():
        raise ValueError(f"{rest.strip()!r} is too much")


def _parameters(text: str, indexed: bool = False) -> tuple[tuple[Parameter, ...], str]:
    """The parameters in parentheses at the start of ``text``, and what follows them."""
    inside, rest = _parenthesis(text)
    parameters = tuple(_parameter(part, indexed) for part in _split(inside))
    check_types(_types(parameters))
    return parameters, rest


def _parameter(text: str, indexed: bool) -> Parameter:
    if text.lstrip().startswith("("):
        inside, rest = _parenthesis(text.lstrip())
        arrays = _ARRAYS.match(rest)
        assert arrays is not None  # It matches nothing as well.
        components = ",".join(_parameter(part, False).type for part in _split(inside))
        kind, words = f"({components}){arrays[0]}", rest[arrays.end() :].split()
    else:
        match = _WORDS.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not a parameter")
        kind, words = match[1] + match[2], match[3].split()
    is_indexed = indexed and words[:1] == ["indexed"]
    name = words[1:] if is_indexed else words
    if len(name) > 1 or re.fullmatch(r"u?int(\[.*)?", kind):
        raise ValueError(f"{text.strip()!r} is not a parameter with a canonical type")
    return Parameter(kind, "".join(name), is_indexed)


def _parenthesis(text: str) -> tuple[str, str]:
    """What is between the parenthesis that ``text`` begins with and its partner, and what comes after."""
    depth = 0
    for at, letter in enumerate(text if text.startswith("(") else ""):
        depth += (letter == "(") - (letter == ")")
        if not depth:
            return text[1:at], text[at + 1 :]
    raise ValueError("parentheses do not match")


def _split(inside: str) -> list[str]:
    """At the commas that are in no parenthesis."""
    if not inside.strip():
        return []
    parts, depth = [""], 0
    for letter in inside:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return parts
