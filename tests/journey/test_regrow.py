"""The own log is made again from nothing: each segment from whoever keeps it, nobody believed."""

from collections.abc import Callable
from copy import deepcopy

import pytest

from tests.journey.pull_scene import SEGMENT, grown, short_segments, village
from tests.journey.regrow_scene import PIECES, SIZES, WHOLE, Busy, Loss, Older, Short, Silent, Swaps, lost
from tests.journey.scene import control
from tests.journey.test_own_head import Shows
from tests.journey.test_own_head_attacks import Erases
from tests.recovery.faults import FAILED, Fault, Faulty
from tracehold.adapters.memory.log import MemoryLog
from tracehold.core.control import Redact, Rotate
from tracehold.core.errors import Broken, Unavailable
from tracehold.core.keys import Ed25519Key
from tracehold.journey.ports import Peer

NEW_KEY = Ed25519Key.from_seed(b"next" * 8)


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    short_segments(monkeypatch)


async def test_each_segment_comes_from_whoever_keeps_it() -> None:
    """No node keeps all: entries, tree and checkpoints are what they were, and it is told how far it is."""
    made = await lost()
    own = await made.run()
    assert own.size == 600
    assert own.checkpoint == made.it.branch.checkpoints[600]
    assert await made.is_whole()
    assert made.faults == []
    assert {done for done, of in made.told if of == 600} == {0, *SIZES}


@pytest.mark.parametrize("lie", [Swaps, Short, Silent, lambda peer: Shows(peer, entry=b"another")])
async def test_a_holder_that_lies_is_left_and_another_asked(lie: Callable[[Peer], Peer]) -> None:
    """Attack: other entries, another order, less than was asked for, nothing. Nothing of it is kept."""
    made = await lost(WHOLE)
    made.liars[2] = lie
    await made.run()
    assert await made.is_whole()
    assert {error.code for error in made.faults} <= {"ROOT_MISMATCH"}
    assert bool(made.faults) == (lie not in (Silent, Short))


@pytest.mark.parametrize("lie", [Swaps, Short, Silent, lambda peer: Shows(peer, entry=b"another")])
async def test_where_only_a_liar_has_a_segment_it_is_said_which(lie: Callable[[Peer], Peer]) -> None:
    """Attack: what stands before it is whole and durable; of it nothing is written."""
    made = await lost()
    made.liars[3] = lie
    with pytest.raises(Unavailable) as refusal:
        await made.run()
    assert refusal.value.code == "REBUILD_INCOMPLETE"
    assert f"entry {SEGMENT} of the 600" in refusal.value.message
    assert "node 2: does not keep it" in refusal.value.message
    assert "node 3: " in refusal.value.message
    assert await made.store.size(made.it.log) == SEGMENT
    made.liars.clear()
    await made.run()
    assert await made.is_whole()


async def test_an_older_head_cuts_nothing_off() -> None:
    """Attack: a holder shows an older checkpoint and keeps an older copy. The chain knows how far the log
    went.
    """
    made = await lost({2: ((0, 100),), 3: ((0, 100),), 4: ((0, 400),)})
    made.liars = dict.fromkeys((2, 3), Older)
    assert await made.code() == "REBUILD_INCOMPLETE"
    assert await made.store.size(made.it.log) == 400
    made.kept = {2: ((0, 100),), 3: ((0, 100),), 4: ((0, 600),)}
    await made.run()
    assert await made.is_whole()


async def test_another_header_is_not_the_logs() -> None:
    """Attack: entry 0 names another node key. It does not hash to the log's id, which the contract has."""
    made = await lost(WHOLE)
    forged = control(Redact(made.it.branch.entries[0].fingerprint, 0)).raw
    made.liars = dict.fromkeys(made.kept, lambda peer: Shows(peer, entry=forged))
    assert await made.code() == "REBUILD_INCOMPLETE"
    assert await made.store.logs() == []
    assert {error.code for error in made.faults} == {"ROOT_MISMATCH"}


async def test_who_leaves_out_bytes_erases_nothing() -> None:
    """Attack: all roots fit, since the leaf is the fingerprint. Another one has the bytes."""
    made = await lost({2: ((0, SEGMENT),), 3: ((SEGMENT, 600),), 4: ((SEGMENT, 600),)})
    made.liars[3] = Erases
    await made.run()
    assert await made.is_whole()
    assert [error.code for error in made.faults] == ["PROOF_INVALID"]


