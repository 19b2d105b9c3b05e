"""`tracehold retire` and its successor: a log ends for ever, and another one names it."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.journey.scene import FARM, NETWORK, SALTS, Clock, creator, statement
from tracehold.adapters.keyfiles import create_secret, read_signing_key
from tracehold.adapters.sqlite_log import SqliteLog
from tracehold.cli.files import CONFIG_NAME
from tracehold.cli.init import Placement, create
from tracehold.config import Config, load
from tracehold.core.control import LogHeader, decode_control
from tracehold.core.errors import Rejected, Unavailable
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.record import parse
from tracehold.journey.own_log import Identity, open_log
from tracehold.journey.pointing import Pointer, Stage
from tracehold.main import app
from tracehold.node.ending import due, lost
from tracehold.node.gate import Gate
from tracehold.node.own import succession
from tracehold.node.pointerfiles import PointerFiles
from tracehold.node.retiring import is_lost, is_retired, predecessor_of, retire, unretired

OPERATOR = "https://id.gs1.org/417/9521000000018"
PORTS = ("--grpc-port", "1", "--rest-port", "2", "--peer-port", "3")


def answer(*words: str, code: int = 0) -> Any:
    """What a command prints with --json."""
    result = CliRunner().invoke(app, [*words, "--json"])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


async def _log(config: Config) -> LogId:
    identity = Identity(config.node.operator, read_signing_key(config.keys.node), NETWORK)
    named = LogId(bytes.fromhex(config.node.predecessor)) if config.node.predecessor else None
    async with SqliteLog.open(config.node.data_dir) as store:
        own = await open_log(store, identity, Clock().now, SALTS, named)
        assert await predecessor_of(store, own.log) == named
        return own.log


@pytest.fixture
def old(tmp_path: Path) -> tuple[Path, LogId]:
    """The folder of a node that has a log, and its log."""
    home = tmp_path / "old"
    place = Placement(
        OPERATOR, "old", "http://127.0.0.1:9", "127.0.0.1", 1, 2, 3, tls=False, contract="0x" + "11" * 20
    )
    create(home, place)
    create_secret(home / "keys" / "network.key", b"\x05" * 32)
    return home, asyncio.run(_log(load(home / CONFIG_NAME)))


def test_a_log_is_retired_and_its_successor_names_it(old: tuple[Path, LogId], tmp_path: Path) -> None:
    """The new node has the operator, chain, contract and network's secret of the old one, keys of its own,
    and the name of the old log in its header.
    """
    home, log = old
    said = {"log": log.hex(), "retired": True, "lost": False}
    assert answer("retire", "--dir", str(home), "--yes") == said
    assert answer("retire", "--dir", str(home), "--yes")["retired"] is True
    new = tmp_path / "new"
    answer("init", "--dir", str(new), "--successor-of", str(home), *PORTS)
    before, after = load(home / CONFIG_NAME), load(new / CONFIG_NAME)
    assert after.node.operator == OPERATOR
    assert (after.ledger.rpc, after.ledger.contract) == (before.ledger.rpc, before.ledger.contract)
    assert after.keys.network.read_bytes() == before.keys.network.read_bytes()
    assert after.keys.node.read_bytes() != before.keys.node.read_bytes()
    assert after.node.predecessor == log.hex()
    header = asyncio.run(_header(after))
    assert header.predecessor == log


async def _header(config: Config) -> LogHeader:
    log = await _log(config)
    async with SqliteLog.open(config.node.data_dir) as store:
        (entry,) = await store.read(log, 0, 1)
    record = parse(entry.raw)
    says = decode_control(record.header.kind, record.payload)
    assert isinstance(says, LogHeader)
    return says


def test_where_the_old_folder_is_gone_the_log_is_named(tmp_path: Path) -> None:
    """By its id, which must be one."""
    words = ("init", "--operator", OPERATOR, *PORTS)
    answer(*words, "--dir", str(tmp_path / "new"), "--predecessor", "ab" * 32)
    assert load(tmp_path / "new" / CONFIG_NAME).node.predecessor == "ab" * 32
    told = answer(*words, "--dir", str(tmp_path / "no"), "--predecessor", "ab", code=2)
    assert told["error"]["path"] == "predecessor"


def test_a_log_that_may_grow_has_no_successor(old: tuple[Path, LogId], tmp_path: Path) -> None:
    """Two logs of one node would grow side by side."""
    words = ("init", "--dir", str(tmp_path / "new"), "--successor-of", str(old[0]), *PORTS)
    told = answer(*words, code=1)
    assert told["error"]["code"] == "CONFLICT"
    assert "tracehold retire" in told["error"]["remedy"]
    assert not (tmp_path / "new").exists()


def test_it_is_asked_before(old: tuple[Path, LogId]) -> None:
    """It cannot be undone."""
    result = CliRunner().invoke(app, ["retire", "--dir", str(old[0])], input="n\n")
    assert result.exit_code == 1
    assert not is_retired(load(old[0] / CONFIG_NAME))


def test_where_nobody_can_be_asked_yes_is_named(old: tuple[Path, LogId]) -> None:
    """A script gets a document and exit code 2, and the log goes on."""
    result = CliRunner().invoke(app, ["retire", "--dir", str(old[0]), "--json"], input="")
    assert result.exit_code == 2
    error = json.loads(result.stdout)["error"]
    assert error["code"] == "BAD_REQUEST"
    assert "--yes" in error["remedy"]
    assert not is_retired(load(old[0] / CONFIG_NAME))


def test_a_node_that_never_started_has_nothing_to_retire(tmp_path: Path) -> None:
    """It may be thrown away."""
    create(tmp_path / "n", Placement(OPERATOR, "n", "http://127.0.0.1:9", "127.0.0.1", 1, 2, 3, tls=False))
    told = answer("retire", "--dir", str(tmp_path / "n"), "--yes", code=1)
    assert told["error"]["code"] == "NOT_FOUND"


async def test_nothing_is_sealed_into_a_retired_log(old: tuple[Path, LogId]) -> None:
    """From the moment on at which the mark is there, whoever asks the sealer; reads go on."""
    config = load(old[0] / CONFIG_NAME)
    async with creator() as made:
        made.sealer.permit = unretired(config)
        (outcome,) = await made.upload(statement(1, party=FARM))
        assert outcome.error is None
        retire(config)
        size = made.sealer.own.size
        with pytest.raises(Rejected) as refusal:
            await made.upload(statement(2, party=FARM))
        assert refusal.value.code == "RETIRED"
        assert await made.store.size(made.sealer.own.log) == size


def test_nothing_is_superseded_after_the_end(old: tuple[Path, LogId]) -> None:
    """What was asked for before is waited for as ever, what failed is not asked for again."""
    home, record = old[0], Fingerprint(b"\x21" * 32)
    config = load(home / CONFIG_NAME)
    files = PointerFiles(config.node.data_dir)
    files.ask(Pointer(record, 1.0))
    words = ("supersede", record.hex(), "--dir", str(home), "--timeout", "0")
    retire(config)
    assert answer(*words)["stage"] == "asked"
    files.save(Pointer(record, 1.0, stage=Stage.FAILED, error="why"))
    assert answer(*words, code=1)["error"]["code"] == "RETIRED"
    other = ("supersede", "22" * 32, *words[2:])
    assert answer(*other, code=1)["error"]["code"] == "RETIRED"
    assert [pointer.stage for pointer in files.every()] == [Stage.FAILED]


def test_a_retired_log_takes_no_new_node_key(
    old: tuple[Path, LogId], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The node takes back what was announced, and the command says why; it can be asked again."""
    coming = succession(load(old[0] / CONFIG_NAME))
    looks = SimpleNamespace(monotonic=lambda: 0.0, sleep=lambda _: coming.take_back())
    monkeypatch.setattr("tracehold.cli.rotate.time", looks)
    for _ in range(2):
        told = answer("key", "rotate", "node", "--dir", str(old[0]), code=1)
        assert told["error"]["code"] == "RETIRED"
    assert not coming.announced


