"""Security: two nodes answer about one log. What one of them left out though it says that it searched it is
found out, reported, and its word counts no more.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import pytest

from tests.journey.bread import WHOLE, names, net, pair, trace
from tests.journey.network import EVERYONE, Network, Node, begun, made, replicate, said
from tests.journey.segments_scene import START
from tests.journey.test_spans_proved import FINAL, settled
from tracehold.adapters.memory.graph import MemoryGraph
from tracehold.adapters.memory.log import MemoryLog
from tracehold.core.errors import Unavailable
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.lineage import GapReason
from tracehold.core.record import Kind
from tracehold.core.spans import Spans
from tracehold.journey.claims import Claims
from tracehold.journey.differences import LOOKED_INTO, Answered, Shown, fault_of, left_out
from tracehold.journey.expand import searched
from tracehold.journey.locate import LocateQuestion, answer_locate
from tracehold.journey.ports import Entries, Entry, Expansion, Found, Indexed, Position, Sent

__all__ = ["net", "pair"]

LOG = LogId(b"\x07" * 32)
NAME, OTHER = Fingerprint(b"\x01" * 32), Fingerprint(b"\x02" * 32)


def tells(
    node: Node,
    keep: Callable[[Found], bool] = lambda found: True,
    cover: Callable[[Mapping[LogId, Spans]], Mapping[LogId, Spans]] = lambda logs: logs,
) -> None:
    """The node leaves out what is not to be kept, and says what it covers."""
    node.peer.tell = lambda answer: Expansion(
        [found for found in answer.records if keep(found)], cover(answer.coverage)
    )


@pytest.fixture
async def trio(net: Network, pair: tuple[Node, Node]) -> tuple[Node, Node, Node]:
    """The pair, and a third node that keeps the second's log too."""
    here, there = pair
    third = await net.join()
    await replicate(there, third)
    await third.index()
    await third.finish()
    return here, there, third


def of_log(answer, log: LogId) -> list[str]:
    """What is said of a log that was not searched."""
    return [gap.detail for gap in answer.gaps if log.hex() in gap.detail]


async def test_honest_copies_show_no_difference(trio):
    """Both are asked, both hand over all of it, and nothing is said."""
    here, there, third = trio
    answer = await trace(here)
    assert names(answer) == WHOLE
    assert here.faults == []
    assert answer.gaps == ()
    assert there.peer.asked
    assert third.peer.asked


@pytest.mark.parametrize("index", [2, 3, 4])
async def test_security_a_copy_that_leaves_a_record_out_is_found_out(trio, index):
    """Whichever it is: the answer is whole by the other, and the fault names node, log and entry."""
    here, there, third = trio
    tells(third, lambda found: (found.log, found.index) != (there.log, index))
    answer = await trace(here)
    assert names(answer) == WHOLE
    (fault,) = here.faults
    assert fault.startswith(
        f"node {third.number} says that it searched entry {index} of log {there.log.hex()}"
    )
    assert "left out record" in fault


async def test_security_its_word_about_that_log_counts_no_more(trio):
    """Of the rest of the log only the honest node's word is taken, which is for less."""
    here, there, third = trio
    tells(there, cover=lambda logs: {**logs, there.log: ((0, 4),)})
    assert of_log(await trace(here), there.log) == []
    tells(third, lambda found: (found.log, found.index) != (there.log, 3))
    assert of_log(await trace(here), there.log) == [
        f"nobody searched entries 4 to 4 of log {there.log.hex()}"
    ]


async def test_security_a_node_that_keeps_nothing_and_says_it_searched_all(trio):
    """It is asked for the entry, and has none."""
    here, there, third = trio
    empty = await here.network.join()
    tells(empty, cover=lambda logs: {**logs, there.log: ((0, 5),)})
    answer = await trace(here)
    assert names(answer) == WHOLE
    (fault,) = here.faults
    assert f"node {empty.number} says" in fault
    assert fault.endswith("no such entry")
    assert third.peer.asked


async def test_what_this_node_keeps_is_held_against_the_others_too(pair):
    """A copy of the own log that leaves something out."""
    here, there = pair
    await replicate(here, there)
    await there.index()
    tells(there, lambda found: found.log != here.log)
    assert names(await trace(here)) == WHOLE
    assert any(f"node {there.number} says that it searched" in fault for fault in here.faults)


async def test_a_redacted_record_is_no_fault(trio):
    """One holder deleted the bytes, the other not yet: nobody is accused, and its word counts."""
    here, there, third = trio
    tells(third, lambda found: found.log != there.log)
    tells(there, cover=lambda logs: {})
    third.peer.log = Redacted(third.store)
    answer = await trace(here)
    assert names(answer) == WHOLE
    assert here.faults == []
    assert of_log(answer, there.log) == []


class Redacted:
    """A log of which every record was redacted a moment ago: what is said of it is still said."""

    def __init__(self, store: MemoryLog) -> None:
        self._store = store

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    async def read(self, log: LogId, start: int, stop: int, max_bytes: int) -> list[Entry]:
        """The places, and no bytes."""
        return [replace(entry, raw=b"") for entry in await self._store.read(log, start, stop, max_bytes)]


async def test_security_a_false_copy_is_reported_and_answered_from_a_good_one(trio):
    """Every record of the third has a byte changed: the answer is whole, and has no gap."""
    here, _, third = trio
    third.peer.tell = changed
    answer = await trace(here)
    assert names(answer) == WHOLE
    assert GapReason.PROOF_FAILED not in {gap.reason for gap in answer.gaps}
    assert f"node {third.number} handed over a record that is false (PROOF_INVALID)" in here.faults


