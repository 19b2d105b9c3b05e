"""Rotation of node key and account: killed anywhere it comes to its end, and every proof holds."""

import itertools
from collections.abc import AsyncIterator

import pytest

from tests.journey.network import FARM, begun
from tests.journey.rotating import Keys, Machine
from tracehold.core.checkpoint import check_checkpoint
from tracehold.core.evidence import decode_evidence, report
from tracehold.core.keys import Ed25519Key
from tracehold.core.receipt import parse_receipt
from tracehold.journey.delegate import Delegated
from tracehold.journey.fsck import check_log
from tracehold.journey.ledger_view import LedgerView
from tracehold.journey.ports import AnchorState
from tracehold.journey.receipts import Receipts

NEW = Ed25519Key.from_seed(b"new!" * 8)
ACCOUNT = b"\x02" * 20
POINTS = [
    *itertools.product(("before", "after"), ("log", "contract", "use", "keep")),
    ("within", "keep"),
]


@pytest.fixture
async def machine() -> AsyncIterator[Machine]:
    """A node that runs and has sealed something; everything is final."""
    made = Machine()
    await made.start()
    await made.seal(*says(3))
    for _ in range(4):
        await made.pass_by()
    yield made
    await made.die()


numbers = itertools.count()


def says(count: int = 1) -> list[Delegated]:
    """Events that nobody sent before."""
    return [Delegated(FARM, begun(f"urn:x:lot:{next(numbers)}", 1)) for _ in range(count)]


async def proved(made: Machine) -> int:
    """Every entry verified, every record proved, each anchor's checkpoint under the key that was in force at
    its block; the number of final anchors.
    """
    log = made.sealer.own.log
    await check_log(made.store, log)
    member = made.chain.members[0]
    tasks = await made.store.anchors(log, {AnchorState.FINAL})
    for task in tasks:
        checkpoint = await made.store.checkpoint(log, task.size)
        key = made.sealer.own.roster.node_key_at(task.size)
        assert checkpoint is not None
        assert task.anchor is not None
        check_checkpoint(checkpoint, key)
        assert member.key_at(task.anchor.block_number) == key.raw
    for entry in await made.store.read(log, 0, tasks[-1].size):
        evidence = decode_evidence(await Receipts(made.store).evidence(entry.fingerprint))
        anchor = parse_receipt(evidence.receipt).anchor
        assert anchor is not None
        found = report(evidence, None, await LedgerView(made.ledger).of(anchor), 0)
        # The chain in memory has no headers: up to the anchor's own proof everything holds.
        assert [line.status for line in found.steps[:6]] == ["ok"] * 6
    return len(tasks)


async def finish(made: Machine) -> None:
    """Some more records, all final."""
    await made.seal(*says(2))
    for _ in range(5):
        await made.pass_by()
    size = await made.store.size(made.sealer.own.log)
    (last,) = await made.store.anchors(made.sealer.own.log, {AnchorState.FINAL}, newest=1)
    assert last.size == size


async def test_the_node_key_is_replaced_while_records_come(machine):
    """No upload is held up but those that were signed a moment before; old and new proofs hold."""
    await machine.prepare(Keys(NEW, machine.present.account))
    assert await machine.settle(says) == 0
    assert machine.sealer.own.identity.key == NEW
    assert machine.present.node == NEW
    await finish(machine)
    assert await proved(machine) > 1


async def test_the_account_is_replaced_and_the_new_one_anchors(machine):
    """The log has nothing to say of it."""
    size = machine.sealer.own.size
    await machine.prepare(Keys(machine.present.node, ACCOUNT))
    await machine.settle()
    assert machine.sealer.own.size == size
    assert machine.used == [ACCOUNT]
    await finish(machine)
    await proved(machine)


@pytest.mark.parametrize("point", POINTS, ids=" ".join)
@pytest.mark.parametrize("what", ["node", "account", "both"])
async def test_killed_anywhere_it_comes_to_its_end(machine, point, what):
    """The recovery table: one death at each point, uploads meanwhile."""
    node = machine.present.node if what == "account" else NEW
    account = machine.present.account if what == "node" else ACCOUNT
    machine.faults.at.add(point)
    await machine.prepare(Keys(node, account))
    died = await machine.settle(says)
    assert died == (0 if what == "account" and point[1] == "log" else 1)
    assert machine.present == Keys(node, account)
    assert machine.sealer.own.identity.key == node
    await finish(machine)
    await proved(machine)


async def test_killed_everywhere(machine):
    """Every point once, one after the other."""
    machine.faults.at.update(POINTS)
    await machine.prepare(Keys(NEW, ACCOUNT))
    assert await machine.settle(says) == len(POINTS)
    await finish(machine)
    await proved(machine)


async def test_a_rotation_that_comes_with_a_snapshot_leaves_no_anchor_of_both_keys(machine):
    """Sealed in one batch, under one checkpoint: what was before is anchored, and told, and then this."""
    await machine.seal(*says(2))
    machine.clock.time += 100_000
    await machine.prepare(Keys(NEW, ACCOUNT))
    await machine.rotation.step()
    controls = await machine.store.controls(machine.sealer.own.log)
    await machine.settle(says)
    assert ["snapshot" in entry.kind for entry in controls[-2:]] == [True, False]
    assert controls[-1].index == controls[-2].index + 1
    await finish(machine)
    await proved(machine)


async def test_what_is_on_its_way_is_final_before_the_contract_is_told(machine):
    """And nothing beyond the rotation is anchored before: so no block holds an anchor of the other key."""
    await machine.seal(*says(2))
    machine.clock.time += 10
    await machine.anchorer.step()
    await machine.prepare(Keys(NEW, ACCOUNT))
    before = machine.chain.members[0]
    await machine.rotation.step()
    assert machine.chain.members[0] is before
    end = machine.sealer.own.roster.signs_up_to(before.node_key)
    while machine.chain.members[0] is before:
        await machine.seal(*says())
        await machine.pass_by()
    (last,) = await machine.store.anchors(machine.sealer.own.log, {AnchorState.FINAL}, newest=1)
    assert last.size == end
    await machine.settle(says)
    await finish(machine)
    await proved(machine)


async def test_a_replacement_that_a_reorganisation_undoes_is_made_again(machine):
    """The node had begun to use the new account, and nothing was anchored with it yet."""
    await machine.prepare(Keys(NEW, ACCOUNT))
    while not machine.used:
        await machine.pass_by()
    machine.undo()
    assert await machine.settle() == 0
    await finish(machine)
    await proved(machine)
