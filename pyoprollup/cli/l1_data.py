"""Options and steps that ``derive`` and ``explain`` have in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from pyoprollup.replay.recording import read_json
from pyoprollup.replay.replay import RecordedCase, recorded_cases, select_cases
from pyoprollup.rollup import Bundle, Fork, UpgradeBundleMissing, UpgradeBundles
from pyoprollup.rollup.upgrades import BUNDLE_FORKS
from pyoprollup.vectors.recordings import load_vector_recording

__all__ = [
    "BUNDLE_FLAG",
    "BUNDLE_HELP",
    "BUNDLE_METAVAR",
    "BundleOption",
    "CaseOption",
    "L1DataArgument",
    "bundles_of",
    "cases_of",
    "told",
]

L1DataArgument = Annotated[
    Path, typer.Argument(metavar="L1DATA", help="Recorded L1 blocks: a .json or .json.gz file.")
]
CaseOption = Annotated[
    str | None,
    typer.Option("--case", metavar="NAME_OR_INDEX", help="The recording to take from a file with several."),
]
BUNDLE_FLAG, BUNDLE_METAVAR = "--upgrade-bundle", "FORK=FILE"
BUNDLE_HELP = "The upgrade transactions of Jovian, Karst or Interop; FILE@sha256:HEX checks the file."
BundleOption = Annotated[
    list[str] | None, typer.Option(BUNDLE_FLAG, metavar=BUNDLE_METAVAR, help=BUNDLE_HELP)
]


def cases_of(path: Path, wanted: str | None) -> Iterator[RecordedCase]:
    """The recordings of a file, all or the one that is wanted."""
    yield from select_cases(recorded_cases(read_json(path), load_vector_recording), wanted)


def bundles_of(options: Sequence[str] | None) -> UpgradeBundles:
    """The upgrade bundles that the options name."""
    forks = {fork.name.lower(): fork for fork in sorted(BUNDLE_FORKS)}
    bundles: dict[Fork, Bundle] = {}
    for option in options or ():
        name, equals, file = option.partition("=")
        if not equals or not file or name.lower() not in forks:
            names = ", ".join(forks)
            raise typer.BadParameter(f"--upgrade-bundle: {option!r} is not FORK=FILE with a fork of {names}")
        path, at, digest = file.rpartition("@sha256:")
        fork = forks[name.lower()]
        bundles[fork] = Bundle.load(fork, path, f"sha256:{digest}") if at else Bundle.load(fork, file)
    return UpgradeBundles(bundles.values())


def told(error: BaseException) -> str:
    """What went wrong, and the option that is missing if one is."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, UpgradeBundleMissing):
        cause = cause.__cause__
    return str(error) if cause is None else f"{error} (--upgrade-bundle {cause.fork.name.lower()}=FILE)"
