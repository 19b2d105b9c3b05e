"""Security: who is answered on the listener for peers. Active members, by their very certificate, and nobody
else.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.api.face import details
from tests.journey.network import begun, network
from tests.ports.mesh import Mesh, Post, dialled, mesh, until
from tracehold.adapters.peers import OwnPair
from tracehold.core.leaf import leaf_name
from tracehold.v1 import peer_pb2

METHOD = "/tracehold.v1.PeerService/"


@pytest.fixture
async def three(tmp_path: Path) -> AsyncIterator[Mesh]:
    """Three members; the first keeps something about flour."""
    async with network() as net, mesh(net, tmp_path) as made:
        for _ in range(3):
            await made.add(await net.join())
        await net.nodes[1].say(begun("urn:x:flour", 1))
        await net.nodes[1].finish()
        await made.refresh()
        yield made


async def call(target: Post, pair: OwnPair | None, method: str, request: Any) -> bytes:
    """One call with this certificate, on a connection of its own."""
    async with dialled(target, pair) as channel:
        return await channel.unary_unary(METHOD + method)(request.SerializeToString(), timeout=5)


async def expanded(target: Post, pair: OwnPair | None) -> int:
    """How many records about flour are handed over."""
    raw = await call(target, pair, "Expand", peer_pb2.ExpandRequest(items=["urn:x:flour"]))
    return len(peer_pb2.ExpandResponse.FromString(raw).records)


async def refused(target: Post, pair: OwnPair | None) -> grpc.aio.AioRpcError:
    """The error of such a call; nothing was looked up for it."""
    before = list(target.asked)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await expanded(target, pair)
    assert target.asked == before
    return caught.value


def reason(error: grpc.aio.AioRpcError) -> str:
    """Our code in a gRPC error."""
    return str(details(error)["ErrorInfo"].reason)


def issued(name: str, by: OwnPair) -> OwnPair:
    """A certificate for a fresh key, signed with a member's key in the member's name."""
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = x509.load_pem_x509_certificate(by.certificate)
    signer = serialization.load_pem_private_key(by.key, None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
        .sign(signer, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    return OwnPair(made.public_bytes(serialization.Encoding.PEM), secret)


async def test_members_are_answered(three):
    """Each by the certificate of its node record."""
    for number in (2, 3):
        assert await expanded(three.posts[1], three.posts[number].pair) == 1


async def test_security_a_strangers_certificate(three):
    """A name of its own, no certificate at all, or a member's name: the handshake fails."""
    target = three.posts[1]
    member = leaf_name(three.posts[2].node.sealer.own.identity.key.public)
    for at, name in enumerate(("tracehold stranger", member)):
        stranger, _ = three.certificate(f"stranger{at}", name)
        assert (await refused(target, stranger)).code() is grpc.StatusCode.UNAVAILABLE
    assert (await refused(target, None)).code() is grpc.StatusCode.UNAVAILABLE
    assert await expanded(target, three.posts[2].pair) == 1


async def test_security_cleartext(three):
    """Who speaks no TLS hears nothing."""
    port = three.posts[1].server.port
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        ask: Any = channel.unary_unary(f"{METHOD}Expand")
        with pytest.raises(grpc.aio.AioRpcError):
            await ask(b"", timeout=5)
    assert three.posts[1].asked == []


async def test_security_a_certificate_that_a_member_issued(three):
    """A member's leaf vouches for nobody else: known to TLS, and a stranger to the listener."""
    error = await refused(three.posts[1], issued("tracehold friend", three.posts[2].pair))
    assert (error.code(), reason(error)) == (grpc.StatusCode.PERMISSION_DENIED, "STRANGER")


async def test_security_a_members_certificate_without_its_key(three):
    """The certificate is public; what it takes is the key."""
    theirs, own = three.posts[2].pair, three.posts[3].pair
    with pytest.raises(grpc.aio.AioRpcError):
        await expanded(three.posts[1], OwnPair(theirs.certificate, own.key))
    assert three.posts[1].asked == []


async def test_security_a_swapped_certificate(three):
    """A member that publishes another's leaf as its own is not known; the other still is; the fault is
    told.
    """
    liar, victim = three.posts[3], three.posts[2]
    three.publish(3, liar.record(tls_leaf=victim.leaf))
    await three.refresh()
    assert await expanded(three.posts[1], victim.pair) == 1
    assert (await refused(three.posts[1], liar.pair)).code() is grpc.StatusCode.UNAVAILABLE
    assert three.posts[1].neighbours.caller(victim.leaf).number == 2
    assert any("node 3" in line for line in three.posts[1].told)


