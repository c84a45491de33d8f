"""Values of Ethereum and the OP Stack, and their wire forms.

Everything that the rest of the package passes around or reads from outside lives here: block
references, transactions (opaque bytes, decoded only where somebody looks inside), the deposit type,
receipts, headers, execution payloads and attributes, blobs, output roots; with their RLP, SSZ and JSON
codecs, hashes and signatures. Nothing in it knows what a rollup is, or does any input or output.

Specification: protocol/deposits.md (the transaction type and its receipt), protocol/exec-engine.md
(payloads and attributes, with the additions of each fork), protocol/ecotone/derivation.md (blob packing),
protocol/proposals.md (output roots), protocol/withdrawals.md, protocol/rollup-node-p2p.md (SSZ and the
signed form of gossiped blocks). The forms that L1 defines follow the Yellow Paper and the EIPs, as
go-ethereum reads them.

Decoders take hostile input: they raise :class:`~pyoprollup.errors.DecodeError` and nothing else, in time
and memory linear in the input. Encoders trust their values, which the type checker vouches for.

The most used names are exported here; modules with names that only make sense qualified are meant to be
imported themselves (``from pyoprollup.eth import rlp, ssz, signed_payload, kzg``).
"""

from __future__ import annotations

from pyoprollup.eth.account_proof import (
    AccountResult,
    StorageProofEntry,
    verify_account_proof,
    verify_storage_proof,
)
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.blob_fee import BlobParameters, blob_base_fee, update_fraction
from pyoprollup.eth.blob_sidecar import BlobSidecar
from pyoprollup.eth.blobs import BLOB_SIZE, MAX_BLOB_DATA_SIZE, BlobError, blob_from_data, blob_to_data
from pyoprollup.eth.crypto import SignatureError, address_of, keccak256, recover_address
from pyoprollup.eth.deposit_tx import DEPOSIT_TX_TYPE, DepositTransaction
from pyoprollup.eth.headers import Header
from pyoprollup.eth.kzg import KzgError, versioned_hash
from pyoprollup.eth.l2_withdrawal import WithdrawalProof, WithdrawalTransaction
from pyoprollup.eth.merkle_proof import ProofError, verify_proof
from pyoprollup.eth.output_root import OutputV0, unmarshal_output
from pyoprollup.eth.payload import ExecutionPayload, ExecutionPayloadEnvelope
from pyoprollup.eth.payload_fields import BlockVersion
from pyoprollup.eth.receipts import Log, Receipt, decode_receipts, receipts_from_json
from pyoprollup.eth.refs import BlockID, L1BlockRef, L2BlockRef
from pyoprollup.eth.rlp import RlpError
from pyoprollup.eth.signer import sender, sign_transaction, signing_hash
from pyoprollup.eth.ssz import SszError
from pyoprollup.eth.transactions import Transaction, decode_transaction, tx_hash, tx_recipient, tx_type
from pyoprollup.eth.trie import EMPTY_TRIE_ROOT, ordered_trie_root
from pyoprollup.eth.types import ZERO_ADDRESS, ZERO_HASH, Address, Hash32
from pyoprollup.eth.withdrawals import Withdrawal

__all__ = [
    "BLOB_SIZE",
    "DEPOSIT_TX_TYPE",
    "EMPTY_TRIE_ROOT",
    "MAX_BLOB_DATA_SIZE",
    "ZERO_ADDRESS",
    "ZERO_HASH",
    "AccountResult",
    "Address",
    "BlobError",
    "BlobParameters",
    "BlobSidecar",
    "BlockID",
    "BlockVersion",
    "DepositTransaction",
    "ExecutionPayload",
    "ExecutionPayloadEnvelope",
    "Hash32",
    "Header",
    "KzgError",
    "L1BlockRef",
    "L2BlockRef",
    "Log",
    "OutputV0",
    "PayloadAttributes",
    "ProofError",
    "Receipt",
    "RlpError",
    "SignatureError",
    "SszError",
    "StorageProofEntry",
    "Transaction",
    "Withdrawal",
    "WithdrawalProof",
    "WithdrawalTransaction",
    "address_of",
    "blob_base_fee",
    "blob_from_data",
    "blob_to_data",
    "decode_receipts",
    "decode_transaction",
    "keccak256",
    "ordered_trie_root",
    "receipts_from_json",
    "recover_address",
    "sender",
    "sign_transaction",
    "signing_hash",
    "tx_hash",
    "tx_recipient",
    "tx_type",
    "unmarshal_output",
    "update_fraction",
    "verify_account_proof",
    "verify_proof",
    "verify_storage_proof",
    "versioned_hash",
]
