"""`tracehold status`: how a running node stands."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracehold.cli.connection import DEFAULT_NODE, NodeOption, TlsOption, open_client
from tracehold.cli.local import local
from tracehold.cli.output import JsonOption, note, reported, show_json, table
from tracehold.cli.upkeep import upkeep_lines

if TYPE_CHECKING:
    from tracehold.v1 import verify_pb2


def status(
    dir: Annotated[
        Path | None, typer.Option(help="Folder of a node on this machine, instead of --node.")
    ] = None,
    node: NodeOption = DEFAULT_NODE,
    tls_ca: TlsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show how a node stands.

    Its network, its log and how far it is anchored, its back-ends, and which of them are stand-ins.
    """
    with reported(as_json):
        answer = asyncio.run(_status(dir, node, tls_ca))
        if as_json:
            show_json(_plain(answer))
        else:
            _show(answer)


async def _status(dir: Path | None, node: str, tls_ca: Path | None) -> "verify_pb2.GetStatusResponse":
    if dir is not None:
        node, tls_ca = local(dir)
    async with open_client(node, None, tls_ca) as client:
        return await client.status()


def _plain(answer: "verify_pb2.GetStatusResponse") -> Any:
    from tracehold.wire.protojson import to_json

    return to_json(answer)


def _show(answer: "verify_pb2.GetStatusResponse") -> None:
    table(
        [
            ("operator", answer.operator),
            ("network", answer.network),
            ("node", str(answer.node) if answer.node else "not enrolled"),
            ("log", _log(answer)),
            ("contract", f"{answer.contract} on chain {answer.chain_id}"),
            ("account", answer.account),
            ("sealed", str(answer.sealed)),
            ("replicated", str(answer.replicated)),
            ("anchored", str(answer.anchored)),
            ("final", str(answer.final)),
            ("indexed", str(answer.indexed)),
            ("copies", _copies(answer)),
            ("disk free", f"{answer.disk_free_bytes / (1 << 30):.1f} GiB"),
            ("version", answer.version),
        ]
    )
    for backend in answer.backends:
        state = "up" if backend.up else "DOWN"
        kind = f"{backend.name} (stand-in)" if backend.stand_in else backend.name
        note(f"{backend.port}: {kind}, {state}{'; ' if backend.detail else ''}{backend.detail}")
    for segment in answer.segments:
        for holder in segment.holders:
            note(f"segment {segment.segment}: node {holder.node} ({holder.operator}) {_lag(holder)}")
    for kept in answer.kept:
        note(f"keeps {_kept(kept)}")
    for line in upkeep_lines(answer):
        note(line)
    for fault in answer.faults:
        note(f"fault: {fault}")


def _log(answer: "verify_pb2.GetStatusResponse") -> str:
    told = [answer.log]
    if answer.predecessor:
        told.append(f"continues {answer.predecessor}")
    return ", ".join([*told, *(["RETIRED: nothing is sealed any more"] if answer.retired else [])])


def _copies(answer: "verify_pb2.GetStatusResponse") -> str:
    told = f"{answer.copies.kept} of {answer.copies.target}"
    return f"{told}: not replicated" if answer.quorum == 0 else f"{told}, quorum {answer.quorum}"


def _kept(kept: "verify_pb2.KeptLog") -> str:
    told = [
        f"{kept.entries} entries of {kept.operator}",
        f"{kept.acknowledged} acknowledged",
        f"{kept.final} final",
    ]
    if kept.disputed:
        told.append(f"{kept.disputed} disputed")
    return ", ".join(
        [*told, *(["FORKED: acknowledged no more; see tracehold fork list"] if kept.forked else [])]
    )


def _lag(holder: "verify_pb2.Holder") -> str:
    state = "up" if holder.up else "DOWN"
    return f"{state}, {holder.behind} entries behind" if holder.behind else f"{state}, has all"
