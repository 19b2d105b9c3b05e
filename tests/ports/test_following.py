"""The follower of the chain over a contract on a devchain: whatever is reorganised, what is kept is what the
canonical chain says.
"""

import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.journey.chainwatch_scene import Watched
from tests.ports.ledgers import BOTH, DEPTH, NETWORK, OnDevchain, log_of, secret_of
from tracehold.adapters.ethereum import abi
from tracehold.adapters.ethereum.ledger import EthereumLedger
from tracehold.adapters.sqlite_log import SqliteLog
from tracehold.core import cbor
from tracehold.core.errors import Unavailable
from tracehold.core.ids import Fingerprint
from tracehold.core.merkle import leaf_hash
from tracehold.journey.members import Members
from tracehold.journey.ports.followed import Anchored, Followed, Pointer, Superseded
from tracehold.node.following import remind

F, G = Fingerprint(b"f" * 32), Fingerprint(b"g" * 32)


@pytest.fixture
async def chain(tmp_path: Path) -> AsyncIterator[OnDevchain]:
    """The contract with one node."""
    made = await OnDevchain(tmp_path / "chain").start()
    yield made
    made.close()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteLog]:
    """An empty store."""
    async with SqliteLog.open(tmp_path / "store") as log:
        yield log


async def send(chain: OnDevchain, function: str, *arguments: object) -> None:
    """A transaction of node 1, mined. Harmless where the contract refuses it."""
    ledger = chain.open()
    sender = await ledger._own()
    data = abi.encode_call(function, *arguments)
    await ledger.send(await sender.prepare(chain.contract, data, 500_000, None))
    chain.mine()


async def heads(kept: Followed) -> list[Anchored]:
    """The newest anchor of each node."""
    return [each.what for each in await kept.heads() if isinstance(each.what, Anchored)]


async def facts(kept: Followed) -> dict[str, object]:
    """What is kept, as the contract would say it."""
    members = Members().apply(await kept.members()).all()
    pointers = (await kept.pointers([F])).get(F, ())
    return {
        "members": [(each.number, each.log, each.active, each.account) for each in members],
        "heads": {each.node: each.size for each in await heads(kept)},
        "pointers": [(each.replacement, each.hash) for each in pointers],
        "retired": [each.hash for each in await kept.retired()],
        "newest": await kept.newest(),
    }


async def test_what_the_contract_says_is_followed(chain: OnDevchain, store: SqliteLog) -> None:
    """Enrolment, anchor, pointer and the end of a log, each as the contract itself answers."""
    watched = Watched(chain.open(), store.followed)
    await watched.catch_up()
    await chain.enrol(2)
    await chain.set_quorum(1)
    assert [member.number for member in Members().apply(await store.followed.members()).all()] == [1]
    await watched.catch_up()
    found = Members().apply(await store.followed.members()).all()
    assert list(found) == list(await chain.ledger.members())


async def test_pointers_are_followed_and_undone_with_their_block(chain: OnDevchain, store: SqliteLog) -> None:
    """As `statusOf` answers, before, with, and after the reorganisation."""
    watched = Watched(chain.open(), store.followed)
    await send(chain, "anchor", 0, 1, leaf_hash(F), [])
    chain.mark()
    await send(chain, "supersede", F, G, 0, [])
    await watched.catch_up()
    (pointer,) = (await store.followed.pointers([F]))[F]
    assert isinstance(pointer, Pointer)
    assert (pointer.node, pointer.replacement) == (1, G)
    assert await chain.open()._contract.call("statusOf", 1, F) == (G,)
    assert Superseded(1, F, G) in watched.heard
    chain.reorganise()
    await watched.catch_up()
    assert await store.followed.pointers([F]) == {}
    assert await chain.open()._contract.call("statusOf", 1, F) == (bytes(32),)
    assert watched.watch.standing.undone == 1


async def test_what_was_superseded_stays_so_under_a_successor(chain: OnDevchain, store: SqliteLog) -> None:
    """The pointers of the contracts before count; their members and anchors do not."""
    await send(chain, "anchor", 0, 1, leaf_hash(F), [])
    await send(chain, "supersede", F, G, 0, [])
    await Watched(chain.open(), store.followed).catch_up()
    oldest = chain.contract
    first = await chain.admin.deploy(NETWORK, 0, predecessor=oldest)
    second = await chain.admin.deploy(NETWORK, 0, predecessor=first)
    chain.contract = second
    await chain.enrol_operator("urn:example:new", secret_of(1))
    watched = Watched(chain.open(), store.followed)
    await watched.catch_up()
    (pointer,) = (await store.followed.pointers([F]))[F]
    assert (pointer.node, pointer.replacement) == (1, G)
    assert list(await store.followed.heads()) == []
    (member,) = Members().apply(await store.followed.members()).all()
    assert member.operator == "urn:example:new"
    assert await chain.open()._contract.predecessors() == [first, oldest]


