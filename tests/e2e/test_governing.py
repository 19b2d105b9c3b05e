"""What the contract's admin does with commands: enrol and revoke, and set the quorum."""

import json
from pathlib import Path

import pytest

from tests.e2e.conftest import OPERATOR
from tests.e2e.test_two_nodes import OTHER
from tests.e2e.world import World
from tracehold.cli.demo.programs import run
from tracehold.cli.files import CONFIG_NAME
from tracehold.core.errors import Broken


def made(world: World, home: Path, operator: str) -> str:
    """Make a node's folder; its account."""
    ports = ("--grpc-port", "0", "--rest-port", "0", "--peer-port", "0")
    arguments = ("--dir", str(home), "--operator", operator, "--rpc", world.rpc, *ports, "--json")
    return str(json.loads(run("init", *arguments))["account"])


def test_quorum_and_revocation(tmp_path: Path):
    """The quorum moves within its bounds, only by the admin; a revoked operator and its node stay revoked."""
    world = World.new(tmp_path / "world")
    second = tmp_path / "second"
    accounts = [made(world, world.home, OPERATOR), made(world, second, OTHER)]
    world.start_chain(*(part for account in accounts for part in ("--alloc", account)))
    try:
        run("contract", "deploy", "--dir", str(world.home))
        run("member", "add", "--dir", str(world.home))
        config = second / CONFIG_NAME
        config.write_text(config.read_text().replace('contract = ""', f'contract = "{world.contract}"'))
        run("member", "request", "--dir", str(second), "--out", str(tmp_path / "record"))
        run("member", "add", "--dir", str(world.home), "--record", str(tmp_path / "record"))

        with pytest.raises(Broken, match="QuorumOutOfBounds"):
            run("contract", "quorum", "2", "--dir", str(world.home))
        with pytest.raises(Broken, match="NotAdmin"):
            run("contract", "quorum", "1", "--dir", str(second))
        with pytest.raises(Broken, match="NotAdmin"):
            run("member", "revoke", "1", "--dir", str(second))

        run("member", "revoke", "2", "--operator", "--dir", str(world.home))
        listed = json.loads(run("member", "list", "--dir", str(world.home), "--json"))["members"]
        assert [each["state"] for each in listed] == ["active", "revoked"]
        assert json.loads(run("contract", "quorum", "0", "--dir", str(world.home), "--json")) == {"quorum": 0}
        with pytest.raises(Broken, match="NodeNotActive"):
            run("member", "revoke", "2", "--dir", str(world.home))
    finally:
        world.stop()
