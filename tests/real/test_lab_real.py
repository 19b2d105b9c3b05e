"""`tracehold lab` with real servers, by its commands alone."""

from pathlib import Path

import pytest

from tests.lab.test_lab_commands import alive, lab
from tests.real.chains.programs import rpc

pytestmark = pytest.mark.real


def test_up_with_real_backends_and_down(tmp_path: Path) -> None:
    """Two companies whose chain is a Clique network of three geth; a sealer that was killed comes back; down
    leaves no process.
    """
    folder = tmp_path / "lab"
    try:
        up = lab(folder, "up", "--nodes", "2", "--backends", "real")
        assert up["chain"]["backends"] == "real"
        assert rpc(up["chain"]["rpc"], "web3_clientVersion").startswith("Geth/")
        assert len(rpc(up["chain"]["rpc"], "clique_getSigners")) == 3
        pids = [*up["chain"]["pids"].values(), *(node["pid"] for node in up["nodes"])]
        assert len(pids) == 5
        assert all(alive(pid) for pid in pids)
        lab(folder, "kill", "sealer-3")
        assert not alive(up["chain"]["pids"]["sealer-3"])
        lab(folder, "start", "sealer-3")
        again = lab(folder, "status")
        assert [node["state"] for node in again["nodes"]] == ["up", "up"]
        assert alive(again["chain"]["pids"]["sealer-3"])
        pids.append(again["chain"]["pids"]["sealer-3"])
    finally:
        lab(folder, "down")
    assert not any(alive(pid) for pid in pids)
