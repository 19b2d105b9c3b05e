"""The configuration: what is taken, what is refused and where."""

import ast
import hashlib
import inspect
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tracehold.config import Config, describe, load, parse, settings
from tracehold.config.describe import masked_url
from tracehold.core.errors import Rejected

OPERATOR = '[node]\noperator = "https://id.gs1.org/417/9521000000025"\n'
HASH = hashlib.sha256(b"secret").hexdigest()


def config(text: str = "", head: str = OPERATOR) -> Config:
    """The settings of this text."""
    return parse(head + text, Path("/srv/node/tracehold.toml"))


def test_operator_alone_is_enough():
    """Everything else has a default; paths lie beside the file."""
    made = config()
    assert made.node.data_dir == Path("/srv/node/data")
    assert made.keys.node == Path("/srv/node/keys/node.key")
    assert made.grpc.listen == "127.0.0.1:7450"
    assert (made.ledger.finality, made.anchor.records, made.anchor.seconds) == ("auto", 10_000, 10.0)
    assert made.limits.disk_reserve_bytes == 1 << 30
    assert made.tokens == ()


def test_values_are_taken():
    """Whole numbers stand for numbers, absolute paths stay."""
    made = config(
        '[ledger]\nrpc = "http://10.0.0.1:8545"\nfinality = "depth:12"\npoll_s = 2\n'
        '[keys]\nnode = "/etc/keys/node.key"\n[rest]\ncors_origins = ["https://shop.example"]\n'
    )
    assert (made.ledger.finality, made.ledger.poll_s) == ("depth:12", 2.0)
    assert made.keys.node == Path("/etc/keys/node.key")
    assert made.rest.cors_origins == ("https://shop.example",)


def test_tokens_are_kept_as_hashes():
    """A token has a name, roles, a party and an end; an empty party is none."""
    (token,) = config(
        f'[[tokens]]\nname = "mill"\nsha256 = "{HASH}"\nroles = ["interest"]\nparty = ""\n'
        "expires = 2027-01-01T00:00:00Z\n"
    ).tokens
    assert token.sha256 == bytes.fromhex(HASH)
    assert (token.roles, token.party) == (frozenset({"interest"}), None)
    assert token.expires == datetime(2027, 1, 1, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("[grpx]\n", "grpx"),
        ('[grpc]\nlisten_on = "127.0.0.1:1"\n', "grpc.listen_on"),
        ('[peers]\nlisten = "127.0.0.1:0"\n', "peers.listen"),
        ('[peers]\nlisten = "0.0.0.0:7460"\n', "peers.public"),
        ('[peers]\nlisten = "[::]:7460"\n', "peers.public"),
        ('[peers]\npublic = "node.example"\n', "peers.public"),
        ("[peers]\ntimeout_s = 0\n", "peers.timeout_s"),
        ("[grpc]\nlisten = 7450\n", "grpc.listen"),
        ('[grpc]\nlisten = "7450"\n', "grpc.listen"),
        ('[grpc]\nlisten = "127.0.0.1:70000"\n', "grpc.listen"),
        ('[grpc]\ntls = "yes"\n', "grpc.tls"),
        ("[grpc]\nmax_concurrent = 0\n", "grpc.max_concurrent"),
        ("[grpc]\nmax_concurrent = 2.5\n", "grpc.max_concurrent"),
        ("[grpc]\nmax_concurrent = true\n", "grpc.max_concurrent"),
        ('[rest]\ncors_origins = "*"\n', "rest.cors_origins"),
        ("[rest]\ncors_origins = [1]\n", "rest.cors_origins[0]"),
        ('[rest]\ncors_origins = ["shop"]\n', "rest.cors_origins"),
        ('[rest]\npublic_url = "node.example"\n', "rest.public_url"),
        ('[ledger]\ncontract = "0x12"\n', "ledger.contract"),
        ('[ledger]\nfinality = "depth:0"\n', "ledger.finality"),
        ('[ledger]\nfinality = "soon"\n', "ledger.finality"),
        ('[ledger]\nfinality = "depth:1001"\n', "ledger.finality"),
        ('[ledger]\nrpc = "ftp://x"\n', "ledger.rpc"),
        ("[ledger]\nchain_id = -1\n", "ledger.chain_id"),
        ('[chain_node]\nadmin = "http://10.0.0.1:8545"\n', "chain_node.admin"),
        ('[chain_node]\nenode = "enode://00@127.0.0.1:30303"\n', "chain_node.enode"),
        ("[chain_node]\nlook_s = 0\n", "chain_node.look_s"),
        ("[strangers]\nat_once = 0\n", "strangers.at_once"),
        ("[strangers]\nmax_items = 500_001\n", "strangers.max_items"),
        ("[strangers]\nseconds = nan\n", "strangers.seconds"),
        ("[anchor]\nseconds = 0\n", "anchor.seconds"),
        ("[anchor]\nseconds = nan\n", "anchor.seconds"),
        ("[limits]\ndisk_reserve_bytes = 1\n", "limits.disk_reserve_bytes"),
        ("[audit]\nsamples = 129\n", "audit.samples"),
        ("[audit]\nepoch_s = 9\n", "audit.epoch_s"),
        ("[audit]\nwindow_s = 0\n", "audit.window_s"),
        ("[audit]\nkeep_epochs = 0\n", "audit.keep_epochs"),
        ("[replication]\nlook_s = 0\n", "replication.look_s"),
        ("[replication]\nsuspect_s = 59\n", "replication.suspect_s"),
        ("[replication]\nreplace_s = 599\n", "replication.replace_s"),
        ("[replication]\nrepair_bytes_per_s = -1\n", "replication.repair_bytes_per_s"),
        ("[replication]\nscrub_bytes_per_s = -1\n", "replication.scrub_bytes_per_s"),
        ('[logging]\nlevel = "loud"\n', "logging.level"),
        ('[graph]\nstore = "stone"\n', "graph.store"),
        ('[graph]\nuri = "https://127.0.0.1:7687"\n', "graph.uri"),
        ('[graph]\nuri = "bolt://127.0.0.1"\n', "graph.uri"),
        ('[graph]\nuri = "bolt://neo4j:secret@127.0.0.1:7687"\n', "graph.uri"),
        ('[graph]\nuri = "bolt://10.0.0.9:7687"\ntls = "none"\n', "graph.tls"),
        ('[graph]\nuri = "bolt://127.0.0.1.example:7687"\ntls = "none"\n', "graph.tls"),
        ('[graph]\npassword = "secret"\n', "graph.password"),
        ('[graph]\nuser = ""\n', "graph.user"),
        ('[graph]\ndatabase = "a b c"\n', "graph.database"),
        ("[graph]\ntimeout_s = 0\n", "graph.timeout_s"),
        ('[attachments]\nstore = "ipfs"\n', "attachments.store"),
        ('[attachments]\napi = "http://192.0.2.7:5001"\n', "attachments.api"),
        ('[attachments]\napi = "127.0.0.1:5001"\n', "attachments.api"),
        ('[attachments]\npublic_ipfs = "no"\n', "attachments.public_ipfs"),
        ("path = 1\n", "node.path"),
        ('[[tokens]]\nname = "a"\n', "tokens[0]"),
        ('[[tokens]]\nname = "a"\nsha256 = "secret"\n', "tokens[0]"),
        (f'[[tokens]]\nname = "a"\nsha256 = "{HASH}"\ntoken = "secret"\n', "tokens[0].token"),
        (f'[[tokens]]\nname = "a"\nsha256 = "{HASH}"\nroles = ["admin"]\n', "tokens[0].roles"),
        (f'[[tokens]]\nname = "a"\nsha256 = "{HASH}"\nroles = "capture"\n', "tokens[0].roles"),
        (f'[[tokens]]\nname = "a"\nsha256 = "{HASH}"\nroles = ["capture"]\n', "tokens[0].party"),
        (f'[[tokens]]\nname = "a"\nsha256 = "{HASH}"\nexpires = 2027-01-01T00:00:00\n', "tokens[0].expires"),
        (f'[[tokens]]\nname = "a"\nsha256 = "{HASH}"\n' * 2, "tokens"),
        ("[tokens]\n", "tokens"),
    ],
)
def test_mistakes_are_named_by_their_key(text: str, path: str):
    """No key is passed over, no value is bent into place."""
    with pytest.raises(Rejected, match="BAD_CONFIG") as caught:
        config(text)
    assert caught.value.path == path


