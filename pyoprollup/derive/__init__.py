"""L1 data in, payload attributes out.

The derivation side of a rollup node, after the specification's protocol/derivation.md and the forks'
derivation.md: one module per stage, in the order of the flow ``l1_traversal`` → ``l1_retrieval``
(``data_source``, ``altda``) → ``frame_queue`` (``frame``) → ``channel_mux`` (``channel_bank``,
``channel_assembler``) → ``channel_in_reader`` (``batch_reader``, ``decompress``) → ``batch_mux``
(``batch_queue``, ``batch_stage``) → ``attributes_queue`` (``attributes``), assembled in ``pipeline``. A
stage pulls from the one before it and raises one of ``errors`` when it has nothing to give. All of it is
synchronous and deterministic; L1, blobs and L2 are read through the protocols of :mod:`pyoprollup.sources`.
``codec`` has the wire forms, ``compression`` reads channels, ``altda`` finds data that is not on L1.
:mod:`pyoprollup.replay` runs the pipeline without a node.
"""

from __future__ import annotations

from pyoprollup.derive.attributes import AttributesBuilder, FetchingAttributesBuilder
from pyoprollup.derive.attributes_queue import AttributesWithParent
from pyoprollup.derive.batch_reader import BatchReader
from pyoprollup.derive.batch_validity import BatchValidity, Verdict
from pyoprollup.derive.channel import Channel
from pyoprollup.derive.channel_out import SingularChannelOut, SpanChannelOut
from pyoprollup.derive.codec.batch import decode_batch, encode_batch
from pyoprollup.derive.codec.frame import Frame, parse_frames
from pyoprollup.derive.codec.raw_span_batch import RawSpanBatch, decode_raw_span_batch
from pyoprollup.derive.codec.singular_batch import SingularBatch
from pyoprollup.derive.codec.span_batch import SpanBatch, derive_span_batch
from pyoprollup.derive.codec.span_batch_builder import SpanBatchBuilder
from pyoprollup.derive.compression.channel_compressor import CompressionAlgo
from pyoprollup.derive.deposits import decode_deposit_log, user_deposits
from pyoprollup.derive.drops import Dropped, DropReason
from pyoprollup.derive.errors import CriticalError, EndOfData, NotEnoughData, PipelineError, ResetError
from pyoprollup.derive.l1_fee import l1_fee, operator_fee
from pyoprollup.derive.l1_info import L1BlockInfo, l1_block_info_from_bytes, l1_info_deposit
from pyoprollup.derive.payload_util import payload_to_block_ref, payload_to_system_config
from pyoprollup.derive.pipeline import DerivationPipeline
from pyoprollup.derive.provenance import BatchSource, ChannelSource, DataSource, FrameSource

__all__ = [
    "AttributesBuilder",
    "AttributesWithParent",
    "BatchReader",
    "BatchSource",
    "BatchValidity",
    "Channel",
    "ChannelSource",
    "CompressionAlgo",
    "CriticalError",
    "DataSource",
    "DerivationPipeline",
    "DropReason",
    "Dropped",
    "EndOfData",
    "FetchingAttributesBuilder",
    "Frame",
    "FrameSource",
    "L1BlockInfo",
    "NotEnoughData",
    "PipelineError",
    "RawSpanBatch",
    "ResetError",
    "SingularBatch",
    "SingularChannelOut",
    "SpanBatch",
    "SpanBatchBuilder",
    "SpanChannelOut",
    "Verdict",
    "decode_batch",
    "decode_deposit_log",
    "decode_raw_span_batch",
    "derive_span_batch",
    "encode_batch",
    "l1_block_info_from_bytes",
    "l1_fee",
    "l1_info_deposit",
    "operator_fee",
    "parse_frames",
    "payload_to_block_ref",
    "payload_to_system_config",
    "user_deposits",
]
