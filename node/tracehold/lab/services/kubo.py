"""One daemon of kubo (IPFS) on loopback: a process that outlives the command that started it.

It is private: it talks to whoever has the same swarm key and to nobody else, knows no public node, asks no
public router, tells nobody what it has, and sends no telemetry. Its interface wants a token, which stands in
a file and never on a command line. Its folder holds everything; `make services` brings the program.
"""

import json
import os
import secrets
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tracehold.adapters.keyfiles.secrets import create_secret
from tracehold.core.errors import Broken, Unavailable
from tracehold.lab.programs import START_S, Slot
from tracehold.lab.services.cache import binary

HOST = "127.0.0.1"
SWARM_KEY = "/key/swarm/psk/1.0.0/\n/base16/\n{digits}\n"
PRIVATE = {"LIBP2P_FORCE_PNET": "1", "IPFS_TELEMETRY": "off"}
"""Without a swarm key it refuses to start; `Plugins` of its configuration says the second one again."""


@dataclass(slots=True)
class KuboServer:
    """A daemon in its folder, running or not."""

    folder: Path
    slot: Slot

    @property
    def home(self) -> Path:
        """Its repository: configuration, identity, blocks."""
        return self.folder.absolute() / "repo"

    @property
    def token_file(self) -> Path:
        """What a client has to show, readable by its owner alone."""
        return self.folder / "token"

    @property
    def url(self) -> str:
        """Where a client finds its interface."""
        return f"http://{HOST}:{self._port('API')}"

    @property
    def address(self) -> str:
        """Where other daemons of its network find it (a multiaddr)."""
        config = self._config()
        return f"{config['Addresses']['Swarm'][0]}/p2p/{config['Identity']['PeerID']}"

    def found(self, api: int, swarm: int, swarm_key: str) -> None:
        """Make its folder: identity, configuration, swarm key, token. Harmless to repeat where it was made
        whole. Raises NODE_DOWN where the program is missing, INTERNAL where it refuses.
        """
        if (self.home / "swarm.key").exists():
            return
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not self.token_file.exists():
            create_secret(self.token_file, secrets.token_hex(24).encode())
        if not (self.home / "config").exists():
            self._init()
        config = _private(self._config(), api, swarm, self.token_file.read_text())
        (self.home / "config").write_text(json.dumps(config, indent=2))
        create_secret(
            self.home / "swarm.key", SWARM_KEY.format(digits=swarm_key).encode()
        )  # says it is whole

    def launch(self) -> None:
        """Start it where it does not run; `wait` says when it answers. Raises NODE_DOWN."""
        words = [f"{name}={value}" for name, value in self._environment().items()]
        self.slot.start(["/usr/bin/env", *words, str(binary("kubo")), "daemon", "--migrate=false"])

    def wait(self, seconds: float = START_S) -> None:
        """Return when it answers.

        Raises INTERNAL with the last line of its log where it ended, NODE_DOWN after so many seconds.
        """
        self.slot.wait_until(self.ready, seconds)

    def ready(self) -> bool:
        """Whether its interface answers."""
        try:
            self.ask("id")
        except (Broken, Unavailable):
            return False
        return True

    def connect(self, other: "KuboServer") -> None:
        """Open a line to another daemon that runs. Raises INTERNAL where one of them refuses, as strangers
        do."""
        self.ask("swarm/connect", arg=other.address)

    def ask(self, command: str, **arguments: str) -> Any:
        """What it answers to a command of its interface. Raises NODE_DOWN, INTERNAL where it refuses."""
        line = HTTPConnection(HOST, self._port("API"), timeout=30)
        headers = {"Authorization": f"Bearer {self.token_file.read_text()}"}
        try:
            line.request("POST", f"/api/v0/{command}?{urlencode(arguments)}", headers=headers)
            answer = line.getresponse()
            said = answer.read()
        except (OSError, HTTPException) as error:
            raise Unavailable("NODE_DOWN", f"no answer from kubo at {self.url}") from error
        finally:
            line.close()
        if answer.status != 200:
            raise Broken("INTERNAL", f"kubo refuses {command}: {said[:500].decode(errors='replace')}")
        return json.loads(said) if said else None

    def stop(self) -> None:
        """Stop it in order. Harmless where it does not run."""
        self.slot.ask_to_stop()
        self.slot.stopped()

    def kill(self) -> None:
        """SIGKILL: what a power failure does."""
        self.slot.kill()

    # -- parts

    def _init(self) -> None:
        done = subprocess.run(
            [str(binary("kubo")), "init", "--empty-repo", "--profile=server"],
            env={**os.environ, **self._environment()},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise Broken("INTERNAL", f"kubo makes no repository: {done.stderr.strip()[-500:]}")

    def _environment(self) -> Mapping[str, str]:
        return {"IPFS_PATH": str(self.home), **PRIVATE}

    def _config(self) -> dict[str, Any]:
        config: dict[str, Any] = json.loads((self.home / "config").read_text())
        return config

    def _port(self, what: str) -> int:
        return int(self._config()["Addresses"][what].rsplit("/", 1)[1])


def _private(config: dict[str, Any], api: int, swarm: int, token: str) -> dict[str, Any]:
    """This configuration, on loopback and without anything that reaches for the public network."""
    for mount in config["Datastore"]["Spec"]["mounts"]:
        if mount["type"] == "flatfs":
            mount["sync"] = True  # what was answered survives a loss of power
    # A block that it remembers to have is not written again, and one that was damaged could not be put right.
    config["Datastore"]["BlockKeyCacheSize"] = 0
    network = dict.fromkeys(("QUIC", "WebTransport", "WebRTCDirect", "Websocket", "Relay"), False)
    off = {"Enabled": False}
    return config | {
        "Addresses": {
            "API": f"/ip4/{HOST}/tcp/{api}",
            "Swarm": [f"/ip4/{HOST}/tcp/{swarm}"],
            "Announce": [],
            "AppendAnnounce": [],
            "NoAnnounce": [],
            "Gateway": [],
        },
        "API": {
            "Authorizations": {"tracehold": {"AuthSecret": f"bearer:{token}", "AllowedPaths": ["/api/v0"]}}
        },
        "Bootstrap": [],
        "Routing": {"Type": "none", "DelegatedRouters": []},
        "Ipns": {"DelegatedPublishers": []},
        "Discovery": {"MDNS": off},
        "DNS": {"Resolvers": {}},
        "AutoConf": off,
        "AutoTLS": off,
        "HTTPRetrieval": off,
        "Provide": off,
        "Swarm": {
            "AddrFilters": [],  # the profile's keep loopback out
            "DisableNatPortMap": True,
            "RelayClient": off,
            "RelayService": off,
            "Transports": {"Network": {"TCP": True, **network}},
        },
        "Plugins": {"Plugins": {"telemetry": {"Config": {"Mode": "off"}}}},
    }


def new_swarm_key() -> str:
    """A fresh key of a private network, 64 hexadecimal digits: whoever has it reads all that is in it."""
    return secrets.token_hex(32)


def server_in(folder: Path) -> KuboServer:
    """The daemon of this folder, made or not."""
    return KuboServer(folder, Slot(folder, "kubo"))
