"""A consortium from its first block on: three companies on a Clique network of three sealers, the contract
deployed with our command, the story of the demo taken to FINAL; a sealer is killed and comes back; a fourth
operator joins the running network with the commands of docs/operations.md.
"""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.documented import Terminal
from tests.e2e.labs import settled, until
from tests.e2e.signing import document, event
from tracehold.cli.demo import providers
from tracehold.cli.demo.asking import Asking
from tracehold.cli.demo.proving import prove
from tracehold.cli.demo.show import ASKED, Show
from tracehold.cli.demo.stage import LAB, NODES, Stage
from tracehold.cli.demo.story import tell
from tracehold.cli.demo.tell import Teller
from tracehold.cli.demo.waiting import final
from tracehold.cli.files import CONFIG_NAME
from tracehold.cli.token import create
from tracehold.config import load
from tracehold.core.ids import NetworkId
from tracehold.lab.home import account
from tracehold.lab.network import Lab, made
from tracehold.lab.programs import Slot, command
from tracehold.lab.readiness import answers
from tracehold.lab.services.clique import Network
from tracehold.lab.services.geth import GethNode, key_of
from tracehold_client.rest import RestClient

pytestmark = pytest.mark.real

FOUNDER, FOURTH = "https://id.gs1.org/417/9521901000001", "https://id.gs1.org/417/9521101000009"


@dataclass
class Companies:
    """The lab that is the network, the folder in which its operators work, and what they show."""

    lab: Lab
    terminal: Terminal
    show: Show

    @property
    def newcomer(self) -> Path:
        """The folder of the fourth operator's geth."""
        return self.lab.dir / "newcomer"

    @property
    def chain(self) -> Network:
        """The sealers, as whoever looks into their folder sees them."""
        return Network.opened(self.lab.dir / "chain")

    def deploy(self) -> None:
        """By the admin's commands; the lab goes on from there, with the admin's key and the network's."""
        lab, at = self.lab, self.lab.dir
        self.terminal.block("chain-admin", OPERATOR=FOUNDER, RPC=lab.plan.rpc)
        admin = at / "admin"
        self.terminal.block("chain-fund", ACCOUNT=account(admin / "keys" / "ledger.key"))
        self.terminal.block("chain-deploy")
        shutil.copy(admin / "keys" / "ledger.key", lab.admin_key)
        shutil.copy(admin / "keys" / "network.key", at / "network.key")
        contract = load(admin / CONFIG_NAME).ledger.contract
        lab.decide(replace(lab.plan, contract=contract))
        lab.chain.endow(account(lab.admin_key))

    @asynccontextmanager
    async def playing(self) -> AsyncIterator[Show]:
        """The show with a client of every company; no answer differed from the truth."""
        async with AsyncExitStack() as stack:
            for name in self.lab.names:
                client = self.show.stage.client(name)
                self.show.clients[name] = await stack.enter_async_context(client)
            yield self.show
        assert self.show.teller.failed == []

    def status(self, folder: str = "chain") -> Any:
        """How the chain stands, as `tracehold chain status` tells."""
        return self.terminal.answer("chain", "status", "--dir", folder)

    def sealers(self) -> dict[str, int]:
        """Who may seal now, and how many of the newest blocks they sealed."""
        return {each["address"]: each["recent"] for each in self.status()["chain"]["sealers"]}


@pytest.fixture(scope="module")
def companies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Companies]:
    """Three companies that are up, with nothing told yet. What was started is stopped, also by the tests."""
    folder = tmp_path_factory.mktemp("consortium")
    with made(folder / LAB, NODES, None, print, backends="real") as lab:
        show = Show(Stage(folder, lab), tell(1), Teller(print))
        it = Companies(lab, Terminal(lab.dir), show)
        try:
            lab.start_chain()
            it.deploy()
            show.stage.start()
        except BaseException:
            lab.down()
            raise
    try:
        yield it
    finally:
        if it.newcomer.exists():
            Network.opened(it.newcomer).stop()
        lab.down()


def test_the_sealers_are_connected_by_admin_add_peer_alone(companies: Companies):
    """Nothing else names a peer: no discovery, no list on disk, no option; and each has the two others."""
    for node in companies.chain.nodes:
        assert len(node.peers()) == 2
        words = Path(f"/proc/{node.slot.pid}/cmdline").read_text().split("\0")
        assert "--nodiscover" in words
        assert not [word for word in words if "bootnodes" in word]
        assert "Nodes" not in (node.folder / "config.toml").read_text()
        assert not list(node.folder.rglob("*-nodes.json"))


async def test_the_story_is_final_on_the_chain(companies: Companies):
    """Quorum 1, three holders; every answer equals the truth, and every event is proved with no chain."""
    async with companies.playing() as show:
        status = await show.clients[ASKED].status()
        assert (status.quorum, status.contract) == (1, companies.lab.plan.contract)
        await show.upload()
        await show.wait_until_final()
        asking = Asking(show.stage, show.story, show.teller, show.clients)
        await asking.keepers()
        await asking.ask(ASKED)
        await asking.same_everywhere(ASKED)
        await prove(show.stage, show.teller, show.clients, show.sent)


