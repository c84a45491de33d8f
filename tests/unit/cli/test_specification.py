"""Links to the specification."""

from __future__ import annotations

import pytest

from pyoprollup.cli.specification import specification_url

SITE = "https://specs.optimism.io"


@pytest.mark.parametrize(
    ("section", "url"),
    [
        ("protocol/derivation.md", f"{SITE}/protocol/derivation.html"),
        ("protocol/derivation.md: Frame Format", f"{SITE}/protocol/derivation.html#frame-format"),
        (
            "protocol/derivation.md: Channel Reader (Batch Decoding)",
            f"{SITE}/protocol/derivation.html#channel-reader-batch-decoding",
        ),
        (
            "protocol/derivation.md: L1-sync: payload attributes processing",
            f"{SITE}/protocol/derivation.html#l1-sync-payload-attributes-processing",
        ),
        (
            "protocol/isthmus/exec-engine.md: Update to `ExecutionPayload`",
            f"{SITE}/protocol/isthmus/exec-engine.html#update-to-executionpayload",
        ),
        (
            "protocol/delta/span-batches.md: Span Batch Size Limits",
            f"{SITE}/protocol/delta/span-batches.html#span-batch-size-limits",
        ),
        (
            "protocol/rollup-node-p2p.md: `payload_by_number`",
            f"{SITE}/protocol/rollup-node-p2p.html#payload_by_number",
        ),
        ("EIP-4844", "https://eips.ethereum.org/EIPS/eip-4844"),
        ("RFC 1951", "https://www.rfc-editor.org/rfc/rfc1951"),
        ("Yellow Paper, appendix B", "https://ethereum.github.io/yellowpaper/paper.pdf"),
    ],
)
def test_urls(section: str, url: str) -> None:
    assert specification_url(section) == url


@pytest.mark.parametrize("section", ["", "a book", "derivation", "EIP-"])
def test_unknown_documents_have_none(section: str) -> None:
    assert specification_url(section) is None
