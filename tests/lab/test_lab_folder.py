"""The folder of a lab: what is taken for one, who may work on it, what is never overwritten."""

import json
import socket
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tracehold.adapters.sqlite_log.schema import TABLES
from tracehold.config import load
from tracehold.core.errors import Broken, Rejected, Unavailable
from tracehold.lab import home, ports
from tracehold.lab.documents import read_json, write_json
from tracehold.lab.network import at_work, made, opened
from tracehold.lab.plan import grown, new_plan
from tracehold.lab.tamper import changed_byte, flip
from tracehold.main import app


def quiet(line: str) -> None:
    """Nobody reads along."""


def test_a_lab_is_the_same_when_it_is_opened_again(tmp_path: Path):
    """Names, ports and tokens are decided once."""
    with made(tmp_path / "lab", 2, None, quiet) as first:
        pass
    with made(tmp_path / "lab", None, None, quiet) as second:
        pass
    assert first.plan == second.plan == opened(tmp_path / "lab").plan
    assert (tmp_path / "lab" / "plan.json").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(("nodes", "replicas"), [(3, None), (None, 1), (5, 3)])
def test_another_lab_than_asked_for_is_not_started(tmp_path: Path, nodes: int | None, replicas: int | None):
    """Whoever asks for five nodes does not get the two of an old folder."""
    with made(tmp_path / "lab", 2, None, quiet):
        pass
    with pytest.raises(Rejected) as refusal, made(tmp_path / "lab", nodes, replicas, quiet):
        pass
    assert refusal.value.code == "CONFLICT"


