"""Runs the assurance of the contracts (docs/assurance.md): byte code, slither, forge, mutants,
halmos.

The byte code under test and under proof is the committed artifact's, after it was found to be what the
sources give. Forge comes from npm by contracts/forge's lock; slither and halmos from .venv-contracts. Node
must be on PATH: run `make contracts-check`.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools import contracts, contracts_mutants, contracts_slither, npm_modules  # noqa: E402

# Branches that no test takes. This one: a call that lacks the gas to hash lacks it to come here.
NEVER_TAKEN = {("src/Anchors.sol", "if iszero(done) { revert(0, 0) }")}


def forge() -> Path:
    """The pinned forge of this machine. Exits with a message where there is none."""
    modules = npm_modules.install(ROOT / "contracts" / "forge")
    found = sorted(modules.glob("@foundry-rs/forge-*/bin/forge"))
    if not found:
        sys.exit(
            "contracts-check: forge is on npm for Linux x86-64 and Apple silicon only; not for this machine"
        )
    return found[0]


def run(command: list[str | Path], settings: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a tool in the contracts' folder."""
    return subprocess.run(
        command,
        cwd=ROOT / "contracts",
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
    )


def must(what: str, done: subprocess.CompletedProcess[str]) -> None:
    """Exit with all the tool said unless it succeeded."""
    if done.returncode != 0:
        sys.exit(f"contracts-check: {what}\n{done.stdout}{done.stderr}")
    print(f"contracts-check: {what}: ok", flush=True)


def missed(report: str) -> set[tuple[str, str]]:
    """Branches of the contracts that an LCOV report has as not taken: (file, the line's text)."""
    found, name = set(), ""
    for line in report.splitlines():
        key, _, value = line.partition(":")
        if key == "SF":
            name = value
        elif key == "BRDA" and name.startswith("src/"):
            number, *_, taken = value.split(",")
            if taken in {"0", "-"}:
                text = (ROOT / "contracts" / name).read_text().splitlines()[int(number) - 1]
                found.add((name, text.strip()))
    return found


def coverage(tool: Path, settings: dict[str, str]) -> None:
    """See every branch of the contracts taken. Instrumented code is compiled, so not the committed one."""
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "lcov.info"
        own = {name: value for name, value in settings.items() if name != "ANCHORS_CODE"}
        command: list[str | Path] = [tool, "coverage", "--root", ".", "--ir-minimum", "--report", "lcov"]
        command += ["--no-match-contract", "InvariantsTest"]  # unit tests alone take every branch
        must("forge tests, instrumented", run([*command, "--report-file", report], own))
        found = missed(report.read_text())
    if found != NEVER_TAKEN:
        sys.exit(f"contracts-check: branches not taken {sorted(found)}, argued {sorted(NEVER_TAKEN)}")
    print("contracts-check: branch coverage: ok", flush=True)


def main() -> None:
    """All checks, in order of cost."""
    tool = forge()
    committed = json.loads(contracts.ARTIFACT.read_text())
    if contracts_mutants.bytecode(contracts.CONTRACTS) != committed["bytecode"]:
        sys.exit("contracts-check: the committed byte code is not what the sources give: run make contracts")
    print("contracts-check: byte code: ok", flush=True)
    (slot,) = [e["slot"] for e in committed["storageLayout"]["storage"] if e["label"] == "_seats"]
    settings = {
        "TRACEHOLD_SOLJSON": str(contracts.compiler()),
        "ANCHORS_CODE": committed["bytecode"],
        "ANCHORS_SEATS_SLOT": slot,
        "PATH": f"{tool.parent}{os.pathsep}{os.environ['PATH']}",
    }
    contracts_slither.check(settings)
    must("forge tests", run([tool, "test", "--root", "."], settings))
    coverage(tool, settings)
    must("halmos proofs", run([*contracts_mutants.PROVE], {**settings, "FOUNDRY_PROFILE": "proofs"}))
    contracts_mutants.check(tool, settings)


if __name__ == "__main__":
    main()
