"""Checks of what the driver decides: whether a block is the one that was derived."""

from __future__ import annotations

from pyoprollup.driver.attributes_match import AttributesMismatch, attributes_match_block
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.payload import ExecutionPayload, ExecutionPayloadEnvelope
from pyoprollup.eth.types import hash_from_hex
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.vectors.core import Case, expect, register

__all__: list[str] = []


@register("misc", "attributes_match")
def check_attributes_match(case: Case) -> None:
    """A block and attributes: the same or not. The chain has no forks, as the vectors' has none."""
    root = case["parent_beacon_block_root"]
    envelope = ExecutionPayloadEnvelope(
        ExecutionPayload.from_json(case["payload"]), None if root is None else hash_from_hex(root)
    )
    match = True
    try:
        attributes_match_block(
            RollupConfig(),
            PayloadAttributes.from_json(case["attributes"]),
            hash_from_hex(case["parent_hash"]),
            envelope,
        )
    except AttributesMismatch:
        match = False
    expect("match", case["match"], match)
