"""The table of `test_ledger_writes`: its rows, and how the node came to where each of them begins."""

import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.devchain.node import BOB
from tests.journey.chain_scene import POLICY
from tests.journey.scene import MILL, event, statement
from tests.recovery.chain_plant import DISK, ChainPlant
from tests.recovery.faults import BUSY, DOWN, FAILED, Fault
from tracehold.core.errors import Broken
from tracehold.journey.delegate import Delegated
from tracehold.journey.pointing import Stage
from tracehold.journey.ports import AnchorState

WRONG = Broken("WRONG_CHAIN", "injected")


@dataclass(frozen=True)
class Row:
    """One write. `nonces`: how many transactions the account has in blocks in the end, all in all."""

    at: str
    port: str
    method: str
    skip: int
    before: str
    after: str
    nonces: int = 1

    def fault(self, way: str) -> Fault:
        """The fault that this way is."""
        asked = BUSY if self.port in {"store", "pointers"} else DOWN
        broken = FAILED if self.port in {"store", "pointers"} else WRONG
        return Fault(self.method, broken if way == "after" else asked, way != "before", self.skip)

    def left(self, way: str) -> str:
        """What is on disk then."""
        return self.before if way == "before" else self.after

    def __str__(self) -> str:
        return f"{self.at}: {self.port}.{self.method}#{self.skip}"


ANCHORS = [
    # an anchor of two new records
    Row("due", "ledger", "prepare_anchor", 0, "none", "none"),
    Row("due", "store", "save_anchor", 0, "none", "signed"),
    Row("due", "ledger", "send", 0, "signed", "signed"),
    Row("due", "store", "save_anchor", 1, "signed", "mined"),
    Row("due", "ledger", "proof", 0, "mined", "mined"),
    Row("due", "store", "save_anchor", 2, "mined", "final"),
    # no block for so long that the fee is raised
    Row("standing", "ledger", "prepare_anchor", 0, "signed", "signed"),
    Row("standing", "store", "save_anchor", 0, "signed", "signed dearer"),
    Row("standing", "ledger", "send", 0, "signed dearer", "signed dearer"),
    Row("standing", "store", "save_anchor", 1, "signed dearer", "mined dearer"),
    # somebody else used its nonce
    Row("overtaken", "store", "drop_anchor", 0, "signed", "none", 2),
    Row("overtaken", "ledger", "prepare_anchor", 0, "none", "none", 2),
    Row("overtaken", "store", "save_anchor", 0, "none", "signed", 2),
    Row("overtaken", "ledger", "send", 0, "signed", "signed", 2),
    # its block is replaced, and the pool lost it
    Row("gone", "store", "save_anchor", 0, "mined", "signed"),
    Row("gone", "ledger", "send", 0, "signed", "signed"),
    Row("gone", "store", "save_anchor", 1, "signed", "mined"),
    # it was final, the alarm was told, and the operator started the node again
    Row("undone", "ledger", "send", 0, "reorged", "reorged"),
    Row("undone", "store", "save_anchor", 0, "reorged", "mined"),
    Row("undone", "ledger", "proof", 0, "mined", "mined"),
    Row("undone", "store", "save_anchor", 1, "mined", "final"),
    # the disk was restored from before it
    Row("restored", "store", "save_anchor", 0, "none", "mined"),
    Row("restored", "store", "save_anchor", 1, "mined", "final"),
]
POINTERS = [
    # one anchor is final; the pointer to the replacement is asked for, which is anchored after it
    Row("asked", "store", "append", 0, "asked", "asked", 3),
    Row("asked", "pointers", "save", 0, "asked", "waiting", 3),
    Row("asked", "ledger", "prepare_supersede", 0, "waiting", "waiting", 3),
    Row("asked", "pointers", "save", 1, "waiting", "sent", 3),
    Row("asked", "ledger", "send", 0, "sent", "sent", 3),
    Row("asked", "pointers", "save", 2, "sent", "mined", 3),
    Row("asked", "pointers", "save", 3, "mined", "final", 3),
    # no block for so long that the fee is raised
    Row("held", "ledger", "prepare_supersede", 0, "sent", "sent", 3),
    Row("held", "pointers", "save", 0, "sent", "sent dearer", 3),
    Row("held", "ledger", "send", 0, "sent dearer", "sent dearer", 3),
    # its block is replaced, and the pool lost it
    Row("taken back", "ledger", "send", 0, "mined", "mined", 3),
    Row("taken back", "pointers", "save", 0, "mined", "sent", 3),
]
ENDINGS = [
    Row("retired", "admin", "retire", 0, "creator", "ended", 2),
]


# -- where the node stands


async def due(plant: ChainPlant) -> None:
    """Two records more: the five make an anchor due."""
    await plant.upload(statement(1), Delegated(MILL, event(2)))


async def standing(plant: ChainPlant) -> None:
    """Sent, and no block for as many looks as the fee stays."""
    await due(plant)
    for _ in range(POLICY.bump_after):
        assert await plant.look() is None


async def overtaken(plant: ChainPlant) -> None:
    """Signed, not sent; then another wallet with the account's key sends, and that is mined."""
    await due(plant)
    plant.ledger.arm(Fault("send", DOWN, after=False))
    assert await plant.look() is DOWN
    plant.chain.node.mine(BOB)


async def gone(plant: ChainPlant) -> None:
    """Mined, and then in no block and no pool."""
    plant.chain.mark()
    await due(plant)
    await plant.look()
    plant.mine()
    await plant.look()
    assert [task.state for task in await plant.tasks()] == [AnchorState.MINED]
    plant.chain.reorganise()


async def undone(plant: ChainPlant) -> None:
    """Final, then in no block; the node has stopped for it, and is started again."""
    plant.chain.mark()
    await due(plant)
    await plant.finish()
    plant.chain.reorganise()
    await plant.clock.pass_by(POLICY.watch)
    error = await plant.look()
    assert isinstance(error, Broken)
    assert error.code == "REORGED"
    await plant.restart()


async def restored(plant: ChainPlant) -> None:
    """Mined, and the disk is one from before it was signed."""
    await due(plant)
    await plant.crash()
    backup = plant.folder / "backup"
    shutil.copytree(plant.folder / DISK, backup)
    await plant.restart()
    await plant.look()
    plant.mine()
    await plant.crash()
    shutil.rmtree(plant.folder / DISK)
    backup.rename(plant.folder / DISK)
    await plant.restart()


async def asked(plant: ChainPlant) -> None:
    """All is final, and a pointer is asked for."""
    await due(plant)
    await plant.finish()
    plant.ask(next(iter(plant.answered)))


async def held(plant: ChainPlant) -> None:
    """The pointer is sent, and in no block for as many looks as the fee stays."""
    await asked(plant)
    for _ in range(1 + POLICY.bump_after):
        assert await plant.look() is None


async def taken_back(plant: ChainPlant) -> None:
    """The pointer is mined, and then in no block and no pool."""
    await asked(plant)
    plant.chain.mark()
    for _ in range(2):
        await plant.look()
    plant.mine()
    await plant.look()
    pointer = plant.pointer()
    assert pointer is not None
    assert pointer.stage is Stage.MINED
    plant.chain.reorganise()


async def retired(plant: ChainPlant) -> None:
    """All is final, and the log is to end."""
    await due(plant)
    await plant.finish()
    plant.retired = True


SCENES: dict[str, Callable[[ChainPlant], Awaitable[None]]] = {
    scene.__name__.replace("_", " "): scene
    for scene in (due, standing, overtaken, gone, undone, restored, asked, held, taken_back, retired)
}