def test_misspelt_key_is_answered_with_the_right_one():
    """The remedy names the key that was meant."""
    with pytest.raises(Rejected) as caught:
        config("[anchor]\nsecond = 1\n")
    assert "anchor.seconds" in caught.value.remedy


@pytest.mark.parametrize(
    "head", ["", "[node]\n", "node = 1\n", '[node]\noperator = ""\n', '[node]\noperator = "me"\n']
)
def test_operator_is_required(head: str):
    """A node without an operator's URI cannot make its log."""
    with pytest.raises(Rejected, match="BAD_CONFIG"):
        config(head=head)


def test_file_that_cannot_be_read_or_is_no_toml(tmp_path: Path):
    """Both say so with the file's name."""
    with pytest.raises(Rejected, match="cannot be read"):
        load(tmp_path / "none.toml")
    broken = tmp_path / "tracehold.toml"
    broken.write_text("[node\n")
    with pytest.raises(Rejected, match="no TOML"):
        load(broken)


def test_file_is_loaded_from_disk(tmp_path: Path):
    """Relative to the file's folder, wherever the process runs."""
    file = tmp_path / "tracehold.toml"
    file.write_text(OPERATOR)
    assert load(file).node.data_dir == tmp_path / "data"


def test_description_holds_no_secret():
    """What doctor prints can be pasted into a bug report: no hash, no access key of a chain provider."""
    made = config(
        '[ledger]\nrpc = "https://alice:sesame@chain.example/v3/0123456789abcdef"\n'
        f'[[tokens]]\nname = "mill"\nsha256 = "{HASH}"\n'
    )
    text = json.dumps(describe(made))
    for secret in (HASH, "alice", "sesame", "0123456789abcdef"):
        assert secret not in text
    assert describe(made)["ledger"]["rpc"] == "https://***@chain.example/***"
    assert describe(made)["tokens"] == [{"name": "mill", "roles": [], "party": None}]
    assert masked_url("http://127.0.0.1:8545") == "http://127.0.0.1:8545"


def test_every_setting_has_its_text_in_the_manual():
    """A field without a docstring below it would be a setting that nobody can look up."""
    for section in ast.parse(inspect.getsource(settings)).body:
        if not isinstance(section, ast.ClassDef) or section.name == "Config":
            continue
        for field, below in zip(section.body[1:], [*section.body[2:], None], strict=True):
            if isinstance(field, ast.AnnAssign):
                assert isinstance(below, ast.Expr), ast.unparse(field)
                assert re.search(r"\w{4}", ast.unparse(below)), ast.unparse(field)
