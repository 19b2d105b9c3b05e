"""kubo (IPFS), built from its source in the Go module proxy.

Its newest release can only be had through a module of one's own: kubo_module names every module that goes in,
by version and hash, and Go compares each. To take another release, change the version there and in
`tracehold.lab.services.cache`, and run `go mod tidy` in that folder.
"""

import os
import shutil
import subprocess
from pathlib import Path

from tools.services.making import failed, needed
from tracehold.lab.services.cache import Server

MODULE = Path(__file__).with_name("kubo_module")
PACKAGE = "github.com/ipfs/kubo/cmd/ipfs"
GO = (
    "apt-get install golang-go (Debian 13 or newer), brew install go (macOS), or go.dev/dl; 1.25 or newer is"
    " needed"
)
# Nothing of it needs a C compiler, and no file system is mounted here.
WITHOUT = {"CGO_ENABLED": "0"}
FLAGS = ("-mod=readonly", "-trimpath", "-tags=nofuse", "-ldflags=-s -w")


def build(server: Server, folder: Path) -> None:
    """Build this release into the folder and run it once. Exits where Go is missing or the build fails."""
    go = needed("go", GO)
    print(
        f"services: building {server.name} {server.version}: about 2 minutes with empty caches, on 2 cores",
        flush=True,
    )
    module = folder / "module"
    shutil.copytree(MODULE, module)
    program = folder / server.program
    _run([go, "build", *FLAGS, f"-o={program}", PACKAGE], module)
    shutil.rmtree(module)
    said = _run([str(program), "version", "--number"], folder)
    if said.strip() != server.version:
        failed(f"{server.name} {server.version}", said)


def _run(command: list[str], folder: Path) -> str:
    environment = {**os.environ, **WITHOUT, "IPFS_PATH": str(folder / "none"), "IPFS_TELEMETRY": "off"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        failed(" ".join(command[:2]), done.stderr)
    return done.stdout
