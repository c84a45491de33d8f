"""The driver: runs derivation, the engine controller and finality together.

:class:`Driver` puts everything together. Its parts are components that talk in events:
:class:`SyncDeriver` makes steps, :class:`PipelineDeriver` derives attributes,
:class:`AttributesHandler` consolidates them with unsafe blocks or has blocks built from them,
:class:`EngineResetDeriver` finds the heads to start from (:func:`find_l2_heads`), and
:class:`StepSchedulingDeriver` says when the next step is due. :class:`ConfDepth` keeps L1's newest blocks
from derivation and sequencer.

Specification: protocol/derivation.md, Engine queue; protocol/rollup-node.md.
"""

from __future__ import annotations

from pyoprollup.driver.attributes_handler import AttributesHandler
from pyoprollup.driver.attributes_match import AttributesMismatch, attributes_match_block
from pyoprollup.driver.conf_depth import ConfDepth
from pyoprollup.driver.driver import Driver
from pyoprollup.driver.engine_reset import EngineResetDeriver
from pyoprollup.driver.l2_source import EngineL2Source
from pyoprollup.driver.pipeline_deriver import PipelineDeriver
from pyoprollup.driver.steps import StepSchedulingDeriver
from pyoprollup.driver.sync_deriver import SafeHeadListener, SyncDeriver
from pyoprollup.driver.sync_start import (
    FindHeadsResult,
    HeadsSearch,
    InconsistentChain,
    ReorgFinalized,
    SyncStartError,
    TooDeepReorg,
    WrongChain,
    find_l2_heads,
)

__all__ = [
    "AttributesHandler",
    "AttributesMismatch",
    "ConfDepth",
    "Driver",
    "EngineL2Source",
    "EngineResetDeriver",
    "FindHeadsResult",
    "HeadsSearch",
    "InconsistentChain",
    "PipelineDeriver",
    "ReorgFinalized",
    "SafeHeadListener",
    "StepSchedulingDeriver",
    "SyncDeriver",
    "SyncStartError",
    "TooDeepReorg",
    "WrongChain",
    "attributes_match_block",
    "find_l2_heads",
]
