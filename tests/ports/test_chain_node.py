"""The operator's own node of the chain over its admin RPC: clients differ, and it stays on its machine."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.ports.chain_nodes import Answer, Client, Refused, enode, node, over_http, over_ipc
from tracehold.adapters.geth import ChainAdmin, ipc, line_to
from tracehold.core.errors import Rejected, Unavailable

GETH: Mapping[str, Answer] = {
    "web3_clientVersion": lambda params: "Geth/v1.13.15-stable/linux-amd64/go1.26",
    "admin_nodeInfo": lambda params: {"enode": str(enode(1)), "name": "Geth"},
    "admin_peers": lambda params: [{"enode": str(enode(2, "10.0.0.2")), "id": "ab" * 32}],
    "admin_addPeer": lambda params: True,
    "admin_removePeer": lambda params: True,
}


def refuses(code: int, message: str) -> Answer:
    """An answer that is an error."""

    def answer(params: list[Any]) -> Any:
        raise Refused(code, message)

    return answer


def client(**changes: Answer) -> Client:
    """geth, but for these methods."""
    return Client({**GETH, **changes})


@pytest.fixture
def socket(tmp_path: Path) -> Path:
    """Where the client listens."""
    return tmp_path / "geth.ipc"


@pytest.mark.parametrize(("end", "pieces"), [(b"\n", 1), (b"", 1), (b"\n", 7), (b"", 50)])
async def test_geth_is_asked_over_its_socket(socket: Path, end: bytes, pieces: int):
    """Who it is, its peers, and that it takes and drops them; however the answer comes in."""
    geth = client()
    async with over_ipc(socket, geth, end, pieces):
        admin = ChainAdmin(line_to("geth.ipc", socket.parent))
        able = await admin.capability()
        assert (able.manages, able.enode) == (True, enode(1))
        assert able.software.startswith("Geth/v1.13.15")
        assert await admin.peers() == {node(2)}
        await admin.add_peer(enode(3))
        await admin.remove_peer(enode(3))
    assert geth.calls("admin_addPeer") == geth.calls("admin_removePeer") == [[str(enode(3))]]


async def test_it_is_asked_over_http_of_loopback():
    """The same over an address of this machine."""
    async with over_http(client()) as url:
        admin = ChainAdmin(line_to(url, Path()))
        assert (await admin.capability()).manages
        assert await admin.peers() == {node(2)}


async def test_the_probe_is_made_once(socket: Path):
    """What it can do is recorded."""
    geth = client()
    async with over_ipc(socket, geth):
        admin = ChainAdmin(line_to(str(socket), Path()))
        assert await admin.capability() is await admin.capability()
    assert len(geth.calls("admin_nodeInfo")) == 1


async def test_it_is_probed_again_after_it_was_away(socket: Path):
    """Another client may stand there afterwards."""
    admin = ChainAdmin(line_to(str(socket), Path()))
    async with over_ipc(socket, client()):
        assert (await admin.capability()).manages
    with pytest.raises(Unavailable):
        await admin.peers()
    async with over_ipc(socket, Client({})):
        assert not (await admin.capability()).manages


@pytest.mark.parametrize(
    "problem",
    [(-32601, "the method admin_nodeInfo does not exist/is not available"), (-32000, "P2P is disabled")],
)
async def test_no_admin_rpc_is_a_capability(socket: Path, problem: tuple[int, str]):
    """A chain without it, as the embedded one, or Besu without P2P, is no error."""
    async with over_ipc(socket, client(admin_nodeInfo=refuses(*problem))):
        able = await ChainAdmin(line_to(str(socket), Path())).capability()
    assert (able.manages, able.enode) == (False, None)
    assert str(problem[0]) in able.detail


@pytest.mark.parametrize("result", [True, False, str(enode(3)), None])
async def test_every_client_s_word_for_yes_is_taken(socket: Path, result: object):
    """geth says true, Besu false where the peer was named before, Nethermind the enode."""
    async with over_ipc(socket, client(admin_addPeer=lambda params: result)):
        await ChainAdmin(line_to(str(socket), Path())).add_peer(enode(3))


async def test_an_enode_that_the_client_refuses_is_rejected(socket: Path):
    """So that the follower names the member, and goes on with the others."""
    async with over_ipc(socket, client(admin_addPeer=refuses(-32000, "invalid enode: bad host"))):
        with pytest.raises(Rejected, match="bad host"):
            await ChainAdmin(line_to(str(socket), Path())).add_peer(enode(3))


@pytest.mark.parametrize(
    ("peers", "known"),
    [
        ([{"enode": f"enode://{node(2).upper()}@[::ffff:10.0.0.2]:41234?discport=0"}], {node(2)}),
        ([{"id": f"0x{node(2)}", "port": "0x765f"}], {node(2)}),
        ([{"id": "ab" * 32}, {}, None, "x", {"enode": 7}], set()),
        ([], set()),
    ],
)
async def test_peers_are_known_by_their_public_key(socket: Path, peers: list[Any], known: set[str]):
    """Hosts and ports differ behind NAT, and Besu names the key alone."""
    async with over_ipc(socket, client(admin_peers=lambda params: peers)):
        assert await ChainAdmin(line_to(str(socket), Path())).peers() == known


@pytest.mark.parametrize("told", ["enode://x", "", 7, None])
async def test_a_client_that_tells_no_enode_manages_all_the_same(socket: Path, told: object):
    """Its peers can be chosen; its own record names none."""
    async with over_ipc(socket, client(admin_nodeInfo=lambda params: {"enode": told})):
        able = await ChainAdmin(line_to(str(socket), Path())).capability()
    assert (able.manages, able.enode) == (True, None)


async def test_a_client_that_listens_everywhere_is_one_of_this_machine(socket: Path):
    """geth says [::] or 127.0.0.1 where it does not know its address; nobody dials [::]."""
    told = str(enode(1)).replace("127.0.0.1", "[::]")
    async with over_ipc(socket, client(admin_nodeInfo=lambda params: {"enode": told})):
        assert (await ChainAdmin(line_to(str(socket), Path())).capability()).enode == enode(1)


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1:8545",
        "http://geth.example:8545",
        "http://127.0.0.1.evil.example:8545",
        "http://localhost@evil.example:8545",
        "ws://127.0.0.1:8546",
        "ftp://127.0.0.1",
        "file:///run/geth.ipc",
        "http://[::2]:8545",
        "http://127.0.0.1:x",
        "http://",
    ],
)
def test_an_address_of_another_machine_is_refused(url: str):
    """Whoever reaches the admin interface commands the node: it is never spoken to over a network."""
    with pytest.raises(Rejected) as refused:
        line_to(url, Path())
    assert (refused.value.code, refused.value.path) == ("BAD_CONFIG", "chain_node.admin")


async def test_nobody_there_is_down(tmp_path: Path):
    """No socket, no listener, an answer of another protocol: the same trouble, which time may heal."""
    for admin in ("none.ipc", "http://127.0.0.1:1"):
        with pytest.raises(Unavailable) as down:
            await ChainAdmin(line_to(admin, tmp_path)).capability()
        assert down.value.code == "CHAIN_DOWN"
    async with over_http(client(), status=403) as url:
        with pytest.raises(Unavailable, match="403"):
            await ChainAdmin(line_to(url, tmp_path)).capability()


@pytest.mark.parametrize("answer", [b"", b"{", b"[]\n", b"null", b"x" * (5 << 20), b"}" * 10])
async def test_an_answer_that_is_none_is_down(socket: Path, answer: bytes):
    """Cut short, endless, or of another form."""
    geth = client()
    geth.answer = lambda request: answer  # type: ignore[method-assign]
    async with over_ipc(socket, geth, b""):
        with pytest.raises(Unavailable):
            await ChainAdmin(line_to(str(socket), Path())).peers()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux names a socket through its open folder")
async def test_a_socket_deep_in_folders_is_asked(tmp_path: Path):
    """A path that is too long for a socket's address is no obstacle."""
    folder = tmp_path / ("deep" * 20) / ("deeper" * 20)
    folder.mkdir(parents=True)
    async with over_ipc(tmp_path / "geth.ipc", client()):
        (tmp_path / "geth.ipc").rename(folder / "geth.ipc")
        assert (await ChainAdmin(line_to("geth.ipc", folder)).capability()).manages


async def test_an_answer_without_end_is_no_answer(socket: Path, monkeypatch: pytest.MonkeyPatch):
    """A client that sends more than any answer has is asked no further."""
    monkeypatch.setattr(ipc, "MAX_ANSWER_BYTES", 1 << 10)
    async with over_ipc(socket, client(web3_clientVersion=lambda params: "x" * 4096)):
        with pytest.raises(Unavailable, match="does not answer"):
            await ChainAdmin(line_to(str(socket), Path())).capability()
