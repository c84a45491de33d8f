"""What batcher and proposer have in common: rollup nodes to ask, and an account that sends to L1."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

from pyoprollup.errors import ConfigError, Unavailable
from pyoprollup.eth.sync_status import SyncStatus
from pyoprollup.eth.types import to_hex
from pyoprollup.events import Tell
from pyoprollup.l1.rpc import L1Client
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollupapi import ActiveRollupProvider, RollupClient
from pyoprollup.rollupapi.provider import RollupOutputs
from pyoprollup.services.waiting import Waiting
from pyoprollup.services.watchdog import Readiness
from pyoprollup.txmgr import LocalSigner, SimpleTxManager, TxManagerConfig

__all__ = ["Account", "RollupEndpoints", "sender_readiness"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RollupEndpoints:
    """Rollup nodes, in the order of preference. Times in seconds.

    With several, the one whose sequencer is active is asked, which is looked up every ``check_duration``.
    """

    urls: tuple[str, ...]
    timeout: float = 10.0
    check_duration: float = 120.0

    def __post_init__(self) -> None:
        if not self.urls:
            raise ConfigError("rollup_rpc: no endpoint is given")

    def open(
        self,
        stack: ExitStack,
        now: Callable[[], float],
        tell: Tell,
        on_changed: Callable[[RollupClient], None] = lambda _client: None,
    ) -> RollupOutputs:
        """The node, or the provider of the active one."""
        clients = [stack.enter_context(RollupClient.dial(url, self.timeout)) for url in self.urls]
        if len(clients) == 1:
            return clients[0]
        return ActiveRollupProvider(clients, now, self.check_duration, on_changed, tell)

    def config(self) -> RollupConfig:
        """The rollup's configuration, from the first node that answers; raises ``Unavailable``."""
        failures: list[str] = []
        for url in self.urls:
            try:
                with RollupClient.dial(url, self.timeout) as client:
                    return client.rollup_config()
            except Unavailable as exc:
                failures.append(str(exc))
        raise Unavailable(f"no rollup node tells its configuration: {'; '.join(failures)}")

    def check(self, rollup: RollupConfig, waiting: Waiting) -> None:
        """Every node must be of this rollup: raises :class:`~pyoprollup.rollupapi.WrongRollup`."""
        for url in self.urls:
            with RollupClient.dial(url, self.timeout) as client:
                waiting.until("rollup", partial(client.check_chain, rollup, "rollup_rpc"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The account that sends, and how. ``key`` has 32 bytes."""

    key: bytes
    config: TxManagerConfig

    def __repr__(self) -> str:
        return f"Account({to_hex(self.signer.address)})"

    @property
    def signer(self) -> LocalSigner:
        return LocalSigner(self.key, self.config.chain_id)

    def manager(self, l1: L1Client, now: Callable[[], float], tell: Tell) -> SimpleTxManager:
        """Its transaction manager; there must be only one for an account."""
        return SimpleTxManager(self.config, l1, self.signer, now, tell=tell)


def sender_readiness(
    running: bool, error: BaseException | None, busy: float | None, status: SyncStatus | None
) -> Readiness:
    """Of a service that sends: ``busy`` is for how many seconds one piece of work has been under way."""
    if not running:
        return Readiness(False, (f"the service has ended: {error}",))
    if busy is not None and busy > 60:
        return Readiness(False, (f"one step takes since {busy:.0f} s: a call of L1 or of the node hangs",))
    notes = () if status is None or status.safe_l2 is None else (f"the safe head is {status.safe_l2.number}",)
    return Readiness(True, (), notes)