async def test_a_sealer_is_killed_and_the_network_goes_on(companies: Companies):
    """SIGKILL: what all companies send meanwhile is FINAL, also that of the company whose own geth is gone;
    then it is back, with the newest blocks and its peers.
    """
    terminal = companies.terminal
    assert terminal.answer("lab", "kill", "sealer-2", "--dir", ".") == {"killed": ["sealer-2"]}
    chain = terminal.answer("lab", "status", "--dir", ".")["chain"]
    assert (chain["up"], chain["pids"]["sealer-2"]) == (True, None)
    async with companies.playing() as show:
        network = NetworkId(bytes.fromhex((await show.clients[ASKED].status()).network))
        sent = await providers.upload(show.stage, network, show.story.later)
        line = await final(show.clients, sent, print)
        assert (line, {each.error for each in sent}) == (f"{len(sent)} FINAL", {""})
    head = max(node.head() for node in companies.chain.up())
    await asyncio.to_thread(terminal.answer, "lab", "start", "sealer-2", "--dir", ".")
    back = companies.chain.node("sealer-2")
    until(lambda: back.head() >= head and len(back.peers()) == 2)


def test_a_fourth_operator_joins_while_it_runs(companies: Companies):
    """With the commands of the document and the enode of one sealer: from its enrolment on the others' nodes
    have their geth call its geth, by themselves; what is sent to it becomes FINAL.
    """
    terminal, plan, home = companies.terminal, companies.lab.plan, companies.lab.dir / "node"
    terminal.block("chain-join", ENODE=companies.status()["nodes"][0]["enode"])
    (geth,) = Network.opened(companies.newcomer).nodes
    assert len(geth.peers()) == 1
    seed = plan.seats[0].peer
    terminal.block("chain-request", OPERATOR=FOURTH, RPC=geth.url, CONTRACT=plan.contract, SEED=seed)
    terminal.block("chain-fund", ACCOUNT=account(home / "keys" / "ledger.key"))
    terminal.block("chain-enrol")
    # The newcomer's own node does not run yet: nobody told its geth of these.
    until(lambda: all(calls(node, geth) for node in companies.chain.nodes[1:]))
    assert len(geth.peers()) == 3
    with_its_node(home, partial(sent_there, home))


def test_its_geth_finds_the_others_again_on_the_chain(companies: Companies):
    """Started anew it has forgotten its peers; the contract and one address of the chain are enough."""
    terminal, plan = companies.terminal, companies.lab.plan
    terminal.answer("chain", "stop", "--dir", "newcomer")
    known = ("--rpc", plan.rpc, "--contract", plan.contract)
    assert terminal.answer("chain", "join", "--dir", "newcomer", *known)["sealer"] is False
    (geth,) = Network.opened(companies.newcomer).nodes
    until(lambda: len(geth.peers()) == 3)


def test_its_geth_is_voted_in_and_out(companies: Companies):
    """It seals once it is voted in, and no more when it is voted out; it cannot vote for itself."""
    terminal = companies.terminal
    (geth,) = Network.opened(companies.newcomer).nodes
    its_account = geth.member.account.lower()
    refused = terminal.answer("chain", "propose", its_account, "--dir", "newcomer", code=2)
    assert "nobody else can vote" in refused["error"]["message"]
    terminal.block("chain-vote", SEALER=its_account)
    until(lambda: its_account in companies.sealers())
    assert terminal.answer("chain", "propose", its_account, "--dir", "chain")["done"] is True
    until(lambda: companies.sealers()[its_account] > 0)
    terminal.block("chain-drop", SEALER=its_account)
    until(lambda: its_account not in companies.sealers())


def calls(node: GethNode, other: GethNode) -> bool:
    """Whether the node holds a connection to the other one that it began itself."""
    key = key_of(other.enode())
    peers = [peer for peer in node.ask("admin_peers") if key_of(peer["enode"]) == key]
    return any(not peer["network"]["inbound"] for peer in peers)


def with_its_node(home: Path, work: Callable[[str], None]) -> None:
    """Do this while the fourth operator's node runs; it gets a token that may send."""
    token = create(home, "sender", ("capture",), FOURTH)
    slot = Slot(home / "run", "fourth")
    slot.start(command("serve", "--dir", str(home)))
    try:
        slot.wait_until(lambda: answers(slot))
        work(token)
    finally:
        slot.ask_to_stop()
        slot.stopped()


def sent_there(home: Path, token: str) -> None:
    """An event, to FINAL, at the node in this folder."""
    sender = RestClient(f"http://{load(home / CONFIG_NAME).rest.listen}", token=token)
    job = settled(sender, sender.capture(document(event())), "FINAL")
    assert json.dumps(job["events"]).count("FINAL") == 1
