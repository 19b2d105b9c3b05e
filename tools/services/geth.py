"""geth, built from its source in the Go module proxy.

Go checks every module against the checksum database; GOPROXY and GONOSUMDB, as Go documents them, are for a
proxy of your own. Two releases: the last one that seals Clique, and the newest that builds out of the proxy
alone.
"""

import os
import subprocess
from pathlib import Path

from tools.services.making import failed, needed
from tracehold.lab.services.cache import Server

PACKAGE = "github.com/ethereum/go-ethereum/cmd/geth"
GO = (
    "apt-get install golang-go (Debian 13 or newer), brew install go (macOS), or go.dev/dl; 1.24 or newer is"
    " needed"
)
# Without symbol tables linking takes a third of the memory.
LINKER = "-s -w"
# The old release reaches into Go's own packages, which Go forbids since 1.23 unless told otherwise.
OLD_LINKER = f"{LINKER} -checklinkname=0"


def build(server: Server, folder: Path) -> None:
    """Build this release into the folder and run it once. Exits where Go is missing or the build fails."""
    go = needed("go", GO)
    print(
        f"services: building {server.name} {server.version}: about 4 minutes with empty caches, on 2 cores",
        flush=True,
    )
    linker = OLD_LINKER if server.name == "geth-clique" else LINKER
    command = [go, "install", "-trimpath", f"-ldflags={linker}", f"{PACKAGE}@v{server.version}"]
    _run(command, folder, {**os.environ, "GOBIN": str(folder)})
    said = _run([str(folder / server.program), "version"], folder, dict(os.environ))
    if f"Version: {server.version}-" not in said:
        failed(f"{server.name} {server.version}", said)


def _run(command: list[str], folder: Path, environment: dict[str, str]) -> str:
    # From the folder, so that no go.mod nearby has a say.
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        failed(" ".join(command[:2]), done.stderr)
    return done.stdout
