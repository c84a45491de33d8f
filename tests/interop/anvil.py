"""anvil as L1, and the contracts of proposals and disputes from npm on it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import rlp

from pyoprollup.bindings import load_contract
from pyoprollup.devnet.genesis import DevnetGenesis
from pyoprollup.devnet.info import export_devnet
from pyoprollup.eth import OutputV0
from pyoprollup.eth.abi import encode_arguments, selector
from pyoprollup.eth.crypto import address_of, keccak256
from pyoprollup.eth.signer import sign_transaction
from pyoprollup.eth.transactions import DYNAMIC_FEE_TX_TYPE, Transaction
from pyoprollup.eth.types import ZERO_ADDRESS, ZERO_HASH, Address, Hash32, bytes_from_hex, to_hex
from pyoprollup.evm.genesis import genesis_block
from pyoprollup.rollup.time import L2Time
from tests.interop.network import Network, free_port

GAME_TYPE = 0
INIT_BOND = 80_000_000_000_000_000
_GAS_PRICE, _TIP = 100 * 10**9, 10**9


class Anvil:
    """anvil from a devnet's genesis. The devnet's files are in ``files``, with this L1 in ``rollup.json``.

    Blocks are final four blocks later.
    """

    def __init__(self, net: Network, program: Path, genesis: DevnetGenesis) -> None:
        self.files = net.folder / "files"
        export_devnet(genesis, self.files)
        config, port = genesis.l1_config, free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.part = net.run(
            *("anvil", program, "--init", self.files / "l1_genesis.json", "--port", str(port)),
            *("--chain-id", str(config.chain_id), "--hardfork", "prague", "--slots-in-an-epoch", "2"),
            *("--block-time", str(config.slot_seconds), "--timestamp", str(config.genesis_time)),
            *("--accounts", "1", "--balance", "0"),
        )
        # Its genesis block has the hash of another state.
        start = net.wait("anvil", lambda: net.ask(self.url, "eth_getBlockByNumber", "0x0", False))
        rollup = json.loads((self.files / "rollup.json").read_text())
        rollup["genesis"]["l1"]["hash"] = start["hash"]
        (self.files / "rollup.json").write_text(json.dumps(rollup))


class Sender:
    """An account that sends one transaction after the other and waits for none of them."""

    def __init__(self, net: Network, url: str, key: bytes) -> None:
        self._net, self._url, self._key = net, url, key
        self.address = address_of(key)
        self._chain_id = int(self._ask("eth_chainId"), 16)
        self._nonce = int(self._ask("eth_getTransactionCount", to_hex(self.address), "pending"), 16)
        self._sent: list[str] = []

    def _ask(self, method: str, *params: Any) -> Any:
        return self._net.rpc(self._url).call(method, *params)

    def send(self, to: Address | None, data: bytes = b"", *, value: int = 0, gas: int = 21_000) -> Address:
        """Send a transaction. The address is that of the contract which it creates, if it creates one."""
        created = Address(keccak256(rlp.encode([self.address, self._nonce]))[12:])
        tx = Transaction(
            type=DYNAMIC_FEE_TX_TYPE,
            nonce=self._nonce,
            gas_price=_GAS_PRICE,
            gas_tip_cap=_TIP,
            gas=gas,
            to=to,
            value=value,
            data=data,
            chain_id=self._chain_id,
        )
        raw = sign_transaction(tx, self._key, self._chain_id).encode()
        self._sent.append(self._ask("eth_sendRawTransaction", to_hex(raw)))
        self._nonce += 1
        return created

    def wait_for_all(self) -> None:
        """Wait until all that was sent is in blocks, whatever has become of it."""
        for tx in self._sent:
            self._net.wait("a transaction", partial(self._ask, "eth_getTransactionReceipt", tx))
        self._sent.clear()

    def wait(self) -> list[dict[str, Any]]:
        """The receipts of all that was sent, when it is in blocks; it must have succeeded."""
        ask = partial(self._ask, "eth_getTransactionReceipt")
        receipts = [self._net.wait("a transaction", partial(ask, tx)) for tx in self._sent]
        assert all(receipt["status"] == "0x1" for receipt in receipts), receipts
        self._sent.clear()
        return receipts


# --- contracts


@dataclass(frozen=True)
class _Artifact:
    """A contract as forge has compiled it."""

    code: bytes
    abi: list[dict[str, Any]]

    @classmethod
    def read(cls, folder: Path, name: str) -> _Artifact:
        artifact = json.loads((folder / f"{name}.json").read_text())
        return cls(bytes_from_hex(artifact["bytecode"]["object"], name), artifact["abi"])

    def deployment(self, *arguments: Any) -> bytes:
        """The code that is sent to create it."""
        types = [_types(entry) for entry in self.abi if entry["type"] == "constructor"]
        return self.code + encode_arguments(types[0] if types else [], arguments)

    def inputs(self, name: str) -> int:
        """How many arguments a function has."""
        return next(len(entry["inputs"]) for entry in self.abi if entry.get("name") == name)

    def call(self, name: str, *arguments: Any) -> bytes:
        (types,) = (_types(entry) for entry in self.abi if entry.get("name") == name)
        return selector(f"{name}({','.join(types)})") + encode_arguments(types, arguments)


def _types(entry: dict[str, Any]) -> list[str]:
    return [_type(parameter) for parameter in entry["inputs"]]


def _type(parameter: dict[str, Any]) -> str:
    kind: str = parameter["type"]
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(map(_type, parameter['components']))}){kind.removeprefix('tuple')}"


def genesis_output(genesis: DevnetGenesis) -> OutputV0:
    """What games begin from: the output of L2's genesis block."""
    rules = genesis.config.rules_at_l2(L2Time(genesis.config.genesis.l2_time))
    block = genesis_block(genesis.l2_genesis, rules)
    return OutputV0(block.header.state_root, block.message_passer_storage_root, block.hash)