async def test_a_reorganisation_that_removes_an_enrolment(chain: OnDevchain, store: SqliteLog) -> None:
    """The follower knows the member no more, as the contract does not; another one gets its number."""
    watched = Watched(chain.open(), store.followed)
    chain.mark()
    await chain.enrol(2)
    await watched.catch_up()
    assert len(Members().apply(await store.followed.members())) == 2
    chain.reorganise()
    await watched.catch_up()
    known = Members().apply(await store.followed.members()).all()
    assert list(known) == list(await chain.open().members())
    assert [member.log for member in known] == [log_of(1)]


async def test_a_lying_endpoint_puts_nothing_into_the_store(chain: OnDevchain, store: SqliteLog) -> None:
    """Logs of a block that is not in the chain: the step fails, the bookmark stays, and the truth goes on."""
    watched = Watched(chain.open(), store.followed)
    await watched.catch_up()
    before = await facts(store.followed)
    await chain.enrol(2)

    def lie(query: dict[str, str]) -> dict[str, object]:
        logs = chain.node.rpc("eth_getLogs", query)
        return {"result": [each | {"blockHash": "0x" + "66" * 32} for each in logs]}

    chain.wire.answers["eth_getLogs"] = lie
    for _ in range(3):
        with pytest.raises(Unavailable, match="not on the chain"):
            await watched.catch_up()
    after = await facts(store.followed)
    assert (after["members"], after["heads"]) == (before["members"], before["heads"])
    chain.wire.answers.clear()
    await watched.catch_up()
    assert len(Members().apply(await store.followed.members())) == 2


async def test_a_start_reads_no_old_events(chain: OnDevchain, store: SqliteLog) -> None:
    """What was followed is told to the ledger; of another contract it is not."""
    await chain.enrol(2)
    chain.mine(DEPTH + 3)
    await Watched(chain.open(), store.followed).catch_up()
    final = await store.followed.final()
    for contract, first in ((chain.contract, final + 1), (b"\x66" * 20, 0)):
        started = chain.open()
        await remind(started, store.followed, contract)
        chain.wire.asked.clear()
        assert list(await started.members()) == list(await chain.ledger.members())
        (query, *_) = [params[0] for method, params in chain.wire.asked if method == "eth_getLogs"]
        assert int(query["fromBlock"], 16) == first
    of = cbor.decode(await store.followed.contract())
    assert of[1] == chain.contract


async def test_a_store_that_never_followed_reminds_of_nothing(chain: OnDevchain, store: SqliteLog) -> None:
    """The first start."""
    started = chain.open()
    await remind(started, store.followed, chain.contract)
    assert len(await started.members()) == 1


ACTS = ("enrol", "anchor", "supersede", "retire")
STEPS = st.lists(
    st.sampled_from([*ACTS, "mine", "mark", "reorganise", "look", "restart"]), min_size=4, max_size=14
)


@given(STEPS, st.sampled_from(["instant", f"depth:{DEPTH}", "depth:50"]))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
async def test_whatever_is_reorganised_the_state_is_that_of_a_fresh_scan(
    steps: list[str], finality: str
) -> None:
    """Random transactions, branches, looks and restarts: in the end both know the same, and so does the
    contract.
    """
    folder = Path(tempfile.mkdtemp(prefix="following-"))
    chain = await OnDevchain(folder / "chain").start()
    try:
        async with SqliteLog.open(folder / "store") as store:
            watched = Watched(chain.open(finality=finality), store.followed)
            await play(chain, watched, ["mark", *steps])
            await watched.catch_up()
        async with SqliteLog.open(folder / "store") as again, SqliteLog.open(folder / "fresh") as fresh:
            await Watched(chain.open(finality=finality), fresh.followed).catch_up()
            assert await facts(again.followed) == await facts(fresh.followed)
            await agrees(chain.open(), again.followed)
    finally:
        chain.close()
        shutil.rmtree(folder)


async def agrees(ledger: EthereumLedger, kept: Followed) -> None:
    """The contract's own state is what was followed."""
    assert list(Members().apply(await kept.members()).all()) == list(await ledger.members())
    sizes = {each.node: each.size for each in await heads(kept)}
    assert sizes.get(1, 0) == (await ledger.head(1)).size
    pointed = [each.replacement for each in (await kept.pointers([F])).get(F, ())]
    assert await ledger._contract.call("statusOf", 1, F) == tuple(pointed or [bytes(32)])


async def play(chain: OnDevchain, watched: Watched, steps: list[str]) -> None:
    """Let these things happen, in this order; what the contract refuses is no event."""
    marked = False
    for step in steps:
        if step in ACTS:
            await act(chain, step)
        elif step == "mark":
            chain.mark()
            marked = True
        elif step == "reorganise" and marked:
            chain.reorganise()
            marked = False
        elif step == "restart":
            watched.restart()
        elif step == "look":
            await watched.watch.step()
        else:
            chain.mine(3)


async def act(chain: OnDevchain, what: str) -> None:
    """One transaction, taken or refused."""
    size = (await chain.open().head(1)).size
    match what:
        case "enrol":
            await chain.enrol(1, BOTH)
        case "anchor":
            await send(chain, "anchor", size, size + 1, leaf_hash(F), [])
        case "supersede":
            await send(chain, "supersede", F, G, 0, [])
        case _:
            await send(chain, "retire", size)
