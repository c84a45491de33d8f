"""Checks of the formats about rollup configuration, system configuration and upgrades."""

from __future__ import annotations

from collections.abc import Callable

from pyoprollup.errors import ConfigError
from pyoprollup.eth.deposit_tx import DepositTransaction
from pyoprollup.eth.receipts import Log, receipts_from_json
from pyoprollup.eth.types import bytes_from_hex, to_hex
from pyoprollup.rollup.config import BeforeGenesisError, RollupConfig
from pyoprollup.rollup.deposit_source import (
    l1_info_deposit_source,
    upgrade_deposit_source,
    user_deposit_source,
)
from pyoprollup.rollup.fee_scalars import ScalarError, check_ecotone_scalar, ecotone_scalars
from pyoprollup.rollup.fork import Fork
from pyoprollup.rollup.system_config import SystemConfig
from pyoprollup.rollup.system_config_updates import (
    SystemConfigUpdateError,
    apply_log,
    update_with_l1_receipts,
)
from pyoprollup.rollup.time import L1Time, L2Time
from pyoprollup.rollup.upgrades import upgrade_transactions
from pyoprollup.vectors.core import Case, Check, expect, register
from pyoprollup.vectors.historical_interop import after_force_include_source

__all__: list[str] = []


_NEWER_UPDATES = frozenset({5, 6, 7})
"""Types of ``ConfigUpdate`` that the reference of October 2024 did not know."""


def _check_event(case: Case, known_to: Fork) -> None:
    log = Log.from_json(case["log"])
    config = SystemConfig.from_json(case["before"])
    ok = True
    try:
        config = apply_log(config, log, RollupConfig.from_json(case["forks"]), L1Time(case["l1_time"]))
    except SystemConfigUpdateError:
        ok = False
    kind = int.from_bytes(log.topics[2], "big") if len(log.topics) == 3 else None
    if known_to >= Fork.JOVIAN or kind not in _NEWER_UPDATES:
        expect(f"ok (type {kind})", case["ok"], ok)
    expect("after", case["after"], config.to_json(known_to))


@register("system_config", "events")
def check_system_config_event(case: Case) -> None:
    """One ``ConfigUpdate`` log: accepted or not, and the configuration after it.

    Types that came later are unknown to the reference of this format: of those counts that they leave
    the fields alone that it has.
    """
    _check_event(case, Fork.HOLOCENE)


@register("system_config_v2", "events")
def check_system_config_event_v2(case: Case) -> None:
    """The same of the newer reference."""
    _check_event(case, Fork.JOVIAN)


@register("system_config", "receipts")
def check_system_config_receipts(case: Case) -> None:
    """All receipts of an L1 block: updates that are well-formed apply, the others are reported."""
    _check_receipts(case, Fork.HOLOCENE)


@register("system_config_v2", "receipts")
def check_system_config_receipts_v2(case: Case) -> None:
    """The same of the newer reference."""
    _check_receipts(case, Fork.JOVIAN)


def _check_receipts(case: Case, known_to: Fork) -> None:
    rollup_config = RollupConfig.from_json(
        case["forks"] | {"l1_system_config_address": case["l1_system_config_address"]}
    )
    receipts = receipts_from_json(case["receipts"] or [])
    before = SystemConfig.from_json(case["before"])
    updates = update_with_l1_receipts(before, receipts, rollup_config, L1Time(case["l1_time"]))
    expect("ok", case["ok"], not updates.errors)
    expect("after", case["after"], updates.config.to_json(known_to))


@register("system_config", "scalars")
def check_fee_scalars(case: Case) -> None:
    """A scalar word: valid or not, decoded, encoded again."""
    word = bytes_from_hex(case["scalar"])
    expect("check_error", case["check_error"] is not None, _fails(check_ecotone_scalar, word))
    expect("ecotone_scalars_error", case["ecotone_scalars_error"] is not None, _fails(ecotone_scalars, word))
    if case["ecotone_scalars_error"] is None:
        scalars = ecotone_scalars(word)
        expect("base_fee_scalar", case["base_fee_scalar"], scalars.base_fee_scalar)
        expect("blob_base_fee_scalar", case["blob_base_fee_scalar"], scalars.blob_base_fee_scalar)
        expect("encoded", case["encoded"], to_hex(scalars.encode()))


def _fails(function: Callable[[bytes], object], word: bytes) -> bool:
    try:
        function(word)
    except ScalarError:
        return True
    return False


