"""Compiles contracts/src into the artifact that the ethereum adapter loads, or proves the committed one
fresh.

    tools/contracts.py            compile and write the artifact
    tools/contracts.py --check    compile and compare byte for byte; exit 1 when it differs

The compiler is one file, soljson.js, out of the npm package that contracts/package.json names. The package
is fetched once into build/ and taken only with the integrity written there; nothing else of it, and no
dependency, ever runs. Node and npm must be on PATH: `make contracts` finds or installs them (tools/with-
node.sh).
"""

import argparse
import base64
import hashlib
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CONTRACTS = ROOT / "contracts"
ARTIFACT = ROOT / "node" / "tracehold" / "adapters" / "ethereum" / "artifacts" / "Anchors.json"
CACHE = ROOT / "build" / "solc"
SOURCES = ("src/Anchors.sol", "src/Members.sol")
# paris: code without newer opcodes runs on every chain, old Clique ones too. No metadata: same source, same
# bytes.
SETTINGS = {
    "optimizer": {"enabled": True, "runs": 200},
    "evmVersion": "paris",
    "viaIR": True,
    "metadata": {"bytecodeHash": "none", "appendCBOR": False},
}
OUTPUTS = ["abi", "evm.bytecode.object", "storageLayout"]


def compiler() -> Path:
    """Path of the pinned soljson.js, fetched if it is not here. Exits where it cannot be had."""
    package = json.loads((CONTRACTS / "package.json").read_text())
    version, integrity = package["devDependencies"]["solc"], package["integrity"]["solc"]
    soljson: Path = CACHE / f"soljson-{version}.js"
    if not soljson.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            extracted = Path(folder) / "soljson.js"
            extracted.write_bytes(soljson_of(fetch(version, Path(folder)), integrity))
            os.replace(extracted, soljson)
    return soljson


def fetch(version: str, folder: Path) -> Path:
    """Let npm, with whatever registry it is set up for, put the package's archive into the folder."""
    # From the folder, so that no package.json nearby has a say.
    command = ["npm", "pack", f"solc@{version}", "--loglevel=error", "--ignore-scripts"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        sys.exit(
            "contracts: npm is not here. Run `make contracts`, which brings it, or install Node 18 or newer."
        )
    archive = folder / f"solc-{version}.tgz"
    if done.returncode != 0 or not archive.exists():
        why = done.stderr.strip() or "no message"
        sys.exit(f"contracts: npm could not fetch solc {version}; is the npm registry reachable? ({why})")
    return archive


def soljson_of(archive: Path, integrity: str) -> bytes:
    """The compiler inside the archive, after the archive's integrity (SRI, sha512) was checked."""
    found = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if found != integrity:
        sys.exit(
            f"contracts: the solc package is not the pinned one\n  expected {integrity}\n  found    {found}"
        )
    with tarfile.open(archive) as package:
        member = package.extractfile("package/soljson.js")
        if member is None:
            sys.exit("contracts: the solc package holds no soljson.js")
        return member.read()


def compile_sources(folder: Path = CONTRACTS) -> dict[str, Any]:
    """The compiler's standard JSON output for the sources below a folder. Exits with its messages on any
    error or warning.
    """
    sources = {name: {"content": (folder / name).read_text()} for name in SOURCES}
    selection = {"*": {"*": OUTPUTS}}
    request = {
        "language": "Solidity",
        "sources": sources,
        "settings": {**SETTINGS, "outputSelection": selection},
    }
    command: list[str | Path] = ["node", CONTRACTS / "compile.js", compiler()]
    try:
        done = subprocess.run(command, input=json.dumps(request), capture_output=True, text=True, check=False)
    except FileNotFoundError:
        sys.exit(
            "contracts: node is not here. Run `make contracts`, which brings it, or install Node 18 or newer."
        )
    if done.returncode != 0:
        sys.exit(f"contracts: the compiler did not run\n{done.stderr.strip()}")
    output: dict[str, Any] = json.loads(done.stdout)
    if output.get("errors"):
        sys.exit("\n".join(problem["formattedMessage"] for problem in output["errors"]))
    return output


def artifact() -> str:
    """Text of the artifact: what a node needs to deploy and call the contract, and what it was made from."""
    package = json.loads((CONTRACTS / "package.json").read_text())
    contract = compile_sources()["contracts"]["src/Anchors.sol"]["Anchors"]
    content = {
        "contract": "Anchors",
        "compiler": {"name": "solc", "version": package["devDependencies"]["solc"], "settings": SETTINGS},
        "sources": {name: hashlib.sha256((CONTRACTS / name).read_bytes()).hexdigest() for name in SOURCES},
        "abi": contract["abi"],
        "bytecode": "0x" + contract["evm"]["bytecode"]["object"],
        "storageLayout": contract["storageLayout"],
    }
    return json.dumps(content, indent=1, sort_keys=True) + "\n"


def main() -> None:
    """Write the artifact, or with --check compare it."""
    parser = argparse.ArgumentParser(description="Compile the contracts and write their artifact.")
    parser.add_argument("--check", action="store_true", help="compare with the committed artifact instead")
    check = parser.parse_args().check
    made = artifact()
    if check:
        if not ARTIFACT.exists() or ARTIFACT.read_text() != made:
            sys.exit(
                f"contracts: {ARTIFACT.relative_to(ROOT)} is not what the sources give: run make contracts"
            )
        return
    ARTIFACT.parent.mkdir(parents=True, exist_ok=True)
    ARTIFACT.write_text(made)


if __name__ == "__main__":
    main()