async def test_what_was_redacted_stays_redacted() -> None:
    """The redaction stands in the last segment, which another node keeps: it is found there, and proved."""
    made = await village(3)
    loss = Loss(made, PIECES)
    grown(made.branch, 599, step=100)
    made.branch.seal(control(Redact(made.branch.entries[300].fingerprint, 300)).raw)
    await made.anchor(*SIZES)
    for number, node in made.nodes.items():
        await made.ship(number, 600)
        await node.holder.store.erase(made.log, 300)
    own = await loss.run()
    found = await loss.store.read(made.log, 0, 600, 1 << 40)
    assert own.size == 600
    assert [entry.index for entry in found if entry.erased] == [300]
    assert loss.faults == []


async def test_one_that_was_lost_everywhere_is_not_passed_off_as_redacted() -> None:
    """Attack, or bad luck: no redaction names it."""
    made = await lost(WHOLE)
    for node in made.it.nodes.values():
        await node.holder.store.erase(made.it.log, 300)
    assert await made.code() == "REBUILD_INCOMPLETE"
    assert await made.store.size(made.it.log) == SEGMENT


@pytest.mark.parametrize("after", [False, True])
async def test_a_crash_at_any_step_is_gone_on_from(after: bool) -> None:
    """Each anchored step is whole or not there."""
    made = await lost()
    for appends in range(len(SIZES)):
        disk = made.store = MemoryLog()
        port = Faulty(disk)
        port.arm(Fault("append", FAILED, after, appends))
        made.store = port
        with pytest.raises(Broken):
            await made.run()
        made.store = disk
        assert await disk.size(made.it.log) in {0, *SIZES}
        await made.run()
        assert await made.is_whole()


async def test_who_puts_off_is_asked_again() -> None:
    """A whole log is more than a member may ask for at once."""
    made = await lost()
    made.liars = dict.fromkeys(made.kept, Busy)
    await made.run()
    assert await made.is_whole()
    assert made.slept


async def test_a_checkpoint_that_one_has_not_another_may_have() -> None:
    """Receipts are made from the checkpoint of then; only where nobody has it the state is signed again."""
    for everywhere in (False, True):
        made = await lost(WHOLE)
        for number in WHOLE if everywhere else (2, 3):
            del made.it.nodes[number].holder.store._of(made.it.log).checkpoints[400]
        regrowing = await made.regrowing()
        await regrowing.grow(await regrowing.begin(made.identity))
        assert regrowing.signed == everywhere
        assert await made.is_whole() != everywhere


async def test_a_folder_with_another_log_is_left_alone() -> None:
    """Somebody started the node on the empty folder before."""
    made = await lost()
    made.store = (await village(1)).nodes[2].holder.store
    before = await made.store.logs()
    assert await made.code() == "CONFLICT"
    assert await made.store.logs() == before


async def test_a_folder_with_another_branch_is_a_fork() -> None:
    """It was sealed into beside the log that was anchored."""
    it = await village(1)
    fork = it.branch.fork()
    fork.store = deepcopy(it.branch.store)
    fork.seal(*[b"other %d" % at for at in range(100)])
    grown(it.branch, 100, step=100)
    await it.anchor(100)
    made = Loss(it, {2: ()}, store=await fork.disk())
    assert await made.code() == "LOG_FORKED"


@pytest.mark.parametrize("there", [True, False])
async def test_a_log_whose_node_key_was_replaced_comes_back_under_both(there: bool) -> None:
    """What a former key signed only a holder can show: this node has it no more, and forges nothing."""
    it = await village(3)
    grown(it.branch, 550, step=100)
    it.branch.own = it.branch.own.followed_by(NEW_KEY)
    it.branch.seal(control(Rotate(NEW_KEY.public)).raw)
    assert it.branch.own.identity.key is NEW_KEY
    grown(it.branch, 600, step=100)
    await it.anchor(*SIZES)
    for number, node in it.nodes.items():
        await it.ship(number, 600)
        if not there:
            del node.holder.store._of(it.log).checkpoints[100]
    made = Loss(it, WHOLE)
    if there:
        assert (await made.run()).identity.key is NEW_KEY
        assert await made.is_whole()
        return
    with pytest.raises(Unavailable, match="its key was replaced"):
        await made.run()
    assert await made.store.logs() == []
