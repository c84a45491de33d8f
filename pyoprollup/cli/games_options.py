"""Options that the commands of ``pyoprollup games`` share, and how they reach L1."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyoprollup.cli.options import option
from pyoprollup.cli.service_options import address, listed
from pyoprollup.errors import ConfigError, DecodeError
from pyoprollup.eth.types import Address, Hash32, hash_from_hex

if TYPE_CHECKING:
    from pyoprollup.challenger.contracts import AnyGameContract, FaultDisputeGameContract
    from pyoprollup.eth.refs import L1BlockRef
    from pyoprollup.l1.rpc import L1Client

__all__ = [
    "GAME",
    "FactoryOptions",
    "L1ReadOptions",
    "OutputOptions",
    "any_game",
    "fault_game",
    "game_address",
    "hash_option",
    "head_of",
]

GAME: dict[str, Any] = {
    "game": Annotated[str, typer.Argument(metavar="GAME", help="Address of the game.", show_default=False)]
}
"""The argument of commands about one game."""


@dataclass(frozen=True, slots=True, kw_only=True)
class L1ReadOptions:
    """How L1 is reached by who only asks now and then."""

    l1: tuple[str, ...] = option(
        "--l1",
        "JSON-RPC of L1. Several, repeated or with commas, are fallen back to in this order.",
        metavar="URL",
        alias="--l1-eth-rpc",
    )
    l1_batch_size: int = option(
        "--l1-rpc-max-batch-size", "Calls in one request to L1.", default=20, metavar="N"
    )
    l1_timeout: float = option(
        "--l1-timeout", "Limit for a request to L1 as a whole.", default=10.0, metavar="SECONDS", unit="s"
    )

    @contextmanager
    def client(self) -> Iterator[L1Client]:
        """A client of whatever L1 is there."""
        from pyoprollup.services.endpoints import L1Endpoints

        endpoints = L1Endpoints(
            urls=listed(self.l1), max_batch_size=self.l1_batch_size, timeout=self.l1_timeout, rounds=1
        )
        with endpoints.client(None, None, lambda _happening: None) as client:
            yield client


@dataclass(frozen=True, slots=True, kw_only=True)
class FactoryOptions:
    """Where games are created."""

    factory: Address = option(
        "--game-factory-address", "The factory of dispute games on L1.", metavar="ADDRESS", parse=address
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputOptions:
    """How results are printed."""

    as_json: bool = option("--json/--no-json", "Print JSON.", default=False)


def game_address(text: str) -> Address:
    """The argument ``GAME``; raises :class:`ConfigError`."""
    try:
        return address(text)
    except ValueError as exc:
        raise ConfigError(f"game: {exc}") from exc


def hash_option(text: str) -> Hash32:
    """32 bytes in hex, for :func:`~pyoprollup.cli.options.option`."""
    try:
        return hash_from_hex(text, "value")
    except DecodeError as exc:
        raise ValueError(f"{text!r} is not 32 bytes in hex: {exc}") from exc


def head_of(l1: L1Client) -> L1BlockRef:
    """The newest block: all that a command reads is of the state after it."""
    from pyoprollup.eth.refs import BlockLabel

    return l1.l1_block_ref_by_label(BlockLabel.UNSAFE)


def any_game(text: str, l1: L1Client, block: Hash32) -> AnyGameContract:
    """The contract of a game of any type that is known; raises :class:`RollupError` if there is none."""
    from pyoprollup.challenger.contracts import detect_game_type, dispute_game_contract

    where = game_address(text)
    if not l1.code_at(where, block):
        raise ConfigError(f"game: there is no contract at {text}")
    return dispute_game_contract(detect_game_type(where, l1, block), where, l1, block)


def fault_game(text: str, l1: L1Client, block: Hash32) -> FaultDisputeGameContract:
    """The same for a game that has claims."""
    from pyoprollup.challenger.contracts import FaultDisputeGameContract

    contract = any_game(text, l1, block)
    if not isinstance(contract, FaultDisputeGameContract):
        raise ConfigError(f"game: {text} has no claims, it is a {contract.version.contract}")
    return contract
