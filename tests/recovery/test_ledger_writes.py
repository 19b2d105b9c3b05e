"""The recovery table of every write toward the ledger: on disk before it is sent, sent, mined, final; and for
each the three ways in which a write goes wrong:

    before   it failed, and nothing happened
    after    it happened, and then an error that ends the process
    lost     it happened, and nobody told: the reply was lost, and the process goes on at first

A row names where the node stands (`at`), the port and its method, which of its calls from there on, and what
is on disk when that call failed before and when it happened. The process is started again at once, or after
one look more where a reply was lost. In the end each size is anchored once, by one transaction of the
account, all is final on disk, and nothing is lost.
"""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.journey.chain_scene import POLICY
from tests.recovery.chain_plant import ChainPlant, founded
from tests.recovery.ledger_table import ANCHORS, ENDINGS, POINTERS, SCENES, Row, due, retired
from tracehold.core.errors import Broken, TraceholdError, Unavailable
from tracehold.journey.pointing import Stage
from tracehold.journey.ports import AnchorState, Role

WAYS = ("before", "after", "lost")
CASES = [pytest.param(row, way, id=f"{row} {way}") for row in [*ANCHORS, *POINTERS, *ENDINGS] for way in WAYS]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """A chain with the contract, and a log of three entries; each case has a copy."""
    folder = tmp_path_factory.mktemp("template")
    return folder, asyncio.run(founded(folder))


@pytest.mark.parametrize(("row", "way"), CASES)
async def test_every_write_may_fail_before_or_after_or_lose_its_reply(
    template: tuple[Path, bytes], tmp_path: Path, row: Row, way: str
) -> None:
    """What is left on disk at once; and in the end one anchor, one nonce, nothing lost."""
    plant = await ChainPlant.built(template, tmp_path)
    await SCENES[row.at](plant)
    known = fees(plant, await plant.tasks())
    plant.ports[row.port].arm(row.fault(way))
    error = await met(plant)
    assert isinstance(error, Broken) is (way == "after")
    left = state_of(plant, await plant.tasks())
    if row.port == "admin":
        left = "creator" if Role.CREATOR in (await plant.member()).roles else "ended"
    assert left + dearer(known, fees(plant, await plant.tasks())) == row.left(way)
    if way == "lost":
        assert not isinstance(await plant.look(), Broken)
    await plant.restart()
    await plant.finish()
    await ended(plant, row)
    await plant.crash()
    plant.chain.close()


async def met(plant: ChainPlant) -> TraceholdError | None:
    """Looks and blocks until the fault was met; what that look told."""
    for _ in range(8):
        error = await plant.look()
        if not plant.armed:
            return error
        plant.mine()
    raise AssertionError("the write never came")


def state_of(plant: ChainPlant, tasks: list[Any]) -> str:
    """How far the pointer is on disk, or else the anchor."""
    pointer = plant.pointer()
    if pointer is not None:
        return str(pointer.stage)
    return str(tasks[-1].state) if tasks else "none"


def fees(plant: ChainPlant, tasks: list[Any]) -> tuple[int, int] | None:
    """Nonce and fee of what is signed and stored."""
    pointer = plant.pointer()
    sent = pointer.transaction if pointer else tasks[-1].transaction if tasks else None
    return (sent.nonce, sent.max_fee_per_gas) if sent else None


def dearer(before: tuple[int, int] | None, now: tuple[int, int] | None) -> str:
    """Whether the same nonce offers more now."""
    return " dearer" if before and now and before[0] == now[0] and before[1] < now[1] else ""


async def ended(plant: ChainPlant, row: Row) -> None:
    """All as it must be."""
    await plant.check([5, 6] if plant.pointed else [5])
    assert await plant.nonces() == row.nonces
    pointer = plant.pointer()
    if pointer is not None:
        assert (pointer.stage, pointer.error) == (Stage.FINAL, "")
        stands = await plant.chain.open().superseded(1, pointer.fingerprint)
        assert stands == pointer.replacement is not None
    creates = Role.CREATOR in (await plant.member()).roles
    assert creates is not plant.retired


# -- what the columns do not have


@pytest.mark.parametrize("way", WAYS)
async def test_what_was_final_is_never_undone_in_silence(
    template: tuple[Path, bytes], tmp_path: Path, way: str
) -> None:
    """REORGED is told whatever becomes of the write that says so on disk: also where it happened and told an
    error, since no later look would find it again.
    """
    plant = await ChainPlant.built(template, tmp_path)
    plant.chain.mark()
    await due(plant)
    await plant.finish()
    plant.chain.reorganise()
    await plant.clock.pass_by(POLICY.watch)
    plant.store.arm(Row("", "store", "save_anchor", 0, "", "").fault(way))
    for _ in range(2 if way == "before" else 1):
        error = await plant.look()
        assert isinstance(error, Broken)
        assert error.code == "REORGED"
        await plant.restart()
    (task,) = await plant.tasks()
    assert (task.state, task.undone is None) == (AnchorState.REORGED, False)
    await plant.finish()
    await ended(plant, Row("", "", "", 0, "", ""))
    await plant.crash()
    plant.chain.close()


@pytest.mark.parametrize("told", ["nothing", "an error", "silence"])
async def test_the_call_that_ends_the_log_is_sent_once(
    template: tuple[Path, bytes], tmp_path: Path, told: str
) -> None:
    """The process is killed while that waits for its block, or was told that it was not taken: the next one
    sends no second call behind it.
    """
    plant = await ChainPlant.built(template, tmp_path)
    await retired(plant)

    def taken(raw: str) -> dict[str, Any] | None:
        if told == "nothing":
            return None
        del plant.chain.wire.answers["eth_sendRawTransaction"]
        plant.chain.node.rpc("eth_sendRawTransaction", raw)
        if told == "silence":
            raise ConnectionResetError
        return {"error": {"code": -32000, "message": "injected"}}

    async def killed(_: float) -> None:
        raise Unavailable("CHAIN_DOWN", "killed")

    plant.chain.wire.answers["eth_sendRawTransaction"] = taken
    plant.admin.port._patience = replace(plant.admin.port._patience, sleep=killed)
    assert isinstance(await plant.look(), Unavailable)
    assert Role.CREATOR in (await plant.member()).roles
    for _ in range(2):
        await plant.restart()
        assert isinstance(await plant.look(), Unavailable)
        assert not plant.ended
    await plant.finish()
    await ended(plant, Row("", "", "", 0, "", "", 2))
    await plant.crash()
    plant.chain.close()