@dataclass(frozen=True)
class GameContracts:
    """Where the contracts are that others call."""

    factory: Address
    portal: Address
    """Proves withdrawals under the factory's games. Deposits are made elsewhere."""


_PRESTATE = Hash32(b"\x03" + ZERO_HASH[1:])


@dataclass(frozen=True, slots=True)
class GameSettings:
    """What games are like: those of Ethereum, unless told otherwise. Times in seconds."""

    game_type: int = GAME_TYPE
    prestate: Hash32 = _PRESTATE
    max_depth: int = 73
    split_depth: int = 30
    clock_extension: int = 10_800
    max_clock_duration: int = 302_400
    challenge_period: int = 86_400
    weth_delay: int = 302_400
    min_proposal_size: int = 126_000
    vm: str = "MIPS"
    """A machine that is not ``MIPS`` begins with ``prestate``."""
    anchor_number: int = 0
    parties: tuple[Address, Address] | None = None
    """Proposer and challenger of permissioned games."""


ETHEREUM = GameSettings()


def deploy_games(
    sender: Sender, artifacts: Path, anchor: Hash32, l2_chain_id: int, settings: GameSettings = ETHEREUM
) -> GameContracts:
    """Deploy what the factory of games needs to create one, and a portal.

    ``anchor`` is the output root of the block that games begin from.
    """
    owner, kind = sender.address, settings.game_type
    proxy = _Artifact.read(artifacts, "Proxy")

    def deploy(name: str, *arguments: Any) -> Address:
        return sender.send(None, _Artifact.read(artifacts, name).deployment(*arguments), gas=6_000_000)

    def behind_proxy(name: str, constructor: Sequence[Any], *arguments: Any) -> Address:
        """Deploy a contract, and a proxy of it that is initialized with the arguments."""
        code = _Artifact.read(artifacts, name)
        implementation = deploy(name, *constructor)
        address = sender.send(None, proxy.deployment(owner), gas=700_000)
        call = proxy.call("upgradeToAndCall", implementation, code.call("initialize", *arguments))
        sender.send(address, call, gas=500_000)
        return address

    superchain = behind_proxy("SuperchainConfig", (), owner, False)
    oracle = deploy("PreimageOracle", settings.min_proposal_size, settings.challenge_period)
    vm = deploy(settings.vm, *([settings.prestate] if settings.vm != "MIPS" else []), oracle)
    factory = behind_proxy("DisputeGameFactory", (), owner)
    weth = behind_proxy("DelayedWETH", (settings.weth_delay,), owner, superchain)
    # The registry of the later release asks whether it is paused.
    more = (superchain,) if _Artifact.read(artifacts, "AnchorStateRegistry").inputs("initialize") > 1 else ()
    anchors = [(kind, (anchor, settings.anchor_number))]
    registry = behind_proxy("AnchorStateRegistry", (factory,), anchors, *more)
    depths = (settings.max_depth, settings.split_depth)
    clocks = (settings.clock_extension, settings.max_clock_duration)
    name = "FaultDisputeGame" if settings.parties is None else "PermissionedDisputeGame"
    about = (kind, settings.prestate, *depths, *clocks, vm, weth, registry, l2_chain_id)
    game = deploy(name, *about, *(settings.parties or ()))
    code = _Artifact.read(artifacts, "DisputeGameFactory")
    sender.send(factory, code.call("setImplementation", kind, game), gas=200_000)
    sender.send(factory, code.call("setInitBond", kind, INIT_BOND), gas=200_000)
    portal = ZERO_ADDRESS
    if kind == GAME_TYPE:
        delays = (604_800, 302_400)
        portal = behind_proxy("OptimismPortal2", delays, factory, ZERO_ADDRESS, superchain, kind)
    sender.wait()
    return GameContracts(factory, portal)


def read_contract(net: Network, url: str, name: str, address: Address, function: str, *args: Any) -> Any:
    """What a view function of one of the known contracts answers."""
    found = load_contract(name).function(function)
    call = {"to": to_hex(address), "data": to_hex(found.encode(*args))}
    return found.decode_result(bytes_from_hex(net.rpc(url).call("eth_call", call, "latest"), function))


def proposals(net: Network, url: str, factory: Address) -> list[tuple[int, Hash32]]:
    """Block and output root of all games, oldest first."""
    found = []
    for index in range(read_contract(net, url, "DisputeGameFactory", factory, "gameCount")):
        _, _, proxy = read_contract(net, url, "DisputeGameFactory", factory, "gameAtIndex", index)
        number = read_contract(net, url, "FaultDisputeGame", Address(proxy), "l2BlockNumber")
        root = read_contract(net, url, "FaultDisputeGame", Address(proxy), "rootClaim")
        found.append((number, Hash32(root)))
    return found