async def test_security_a_lookalike_locks_nobody_out(three):
    """A member that publishes a certificate of its own with another's name; TLS would take the first of a
    name.
    """
    victim = three.posts[2]
    _, lookalike = three.certificate("lookalike", leaf_name(victim.node.sealer.own.identity.key.public))
    three.publish(1, three.posts[1].record(tls_leaf=lookalike))
    await three.refresh()
    target = three.posts[3]
    assert await expanded(target, victim.pair) == 0
    assert target.asked == ["Expand"]


@pytest.mark.parametrize("junk", [b"", b"\x30\x03\x02\x01\x00", b"-----BEGIN CERTIFICATE-----\n", bytes(900)])
async def test_security_a_junk_certificate_locks_nobody_out(three, junk):
    """A library that stumbles over one certificate of a bundle drops those behind it: none such gets in."""
    three.publish(1, three.posts[1].record(tls_leaf=junk))
    await three.refresh()
    assert await expanded(three.posts[2], three.posts[3].pair) == 0
    assert any("node 1" in line for line in three.posts[2].told)


async def test_security_a_revoked_member(three):
    """On the connection that it has, from the next reading of the contract on; and on any new one."""
    target, revoked = three.posts[1], three.posts[2]
    request = peer_pb2.ExpandRequest(items=["urn:x:flour"]).SerializeToString()
    async with dialled(target, revoked.pair) as channel:
        ask = channel.unary_unary(f"{METHOD}Expand")
        await ask(request, timeout=5)
        three.publish(2, revoked.record(), active=False)
        await three.refresh()
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await ask(request, timeout=5)
        assert (caught.value.code(), reason(caught.value)) == (grpc.StatusCode.PERMISSION_DENIED, "STRANGER")
    assert (await refused(target, revoked.pair)).code() is grpc.StatusCode.UNAVAILABLE
    assert [peer.node for peer in await target.peers.holders(())] == [3]


async def test_a_hello_introduces_the_node_as_it_is_now(three):
    """Also after its keys were rotated under the running listener: by the new record."""
    target, pair = three.posts[1], three.posts[2].pair
    here = target.neighbours.network
    contract = f"0x{here.contract.hex()}"
    request = peer_pb2.HelloRequest(network=here.network_id.hex(), chain_id=here.chain_id, contract=contract)
    before = target.record_sent
    target.record_sent = target.record(rest="https://new.example")
    assert target.record_sent != before
    answer = peer_pb2.HelloResponse.FromString(await call(target, pair, "Hello", request))
    assert answer.node_record == target.record_sent


@pytest.mark.parametrize(
    ("field", "path", "value"),
    [
        ("network", "/network", "ab" * 32),
        ("chain_id", "/chainId", 1),
        ("contract", "/contract", "0x" + "ab" * 20),
    ],
)
async def test_security_a_hello_from_another_network(three, field, path, value):
    """Another network, chain or contract: refused, and told which."""
    here = three.posts[1].neighbours.network
    fields = {
        "network": here.network_id.hex(),
        "chain_id": here.chain_id,
        "contract": f"0x{here.contract.hex()}",
    }
    pair = three.posts[2].pair
    raw = await call(three.posts[1], pair, "Hello", peer_pb2.HelloRequest(**fields))
    answer = peer_pb2.HelloResponse.FromString(raw)
    assert (answer.network, answer.node_record) == (fields["network"], three.posts[1].record_sent)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call(three.posts[1], pair, "Hello", peer_pb2.HelloRequest(**{**fields, field: value}))
    assert caught.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert reason(caught.value) == "OTHER_NETWORK"
    assert details(caught.value)["ErrorInfo"].metadata["path"] == path


