"""Generates node/tracehold/v1 from proto/, or proves that what is committed is what would be generated.

    tools/generate_protos.py                 write node/tracehold/v1
    tools/generate_protos.py --check         compare with what is there; exit 1 and name the files that differ
    tools/generate_protos.py --third-party   only lay out third_party/ for buf

Two environments take part. The generator (.venv-tools) is older than the runtime on purpose: its stubs import
on every protobuf from 5.29.1 on. mypy-protobuf comes from .venv and is handed over as a plugin.
"""

import argparse
import filecmp
import importlib.util
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROTOC = ROOT / ".venv-tools" / "bin" / "python"
PLUGINS = ROOT / ".venv" / "bin"
THIRD_PARTY = (
    "google/api/annotations.proto",
    "google/api/http.proto",
    "google/rpc/error_details.proto",
    "google/rpc/status.proto",
)
PACKAGE = Path("tracehold/v1")
INIT = '"""Generated from proto/tracehold/v1 by `make proto`; do not edit."""\n'


def lay_out_third_party(into: Path) -> None:
    """Copy the protos that ours import, and those that clients read errors with, out of the installed
    googleapis-common-protos.
    """
    spec = importlib.util.find_spec("google.api")
    if spec is None or not spec.submodule_search_locations:
        sys.exit("googleapis-common-protos is not installed: run make venv")
    installed = Path(spec.submodule_search_locations[0]).parents[1]
    for name in THIRD_PARTY:
        target = into / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(installed / name, target)


def generate(proto: Path, third_party: Path, into: Path) -> None:
    """Write the modules, service modules and typed stubs of every file under ``proto`` below ``into``."""
    sources = sorted((proto / PACKAGE).glob("*.proto"))
    if not sources:
        sys.exit(f"no protos in {proto / PACKAGE}")
    (into / PACKAGE).mkdir(parents=True, exist_ok=True)
    protoc(sources, proto, third_party, f"--python_out={into}", f"--mypy_out=quiet:{into}")
    # protoc would write an empty service module for a file without a service.
    services = [source for source in sources if re.search(r"^service\s", source.read_text(), re.MULTILINE)]
    if services:
        protoc(services, proto, third_party, f"--grpc_python_out={into}", f"--mypy_grpc_out=quiet:{into}")
    (into / PACKAGE / "__init__.py").write_text(INIT)


def protoc(sources: list[Path], proto: Path, third_party: Path, *outputs: str) -> None:
    """Run the pinned protoc; its own messages go to the terminal and end the run."""
    plugins = [f"--plugin={name}={PLUGINS / name}" for name in ("protoc-gen-mypy", "protoc-gen-mypy_grpc")]
    command: list[str | Path] = [PROTOC, "-m", "grpc_tools.protoc", f"-I{proto}", f"-I{third_party}"]
    done = subprocess.run([*command, *plugins, *outputs, *sources], check=False)
    if done.returncode != 0:
        sys.exit(done.returncode)


def differences(fresh: Path, committed: Path) -> list[str]:
    """Names below ``tracehold/v1`` that are missing, left over or different; caches do not count."""
    names = {
        path.name for folder in (fresh, committed) for path in (folder / PACKAGE).glob("*") if path.is_file()
    }
    same, _, _ = filecmp.cmpfiles(fresh / PACKAGE, committed / PACKAGE, sorted(names), shallow=False)
    return sorted(names - set(same))


def replace(fresh: Path, committed: Path) -> None:
    """Make the committed package equal the fresh one, touching only files that differ."""
    (committed / PACKAGE).mkdir(parents=True, exist_ok=True)
    for name in differences(fresh, committed):
        if (fresh / PACKAGE / name).exists():
            shutil.copyfile(fresh / PACKAGE / name, committed / PACKAGE / name)
        else:
            (committed / PACKAGE / name).unlink()


def main() -> None:
    """Read the arguments and do the one thing they name."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare only; exit 1 on a difference")
    parser.add_argument("--third-party", action="store_true", help="only lay out third_party/")
    parser.add_argument("--root", type=Path, default=ROOT, help="the tree whose proto/ and node/ are meant")
    arguments = parser.parse_args()
    root = arguments.root.resolve()
    lay_out_third_party(root / "third_party")
    if arguments.third_party:
        return
    with tempfile.TemporaryDirectory() as scratch:
        generate(root / "proto", root / "third_party", Path(scratch))
        if not arguments.check:
            replace(Path(scratch), root / "node")
            return
        stale = differences(Path(scratch), root / "node")
    if stale:
        sys.exit(f"generated code is stale, run make proto: {', '.join(stale)}")


if __name__ == "__main__":
    main()
