"""The networks of ethereum's tests, as rules of the engine without anything of the OP Stack."""

from __future__ import annotations

import re

from campaigns.ethereum_tests.verdict import Apart
from pyoprollup.rollup.evm_rules import BaseEvm, EvmRules
from pyoprollup.rollup.rules import Rules

__all__ = ["ethereum_rules", "rules_of"]

_BEFORE_THE_MERGE = {
    *("Frontier", "Homestead", "DAO", "EIP150", "TangerineWhistle", "EIP158", "SpuriousDragon", "Byzantium"),
    *("Constantinople", "ConstantinopleFix", "Petersburg", "Istanbul", "MuirGlacier", "Berlin", "London"),
    *("ArrowGlacier", "GrayGlacier"),
}
_BASES = {
    "Paris": BaseEvm.PARIS,
    "Merge": BaseEvm.PARIS,
    "Shanghai": BaseEvm.SHANGHAI,
    "Cancun": BaseEvm.CANCUN,
    "Prague": BaseEvm.PRAGUE,
    "Osaka": BaseEvm.OSAKA,
    # These change nothing but how many blobs there may be.
    **{f"BPO{number}": BaseEvm.OSAKA for number in range(1, 6)},
}
_TRANSITION = re.compile(r"(?P<before>\w+?)To(?P<after>\w+?)At(?P<what>Time|Block)?(?P<at>\w+)")
_OSAKA_TX_GAS_CAP, _OSAKA_P256_VERIFY_GAS = 1 << 24, 6900


def ethereum_rules(base: BaseEvm) -> Rules:
    """Rules of L1 under a hard fork."""
    osaka, prague = base >= BaseEvm.OSAKA, base >= BaseEvm.PRAGUE
    return Rules(
        system_transactions=False,
        withdrawals=base >= BaseEvm.SHANGHAI,
        parent_beacon_block_root=base >= BaseEvm.CANCUN,
        set_code_transactions=prague,
        requests_hash=prague,
        beacon_root_call=base >= BaseEvm.CANCUN,
        block_hash_history=prague,
        evm=EvmRules(
            base=base,
            tx_gas_cap=_OSAKA_TX_GAS_CAP if osaka else None,
            p256_verify_gas=_OSAKA_P256_VERIFY_GAS if osaka else None,
        ),
    )


def rules_of(network: str, time: int) -> Rules:
    """Rules of a block of this time, in seconds; raises :class:`Apart`."""
    transition = _TRANSITION.fullmatch(network)
    if transition is None:
        return ethereum_rules(_base(network))
    before, after = transition["before"], transition["after"]
    if before in _BEFORE_THE_MERGE:
        raise Apart("forks before the merge")
    thousands = re.fullmatch(r"([0-9]+)(k?)", transition["at"])
    if transition["what"] != "Time" or thousands is None:
        raise Apart(f"network {network}")
    since = int(thousands[1]) * (1000 if thousands[2] else 1)
    return ethereum_rules(_base(after if time >= since else before))


def _base(fork: str) -> BaseEvm:
    if fork in _BEFORE_THE_MERGE:
        raise Apart("forks before the merge")
    if fork not in _BASES:
        raise Apart(f"network {fork}")
    return _BASES[fork]
