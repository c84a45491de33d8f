"""Runs golden files: finds the format, checks every case, keeps the first difference."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pyoprollup.errors import RollupError
from pyoprollup.replay.recording import RecordingError, read_json, read_json_lines
from pyoprollup.rollup.upgrades import UpgradeBundleMissing, UpgradeBundles
from pyoprollup.vectors import (  # noqa: F401 - they register their checks
    agent_formats,
    batch_formats,
    batcher_formats,
    cannon_formats,
    cannon_programs,
    contract_formats,
    derive_formats,
    driver_formats,
    engine_formats,
    eth_formats,
    executed_formats,
    frame_formats,
    game_formats,
    manager_formats,
    monitor_formats,
    oracle_formats,
    pipeline_formats,
    preimage_formats,
    program_formats,
    proposer_formats,
    real_formats,
    rollup_formats,
    trace_formats,
    upgrade_formats,
)
from pyoprollup.vectors.core import (
    BUNDLED,
    CHECKS,
    PREPARATIONS,
    SINGLE,
    WITH_FOLDER,
    BundledCheck,
    CaseResult,
    Check,
    Skipped,
)

__all__ = ["FileResult", "find_files", "run_file", "run_paths"]


@dataclass(frozen=True, slots=True)
class FileResult:
    """Outcome of one file."""

    path: Path
    results: tuple[CaseResult, ...]

    @property
    def passed(self) -> int:
        return sum(result.passed for result in self.results)

    @property
    def skipped(self) -> int:
        return sum(result.skipped for result in self.results)

    @property
    def failed(self) -> int:
        return len(self.results) - self.passed - self.skipped

    @property
    def first_failure(self) -> CaseResult | None:
        return next((result for result in self.results if not result.passed and not result.skipped), None)

    @property
    def first_skipped(self) -> CaseResult | None:
        return next((result for result in self.results if result.skipped), None)


def find_files(paths: Iterable[Path]) -> list[Path]:
    """The files that ``paths`` name, folders searched recursively; a missing path is kept, so that
    it fails. Expected outcomes that belong to a scenario beside them are not files of their own.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found.extend(sorted(item for item in path.rglob("*") if _is_vector(item)))
        else:
            found.append(path)
    return found


def _is_vector(path: Path) -> bool:
    return path.is_file() and path.name.endswith((".json", ".json.gz"))


def run_paths(paths: Iterable[Path], bundles: UpgradeBundles | None = None) -> Iterator[FileResult]:
    """Run all files, one result after another."""
    for path in find_files(paths):
        yield run_file(path, bundles)


def run_file(path: Path, bundles: UpgradeBundles | None = None) -> FileResult:
    """Run one file. A file that cannot be read, or has an unknown format, is one failed case.

    Cases in which a fork activates whose transactions are not part of the package are skipped unless
    ``bundles`` has them.
    """
    try:
        value = read_json(path)
        cases = list(_cases(value, path, bundles))
    except (RecordingError, UnknownFormat) as exc:
        return FileResult(path, (CaseResult(path.name, False, str(exc)),))
    if not cases:
        return FileResult(path, (CaseResult(path.name, False, "the file has no case"),))
    return FileResult(path, tuple(_run(name, check, case) for name, check, case in cases))


class UnknownFormat(RollupError):
    """No check is registered for a file's format."""


def _cases(value: Any, path: Path, bundles: UpgradeBundles | None) -> Iterator[tuple[str, Check, Any]]:
    if not isinstance(value, dict):
        raise UnknownFormat(f"expected an object, got {type(value).__name__}")
    single = _single_case(value, path)
    if single is not None:
        yield single
        return
    name = _format_name(value, path)
    cases = value.get("cases", value)
    if name in WITH_FOLDER:
        cases = [{**case, "folder": str(path.parent)} for case in cases]
    if isinstance(cases, list):
        cases = PREPARATIONS[name](cases) if name in PREPARATIONS else cases
        yield from _section(name, "", cases, bundles)
    elif isinstance(cases, dict):
        for section, items in cases.items():
            if isinstance(items, list):
                yield from _section(name, section, items, bundles)
            elif isinstance(items, dict) and (name, section) in SINGLE:
                yield section, CHECKS[name, section], items
            elif section not in ("source", "meta"):
                raise UnknownFormat(f"section {section!r} of format {name!r} is not a list")
    else:
        raise UnknownFormat(f"cases of format {name!r} are neither a list nor sections")


def _single_case(value: dict[str, Any], path: Path) -> tuple[str, Check, Any] | None:
    """Files that hold one case and nothing around it."""
    name = path.name.partition(".")[0]
    if "l1" in value and "l2_start" in value:
        lines = read_json_lines(path.with_name(f"{name}.expected.jsonl.gz"))
        return name, CHECKS["pipeline_rust", ""], {"scenario": value, "expected": lines}
    if "derived" in value and "l1_blocks" in value:
        return name, CHECKS["pipeline", ""], value
    if "events" in value and "verify" in value:
        return name, CHECKS["preimage_transcript", ""], value
    if "genesis" in value and "expected" in value and "l1_blocks" in value:
        return name, CHECKS["executed", ""], value
    if ".expected." in path.name:
        kind = "real_channel" if "batches" in value else "real_span_batch"
        return name, CHECKS[kind, ""], {"path": path, "expected": value}
    if "events" in value and "verify" in value:
        return name, CHECKS["preimage_transcript", ""], value
    return None


def _format_name(value: dict[str, Any], path: Path) -> str:
    meta = value.get("meta")
    name = path.name.removesuffix(".gz").removesuffix(".json")
    if isinstance(meta, dict) and isinstance(meta.get("file"), str):
        name = meta["file"]
    return "pipeline" if name.startswith("pipeline_") and (name, "") not in CHECKS else name


def _section(
    name: str, section: str, items: list[Any], bundles: UpgradeBundles | None
) -> Iterator[tuple[str, Check, Any]]:
    check = CHECKS.get((name, section))
    if check is None:
        raise UnknownFormat(f"format {name!r}, section {section!r} is not known")
    bundled = BUNDLED.get((name, section))
    if bundled is not None:
        check = partial(_with_bundles, bundled, bundles)
    for index, item in enumerate(items):
        label = item.get("name") if isinstance(item, dict) else None
        prefix = f"{section}[{index}]" if section else f"[{index}]"
        yield f"{prefix} {label}" if label else prefix, check, item


def _with_bundles(check: BundledCheck, bundles: UpgradeBundles | None, case: Any) -> None:
    check(case, bundles)


def _run(name: str, check: Callable[[Any], None], case: Any) -> CaseResult:
    try:
        check(case)
    except UpgradeBundleMissing as exc:
        return CaseResult(name, False, f"needs an upgrade bundle: {exc}", skipped=True)
    except Skipped as exc:
        return CaseResult(name, False, str(exc), skipped=True)
    except RollupError as exc:
        return CaseResult(name, False, str(exc))
    except Exception:  # noqa: BLE001 - a crash of ours is a failed case, not the end of the run
        return CaseResult(name, False, traceback.format_exc(limit=-3).strip())
    return CaseResult(name, True)
