"""Plants bugs in the contracts, each of which its named test, invariant or proof has to find.

What is planted is compiled as what is deployed is, and handed to the tests and proofs in place of the
committed byte code. Run by tools/contracts_check.py.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tools import contracts

# (what stands once in the sources, what is planted instead, who must notice)
MUTANTS = (
    ("if (size <= prevSize) revert SizeNotGrowing();", "", "testFuzz_the_size_grows"),
    ("if (operator <= last) revert AckOrder(node);", "", "test_attack_one_signer_twice"),
    ("if (operator <= last) revert", "if (operator == last) revert", "test_operators_must_ascend"),
    ("if (operator == ownOperator)", "if (operator == ownOperator && node == 0)", "test_attack_own_operator"),
    ("if (s > HALF_ORDER) return address(0);", "", "test_attack_high_s"),
    (
        "if (node == 0 || number != node)",
        "if (number != node)",
        "test_attack_signature_that_recovers_to_nobody",
    ),
    ("if (path.length != length)", "if (path.length != length && length > 255)", "test_attack_path_length"),
    ("_heads[node] = Head(", "_heads[operator] = Head(", "invariant_a_head_is_its_nodes_last_anchor"),
    ("if (size <= prevSize) revert SizeNotGrowing();", "", "invariant_heads_grow"),
    (
        "if (roles & CREATOR == 0) revert",
        "if (roles & CREATOR == 0 && node == 0) revert",
        "invariant_an_anchor_was_its_creators",
    ),
    (
        "if (roles & HOLDER == 0) revert",
        "if (roles & HOLDER == 0 && node == 0) revert",
        "invariant_an_anchor_had_quorum_other_active_operators",
    ),
    ("activeOperators = operators;", "", "invariant_counts_are_the_enumeration"),
    ("_requireQuorumInBounds(quorum, operators);", "", "invariant_the_quorum_is_within_its_bounds"),
    ("seat.roles = 0;", "", "invariant_who_is_revoked_has_no_role"),
    (
        "if (seat.retired && roles & CREATOR != 0) revert LogIsRetired();",
        "",
        "invariant_a_retired_log_stays",
    ),
    ("if (before != 0) revert", "if (before == replacement) revert", "invariant_a_pointer_stays"),
    ("_heads[node] = Head(", "_heads[operator] = Head(", "check_an_anchor_touches_only_its_callers_head"),
    (
        "if (prevSize != current) revert",
        "if (prevSize > current) revert",
        "check_only_the_next_size_is_accepted",
    ),
    ("if (size <= prevSize) revert SizeNotGrowing();", "", "check_two_heads_of_one_size_never"),
    (
        "if (acks.length < quorum) revert",
        "if (acks.length == 0 && quorum != 0) revert",
        "check_fewer_than_quorum_distinct_operators_never_pass",
    ),
    (
        "block.chainid == _deployedChainId ? _deployedSeparator : _separator(salt)",
        "_deployedSeparator",
        "check_fewer_than_quorum_distinct_operators_never_pass",
    ),
    (
        "if (roles & HOLDER == 0) revert",
        "if (roles & HOLDER == 0 && node == 0) revert",
        "check_an_inactive_holders_acknowledgement_never_passes",
    ),
)
HALMOS = contracts.ROOT / ".venv-contracts" / "bin" / "halmos"
PROVE: tuple[str | Path, ...] = (
    HALMOS,
    "--root",
    ".",
    "--forge-build-out",
    "../build/forge/proofs",
    "--no-status",
)


def bytecode(folder: Path) -> str:
    """Byte code that the sources below this folder give."""
    output = contracts.compile_sources(folder)["contracts"]["src/Anchors.sol"]["Anchors"]
    return "0x" + str(output["evm"]["bytecode"]["object"])


def planted(old: str, new: str, copy: Path) -> str:
    """Byte code of the sources with the bug in them; they are copied there. Exits where it does not fit."""
    shutil.copytree(contracts.CONTRACTS / "src", copy / "src")
    fits = [path for path in (copy / "src").iterdir() if path.read_text().count(old) == 1]
    if len(fits) != 1 or sum(path.read_text().count(old) for path in (copy / "src").iterdir()) != 1:
        sys.exit(f"contracts-check: the planted bug does not fit the sources any more: {old}")
    fits[0].write_text(fits[0].read_text().replace(old, new))
    return bytecode(copy)


def tested(tool: Path, settings: dict[str, str], mutant: tuple[str, str, str]) -> str:
    """Plant one bug and run its test. The complaint if the test did not fail, else nothing."""
    old, new, test = mutant
    with tempfile.TemporaryDirectory() as scratch:
        # forge keeps what made a test fail, and tries it first: of a planted bug nothing is to be kept
        own = {
            "ANCHORS_CODE": planted(old, new, Path(scratch)),
            "FOUNDRY_FUZZ_FAILURE_PERSIST_DIR": f"{scratch}/fuzz",
            "FOUNDRY_INVARIANT_FAILURE_PERSIST_DIR": f"{scratch}/invariant",
            "FOUNDRY_TEST_FAILURES_FILE": f"{scratch}/failures",
            "FOUNDRY_INVARIANT_SHRINK_RUN_LIMIT": "0",
            "FOUNDRY_INVARIANT_SHOW_METRICS": "false",
        }
        command: list[str | Path] = [tool, "test", "--root", ".", "--match-test", f"^{test}\\("]
        if test.startswith("check_"):
            # one acknowledgement is enough for any of these bugs, and one counterexample
            command = [*PROVE, "--function", test, "--early-exit", "--array-lengths", "acks={0,1},some={1}"]
            own["FOUNDRY_PROFILE"] = "proofs"
        done = subprocess.run(
            command,
            cwd=contracts.CONTRACTS,
            env={**os.environ, **settings, **own},
            capture_output=True,
            text=True,
            check=False,
        )
    noticed = f" {test}(" in done.stdout and ("[FAIL" in done.stdout or "Counterexample:" in done.stdout)
    if done.returncode == 0 or not noticed:
        return f"the planted bug {old!r} -> {new!r} is not caught by {test}\n{done.stdout}{done.stderr}"
    print(f"contracts-check: planted bug caught by {test}", flush=True)
    return ""


def check(tool: Path, settings: dict[str, str]) -> None:
    """Plant each bug and see its test, and that test, fail; as many at once as there are processors."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        complaints = [c for c in pool.map(lambda mutant: tested(tool, settings, mutant), MUTANTS) if c]
    if complaints:
        sys.exit("\n".join(f"contracts-check: {complaint}" for complaint in complaints))
