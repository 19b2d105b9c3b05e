"""With which key a node sends while another one is announced: the one that the contract knows."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.journey.chain_scene import member
from tracehold.adapters.keyfiles import create_signing_key, read_ledger_key
from tracehold.cli.files import CONFIG_NAME
from tracehold.cli.init import Placement, create
from tracehold.config import Config, load
from tracehold.core.errors import Rejected
from tracehold.core.ids import LogId
from tracehold.journey.ports import Member
from tracehold.node.accounts import account_of, secret_in_force
from tracehold.node.own import succession

OPERATOR = "https://id.gs1.org/417/9521000000018"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A folder in which another ledger key is announced."""
    create(tmp_path / "n", Placement(OPERATOR, "n", "http://127.0.0.1:9", "127.0.0.1", 1, 2, 3, tls=False))
    made = load(tmp_path / "n" / CONFIG_NAME)
    create_signing_key(succession(made).next.ledger)
    succession(made).announce()
    return made


def known(secret: bytes) -> Member:
    """The node, as the contract knows it under this key's account."""
    return replace(member(LogId(b"\x11" * 32)), account=account_of(secret))


def test_the_key_that_the_contract_knows_is_used(config: Config) -> None:
    """The present one until the contract was told, then the announced one, from wherever it is by then."""
    present, new = read_ledger_key(config.keys.ledger), read_ledger_key(succession(config).files().ledger)
    assert present != new
    assert secret_in_force(config, known(present)) == present
    assert secret_in_force(config, known(new)) == new
    succession(config).finish()
    assert secret_in_force(config, known(new)) == new
    with pytest.raises(Rejected, match="NOT_A_MEMBER"):
        secret_in_force(config, known(present))


def test_who_is_unknown_to_the_contract_sends_nothing(config: Config) -> None:
    """Nor with whatever key is there."""
    for stranger in (None, known(b"\x07" * 32)):
        with pytest.raises(Rejected, match="NOT_A_MEMBER"):
            secret_in_force(config, stranger)
