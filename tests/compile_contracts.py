"""Compile the contracts: ``python -m tests.compile_contracts`` writes the artefacts. Needs Vyper."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from pyoprollup.devcontracts import CONTRACTS
from tests.support import ROOT

FOLDER = ROOT / "pyoprollup" / "devcontracts"


def compiled(name: str) -> dict[str, Any]:
    """The artefact of a contract, from its source."""
    found = _compile(name)
    runtime = found["bytecode_runtime"]
    code_size = len(bytes.fromhex(runtime[2:])) - _data_size(bytes.fromhex(found["bytecode"][2:]))
    artifact = {"name": name, "runtime": runtime, "code_size": code_size, "abi": found["abi"]}
    immutables = [known for _, known in sorted(_immutables(found["layout"].get("code_layout", {})))]
    return {**artifact, "immutables": immutables} if immutables else artifact


def creation_code(name: str) -> bytes:
    """The code that deploys a contract, to be followed by arguments for its constructor."""
    return bytes.fromhex(_compile(name)["bytecode"][2:])


@cache
def _compile(name: str) -> dict[str, Any]:
    from vyper.compiler import compile_code
    from vyper.compiler.input_bundle import FilesystemInputBundle

    folder = FOLDER / CONTRACTS[name]
    source = folder.joinpath(f"{name}.vy").read_text()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one storage variable is as large as storage, on purpose
        found: dict[str, Any] = compile_code(
            source,
            contract_path=f"{name}.vy",
            input_bundle=FilesystemInputBundle([folder]),
            output_formats=["abi", "bytecode", "bytecode_runtime", "layout"],
            storage_layout_override=_layout(name, source),
        )
    return found


def _data_size(init_code: bytes) -> int:
    """Bytes of tables at the end of the runtime code, by what the compiler writes behind the init code."""
    import cbor2

    size = int.from_bytes(init_code[-2:], "big")
    _hash, _runtime, data, _immutables, _compiler = cbor2.loads(init_code[-size:-2])
    return sum(data)


def _immutables(layout: dict[str, Any]) -> Iterator[tuple[int, str]]:
    """Places and names of the words behind the code, those of modules included."""
    for name, entry in layout.items():
        if "offset" in entry:
            assert entry["length"] == 32
            yield entry["offset"], name
        else:
            yield from _immutables(entry)


def _layout(name: str, source: str) -> Any:
    """The layout in the compiler's form, which repeats the types of the variables."""
    from vyper.compiler import compile_code
    from vyper.compiler.input_bundle import FilesystemInputBundle, JSONInput

    slots = json.loads((FOLDER / "layouts.json").read_text()).get(name)
    if slots is None:
        return None
    bundle = FilesystemInputBundle([FOLDER / CONTRACTS[name]])
    compiled = compile_code(
        source, contract_path=f"{name}.vy", input_bundle=bundle, output_formats=["layout"]
    )
    types = compiled["layout"]["storage_layout"]
    assert types.keys() == slots.keys()
    data = {variable: {**types[variable], "slot": int(slot, 16)} for variable, slot in slots.items()}
    path = Path("layout.json")
    return JSONInput(contents=json.dumps(data), source_id=0, path=path, resolved_path=path, data=data)


def artifact_path(name: str) -> Path:
    return FOLDER / "artifacts" / f"{name}.json"


def main() -> None:
    for name in CONTRACTS:
        artifact_path(name).write_text(json.dumps(compiled(name), indent=1) + "\n")


if __name__ == "__main__":
    main()