async def test_security_a_false_copy_without_a_good_one_is_a_gap(trio):
    """The same, and the honest node does not answer."""
    here, there, third = trio
    third.peer.tell = changed
    there.peer.down = True
    answer = await trace(here)
    assert names(answer) != WHOLE
    assert {GapReason.PROOF_FAILED, GapReason.HOLDER_DOWN} <= {gap.reason for gap in answer.gaps}


async def test_a_copy_that_is_damaged_on_disk_is_reported_and_made_good_for(trio):
    """Its node leaves it out, and is found to have other bytes there."""
    here, there, third = trio
    third.store.damage(there.log, 3)
    answer = await trace(here)
    assert names(answer) == WHOLE
    assert answer.gaps == ()
    (fault,) = here.faults
    assert f"node {third.number} " in fault
    assert "has another record there" in fault


def changed(answer: Expansion) -> Expansion:
    """The answer with the last byte of each record changed."""
    return Expansion([_changed(found) for found in answer.records], answer.coverage)


def _changed(found: Found) -> Found:
    raw = found.raw[:-1] + bytes([found.raw[-1] ^ 1])
    return replace(found, evidence=replace(found.evidence, record=raw))


async def test_an_answer_that_was_cut_off_once_covers_nothing(pair):
    """Though the same node searched all of its log for the questions before."""
    here, there = pair
    answers = iter([True, False, True, True, True, True])

    def sometimes(answer: Expansion) -> Expansion:
        return answer if next(answers) else Expansion(answer.records, {}, more=True)

    there.peer.tell = sometimes
    assert of_log(await trace(here), there.log)


async def test_security_locate_takes_no_records_about_something_else(pair):
    """True records that nobody asked for, of all kinds: a peer cannot fill an answer."""
    here, there = pair
    await there.say(made(["urn:x:iron"], ["urn:x:nail"], 5))
    await there.say(said("urn:x:nail", "Nail"), kind=Kind.MASTERDATA)
    await there.finish()
    (peer,) = await here.knowledge.peers.holders(())
    extra = (await peer.expand(["urn:x:nail"])).records
    there.peer.tell = lambda answer: Expansion([*answer.records, *extra], answer.coverage)
    answer = await answer_locate(here.knowledge, EVERYONE, LocateQuestion("urn:x:flour"))
    assert {(each.log, each.index) for each in answer.locations} == {(here.log, 2), (there.log, 4)}


async def test_a_node_says_only_of_what_it_keeps_that_it_searched_it():
    """A copy with a hole: both parts, and not what is between."""
    holding = await settled()
    log, graph = holding.branch.log, MemoryGraph()
    await graph.add(Indexed(log, 0, FINAL, [], []))
    assert await searched(holding.holder.store, graph) == {log: ((0, 3), (START, FINAL))}


async def test_entries_that_are_only_said_to_be_there_are_nobodys(net):
    """Nothing is missing where others searched what is missing here."""
    here, there = await net.join(), await net.join()
    await there.say(begun("urn:x:flour", 1))
    await there.finish()
    assert names(await trace(here, "urn:x:flour")) == []
    assert of_log(await trace(here, "urn:x:flour"), there.log) == []
    tells(there, cover=lambda logs: {there.log: ((0, 1), (2, 3))})
    assert of_log(await trace(here, "urn:x:flour"), there.log) == [
        f"nobody searched entries 1 to 1 of log {there.log.hex()}"
    ]


# -- the parts


@dataclass
class Asked:
    """A peer that has these entries, and counts how often it is asked."""

    sent: list[Sent]
    node: int = 7
    down: bool = False
    asked: list[int] = field(default_factory=list)

    async def entries(self, log: LogId, start: int, stop: int, max_bytes: int = 0) -> Entries:
        """The entries."""
        self.asked.append(start)
        if self.down:
            raise Unavailable("PEER_DOWN", "down")
        return Entries(start, self.sent, 9)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ([], "keeps no such entry"),
        ([Sent(b"x", NAME)], "left out record"),
        ([Sent(b"", NAME)], ""),
        ([Sent(b"x", OTHER)], "has another record there"),
        ([Sent(b"", OTHER)], "has another record there"),
    ],
)
async def test_what_is_wrong_is_found_out_by_the_entry_itself(sent, said):
    """Each way to differ, and the one that is no fault."""
    told = await fault_of(Asked(sent), Shown(Position(LOG, 3), NAME))  # type: ignore[arg-type]
    assert (said in told) if said else told == ""


def test_left_out_is_what_was_searched_and_not_handed_over():
    """A few of each log."""
    shown = [Shown(Position(LOG, index), Fingerprint(bytes([index]) * 32)) for index in range(20)]
    answered = Answered({LOG: ((2, 4), (10, 19))}, frozenset({shown[2].name}))
    assert [each.place.index for each in left_out(answered, shown)[LOG]] == [3, 10, 11, 12]
    assert LOOKED_INTO == 4
    assert left_out(Answered({}, frozenset()), shown) == {}
    assert left_out(Answered({LOG: ((0, 20),)}, frozenset(each.name for each in shown)), shown) == {}


def test_claims_are_of_all_questions():
    """Only what somebody searched each time; without those who are not believed."""
    claims = Claims()
    assert claims.searched() == {}
    claims.add({1: {LOG: ((0, 5),)}, 2: {LOG: ((3, 9),)}})
    assert claims.searched() == {LOG: ((0, 9),)}
    claims.add({1: {LOG: ((0, 5),)}, 2: {LOG: ((3, 7),)}})
    assert claims.searched() == {LOG: ((0, 7),)}
    claims.distrust(2, LOG)
    assert claims.searched() == {LOG: ((0, 5),)}
    assert (claims.distrusted(2, LOG), claims.distrusted(1, LOG)) == (True, False)
    claims.distrust(1)
    assert claims.searched() == {}
    assert claims.distrusted(1, LOG)