def test_a_foreign_folder_is_left_alone(tmp_path: Path):
    """A folder with anything else in it gets nothing added."""
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(Rejected) as refusal, made(tmp_path, None, None, quiet):
        pass
    assert refusal.value.code == "CONFLICT"
    assert [each.name for each in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_lab_that_cannot_be_leaves_no_folder(tmp_path: Path):
    """A refused number of nodes made nothing."""
    with pytest.raises(Rejected), made(tmp_path / "lab", 1000, None, quiet):
        pass
    assert not (tmp_path / "lab").exists()


def test_one_command_at_a_time(tmp_path: Path):
    """The second is told, not made to wait."""
    with at_work(tmp_path):
        with pytest.raises(Unavailable) as busy, at_work(tmp_path):
            pass
        assert busy.value.code == "STORE_BUSY"
    with at_work(tmp_path):
        pass


def test_ports_are_held_until_they_are_needed():
    """Nobody else gets a port that is held; the program that it is for does."""
    with ports.held(3) as held:
        first = held.numbers[0]
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind(("127.0.0.1", first))
        held.release(first, 1)
        with socket.socket() as ours:
            ours.bind(("127.0.0.1", first))


def test_the_configuration_is_one_that_a_node_takes_and_stays_as_its_owner_changed_it(tmp_path: Path):
    """Written once; tokens only as hashes."""
    plan = new_plan(2, None, range(5000, 5007))
    home.make_key(tmp_path / "network.key")
    home.make_keys(tmp_path, tmp_path / "network.key")
    home.make_config(tmp_path, plan, plan.seats[0])
    path = tmp_path / home.CONFIG_NAME
    config = load(path)
    assert config.node.operator == plan.seats[0].operator
    assert config.peers.listen == "127.0.0.1:5003"
    assert [sorted(token.roles) for token in config.tokens] == [["capture"], ["authority"]]
    assert plan.seats[0].read_token not in path.read_text()
    assert config.directory.seeds == ()
    assert config.audit.samples == 0
    path.write_text(path.read_text() + "\n# mine\n")
    shared = (tmp_path / "keys" / "network.key").read_bytes()
    assert shared == (tmp_path / "network.key").read_bytes()
    home.make_keys(tmp_path, tmp_path / "network.key")
    home.make_config(tmp_path, plan, plan.seats[0])
    assert path.read_text().endswith("# mine\n")


def test_a_newcomer_is_told_one_address(tmp_path: Path):
    """Its seed stands in its configuration, beside everything else."""
    plan = grown(new_plan(2, None, range(5000, 5007)), range(6000, 6003), "warehouse")
    (tmp_path / "keys").mkdir()
    home.make_config(tmp_path, plan, plan.seats[-1])
    config = load(tmp_path / home.CONFIG_NAME)
    assert config.directory.seeds == ("127.0.0.1:5006",)
    assert config.node.operator == plan.seats[-1].operator
    assert len(config.tokens) == 2


def test_audits_of_a_lab_stand_in_its_configurations(tmp_path: Path):
    """Their epoch, and a quarter of it to answer."""
    plan = new_plan(2, None, range(5000, 5007), audits_s=20)
    (tmp_path / "keys").mkdir()
    home.make_config(tmp_path, plan, plan.seats[0])
    audit = load(tmp_path / home.CONFIG_NAME).audit
    assert (audit.samples, audit.epoch_s, audit.window_s) == (46, 20, 5.0)


def test_documents_are_whole_and_their_owner_s(tmp_path: Path):
    """Replaced at once, not readable by others, and refused where they hold something else."""
    path = tmp_path / "state.json"
    write_json(path, {"a": 1})
    write_json(path, {"a": 2})
    assert read_json(path) == {"a": 2}
    assert path.stat().st_mode & 0o077 == 0
    assert [each.name for each in tmp_path.iterdir()] == ["state.json"]
    for text in ("[]", "{", ""):
        path.write_text(text)
        with pytest.raises(Broken):
            read_json(path)
    with pytest.raises(Rejected):
        read_json(tmp_path / "other.json")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A log of this release with an event between two records of other kinds."""
    event, other = "application/vnd.tracehold.event+json", "application/vnd.tracehold.enrol+cbor"
    with closing(sqlite3.connect(tmp_path / "log.sqlite")) as log, log:
        log.executescript(TABLES)
        for number, (kind, raw) in enumerate(((other, b"first"), (event, b"event"), (other, b"last")), 1):
            log.execute("INSERT INTO records VALUES (?, ?)", (number, raw))
            entry = (number, bytes([number]) * 32, kind, 0, 0, number)
            log.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)", entry)
    return tmp_path


def stored(data: Path) -> list[bytes]:
    """The records as they are on disk."""
    with closing(sqlite3.connect(data / "log.sqlite")) as log:
        return [bytes(raw) for (raw,) in log.execute("SELECT raw FROM records ORDER BY id")]


def test_one_bit_of_the_newest_event_flips_and_flips_back(data: Path):
    """Nothing else changes, and the same once more puts it back."""
    flipped = flip(data)
    assert flipped.fingerprint == "02" * 32
    assert stored(data) == [b"first", b"evdnt", b"last"]
    assert flip(data, flipped.fingerprint) == flipped
    assert stored(data)[1] == b"event"


def test_a_byte_is_put_back_whatever_happens_meanwhile(data: Path):
    """Also after an error."""
    with suppress(KeyError), changed_byte(data, "03" * 32) as place:
        assert stored(data)[2] == b"la" + bytes([ord("s") ^ 1]) + b"t"
        assert place == 2
        raise KeyError
    assert stored(data) == [b"first", b"event", b"last"]


@pytest.mark.parametrize(("record", "code"), [("04" * 32, "NOT_FOUND"), ("zz", "BAD_REQUEST")])
def test_nothing_is_changed_where_the_record_is_not(data: Path, record: str, code: str):
    """A wrong fingerprint is told."""
    with pytest.raises(Rejected) as refusal:
        flip(data, record)
    assert refusal.value.code == code
    assert stored(data) == [b"first", b"event", b"last"]


@pytest.mark.parametrize(
    ("words", "code", "name"),
    [
        (["down"], 1, "NOT_FOUND"),
        (["status"], 1, "NOT_FOUND"),
        (["kill", "mill"], 1, "NOT_FOUND"),
        (["start", "mill"], 1, "NOT_FOUND"),
        (["corrupt", "mill"], 1, "NOT_FOUND"),
        (["add"], 1, "NOT_FOUND"),
        (["up", "--nodes", "0"], 2, "BAD_REQUEST"),
        (["up", "--nodes", "3", "--replicas", "4"], 2, "BAD_REQUEST"),
        (["up", "--backends", "cloud"], 2, "BAD_REQUEST"),
        (["up", "--backends", "real", "--block-interval", "0.5"], 2, "BAD_REQUEST"),
        (["up", "--backends", "real"], 5, "NODE_DOWN"),
    ],
)
def test_every_refusal_is_a_code_for_scripts_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], code: int, name: str
):
    """`--json` answers on stdout, also where there is no lab, or no geth; nothing is made."""
    monkeypatch.setenv("TRACEHOLD_CACHE", str(tmp_path / "nothing"))
    result = CliRunner().invoke(app, ["lab", *words, "--dir", str(tmp_path / "lab"), "--json"])
    assert result.exit_code == code
    assert json.loads(result.stdout)["error"]["code"] == name
    assert not (tmp_path / "lab").exists()


def test_who_has_no_geth_is_told_how_to_make_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """One command."""
    monkeypatch.setenv("TRACEHOLD_CACHE", str(tmp_path))
    with pytest.raises(Unavailable) as missing, made(tmp_path / "lab", None, None, quiet, backends="real"):
        pass
    assert "make services" in missing.value.remedy


def test_a_lab_stays_on_its_chain(tmp_path: Path):
    """Whoever asks for real back-ends does not get the embedded chain of an old folder."""
    with made(tmp_path / "lab", 2, None, quiet):
        pass
    with pytest.raises(Rejected) as refusal, made(tmp_path / "lab", 2, None, quiet, backends="real"):
        pass
    assert refusal.value.code == "CONFLICT"


def test_every_company_s_configuration_names_its_own_node_of_the_chain(tmp_path: Path):
    """Its socket, so that it is peered; and the others' addresses for when it is down."""
    plan = new_plan(2, None, range(5000, 5007))
    admin = tmp_path / "chain" / "sealer-2" / "data" / "geth.ipc"
    place = home.Place("http://127.0.0.1:8002", ("http://127.0.0.1:8001",), admin)
    node = tmp_path / "nodes" / "mill"
    (node / "keys").mkdir(parents=True)
    home.make_config(node, plan, plan.seats[0], place)
    config = load(node / home.CONFIG_NAME)
    assert (config.ledger.rpc, config.ledger.fallback_rpcs) == (place.rpc, place.fallbacks)
    assert (node / config.chain_node.admin).resolve() == admin