async def test_the_log_ends_on_the_chain_after_its_pointers(old: tuple[Path, LogId]) -> None:
    """A pointer that waits comes first."""
    config = load(old[0] / CONFIG_NAME)
    files = PointerFiles(config.node.data_dir)
    async with creator() as made:
        gate = Gate(made.uploads)
        assert not due(config, files, gate)
        retire(config)
        assert due(config, files, gate)
        pointer = Pointer(Fingerprint(b"\x21" * 32), 1.0)
        files.ask(pointer)
        assert not due(config, files, gate)
        files.save(replace(pointer, stage=Stage.MINED))
        assert [each.stage for each in files.open()] == [Stage.MINED]
        assert not due(config, files, Gate(made.uploads))
        files.save(replace(pointer, stage=Stage.FINAL))
        assert due(config, files, Gate(made.uploads))
        assert files.open() == files.open() == []
        files.ask(Pointer(Fingerprint(b"\x22" * 32), 2.0))
        assert len(files.open()) == 1


async def test_a_silent_holder_ends_no_log(old: tuple[Path, LogId]) -> None:
    """It may bring in a minute what is missing; only the operator can say that nobody does. His word opens no
    way past the pointers of a log that is whole.
    """
    config = load(old[0] / CONFIG_NAME)
    files = PointerFiles(config.node.data_dir)
    files.ask(Pointer(Fingerprint(b"\x21" * 32), 1.0))
    words = ("retire", "--dir", str(old[0]), "--yes")
    async with creator() as made:
        lacking, whole = Gate(made.uploads), Gate(made.uploads)
        await _lacks(lacking)
        assert not lost(config, lacking)
        await asyncio.to_thread(answer, *words)
        assert (lost(config, lacking), due(config, files, lacking)) == (False, False)
        assert (await asyncio.to_thread(answer, *words, "--lost"))["lost"] is True
        assert (lost(config, lacking), due(config, files, lacking)) == (True, True)
        assert (lost(config, whole), due(config, files, whole)) == (False, False)
        assert (await asyncio.to_thread(answer, *words))["lost"] is True


def test_the_word_alone_retires_nothing(old: tuple[Path, LogId]) -> None:
    """A crash between the two marks: the log grows on."""
    config = load(old[0] / CONFIG_NAME)
    retire(config, lost=True)
    (config.node.data_dir / "retired").unlink()
    assert is_lost(config)
    unretired(config)()


async def _lacks(gate: Gate) -> None:
    """A look at holders that are silent."""

    class Stop(Exception):
        pass

    async def silent() -> None:
        raise Unavailable("STARTING", "node 2 must say first how far the own log was kept there")

    async def once(_: float) -> None:
        raise Stop

    with pytest.raises(Stop):
        await gate.open(silent, once, lambda _: None)
    assert gate.lacks_entries


async def test_a_retired_node_says_so_before_it_compared_its_log(old: tuple[Path, LogId]) -> None:
    """Its log may never be whole again: who sends must not wait for that."""
    config = load(old[0] / CONFIG_NAME)
    async with creator() as made:
        gate = Gate(made.uploads, ever=unretired(config))
        with pytest.raises(Exception, match="STARTING"):
            await gate.submit([statement(1)])
        retire(config)
        with pytest.raises(Rejected, match="RETIRED"):
            await gate.submit([statement(1)])
