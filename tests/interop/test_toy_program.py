"""The toy's program is built again from its sources, and has the same bytes."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from pyoprollup.devnet.toy import toy_elf
from tests.support import ROOT

GO = "go1.26.8"
"""What it was built with: another Go makes other bytes."""


@pytest.mark.go
@pytest.mark.slow
def test_the_program_is_built_again(tmp_path: Path) -> None:
    go, make = shutil.which("go"), shutil.which("make")
    if go is None or make is None:
        pytest.skip("no Go toolchain, or no make (they are not on the path)")
    version = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, check=True).stdout
    if version.strip() != GO:
        pytest.skip(f"the Go toolchain is {version.strip()}, and the program was built with {GO}")
    folder = tmp_path / "toy"
    shutil.copytree(ROOT / "programs" / "toy", folder, ignore=shutil.ignore_patterns("*.elf"))
    env = {**os.environ, "GOFLAGS": "-p=2"}
    done = subprocess.run(
        [make, "check"], cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=900
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (folder / "toy.mips64.elf").read_bytes() == toy_elf()
