"""What `Possessors` promises, shown on the one in memory and on the one over gRPC; and lies over gRPC."""

import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.message import DecodeError

from tests.journey.network import Node, network
from tests.ports.mesh import dialled, mesh
from tests.ports.messages import damaged
from tests.ports.test_peer_answers import edit
from tests.ports.test_peer_identity import reason
from tracehold.adapters.memory.peers import MemoryPeers
from tracehold.core.audit import Answered, Asked, EntryAnswer
from tracehold.core.errors import Rejected, Unavailable
from tracehold.core.evidence import Evidence
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.sampling import AskedEntry
from tracehold.journey.ports import Found
from tracehold.journey.ports.possession import Possessor, Possessors, TranscriptPage
from tracehold.v1 import peer_pb2
from tracehold.wire.auditing import (
    answered_message,
    asked_message,
    custody_message,
    read_answered,
    read_asked,
    read_custody,
    read_transcripts,
)
from tracehold.wire.limits import check

SEED = 20_261_123
LOG = LogId(b"\x0a" * 32)
PATH = (b"\x01" * 32, b"\x02" * 32)
SIGNED = b"\x5a" * 64
GIVEN = EntryAnswer(raw=b"record", path=PATH)
ERASED = EntryAnswer(erased=Fingerprint(b"\xee" * 32), path=PATH)
MISSING = EntryAnswer(missing=True)
ANSWERS = (GIVEN, ERASED, MISSING)


def asking(count: int = 3) -> Asked:
    """So many entries."""
    places = tuple(AskedEntry(LOG, index, 40) for index in range(count))
    return Asked(86_400, 20_420, b"\x0c" * 32, b"\x0b" * 32, places)


@dataclass
class Showcase:
    """A `Showing` that answers as it is told, and writes down who asked."""

    log: LogId = LOG
    answers: Sequence[EntryAnswer] = ANSWERS
    kept: Sequence[bytes] = (b"one", b"two", b"three")
    asked: list[object] = field(default_factory=list)

    async def custody(self, epoch_s: int, epoch: int) -> Found | None:
        """Of one epoch."""
        if (epoch_s, epoch) != (86_400, 20_420):
            return None
        return Found(self.log, 7, Evidence(b"custody", b"receipt", ((b"header", b"its receipt"),)))

    async def challenge(self, auditor: LogId, asked: Asked) -> Answered:
        """The first places."""
        self.asked.append((auditor, asked))
        return Answered(tuple(self.answers), (), SIGNED)

    async def transcripts(self, holder: LogId, epoch_from: int, after: int) -> TranscriptPage:
        """One a page."""
        self.asked.append((holder, epoch_from, after))
        return TranscriptPage(self.kept[after : after + 1], after + 1 if after + 1 < len(self.kept) else 0)


@dataclass
class Pair:
    """A node that asks, one that shows, and what it shows."""

    here: Node
    there: Node
    possessors: Possessors
    showcase: Showcase

    async def other(self) -> Possessor:
        """The one that shows."""
        found = await self.possessors.of(self.there.number)
        assert found is not None
        return found


@asynccontextmanager
async def over_grpc(folder: Path, tamper: Any = None, *, showing: bool = True) -> AsyncIterator[Pair]:
    """Over real gRPC; the answers may be tampered with."""
    async with network() as net, mesh(net, folder) as posts:
        here, there = await net.join(), await net.join()
        showcase = Showcase(there.log)
        there.peer.showing = showcase if showing else None
        await posts.add(here)
        await posts.add(there, **({"tamper": tamper} if tamper else {}))
        await posts.refresh()
        yield Pair(here, there, posts.posts[here.number].peers, showcase)


@pytest.fixture(params=["memory", "grpc"])
async def pair(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Pair]:
    """Two nodes; the second shows what it keeps."""
    if request.param == "grpc":
        async with over_grpc(tmp_path) as made:
            yield made
        return
    async with network() as net:
        here, there = await net.join(), await net.join()
        there.peer.showing = showcase = Showcase(there.log)
        yield Pair(here, there, MemoryPeers(net.peers, here.number, here.neighbour), showcase)


