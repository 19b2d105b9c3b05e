"""Builds the TypeScript client, and the programs that use it, out of protos and sources.

    tools/typescript.py OUT [PROGRAM.ts ...]

OUT becomes the npm package `tracehold-client`: src (with the stubs that buf generates from proto/), dist,
and the archive that `npm install` takes. Programs are compiled beside it, into OUT/programs, and import it by
its name. Packages come from tools/npm_modules.py; OUT/node_modules points to them. Node must be on PATH: run
this through tools/with-node.sh.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools.generate_protos import lay_out_third_party  # noqa: E402
from tools.npm_modules import install  # noqa: E402

CLIENT = ROOT / "clients" / "typescript"
SOURCES = ("package.json", "package-lock.json", "tsconfig.json", "buf.gen.yaml", "README.md")
PROTOS = ("proto/tracehold", "third_party/google/rpc/error_details.proto")
OF_NODES = "proto/tracehold/v1/peer.proto"
"""What nodes ask each other is not a client's business."""


def run(*command: str | Path, cwd: Path, bin: Path) -> None:
    """Run one tool with the packages' commands on PATH. Exits with its messages where it fails."""
    path = os.pathsep.join([str(bin), os.environ["PATH"]])
    done = subprocess.run(
        command, cwd=cwd, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        sys.exit(f"typescript: {Path(command[0]).name} failed\n{done.stdout}{done.stderr}")


def lay_out(out: Path) -> Path:
    """Copy the package's own files into OUT, beside its packages; the folder of their commands."""
    modules = install(CLIENT)
    out.mkdir(parents=True, exist_ok=True)
    for name in SOURCES:
        shutil.copyfile(CLIENT / name, out / name)
    shutil.copyfile(ROOT / "LICENSE", out / "LICENSE")
    for name in ("src", "dist", "programs"):
        shutil.rmtree(out / name, ignore_errors=True)
    shutil.copytree(CLIENT / "src", out / "src")
    link = out / "node_modules"
    link.unlink(missing_ok=True)
    link.symlink_to(modules)
    return modules / ".bin"


def build(out: Path, bin: Path) -> None:
    """Generate the stubs, compile, and pack."""
    lay_out_third_party(ROOT / "third_party")
    buf = Path(sys.executable).parent / "buf"
    command: list[str | Path] = [buf, "generate", ROOT, "--template", out / "buf.gen.yaml", "--output", out]
    for path in PROTOS:
        command += ["--path", ROOT / path]
    run(*command, "--exclude-path", ROOT / OF_NODES, cwd=out, bin=bin)
    run("tsc", cwd=out, bin=bin)
    run("npm", "pack", "--ignore-scripts", "--loglevel=error", cwd=out, bin=bin)


def compile_programs(out: Path, programs: list[Path], bin: Path) -> None:
    """Compile programs against the package as its users see it, by name: a package may import itself so."""
    folder = out / "programs"
    folder.mkdir()
    for program in programs:
        shutil.copyfile(program, folder / program.name)
    options = {"rootDir": ".", "outDir": ".", "declaration": False}
    # Beside their sources, which tsc would leave out by itself where it writes.
    names = [program.name for program in programs]
    settings = {"extends": "../tsconfig.json", "compilerOptions": options, "files": names, "include": []}
    (folder / "tsconfig.json").write_text(json.dumps(settings))
    run("tsc", "--project", folder, cwd=out, bin=bin)


def main(out: str, *programs: str) -> None:
    """Build everything."""
    folder = Path(out).resolve()
    bin = lay_out(folder)
    build(folder, bin)
    if programs:
        compile_programs(folder, [Path(program) for program in programs], bin)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: typescript.py OUT [PROGRAM.ts ...]")
    main(*sys.argv[1:])
