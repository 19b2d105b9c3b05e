"""Custodian (follower): seals what the node keeps of others, once for each epoch, before it begins
(docs/spec/custody.md).

What a crash means:
    before the nonce is kept     nothing happened
    between nonce and record     the same nonce is committed to at the next step
    after the record             the log has the record of this epoch, and no second one is sealed
"""

from typing import NoReturn

from blake3 import blake3

from tracehold.core.custody import NONCE_BYTES, Custody, Run, encode_custody, nonce_hash, runs_of
from tracehold.core.errors import Rejected, Unavailable
from tracehold.core.ids import Fingerprint
from tracehold.core.limits import SALT_BYTES
from tracehold.core.record import Header, Kind, Record, parse, sign
from tracehold.journey.batch import Candidate
from tracehold.journey.follow import Trouble, untold
from tracehold.journey.identity import Identity, Now, RandomBytes
from tracehold.journey.ports import Copies, RecordLog
from tracehold.journey.ports.audits import Transcripts
from tracehold.journey.seal import Sealer
from tracehold.journey.states import Sleep

LOOKS = 100
"""Looks at the clock in each epoch."""

_KEY = b"tracehold/custody-key/v1\n"


def custody_key(epoch_s: int, epoch: int) -> bytes:
    """The idempotency key under which a node's own custody record of an epoch is sealed, and found again."""
    return blake3(_KEY + epoch_s.to_bytes(8, "big") + epoch.to_bytes(8, "big")).digest()


async def own_custody(store: RecordLog, epoch_s: int, epoch: int) -> Fingerprint | None:
    """This node's custody record of an epoch; None where it sealed none."""
    key = custody_key(epoch_s, epoch)
    return (await store.received([key])).get(key)


class Custodian:
    """Of one node. One task runs `run`."""

    def __init__(
        self,
        store: RecordLog,
        copies: Copies,
        sealer: Sealer,
        transcripts: Transcripts,
        *,
        now: Now,
        random_bytes: RandomBytes,
        epoch_s: int,
    ) -> None:
        self._store = store
        self._copies = copies
        self._sealer = sealer
        self._transcripts = transcripts
        self._now = now
        self._random_bytes = random_bytes
        self._epoch_s = epoch_s

    async def run(self, sleep: Sleep, trouble: Trouble = untold) -> NoReturn:
        """Step for ever, until cancelled or something is Broken."""
        while True:
            try:
                await self.step()
            except Unavailable as error:
                trouble(error)
            else:
                trouble(None)
            await sleep(self._epoch_s / LOOKS)

    async def step(self) -> bool:
        """Seal the record of the next epoch if it is time, and there is none, and something to say: whether
        one was sealed. It is time in the last quarter of an epoch, which leaves the anchor the rest of it.
        Harmless to repeat. Raises `Unavailable` and what is Broken.
        """
        now = self._now()
        epoch = int(now) // self._epoch_s + 1
        if now < (epoch - 0.25) * self._epoch_s:
            return False
        if await own_custody(self._store, self._epoch_s, epoch) is not None:
            return False
        kept = await self._kept()
        if not kept and not await self._copies.segments():
            return False  # it keeps nothing, and nobody keeps anything that it could ask for
        nonce = await self._transcripts.keep_nonce(epoch, self._random_bytes(NONCE_BYTES))
        says = Custody(self._epoch_s, epoch, nonce_hash(nonce), kept)
        record = _record(self._sealer.own.identity, says, now, self._random_bytes)
        try:
            (answer,) = await self._sealer.seal([Candidate(record, custody_key(self._epoch_s, epoch))])
        except Rejected:
            return False  # the log is retired: nothing more is said in it
        if isinstance(answer, Rejected):
            # Its own node key signed it: nothing but a rotation at this moment refuses that.
            raise Unavailable("BUSY", "the custody record was refused; it is made anew") from answer
        if isinstance(answer, Exception):
            raise answer
        return not answer.duplicate

    async def _kept(self) -> tuple[Run, ...]:
        _, *others = await self._store.logs()
        return runs_of([(log, await self._store.spans(log)) for log in others])


def _record(identity: Identity, says: Custody, now_s: float, random_bytes: RandomBytes) -> Record:
    key = identity.key.public
    salt = random_bytes(SALT_BYTES)
    header = Header(key.alg, Kind.CUSTODY, key.kid, identity.operator, identity.network, int(now_s), salt)
    return parse(sign(header, encode_custody(says), identity.key))
