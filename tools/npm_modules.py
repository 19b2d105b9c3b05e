"""Installs the npm packages that a lock names, outside the clone, and prints the folder that holds them.

    tools/npm_modules.py FOLDER

FOLDER holds package.json and package-lock.json. What they name goes to
`${TRACEHOLD_CACHE:-~/.cache/tracehold}/NAME-VERSION-LOCK/node_modules`, where LOCK is a hash of both files:
it is made under another name and then renamed, so what stands there is whole. No script of a package is run.
Node and npm must be on PATH: tools/with-node.sh finds or installs them.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

NAMES = ("package.json", "package-lock.json")


def cache() -> Path:
    """Where tools and packages are kept that belong to no clone."""
    return Path(os.environ.get("TRACEHOLD_CACHE") or Path.home() / ".cache" / "tracehold").resolve()


def place(folder: Path) -> Path:
    """Where the packages of this lock belong; another lock has another place."""
    package = json.loads((folder / NAMES[0]).read_text())
    digest = hashlib.sha256(b"".join((folder / name).read_bytes() for name in NAMES)).hexdigest()[:12]
    return cache() / f"{package['name']}-{package['version']}-{digest}"


def install(folder: Path) -> Path:
    """The node_modules folder of this lock, made if it is not there. Exits where npm cannot do it."""
    target = place(folder)
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".npm-") as scratch:
            made = Path(scratch) / target.name
            made.mkdir()
            for name in NAMES:
                shutil.copyfile(folder / name, made / name)
            _npm_ci(made)
            try:
                made.rename(target)
            except OSError:  # somebody else was faster, with the same
                if not target.exists():
                    raise
    return target / "node_modules"


def _npm_ci(folder: Path) -> None:
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        sys.exit("npm is not here: run this through tools/with-node.sh, or install Node 20.19 or newer")
    if done.returncode != 0:
        why = done.stderr.strip() or "no message"
        sys.exit(f"npm could not install {folder.name}; is the npm registry reachable? ({why})")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: npm_modules.py FOLDER")
    print(install(Path(sys.argv[1])))
