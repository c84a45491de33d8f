"""Upgrade bundles: files with the transactions of a network upgrade.

Specification: protocol/l2-upgrades-1-execution.md, Network Upgrade Transaction Bundle. The file is
JSON::

    {"metadata": {"version": "1.0.0"},
     "transactions": [{"intent": "…", "from": "0x…", "to": "0x…", "data": "0x…", "gasLimit": 1000000}]}

``to`` may be ``null`` for a deployment; no transaction carries value. Version 1.1.0 adds
``metadata.extraGas``, gas for deposits that the file cannot express. Karst is the first fork that
comes this way. Jovian's transactions are taken from the same format, as this package does not
hold their bytecode; those of the forks before are package data in it.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from pyoprollup.errors import ConfigError
from pyoprollup.eth.crypto import keccak256
from pyoprollup.rollup.config_reader import MAX_CONFIG_BYTES, ConfigReader, parse_json, shown
from pyoprollup.rollup.fork import Fork
from pyoprollup.rollup.upgrades.known import known_transactions, published_bundle
from pyoprollup.rollup.upgrades.transaction import UpgradeTransaction, qualified_intent

__all__ = ["BUNDLE_FORKS", "Bundle", "UpgradeBundleError"]

BUNDLE_FORKS = frozenset({Fork.JOVIAN, Fork.KARST, Fork.INTEROP})
"""The forks whose transactions can come from a file."""

_VERSION, _VERSION_EXTRA_GAS = "1.0.0", "1.1.0"


class UpgradeBundleError(ConfigError):
    """An upgrade bundle cannot be read, is malformed, or is not the one that it should be."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """The transactions of one fork, in the order of their execution.

    ``transactions`` carry the intents that their source hashes are made from.
    """

    fork: Fork
    transactions: tuple[UpgradeTransaction, ...]
    extra_gas: int = 0

    @property
    def total_gas(self) -> int:
        """Gas limits of all transactions, and the extra gas."""
        return self.extra_gas + sum(tx.gas_limit for tx in self.transactions)

    def deposits(self) -> tuple[bytes, ...]:
        """The EIP-2718 bytes of all transactions."""
        return tuple(tx.encode() for tx in self.transactions)

    @classmethod
    def load(
        cls, fork: Fork, source: str | os.PathLike[str] | bytes, expected_hash: str | None = None
    ) -> Bundle:
        """Read a bundle from a path or from its bytes, and make sure that it is the right one.

        ``expected_hash`` is ``sha256:`` and the file's digest in hex. Without it, the bundle must be
        the published one, or match what this package knows of its transactions. Jovian's always
        has to match. Raises :class:`UpgradeBundleError`.
        """
        if fork not in BUNDLE_FORKS:
            raise UpgradeBundleError(f"{fork.name}: the transactions of this fork come from no bundle")
        content = source if isinstance(source, bytes) else _read(fork, source)
        _check_hash(fork, content, expected_hash)
        bundle = cls.parse(fork, content)
        _check_known(bundle)
        return bundle

    @classmethod
    def parse(cls, fork: Fork, content: bytes, *, bare_intents: bool = True) -> Bundle:
        """Decode a bundle file without asking whether it is the right one.

        ``bare_intents`` says that intents are to be qualified as the fork does it; otherwise they go
        into the source hashes as they are. Raises :class:`UpgradeBundleError`.
        """
        try:
            return cls._parse(fork, content, bare_intents)
        except UpgradeBundleError:
            raise
        except ConfigError as exc:
            raise UpgradeBundleError(f"{fork.name} upgrade bundle: {exc}") from exc

    @classmethod
    def _parse(cls, fork: Fork, content: bytes, bare_intents: bool) -> Bundle:
        reader = ConfigReader(parse_json(content, "file"))
        extra_gas = _read_metadata(reader.section("metadata"))
        items = reader.take("transactions")
        if not isinstance(items, list) or not items:
            raise ConfigError(f"transactions: expected a list of them, got {shown(items)}")
        reader.finish()
        transactions = []
        for index, item in enumerate(items):
            transaction = _read_transaction(ConfigReader(item, f"transactions[{index}]"))
            if bare_intents:
                intent = qualified_intent(fork, index, transaction.intent)
                transaction = UpgradeTransaction(
                    intent, transaction.from_, transaction.to, transaction.gas_limit, transaction.data
                )
            transactions.append(transaction)
        return cls(fork, tuple(transactions), extra_gas)


def _read(fork: Fork, path: str | os.PathLike[str]) -> bytes:
    try:
        with Path(path).open("rb") as file:
            return file.read(MAX_CONFIG_BYTES + 1)
    except (OSError, ValueError) as exc:
        raise UpgradeBundleError(
            f"{fork.name} upgrade bundle: cannot read {os.fspath(path)!r}: {exc}"
        ) from exc


def _read_metadata(reader: ConfigReader) -> int:
    version = reader.optional_text("version")
    extra_gas = reader.uint("extraGas")
    reader.finish()
    if version not in (_VERSION, _VERSION_EXTRA_GAS):
        raise ConfigError(f"{reader.name('version')}: {shown(version)} is not supported")
    if extra_gas and version == _VERSION:
        raise ConfigError(f"{reader.name('extraGas')}: {extra_gas}, but version {version} has none")
    return extra_gas


def _read_transaction(reader: ConfigReader) -> UpgradeTransaction:
    intent = reader.optional_text("intent")
    from_ = reader.optional_address("from")
    to = reader.optional_address("to")
    data = reader.optional_bytes("data")
    gas_limit = reader.optional_uint("gasLimit")
    reader.finish()
    for key, value in (("intent", intent), ("from", from_), ("data", data), ("gasLimit", gas_limit)):
        if value is None:
            raise ConfigError(f"{reader.name(key)}: missing")
    if not intent or from_ is None or data is None or gas_limit is None:
        raise ConfigError(f"{reader.name('intent')}: empty")
    try:
        intent.encode()
    except UnicodeEncodeError as exc:  # JSON can spell half of a surrogate pair
        raise ConfigError(f"{reader.name('intent')}: not valid text") from exc
    return UpgradeTransaction(intent, from_, to, gas_limit, data)


def _check_hash(fork: Fork, content: bytes, expected: str | None) -> None:
    published = published_bundle(fork)
    if expected is None and published is not None:
        expected = published.hash
    if expected is None:
        if known_transactions(fork) is None:
            raise UpgradeBundleError(f"{fork.name} upgrade bundle: no hash given to check it with")
        return
    actual = "sha256:" + hashlib.sha256(content).hexdigest()
    if actual != expected.lower():
        raise UpgradeBundleError(f"{fork.name} upgrade bundle: hash is {actual}, expected {expected}")


def _check_known(bundle: Bundle) -> None:
    known = known_transactions(bundle.fork)
    if known is None:
        return
    name = f"{bundle.fork.name} upgrade bundle"
    if len(bundle.transactions) != len(known):
        raise UpgradeBundleError(f"{name}: {len(bundle.transactions)} transactions, expected {len(known)}")
    for index, (actual, expected) in enumerate(zip(bundle.transactions, known, strict=True)):
        for field in ("intent", "from_", "to", "gas_limit", "source_hash"):
            ours, theirs = getattr(actual, field), getattr(expected, field)
            if ours != theirs:
                raise UpgradeBundleError(
                    f"{name}: transactions[{index}].{field}: {shown(ours)}, expected {shown(theirs)}"
                )
        if keccak256(actual.data) != expected.data_hash:
            raise UpgradeBundleError(f"{name}: transactions[{index}].data: not the known bytes")
