"""``pyoprollup decode``: looks into batcher data, channels and batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from pyoprollup.cli import decode_json, decode_view
from pyoprollup.cli.decode_kinds import Kind, batch_or_span_of, detect, frames_of
from pyoprollup.cli.decode_result import DecodedItem, Origin
from pyoprollup.cli.inputs import NamedData, config_of, read_inputs
from pyoprollup.cli.output import print_error, print_json, print_note, progress
from pyoprollup.derive.codec.frame import Frame
from pyoprollup.derive.codec.singular_batch import SingularBatch
from pyoprollup.errors import DecodeError
from pyoprollup.eth.transactions import tx_hash
from pyoprollup.replay.reassemble import ChannelContent, read_channel, reassemble, rebuild
from pyoprollup.rollup import Fork, L1Time, RollupConfig, Rules
from pyoprollup.rollup.rules import rules_for

__all__ = ["decode_command"]

DEFAULT_CHAIN = "op-mainnet"


def decode_command(
    inputs: Annotated[
        list[str], typer.Argument(metavar="INPUT", help="Hex, files, folders, or - for standard input.")
    ],
    kind: Annotated[
        Kind | None, typer.Option("--as", help="Kind of the input; detected if not given.")
    ] = None,
    chain: Annotated[
        str | None, typer.Option(metavar="NAME_OR_ID", help=f"The chain, {DEFAULT_CHAIN} if not given.")
    ] = None,
    rollup_config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The chain's rollup.json, for other chains.")
    ] = None,
    l1_time: Annotated[
        int | None,
        typer.Option(
            metavar="SECONDS", min=0, help="Apply the limits at this L1 time instead of the newest."
        ),
    ] = None,
    blocks: Annotated[bool, typer.Option("--blocks", help="List the blocks.")] = False,
    txs: Annotated[bool, typer.Option("--txs", help="List the blocks and their transaction hashes.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, a line for each channel.")] = False,
) -> None:
    """Decode batcher data, channels or batches.

    The frames of all inputs are put together into channels, as far as they are there; timeouts are
    not applied. Span batches need to know the chain that they are of.
    """
    if chain is not None and rollup_config is not None:
        raise typer.BadParameter("give --chain or --rollup-config, not both")
    config = config_of(chain, rollup_config, DEFAULT_CHAIN)
    decoder = _Decoder(config, l1_time)
    failed = decoder.read_all(inputs, kind)
    items = decoder.items()
    if note := _doubt(items, config, None if rollup_config is not None else chain or ""):
        print_note(note)
    for item in items:
        if as_json:
            print_json(decode_json.item_json(item, config))
        else:
            decode_view.print_item(item, config, blocks or txs, txs)
    for error in failed:
        print_error(error)
    if failed:
        raise typer.Exit(1)


def _doubt(items: Sequence[DecodedItem], config: RollupConfig, chain: str | None) -> str:
    """Why the data may be of another chain; empty if nothing says so. ``chain``: as it was given, ``None`` if
    the configuration is a file's."""
    origins = [
        raw.epoch_num if isinstance(raw := batch.raw, SingularBatch) else raw.l1_origin_num
        for item in items
        for batch in item.batches
    ]
    genesis = config.genesis.l1.number
    early = [number for number in origins if number < genesis]
    if not early:
        return ""
    which = {None: "the chain of --rollup-config", "": f"{DEFAULT_CHAIN}, which is assumed without --chain,"}
    shown = " to ".join(str(number) for number in sorted({min(early), max(early)}))
    return (
        f"L1 origins ({shown}) lie before the genesis of {which.get(chain, chain)} at L1 block {genesis}: "
        "block numbers and times are wrong if the data is of another chain (--chain, --rollup-config)"
    )


@dataclass
class _Decoder:
    """Collects the frames, channels and batches of all inputs."""

    config: RollupConfig
    l1_time: int | None
    frames: list[tuple[Frame, Origin]] = field(default_factory=list)
    rest: list[tuple[NamedData, Kind]] = field(default_factory=list)

    @property
    def rules(self) -> Rules:
        """Limits of the L1 time that is asked for, or the newest and widest."""
        if self.l1_time is None:
            return rules_for(tuple(Fork))
        return self.config.rules_at_l1(L1Time(self.l1_time))

    def read_all(self, inputs: Sequence[str], kind: Kind | None) -> list[str]:
        """Read all inputs; what is wrong with those that cannot be decoded."""
        failed: list[str] = []
        with progress("reading") as advance:
            for number, item in enumerate(read_inputs(inputs), 1):
                try:
                    self._read(item, kind or detect(item.data))
                except DecodeError as exc:
                    failed.append(f"{item.name}: {exc}")
                advance(number)
        return failed

    def _read(self, item: NamedData, kind: Kind) -> None:
        if kind is Kind.BATCH:
            batch_or_span_of(item.data)
        if kind in (Kind.BATCH, Kind.CHANNEL):
            self.rest.append((item, kind))
            return
        origin = Origin(item.name, tx_hash(item.data) if kind is Kind.TX else None)
        self.frames.extend((frame, origin) for frame in frames_of(item.data, kind))

    def _content(self, data: bytes) -> ChannelContent:
        rules = self.rules
        return read_channel(data, self.config, rules.max_rlp_bytes_per_channel, rules.brotli_channels)

    def items(self) -> list[DecodedItem]:
        """All channels, then what came without frames."""
        strict = self.l1_time is not None and self.rules.strict_ordering
        items = []
        for channel in reassemble(self.frames, require_in_order=strict):
            content = None if channel.data is None else self._content(channel.data)
            items.append(DecodedItem("", channel, len(channel.data or b""), content))
        for item, kind in self.rest:
            if kind is Kind.CHANNEL:
                items.append(DecodedItem(item.name, None, len(item.data), self._content(item.data)))
            else:
                batch = rebuild(batch_or_span_of(item.data), self.config)
                items.append(DecodedItem(item.name, None, len(item.data), batch))
        return items
