"""A node that cannot have one of its ports."""

import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import Running, copied
from tracehold.lab.ports import held
from tracehold.lab.programs import command

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("section", ["grpc", "rest", "peers"])
def test_it_says_so_and_ends(running: Running, tmp_path: Path, section: str):
    """Each time, however far the other parts have come: nothing keeps the process."""
    world = copied(running.world, tmp_path / "world")
    config = world.home / "tracehold.toml"
    with held(1) as taken:
        mine = world.config[section]["listen"]
        config.write_text(config.read_text().replace(mine, f"127.0.0.1:{taken.numbers[0]}"))
        try:
            world.start_chain()
            for _ in range(3 if section == "peers" else 1):
                done = subprocess.run(
                    command("serve", "--dir", str(world.home)),
                    capture_output=True,
                    text=True,
                    timeout=60,
                    check=False,
                )
                assert "BAD_CONFIG" in done.stderr
                assert f"{section}.listen" in done.stderr
                assert done.returncode != 0
        finally:
            world.stop()
