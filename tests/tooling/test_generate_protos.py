"""tools/generate_protos.py and buf, on a tiny proto of their own."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tooling.tree import ROOT

SERVICE = """// Things.
syntax = "proto3";

package tracehold.v1;

import "google/api/annotations.proto";

// ThingService serves things.
service ThingService {
  // Get one.
  rpc Get(GetRequest) returns (GetResponse) {
    option (google.api.http) = {get: "/v1/things/{name}"};
  }
}

// GetRequest asks.
message GetRequest {
  // The name.
  string name = 1;
}

// GetResponse answers.
message GetResponse {
  // The name.
  string name = 1;
}
"""
PLAIN = """syntax = "proto3";

package tracehold.v1;

// Plain has no service.
message Plain {
  // The name.
  string name = 1;
}
"""
BUF = Path(sys.executable).parent / "buf"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Two protos with their generated code, and buf's configuration."""
    if not (ROOT / ".venv-tools").exists():
        subprocess.run(["make", "-s", "venv-tools"], cwd=ROOT, check=True)
    folder = tmp_path / "proto/tracehold/v1"
    folder.mkdir(parents=True)
    (folder / "thing.proto").write_text(SERVICE)
    (folder / "plain.proto").write_text(PLAIN)
    shutil.copy(ROOT / "buf.yaml", tmp_path)
    assert generate(tmp_path).returncode == 0
    return tmp_path


def generate(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the script on a tree."""
    command = [sys.executable, str(ROOT / "tools/generate_protos.py"), "--root", str(tree), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def buf(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run buf in a tree."""
    return subprocess.run([BUF, *arguments], cwd=tree, capture_output=True, text=True, check=False)


def test_modules_follow_the_protos(tree: Path) -> None:
    """Each proto has a module and a stub; only one with a service has a service module."""
    names = {path.name for path in (tree / "node/tracehold/v1").iterdir()}
    modules = {"plain_pb2", "thing_pb2", "thing_pb2_grpc"}
    assert names == {"__init__.py"} | {f"{name}{end}" for name in modules for end in (".py", ".pyi")}


def test_stale_code_is_found_and_regenerated(tree: Path) -> None:
    """A changed proto, a lost file and a left-over file are all named; generating again makes peace."""
    assert generate(tree, "--check").returncode == 0
    plain = tree / "proto/tracehold/v1/plain.proto"
    plain.write_text(PLAIN.replace("string name", "string title"))
    (tree / "node/tracehold/v1/thing_pb2.pyi").unlink()
    (tree / "node/tracehold/v1/gone_pb2.py").touch()
    stale = generate(tree, "--check")
    assert stale.returncode == 1
    assert stale.stderr.strip().endswith("gone_pb2.py, plain_pb2.py, plain_pb2.pyi, thing_pb2.pyi")
    assert generate(tree).returncode == 0
    assert generate(tree, "--check").returncode == 0


def test_broken_proto_changes_nothing(tree: Path) -> None:
    """Generation is all or nothing: an error leaves the committed code as it was."""
    before = (tree / "node/tracehold/v1/thing_pb2.py").read_bytes()
    (tree / "proto/tracehold/v1/plain.proto").write_text("message {")
    assert generate(tree).returncode != 0
    assert (tree / "node/tracehold/v1/thing_pb2.py").read_bytes() == before


def test_lint_asks_for_comments_on_ours_only(tree: Path) -> None:
    """The protos of others are not judged; a field of ours without a comment is."""
    assert buf(tree, "lint").returncode == 0
    plain = tree / "proto/tracehold/v1/plain.proto"
    plain.write_text(PLAIN.replace("  // The name.\n", ""))
    bare = buf(tree, "lint", "proto")
    assert bare.returncode != 0
    assert 'Field "name" should have a non-empty comment' in bare.stdout


def test_breaking_change_is_found(tree: Path) -> None:
    """A field may be added, not retyped, against a baseline built from our module alone."""
    plain = tree / "proto/tracehold/v1/plain.proto"
    assert buf(tree, "build", "proto", "-o", "proto/baseline.binpb").returncode == 0
    plain.write_text(PLAIN.replace("= 1;\n", "= 1;\n  // Grams.\n  uint64 mass = 2;\n"))
    assert buf(tree, "breaking", "proto", "--against", "proto/baseline.binpb").returncode == 0
    plain.write_text(PLAIN.replace("string name", "uint64 name"))
    broken = buf(tree, "breaking", "proto", "--against", "proto/baseline.binpb")
    assert broken.returncode != 0
    assert "changed type" in broken.stdout
