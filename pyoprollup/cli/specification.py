"""Links to sections of the specification, from the way in which docstrings and ``go-map.toml`` name them."""

from __future__ import annotations

import re

__all__ = ["specification_url"]

_SITE = "https://specs.optimism.io"
_DOCUMENTS = {
    "Beacon APIs": "https://ethereum.github.io/beacon-APIs/",
    "Engine API specification": "https://github.com/ethereum/execution-apis/tree/main/src/engine",
    "Ethereum JSON-RPC specification": "https://ethereum.github.io/execution-apis/",
    "FIPS 202": "https://csrc.nist.gov/pubs/fips/202/final",
    "JSON-RPC 2.0": "https://www.jsonrpc.org/specification",
    "Solidity documentation: Contract ABI Specification": "https://docs.soliditylang.org/en/latest/abi-spec.html",
    "Yellow Paper": "https://ethereum.github.io/yellowpaper/paper.pdf",
    "op-conductor's documentation": "https://github.com/ethereum-optimism/optimism/tree/develop/op-conductor",
}
_NUMBERED = {
    "EIP": "https://eips.ethereum.org/EIPS/eip-{}",
    "RFC": "https://www.rfc-editor.org/rfc/rfc{}",
}


def specification_url(section: str) -> str | None:
    """The address of a section, ``None`` for a document that is not known.

    ``section`` is ``protocol/derivation.md: Frame Format`` for a section of the OP Stack's specification,
    ``protocol/derivation.md`` for a page of it, or another document: ``EIP-4844``, ``RFC 1951``,
    ``Yellow Paper, section 4``.
    """
    file, _, heading = section.partition(": ")
    if file.endswith(".md"):
        page = f"{_SITE}/{file.removesuffix('.md')}.html"
        return f"{page}#{_anchor(heading)}" if heading else page
    if numbered := re.fullmatch(r"(EIP|RFC)[- ](\d+)", section):
        return _NUMBERED[numbered[1]].format(numbered[2])
    return next((url for name, url in _DOCUMENTS.items() if section.startswith(name)), None)


def _anchor(heading: str) -> str:
    """The anchor that mdBook, which the specification is built with, gives to a heading."""
    return "".join(
        "-" if character.isspace() else character.lower()
        for character in heading
        if character.isalnum() or character in "_-" or character.isspace()
    )
