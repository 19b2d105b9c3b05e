"""`tracehold chain propose`, `fund`, `peer`: what the operator of a node does on a chain that runs."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracehold.cli.chain.folder import Folder, Node, opened, say
from tracehold.cli.output import JsonOption, reported

if TYPE_CHECKING:
    from tracehold.lab.services.clique import Network
    from tracehold.lab.services.geth import GethNode

Address = Annotated[str, typer.Argument(help="Account: 0x and 40 hexadecimal digits.")]


def propose(
    address: Address,
    drop: Annotated[bool, typer.Option("--drop", help="Vote it out, not in.")] = False,
    dir: Folder = Path("chain"),
    node: Node = "",
    as_json: JsonOption = False,
) -> None:
    """Vote an account in as a sealer, or out.

    With every sealer of the folder that is up, or with `--node` one.

    A vote is cast by the blocks that the voter seals, and counts until the account is in or out, or the
    epoch ends (30,000 blocks). More than half of the sealers must vote alike: each operator gives this
    command on their own node. The voter's node forgets its wish when it stops, and not before: where there is
    nothing to vote on, any wish of that account is taken back, which would else bring it in, or out, again
    once the others vote otherwise.

    Exit codes: 0 voted, or it is so already, 1 refused, 2 usage, 5 no node is up.
    """
    with reported(as_json):
        from tracehold.lab.services.standing import majority
        from tracehold.lab.services.treasury import address_from

        account = f"0x{address_from(address).hex()}"
        network = opened(dir)
        up = _up(network, node)
        sealers = network.sealers()
        done = (account in sealers) is not drop
        voters = [] if done else _voters(up, sealers)
        for each in voters:
            each.ask("clique_propose", account, not drop)
        discarded = [each.name for each in up if each.discard(account)] if done else []
        names, needed = [each.name for each in voters], majority(len(sealers))
    answer = {"account": account, "drop": drop, "done": done, "voters": names, "needed": needed}
    answer["discarded"] = discarded
    is_so = f"{account} is {'no' if drop else 'a'} sealer: nothing to vote on"
    if discarded:
        is_so += f"; {', '.join(discarded)} took back an earlier wish"
    voted = (
        f"{', '.join(names)} vote(s) to {'drop' if drop else 'let in'} {account}; {needed} votes are needed"
    )
    say(answer, as_json, is_so if done else voted)


def fund(
    address: Address,
    ether: Annotated[str, typer.Option(help="How much: 1 pays for thousands of anchors.")] = "10",
    dir: Folder = Path("chain"),
    key: Annotated[
        Path | None, typer.Option(help="Key file of the account that pays; default: DIR/treasury.key.")
    ] = None,
    rpc: Annotated[str, typer.Option(help="JSON-RPC to send it to; default: a node of the folder.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Send funds to an account, by default from the network's treasury.

    Returns when the transfer is in a block.

    Exit codes: 0 sent, 1 refused, 2 usage, 5 the chain does not answer, does not go on, or the payer is poor.
    """
    with reported(as_json):
        from tracehold.core.errors import Rejected
        from tracehold.lab.services import treasury
        from tracehold.lab.services.founding import TREASURY

        account, wei = treasury.address_from(address), treasury.wei_of(ether)
        secret = key or dir / TREASURY
        if not secret.exists():
            remedy = "The treasury is with who made the network: ask them, or name a key file with --key."
            raise Rejected("NOT_FOUND", f"{secret} is missing", path="key", remedy=remedy)
        url = rpc or _up(opened(dir), "")[0].url
        answer = asyncio.run(treasury.fund(url, secret, account, wei))
    balance = int(answer["balance"]) / treasury.ETHER
    say(answer, as_json, f"{ether} ether sent in block {answer['block']}; {address} has {balance:g} now")


def peer(
    enode: Annotated[str, typer.Argument(help="enode://KEY@HOST:PORT of the other node.")],
    dir: Folder = Path("chain"),
    node: Node = "",
    as_json: JsonOption = False,
) -> None:
    """Connect to another node of the chain, as long as the node runs.

    A node of tracehold whose configuration names this one (`admin` of its section chain_node) does so for all
    members by itself.
    """
    with reported(as_json):
        from tracehold.core.enode import parse_enode
        from tracehold.lab.services.geth import key_of

        other = parse_enode(enode)
        told = [each for each in _up(opened(dir), node) if key_of(each.enode()) != other.node]
        for each in told:
            each.connect(str(other))
        names = [each.name for each in told]
    say({"enode": str(other), "nodes": names}, as_json, f"{', '.join(names) or 'no node'} call(s) {other}")


def _up(network: "Network", name: str) -> "list[GethNode]":
    """The nodes that are up, or the named one. Raises NOT_FOUND, CHAIN_DOWN."""
    from tracehold.core.errors import Unavailable

    wanted = [network.node(name)] if name else list(network.nodes)
    up = [node for node in wanted if node.answers]
    if not up:
        names = ", ".join(node.name for node in wanted)
        remedy = f"Run tracehold chain start --dir {network.dir}."
        raise Unavailable("CHAIN_DOWN", f"{names}: not up", remedy=remedy)
    return up


def _voters(up: "list[GethNode]", sealers: frozenset[str]) -> "list[GethNode]":
    """Those that may vote. Raises BAD_REQUEST where there is none."""
    from tracehold.core.errors import Rejected

    found = [node for node in up if node.member.account.lower() in sealers]
    if not found:
        raise Rejected(
            "BAD_REQUEST",
            "no sealer is up in this folder, and nobody else can vote",
            path="dir",
            remedy="Name the folder of a node that seals.",
        )
    return found
