"""What each hard fork changes inside the execution engine.

The part of :class:`~pyoprollup.rollup.rules.Rules` that only execution asks about, built the same way:
a fork's function *is* its delta.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum, IntEnum

from pyoprollup.rollup.fork import Fork

__all__ = ["BEDROCK_EVM", "EVM_DELTAS", "BaseEvm", "EvmRules", "L1CostFormula", "OperatorFeeFormula"]


class BaseEvm(IntEnum):
    """The Ethereum hard fork whose EVM a fork of the OP Stack builds on, in their order.

    Each has the rules of those before it, so rules are asked for with ``>=``.
    """

    PARIS = 0
    SHANGHAI = 1
    CANCUN = 2
    PRAGUE = 3
    OSAKA = 4


class L1CostFormula(Enum):
    """How the data fee of a transaction is computed."""

    BEDROCK = "bedrock"
    REGOLITH = "regolith"
    ECOTONE = "ecotone"
    FJORD = "fjord"


class OperatorFeeFormula(Enum):
    """How the operator fee is computed."""

    ISTHMUS = "isthmus"
    JOVIAN = "jovian"


@dataclass(frozen=True, slots=True)
class EvmRules:
    """Every rule of execution that depends on a fork. Limits are input sizes in bytes."""

    base: BaseEvm = BaseEvm.PARIS
    l1_cost: L1CostFormula = L1CostFormula.BEDROCK
    operator_fee: OperatorFeeFormula | None = None

    deposit_gas_reported: bool = False
    """Deposits count the gas they use, and record the nonce they used; before, their gas limit."""
    deposit_receipt_version: bool = False
    """The receipt of a deposit commits to its nonce and a version."""

    canyon_denominator: bool = False
    """The base fee changes by the denominator that the chain has since Canyon."""

    p256_verify_gas: int | None = None
    """Price of the P256VERIFY precompile; ``None``: there is none."""
    tx_gas_cap: int | None = None
    """Largest gas limit of a transaction that is no deposit (EIP-7825); ``None``: any."""
    bn256_pairing_limit: int | None = None
    bls_g1_msm_limit: int | None = None
    bls_g2_msm_limit: int | None = None
    bls_pairing_limit: int | None = None


def _regolith(rules: EvmRules) -> EvmRules:
    """Specification: protocol/regolith/overview.md; protocol/exec-engine.md, L1-Cost fees (L1 Fee Vault)."""
    return replace(rules, deposit_gas_reported=True, l1_cost=L1CostFormula.REGOLITH)


def _canyon(rules: EvmRules) -> EvmRules:
    """Specification: protocol/canyon/overview.md."""
    return replace(rules, base=BaseEvm.SHANGHAI, deposit_receipt_version=True, canyon_denominator=True)


def _ecotone(rules: EvmRules) -> EvmRules:
    """Specification: protocol/ecotone/overview.md; protocol/exec-engine.md, Ecotone L1-Cost fee changes
    (EIP-4844 DA)."""
    return replace(rules, base=BaseEvm.CANCUN, l1_cost=L1CostFormula.ECOTONE)


def _fjord(rules: EvmRules) -> EvmRules:
    """Specification: protocol/fjord/exec-engine.md; protocol/precompiles.md."""
    return replace(rules, l1_cost=L1CostFormula.FJORD, p256_verify_gas=3450)


def _granite(rules: EvmRules) -> EvmRules:
    """Specification: protocol/granite/exec-engine.md."""
    return replace(rules, bn256_pairing_limit=112_687)


def _isthmus(rules: EvmRules) -> EvmRules:
    """Specification: protocol/isthmus/exec-engine.md."""
    return replace(
        rules,
        base=BaseEvm.PRAGUE,
        operator_fee=OperatorFeeFormula.ISTHMUS,
        bls_g1_msm_limit=513_760,
        bls_g2_msm_limit=488_448,
        bls_pairing_limit=235_008,
    )


def _jovian(rules: EvmRules) -> EvmRules:
    """Specification: protocol/jovian/exec-engine.md."""
    return replace(
        rules,
        operator_fee=OperatorFeeFormula.JOVIAN,
        bn256_pairing_limit=81_984,
        bls_g1_msm_limit=288_960,
        bls_g2_msm_limit=278_784,
        bls_pairing_limit=156_672,
    )


def _karst(rules: EvmRules) -> EvmRules:
    """Specification: protocol/karst/exec-engine.md for the limit. The rest is Osaka's EVM.

    Its rules are EIP-7823, EIP-7825, EIP-7883, EIP-7939 and EIP-7951; which of them hang on the base is for
    the engine to know.
    """
    return replace(
        rules,
        base=BaseEvm.OSAKA,
        tx_gas_cap=1 << 24,
        p256_verify_gas=6900,
        bn256_pairing_limit=57_600,
    )


BEDROCK_EVM = EvmRules()

EVM_DELTAS: dict[Fork, Callable[[EvmRules], EvmRules]] = {
    Fork.REGOLITH: _regolith,
    Fork.CANYON: _canyon,
    Fork.ECOTONE: _ecotone,
    Fork.FJORD: _fjord,
    Fork.GRANITE: _granite,
    Fork.ISTHMUS: _isthmus,
    Fork.JOVIAN: _jovian,
    Fork.KARST: _karst,
}
