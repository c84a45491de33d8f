"""The contracts on L2: storage as clients read it, fees as the engine takes them."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyoprollup.devcontracts import contract
from pyoprollup.devnet.genesis import L1_MESSENGER, L2_MESSENGER, predeploys
from pyoprollup.devnet.upgrades import GAS_PRICE_ORACLE
from pyoprollup.eth.abi import encode_arguments, event_topic
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import ZERO_ADDRESS, Address
from pyoprollup.evm.fastlz import fastlz_size
from pyoprollup.evm.fees import L1FeeParams, calldata_gas, estimated_size_scaled, operator_fee
from pyoprollup.evm.genesis import Account
from pyoprollup.evm.predeploys import BASE_FEE_VAULT, L1_BLOCK, MESSAGE_PASSER
from pyoprollup.rollup.evm_rules import OperatorFeeFormula
from pyoprollup.rollup.fork import Fork
from pyoprollup.rollup.rules import rules_for
from tests.unit.devcontracts.support import DEPOSITOR, USER, Evm

OTHER = Address(b"\x77" * 20)
WORD = (1 << 256) - 1


def evm(fork: Fork = Fork.BEDROCK, slots: dict[int, int] | None = None) -> Evm:
    """The predeploys of a chain that has had ``fork`` from the start, with ``slots`` in L1Block."""
    alloc = predeploys(rules_for(tuple(each for each in Fork if each <= fork)), OTHER)
    l1_block = alloc[L1_BLOCK]
    alloc[L1_BLOCK] = Account(
        nonce=1, code=l1_block.code, storage={**(l1_block.storage or {}), **(slots or {})}
    )
    return Evm(alloc)


# --- proxies


def test_a_proxy_passes_everything_on() -> None:
    chain = evm()
    version = chain.call(L1_BLOCK, contract("L1Block").call("version"))
    assert b"pyoprollup" in version.output
    refused = chain.call(GAS_PRICE_ORACLE, contract("GasPriceOracle").call("setEcotone"))
    assert "only the depositor" in refused.reason


@pytest.mark.parametrize("admin", [ZERO_ADDRESS, Address(b"\x42" + bytes(18) + b"\x18")])
def test_only_the_admin_upgrades(admin: Address) -> None:
    chain, proxy = evm(), contract("Proxy")
    upgrade = proxy.call("upgradeTo", OTHER)
    assert not chain.call(L1_BLOCK, upgrade).success
    done = chain.call(L1_BLOCK, upgrade, admin)
    assert done.success
    assert done.logs[0].topics[0] == event_topic("Upgraded(address)")
    slot = int.from_bytes(keccak256(b"eip1967.proxy.implementation"), "big") - 1
    assert chain.slot(L1_BLOCK, slot) == int.from_bytes(OTHER, "big")
    assert chain.call(L1_BLOCK, proxy.call("implementation"), admin).number == chain.slot(L1_BLOCK, slot)
    assert chain.call(L1_BLOCK, proxy.call("changeAdmin", USER), admin).success
    assert chain.call(L1_BLOCK, proxy.call("admin")).number == int.from_bytes(USER, "big")


# --- L1Block


def test_only_the_depositor_writes() -> None:
    chain = evm()
    words = [1, 2, 3, bytes(32), 4, bytes(32), 5, 6]
    data = contract("L1Block").call("setL1BlockValues", *words)
    assert "only the depositor" in chain.call(L1_BLOCK, data).reason
    assert chain.call(L1_BLOCK, data, DEPOSITOR).success
    for name in ("Ecotone", "Isthmus", "Jovian"):
        packed = contract("L1Block").call(f"setL1BlockValues{name}") + bytes(174)
        assert chain.call(L1_BLOCK, packed).output == keccak256(b"NotDepositor()")[:4]
        assert chain.call(L1_BLOCK, packed, DEPOSITOR).success


def test_every_value_has_its_getter() -> None:
    chain = evm()
    rng = random.Random(1)
    packed = rng.randbytes(174)
    call = contract("L1Block").call("setL1BlockValuesJovian") + packed
    assert chain.call(L1_BLOCK, call, DEPOSITOR).success
    at = 0
    for name, size in (
        *(("baseFeeScalar", 4), ("blobBaseFeeScalar", 4), ("sequenceNumber", 8), ("timestamp", 8)),
        *(("number", 8), ("basefee", 32), ("blobBaseFee", 32), ("hash", 32), ("batcherHash", 32)),
        *(("operatorFeeScalar", 4), ("operatorFeeConstant", 8), ("daFootprintGasScalar", 2)),
    ):
        value = int.from_bytes(packed[at : at + size], "big")
        assert chain.call(L1_BLOCK, contract("L1Block").call(name)).number == value, name
        at += size


# --- L2ToL1MessagePasser


def test_withdrawals_are_where_proofs_look_for_them() -> None:
    chain, passer = evm(), contract("L2ToL1MessagePasser")
    for nonce, data in enumerate((b"", b"some data", bytes(1000))):
        versioned = nonce | 1 << 240
        assert chain.call(MESSAGE_PASSER, passer.call("messageNonce")).number == versioned
        call = passer.call("initiateWithdrawal", OTHER, 50_000, data)
        done = chain.call(MESSAGE_PASSER, call, value=7)
        fields = (versioned, USER, OTHER, 7, 50_000, data)
        types = ("uint256", "address", "address", "uint256", "uint256", "bytes")
        withdrawal = keccak256(encode_arguments(types, fields))
        (log,) = done.logs
        signature = "MessagePassed(uint256,address,address,uint256,uint256,bytes,bytes32)"
        assert log.topics == (
            event_topic(signature),
            *(encode_arguments([kind], [value]) for kind, value in zip(types[:3], fields[:3], strict=True)),
        )
        assert log.data == encode_arguments(
            ["uint256", "uint256", "bytes", "bytes32"], [7, 50_000, data, withdrawal]
        )
        slot = int.from_bytes(keccak256(withdrawal + bytes(32)), "big")
        assert chain.slot(MESSAGE_PASSER, slot) == 1
        assert chain.call(MESSAGE_PASSER, passer.call("sentMessages", withdrawal)).number == 1
    assert chain.slot(MESSAGE_PASSER, 1) == 3
    assert chain.call(MESSAGE_PASSER, passer.call("sentMessages", bytes(32))).number == 0
    done = chain.call(MESSAGE_PASSER, b"", value=5)
    assert done.logs[0].topics[2] == done.logs[0].topics[3][:12] + USER
    assert done.logs[0].data[32:64] == (100_000).to_bytes(32, "big")


# --- L2CrossDomainMessenger

MESSENGER = contract("L2CrossDomainMessenger")
_ALIAS = int.from_bytes(L1_MESSENGER, "big") + 0x1111000000000000000000000000000000001111
ALIASED = Address((_ALIAS % (1 << 160)).to_bytes(20, "big"))
RECORDS, FAILS_ONCE = Address(b"\x78" * 20), Address(b"\x79" * 20)


def messages() -> Evm:
    """A target that fails until its slot 0 is set, then keeps the sender of the message in slot 1."""
    ask = MESSENGER.call("xDomainMessageSender")
    code = (
        bytes.fromhex("600054600a57600080fd5b")  # JUMPI over a revert
        + bytes.fromhex("63")
        + ask
        + bytes.fromhex("60e01b600052")
        + bytes.fromhex("602060006004600033" + "5afa50")  # STATICCALL the caller
        + bytes.fromhex("600051600155" + "00")
    )
    alloc = predeploys(rules_for(tuple(Fork)), OTHER)
    return Evm({**alloc, RECORDS: Account(code=code, storage={0: 1}), FAILS_ONCE: Account(code=code)})


def relay(target: Address, nonce: int = 1 << 240) -> bytes:
    return MESSENGER.call("relayMessage", nonce, USER, target, 0, 60_000, b"abc")


def test_the_target_learns_who_sent_a_message() -> None:
    chain = messages()
    done = chain.call(L2_MESSENGER, relay(RECORDS), ALIASED)
    message = keccak256(relay(RECORDS))
    assert done.logs[-1].topics == (event_topic("RelayedMessage(bytes32)"), message)
    assert chain.slot(RECORDS, 1) == int.from_bytes(USER, "big")
    assert chain.call(L2_MESSENGER, MESSENGER.call("successfulMessages", message)).number == 1
    assert "already" in chain.call(L2_MESSENGER, relay(RECORDS), ALIASED).reason
    assert "not set" in chain.call(L2_MESSENGER, MESSENGER.call("xDomainMessageSender")).reason


def test_a_failed_message_can_be_replayed() -> None:
    chain, message = messages(), keccak256(relay(FAILS_ONCE))
    assert "replayed" in chain.call(L2_MESSENGER, relay(FAILS_ONCE)).reason
    done = chain.call(L2_MESSENGER, relay(FAILS_ONCE), ALIASED)
    assert done.logs[-1].topics == (event_topic("FailedRelayedMessage(bytes32)"), message)
    chain.state.set_storage(FAILS_ONCE, 0, 1)
    assert chain.call(L2_MESSENGER, relay(FAILS_ONCE)).logs[-1].topics[1] == message
    assert chain.slot(FAILS_ONCE, 1) == int.from_bytes(USER, "big")
    for target in (L2_MESSENGER, MESSAGE_PASSER):
        assert "blocked" in chain.call(L2_MESSENGER, relay(target), ALIASED).reason


def test_a_message_to_l1_is_a_withdrawal() -> None:
    chain = messages()
    done = chain.call(L2_MESSENGER, MESSENGER.call("sendMessage", OTHER, b"hello", 1000), value=3)
    passed, sent, extension = done.logs
    assert passed.address == MESSAGE_PASSER
    assert passed.topics[2:] == (bytes(12) + L2_MESSENGER, bytes(12) + L1_MESSENGER)
    call = MESSENGER.call("relayMessage", 1 << 240, USER, OTHER, 3, 1000, b"hello")
    assert call in passed.data
    assert sent.topics == (
        event_topic("SentMessage(address,address,bytes,uint256,uint256)"),
        bytes(12) + OTHER,
    )
    assert extension.data == (3).to_bytes(32, "big")
    assert chain.call(L2_MESSENGER, MESSENGER.call("messageNonce")).number == 1 | 1 << 240


# --- fee vaults


def test_a_vault_gives_its_fees_away() -> None:
    chain, vault = evm(), contract("FeeVault")
    assert chain.call(BASE_FEE_VAULT, b"", value=1000).success
    before = chain.state.get_balance(OTHER)
    done = chain.call(BASE_FEE_VAULT, vault.call("withdraw"))
    assert done.success
    assert chain.state.get_balance(OTHER) == before + 1000
    assert chain.call(BASE_FEE_VAULT, vault.call("totalProcessed")).number == 1000
    assert chain.slot(BASE_FEE_VAULT, 0) == 1000


def test_a_vault_withdraws_to_l1() -> None:
    chain, vault = evm(), contract("FeeVault")
    chain.state.set_storage(BASE_FEE_VAULT, vault.slots["WITHDRAWAL_NETWORK"], 0)
    chain.state.set_storage(BASE_FEE_VAULT, vault.slots["MIN_WITHDRAWAL_AMOUNT"], 10)
    chain.call(BASE_FEE_VAULT, b"", value=9)
    assert "minimum" in chain.call(BASE_FEE_VAULT, vault.call("withdraw")).reason
    chain.call(BASE_FEE_VAULT, b"", value=1)
    done = chain.call(BASE_FEE_VAULT, vault.call("withdraw"))
    assert done.success
    assert [log.address for log in done.logs] == [BASE_FEE_VAULT, MESSAGE_PASSER]
    assert chain.state.get_balance(MESSAGE_PASSER) == 10


# --- GasPriceOracle

PARAMS = L1FeeParams(
    base_fee=10**9,
    overhead=188,
    scalar=684_000,
    blob_base_fee=10**8,
    base_fee_scalar=1_368,
    blob_base_fee_scalar=810_949,
    operator_fee_scalar=3_000,
    operator_fee_constant=77,
)
SLOTS = {
    1: PARAMS.base_fee,
    3: PARAMS.base_fee_scalar << 96 | PARAMS.blob_base_fee_scalar << 64,
    5: PARAMS.overhead,
    6: PARAMS.scalar,
    7: PARAMS.blob_base_fee,
    8: PARAMS.operator_fee_scalar << 64 | PARAMS.operator_fee_constant,
}
ORACLE = contract("GasPriceOracle")
CHAINS = {
    fork: evm(fork, SLOTS) for fork in (Fork.REGOLITH, Fork.ECOTONE, Fork.FJORD, Fork.ISTHMUS, Fork.JOVIAN)
}
PRICE = 16 * PARAMS.base_fee * PARAMS.base_fee_scalar + PARAMS.blob_base_fee * PARAMS.blob_base_fee_scalar


def ask(fork: Fork, function: str, *arguments: object) -> int:
    return CHAINS[fork].call(GAS_PRICE_ORACLE, ORACLE.call(function, *arguments)).number


@settings(max_examples=40)
@given(
    st.one_of(
        st.binary(max_size=300),
        st.lists(st.sampled_from([b"a", b"abc", b"\0" * 40, b"xyz" * 99])).map(b"".join),
    )
)
def test_fees_for_data(data: bytes) -> None:
    """A signature of 68 bytes that are not zero is counted in, as ones that compress to themselves."""
    gas = calldata_gas(data) + 68 * 16
    expected = (gas + PARAMS.overhead) * PARAMS.base_fee * PARAMS.scalar // 10**6
    assert ask(Fork.REGOLITH, "getL1Fee", data) == expected
    assert ask(Fork.REGOLITH, "getL1GasUsed", data) == gas + PARAMS.overhead
    assert ask(Fork.ECOTONE, "getL1Fee", data) == gas * PRICE // (16 * 10**6)
    size = _estimated(data)
    assert ask(Fork.FJORD, "getL1Fee", data) == size * PRICE // 10**12
    assert ask(Fork.FJORD, "getL1GasUsed", data) == size * 16 // 10**6
    if len(data) > 200:
        assert ask(Fork.FJORD, "getL1FeeUpperBound", len(data)) >= ask(Fork.FJORD, "getL1Fee", data)


def _estimated(data: bytes) -> int:
    return max(100 * 10**6, 836_500 * (fastlz_size(data) + 68) - 42_585_600)


def test_the_estimate_is_the_engines() -> None:
    data = random.Random(2).randbytes(500)
    assert _estimated(data) == estimated_size_scaled(data) + 68 * 836_500


def test_the_operator_fee() -> None:
    formulas = OperatorFeeFormula
    expected = [
        operator_fee(formula, PARAMS, 123_456) for formula in (None, formulas.ISTHMUS, formulas.JOVIAN)
    ]
    forks = (Fork.FJORD, Fork.ISTHMUS, Fork.JOVIAN)
    assert [ask(fork, "getOperatorFee", 123_456) for fork in forks] == expected


def test_what_an_oracle_reads() -> None:
    assert ask(Fork.REGOLITH, "overhead") == 188
    assert ask(Fork.REGOLITH, "scalar") == 684_000
    assert not CHAINS[Fork.ECOTONE].call(GAS_PRICE_ORACLE, ORACLE.call("overhead")).success
    assert ask(Fork.ECOTONE, "l1BaseFee") == PARAMS.base_fee
    assert ask(Fork.ECOTONE, "blobBaseFee") == PARAMS.blob_base_fee
    assert ask(Fork.ECOTONE, "baseFeeScalar") == PARAMS.base_fee_scalar
    assert ask(Fork.ECOTONE, "blobBaseFeeScalar") == PARAMS.blob_base_fee_scalar
    assert ask(Fork.ECOTONE, "decimals") == 6


def test_forks_follow_each_other() -> None:
    chain, names = evm(), ("Ecotone", "Fjord", "Isthmus", "Jovian")
    assert not chain.call(GAS_PRICE_ORACLE, ORACLE.call("setFjord"), DEPOSITOR).success
    for number, name in enumerate(names, 1):
        assert chain.call(GAS_PRICE_ORACLE, ORACLE.call(f"set{name}"), DEPOSITOR).success
        again = chain.call(GAS_PRICE_ORACLE, ORACLE.call(f"set{name}"), DEPOSITOR)
        assert again.reason == f"GasPriceOracle: {name} already active"
        flags = [chain.call(GAS_PRICE_ORACLE, ORACLE.call(f"is{each}")).number for each in names]
        assert flags == [1] * number + [0] * (4 - number)
    assert chain.slot(GAS_PRICE_ORACLE, 0) == 0x01010101
