"""Records that take the place of others, and what the chain says of them at a node."""

from dataclasses import replace

from tests.journey.network import EVERYONE, FARM, Node, force, made, pointed
from tests.journey.scene import FARM_KEY, NETWORK, SALTS
from tracehold.core.access import Reader
from tracehold.core.ids import Fingerprint
from tracehold.core.keys import SigningKey
from tracehold.core.lineage import Direction
from tracehold.core.record import Audience, event_header, parse, sign
from tracehold.journey.answers import TraceAnswer
from tracehold.journey.locate import answer_record
from tracehold.journey.ports.followed import Superseded
from tracehold.journey.superseded import Supersession, superseded
from tracehold.journey.trace import TraceQuestion, answer_trace

WRONG = made(["urn:x:sand"], ["urn:x:flour"], 10)
RIGHT = made(["urn:x:grain"], ["urn:x:flour"], 10)


class Pointers:
    """The chain's word at one or more nodes, without a chain: one block for each event."""

    def __init__(self, *nodes: Node) -> None:
        self._nodes = nodes

    async def say(self, before: Fingerprint, after: Fingerprint, node: int = 1, at: int = 0) -> None:
        """A `Superseded` event in the next block, at a time in seconds."""
        for each in self._nodes:
            await pointed(each, Superseded(node, before, after), at)

    async def undo(self) -> None:
        """Their blocks are on the chain no more."""
        for each in self._nodes:
            await each.followed.undo(None)


def signed(
    payload: bytes,
    before: Fingerprint | None = None,
    key: SigningKey = FARM_KEY,
    party: str = FARM,
    audience: Audience = Audience.NETWORK,
) -> bytes:
    """What a party says, in the place of what it said before."""
    header = event_header(key.public, party, NETWORK, 1_790_000_000, SALTS(16))
    return sign(replace(header, supersedes=before, audience=audience), payload, key)


async def sealed(node: Node, raw: bytes) -> Fingerprint:
    """Its fingerprint, once it is kept."""
    await force(node, raw)
    return parse(raw).fingerprint


async def ask(
    node: Node, item: str = "urn:x:flour", at: int | None = None, known_at: int | None = None
) -> TraceAnswer:
    """What it was made from."""
    question = TraceQuestion(item, Direction.UPSTREAM, at=at, known_at=known_at)
    return await answer_trace(node.knowledge, EVERYONE, question)


def items(answer: TraceAnswer) -> list[str]:
    """The items of an answer."""
    return [each.item for each in answer.items]


async def judged(node: Node, name: Fingerprint, reader: Reader = EVERYONE) -> Supersession | None:
    """What the node says of one record that it keeps."""
    return await superseded(node.knowledge, reader, await answer_record(node.knowledge, reader, name))
