"""States, memory and oracles of the machine's vectors."""

from __future__ import annotations

from typing import Any

from pyoprollup.cannon.errors import PreimageError
from pyoprollup.cannon.state import State, Thread
from pyoprollup.eth.types import bytes_from_hex, to_hex
from pyoprollup.vectors.core import Case, expect

__all__ = ["TableOracle", "expect_state", "read_state", "word"]


def word(value: Any) -> int:
    """A number of 64 bits, plain or in hex."""
    return int(value, 16) if isinstance(value, str) else value


class TableOracle:
    """Pre-images from a table; keeps what it was told and asked."""

    def __init__(self, preimages: dict[str, str] | None) -> None:
        self._table = {bytes_from_hex(key): bytes_from_hex(data) for key, data in (preimages or {}).items()}
        self.hints: list[str] = []
        self.asked: list[str] = []

    def hint(self, hint: bytes) -> None:
        self.hints.append(to_hex(hint))

    def get(self, key: bytes) -> bytes:
        self.asked.append(to_hex(key))
        try:
            return self._table[key]
        except KeyError:
            raise PreimageError(f"no pre-image for {to_hex(key)}") from None


def _thread(value: Case) -> Thread:
    return Thread(
        thread_id=word(value["thread_id"]),
        pc=word(value["pc"]),
        next_pc=word(value["next_pc"]),
        lo=word(value["lo"]),
        hi=word(value["hi"]),
        registers=tuple(word(each) for each in value["registers"]),
        exit_code=value["exit_code"],
        exited=value["exited"],
    )


def read_state(value: Case, memory: list[Case]) -> State:
    """A state in the form of these files, and the ranges of its memory."""
    state = State(
        preimage_key=bytes_from_hex(value["preimage_key"]),
        preimage_offset=word(value["preimage_offset"]),
        heap=word(value["heap"]),
        ll_status=value["ll_status"],
        ll_address=word(value["ll_address"]),
        ll_owner=word(value["ll_owner"]),
        exit_code=value["exit_code"],
        exited=value["exited"],
        step=value["step"],
        steps_since_switch=value["steps_since_context_switch"],
        traverse_right=value["traverse_right"],
        left=[_thread(each) for each in value["left_threads"]],
        right=[_thread(each) for each in value["right_threads"]],
        next_thread_id=word(value["next_thread_id"]),
        last_hint=bytes_from_hex(value["last_hint"]),
    )
    for each in memory:
        state.memory.write(word(each["addr"]), bytes_from_hex(each["data"]))
    return state


def expect_state(name: str, value: Case, state: State) -> None:
    """Compare all fields of a state, and its hash."""
    wanted = read_state(value, [])
    for field in State.__dataclass_fields__:
        if field != "memory":
            expect(f"{name} {field}", getattr(wanted, field), getattr(state, field))
    expect(f"{name} memory_root", value["memory_root"], to_hex(state.memory.root()))
    expect(f"{name} state_hash", value["state_hash"], to_hex(state.hash()))
