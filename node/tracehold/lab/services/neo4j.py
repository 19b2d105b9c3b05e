"""One Neo4j of the Community edition on loopback: a process that outlives the command that started it.

It speaks Bolt over TLS alone, with a certificate of its own, and asks for a password, which stands in a file
and never on a command line. Its folder holds everything; `make services` brings the program.
"""

import os
import secrets
import socket
import ssl
import struct
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tracehold.adapters.keyfiles.secrets import create_secret
from tracehold.adapters.keyfiles.tls import create_certificate
from tracehold.core.errors import Broken, Unavailable
from tracehold.lab.programs import Slot
from tracehold.lab.services.cache import binary

HOST = "127.0.0.1"
USER = "neo4j"
START_S = 180.0
"""Some ten seconds, on a machine that does nothing else."""
HEAP_MB = 512
PAGE_CACHE_MB = 128
LAST_LINES = 12
"""Lines of its log that are shown where it ended by itself."""

ENTRY = "org.neo4j.server.CommunityEntryPoint"
ADMIN = "org.neo4j.cli.AdminTool"
FOLDERS = ("conf", "logs", "run", "data", "plugins", "import", "certificates/trusted", "certificates/revoked")
HELLO = struct.pack(">IIIII", 0x6060B017, 0x00000405, 0x00000404, 0, 0)
"""Bolt's handshake: its magic number, and the versions 5.4 and 4.4 offered."""

# An empty database takes 516 MB of preallocated logs without the two lines on them, and stopping takes twelve
# seconds without the two on waiting.
SETTINGS = """\
server.default_listen_address={host}
server.default_advertised_address={host}
server.bolt.enabled=true
server.bolt.listen_address={host}:{port}
server.bolt.advertised_address={host}:{port}
server.bolt.tls_level=REQUIRED
server.http.enabled=false
server.https.enabled=false
dbms.ssl.policy.bolt.enabled=true
dbms.ssl.policy.bolt.base_directory={home}/certificates
dbms.ssl.policy.bolt.private_key=private.key
dbms.ssl.policy.bolt.public_certificate=public.crt
dbms.ssl.policy.bolt.trusted_dir=trusted
dbms.ssl.policy.bolt.revoked_dir=revoked
dbms.ssl.policy.bolt.client_auth=NONE
dbms.ssl.policy.bolt.tls_versions=TLSv1.3,TLSv1.2
dbms.security.auth_enabled=true
dbms.usage_report.enabled=false
server.memory.heap.initial_size=128m
server.memory.heap.max_size={heap}m
server.memory.pagecache.size={cache}m
db.tx_log.preallocate=false
db.tx_log.rotation.size=16m
db.tx_log.rotation.retention_policy=2 files
db.checkpoint.interval.time=1m
internal.server.bolt.connection_shutdown_wait_time=0s
internal.server.bolt.thread_pool_shutdown_wait_time=0s
"""


