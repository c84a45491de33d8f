"""Checks of the formats about output roots, payloads, headers and blobs."""

from __future__ import annotations

from pyoprollup.errors import DecodeError
from pyoprollup.eth.blobs import BLOB_SIZE, blob_from_data, blob_to_data
from pyoprollup.eth.crypto import address_of, keccak256
from pyoprollup.eth.headers import Header
from pyoprollup.eth.kzg import blob_commitment, versioned_hash
from pyoprollup.eth.output_root import OutputV0, output_root, unmarshal_output
from pyoprollup.eth.payload import ExecutionPayload, ExecutionPayloadEnvelope
from pyoprollup.eth.payload_fields import BlockVersion, payload_version
from pyoprollup.eth.signed_payload import (
    compress,
    decompress,
    message_id,
    recover_signer,
    sign_payload,
    signing_hash,
)
from pyoprollup.eth.ssz import decode_envelope, decode_payload, encode_envelope, encode_payload
from pyoprollup.eth.types import bytes_from_hex, hash_from_hex, quantity_from_hex, to_hex, to_quantity
from pyoprollup.vectors.core import Case, Mismatch, expect, register

__all__: list[str] = []

_PAYLOAD_KEY = keccak256(b"pyoprollup oracle key 500")
"""The key that signed the vectors' payloads."""


# --- output_root


@register("output_root", "output")
def check_output(case: Case) -> None:
    """Marshalling and hashing of an output."""
    output = OutputV0(
        hash_from_hex(case["state_root"]),
        hash_from_hex(case["message_passer_storage_root"]),
        hash_from_hex(case["block_hash"]),
    )
    expect("marshaled", case["marshaled"], to_hex(output.marshal()))
    expect("output_root", case["output_root"], to_hex(output_root(output)))


@register("output_root", "unmarshal")
def check_unmarshal_output(case: Case) -> None:
    """Bytes of an output: accepted or not, and its root."""
    try:
        root = to_hex(output_root(unmarshal_output(bytes_from_hex(case["data"]))))
    except DecodeError:
        root = None
    expect("ok", case["error"] is None, root is not None)
    expect("output_root", case.get("output_root"), root)


# --- payloads


@register("payloads", "payloads")
def check_payload(case: Case) -> None:
    """A payload from JSON: block hash, SSZ, envelope, and everything about its gossip message."""
    payload = ExecutionPayload.from_json(case["payload"])
    root = case.get("parent_beacon_block_root")
    envelope = ExecutionPayloadEnvelope(payload, None if root is None else hash_from_hex(root))
    expect(
        "payload",
        {**case["payload"], "transactions": case["payload"]["transactions"] or []},
        payload.to_json(),
    )
    expect("computed_block_hash", case["computed_block_hash"], to_hex(envelope.compute_block_hash()))
    version = BlockVersion(case["version"])
    expect("version", version, payload_version(payload))
    body = encode_payload(payload)
    expect("ssz", case["ssz"], to_hex(body))
    expect("decoded ssz", payload, decode_payload(version, body))
    if root is not None:
        body = encode_envelope(envelope)
        expect("envelope_ssz", case["envelope_ssz"], to_hex(body))
        expect("decoded envelope_ssz", envelope, decode_envelope(version, body))
    _check_message(case, body)


def _check_message(case: Case, body: bytes) -> None:
    chain_id = quantity_from_hex(case["chain_id"])
    expect("signing_hash", case["signing_hash"], to_hex(signing_hash(body, chain_id)))
    signature = sign_payload(body, chain_id, _PAYLOAD_KEY)
    expect("signature", case["signature"], to_hex(signature))
    expect("signer", address_of(_PAYLOAD_KEY), recover_signer(signature, body, chain_id))
    message = signature + body
    expect("gossip_message_len", case["gossip_message_len"], len(message))
    # Compressors may differ; what their output expands to, and thus the id, may not.
    for compressed in (compress(message), bytes_from_hex(case["snappy"]) if "snappy" in case else None):
        if compressed is not None:
            expect("decompressed", message, decompress(compressed))
            expect("message_id", case["message_id"], to_hex(message_id(case["topic"], compressed)))


