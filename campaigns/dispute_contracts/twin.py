"""The contracts and their model, side by side: every call goes to both, and both must do the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from campaigns.dispute_contracts.deployment import Deployment
from campaigns.dispute_contracts.evm import Done
from campaigns.dispute_contracts.precompiles import precompiles
from campaigns.dispute_contracts.setting import (
    BOND,
    CHALLENGER,
    L2_CHAIN_ID,
    OWNER,
    PERMISSIONED_TYPE,
    PROPOSER,
    START,
    TYPE,
)
from pyoprollup.bindings import Contract, load_contract
from pyoprollup.challenger.keccak import Leaf, StateSnapshot
from pyoprollup.challenger.model import (
    GAME_RULES,
    ORACLE_RULES,
    AlphabetVM,
    AnchorStateRegistry,
    Call,
    Chain,
    DelayedWETH,
    DisputeGameFactory,
    FaultDisputeGame,
    GameImplementation,
    GameParameters,
    LegacyAnchorStateRegistry,
    PreimageOracle,
    Revert,
    SystemConfig,
)
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.evm.genesis import Account

__all__ = ["CONTRACTS", "Action", "Disagreement", "Twin"]

CONTRACTS = {
    "factory": "DisputeGameFactory",
    "game": "PermissionedDisputeGame",
    "weth": "DelayedWETH",
    "registry": "AnchorStateRegistry",
    "oracle": "PreimageOracle",
    "vm": "MIPS",
}
"""The ABI of each role. A permissioned game has all that others have."""


class Disagreement(AssertionError):
    """The contracts and the model did not do the same."""


@dataclass(frozen=True, slots=True)
class Action:
    """A transaction at a time: ``target`` is a role, or the number of a game in the factory's list.

    Two functions are none of a contract: ``pause`` of the registry, and ``refuse``, after which an account
    takes no money and sends nothing.
    """

    time: int
    sender: Address
    target: str | int
    function: str
    arguments: tuple[Any, ...] = ()
    value: int = 0


def refusing(balance: int) -> Account:
    """An account that reverts whatever it is sent."""
    return Account(balance=balance, nonce=1, code=bytes.fromhex("60006000fd"))


class Model:
    """The model of a deployment, at its addresses."""

    def __init__(self, deployment: Deployment) -> None:
        at, setting = deployment.addresses, deployment.setting
        rules = GAME_RULES[deployment.game]
        chain = self.chain = Chain()
        self.config = SystemConfig(OWNER)
        self.oracle = PreimageOracle(
            chain,
            setting.min_proposal_size,
            setting.challenge_period,
            ORACLE_RULES[deployment.oracle],
            precompiles,
            at["oracle"],
        )
        self.vm = AlphabetVM(chain, setting.prestate, self.oracle, address=at["vm"])
        self.weth = DelayedWETH(
            *(chain, setting.weth_delay, OWNER, self.config),
            hold_takes=rules.closes,
            address=at["weth"],
        )
        self.factory = DisputeGameFactory(chain, OWNER, looks_first=rules.closes, address=at["factory"])
        self.registry: AnchorStateRegistry | LegacyAnchorStateRegistry
        if rules.closes:
            self.registry = AnchorStateRegistry(
                *(chain, self.config, self.factory, setting.anchor, TYPE, setting.finality_delay),
                retirement_timestamp=1,
                address=at["registry"],
            )
        else:
            anchors = dict.fromkeys((TYPE, PERMISSIONED_TYPE), setting.anchor)
            self.registry = LegacyAnchorStateRegistry(chain, self.factory, anchors, at["registry"])
        about = setting.prestate, self.vm, self.registry, self.weth, L2_CHAIN_ID
        for kind, role in ((TYPE, "game"), (PERMISSIONED_TYPE, "permissioned")):
            parties = (PROPOSER, CHALLENGER) if kind == PERMISSIONED_TYPE else ()
            parameters = GameParameters(*about, *parties)
            implementation = GameImplementation(
                chain,
                rules,
                setting.limits,
                permissioned=bool(parties),
                game_type=kind,
                parameters=None if rules.arguments_in_clone else parameters,
                address=at[role],
            )
            args = parameters.pack(permissioned=bool(parties)) if rules.arguments_in_clone else None
            call = Call(OWNER, START)
            self.factory.set_implementation(call, kind, implementation, args)
            self.factory.set_init_bond(call, kind, BOND)
        chain.take_events()

    @property
    def games(self) -> list[FaultDisputeGame]:
        return [entry.game for entry in self.factory.created]


@dataclass
class Twin:
    """A deployment and its model. ``done`` counts what was compared, by function and result."""

    deployment: Deployment
    model: Model = field(init=False)
    contracts: dict[str, Contract] = field(init=False)
    done: dict[tuple[str, str], int] = field(default_factory=dict)
    _block: int = 10

    def __post_init__(self) -> None:
        self.model = Model(self.deployment)
        self.contracts = {
            role: load_contract(name, self.deployment.abi.get(_abi_name(name), "newest"))
            for role, name in CONTRACTS.items()
        }

    def address(self, target: str | int) -> Address:
        """Where a target is."""
        return (
            self.model.games[target].address if isinstance(target, int) else self.deployment.addresses[target]
        )

    def contract(self, target: str | int) -> Contract:
        """The ABI of a target."""
        return self.contracts["game" if isinstance(target, int) else target]

    def send(self, action: Action) -> None:
        """Make a call on both sides. Raises :class:`Disagreement`."""
        if action.function == "refuse":
            (account,) = action.arguments
            self.deployment.evm.allocate({account: refusing(self.deployment.evm.balance(account))})
            self.model.chain.refusing.add(account)
            return
        if action.function == "pause":
            self.deployment.pause(*action.arguments)
            self.model.config.paused = action.arguments[0]
            return
        self._block += 1
        function = self.contract(action.target).function(action.function)
        self.deployment.evm.set_time(action.time, self._block)
        data = function.encode(*action.arguments)
        real = self.deployment.evm.call(action.sender, self.address(action.target), data, action.value)
        result, refusal = self._on_model(action, real)
        self._compare(action, real, result, refusal)
        name = "ok" if refusal is None else type(refusal).__name__
        key = function.name, name
        self.done[key] = self.done.get(key, 0) + 1

    def _on_model(self, action: Action, real: Done) -> tuple[Any, Revert | None]:
        created, parent = None, Hash32(bytes(32))
        if action.function == "create" and real.success:
            created = Address(real.output[12:32])
            parent = self.read(created, "l1Head")
        call = Call(action.sender, action.time, action.value, number=self._block, parent_hash=parent)
        try:
            return CALLS[action.function](self.model, action, call, created), None
        except Revert as exc:
            return None, exc

    def read(self, address: Address, function: str, *arguments: Any, role: str = "game") -> Any:
        """What a getter answers; the data of the revert if it reverts."""
        found = self.contracts[role].function(function)
        done = self.deployment.evm.call(OWNER, address, found.encode(*arguments))
        return found.decode_result(done.output) if done.success else done.output

    def _compare(self, action: Action, real: Done, result: Any, refusal: Revert | None) -> None:
        events = self.model.chain.take_events()
        if refusal is not None:
            if real.success or real.output != refusal.data:
                raise Disagreement(f"{action}: model {refusal}, contract {self._shown(action, real)}")
            return
        if not real.success:
            raise Disagreement(f"{action}: model {result!r}, contract {self._shown(action, real)}")
        found = self.contract(action.target).function(action.function).decode_result(real.output)
        if found != result:
            raise Disagreement(f"{action}: model {result!r}, contract {found!r}")
        ours = [(event.contract, event.name, event.arguments) for event in events]
        theirs = [event for log in real.logs if (event := self._event(log)) is not None]
        if ours != theirs:
            raise Disagreement(f"{action}: model emitted {ours}, contract {theirs}")

    def _event(self, log: Any) -> tuple[Address, str, tuple[Any, ...]] | None:
        for contract in self.contracts.values():
            if log.topics and (event := contract.events.get(log.topics[0])) is not None:
                return log.address, event.name, event.decode(log)
        return None

    def _shown(self, action: Action, real: Done) -> str:
        if real.success:
            return f"succeeded with 0x{real.output.hex()}"
        error = self.contract(action.target).errors.get(real.output[:4])
        return f"reverted with {error.name if error else ''} 0x{real.output.hex()}"


def _abi_name(name: str) -> str:
    return name.replace("Permissioned", "Fault")


def _leaf(value: tuple[bytes, int, bytes]) -> Leaf:
    return Leaf(value[0], value[1], Hash32(value[2]))


def _state(value: tuple[tuple[int, ...]]) -> StateSnapshot:
    return tuple(value[0])


def _game(model: Model, action: Action) -> FaultDisputeGame:
    assert isinstance(action.target, int)
    return model.games[action.target]


def _create(model: Model, action: Action, call: Call, created: Address | None) -> Address:
    game_type, root_claim, extra_data = action.arguments
    return model.factory.create(call, game_type, root_claim, extra_data, created).address


def _large(name: str) -> Callable[..., Any]:
    def called(model: Model, action: Action, call: Call, _created: Address | None) -> None:
        claimant, uuid, state, pre, pre_proof, post, post_proof = action.arguments
        method = getattr(model.oracle, name)
        method(call, claimant, uuid, _state(state), _leaf(pre), pre_proof, _leaf(post), post_proof)

    return called


def _first(model: Model, action: Action, call: Call, _created: Address | None) -> None:
    claimant, uuid, post, proof = action.arguments
    model.oracle.challenge_first_lpp(call, claimant, uuid, _leaf(post), proof)


def _of(part: str, name: str) -> Callable[..., Any]:
    """A function of one of the contracts that the model has under the same arguments."""

    def called(model: Model, action: Action, call: Call, _created: Address | None) -> Any:
        return getattr(getattr(model, part), name)(call, *action.arguments)

    return called


def _of_game(name: str) -> Callable[..., Any]:
    return lambda model, action, call, _: getattr(_game(model, action), name)(call, *action.arguments)


def _move(model: Model, action: Action, call: Call, _created: Address | None) -> None:
    disputed, index, value, is_attack = action.arguments
    _game(model, action).move(call, disputed, index, value, is_attack=is_attack)


def _step(model: Model, action: Action, call: Call, _created: Address | None) -> None:
    index, is_attack, state, proof = action.arguments
    _game(model, action).step(call, index, state, proof, is_attack=is_attack)


def _set_anchor(model: Model, action: Action, call: Call, _created: Address | None) -> None:
    game = model.chain.contract(FaultDisputeGame, action.arguments[0])
    assert isinstance(model.registry, AnchorStateRegistry)
    model.registry.set_anchor_state(call, game)


def _precompile(model: Model, action: Action, call: Call, _created: Address | None) -> None:
    offset, address, *gas, data = action.arguments
    model.oracle.load_precompile_preimage_part(call, offset, address, gas[0] if gas else None, data)


CALLS: dict[str, Callable[..., Any]] = {
    "create": _create,
    "attack": _of_game("attack"),
    "defend": _of_game("defend"),
    "move": _move,
    "step": _step,
    "addLocalData": _of_game("add_local_data"),
    "challengeRootL2Block": _of_game("challenge_root_l2_block"),
    "resolveClaim": _of_game("resolve_claim"),
    "resolve": lambda model, action, call, _: int(_game(model, action).resolve(call)),
    "closeGame": _of_game("close_game"),
    "claimCredit": _of_game("claim_credit"),
    "deposit": _of("weth", "deposit"),
    "unlock": _of("weth", "unlock"),
    "withdraw(address,uint256)": _of("weth", "withdraw"),
    "approve": _of("weth", "approve"),
    "transfer": _of("weth", "transfer"),
    "transferFrom": _of("weth", "transfer_from"),
    "hold(address,uint256)": _of("weth", "hold"),
    "recover": _of("weth", "recover"),
    "setAnchorState": _set_anchor,
    "setRespectedGameType": _of("registry", "set_respected_game_type"),
    "updateRetirementTimestamp": _of("registry", "update_retirement_timestamp"),
    "blacklistDisputeGame": _of("registry", "blacklist_dispute_game"),
    "setInitBond": _of("factory", "set_init_bond"),
    "loadLocalData": _of("oracle", "load_local_data"),
    "loadKeccak256PreimagePart": _of("oracle", "load_keccak256_preimage_part"),
    "loadSha256PreimagePart": _of("oracle", "load_sha256_preimage_part"),
    "loadBlobPreimagePart": _of("oracle", "load_blob_preimage_part"),
    "loadPrecompilePreimagePart": _precompile,
    "initLPP": _of("oracle", "init_lpp"),
    "addLeavesLPP": _of("oracle", "add_leaves_lpp"),
    "challengeLPP": _large("challenge_lpp"),
    "challengeFirstLPP": _first,
    "squeezeLPP": _large("squeeze_lpp"),
}
"""How the model is called, by the name of the contract's function."""
