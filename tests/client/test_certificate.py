"""A node's certificate can be made anew without touching anything else."""

from pathlib import Path

from typer.testing import CliRunner

from tracehold.adapters.keyfiles import certificate_der
from tracehold.main import app

RUN = CliRunner()


def made(folder: Path) -> None:
    """A node's folder."""
    ports = ["--grpc-port", "0", "--rest-port", "0"]
    done = RUN.invoke(app, ["init", "--dir", str(folder), "--operator", "urn:x:farm", *ports])
    assert done.exit_code == 0, done.output


def test_a_new_certificate_replaces_the_old_one_and_keeps_it_beside(tmp_path: Path):
    """Other keys stay as they are; nothing is lost."""
    made(tmp_path / "node")
    keys = tmp_path / "node" / "keys"
    old, node_key = certificate_der(keys / "tls.crt"), (keys / "node.key").read_bytes()
    done = RUN.invoke(app, ["certificate", "--dir", str(tmp_path / "node"), "--json"])
    assert done.exit_code == 0, done.output
    assert certificate_der(keys / "tls.crt") != old == certificate_der(keys / "tls.crt.old")
    assert (keys / "node.key").read_bytes() == node_key
    assert (keys / "tls.key").stat().st_mode & 0o077 == 0


def test_a_folder_without_a_node_is_told(tmp_path: Path):
    """There is nothing to renew."""
    done = RUN.invoke(app, ["certificate", "--dir", str(tmp_path)])
    assert done.exit_code == 2
    assert "BAD_CONFIG" in done.output
