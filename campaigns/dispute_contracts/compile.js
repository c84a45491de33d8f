// node compile.js SOURCES NODE_MODULES OUTPUT
//
// Compiles the contracts of games 2.x: SOURCES is packages/contracts-bedrock of the reference's Go module
// (v1.19.6), NODE_MODULES has the compiler and the libraries, which the package.json beside this file names.
// Writes NAME.json for each contract into OUTPUT, in the form of forge's artifacts, and prints the keccak-256 of
// its init code beside what the reference has recorded for it. A sponge of lib-keccak is not needed: the
// interface that mentions its state is all that is imported.
"use strict";

const fs = require("fs");
const path = require("path");

const [sources, modules, output] = process.argv.slice(2).map((name) => path.resolve(name));
const solc = require(path.join(modules, "solc"));
const { keccak256 } = require(path.join(modules, "js-sha3"));

const LIBRARIES = {
  "@openzeppelin/contracts-upgradeable/": "@openzeppelin/contracts-upgradeable/",
  "@openzeppelin/contracts/": "@openzeppelin/contracts/",
  "@rari-capital/solmate/": "@rari-capital/solmate/",
  "@solady/": "solady/src/",
};
const KECCAK_STATE =
  "// SPDX-License-Identifier: MIT\npragma solidity ^0.8.0;\nlibrary LibKeccak { struct StateMatrix { uint64[25] state; } }\n";

// The games have to be small; all others are compiled for many runs.
const GROUPS = [
  [5000, ["src/dispute/FaultDisputeGame.sol", "src/dispute/PermissionedDisputeGame.sol"]],
  [
    999999,
    [
      "src/dispute/DisputeGameFactory.sol",
      "src/dispute/AnchorStateRegistry.sol",
      "src/dispute/DelayedWETH.sol",
      "test/mocks/AlphabetVM.sol",
    ],
  ],
];

function read(name) {
  if (name === "@lib-keccak/LibKeccak.sol") return { contents: KECCAK_STATE };
  let file = path.join(sources, name);
  for (const [prefix, folder] of Object.entries(LIBRARIES))
    if (name.startsWith(prefix)) file = path.join(modules, folder, name.slice(prefix.length));
  try {
    return { contents: fs.readFileSync(file, "utf8") };
  } catch (error) {
    return { error: String(error) };
  }
}

const lock = JSON.parse(fs.readFileSync(path.join(sources, "snapshots/semver-lock.json"), "utf8"));
fs.mkdirSync(output, { recursive: true });
let failed = false;
for (const [runs, files] of GROUPS) {
  const input = {
    language: "Solidity",
    sources: Object.fromEntries(files.map((name) => [name, { content: read(name).contents }])),
    settings: {
      optimizer: { enabled: true, runs },
      evmVersion: "london",
      metadata: { bytecodeHash: "none" },
      outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } },
    },
  };
  const compiled = JSON.parse(solc.compile(JSON.stringify(input), { import: read }));
  for (const error of compiled.errors || [])
    if (error.severity === "error") {
      console.error(error.formattedMessage);
      failed = true;
    }
  for (const file of files) {
    const name = path.basename(file, ".sol");
    const contract = ((compiled.contracts || {})[file] || {})[name];
    if (!contract) continue;
    const code = contract.evm.bytecode.object;
    const hash = "0x" + keccak256(Buffer.from(code, "hex"));
    const recorded = (lock[`${file}:${name}`] || {}).initCodeHash;
    const verdict = recorded === undefined ? "not recorded" : recorded === hash ? "as recorded" : "DIFFERENT";
    if (verdict === "DIFFERENT") failed = true;
    console.log(`${name} ${hash} ${verdict}`);
    const artifact = { abi: contract.abi, bytecode: { object: "0x" + code } };
    fs.writeFileSync(path.join(output, `${name}.json`), JSON.stringify(artifact));
  }
}
process.exit(failed ? 1 : 0);
