"""What is known beforehand of the upgrade bundles that are not part of this package.

Of Jovian's five transactions everything but the bytecode; of Karst's bundle the hash of the file
that was published. Both are package data under ``data/upgrades``.

Specification: protocol/jovian/derivation.md, Network Upgrade Transactions (the clients in operation
spell four of the intents differently from the text, and the source hashes here are theirs).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources

from pyoprollup.eth.types import Address, Hash32
from pyoprollup.rollup.config_reader import ConfigReader
from pyoprollup.rollup.fork import Fork

__all__ = ["KnownTransaction", "PublishedBundle", "known_transactions", "published_bundle", "upgrade_data"]


@dataclass(frozen=True, slots=True)
class KnownTransaction:
    """An upgrade transaction whose ``data`` is only known by its keccak-256."""

    intent: str
    from_: Address
    to: Address | None
    gas_limit: int
    source_hash: Hash32
    data_hash: Hash32
    code_hash: Hash32 | None
    """keccak-256 of the code that a deployment leaves behind, as the specification states it."""


@dataclass(frozen=True, slots=True)
class PublishedBundle:
    """A bundle file that was released: its hash, how many transactions it has and their gas."""

    hash: str
    """``sha256:`` and 64 hex digits."""
    transactions: int
    gas: int


def upgrade_data(name: str) -> bytes:
    """A file of the package's ``data/upgrades`` folder."""
    return resources.files("pyoprollup.rollup").joinpath("data", "upgrades", name).read_bytes()


@cache
def known_transactions(fork: Fork) -> tuple[KnownTransaction, ...] | None:
    """The transactions that a bundle for ``fork`` has to consist of, ``None`` when that is not known."""
    if fork is not Fork.JOVIAN:
        return None
    return tuple(
        _known(ConfigReader(item)) for item in json.loads(upgrade_data("jovian.json"))["transactions"]
    )


def _known(reader: ConfigReader) -> KnownTransaction:
    code_hash = reader.optional_bytes("codeHash", 32)
    return KnownTransaction(
        intent=reader.optional_text("intent") or "",
        from_=reader.address("from"),
        to=reader.optional_address("to"),
        gas_limit=reader.uint("gasLimit"),
        source_hash=reader.hash("sourceHash"),
        data_hash=reader.hash("dataHash"),
        code_hash=None if code_hash is None else Hash32(code_hash),
    )


@cache
def published_bundle(fork: Fork) -> PublishedBundle | None:
    """The bundle that was released for ``fork``, ``None`` when there is none or it is not known."""
    entry = json.loads(upgrade_data("published.json")).get(fork.name.lower())
    return None if entry is None else PublishedBundle(**entry)