async def test_a_newcomer_is_let_in_while_the_node_runs(three):
    """Refused at first; its knock has the contract read; then it is answered. Nothing was started again."""
    target = three.posts[1]
    pauses: asyncio.Queue[None] = asyncio.Queue()
    looking = asyncio.ensure_future(target.neighbours.run(lambda seconds: pauses.get()))
    newcomer = await three.add(await three.net.join(), publish=False)
    await refused(target, newcomer.pair)
    three.publish(4, newcomer.record())
    pauses.put_nowait(None)
    await until(lambda: newcomer.leaf in {leaf.der for leaf in target.neighbours.leaves})
    assert await expanded(target, newcomer.pair) == 1
    looking.cancel()
    with suppress(asyncio.CancelledError):
        await looking


async def test_security_knocking_does_not_wear_out_the_chain(three):
    """However often strangers knock, the contract is read once a pause."""
    neighbours, ledger = three.posts[1].neighbours, three.posts[1].node.ledger
    pauses: asyncio.Queue[None] = asyncio.Queue()
    read: list[int] = []
    members = ledger.members

    async def counted():
        read.append(1)
        return await members()

    ledger.members = counted
    looking = asyncio.ensure_future(neighbours.run(lambda seconds: pauses.get()))
    for pause in range(1, 4):
        for _ in range(1_000):
            neighbours.knock()
        pauses.put_nowait(None)
        await until(lambda: len(read) == pause)  # noqa: B023  awaited here
        for _ in range(20):
            await asyncio.sleep(0)
    assert len(read) == 3
    looking.cancel()


async def test_security_one_member_cannot_take_all_turns(tmp_path):
    """Four of its calls run in these tests; the fifth is told so, and another member is answered."""
    free = asyncio.Event()
    waiting = 0

    async def slow(method: str, answer: Any) -> Any:
        nonlocal waiting
        waiting += 1
        if waiting <= 4:
            await free.wait()
        return answer

    async with network() as net, mesh(net, tmp_path) as made:
        target = await made.add(await net.join(), tamper=slow)
        greedy, other = await made.add(await net.join()), await made.add(await net.join())
        await made.refresh()
        async with dialled(target, greedy.pair) as channel:
            ask = channel.unary_unary(f"{METHOD}Expand")
            running = [asyncio.ensure_future(_awaited(ask(b"", timeout=30))) for _ in range(4)]
            await until(lambda: waiting == 4)
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await ask(b"", timeout=5)
            assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
            assert reason(caught.value) == "TOO_MANY_CALLS"
            assert await expanded(target, other.pair) == 0
            free.set()
            await asyncio.gather(*running)
            await ask(b"", timeout=5)


async def _awaited(call: Any) -> bytes:
    return bytes(await call)


@pytest.mark.parametrize(
    "endpoint",
    ["unix:/tmp/x.sock", "xds:///x", "http://x:1", "x", "x:1,y:2", "dns:///x:1", "ipv4:1.2.3.4:5", "a/b:1"],
)
async def test_security_an_endpoint_is_a_host_and_a_port(three, endpoint):
    """Of what a member publishes nothing else is ever connected to; its other members are."""
    three.publish(2, three.posts[2].record(peer=endpoint))
    await three.refresh()
    assert [peer.node for peer in await three.posts[1].peers.holders(())] == [3]


async def test_a_node_record_that_is_not_the_members_is_passed_over(three):
    """Junk, of another node, or none: told, and the others stay."""
    target = three.posts[1]
    for record in (b"", b"junk", three.posts[3].record()):
        three.publish(2, record)
        await three.refresh()
        assert [each.number for each in target.neighbours.others()] == [3]
    assert len(target.told) == 3


async def test_a_chain_that_is_down_changes_nothing(three):
    """Those who were members stay known."""
    target = three.posts[1]
    target.node.ledger.down = True
    await target.neighbours.refresh()
    assert await expanded(target, three.posts[2].pair) == 1


async def test_a_member_that_moves_or_changes_its_certificate_is_found_again(three):
    """From the next reading on, at its new address and by its new certificate only."""
    (peer, _) = await three.posts[2].peers.holders(())
    assert peer.node == 1
    assert len((await peer.expand(["urn:x:flour"])).records) == 1
    moved = three.posts[1]
    three.publish(1, moved.record(peer="127.0.0.1:1"))
    await three.refresh()
    fresh = (await three.posts[2].peers.holders(()))[0]
    assert fresh is not peer
    three.publish(1, replace(moved).record())
    await three.refresh()
    again = (await three.posts[2].peers.holders(()))[0]
    assert len((await again.expand(["urn:x:flour"])).records) == 1