@register("misc", "config_check")
def check_config_check(case: Case) -> None:
    """A configuration: accepted or not."""
    accepted = True
    try:
        RollupConfig.load(case["config"])
    except ConfigError:
        accepted = False
    expect("accepted", case["error"] is None, accepted)


@register("misc", "chain_spec")
def check_chain_spec(case: Case) -> None:
    """Limits, active forks and activation blocks at a time, read with either clock."""
    config = RollupConfig.from_json(
        case["forks"] | {key: case[key] for key in ("block_time", "channel_timeout", "max_sequencer_drift")}
    )
    l1, l2 = L1Time(case["t"]), L2Time(case["t"])
    rules = config.rules_at_l1(l1)
    expect("channel_timeout_at", case["channel_timeout_at"], config.channel_timeout_at(l1))
    expect("max_sequencer_drift_at", case["max_sequencer_drift_at"], config.max_sequencer_drift_at(l1))
    expect("max_channel_bank_size", case["max_channel_bank_size"], rules.max_channel_bank_size)
    expect("max_rlp_bytes_per_channel", case["max_rlp_bytes_per_channel"], rules.max_rlp_bytes_per_channel)
    activating = config.schedule.activations(l2)
    for fork in Fork:
        name = fork.name.lower()
        if f"is_{name}" in case:
            expect(f"is_{name}", case[f"is_{name}"], config.is_active(fork, l2))
        if f"{name}_activation_block" in case:
            expect(f"{name}_activation_block", case[f"{name}_activation_block"], fork in activating)


@register("misc", "target_block")
def check_target_block(case: Case) -> None:
    """The block number that a time asks for, or the refusal of a time before genesis."""
    genesis = {"l2_time": case["genesis_l2_time"], "l2": {"number": case["genesis_l2_number"]}}
    config = RollupConfig.from_json({"block_time": case["block_time"], "genesis": genesis})
    number, before = 0, False
    try:
        number = config.target_block_number(L2Time(case["timestamp"]))
    except BeforeGenesisError:
        before = True
    expect("error", case["error"] is not None, before)
    expect("target_block", case["target_block"], number)


@register("upgrade_txs", "source_hashes")
def check_source_hashes(case: Case) -> None:
    """One source hash of each domain."""
    block, index = bytes_from_hex(case["l1_block_hash"]), case["index"]
    expect("user", case["user"], to_hex(user_deposit_source(block, index)))
    expect("l1_info", case["l1_info"], to_hex(l1_info_deposit_source(block, index)))
    expect("upgrade", case["upgrade"], to_hex(upgrade_deposit_source(case["intent"])))
    expect(
        "after_force_include", case["after_force_include"], to_hex(after_force_include_source(block, index))
    )


def _transaction(fork: Fork, source_hash: str) -> DepositTransaction:
    """Our upgrade transaction with this source hash."""
    ours = {to_hex(tx.source_hash): tx for tx in map(DepositTransaction.decode, upgrade_transactions(fork))}
    expect("source_hash", True, source_hash in ours)
    return ours[source_hash]


def _check_upgrade(fork: Fork) -> Check:
    def check(case: Case) -> None:
        transaction = _transaction(fork, case["source_hash"])
        expect("encoded", case["encoded"], to_hex(transaction.encode()))
        expect("gas", case["gas"], transaction.gas)
        expect("tx_hash", case["tx_hash"], to_hex(transaction.hash()))

    return check


def _check_upgrade_rust(fork: Fork) -> Check:
    def check(case: Case) -> None:
        transaction = _transaction(fork, case["source_hash"])
        expect("raw", case["raw"], to_hex(transaction.encode()))
        expect("gas", case["gas"], transaction.gas)
        expect("hash", case["hash"], to_hex(transaction.hash()))
        expect("from", case["from"], to_hex(transaction.from_))
        expect("to", case["to"], None if transaction.to is None else to_hex(transaction.to))
        expect("is_system", case["is_system"], transaction.is_system)

    return check


for _fork in (Fork.ECOTONE, Fork.FJORD):
    register("upgrade_txs", _fork.name.lower())(_check_upgrade(_fork))
for _fork in (Fork.ECOTONE, Fork.FJORD, Fork.ISTHMUS, Fork.INTEROP):
    register("upgrade_txs_rust", _fork.name.lower())(_check_upgrade_rust(_fork))
