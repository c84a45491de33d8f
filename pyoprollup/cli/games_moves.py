"""``pyoprollup games``, the commands that send: create a game, move in it, resolve it.

Each is tried first, so that what the contract would refuse costs nothing.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyoprollup.challenger.game_types import GameType
from pyoprollup.cli.games_options import (
    GAME,
    FactoryOptions,
    L1ReadOptions,
    OutputOptions,
    fault_game,
    hash_option,
    head_of,
)
from pyoprollup.cli.options import option, service_command
from pyoprollup.cli.output import print_json, print_line
from pyoprollup.cli.service_options import TxOptions
from pyoprollup.errors import ConfigError, RollupError
from pyoprollup.eth.types import Hash32, to_hex

if TYPE_CHECKING:
    from pyoprollup.bindings import Contract, ContractTransaction
    from pyoprollup.l1.rpc import L1Client
    from pyoprollup.sources.l1 import L1Receipt

__all__ = ["create_command", "move_command", "resolve_claim_command", "resolve_command"]

_LONGEST_SLEEP = 1.0


def _send(
    client: L1Client,
    txs: TxOptions,
    abis: Sequence[Contract],
    transaction: ContractTransaction,
    block: Hash32,
) -> L1Receipt:
    """Try a transaction at a block, send it, and wait until it is confirmed; raises :class:`RollupError`.

    ``abis`` are of the contracts whose errors it may end with.
    """
    from pyoprollup.services.sending import Account
    from pyoprollup.sources.l1 import CallMsg, ExecutionReverted
    from pyoprollup.txmgr import TxCandidate

    account = Account(key=txs.key(), config=txs.tx_config(client.chain_id))
    sender = account.signer.address
    try:
        client.call(CallMsg(sender, transaction.to, transaction.data, transaction.value), block)
    except ExecutionReverted as error:
        reasons = [abi.reverted(error) for abi in abis]
        raise next((reason for reason in reasons if reason.name), reasons[0]) from error
    manager = account.manager(client, time.time, lambda _happening: None)
    pending = manager.send_async(TxCandidate(transaction.to, transaction.data, value=transaction.value))
    while not pending.done:
        time.sleep(min(_LONGEST_SLEEP, max(0.0, manager.next_due - time.time())))
        manager.step(time.time())
    if pending.error is not None:
        raise pending.error
    assert pending.receipt is not None
    if not pending.receipt.succeeded:
        raise RollupError(f"transaction {to_hex(pending.receipt.tx_hash)} reverted")
    return pending.receipt


def _print_sent(output: OutputOptions, receipt: L1Receipt, what: str, **facts: Any) -> None:
    sent = {"transaction": to_hex(receipt.tx_hash), "l1_block": receipt.block_number}
    if output.as_json:
        print_json(facts | sent)
        return
    print_line(what)
    print_line(f"transaction {sent['transaction']} in L1 block {receipt.block_number:,}", indent=2)


# --- create


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateOptions:
    """What a new game claims."""

    output_root: Hash32 = option("--output-root", "The claimed root.", metavar="HASH", parse=hash_option)
    l2_block_num: int = option("--l2-block-num", "The L2 block that the root is of.", metavar="N")
    game_type: int = option(
        "--game-type", "Number of the type.", default=int(GameType.CANNON_KONA), metavar="N"
    )


@service_command("games", L1ReadOptions, FactoryOptions, CreateOptions, TxOptions, OutputOptions)
def create_command(
    l1: L1ReadOptions, factory: FactoryOptions, claim: CreateOptions, txs: TxOptions, output: OutputOptions
) -> None:
    """Create a game about an output root, with the bond that the factory asks for."""
    from pyoprollup.bindings import load_contract
    from pyoprollup.challenger.contracts import GameFactoryContract

    with l1.client() as client:
        head = head_of(client)
        contract = GameFactoryContract.detect(factory.factory, client, head.hash)
        transaction = contract.create_tx(
            _game_type(claim.game_type), claim.output_root, claim.l2_block_num, 0, head.hash
        )
        # What a new game does not accept is said by the game.
        abis = [contract.bound.contract, load_contract("FaultDisputeGame")]
        receipt = _send(client, txs, abis, transaction, head.hash)
        created = next(iter(contract.created(receipt.logs)), None)
    game = None if created is None else to_hex(created.proxy)
    _print_sent(output, receipt, f"created game {game}", game=game)


def _game_type(number: int) -> int:
    """Games about super roots have chains and outputs in their extra data, which nobody gives by hand."""
    from pyoprollup.challenger.game_types import game_type_info

    if not 0 <= number < 1 << 32:
        raise ConfigError(f"game_type: {number} is no type of game")
    info = game_type_info(number)
    if info is not None and info.super_roots:
        raise ConfigError(f"game_type: {info.name} games are about super roots, and are not created by hand")
    return number


# --- move


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveOptions:
    """The move: one of attack and defence, against a claim."""

    attack: bool = option("--attack/--no-attack", "Say that the claim is wrong.", default=False)
    defend: bool = option("--defend/--no-defend", "Say that the fault is after the claim.", default=False)
    parent_index: int = option("--parent-index", "The claim that is answered.", metavar="N")
    claim: Hash32 = option("--claim", "The value that is claimed.", metavar="HASH", parse=hash_option)

    def check(self) -> None:
        """Raise :class:`ConfigError` unless it is one move."""
        if self.attack == self.defend:
            raise ConfigError("attack: give one of --attack and --defend")


@service_command("games", L1ReadOptions, MoveOptions, TxOptions, OutputOptions, arguments=GAME)
def move_command(
    game: str, l1: L1ReadOptions, move: MoveOptions, txs: TxOptions, output: OutputOptions
) -> None:
    """Attack or defend a claim, with the bond for it."""
    with l1.client() as client:
        head = head_of(client)
        contract = fault_game(game, client, head.hash)
        _check_index(move.parent_index, contract.claim_count(head.hash), "parent_index")
        parent = contract.claim(move.parent_index, head.hash)
        moving = contract.attack_tx if move.attack else contract.defend_tx
        transaction = moving(parent, move.claim, head.hash)
        receipt = _send(client, txs, [contract.version.abi], transaction, head.hash)
    what = f"{'attacked' if move.attack else 'defended'} claim {parent.index} of {to_hex(contract.address)}"
    _print_sent(output, receipt, what, game=to_hex(contract.address), bond=str(transaction.value))


def _check_index(index: int, count: int, name: str) -> None:
    if not 0 <= index < count:
        raise ConfigError(f"{name}: there is no claim {index}, the game has {count}")


# --- resolve


@service_command("games", L1ReadOptions, TxOptions, OutputOptions, arguments=GAME)
def resolve_command(game: str, l1: L1ReadOptions, txs: TxOptions, output: OutputOptions) -> None:
    """Resolve a game whose claims are all resolved."""
    with l1.client() as client:
        head = head_of(client)
        contract = fault_game(game, client, head.hash)
        receipt = _send(client, txs, [contract.version.abi], contract.resolve_tx(), head.hash)
        status = str(contract.status(receipt.block_hash)).lower()
    _print_sent(output, receipt, f"resolved: {status}", game=to_hex(contract.address), status=status)


CLAIM = {
    "claim_index": Annotated[
        int, typer.Argument(metavar="CLAIM", help="Index of the claim.", show_default=False)
    ]
}


@service_command("games", L1ReadOptions, TxOptions, OutputOptions, arguments=GAME | CLAIM)
def resolve_claim_command(
    game: str, claim_index: int, l1: L1ReadOptions, txs: TxOptions, output: OutputOptions
) -> None:
    """Resolve a claim whose time is over, and whose answers are resolved."""
    with l1.client() as client:
        head = head_of(client)
        contract = fault_game(game, client, head.hash)
        _check_index(claim_index, contract.claim_count(head.hash), "claim")
        transaction = contract.resolve_claim_tx(claim_index)
        receipt = _send(client, txs, [contract.version.abi], transaction, head.hash)
    what = f"resolved claim {claim_index} of {to_hex(contract.address)}"
    _print_sent(output, receipt, what, game=to_hex(contract.address), claim=claim_index)
