"""A record of the farm that is to be superseded: the pointer, its file, and what brings it on."""

from dataclasses import dataclass, field, replace

from tests.journey.chain_scene import POLICY, Anchored
from tests.journey.scene import FARM, FARM_KEY, NETWORK, SALTS, START, event, statement
from tracehold.adapters.memory.contract import read_call
from tracehold.core.ids import Fingerprint
from tracehold.core.record import event_header, sign
from tracehold.journey.pointing import Pointer, Pointing, Stage
from tracehold.journey.ports import SignedTransaction


def naming(record: Fingerprint, number: int = 50) -> bytes:
    """A statement of the farm that names the record."""
    header = event_header(FARM_KEY.public, FARM, NETWORK, int(START), SALTS(16))
    return sign(replace(header, supersedes=record), event(number), FARM_KEY)


@dataclass
class Scene:
    """A pointer, its file, and what brings it on."""

    it: Anchored
    pointer: Pointer
    saved: list[Pointer] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.it.ledger._stored = self._is_stored
        self.restart()

    def _is_stored(self, sent: SignedTransaction) -> bool:
        is_anchor = read_call(sent.raw).pointer is None
        return is_anchor or any(each.transaction == sent for each in self.saved)

    def restart(self) -> None:
        """Nothing but what is stored."""
        link, turn = self.it.anchorer._link, self.it.anchorer.turn
        self.pointing = Pointing(link, turn, self.it.creator.uploads.submit, self._save, bump_after=2)

    async def _save(self, pointer: Pointer) -> None:
        self.saved.append(pointer)

    async def step(self, times: int = 1) -> Stage:
        """Looks of the pointer alone."""
        for _ in range(times):
            self.pointer = await self.pointing.step(self.pointer)
        return self.pointer.stage

    async def finish(self, rounds: int = 12) -> Stage:
        """Time, blocks and looks."""
        for _ in range(rounds):
            self.it.creator.clock.time += POLICY.seconds
            await self.it.anchorer.step()
            await self.step()
            self.it.chain.mine()
        return self.pointer.stage

    async def stands(self) -> Fingerprint | None:
        """What the contract points to."""
        return await self.it.ledger.superseded(1, self.pointer.fingerprint)


async def sealed(it: Anchored, number: int = 1) -> Fingerprint:
    """A record of the farm."""
    (outcome,) = await it.creator.upload(statement(number))
    assert outcome.fingerprint is not None
    return outcome.fingerprint


async def asked(it: Anchored) -> Scene:
    """The pointer from a record that is sealed to a statement of the farm."""
    record = await sealed(it)
    return Scene(it, Pointer(record, START, naming(record)))
