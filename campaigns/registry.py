"""``python -m campaigns.registry CHECKOUT [--write]``: the package's table of chains against a checkout of
the superchain registry, which changes after every table that was made from it.

Prints the chains that the table lacks and every value that differs; ``--write`` puts them into the table.
Chains that the registry has dropped stay. The exit code is 1 if there was a difference.
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TABLE = Path(__file__).parents[1] / "pyoprollup" / "rollup" / "data" / "chains.json"

_SIZES = ("block_time", "max_sequencer_drift", "seq_window_size")
_FEES = {
    "eip1559Denominator": "eip1559_denominator",
    "eip1559DenominatorCanyon": "eip1559_denominator_canyon",
    "eip1559Elasticity": "eip1559_elasticity",
}


def chain_entry(path: Path) -> dict[str, Any]:
    """An entry of the table, with nothing left to its defaults, from a file of the registry's ``configs``."""
    chain = tomllib.loads(path.read_text("utf-8"))
    genesis, addresses = chain["genesis"], chain["addresses"]
    system = genesis["system_config"]
    rollup: dict[str, Any] = {name: chain[name] for name in _SIZES}
    rollup["chain_op_config"] = {
        ours: chain["optimism"][theirs] for ours, theirs in _FEES.items() if theirs in chain["optimism"]
    }
    rollup["l2_chain_id"] = chain["chain_id"]
    rollup["genesis"] = {
        "l1": {key: genesis["l1"][key] for key in ("hash", "number")},
        "l2": {key: genesis["l2"][key] for key in ("hash", "number")},
        "l2_time": genesis["l2_time"],
        "system_config": {
            "batcherAddr": system["batcherAddress"].lower(),
            **{key: system[key] for key in ("overhead", "scalar", "gasLimit")},
        },
    }
    rollup["batch_inbox_address"] = chain["batch_inbox_addr"].lower()
    rollup["deposit_contract_address"] = addresses["OptimismPortalProxy"].lower()
    rollup["l1_system_config_address"] = addresses["SystemConfigProxy"].lower()
    rollup |= chain["hardforks"]
    if "alt_da" in chain:
        rollup["alt_da"] = {
            key: value.lower() if key.endswith("address") else value for key, value in chain["alt_da"].items()
        }
    group = path.parent.name
    return {"name": f"{path.stem}-{group}", "title": chain["name"], "superchain": group, "rollup": rollup}


def registry_entries(checkout: Path) -> Iterator[dict[str, Any]]:
    """The entries of all chains of a checkout."""
    for path in sorted((checkout / "superchain" / "configs").glob("*/*.toml")):
        if path.stem != "superchain":
            yield chain_entry(path)


def superchain_entry(checkout: Path, name: str) -> dict[str, Any]:
    """What the chains of a group have in common."""
    path = checkout / "superchain" / "configs" / name / "superchain.toml"
    group = tomllib.loads(path.read_text("utf-8"))
    entry = {"l1_chain_id": group["l1"]["chain_id"]}
    if "protocol_versions_addr" in group:
        entry["protocol_versions_address"] = group["protocol_versions_addr"].lower()
    return entry


def differences(table: dict[str, Any], entry: dict[str, Any]) -> list[str]:
    """How the table's entry differs from the registry's ``entry``; one line if it has none."""
    chain_id = entry["rollup"]["l2_chain_id"]
    ours = next((each for each in table["chains"] if each["rollup"]["l2_chain_id"] == chain_id), None)
    if ours is None:
        return [f"{entry['name']} ({chain_id}): not in the table"]
    found = [
        f"{entry['name']}: {key} is {ours[key]!r}" for key in ("name", "title") if ours[key] != entry[key]
    ]
    rollup = table["defaults"] | ours["rollup"]
    for key, value in entry["rollup"].items():
        if rollup.get(key) != value:
            found.append(f"{entry['name']}: {key} is {rollup.get(key)}, in the registry {value}")
    gone = {key for key in ours["rollup"] if key.endswith("_time")} - set(entry["rollup"])
    return found + [f"{entry['name']}: {key} is not in the registry" for key in sorted(gone)]


def updated(table: dict[str, Any], checkout: Path) -> dict[str, Any]:
    """The table with the registry's entries in the places of its own, and sorted."""
    chains = {each["rollup"]["l2_chain_id"]: each for each in table["chains"]}
    groups = dict(table["superchains"])
    for entry in registry_entries(checkout):
        if not differences(table, entry):
            continue
        chain_id, defaults = entry["rollup"]["l2_chain_id"], table["defaults"]
        rollup = {key: value for key, value in entry["rollup"].items() if defaults.get(key) != value}
        # What the table knows besides, such as a hash, stays.
        chains[chain_id] = chains.get(chain_id, {}) | entry | {"rollup": rollup}
        if entry["superchain"] not in groups:
            groups[entry["superchain"]] = superchain_entry(checkout, entry["superchain"])
    order = list(groups)
    ranked = sorted(chains.values(), key=lambda each: (order.index(each["superchain"]), each["name"]))
    return {"defaults": table["defaults"], "superchains": groups, "chains": ranked}


def render(table: dict[str, Any]) -> str:
    """The table as its file has it: one line for each chain."""
    groups = ",\n".join(
        f"    {json.dumps(key)}: {json.dumps(value)}" for key, value in table["superchains"].items()
    )
    chains = ",\n".join(
        "    " + json.dumps(each, separators=(",", ":"), ensure_ascii=False) for each in table["chains"]
    )
    return (
        f'{{\n  "defaults": {json.dumps(table["defaults"])},\n'
        f'  "superchains": {{\n{groups}\n  }},\n  "chains": [\n{chains}\n  ]\n}}\n'
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m campaigns.registry", description=__doc__)
    parser.add_argument("checkout", type=Path, help="folder of a checkout of the superchain registry")
    parser.add_argument("--write", action="store_true", help="bring the table up to date")
    arguments = parser.parse_args()
    table = json.loads(TABLE.read_text("utf-8"))
    found = [line for entry in registry_entries(arguments.checkout) for line in differences(table, entry)]
    for line in found:
        print(line)
    print(f"{len(table['chains'])} chains in the table, {len(found)} differences")
    if arguments.write and found:
        TABLE.write_text(render(updated(table, arguments.checkout)), "utf-8")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