async def code(asked: Any) -> str:
    """How it ends."""
    with pytest.raises(Unavailable) as caught:
        await asked
    return caught.value.code


async def test_whom_one_can_ask(pair: Pair) -> None:
    """Members by number, never oneself."""
    assert (await pair.other()).node == pair.there.number
    assert await pair.possessors.of(pair.here.number) is None
    assert await pair.possessors.of(99) is None


async def test_a_custody_record_comes_with_its_evidence(pair: Pair) -> None:
    """Of the epoch that was asked for, or none."""
    asked = await pair.other()
    assert await asked.custody(86_400, 20_420) == await pair.showcase.custody(86_400, 20_420)
    assert await asked.custody(86_400, 20_421) is None


async def test_answers_come_as_they_were_signed_and_the_auditor_is_who_calls(pair: Pair) -> None:
    """Bytes, what is left of them, and nothing; for fewer places too."""
    asked = await pair.other()
    assert await asked.challenge(asking()) == Answered(ANSWERS, (), SIGNED)
    pair.showcase.answers = ANSWERS[:1]
    assert (await asked.challenge(asking())).entries == (GIVEN,)
    assert pair.showcase.asked == [(pair.here.log, asking())] * 2


async def test_transcripts_come_page_by_page(pair: Pair) -> None:
    """All of them, in order."""
    assert list(await (await pair.other()).transcripts(LOG, 20_000)) == [b"one", b"two", b"three"]
    assert pair.showcase.asked == [(LOG, 20_000, at) for at in range(3)]


async def test_who_takes_no_part_does_not_answer(pair: Pair) -> None:
    """As one that is gone: nothing was signed."""
    pair.there.peer.down = True
    pair.there.peer.showing = None
    if isinstance(pair.possessors, MemoryPeers):
        assert await code((await pair.other()).challenge(asking())) == "PEER_DOWN"


async def test_a_node_without_audits_says_so(tmp_path: Path) -> None:
    """Over the wire each call ends as NOT_FOUND, which the asker takes for no answer."""
    async with over_grpc(tmp_path, showing=False) as pair:
        other = await pair.other()
        for asked in (other.custody(86_400, 1), other.challenge(asking()), other.transcripts(LOG, 0)):
            with pytest.raises(Unavailable, match="NOT_FOUND"):
                await asked


def _more(answer: Any) -> None:
    answer.entries.append(answer.entries[0])


def _both(answer: Any) -> None:
    answer.entries[2].statement = b"x"


LIES: dict[str, Callable[[Any], object]] = {
    "more answers than places": _more,
    "no answer": lambda answer: answer.ClearField("entries"),
    "no signature": lambda answer: answer.ClearField("signature"),
    "half a signature": lambda answer: setattr(answer, "signature", b"x" * 32),
    "bytes of what is missing": _both,
    "a path to nothing": lambda answer: answer.entries[2].path.append(b"\x01" * 32),
    "a short hash": lambda answer: answer.entries[0].path.append(b"\x01" * 31),
    "a path without end": lambda answer: answer.entries[0].path.extend([b"\x01" * 32] * 63),
    "nothing said": lambda answer: answer.entries[2].ClearField("missing"),
    "a fingerprint too short": lambda answer: setattr(answer.entries[1], "erased", b"\xee"),
    "one over all limits": lambda answer: setattr(answer.entries[0], "statement", bytes((1 << 20) + 1)),
    "ten megabytes": lambda answer: answer.entries[0].path.append(bytes(10 << 20)),
}


@pytest.mark.parametrize("lie", LIES)
async def test_security_an_answer_of_no_honest_form(tmp_path: Path, lie: str) -> None:
    """Attack: an answer that nobody could have signed. It is no answer, and blames nobody."""
    async with over_grpc(tmp_path, edit(LIES[lie], "Challenge")) as pair:
        assert await code((await pair.other()).challenge(asking())) == "PEER_DOWN"


