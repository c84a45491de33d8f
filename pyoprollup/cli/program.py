"""``pyoprollup program``: the fault-proof program, run here, and its host, for a VM that runs another."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import typer

from pyoprollup.cli.games_options import OutputOptions
from pyoprollup.cli.l1_data import bundles_of
from pyoprollup.cli.options import option, service_command
from pyoprollup.cli.output import plural, print_error, print_head, print_json, print_line, progress
from pyoprollup.cli.program_options import ClaimOptions, HostOptions, open_host
from pyoprollup.errors import ConfigError, RollupError
from pyoprollup.eth.types import to_hex

if TYPE_CHECKING:
    from pyoprollup.preimage import Hinter, PreimageOracle
    from pyoprollup.program.client.program import Verdict
    from pyoprollup.program.client.recording import RecordingHinter, RecordingOracle
    from pyoprollup.rollup import UpgradeBundles

__all__ = ["PROGRAM_OPTIONS", "app"]

app = typer.Typer(
    no_args_is_help=True,
    help="The fault-proof program: decides about a claim by pre-images, or serves them to a VM.",
)

_INVALID, _CANNOT_TELL = 1, 2
_HINTS = "hints.txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """How the program is run."""

    recorded: Path | None = option(
        "--recorded",
        "Take everything, the claim included, from a folder that --record has made.",
        default=None,
        metavar="FOLDER",
    )
    record: Path | None = option(
        "--record",
        "Write the pre-images that the program asked for into this folder, and no others, and its hints.",
        default=None,
        metavar="FOLDER",
    )
    upgrade_bundles: tuple[str, ...] = option(
        "--upgrade-bundle",
        "The upgrade transactions of Jovian, Karst or Interop; FILE@sha256:HEX checks the file.",
        default=(),
        metavar="FORK=FILE",
    )


PROGRAM_OPTIONS = (ClaimOptions, HostOptions, RunOptions, OutputOptions)
"""The classes of the options of ``program run``; ``program serve`` has the first two."""


def _run_command(claim: ClaimOptions, host: HostOptions, run: RunOptions, output: OutputOptions) -> None:
    """Decide whether a claim about L2 is valid. Exit code 1: it is not; 2: that cannot be told."""
    try:
        if run.recorded is not None:
            verdict = _run_recorded(run.recorded, run, output)
        else:
            with open_host(claim, host) as (served, _):
                verdict = _run(served, served, run, output, on_devnet=host.devnet is not None)
    except ConfigError as exc:
        # Exit code 1 is the verdict "invalid".
        raise typer.BadParameter(str(exc)) from exc
    except RollupError as exc:
        if output.as_json:
            print_json({"valid": None, "error": str(exc)})
        else:
            print_error(f"it cannot be told whether the claim is valid: {exc}")
        raise typer.Exit(_CANNOT_TELL) from exc
    if not verdict.is_valid:
        raise typer.Exit(_INVALID)


def _run_recorded(folder: Path, run: RunOptions, output: OutputOptions) -> Verdict:
    from pyoprollup.preimage import PreimageFiles
    from pyoprollup.program.client.recording import no_hints

    return _run(PreimageFiles(folder), no_hints, run, output)


def _run(
    oracle: PreimageOracle,
    hinter: Hinter,
    run: RunOptions,
    output: OutputOptions,
    *,
    on_devnet: bool = False,
) -> Verdict:
    from pyoprollup.program.client.program import run_program
    from pyoprollup.program.client.recording import RecordingHinter, RecordingOracle

    asked, said = RecordingOracle(oracle), RecordingHinter(hinter)
    started = perf_counter()
    bundles = bundles_of(run.upgrade_bundles) if run.upgrade_bundles else None
    if bundles is None and on_devnet:
        bundles = _devnet_bundles()
    done = 0
    with progress("blocks") as report:

        def on_block(_ref: object) -> None:
            nonlocal done
            done += 1
            report(done)

        try:
            verdict = run_program(asked, said, bundles=bundles, on_block=on_block)
        finally:
            seconds = perf_counter() - started
            if run.record is not None:
                _record(run.record, asked, said)
    report_of = _report(verdict, asked, said, done, seconds)
    if output.as_json:
        print_json(report_of)
    else:
        _print(report_of)
    return verdict


def _devnet_bundles() -> UpgradeBundles:
    from pyoprollup.devnet.upgrades import upgrade_bundles

    return upgrade_bundles()


def _record(folder: Path, asked: RecordingOracle, said: RecordingHinter) -> None:
    from pyoprollup.preimage import PreimageFiles

    files = PreimageFiles(folder, create="directory")
    for key, data in asked.preimages.items():
        files.put(key, data)
    try:
        (folder / _HINTS).write_text("".join(f"{hint}\n" for hint in said.hints), encoding="utf-8")
    except OSError as exc:
        raise ConfigError(f"record: {folder}: {exc.strerror or exc}") from exc


def _report(
    verdict: Verdict, asked: RecordingOracle, said: RecordingHinter, blocks: int, seconds: float
) -> dict[str, Any]:
    boot, root = verdict.boot, verdict.output_root
    return {
        "valid": verdict.is_valid,
        "l2_block_number": boot.l2_claim_block_number,
        "claim": to_hex(boot.l2_claim),
        "output_root": None if root is None else to_hex(root),
        "agreed_output_root": to_hex(boot.l2_output_root),
        "l1_head": to_hex(boot.l1_head),
        "safe_head": {"number": verdict.safe.number, "hash": to_hex(verdict.safe.hash)},
        "blocks": blocks,
        "preimages": len(asked.preimages),
        "preimage_bytes": sum(map(len, asked.preimages.values())),
        "hints": len(said.hints),
        "seconds": round(seconds, 3),
    }


def _print(report: dict[str, Any]) -> None:
    number, safe = report["l2_block_number"], report["safe_head"]
    print_head(f"The claim about L2 block {number:,} is {'valid' if report['valid'] else 'invalid'}")
    rows = {
        "claimed": report["claim"],
        "output root": report["output_root"] or "none: the block is before the agreed one",
        "agreed": report["agreed_output_root"],
        "L1 head": report["l1_head"],
        "safe head": f"{safe['hash']}, block {safe['number']:,}",
    }
    for name, value in rows.items():
        print_line(f"{name:12} {value}", indent=2)
    print_line(
        f"{plural(report['blocks'], 'block')} executed in {report['seconds']:.2f} s, by"
        f" {plural(report['preimages'], 'pre-image')} ({report['preimage_bytes']:,} bytes)"
        f" after {plural(report['hints'], 'hint')}",
        indent=2,
    )


def _serve_command(claim: ClaimOptions, host: HostOptions) -> None:
    """Serve pre-images on descriptors 3 to 6, as a VM wants of its server, until the VM closes them.

    Hints are read from descriptor 3 and acknowledged on 4; keys are read from 5 and answered on 6.
    """
    from pyoprollup.preimage import hint_client_channel, preimage_client_channel
    from pyoprollup.program.host.host import serve

    with open_host(claim, host) as (served, _):
        serve(served, hint_client_channel(), preimage_client_channel())


app.command("run")(service_command("program", *PROGRAM_OPTIONS)(_run_command))
app.command("serve")(service_command("program", ClaimOptions, HostOptions)(_serve_command))
