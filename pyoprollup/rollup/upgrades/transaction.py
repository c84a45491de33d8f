"""One network upgrade transaction: a deposit that derivation makes up on a fork's activation block.

Specification: protocol/ecotone/derivation.md, Network upgrade automation transactions; and the same
section of the later forks.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyoprollup.eth.deposit_tx import DepositTransaction
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.rollup.deposit_source import upgrade_deposit_source
from pyoprollup.rollup.fork import Fork

__all__ = ["UpgradeTransaction", "qualified_intent"]


@dataclass(frozen=True, slots=True)
class UpgradeTransaction:
    """A call, or a deployment when ``to`` is ``None``, without mint and without value."""

    intent: str
    """What it is for, in words; the source hash is made from it."""
    from_: Address
    to: Address | None
    gas_limit: int
    data: bytes
    """Calldata or deployment code."""

    @property
    def source_hash(self) -> Hash32:
        return upgrade_deposit_source(self.intent)

    def encode(self) -> bytes:
        """The EIP-2718 bytes of the deposit."""
        return DepositTransaction(
            source_hash=self.source_hash,
            from_=self.from_,
            to=self.to,
            mint=None,
            value=0,
            gas=self.gas_limit,
            is_system=False,
            data=self.data,
        ).encode()


def qualified_intent(fork: Fork, index: int, intent: str) -> str:
    """The intent that goes into the source hash of transaction ``index`` of a fork's bundle.

    The forks up to Jovian wrote their name into each intent. From Karst on, files carry bare intents
    and the fork and the position are put before them, so that no two can be the same.
    """
    return intent if fork < Fork.KARST else f"{fork.name.capitalize()} {index}: {intent}"
