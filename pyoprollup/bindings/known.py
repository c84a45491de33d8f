"""The contracts of proposals and disputes that are known, by name and version: ``data/*.abi``.

A file lists the versions whose ABI differs, oldest first, as ``major.minor``; ``newest`` stands for all that
are not listed, as they do in the reference. Sections say for which versions their members hold::

    versions 1.0 1.1 newest
    extends OtherContract

    [all]
    version() view -> (string)

    [until 1.0]
    [from 1.1]
    [from 1.0 until 1.1]
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib import resources

from pyoprollup.bindings.abi import Member, parse_member
from pyoprollup.bindings.contract import Contract
from pyoprollup.errors import DecodeError
from pyoprollup.eth.refs import BlockLabel
from pyoprollup.eth.types import Address
from pyoprollup.sources.l1 import AtBlock, L1Accounts

__all__ = ["KNOWN_CONTRACTS", "NEWEST", "contract_version", "load_contract", "parse_contract"]

KNOWN_CONTRACTS = (
    "AnchorStateRegistry",
    "DelayedWETH",
    "DisputeGameFactory",
    "FaultDisputeGame",
    "MIPS",
    "MIPS64",
    "OptimismPortal2",
    "PermissionedDisputeGame",
    "PreimageOracle",
    "SuperFaultDisputeGame",
    "SuperPermissionedDisputeGame",
    "ZKDisputeGame",
)
NEWEST = "newest"

_SECTION = re.compile(r"\[(?:all|(?:from (?P<first>\S+))? ?(?:until (?P<last>\S+))?)\]", re.ASCII)


def load_contract(name: str, version: str = NEWEST) -> Contract:
    """A contract of :data:`KNOWN_CONTRACTS`. ``version`` is what it says of itself, such as ``1.2.0``.

    Raises ``KeyError`` for another name.
    """
    if name not in KNOWN_CONTRACTS:
        raise KeyError(name)
    major, _, rest = version.partition(".")
    minor, _, patch = rest.partition(".")
    # "1.10.0" is not 1.1, and "1.1" has no third number, by which the reference knows a version.
    return _load(name, f"{major}.{minor}" if patch else NEWEST)


def contract_version(address: Address, l1: L1Accounts, block: AtBlock = BlockLabel.UNSAFE) -> str:
    """What a contract of any kind says that its version is.

    Raises what :meth:`~pyoprollup.bindings.contract.ContractCall.read` does.
    """
    text = (
        Contract.of("contract", [parse_member("version() view -> (string)")])
        .at(address, l1)
        .read("version", block=block)
    )
    assert isinstance(text, str)
    return text


@cache
def _load(name: str, version: str) -> Contract:
    return Contract.of(name, parse_contract(_text(name), version))


def _text(name: str) -> str:
    return resources.files("pyoprollup.bindings").joinpath("data", f"{name}.abi").read_text("utf-8")


def parse_contract(text: str, version: str = NEWEST) -> Iterator[Member]:
    """The members that a version has, of a file in the form above. Raises :class:`DecodeError`."""
    versions = [NEWEST]
    wanted = True
    for line in text.splitlines():
        line = line.partition("#")[0].strip()
        if line.startswith("versions "):
            versions = line.split()[1:]
        elif line.startswith("extends "):
            yield from parse_contract(_text(line.split()[1]), version)
        elif line.startswith("["):
            wanted = _holds(line, versions, version)
        elif line and wanted:
            yield parse_member(line)


def _holds(section: str, versions: list[str], version: str) -> bool:
    """Whether a section is for a version."""
    match = _SECTION.fullmatch(section)
    bounds = [] if match is None else [match[key] for key in ("first", "last") if match[key]]
    if match is None or not set(bounds) <= set(versions) or not (bounds or section == "[all]"):
        raise DecodeError(f"{section} is not a section for {', '.join(versions)}")
    at = versions.index(version if version in versions else NEWEST)
    first = versions.index(match["first"]) if match["first"] else 0
    last = versions.index(match["last"]) if match["last"] else len(versions)
    return first <= at <= last
