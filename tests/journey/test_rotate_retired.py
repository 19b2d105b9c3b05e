"""A rotation that a retired log comes before."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.journey.rotating import Keys, Machine
from tests.journey.test_rotate import NEW
from tracehold.adapters.keyfiles import KeyFiles, Succession, create_signing_key
from tracehold.core.errors import Rejected
from tracehold.node.rotation import carried_out


@pytest.fixture
def coming(tmp_path: Path) -> Succession:
    """An announced node key."""
    files = KeyFiles(*(tmp_path / name for name in ("node.key", "ledger.key", "tls.crt", "tls.key")))
    create_signing_key(files.node)
    made = Succession(files)
    create_signing_key(made.next.node)
    made.announce()
    made.keep_record(b"a record")
    return made


def refusing(code: str) -> Callable[[], None]:
    """What a sealer that takes nothing more raises."""

    def refuse() -> None:
        raise Rejected(code, "refused")

    return refuse


async def test_a_node_key_that_a_retired_log_never_names_is_taken_back(coming: Succession) -> None:
    """Nothing is sealed any more, so it would be announced for ever; the contract hears nothing of it."""
    machine = Machine()
    await machine.start()
    machine.sealer.permit = refusing("RETIRED")
    await machine.prepare(Keys(NEW, machine.present.account))
    before = list(machine.chain.members)
    assert machine.rotation is not None
    await carried_out(machine.rotation, coming, 0)
    assert not coming.announced
    assert (coming.record(), coming.is_left) == (None, True)
    assert (machine.chain.members, machine.anchorer.held) == (before, False)
    coming.clear()
    assert not coming.is_left
    await machine.die()


async def test_a_refusal_of_another_kind_takes_nothing_back(coming: Succession) -> None:
    """It may pass."""
    machine = Machine()
    await machine.start()
    machine.sealer.permit = refusing("NOT_A_MEMBER")
    await machine.prepare(Keys(NEW, machine.present.account))
    assert machine.rotation is not None
    with pytest.raises(Rejected, match="NOT_A_MEMBER"):
        await carried_out(machine.rotation, coming, 0)
    assert coming.announced
    await machine.die()
