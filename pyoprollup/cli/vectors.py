"""``pyoprollup vectors``: runs golden vectors."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pyoprollup.cli.l1_data import BundleOption, bundles_of
from pyoprollup.cli.output import print_json, print_line, print_table, progress, table
from pyoprollup.errors import RollupError
from pyoprollup.vectors.core import CHECKS
from pyoprollup.vectors.runner import FileResult, find_files, run_file

__all__ = ["app"]

app = typer.Typer(
    name="vectors",
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Run golden vectors, list their formats.",
)


class NoVectorsError(RollupError):
    """There is nothing to run."""


@app.command("run")
def run_command(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH", help="Files, or folders of .json and .json.gz files.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, a line for each file.")] = False,
    upgrade_bundle: BundleOption = None,
) -> None:
    """Check golden vectors; the last line is "N passed, N failed".

    A file of unknown format counts as a failure. Exit code 1 if anything fails. Cases that need something
    that is not there, such as an upgrade bundle, are skipped and counted as neither.
    """
    bundles = bundles_of(upgrade_bundle)
    files = find_files(paths)
    if not files:
        raise NoVectorsError(f"no .json or .json.gz file under {', '.join(map(str, paths))}")
    passed = failed = 0
    with progress("checking", total=len(files), streaming=True) as advance:
        for done, path in enumerate(files, 1):
            result = run_file(path, bundles)
            passed += result.passed
            failed += result.failed
            _print_file(result, as_json)
            advance(done)
    if as_json:
        print_json({"summary": True, "passed": passed, "failed": failed})
    else:
        print_line(f"{passed} passed, {failed} failed")
    if failed:
        raise typer.Exit(1)


def _print_file(result: FileResult, as_json: bool) -> None:
    failure = result.first_failure
    if as_json:
        first = None if failure is None else {"case": failure.name, "detail": failure.detail}
        counts = {"passed": result.passed, "failed": result.failed}
        if result.skipped:
            counts["skipped"] = result.skipped
        print_json({"file": str(result.path), **counts, "first_failure": first})
        return
    state = "ok    " if failure is None else "FAILED"
    print_line(f"{state} {result.passed:>5} passed {result.failed:>5} failed  {result.path}")
    skipped = result.first_skipped
    if skipped is not None:
        print_line(f"{result.skipped} skipped, first {skipped.name}: {skipped.detail}", indent=7)
    if failure is not None:
        print_line(f"{failure.name}:", indent=7)
        for line in failure.detail.splitlines():
            print_line(line, indent=9)


@app.command("formats")
def formats_command(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the formats that are known, and their sections."""
    formats: dict[str, list[str]] = {}
    for name, section in sorted(CHECKS):
        formats.setdefault(name, []).extend([section] if section else [])
    if as_json:
        print_json(formats)
        return
    rows = table("FORMAT", "SECTIONS")
    for name, sections in formats.items():
        rows.add_row(name, ", ".join(sections))
    print_table(rows)
