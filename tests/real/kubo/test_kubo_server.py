"""The daemons of a lab: on loopback, behind a token, private, found and stopped by their recorded ids."""

import stat
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.kubo_servers import running
from tests.listening import listening
from tracehold.core.errors import Broken
from tracehold.lab.services.kubo import KuboServer, server_in

pytestmark = pytest.mark.real


def test_it_is_made_started_stopped_and_started_again(tmp_path: Path):
    """The same identity, another process; whoever looks at the folder finds it; a start that fails says
    why."""
    with running(tmp_path) as server:
        first, address = server.slot.pid, server.address
        seen_by_another = server_in(tmp_path)
        assert seen_by_another.slot.pid == first
        seen_by_another.stop()
        assert not server.slot.running
        server.found(1, 2, "another key")
        server.launch()
        server.wait()
        assert server.slot.pid != first
        assert (server.address, f"/p2p/{server.ask('id')['ID']}") == (
            address,
            address[address.index("/p2p/") :],
        )
        server.stop()
        (server.home / "swarm.key").unlink()
        server.launch()
        with pytest.raises(Broken, match="private network") as caught:
            server.slot.wait_until(lambda: False)
        assert caught.value.code == "INTERNAL"


def test_it_listens_on_loopback_alone_and_shows_no_secret(kubos: list[KuboServer]):
    """One port for the network, one for its interface; what must be shown or kept is in files of its
    owner's, and on no command line.
    """
    server = kubos[0]
    pid = server.slot.pid
    assert pid is not None
    told = {address.partition(":")[0] for address in listening(pid)}
    assert (told, len(listening(pid))) == ({"0100007F"}, 2)
    key = (server.home / "swarm.key").read_text().split()[-1]
    for path in (server.token_file, server.home / "swarm.key", server.home / "config"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for of in ("cmdline", "environ"):
        said = Path(f"/proc/{pid}/{of}").read_bytes()
        assert server.token_file.read_bytes() not in said
        assert key.encode() not in said


def test_it_knows_nobody_and_tells_nobody(kubos: list[KuboServer]):
    """No public node, router or resolver, no announcement, no telemetry: as it says of itself."""
    config = kubos[0].ask("config/show")
    assert kubos[0].ask("bootstrap/list") == {"Peers": []}
    assert (config["Routing"]["Type"], config["Bootstrap"], config["DNS"]["Resolvers"]) == ("none", [], {})
    for name in ("AutoConf", "AutoTLS", "HTTPRetrieval", "Provide"):
        assert config[name]["Enabled"] is False
    assert config["Plugins"]["Plugins"]["telemetry"]["Config"] == {"Mode": "off"}
    assert "private network" in kubos[0].slot.out.read_text()


def test_a_caller_without_the_token_is_refused(kubos: list[KuboServer]):
    """Also on loopback, where others may have programs."""
    place = urlsplit(kubos[0].url)
    for headers in ({}, {"Authorization": "Bearer of-somebody-else"}):
        line = HTTPConnection(str(place.hostname), place.port, timeout=30)
        line.request("POST", "/api/v0/id", headers=headers)
        assert line.getresponse().status == 403
        line.close()


def test_strangers_without_the_swarm_key_get_no_line(kubos: list[KuboServer], tmp_path: Path):
    """Neither they to us nor we to them."""
    with running(tmp_path) as stranger:
        with pytest.raises(Broken, match="INTERNAL"):
            stranger.connect(kubos[0])
        with pytest.raises(Broken, match="INTERNAL"):
            kubos[0].connect(stranger)
        assert stranger.ask("swarm/peers")["Peers"] in (None, [])
    assert len(kubos[0].ask("swarm/peers")["Peers"]) == 1
