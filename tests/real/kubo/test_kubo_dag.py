"""Blocks at daemons of IPFS: handed on within one network, kept through kills, and to nobody else."""

from pathlib import Path

import pytest

from tests.kubo_servers import opened, running
from tests.ports.test_dag import flatfs, found, leaf, node
from tracehold.adapters.kubo import KuboDag, check_private
from tracehold.core.errors import Rejected, Unavailable
from tracehold.lab.services.kubo import KuboServer

pytestmark = pytest.mark.real


async def test_a_graph_is_fetched_by_its_name_from_another_daemon(kubos: list[KuboServer]):
    """One block, or all below a root; without patience nobody is asked, and what is nowhere is told."""
    leaves = dict([leaf(str(at)) for at in range(20)])
    root = node(*leaves)
    async with opened(kubos[0]) as one, opened(kubos[1]) as two:
        here, there = KuboDag(one), KuboDag(two)
        await here.put(leaves | dict([root]))
        cid = next(iter(leaves))
        assert await there.get(cid) is None
        assert await there.get(cid, patience_s=30) == leaves[cid]
        await there.pin(root[0], patience_s=30)
        assert [await there.get(each) for each in leaves] == list(leaves.values())
        assert await there.get(leaf("nowhere")[0], patience_s=0.2) is None


async def test_a_wrong_block_of_the_other_side_reaches_nobody(kubos: list[KuboServer]):
    """Its bytes were changed on the disk over there: they are not those that were asked for."""
    cid, raw = leaf("to be changed")
    async with opened(kubos[0]) as one, opened(kubos[1]) as two:
        await KuboDag(one).put({cid: raw})
        found(kubos[0].home / "blocks", flatfs(cid)).write_bytes(raw[:-1] + b"!")
        assert await KuboDag(two).get(cid, patience_s=2) is None


async def test_strangers_without_the_swarm_key_get_nothing(kubos: list[KuboServer], tmp_path: Path):
    """They know the name, and nobody whom they could ask."""
    cid, raw = leaf("ours")
    with running(tmp_path) as stranger:
        async with opened(kubos[0]) as one, opened(stranger) as two:
            await KuboDag(one).put({cid: raw})
            assert await KuboDag(two).get(cid, patience_s=1) is None


async def test_what_was_answered_survives_a_kill(tmp_path: Path):
    """Blocks and pins, of the moment before; the client finds the daemon again by itself, and says that it is
    down while it is.
    """
    with running(tmp_path) as server:
        async with opened(server) as client:
            dag = KuboDag(client)
            leaves = dict([leaf(str(at)) for at in range(50)])
            root = node(*leaves)
            await dag.put(leaves | dict([root]))
            await dag.pin(root[0])
            server.kill()
            for call in (dag.get(root[0]), dag.put(leaves), dag.pin(root[0]), dag.drop([root[0]])):
                with pytest.raises(Unavailable, match="BLOBS_DOWN"):
                    await call
            server.launch()
            server.wait()
            await dag.drop([*leaves, root[0]])
            assert [await dag.get(cid) for cid in leaves] == list(leaves.values())


async def test_a_public_daemon_is_refused(kubos: list[KuboServer], tmp_path: Path):
    """One that knows a public node, or asks a public router; that of the lab is taken."""
    async with opened(kubos[0]) as client:
        await check_private(client)
    public = "/ip4/127.0.0.1/tcp/4001/p2p/12D3KooWPKAEku5gwMuCHHPNmt8PGpXhnZqwyGw6Ca4UD1y27nXQ"
    changes: list[dict[str, object]] = [{"Bootstrap": [public]}, {"Routing": {"Type": "dhtclient"}}]
    for at, changed in enumerate(changes):
        with running(tmp_path / str(at), changed=changed) as server:
            async with opened(server) as client:
                with pytest.raises(Rejected, match="BAD_CONFIG"):
                    await check_private(client)


async def test_a_client_without_the_token_is_told_that_it_is_down(kubos: list[KuboServer]):
    """The daemon's own words go to nobody."""
    async with opened(kubos[0], token="of somebody else") as client:
        with pytest.raises(Unavailable, match="BLOBS_DOWN") as caught:
            await KuboDag(client).get(leaf()[0])
        assert "Denied" not in str(caught.value)
        with pytest.raises(Unavailable, match="BLOBS_DOWN"):
            await check_private(client)
