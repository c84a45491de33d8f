"""The hint about a block that is to be executed: who its parent is, and what it is made of."""

from __future__ import annotations

from pyoprollup.errors import ConfigError, DecodeError
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.types import Hash32, hash_from_hex
from pyoprollup.preimage.codec import MAX_HINT_SIZE
from pyoprollup.program.errors import HintError
from pyoprollup.program.hints import Hint
from pyoprollup.rollup.config_reader import parse_json

__all__ = ["decode_payload_hint"]


def decode_payload_hint(hint: Hint) -> tuple[Hash32, PayloadAttributes]:
    """The parent's hash and the attributes, in either form; raises :class:`HintError`."""
    text = hint.data[32:] if hint.is_kona else hint.data
    try:
        value = parse_json(text, "payload witness", MAX_HINT_SIZE)
        if hint.is_kona:
            return Hash32(hint.data[:32]), PayloadAttributes.from_json(value)
        if not isinstance(value, dict):
            raise HintError("a payload witness is an object")
        parent = hash_from_hex(value.get("parentBlockHash"), "parentBlockHash")
        return parent, PayloadAttributes.from_json(value.get("payloadAttributes"))
    except (ConfigError, DecodeError) as exc:
        raise HintError(f"payload witness: {exc}") from exc
