"""The ABIs that are known: selectors and topics as the notes have them, and what versions differ in."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from pyoprollup.bindings import KNOWN_CONTRACTS, NEWEST, NotSupported, load_contract
from pyoprollup.bindings.known import parse_contract
from pyoprollup.errors import DecodeError
from tests.support import shared_path

VERSIONS = {
    "bedrock": {
        "AnchorStateRegistry": "1.0.0",
        "DelayedWETH": "1.0.0",
        "DisputeGameFactory": "1.0.0",
        "FaultDisputeGame": "1.2.0",
        "MIPS": "1.0.1",
        "PreimageOracle": "1.0.0",
    },
    "thanos": {
        "AnchorStateRegistry": "2.0.0",
        "DelayedWETH": "1.1.0",
        "DisputeGameFactory": "1.0.0",
        "FaultDisputeGame": "1.3.0",
        "MIPS": "1.1.0",
        "PreimageOracle": "1.1.2",
    },
}
"""The versions in the two sets of contracts that the notes describe."""


def notes(wanted: str) -> Iterator[tuple[str, str, str]]:
    """Contract, signature (``event`` and ``error`` included), and selector or topic in one set."""
    other = {"bedrock": "- ", "thanos": "+ "}[wanted]
    contract = ""
    for line in shared_path("notes", "contracts_abi.txt").read_text().splitlines():
        if line.startswith("### "):
            contract = line.split()[1]
        elif match := re.match(r"([+-] )?(0x[0-9a-f]{8}) (\S+)", line):
            if match[1] != other:
                yield contract, match[3], match[2]
        elif match := re.match(r"(event \S+) (0x[0-9a-f]{64})", line):
            yield contract, match[1], match[2]
        elif line.startswith("errors "):
            for error, selector, only in re.findall(r"(\w+\([^)]*\))=(0x\w{8})(\(thanos only\))?", line):
                if not (only and wanted == "bedrock"):
                    yield contract, f"error {error}", selector


def members(name: str, version: str) -> dict[str, str]:
    """Signatures of a contract and their selectors and topics, in the notes' form."""
    contract = load_contract(name, version)
    found = {signature: function.selector for signature, function in contract.functions.items()}
    found |= {f"event {event}": topic for topic, event in contract.events.items()}
    found |= {
        f"error {error}": error.selector for error in contract.errors.values() if not error.own_selector
    }
    return {signature: f"0x{value.hex()}" for signature, value in found.items()}


@pytest.mark.shared
@pytest.mark.parametrize("which", VERSIONS)
def test_every_member_in_the_notes_has_the_selector_that_we_compute(which: str) -> None:
    listed = [entry for entry in notes(which) if entry[0] in VERSIONS[which]]
    assert len(listed) > 180
    for name, signature, value in listed:
        assert members(name, VERSIONS[which][name]).get(signature) == value, (name, signature)


@pytest.mark.shared
@pytest.mark.parametrize("which", VERSIONS)
def test_versions_in_the_notes_have_no_other_functions(which: str) -> None:
    for name, version in VERSIONS[which].items():
        listed = {signature for contract, signature, _ in notes(which) if contract == name}
        ours = set(load_contract(name, version).functions)
        assert ours == {signature for signature in listed if signature[:6] not in ("event ", "error ")}


@pytest.mark.parametrize("name", KNOWN_CONTRACTS)
def test_every_contract_can_be_read(name: str) -> None:
    newest = load_contract(name)
    assert newest.name == name and newest.function("version").selector.hex() == "54fd4d50"
    assert load_contract(name, "99.0.0") == load_contract(name, "unheard of") == newest
    with pytest.raises(KeyError):
        load_contract("Nothing")


def test_selectors_that_are_published() -> None:
    portal = load_contract("OptimismPortal2")
    known = {
        "proveWithdrawalTransaction": "4870496f",
        "finalizeWithdrawalTransaction": "8c3152e9",
        "depositTransaction": "e9e05c42",
    }
    assert {name: portal.function(name).selector.hex() for name in known} == known
    deposited = "b3813568d9991fc951961fcb4c784893574240a28925604d09fc577c55bb7c32"
    assert portal.event("TransactionDeposited").topic.hex() == deposited
    assert load_contract("FaultDisputeGame", "1.2.0").error("BadExtraData").selector.hex() == "9824bdab"
    assert load_contract("PermissionedDisputeGame", "1.3.0").error("BadAuth").selector.hex() == "d386ef3e"


def test_moves_name_the_disputed_claim_from_1_2_on() -> None:
    for version, signature in (
        ("0.8.0", "attack(uint256,bytes32)"),
        ("0.18.1", "attack(uint256,bytes32)"),
        ("1.0.0", "attack(uint256,bytes32)"),
        ("1.1.1", "attack(uint256,bytes32)"),
        ("1.2.0", "attack(bytes32,uint256,bytes32)"),
        # Not 1.1: the numbers count, not the letters.
        ("1.10.0", "attack(bytes32,uint256,bytes32)"),
        # Of no version that is known, so of the newest, as the reference has it.
        ("0.9.0", "attack(bytes32,uint256,bytes32)"),
        ("1.1", "attack(bytes32,uint256,bytes32)"),
        (NEWEST, "attack(bytes32,uint256,bytes32)"),
    ):
        for name in ("FaultDisputeGame", "PermissionedDisputeGame"):
            assert str(load_contract(name, version).function("attack")) == signature, version


@pytest.mark.parametrize(
    ("name", "version", "function", "there"),
    [
        ("FaultDisputeGame", "0.8.0", "gameDuration", True),
        ("FaultDisputeGame", "0.18.1", "gameDuration", False),
        ("FaultDisputeGame", "1.0.0", "challengeRootL2Block", False),
        ("FaultDisputeGame", "1.1.1", "challengeRootL2Block", True),
        ("FaultDisputeGame", "1.3.1", "closeGame", False),
        ("FaultDisputeGame", "1.4.0", "closeGame", True),
        ("SuperFaultDisputeGame", "0.2.0", "challengeRootL2Block", False),
        ("DisputeGameFactory", "1.2.0", "gameArgs", False),
        ("DisputeGameFactory", "1.3.0", "gameArgs", True),
        ("AnchorStateRegistry", "2.0.0", "getAnchorRoot", False),
        ("AnchorStateRegistry", "3.5.0", "getAnchorRoot", True),
    ],
)
def test_functions_that_came_and_went(name: str, version: str, function: str, there: bool) -> None:
    contract = load_contract(name, version)
    if there:
        assert contract.function(function).name == function
    else:
        with pytest.raises(NotSupported, match=f"{name} has no {function}"):
            contract.function(function)


def test_the_form_of_the_files() -> None:
    text = """
        versions 1.0 1.1 newest  # oldest first
        a()
        [until 1.0]
        b()
        [from 1.1 until 1.1]
        c()
        [from 1.1]
        d()
        [all]
        e()
    """
    found = {version: "".join(m.name for m in parse_contract(text, version)) for version in ("1.0", "1.1")}
    assert found == {"1.0": "abe", "1.1": "acde"}
    assert "".join(member.name for member in parse_contract(text)) == "ade"
    for section in ("[]", "[since 1.0]", "[from 2.0]", "[until]", "[all] f()"):
        with pytest.raises(DecodeError, match=r"is not a section for 1\.0"):
            list(parse_contract(f"versions 1.0 newest\n{section}"))
    with pytest.raises(DecodeError, match="is not a signature"):
        list(parse_contract("function f()"))
