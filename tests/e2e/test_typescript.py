"""The TypeScript client as an npm package: what is in it, and what a program that installed it meets."""

import json
import os
import secrets
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest
from blake3 import blake3

from tests.e2e.conftest import Running
from tests.e2e.touring import NODE, typescript
from tests.e2e.world import free_port
from tests.tooling.tree import ROOT
from tracehold import __version__

ARCHIVE = f"tracehold-client-{__version__}.tgz"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package, built."""
    folder = tmp_path_factory.mktemp("package")
    typescript(folder)
    return folder


@pytest.fixture(scope="module")
def consumer(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program's folder with the archive and what it needs in node_modules, as npm install leaves it."""
    folder = tmp_path_factory.mktemp("consumer")
    modules = folder / "node_modules"
    modules.mkdir()
    with tarfile.open(package / ARCHIVE) as archive:
        archive.extractall(folder, filter="data")
    (folder / "package").rename(modules / "tracehold-client")
    for name in ("@bufbuild", "@connectrpc", "@noble"):
        (modules / name).symlink_to((package / "node_modules").resolve() / name)
    return folder


def run(folder: Path, program: str, **given: str) -> Any:
    """What a program prints, as JSON."""
    command = [str(NODE), "node", str(folder / "program.mjs")]
    (folder / "program.mjs").write_text(program)
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_archive_holds_what_runs_and_no_more(package: Path):
    """Compiled code with its types, README and licence; no sources, no programs, no packages of others."""
    with tarfile.open(package / ARCHIVE) as archive:
        names = {name.removeprefix("package/") for name in archive.getnames()}
    assert {"package.json", "README.md", "LICENSE", "dist/index.js", "dist/index.d.ts"} <= names
    assert {name.split("/")[0] for name in names} == {"package.json", "README.md", "LICENSE", "dist"}
    assert not [name for name in names if "peer_pb" in name]


def test_fingerprint_is_that_of_the_node(consumer: Path):
    """BLAKE3-256 in hexadecimal digits, of nothing and of more than one chunk."""
    inputs = [b"", b"\x00", secrets.token_bytes(5000)]
    program = """
    import { fingerprintOf } from "tracehold-client";
    const inputs = JSON.parse(process.env.INPUTS).map((hex) => Buffer.from(hex, "hex"));
    console.log(JSON.stringify(inputs.map(fingerprintOf)));
    """
    given = json.dumps([each.hex() for each in inputs])
    assert run(consumer, program, INPUTS=given) == [blake3(each).hexdigest() for each in inputs]


def test_token_never_leaves_the_machine_in_the_clear(consumer: Path):
    """Without a certificate only loopback is spoken to; a name that looks like it is none."""
    program = """
    import { connect } from "tracehold-client";
    const targets = ["node.example.com:7450", "10.0.0.1:7450", "127.0.0.1.example.com:7450",
                     "localhost.example:1", "127.0.0.1:7450", "localhost:7450", "[::1]:7450"];
    console.log(JSON.stringify(targets.map((target) => {
      try { connect(target, { token: "secret" }).close(); return true; } catch { return false; }
    })));
    """
    assert run(consumer, program) == [False] * 4 + [True] * 3


def test_what_is_worth_repeating(consumer: Path, running: Running):
    """A node that is away is, and names no code; a call that the node refuses is not, and does."""
    program = """
    import { connect, isPassing, refusalOf } from "tracehold-client";
    async function failure(target) {
      const node = connect(target);
      try { await node.proofs.getRecord({ fingerprint: "no" }); } catch (error) {
        return { passing: isPassing(error), ...refusalOf(error) };
      } finally { node.close(); }
    }
    console.log(JSON.stringify([await failure(process.env.AWAY), await failure(process.env.NODE)]));
    """
    away, refused = run(consumer, program, AWAY=f"127.0.0.1:{free_port()}", NODE=running.world.grpc)
    assert (away["passing"], away["code"], away["status"]) == (True, "", "UNAVAILABLE")
    assert (refused["passing"], refused["code"], refused["path"]) == (False, "BAD_REQUEST", "/fingerprint")


def test_messages_of_the_protos_are_exported(consumer: Path):
    """Each proto of the services has its entry point, for programs that build messages themselves."""
    program = """
    import { create, toBinary } from "@bufbuild/protobuf";
    import { UploadItemSchema } from "tracehold-client/v1/upload";
    import { TraceRequestSchema } from "tracehold-client/v1/trace";
    import { Audience } from "tracehold-client/v1/record";
    const item = create(UploadItemSchema, { audience: Audience.PUBLIC, party: "p" });
    const bytes = Buffer.from(toBinary(UploadItemSchema, item));
    console.log(JSON.stringify([bytes.toString("hex"), TraceRequestSchema.typeName]));
    """
    assert run(consumer, program) == ["2a01703001", "tracehold.v1.TraceRequest"]