OTHER_LIES: dict[str, tuple[str, Callable[[Any], object]]] = {
    "custody of another log": ("GetCustody", lambda answer: setattr(answer.record, "log", "0a" * 32)),
    "a control record that is not there": ("GetCustody", lambda answer: answer.record.controls.append(9)),
    "pages that do not go on": ("GetTranscripts", lambda answer: setattr(answer, "next", 1)),
    "empty pages": ("GetTranscripts", lambda answer: answer.ClearField("transcripts")),
}


@pytest.mark.parametrize("lie", OTHER_LIES)
async def test_security_other_answers_of_no_honest_form(tmp_path: Path, lie: str) -> None:
    """Attack: another's custody, and transcripts without end."""
    method, change = OTHER_LIES[lie]
    async with over_grpc(tmp_path, edit(change, method)) as pair:
        other = await pair.other()
        asked = other.custody(86_400, 20_420) if method == "GetCustody" else other.transcripts(LOG, 0)
        assert await code(asked) == "PEER_DOWN"


FALSE_QUESTIONS: dict[str, Callable[[Any], object]] = {
    "no place": lambda asked: asked.ClearField("entries"),
    "more places than 128": lambda asked: asked.entries.extend([asked.entries[0]] * 126),
    "a place beyond the state": lambda asked: setattr(asked.entries[0], "index", 40),
    "a nonce too short": lambda asked: setattr(asked, "nonce", b"x"),
    "a log of no name": lambda asked: setattr(asked.entries[0], "log", "0A" * 32),
    "no epoch": lambda asked: asked.ClearField("epoch_s"),
}


@pytest.mark.parametrize("lie", FALSE_QUESTIONS)
async def test_security_questions_of_no_honest_form(tmp_path: Path, lie: str) -> None:
    """Attack: more places than a question has, or such as cannot be. Nothing is read for them."""
    async with network() as net, mesh(net, tmp_path) as posts:
        here, there = await net.join(), await net.join()
        there.peer.showing = showcase = Showcase(there.log)
        caller, target = await posts.add(here), await posts.add(there)
        await posts.refresh()
        question = asked_message(asking())
        FALSE_QUESTIONS[lie](question)
        async with dialled(target, caller.pair) as channel:
            call = channel.unary_unary("/tracehold.v1.PeerService/Challenge")
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await call(question.SerializeToString(), timeout=30)
        assert reason(caught.value) == "BAD_REQUEST"
        assert showcase.asked == []


def _read(kind: str, raw: bytes) -> bool:
    """Whether it was taken; nothing but Rejected may come of it."""
    try:
        message = getattr(peer_pb2, kind).FromString(raw)
        check(message)
        READERS[kind](message)
    except (DecodeError, Rejected):
        return False
    return True


READERS: dict[str, Callable[[Any], object]] = {
    "ChallengeRequest": lambda message: asked_message(read_asked(message)),
    "ChallengeResponse": lambda message: answered_message(read_answered(message, asking())),
    "GetCustodyResponse": lambda message: custody_message(read_custody(message, LOG)),
    "GetTranscriptsResponse": lambda message: read_transcripts(message, 0),
}


@pytest.mark.parametrize("kind", READERS)
async def test_security_messages_with_damage(kind: str) -> None:
    """Each is taken or refused, whatever was changed."""
    rng = random.Random(SEED)
    custody = await Showcase().custody(86_400, 20_420)
    honest = {
        "ChallengeRequest": asked_message(asking()),
        "ChallengeResponse": answered_message(Answered(ANSWERS, (), SIGNED)),
        "GetCustodyResponse": custody_message(custody),
        "GetTranscriptsResponse": peer_pb2.GetTranscriptsResponse(transcripts=[b"one"], next=1),
    }[kind].SerializeToString()
    taken = sum(_read(kind, damaged(rng, honest)) for _ in range(2_000))
    assert 100 < taken < 2_000
