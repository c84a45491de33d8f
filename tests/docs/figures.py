"""The pictures of the book, made from real runs: ``docs/figures/NAME-light.svg`` and ``NAME-dark.svg``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

from pyoprollup.challenger.claim_tree_svg import claim_tree_svg
from pyoprollup.devnet import DataAvailability, Devnet, DevnetOptions
from pyoprollup.devnet.diagram_svg import Scheme, scheme_css, svg
from pyoprollup.devnet.game_life import GameLifeRecorder, account_names
from pyoprollup.devnet.game_pictures import devnet_games, game_sheet
from pyoprollup.devnet.life import BlockLife, LifeRecorder
from pyoprollup.devnet.watch import Watch
from tests.docs.pages import DOCS
from tests.docs.step_figure import one_instruction

__all__ = ["DISPUTED", "FIGURES", "FOLDER", "files"]

FOLDER = DOCS / "figures"


@cache
def _life() -> BlockLife:
    """A block's life on a small devnet."""
    recorder = LifeRecorder(8)
    devnet = Devnet(DevnetOptions(l1_blocks=3), watch=Watch(recorder))
    devnet.run()
    return recorder.life(devnet)


DISPUTED = DevnetOptions(
    l1_blocks=10,
    l1_finality=3,
    transactions=1,
    deposits=0,
    data_availability=DataAvailability.CALLDATA,
    silent_verifier=False,
    proposer=True,
    proposal_interval=72,
    challenger=True,
    bad_proposals=("wrong-root",),
    dishonest=("deep-liar", "freeloader"),
    dispute_clock=240,
    dispute_depth=6,
)
"""The devnet of the chapter "How a lie is caught"."""


@cache
def _disputed() -> tuple[Devnet, GameLifeRecorder]:
    recorder = GameLifeRecorder()
    devnet = Devnet(DISPUTED, watch=Watch(recorder))
    devnet.run()
    return devnet, recorder


def game_life(scheme: Scheme) -> str:
    """A proposal, the dispute about it, and its end."""
    devnet, recorder = _disputed()
    return svg(recorder.life(devnet, devnet_games(devnet)[1]), scheme)


def claim_tree(scheme: Scheme) -> str:
    """The claims of the same game."""
    devnet, _ = _disputed()
    sheet = game_sheet(devnet, devnet_games(devnet)[1])
    return claim_tree_svg(sheet, str(scheme), account_names(devnet))


def block_life(scheme: Scheme) -> str:
    """What becomes of one block."""
    return svg(_life(), scheme)


_STAGES = (
    ("l1_traversal", "L1 blocks"),
    ("l1_retrieval", "batcher data"),
    ("frame_queue", "frames"),
    ("channel_mux", "channels"),
    ("channel_in_reader", "batches"),
    ("batch_mux", "singular batches"),
    ("attributes_queue", "payload attributes"),
)
"""The stages of derivation, and what each hands on."""
_READS = (
    ("L1", "left", (("l1_traversal", "headers"), ("attributes_queue", "receipts"))),
    ("L2 so far", "right", (("batch_mux", "safe chain"), ("attributes_queue", "system configuration"))),
)
_TOP, _STEP, _BOX, _HALF, _MIDDLE, _WIDTH = 24, 66, 36, 88, 320, 640
_STYLE = """\
text { font-family: "Helvetica Neue", Helvetica, Arial, "Liberation Sans", "DejaVu Sans", sans-serif; }
.name { font-size: 14px; font-weight: bold; text-anchor: middle; }
.text { font-size: 13px; }
.box { stroke-width: 1.4; }
.line { fill: none; stroke-width: 1.4; }
.read { stroke-dasharray: 4 4; }"""


def pipeline(scheme: Scheme) -> str:
    """The way of the data through the stages."""
    height = _TOP + _STEP * len(_STAGES) + _BOX
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        f'width="{_WIDTH}" height="{height}">',
        "<title>The stages of derivation</title>",
        f"<style>\n{_STYLE}\n{scheme_css(scheme)}\n</style>",
        '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" '
        'orient="auto"><path class="tip" d="M0 1 L9 5 L0 9 z"/></marker></defs>',
        f'<rect class="paper" width="{_WIDTH}" height="{height}"/>',
        *_stages(),
        *_reads(),
        "</svg>",
    ]
    return "".join(f"{part}\n" for part in parts)


def _y(stage: str) -> int:
    return _TOP + _STEP * [name for name, _ in _STAGES].index(stage)


def _stages() -> Iterator[str]:
    for name, handed_on in _STAGES:
        y = _y(name)
        end = y + _STEP
        yield f'<rect class="box" x="{_MIDDLE - _HALF}" y="{y}" width="{2 * _HALF}" height="{_BOX}" rx="6"/>'
        yield f'<text class="name" x="{_MIDDLE}" y="{y + 23}">{name}</text>'
        yield (
            f'<line class="line" x1="{_MIDDLE}" y1="{y + _BOX}" x2="{_MIDDLE}" y2="{end - 1}" '
            'marker-end="url(#tip)"/>'
        )
        if name != _STAGES[-1][0]:
            yield f'<text class="text" x="{_MIDDLE + 10}" y="{y + _BOX + 19}">{handed_on}</text>'
    y = _TOP + _STEP * len(_STAGES)
    yield f'<text class="name" x="{_MIDDLE}" y="{y + 20}">{_STAGES[-1][1]}</text>'


def _reads() -> Iterator[str]:
    """What is read from outside, beside the stages that read it."""
    for source, side, readers in _READS:
        x, edge, near = (70, _MIDDLE - _HALF, 1) if side == "left" else (570, _MIDDLE + _HALF, -1)
        last = _y(readers[-1][0]) + _BOX / 2
        top = _y(readers[0][0])
        yield f'<rect class="box" x="{x - 52}" y="{top}" width="104" height="{_BOX}" rx="18"/>'
        yield f'<text class="name" x="{x}" y="{top + 23}">{source}</text>'
        yield f'<line class="line read" x1="{x}" y1="{top + _BOX}" x2="{x}" y2="{last}"/>'
        for index, (stage, what) in enumerate(readers):
            y = _y(stage) + _BOX / 2
            start = x + near * 52 if index == 0 else x
            yield (
                f'<line class="line read" x1="{start}" y1="{y}" x2="{edge - near}" y2="{y}" '
                'marker-end="url(#tip)"/>'
            )
            yield (
                f'<text class="text" x="{(start + edge) / 2}" y="{y - 8}" text-anchor="middle">{what}</text>'
            )


FIGURES: dict[str, Callable[[Scheme], str]] = {
    "block-life": block_life,
    "claim-tree": claim_tree,
    "game-life": game_life,
    "one-instruction": one_instruction,
    "pipeline": pipeline,
}


def files() -> Iterator[tuple[str, str]]:
    """Name and content of each file."""
    for name, make in FIGURES.items():
        for scheme in (Scheme.LIGHT, Scheme.DARK):
            yield f"{name}-{scheme.value}.svg", make(scheme)
