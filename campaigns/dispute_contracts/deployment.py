"""The contracts of one origin on an EVM, and the model of the same, at the same addresses."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from campaigns.dispute_contracts.evm import WEALTH, Evm
from campaigns.dispute_contracts.setting import (
    BOND,
    CHALLENGER,
    L2_CHAIN_ID,
    OWNER,
    PERMISSIONED_TYPE,
    PLAYERS,
    PROPOSER,
    START,
    TYPE,
    Setting,
)
from pyoprollup.bindings import load_contract
from pyoprollup.devcontracts import contract
from pyoprollup.eth.abi import encode_arguments, selector
from pyoprollup.eth.types import Address, bytes_from_hex
from pyoprollup.evm.genesis import Account

__all__ = ["Deployment", "deploy_newest", "deploy_old", "deploy_ours"]

GETTERS = bytes.fromhex("60003560e01c5460005260206000f3")
"""A contract that answers each call with what its storage has at the selector."""
CONFIG = Address(b"\xc0" * 20)


@dataclass(frozen=True)
class Deployment:
    """Where everything is. ``game`` and ``oracle`` are the versions that the model has to follow.

    ``abi`` has, by contract, the version of the bindings; ``pausable`` says whether :data:`CONFIG` is asked.
    """

    evm: Evm
    setting: Setting
    game: str
    oracle: str
    abi: dict[str, str]
    addresses: dict[str, Address]

    def pause(self, paused: bool) -> None:
        """Pause or go on."""
        if "config" not in self.addresses:  # ours: the registry is asked
            data = contract("AnchorStateRegistry").call("setPaused", paused)
            assert self.evm.call(OWNER, self.addresses["registry"], data).success
            return
        slots = {int.from_bytes(selector("paused()"), "big"): int(paused)}
        self.evm.allocate({CONFIG: Account(nonce=1, code=GETTERS, storage=slots)})


class Deployer:
    """Deploys what a folder of forge's artifacts has."""

    def __init__(self, evm: Evm, *folders: Path) -> None:
        self.evm = evm
        self._folders = folders
        self._abi: dict[str, Any] = {}
        evm.set_time(START, 10)
        evm.allocate({account: Account(balance=WEALTH) for account in (OWNER, *PLAYERS)})

    def artifact(self, name: str) -> dict[str, Any]:
        """An artifact, from the first folder that has it."""
        for folder in self._folders:
            for path in (folder / f"{name}.json", folder / f"{name}.sol" / f"{name}.json"):
                if path.exists():
                    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
                    return found
        raise FileNotFoundError(f"no artifact of {name}")

    def deploy(self, name: str, *arguments: Any) -> Address:
        """Deploy a contract with arguments for its constructor."""
        artifact = self.artifact(name)
        types = next((_types(e) for e in artifact["abi"] if e["type"] == "constructor"), [])
        code = bytes_from_hex(artifact["bytecode"]["object"], name) + encode_arguments(types, arguments)
        return self.evm.deploy(OWNER, code)

    def call(self, name: str, to: Address, function: str, *arguments: Any, sender: Address = OWNER) -> None:
        """A call that must succeed. A function with namesakes is called by the number of its arguments."""
        entries = [
            entry
            for entry in self.artifact(name)["abi"]
            if entry.get("name") == function and len(entry["inputs"]) == len(arguments)
        ]
        types = _types(entries[0])
        data = selector(f"{function}({','.join(types)})") + encode_arguments(types, arguments)
        done = self.evm.call(sender, to, data)
        assert done.success, (name, function, done.output.hex())

    def proxied(self, name: str, constructor: tuple[Any, ...], *arguments: Any) -> Address:
        """Deploy a contract behind a proxy, and initialize it."""
        implementation = self.deploy(name, *constructor)
        proxy = self.deploy("Proxy", OWNER)
        entry = next(e for e in self.artifact(name)["abi"] if e.get("name") == "initialize")
        types = _types(entry)
        data = selector(f"initialize({','.join(types)})") + encode_arguments(types, arguments)
        self.call("Proxy", proxy, "upgradeToAndCall", implementation, data)
        return proxy


def _types(entry: dict[str, Any]) -> list[str]:
    return [_type(parameter) for parameter in entry["inputs"]]


