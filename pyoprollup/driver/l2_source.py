"""The engine as the source of L2: its blocks, and what is written in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from pyoprollup.derive.payload_util import payload_to_block_ref, payload_to_system_config
from pyoprollup.engine import EngineAPI, EngineError
from pyoprollup.errors import DecodeError, NotFound, Unavailable
from pyoprollup.eth.payload import ExecutionPayload, ExecutionPayloadEnvelope
from pyoprollup.eth.refs import BlockLabel, L2BlockRef
from pyoprollup.eth.types import Hash32
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.system_config import SystemConfig
from pyoprollup.rollup.upgrades import UpgradeBundles

__all__ = ["EngineL2Source"]

_K = TypeVar("_K")


class EngineL2Source:
    """Blocks of an engine. Raises ``NotFound`` and, for all else, ``Unavailable``.

    On a chain that was migrated the engine has blocks from before the rollup's genesis block. They are not
    part of the rollup and have no L1 origin: to ask again would not help, so they are not found.
    """

    def __init__(
        self, config: RollupConfig, engine: EngineAPI, bundles: UpgradeBundles | None = None
    ) -> None:
        self._config = config
        self._engine = engine
        self._bundles = bundles

    def read_ref(self, payload: ExecutionPayload) -> L2BlockRef:
        """The reference of a block; raises ``DecodeError``."""
        return payload_to_block_ref(self._config, payload)

    def l2_block_ref_by_label(self, label: BlockLabel) -> L2BlockRef:
        return self._ref(_read(self._engine.payload_by_label, label))

    def l2_block_ref_by_number(self, number: int) -> L2BlockRef:
        return self._ref(self.envelope_by_number(number))

    def l2_block_ref_by_hash(self, block_hash: Hash32) -> L2BlockRef:
        return self._ref(_read(self._engine.payload_by_hash, block_hash))

    def envelope_by_number(self, number: int) -> ExecutionPayloadEnvelope:
        self._check_number(number)
        return _read(self._engine.payload_by_number, number)

    def payload_by_number(self, number: int) -> ExecutionPayload:
        return self.envelope_by_number(number).payload

    def system_config_by_l2_hash(self, block_hash: Hash32) -> SystemConfig:
        payload = _read(self._engine.payload_by_hash, block_hash).payload
        self._check_number(payload.block_number)
        try:
            return payload_to_system_config(self._config, payload, self._bundles)
        except DecodeError as error:
            raise Unavailable(f"L2 block {payload.id}: {error}") from error

    def _check_number(self, number: int) -> None:
        first = self._config.genesis.l2.number
        if number < first:
            raise NotFound(f"L2 block {number} is before the rollup's first, {first}")

    def _ref(self, envelope: ExecutionPayloadEnvelope) -> L2BlockRef:
        self._check_number(envelope.payload.block_number)
        try:
            return self.read_ref(envelope.payload)
        except DecodeError as error:
            raise Unavailable(f"L2 block {envelope.payload.id}: {error}") from error


def _read(call: Callable[[_K], ExecutionPayloadEnvelope], key: _K) -> ExecutionPayloadEnvelope:
    try:
        return call(key)
    except (NotFound, Unavailable):
        raise
    except EngineError as error:
        raise Unavailable(f"the engine refuses to be read: {error}") from error
