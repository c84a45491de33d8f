"""``go-map.toml`` against the Go source: each symbol is declared in the file that the map names."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from pyoprollup.cli.go_map import GoSymbol, entries
from tests.go_symbols import declared

SYMBOLS = sorted(
    {entry.go for entry in entries() if entry.go is not None},
    key=lambda symbol: (symbol.module, symbol.release, symbol.file, symbol.name),
)
MODULES = sorted({(symbol.module, symbol.release) for symbol in SYMBOLS})


@pytest.fixture(scope="module")
def cache() -> Path:
    """The Go module cache, with the modules of ethereum-optimism."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("no Go toolchain (`go` is not on the path)")
    found = subprocess.run([go, "env", "GOMODCACHE"], capture_output=True, text=True, check=True)
    return Path(found.stdout.strip()) / "github.com" / "ethereum-optimism"


@pytest.mark.go
@pytest.mark.parametrize(("module", "release"), MODULES)
def test_symbols_are_in_the_files_that_the_map_names(cache: Path, module: str, release: str) -> None:
    folder = cache / f"{module}@{release}"
    if not folder.exists():
        wanted = f"github.com/ethereum-optimism/{module}@{release}"
        pytest.skip(f"not in the Go module cache; `go mod download {wanted}` brings it there")
    missing = [
        f"{symbol.file} {symbol.name}"
        for symbol in SYMBOLS
        if (symbol.module, symbol.release) == (module, release) and not _is_declared(folder, symbol)
    ]
    assert missing == []


def _is_declared(folder: Path, symbol: GoSymbol) -> bool:
    path = folder / symbol.file
    return path.exists() and symbol.name in declared(path)


def test_what_a_file_declares(tmp_path: Path) -> None:
    source = (
        "package derive\n\n"
        "const Alone = 1\n\n"
        "var (\n\tOne, Two = 1, 2\n\t// Comment = 3\n)\n\n"
        "type Stage struct {\n\tlog log.Logger\n\tprev Provider\n}\n\n"
        "type Provider interface {\n\tNextData(ctx context.Context) error\n}\n\n"
        "func Free(x int) {\n\tlocal := 1\n}\n\n"
        "func (s *Stage) Reset() error {\n\treturn nil\n}\n\n"
        "func (q *Queue[T]) Push(x T) {}\n"
    )
    path = tmp_path / "stage.go"
    path.write_text(source, encoding="utf-8")
    members = {"Stage.log", "Stage.prev", "Provider.NextData", "Stage.Reset", "Queue.Push"}
    assert declared(path) == {"Alone", "One", "Two", "Stage", "Provider", "Free", *members}
    assert declared(tmp_path) == declared(path)