def _type(parameter: dict[str, Any]) -> str:
    kind: str = parameter["type"]
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(map(_type, parameter['components']))}){kind.removeprefix('tuple')}"


def deploy_old(evm: Evm, folder: Path, version: str, setting: Setting) -> Deployment:
    """The real contracts of generation 1.x, from a package's artifacts: games 1.2.0 or 1.3.0."""
    made = Deployer(evm, folder)
    newer = version == "1.3.0"
    superchain = made.proxied("SuperchainConfig", (), OWNER, False)
    oracle = made.deploy("PreimageOracle", setting.min_proposal_size, setting.challenge_period)
    vm = made.deploy("AlphabetVM", setting.prestate, oracle)
    factory = made.proxied("DisputeGameFactory", (), OWNER)
    weth = made.proxied("DelayedWETH", (setting.weth_delay,), OWNER, superchain)
    anchors = [(kind, (setting.anchor.root, setting.anchor.number)) for kind in (TYPE, PERMISSIONED_TYPE)]
    more = (superchain,) if newer else ()
    registry = made.proxied("AnchorStateRegistry", (factory,), anchors, *more)
    limits = setting.limits
    about = (
        *(
            setting.prestate,
            limits.max_depth,
            limits.split_depth,
            limits.clock_extension,
            limits.max_clock_duration,
        ),
        *(vm, weth, registry, L2_CHAIN_ID),
    )
    game = made.deploy("FaultDisputeGame", TYPE, *about)
    permissioned = made.deploy("PermissionedDisputeGame", PERMISSIONED_TYPE, *about, PROPOSER, CHALLENGER)
    for kind, implementation in ((TYPE, game), (PERMISSIONED_TYPE, permissioned)):
        made.call("DisputeGameFactory", factory, "setImplementation", kind, implementation)
        made.call("DisputeGameFactory", factory, "setInitBond", kind, BOND)
    return Deployment(
        evm,
        setting,
        game=version,
        oracle="1.1.5" if newer else "1.0.0",
        abi={
            "DisputeGameFactory": "1.0.0",
            "FaultDisputeGame": version,
            "DelayedWETH": "1.1.0" if newer else "1.0.0",
            "AnchorStateRegistry": "2.0.0" if newer else "1.0.0",
            "PreimageOracle": "1.1.2" if newer else "1.0.0",
        },
        addresses={
            "factory": factory,
            "weth": weth,
            "registry": registry,
            "oracle": oracle,
            "vm": vm,
            "game": game,
            "permissioned": permissioned,
        },
    )


def deploy_newest(evm: Evm, newest: Path, folder: Path, setting: Setting) -> Deployment:
    """The real contracts of games 2.x, compiled from their sources; proxies and oracle are of a package."""
    made = Deployer(evm, newest, folder)
    admin = Address(b"\xad" * 20)
    answers = {"owner()": OWNER, "guardian()": OWNER, "paused()": bytes(20), "superchainConfig()": CONFIG}
    slots = {
        int.from_bytes(selector(name), "big"): int.from_bytes(value, "big") for name, value in answers.items()
    }
    for address in (admin, CONFIG):
        evm.allocate({address: Account(nonce=1, code=GETTERS, storage=slots)})
    oracle = made.deploy("PreimageOracle", setting.min_proposal_size, setting.challenge_period)
    vm = made.deploy("AlphabetVM", setting.prestate, oracle)
    factory = made.proxied("DisputeGameFactory", (), OWNER)
    weth = made.proxied("DelayedWETH", (setting.weth_delay,), CONFIG)
    evm.set_time(1, 9)  # The registry retires what is older than itself.
    registry = made.proxied(
        *("AnchorStateRegistry", (setting.finality_delay,), CONFIG, factory),
        *((setting.anchor.root, setting.anchor.number), TYPE),
    )
    evm.set_time(START, 10)
    for proxy in (factory, weth, registry):
        made.call("Proxy", proxy, "changeAdmin", admin)
    limits = setting.limits
    depths = (limits.max_depth, limits.split_depth, limits.clock_extension, limits.max_clock_duration)
    game = made.deploy("FaultDisputeGame", depths)
    permissioned = made.deploy("PermissionedDisputeGame", depths)
    args = setting.prestate + vm + registry + weth + L2_CHAIN_ID.to_bytes(32, "big")
    for kind, implementation in ((TYPE, game), (PERMISSIONED_TYPE, permissioned)):
        given = args + PROPOSER + CHALLENGER if kind == PERMISSIONED_TYPE else args
        made.call("DisputeGameFactory", factory, "setImplementation", kind, implementation, given)
        made.call("DisputeGameFactory", factory, "setInitBond", kind, BOND)
    return Deployment(
        evm,
        setting,
        game="2.4.2",
        oracle="1.1.5",
        abi={},
        addresses={
            "factory": factory,
            "weth": weth,
            "registry": registry,
            "oracle": oracle,
            "vm": vm,
            "game": game,
            "permissioned": permissioned,
            "config": CONFIG,
        },
    )


