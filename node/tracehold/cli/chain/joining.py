"""`tracehold chain join`: a node of one's own in a network that runs."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracehold.cli.chain.folder import opened, say
from tracehold.cli.output import JsonOption, note, reported, usage
from tracehold.cli.stopping import ending_in_order

if TYPE_CHECKING:
    from tracehold.lab.services.clique import Network

Enodes = Annotated[list[str] | None, typer.Option("--enode", help="A member's node; may be repeated.")]


def join(
    dir: Annotated[Path, typer.Option(help="Folder of the newcomer's node; made where it is missing.")],
    genesis: Annotated[
        Path | None, typer.Option(help="genesis.json of the network, where the folder is not made yet.")
    ] = None,
    enode: Enodes = None,
    contract: Annotated[
        str, typer.Option(help="The network's contract: its members' nodes are called as well.")
    ] = "",
    rpc: Annotated[
        str,
        typer.Option(help="A chain's node that reads the contract for us, in place of the first --enode."),
    ] = "",
    wait: Annotated[float, typer.Option(min=1, help="Seconds to wait for the newest block.")] = 600.0,
    as_json: JsonOption = False,
) -> None:
    """Start a node of one's own in a running network, and sync it.

    Connects it to the members' nodes, waits until it has the newest block, then says what the others must do.
    Harmless to repeat: it goes on where it ended. Where the members are on other machines, make the folder
    with tracehold chain new --genesis first, and set its node.env.

    Exit codes: 0 joined, 1 refused, 2 usage, 5 no peer, or not there in time, 70 the node ended.
    """
    with reported(as_json):
        _check(enode, contract, rpc)
        network = _folder(dir, genesis)
        from tracehold.lab.network import at_work

        with ending_in_order(), at_work(dir):
            answer = _joined(network, list(enode or []), contract, rpc, wait)
    say(answer, as_json, *_next_steps(answer))


def _check(enode: list[str] | None, contract: str, rpc: str) -> None:
    from tracehold.lab.services.newcomer import given
    from tracehold.lab.services.treasury import address_from

    given(enode or [])
    if contract:
        address_from(contract)
    if rpc and not contract:
        raise usage("--rpc reads the members of a contract: name it with --contract")
    if not enode and not rpc:
        raise usage("no member's node is named", remedy="Give --enode, or --rpc and --contract.")


def _folder(dir: Path, genesis: Path | None) -> "Network":
    from tracehold.cli.chain.forming import made_newcomer
    from tracehold.core.errors import Rejected
    from tracehold.lab.services.genesis import genesis_in
    from tracehold.lab.services.member import SETTINGS

    if not (dir / SETTINGS).exists():
        if genesis is None:
            raise usage(f"{dir} holds no node yet", remedy="Give --genesis with the network's genesis.json.")
        made_newcomer(dir, genesis)
        note(f"made {dir}")
    network = opened(dir)
    if genesis is not None and genesis_in(genesis) != network.nodes[0].genesis:
        remedy = "Choose another --dir: a node stays in its network."
        raise Rejected("CONFLICT", f"{dir} is of another network", path="genesis", remedy=remedy)
    return network


def _joined(network: "Network", enodes: list[str], contract: str, rpc: str, wait: float) -> dict[str, Any]:
    from tracehold.lab.services import newcomer
    from tracehold.lab.services.treasury import address_from

    (node,) = network.nodes
    known = newcomer.given(enodes)
    if rpc:
        known += asyncio.run(newcomer.registered(rpc, address_from(contract)))
    network.start()
    newcomer.meet(node, known)
    head = newcomer.follow(network, node, wait)
    if contract:
        newcomer.meet(node, newcomer.registry(node, address_from(contract)))
    account = node.member.account.lower()
    return {
        "name": node.name,
        "dir": str(network.dir),
        "account": account,
        "sealer": account in network.sealers(),
        "enode": node.enode(),
        "rpc": node.url,
        "ipc": str(node.ipc),
        "head": head,
        "peers": len(node.peers()),
    }


def _next_steps(answer: dict[str, Any]) -> list[str]:
    vote = (
        f"  each sealer, so that it seals too: tracehold chain propose {answer['account']} --dir THEIR_NODE"
    )
    return [
        f"{answer['name']} follows the chain: block {answer['head']}, {answer['peers']} peers",
        "what this operator does:",
        f"  tracehold init --dir node --operator URI --contract ADDRESS --rpc {answer['rpc']}",
        f"    --chain-node {answer['ipc']}; and what docs/operations.md, Become a member of it, says",
        "  tracehold member request --dir node --out newcomer.record: for the network's admin",
        "what the others do:",
        "  who does not learn it from the registry:",
        f"    tracehold chain peer {answer['enode']} --dir THEIR_NODE",
        "  who keeps the treasury: tracehold chain fund ACCOUNT_THAT_INIT_PRINTED --dir DIR",
        "  the network's admin: tracehold member add --record newcomer.record",
        *([] if answer["sealer"] else [vote]),
    ]
