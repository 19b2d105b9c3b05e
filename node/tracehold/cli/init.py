"""`tracehold init`: the keys, the certificate and the configuration of a new node."""

import datetime
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

from tracehold.cli.files import CONFIG_NAME, check_text, party_uri
from tracehold.cli.output import JsonOption, note, reported, show_json, usage
from tracehold.cli.succession import Inherited, inherited, log_id, share_network_key
from tracehold.lab.ports import free

_TEMPLATE = """\
# A tracehold node. docs/config.md describes every key; `tracehold doctor` checks this file.

[node]
operator = "{operator}"
name = "{name}"
data_dir = "data"
{predecessor}
[keys]
node = "keys/node.key"
ledger = "keys/ledger.key"
tls_certificate = "keys/tls.crt"
tls_key = "keys/tls.key"

[grpc]
listen = "{host}:{grpc_port}"
tls = {tls}

[rest]
listen = "{host}:{rest_port}"

[peers]
listen = "{host}:{peer_port}"

[ledger]
rpc = "{rpc}"
# Written by `tracehold contract deploy`, or by hand when joining a network that exists.
contract = "{contract}"
{chain_node}"""

_CHAIN_NODE = """
[chain_node]
admin = "{admin}"
"""


@dataclass(frozen=True, slots=True)
class Placement:
    """Whose node it is and where it listens."""

    operator: str
    name: str
    rpc: str
    host: str
    grpc_port: int
    rest_port: int
    peer_port: int
    tls: bool
    contract: str = ""
    predecessor: str = ""
    """Id of the log that this node's log continues."""
    chain_node: str = ""
    """Admin socket of the operator's own node of the chain, or its address of loopback."""


def init(
    operator: Annotated[
        str, typer.Option(help="URI of the party that runs the node, for example its PGLN.")
    ] = "",
    dir: Annotated[Path, typer.Option(help="Folder of the node; made if missing.")] = Path("node"),
    name: Annotated[str, typer.Option(help="Name shown to people.")] = "",
    rpc: Annotated[str, typer.Option(help="JSON-RPC address of the chain.")] = "http://127.0.0.1:8545",
    contract: Annotated[str, typer.Option(help="Address of the contract, to join a network.")] = "",
    chain_node: Annotated[
        str, typer.Option(help="Admin socket (geth.ipc) of this operator's own node of the chain.")
    ] = "",
    host: Annotated[
        str, typer.Option(help="Address to listen on; others than loopback need --tls.")
    ] = "127.0.0.1",
    grpc_port: Annotated[int, typer.Option(help="Port of gRPC; 0 picks a free one now.")] = 7450,
    rest_port: Annotated[int, typer.Option(help="Port of REST; 0 picks a free one now.")] = 7480,
    peer_port: Annotated[
        int, typer.Option(help="Port for the other nodes of the network; 0 picks a free one now.")
    ] = 7460,
    tls: Annotated[bool, typer.Option(help="Serve gRPC over TLS with the certificate made here.")] = False,
    successor_of: Annotated[
        Path | None,
        typer.Option(help="Folder of a retired node whose place this one takes: operator, chain, contract."),
    ] = None,
    predecessor: Annotated[
        str,
        typer.Option(help="Id of a retired log that this node's log continues, where its folder is gone."),
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Make keys, certificate and configuration of a new node.

    Nothing that exists is overwritten.
    """
    with reported(as_json):
        given = Inherited(operator, rpc, _contract(contract), predecessor)
        old = inherited(successor_of) if successor_of else given
        if not old.operator:
            raise usage("--operator is missing: the URI of the party that runs the node")
        operator = party_uri(old.operator, "operator")
        check_text(operator=operator, name=name, rpc=old.rpc, host=host, chain_node=chain_node)
        first, second, third = free(3)
        place = Placement(
            operator=operator,
            name=name or operator,
            rpc=old.rpc,
            host=host,
            grpc_port=grpc_port or first,
            rest_port=rest_port or second,
            peer_port=peer_port or third,
            tls=tls,
            contract=old.contract,
            predecessor=log_id(old.predecessor),
            chain_node=_admin(chain_node),
        )
        answer = create(dir, place)
        if successor_of:
            share_network_key(successor_of, dir)
        show_json(answer) if as_json else _tell(dir, place, answer)


def _tell(dir: Path, place: Placement, answer: dict[str, object]) -> None:
    note(f"made {answer['config']}")
    note(f"  ledger account {answer['account']}: give it funds on {place.rpc}")
    if place.contract:
        note(f"  then: tracehold member request --dir {dir} --out FILE, for the network's admin to enrol")
    else:
        note(f"  then: tracehold contract deploy --dir {dir}   (or set [ledger] contract to join one)")


def create(dir: Path, place: Placement) -> dict[str, object]:
    """Make a node's folder. Raises `Rejected("CONFLICT")` where it holds a node, BAD_CONFIG, STORE_FAILED."""
    from eth_account import Account

    from tracehold.adapters.keyfiles import create_secret, read_ledger_key
    from tracehold.core.errors import Rejected

    config = dir / CONFIG_NAME
    if config.exists():
        raise Rejected(
            "CONFLICT", f"{dir} holds a node already", path=str(config), remedy="Choose another --dir."
        )
    values = {key: _toml(value) for key, value in asdict(place).items()}
    if place.predecessor:
        values["predecessor"] = f'predecessor = "{place.predecessor}"\n'
    values["chain_node"] = _CHAIN_NODE.format(admin=place.chain_node) if place.chain_node else ""
    text = _TEMPLATE.format(**values)
    _create_keys(dir / "keys", place.host)
    # Last: a folder with a configuration is complete. A crash before this line
    # leaves keys that a repeat takes up.
    create_secret(config, text.encode())
    return {
        "config": str(config),
        "account": Account.from_key(read_ledger_key(dir / "keys" / "ledger.key")).address,
        "grpc": f"{place.host}:{place.grpc_port}",
        "rest": f"http://{place.host}:{place.rest_port}",
        "peers": f"{place.host}:{place.peer_port}",
    }


def _create_keys(keys: Path, host: str) -> None:
    from tracehold.adapters.keyfiles import create_signing_key

    for name in ("node.key", "ledger.key"):
        if not (keys / name).exists():
            create_signing_key(keys / name)
    if not (keys / "tls.crt").exists():
        (keys / "tls.key").unlink(missing_ok=True)
        create_leaf(keys / "node.key", keys / "tls.key", keys / "tls.crt", host)


def create_leaf(node_key: Path, tls_key: Path, certificate: Path, host: str) -> None:
    """Make the TLS key and certificate of the node with this key. Raises as `create_secret`, BAD_CONFIG."""
    from tracehold.adapters.keyfiles import create_certificate, read_signing_key
    from tracehold.core.leaf import leaf_name

    hosts = sorted({host, "localhost", "127.0.0.1"})
    now = datetime.datetime.now(datetime.UTC)
    # Named for the node key: other members take no certificate of another name.
    create_certificate(tls_key, certificate, hosts, now, leaf_name(read_signing_key(node_key).public))


def _contract(text: str) -> str:
    """An address, or nothing. Raises BAD_REQUEST."""
    from tracehold.lab.services.treasury import address_from

    return f"0x{address_from(text).hex()}" if text else ""


def _admin(text: str) -> str:
    """An address as it is; a path as it is meant here, for the node looks from its own folder."""
    return text if not text or "://" in text else str(Path(text).absolute())


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
