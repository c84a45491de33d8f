"""Programs that are built for the tests of this folder."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent


@pytest.fixture(scope="session")
def op_geth(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """op-geth, see ``opgeth/main.go``."""
    return _built(FOLDER / "opgeth", tmp_path_factory)


@pytest.fixture(scope="session")
def go_derive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reference's derivation pipeline, see ``go_derive/main.go``."""
    return _built(FOLDER / "go_derive", tmp_path_factory)


@pytest.fixture(scope="session")
def cannon(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reference's fault-proof VM, see ``go_cannon/main.go``."""
    return _built(FOLDER / "go_cannon", tmp_path_factory)


@pytest.fixture(scope="session")
def fault_proof_client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reference's fault-proof program v1.16.7 as the VM runs it: an ELF file of MIPS64.

    The flags are those with which the recorded one was built, so that every byte of it is the same.
    """
    target = {"GOOS": "linux", "GOARCH": "mips64", "GOMIPS64": "softfloat", "CGO_ENABLED": "0"}
    return _built(FOLDER / "go_client", tmp_path_factory, "op-program/client", "-w -buildid=", target)


@pytest.fixture(scope="session")
def go_games(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reference's honest player of dispute games, see ``go_games/main.go``."""
    return _built(FOLDER / "go_games", tmp_path_factory)


@pytest.fixture(scope="session")
def go_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reference's fault-proof program, see ``go_program/main.go``."""
    return _built(FOLDER / "go_program", tmp_path_factory)


@pytest.fixture(scope="session")
def op_node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """op-node v1.16.11. The first time it takes some minutes to build."""
    return _built(FOLDER / "services", tmp_path_factory, "op-node")


@pytest.fixture(scope="session")
def op_batcher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """op-batcher v1.16.11."""
    return _built(FOLDER / "services", tmp_path_factory, "op-batcher")


@pytest.fixture(scope="session")
def op_proposer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """op-proposer v1.16.11."""
    return _built(FOLDER / "services", tmp_path_factory, "op-proposer")


@pytest.fixture(scope="session")
def op_dispute_mon(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """op-dispute-mon v1.16.11."""
    return _built(FOLDER / "services", tmp_path_factory, "op-dispute-mon")


@pytest.fixture(scope="session")
def op_challenger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """op-challenger v1.16.11."""
    return _built(FOLDER / "services", tmp_path_factory, "op-challenger")


@pytest.fixture(scope="session")
def anvil(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """anvil, an L1 for development."""
    return _foundry("anvil", tmp_path_factory)


@pytest.fixture(scope="session")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """cast, a JSON-RPC client for the command line."""
    return _foundry("cast", tmp_path_factory)


@pytest.fixture(scope="session")
def l1_contracts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what Optimism's contracts on L1 compile to: ``NAME.json`` each, as forge writes them."""
    return _from_npm("contracts", tmp_path_factory)


@pytest.fixture(scope="session")
def newer_l1_contracts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of a later release: games 1.3.0."""
    return _from_npm("contracts-newer", tmp_path_factory)


_CONTRACTS = (
    *("AlphabetVM", "AnchorStateRegistry", "DelayedWETH", "DisputeGameFactory", "FaultDisputeGame", "MIPS"),
    *("OptimismPortal2", "PermissionedDisputeGame", "PreimageOracle", "Proxy", "SuperchainConfig"),
)
_ARTIFACT = "@eth-optimism/contracts-bedrock/forge-artifacts/{0}.sol/{0}.json"
_NEWER_ARTIFACT = "@tokamak-network/thanos-contracts/forge-artifacts/{0}.sol/{0}.json"
_NPM_FILES = {
    "foundry": ["@foundry-rs/*-*/bin/*"],
    "contracts": [_ARTIFACT.format(name) for name in _CONTRACTS],
    "contracts-newer": [_NEWER_ARTIFACT.format(name) for name in _CONTRACTS],
}
"""What is kept of the packages that are named in the folders under ``npm``."""
_NPM_DEFECTS = ("EINTEGRITY", "EUSAGE")
"""Errors of npm that are no fault of the network: another content than was locked, a bad lock file."""


def _foundry(name: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    program = _from_npm("foundry", tmp_path_factory) / name
    if not program.exists():
        pytest.skip(f"there is no {name} for this machine")
    return program


def _from_npm(name: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with files from npm, installed once for a run of the tests. Nothing of a package is run.

    Skips without npm or its registry.
    """
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no npm (it is not on the path)")
    source = FOLDER / "npm" / name
    locked = source / "package-lock.json"
    digest = hashlib.sha256(locked.read_bytes() + repr(_NPM_FILES[name]).encode()).hexdigest()[:16]
    folder = tmp_path_factory.getbasetemp().parent / f"npm-{name}-{digest}"
    with _lock(folder.with_suffix(".lock")):
        if folder.exists():
            return folder
        made = folder.with_suffix(".new")
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir()
        work = made / "work"
        shutil.copytree(source, work)
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retry-mintimeout=2000"]
        install = subprocess.run(command, cwd=work, capture_output=True, text=True, check=False)
        if install.returncode:
            assert not any(defect in install.stderr for defect in _NPM_DEFECTS), install.stderr
            pytest.skip(f"npm cannot install: {install.stderr.strip()[:200]}")
        for pattern in _NPM_FILES[name]:
            for file in (work / "node_modules").glob(pattern):
                file.rename(made / file.name)
        shutil.rmtree(work)
        made.rename(folder)
    return folder


_SERVICES = "github.com/ethereum-optimism/optimism/{}/cmd"


def _built(
    module: Path,
    tmp_path_factory: pytest.TempPathFactory,
    service: str = "",
    linker: str = "-s -w",
    target: Mapping[str, str] | None = None,
) -> Path:
    """The program of a Go module, or of a service that it depends on, built once for a run of the tests.

    ``linker`` has the linker's flags, ``target`` the environment for another machine than this one. Skips
    without Go or its module proxy.
    """
    go = shutil.which("go")
    if go is None:
        pytest.skip("no Go toolchain (`go` is not on the path)")
    # All workers of a run have the same parent directory; without workers it outlives the run.
    directory = tmp_path_factory.getbasetemp().parent
    sources = sorted([*module.glob("*.go"), module / "go.mod", module / "go.sum"])
    name = hashlib.sha256(b"".join(source.read_bytes() for source in sources))
    program = directory / f"{service.replace('/', '-') or module.name}-{name.hexdigest()[:16]}"
    package = _SERVICES.format(service) if service else "."
    with _lock(program.with_suffix(".lock")):
        if program.exists():
            return program
        download = subprocess.run(
            [go, "mod", "download"], cwd=module, capture_output=True, text=True, check=False
        )
        if download.returncode:
            pytest.skip(f"the Go module proxy does not answer: {download.stderr.strip()[-200:]}")
        made = program.with_suffix(".new")
        subprocess.run(
            [go, "build", "-buildvcs=false", "-trimpath", "-ldflags", linker, "-o", str(made), package],
            cwd=module,
            env={**os.environ, **(target or {})},
            check=True,
        )
        made.rename(program)
    return program


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    try:
        import fcntl
    except ImportError:
        pytest.skip("needs file locks of POSIX")
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
