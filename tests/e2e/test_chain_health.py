"""What a running node says of its chain and its account, and who else may send with its key."""

import json

import pytest

from tests.e2e.conftest import Running
from tracehold.cli.demo.programs import run
from tracehold.core.errors import Broken


def test_status_shows_finality_and_funds(running: Running):
    """Policy, how it was found out, the address, the funds; no alarm on a chain that is well."""
    home = str(running.world.home)
    told = json.loads(run("status", "--dir", home, "--json"))["chain"]
    assert told["finalityFound"]
    assert [each["up"] for each in told["endpoints"]] == [True]
    assert int(told["balanceWei"]) > 0
    assert not told.get("alarms")


def test_attack_command_that_would_send_with_the_key_of_a_running_node(running: Running):
    """Refused: two senders spoil each other's nonces."""
    with pytest.raises(Broken, match="KEY_BUSY"):
        run("member", "revoke", "9", "--dir", str(running.world.home))