@dataclass(slots=True)
class Neo4jServer:
    """A server in its folder, running or not."""

    folder: Path
    slot: Slot
    heap_mb: int = HEAP_MB
    page_cache_mb: int = PAGE_CACHE_MB

    @property
    def certificate(self) -> Path:
        """What a client trusts: the server's own certificate."""
        return self.folder / "certificates" / "public.crt"

    @property
    def password_file(self) -> Path:
        """The password of the user `neo4j`, readable by its owner alone."""
        return self.folder / "password"

    @property
    def port(self) -> int:
        """Of Bolt, on loopback."""
        return int((self.folder / "port").read_text())

    @property
    def uri(self) -> str:
        """Where a driver finds it."""
        return f"bolt://{HOST}:{self.port}"

    def found(self, port: int, now: datetime | None = None) -> None:
        """Make its folder: settings, certificate, password. Harmless to repeat where it was made whole.

        Raises NODE_DOWN where the program is missing, INTERNAL where it refuses.
        """
        if self.certificate.exists() and (self.folder / "port").exists():
            return
        program = binary("neo4j")
        for name in FOLDERS:
            (self.folder / name).mkdir(parents=True, exist_ok=True, mode=0o700)
        if not self.password_file.exists():
            create_secret(self.password_file, secrets.token_hex(24).encode())
        home = self.folder.absolute()
        memory = {"heap": self.heap_mb, "cache": self.page_cache_mb}
        settings = SETTINGS.format(host=HOST, port=port, home=home, **memory)
        (self.folder / "conf" / "neo4j.conf").write_text(settings)
        self._set_password(program)
        key = self.folder / "certificates" / "private.key"
        if not self.certificate.exists():
            key.unlink(missing_ok=True)
            create_certificate(key, self.certificate, [HOST, "localhost"], now or datetime.now(UTC), "neo4j")
        (self.folder / "port").write_text(str(port))

    def _set_password(self, program: Path) -> None:
        if (self.folder / "data" / "dbms" / "auth.ini").exists():
            return
        home, password = self.folder.absolute(), f"@{self.password_file.absolute()}"
        words = ("dbms", "set-initial-password", password)
        done = subprocess.run(
            [str(program), "-Xmx128m", "-XX:TieredStopAtLevel=1", ADMIN, *words],
            env={**os.environ, "NEO4J_HOME": str(home), "NEO4J_CONF": str(home / "conf")},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise Broken("INTERNAL", f"neo4j takes no password: {done.stderr.strip()[-500:]}")

    def launch(self) -> None:
        """Start it where it does not run; `wait` says when it answers. Raises NODE_DOWN."""
        home = self.folder.absolute()
        folders = (f"--home-dir={home}", f"--config-dir={home / 'conf'}")
        self.slot.start([str(binary("neo4j")), "-Xms128m", f"-Xmx{self.heap_mb}m", ENTRY, *folders])

    def wait(self, seconds: float = START_S) -> None:
        """Return when it answers.

        Raises INTERNAL with the end of its log where it ended, NODE_DOWN after so many seconds.
        """
        try:
            self.slot.wait_until(self.ready, seconds)
        except (Broken, Unavailable) as error:
            said = f"neo4j did not start: {self._log_end()}"
            raise type(error)(error.code, said, remedy=f"See {self.slot.log}.") from error

    def ready(self) -> bool:
        """Whether it answers the first words of Bolt, under its own certificate."""
        trust = ssl.create_default_context(cafile=str(self.certificate))
        try:
            with (
                socket.create_connection((HOST, self.port), 2) as plain,
                trust.wrap_socket(plain, server_hostname=HOST) as line,
            ):
                line.settimeout(5)
                line.sendall(HELLO)
                return line.recv(4) not in {b"", bytes(4)}
        except OSError:
            return False

    def stop(self) -> None:
        """Stop it in order. Harmless where it does not run."""
        self.slot.ask_to_stop()
        self.slot.stopped(60.0)

    def kill(self) -> None:
        """SIGKILL: what a power failure does."""
        self.slot.kill()

    def _log_end(self) -> str:
        said = (self.folder / "logs" / "neo4j.log", self.slot.out, self.slot.log)
        lines = [line for path in said if path.exists() for line in _lines(path)]
        return "\n  ".join(["the end of its log:", *lines[-LAST_LINES:]]) if lines else "it said nothing"


def _lines(path: Path) -> list[str]:
    """What it says, without the places in its code where it said so."""
    lines = path.read_text(errors="replace").splitlines()
    return [line for line in lines if not line.startswith(("\tat ", "\t... "))]


def server_in(folder: Path, heap_mb: int = HEAP_MB, page_cache_mb: int = PAGE_CACHE_MB) -> Neo4jServer:
    """The server of this folder, made or not; made with so much memory."""
    return Neo4jServer(folder, Slot(folder, "neo4j"), heap_mb, page_cache_mb)
