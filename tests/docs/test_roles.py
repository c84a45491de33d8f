"""What the documentation build makes of docstrings."""

from __future__ import annotations

import sys

import pytest

from tests.docs.pages import DOCS

sys.path.insert(0, str(DOCS))

from _roles import to_markdown

SITE = "https://specs.optimism.io"


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        (
            "Specification: protocol/derivation.md.",
            f"Specification: [protocol/derivation.md]({SITE}/protocol/derivation.html).",
        ),
        (
            "Specification: protocol/derivation.md, Channel\nBank; more.",
            f"Specification: [protocol/derivation.md]({SITE}/protocol/derivation.html), "
            f"[Channel\nBank]({SITE}/protocol/derivation.html#channel-bank); more.",
        ),
        (
            "protocol/derivation.md, Frame Format and Batch Format (see there)",
            f"[protocol/derivation.md]({SITE}/protocol/derivation.html), "
            f"[Frame Format]({SITE}/protocol/derivation.html#frame-format) and "
            f"[Batch Format]({SITE}/protocol/derivation.html#batch-format) (see there)",
        ),
        (
            "protocol/derivation.md, Channel Reader (Batch Decoding).",
            f"[protocol/derivation.md]({SITE}/protocol/derivation.html), [Channel Reader (Batch Decoding)]"
            f"({SITE}/protocol/derivation.html#channel-reader-batch-decoding).",
        ),
        (
            "experimental/alt-da.md, Safety and Finality.",
            f"[experimental/alt-da.md]({SITE}/experimental/alt-da.html), "
            f"[Safety and Finality]({SITE}/experimental/alt-da.html#safety-and-finality).",
        ),
        (
            "protocol/derivation.md, as the pages of the forks say.",
            f"[protocol/derivation.md]({SITE}/protocol/derivation.html), as the pages of the forks say.",
        ),
    ],
)
def test_citations_become_links(text: str, markdown: str) -> None:
    assert to_markdown(text) == markdown


def test_roles_become_code() -> None:
    assert to_markdown("Raises :class:`~a.b.Error`, see :meth:`C.d`.") == "Raises `Error`, see `C.d`."
    assert to_markdown("Layout::\n\n    a b") == "Layout:\n\n    a b"


def test_urls_stay_as_they_are() -> None:
    text = f"<{SITE}/protocol/derivation.html#frame-queue>"
    assert to_markdown(text) == text