def deploy_ours(evm: Evm, setting: Setting) -> Deployment:
    """Our own contracts, as they are at the genesis of a devnet, but with addresses of their own.

    The machine begins as the reference's contract does.
    """
    evm.set_time(START, 10)
    evm.allocate({account: Account(balance=WEALTH) for account in (OWNER, *PLAYERS)})
    limits = setting.limits

    def put(number: int, name: str, **immutables: int | bytes) -> Address:
        address = Address(bytes([0xD0 + number]) * 20)
        code = contract(name).deployed_with(**immutables).runtime
        evm.allocate({address: Account(nonce=1, code=code)})
        return address

    oracle = put(
        *(1, "PreimageOracle"),
        MIN_PROPOSAL_SIZE=setting.min_proposal_size,
        CHALLENGE_PERIOD=setting.challenge_period,
    )
    vm = put(2, "AlphabetVM", ABSOLUTE_PRESTATE=setting.prestate, ORACLE=oracle, FIRST_STEP=0)
    registry, factory = (Address(bytes([0xD0 + number]) * 20) for number in (3, 4))
    weth = put(5, "DelayedWETH", DELAY_SECONDS=setting.weth_delay, OWNER=OWNER, CONFIG=registry)
    depths = {
        "MAX_GAME_DEPTH": limits.max_depth,
        "SPLIT_DEPTH": limits.split_depth,
        "CLOCK_EXTENSION": limits.clock_extension,
        "MAX_CLOCK_DURATION": limits.max_clock_duration,
    }
    game = put(6, "FaultDisputeGame", **depths)
    permissioned = put(7, "PermissionedDisputeGame", **depths)
    _allocate_registry(evm, registry, factory, setting)
    slots = contract("DisputeGameFactory").slots
    owner = {slots["owner"]: int.from_bytes(OWNER, "big")}
    evm.allocate({factory: Account(nonce=1, code=contract("DisputeGameFactory").runtime, storage=owner)})
    args = setting.prestate + vm + registry + weth + L2_CHAIN_ID.to_bytes(32, "big")
    factory_abi = load_contract("DisputeGameFactory")
    for kind, implementation in ((TYPE, game), (PERMISSIONED_TYPE, permissioned)):
        given = args + PROPOSER + CHALLENGER if kind == PERMISSIONED_TYPE else args
        for data in (
            factory_abi.function("setImplementation(uint32,address,bytes)").encode(
                kind, implementation, given
            ),
            factory_abi.function("setInitBond").encode(kind, BOND),
        ):
            assert evm.call(OWNER, factory, data).success
    return Deployment(
        evm,
        setting,
        game="2.4.2",
        oracle="1.1.5",
        abi={},
        addresses={
            "factory": factory,
            "weth": weth,
            "registry": registry,
            "oracle": oracle,
            "vm": vm,
            "game": game,
            "permissioned": permissioned,
        },
    )


def _allocate_registry(evm: Evm, registry: Address, factory: Address, setting: Setting) -> None:
    compiled = contract("AnchorStateRegistry")
    slots = compiled.slots
    storage = {
        slots["owner"]: int.from_bytes(OWNER, "big"),
        slots["disputeGameFactory"]: int.from_bytes(factory, "big"),
        slots["respectedGameType"]: TYPE,
        slots["retirementTimestamp"]: 1,
        slots["disputeGameFinalityDelaySeconds"]: setting.finality_delay,
        slots["startingAnchorRoot"]: int.from_bytes(setting.anchor.root, "big"),
        slots["startingAnchorRoot"] + 1: setting.anchor.number,
    }
    evm.allocate({registry: Account(nonce=1, code=compiled.runtime, storage=storage)})
