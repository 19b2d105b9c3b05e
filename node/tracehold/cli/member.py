"""`tracehold member`: who takes part in the network, as the contract knows it."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracehold.cli.administering import AdminKey, administering
from tracehold.cli.files import CONFIG_NAME
from tracehold.cli.output import JsonOption, note, reported, show_json, table

if TYPE_CHECKING:
    from tracehold.adapters.ethereum.admin import Admin
    from tracehold.config import Config

app = typer.Typer(help="Operators and nodes of the network.", no_args_is_help=True)

Folder = Annotated[Path, typer.Option(help="Folder of the node.")]


@app.callback()
def _member() -> None:
    """Operators and nodes of the network."""


@app.command("add")
def add(
    dir: Folder = Path("node"),
    record: Annotated[
        Path | None,
        typer.Option(help="Node record of another node (tracehold member request); default: this node's."),
    ] = None,
    admin_key: AdminKey = None,
    as_json: JsonOption = False,
) -> None:
    """Enrol a node and its operator, as creator and holder.

    Repeating it for an enrolled node changes nothing.
    """
    with reported(as_json):
        answer = asyncio.run(_add(dir, record, admin_key))
        if as_json:
            show_json(answer)
        else:
            note(f"node {answer['node']} of operator {answer['operator']}, log {answer['log']}")
            note(f"  then: tracehold serve --dir {'FOLDER, where that node is' if record else dir}")


@app.command("request")
def request(
    out: Annotated[Path, typer.Option(help="File to write the record to.")],
    dir: Folder = Path("node"),
    enode: Annotated[
        str | None,
        typer.Option(
            help="Enode of this operator's node of the chain, or nothing; default: as [chain_node] says.",
            show_default=False,
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write this node's signed record for the network's admin to enrol.

    It names the enode of the operator's own node of the chain: those of the other members are peered with it
    once it is enrolled.
    """
    with reported(as_json):
        raw = asyncio.run(_own_record(dir, enode))
        out.write_bytes(raw)
        if as_json:
            show_json({"record": str(out), "bytes": len(raw)})
        else:
            note(f"wrote {out}: the admin runs tracehold member add --record {out}")


@app.command("revoke")
def revoke(
    number: Annotated[
        int, typer.Argument(min=1, max=(1 << 32) - 1, help="Number of the node (tracehold member list).")
    ],
    operator: Annotated[
        bool, typer.Option("--operator", help="The number is an operator's: revoke it with all its nodes.")
    ] = False,
    dir: Folder = Path("node"),
    admin_key: AdminKey = None,
    as_json: JsonOption = False,
) -> None:
    """Revoke a node, or an operator, for good. What it anchored stays.

    Without `--admin-key` the node's own account acts, which may revoke its own node only.
    """
    with reported(as_json):
        asyncio.run(_revoke(dir, admin_key, number, operator=operator))
        what = "operator" if operator else "node"
        if as_json:
            show_json({what: number, "active": False})
        else:
            note(f"{what} {number} is revoked")


@app.command("list")
def list_members(dir: Folder = Path("node"), as_json: JsonOption = False) -> None:
    """List all nodes ever enrolled, from the chain alone."""
    with reported(as_json):
        members = asyncio.run(_members(dir))
        if as_json:
            show_json({"members": members})
        else:
            table([("node", "operator", "roles", "state", "log"), *(tuple(row.values()) for row in members)])


async def _add(dir: Path, record: Path | None, admin_key: Path | None) -> dict[str, object]:
    from tracehold.config import load
    from tracehold.node.own import contract_of

    config = load(dir / CONFIG_NAME)
    contract = contract_of(config)
    raw = await asyncio.to_thread(record.read_bytes) if record else await _own_record(dir)
    async with administering(config, admin_key) as admin:
        return await _enrol(config, admin, contract, raw)


async def _enrol(config: "Config", admin: "Admin", contract: bytes, raw: bytes) -> dict[str, object]:
    from tracehold.adapters.ethereum.admin import NewNode
    from tracehold.core.noderecord import parse_node_record
    from tracehold.journey.ports import Role
    from tracehold.node.own import open_ledger

    async with open_ledger(config) as ledger:
        node = parse_node_record(raw, (await ledger.network()).network_id)
        enrolled = next((member for member in await ledger.members() if member.log == node.log), None)
    if enrolled is not None:
        return {
            "node": enrolled.number,
            "operator": enrolled.operator_number,
            "log": node.log.hex(),
            "new": False,
        }
    operator = await admin.operator_of(contract, node.operator)
    operator = operator or await admin.enrol_operator(contract, node.operator)
    roles = (Role.CREATOR, Role.HOLDER)
    number = await admin.enrol_node(
        contract, NewNode(operator, node.account, node.node_key.raw, node.log, roles, raw)
    )
    return {"node": number, "operator": operator, "log": node.log.hex(), "new": True}


async def _revoke(dir: Path, admin_key: Path | None, number: int, *, operator: bool) -> None:
    from tracehold.config import load
    from tracehold.node.own import contract_of

    config = load(dir / CONFIG_NAME)
    async with administering(config, admin_key) as admin:
        act = admin.revoke_operator if operator else admin.revoke_node
        await act(contract_of(config), number)


async def _own_record(dir: Path, enode: str | None = None) -> bytes:
    from tracehold.config import load
    from tracehold.core.enode import parse_enode
    from tracehold.node.chain_node import enode_of
    from tracehold.node.own import open_ledger, open_own, open_store
    from tracehold.node.record import node_record

    config = load(dir / CONFIG_NAME)
    known = await enode_of(config) if enode is None else str(parse_enode(enode)) if enode else ""
    async with open_store(config) as store, open_ledger(config) as ledger:
        return node_record(config, await open_own(config, store, ledger), known)


async def _members(dir: Path) -> list[dict[str, str]]:
    from tracehold.config import load
    from tracehold.node.own import open_ledger

    async with open_ledger(load(dir / CONFIG_NAME)) as ledger:
        members = await ledger.members()
    return [
        {
            "node": str(member.number),
            "operator": member.operator,
            "roles": " ".join(sorted(member.roles)),
            "state": "active" if member.active else "revoked",
            "log": member.log.hex(),
        }
        for member in members
    ]