@register("payloads", "message_ids")
def check_message_id(case: Case) -> None:
    """The id of a message that may not be valid snappy."""
    data = bytes_from_hex(case["data"])
    valid = True
    try:
        decompress(data)
    except DecodeError:
        valid = False
    expect("valid_snappy", case["valid_snappy"], valid)
    expect("message_id", case["message_id"], to_hex(message_id(case["topic"], data)))


@register("payloads", "ssz_decode")
def check_ssz_decode(case: Case) -> None:
    """Payload bytes, often damaged: accepted or not, some fields, and the way back."""
    data = bytes_from_hex(case["data"])
    try:
        payload = decode_payload(BlockVersion(case["decode_as_version"]), data)
    except DecodeError as exc:
        if case["ok"]:
            raise Mismatch(f"rejected: {exc}") from exc
        return
    expect("ok", case["ok"], True)
    fields = {
        "baseFeePerGas": to_quantity(payload.base_fee_per_gas),
        "blockHash": to_hex(payload.block_hash),
        "extraData": to_hex(payload.extra_data),
        "transactions": [to_hex(tx) for tx in payload.transactions],
    }
    expect("fields", case["fields"], fields)
    if "withdrawals" in case:
        expect("withdrawals", case["withdrawals"], len(payload.withdrawals or ()))
    expect("reencoded_same", case["reencoded_same"], encode_payload(payload) == data)


# --- headers_blobs


@register("headers_blobs", "headers")
def check_header(case: Case) -> None:
    """A header from JSON: RLP, hash, blob base fee (all of the vectors' headers are of Cancun)."""
    header = Header.from_json(case["header"])
    data = header.encode()
    expect("rlp", case["rlp"], to_hex(data))
    expect("hash", case["hash"], to_hex(header.hash()))
    expect("decoded rlp", header, Header.decode(data))
    fee = header.blob_base_fee()
    expect("blob_base_fee", case["blob_base_fee"], None if fee is None else to_quantity(fee))
    present = {key: value for key, value in case["header"].items() if value is not None}
    expect("header", present, header.to_json())


@register("headers_blobs", "blobs")
def check_blob(case: Case) -> None:
    """Packing data into a blob, and the blob's commitment."""
    data = bytes_from_hex(case["data"])
    blob = blob_from_data(data)
    expect("blob", _untrimmed(case), blob)
    expect("data", data, blob_to_data(blob))
    commitment = blob_commitment(blob)
    expect("kzg_commitment", case["kzg_commitment"], to_hex(commitment))
    expect("versioned_hash", case["versioned_hash"], to_hex(versioned_hash(commitment)))


@register("headers_blobs", "blob_decode")
def check_blob_decode(case: Case) -> None:
    """Unpacking a blob that may be damaged."""
    try:
        data = to_hex(blob_to_data(_untrimmed(case)))
    except DecodeError:
        data = None
    expect("ok", case["ok"], data is not None)
    expect("data", case.get("data"), data)


@register("headers_blobs", "full")
def check_full_blob(case: Case) -> None:
    """Packing a given amount of made-up data, around the largest that fits."""
    data = bytes((i * 7 + i // 251) % 256 for i in range(case["len"]))
    try:
        blob = blob_from_data(data)
    except DecodeError as exc:
        if case["ok"]:
            raise Mismatch(f"rejected: {exc}") from exc
        return
    expect("ok", case["ok"], True)
    expect("blob_keccak", case["blob_keccak"], to_hex(keccak256(blob)))
    expect("roundtrip", case["roundtrip"], blob_to_data(blob) == data)


def _untrimmed(case: Case) -> bytes:
    return bytes_from_hex(case["blob_trimmed"]).ljust(BLOB_SIZE, b"\0")
