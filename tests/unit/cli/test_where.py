"""``pyoprollup where``."""

from __future__ import annotations

import pytest

from pyoprollup.cli.go_map import entries
from tests.support import ROOT
from tests.unit.cli.support import run


@pytest.mark.parametrize(
    "name",
    [
        "FrameQueue.NextFrame",
        "NextFrame",
        "derive.FrameQueue.NextFrame",
        "FrameQueue.next_frame",
        "pyoprollup.derive.frame_queue.FrameQueue.next_frame",
        "framequeue.nextframe",
    ],
)
def test_a_name_of_either_side_leads_to_the_same_place(name: str) -> None:
    (found,) = run("where", name, "--json").json
    assert (found["module"], found["name"]) == ("pyoprollup.derive.frame_queue", "FrameQueue.next_frame")
    assert found["go"] == {
        "file": "op-node/rollup/derive/frame_queue.go",
        "symbol": "FrameQueue.NextFrame",
        "release": "optimism v1.16.11",
        "url": "https://github.com/ethereum-optimism/optimism/blob/v1.16.11/op-node/rollup/derive/frame_queue.go",
    }
    assert found["specification"][0] == {
        "section": "protocol/derivation.md: Frame Queue",
        "url": "https://specs.optimism.io/protocol/derivation.html#frame-queue",
    }
    assert found["tests"] == "tests/unit/derive/test_frame_queue.py"
    line = (ROOT / found["file"]).read_text(encoding="utf-8").splitlines()[found["line"] - 1]
    assert line.startswith("    def next_frame(")


def test_shows_what_it_found() -> None:
    out = run("where", "checkSpanBatchHolocene").out
    assert out.startswith("check_span_batch_holocene\n")
    for part in (
        "pyoprollup/derive/check_span_batch.py:",
        "checkSpanBatchHolocene in op-node/rollup/derive/batches.go\n",
        "optimism v1.19.6, https://",
        "behaviour of   op-node v1.19.6\n",
        "https://specs.optimism.io/protocol/holocene/derivation.html#span-batches\n",
        "tests          tests/unit/derive/test_check_span_batch.py\n",
    ):
        assert part in out


def test_names_of_op_geth_have_their_own_release() -> None:
    (found,) = run("where", "FlzCompressLen", "--json").json
    assert found["go"]["file"] == "go-ethereum/core/types/rollup_cost.go"
    assert found["go"]["release"].startswith("op-geth v1.101")
    assert "/op-geth/blob/" in found["go"]["url"]


def test_a_name_without_a_counterpart_says_why() -> None:
    out = run("where", "DropReason").out
    assert "Go             no counterpart: Go logs what it ignores, and counts some of it\n" in out


def test_names_of_packages_without_counterpart_are_found_too() -> None:
    (found,) = run("where", "devnet.Devnet", "--json").json
    assert found["go"] is None and found["why"]
    assert found["file"] == "pyoprollup/devnet/devnet.py"


@pytest.mark.parametrize("name", ["EngineController", "frame_que"])
def test_several_matches_are_listed(name: str) -> None:
    head, *rows = run("where", name).lines
    assert head.split() == ["NAME", "DEFINED", "IN", "GO"]
    assert len(rows) > 2
    assert len(run("where", name, "--json").json) == len(rows)


def test_many_matches_are_cut_short() -> None:
    rows = run("where", "e").lines
    assert len(rows) == 42 and rows[-1].startswith("and ")


def test_an_unknown_name_ends_with_similar_ones() -> None:
    outcome = run("where", "NextFrane", code=1)
    assert outcome.err.startswith("error: no name 'NextFrane' in the map; similar names: ")
    assert "NextFrame" in outcome.err
    assert outcome.out == ""
    for name in ("", "qqqqqqqq", ".", "\x1b[31m"):
        assert run("where", name, code=1).err.startswith("error: no name ")


def test_every_name_has_a_place() -> None:
    """Names that a module only imports from another one have no line of their own.

    Of a package that is mapped as a whole, that is all of them.
    """
    for entry in entries():
        text = (ROOT / entry.file).read_text(encoding="utf-8")
        assert entry.line is not None or f'"{entry.name}"' in text, entry.key
    placeless = [entry for entry in entries() if entry.line is None]
    assert sum(not entry.file.endswith("__init__.py") for entry in placeless) < 12
