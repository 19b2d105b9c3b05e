"""A dossier made of two logs in memory, of two operators' nodes: every byte is the same on each run."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from tests.blocks import CHAIN_ID, CONTRACT, Block, anchored_log, keccak256, receipt
from tests.journey.network import begun, made, seen
from tests.logs import FARM, FARM_KEY, MILL, MILL_KEY, NETWORK, OPERATOR, START, Log, header
from tracehold.core import record
from tracehold.core.anchor import Anchor
from tracehold.core.anchorproof import AnchoredEvent
from tracehold.core.control import Enrol
from tracehold.core.dossier import (
    Group,
    Kind,
    Place,
    Question,
    Said,
    encode_answer,
    encode_group,
    group_name,
    pack,
)
from tracehold.core.dossier.deriving import Verified, answered, derived, facts_of
from tracehold.core.dossier.file import Dossier
from tracehold.core.evidence import Trust
from tracehold.core.ids import Fingerprint
from tracehold.core.keys import Ed25519Key, SigningKey
from tracehold.core.lineage import Gap, GapReason
from tracehold.core.speaker import Level, Speaker

OTHER_OPERATOR = "https://id.gs1.org/417/9521321000041"
OTHER_KEY = Ed25519Key.from_seed(b"\x05" * 32)
NOW = (START + 200) * 1000
GRAIN, FLOUR, BREAD = "urn:x:grain", "urn:x:flour", "urn:x:bread"


def anchor(log: Log, node: int, size: int, prev_size: int = 0, *, time: int = START + 110) -> Anchor:
    """The proved anchor of a node's log, in a block of its own, so many seconds after that time."""
    event = AnchoredEvent(node, prev_size, size, log.root(size), (3, 4))
    block = Block(10 * node + size, [receipt([anchored_log(event)])], time=time + node)
    place = (block.number, keccak256(block.headers[0]), block.time, bytes(32), 0)
    return Anchor(CHAIN_ID, CONTRACT, node, log.id, prev_size, size, event.root, *place, block.proof(0))


@dataclass
class Told:
    """An event in a log: which one, by whom."""

    node: int
    index: int
    party: str


@dataclass
class Scene:
    """Two nodes' logs, what was told there, and the dossier about it. The farm tells at node 1, the mill at
    node 2.
    """

    logs: dict[int, Log] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.logs[1] = Log()
        self.logs[2] = Log(node_key=OTHER_KEY, operator=OTHER_OPERATOR)
        self.logs[2].say(Enrol(MILL, MILL_KEY.public))

    def say(self, payload: bytes, node: int = 1, party: str = "", **more: object) -> Told:
        """An event at a node, by its own provider or by another party that is enrolled there."""
        party = party or {1: FARM, 2: MILL}[node]
        key: SigningKey = FARM_KEY if party == FARM else MILL_KEY
        log = self.logs[node]
        told = replace(header(key, party, number=len(log.entries)), **more)  # type: ignore[arg-type]
        entry = Told(node, log.add(record.sign(told, payload, key)), party)
        self.told.append(entry)
        return entry

    @cached_property
    def anchors(self) -> dict[int, Anchor]:
        """One for each log, over all of it."""
        return {node: anchor(log, node, len(log.entries)) for node, log in self.logs.items()}

    @property
    def trust(self) -> Trust:
        """Pins both logs and the blocks of both anchors."""
        blocks = frozenset(each.block_hash for each in self.anchors.values())
        nodes = {node: log.id for node, log in self.logs.items()}
        return Trust(NETWORK, CHAIN_ID, CONTRACT, blocks, nodes)

    def controls(self, node: int, party: str) -> tuple[int, ...]:
        """The control records that a party's records need."""
        return (0, 1) if party == FARM else (0, 2)

    def groups(self, told: Sequence[Told]) -> list[Group]:
        """The evidence of these."""
        by_party: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
        for each in told:
            by_party[each.node, each.party].append(each.index)
        found = []
        for (node, party), indexes in sorted(by_party.items()):
            log = self.logs[node]
            pairs = [(log.entries[at], log.receipt(at)) for at in sorted(indexes)]
            controls = [(log.entries[at], log.receipt(at)) for at in self.controls(node, party)]
            found.append(Group(self.anchors[node], tuple(controls), tuple(pairs)))
        return found

    def places(self, told: Sequence[Told]) -> dict[Fingerprint, Place]:
        """Where these stand."""
        return {self.name(each): Place(self.logs[each.node].id, each.index) for each in told}

    def name(self, told: Told) -> Fingerprint:
        """The fingerprint of a record."""
        return record.fingerprint(self.logs[told.node].entries[told.index])

    def said(self, *gaps: Gap) -> Said:
        """All was searched; these gaps were found."""
        return Said(gaps, {log.id: ((0, len(log.entries)),) for log in self.logs.values()}, {})

    def verified(self, told: Sequence[Told]) -> list[Verified]:
        """These, as whoever checks the file finds them."""
        records = []
        for each in told:
            log, operator = self.logs[each.node], {1: OPERATOR, 2: OTHER_OPERATOR}[each.node]
            controls = tuple(
                (log.entries[at], log.receipt(at)) for at in self.controls(each.node, each.party)
            )
            speaker = Speaker(each.party, operator, Level.SIGNED_BY_PARTY)
            known_ms = self.anchors[each.node].block_time * 1000
            place = Place(log.id, each.index)
            records.append(
                Verified(record.parse(log.entries[each.index]), place, speaker, known_ms, controls)
            )
        return records

    def about(self, question: Question) -> list[Told]:
        """Those to which the question leads."""
        _, used = answered(question, facts_of(self.verified(self.told)).values())
        return [each for each in self.told if self.name(each) in used]

    def answer(self, question: Question, said: Said, told: Sequence[Told]) -> dict:
        """The answer that these records give."""
        return derived(Dossier(question, {}, {}, said, ()), self.verified(told))

    def entries(self, question: Question, *gaps: Gap) -> dict[str, bytes]:
        """The entries of the dossier, by name."""
        said, told = self.said(*gaps), self.about(question)
        text = encode_answer(question, self.answer(question, said, told), self.places(told), said)
        groups = {group_name(at): encode_group(group) for at, group in enumerate(self.groups(told))}
        return {"answer.json": text, **groups}

    def dossier(self, question: Question, *gaps: Gap) -> bytes:
        """The file."""
        return pack(self.entries(question, *gaps))


def story() -> Scene:
    """Grain of the farm, told at node 1; flour and bread of the mill, told at node 2."""
    scene = Scene()
    scene.say(begun(GRAIN, 0))
    scene.say(seen(GRAIN, 5))
    scene.say(made([GRAIN], [FLOUR], 10), node=2)
    scene.say(made([FLOUR], [BREAD], 20), node=2)
    return scene


UPSTREAM = Question(Kind.TRACE, BREAD)
ERASED = Gap(GRAIN, GapReason.ERASED, "a record was redacted")
