"""A line to one member: a channel that trusts its certificate and no other, and calls that end in time.

Whatever goes wrong on it is one thing to those who ask: this peer does not answer now. But one that says that
it has too much to do is there, and may be asked later.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import grpc
from google.protobuf.message import DecodeError, Message

from tracehold.adapters.peers.busy import puts_off
from tracehold.core.errors import Rejected, Unavailable
from tracehold.journey.neighbours import Neighbour
from tracehold.wire.ways import Way

MAX_ANSWER_BYTES = 32 << 20
"""One answer of a peer; what is larger is not read."""

MAX_TOLD_BYTES = 64 << 10
"""One answer about the directory, which has a sixth of that; a longer one is not read."""

MAX_SHOWN_BYTES = 9 << 20
"""One answer about what a member keeps: 4 MiB with one part of at most 4 MiB beyond; a longer one is not
read.
"""

AT_ONCE = 8
"""Questions on one line at once: well below what a peer answers one member at once."""

RANGES_AT_ONCE = 3
"""Questions for ranges on one line at once: below what a peer answers one member at once."""

SHIPMENTS_AT_ONCE = 2
"""Shipments on one line at once: as many as a peer takes of one member. They wait for no questions."""

AUDITS_AT_ONCE = 1
"""Audits on one line at once: below what a peer answers one member at once."""

SHIPMENT_RATE = 256 << 10
"""Bytes a second that are shipped, checked and made durable at least: a shipment's deadline is by this."""

CONNECT_MS = 5_000
"""Milliseconds that one try to connect may take; the work that waits for it may end before."""

_SERVICE = "/tracehold.v1.PeerService/"
_Answer = TypeVar("_Answer", bound=Message)


@dataclass(frozen=True, slots=True)
class OwnPair:
    """This node's TLS certificate and key, PEM."""

    certificate: bytes
    key: bytes


class Line:
    """A channel when it is used. It connects then, and again after it broke or was laid down."""

    def __init__(
        self,
        neighbour: Neighbour,
        own: OwnPair,
        deadline_s: float,
        used: Callable[["Line"], None] = lambda line: None,
    ) -> None:
        """Every piece of work on it gets `deadline_s` seconds, and more where it is a large shipment. `used`
        is told when one begins.
        """
        self.neighbour = neighbour
        self.closed = False
        """Whether it is over: what begins then ends as PEER_DOWN."""
        self._own = own
        self._deadline_s = deadline_s
        self._used = used
        self._users = 0
        self._open: grpc.aio.Channel | None = None
        self._turns = {
            Way.QUESTION: asyncio.Semaphore(AT_ONCE),
            Way.RANGE: asyncio.Semaphore(RANGES_AT_ONCE),
            Way.SHIPMENT: asyncio.Semaphore(SHIPMENTS_AT_ONCE),
            Way.AUDIT: asyncio.Semaphore(AUDITS_AT_ONCE),
        }

    @property
    def busy(self) -> bool:
        """Whether anything runs on it, or waits for its turn."""
        return self._users > 0

    def lay_down(self) -> Coroutine[Any, Any, None]:
        """End the channel; calls that run end as PEER_DOWN. From the return on the next use opens another
        one, whether or not the end was waited for.
        """
        channel, self._open = self._open, None
        return _ended(channel)

    @property
    def _channel(self) -> grpc.aio.Channel:
        if self.closed:
            raise Unavailable("PEER_DOWN", f"the line to node {self.neighbour.number} was closed")
        if self._open is None:
            leaf, own = self.neighbour.leaf, self._own
            credentials = grpc.ssl_channel_credentials(leaf.pem, own.key, own.certificate)
            # The certificate is pinned, wherever it is served; the name in it says nothing more.
            options = [*_OPTIONS, ("grpc.ssl_target_name_override", leaf.host)]
            target = f"dns:///{self.neighbour.endpoint}"
            self._open = grpc.aio.secure_channel(target, credentials, options=options)
        return self._open

    async def ask(self, method: str, request: Message, answer: type[_Answer], size: int = 0) -> _Answer:
        """One call, whose answer may have `size` bytes and more time for them. To be made within `limited`,
        which knows what may go wrong.
        """
        call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = self._channel.unary_unary(_SERVICE + method)
        seconds = self._deadline_s + size / SHIPMENT_RATE
        return answer.FromString(await call(request.SerializeToString(), timeout=seconds))

    async def ship(self, method: str, parts: Iterator[Message], answer: type[_Answer], size: int) -> _Answer:
        """One call with many messages of `size` bytes in all. To be made within `limited` for that size."""
        call: grpc.aio.StreamUnaryMultiCallable[bytes, bytes] = self._channel.stream_unary(_SERVICE + method)
        sent = (part.SerializeToString() for part in parts)
        return answer.FromString(await call(sent, timeout=self._deadline_s + size / SHIPMENT_RATE))

    @asynccontextmanager
    async def limited(self, way: Way = Way.QUESTION, size: int = 0) -> AsyncIterator[None]:
        """One piece of work: some calls and the reading of their answers, or a shipment, of `size` bytes. So
        many of each kind run at once; the others wait, within their time.

        Raises PEER_DOWN, TOO_MANY_CALLS where the peer puts it off, and nothing else.
        """
        number = self.neighbour.number
        self._users += 1
        self._used(self)
        try:
            async with asyncio.timeout(self._deadline_s + size / SHIPMENT_RATE), self._turns[way]:
                yield
        except TimeoutError:
            raise Unavailable("PEER_DOWN", f"node {number} does not answer in time") from None
        except grpc.aio.AioRpcError as error:
            if puts_off(error):
                raise Unavailable("TOO_MANY_CALLS", f"node {number} puts it off") from error
            raise Unavailable("PEER_DOWN", f"node {number} does not answer ({error.code().name})") from error
        except (grpc.aio.UsageError, DecodeError, Rejected) as error:
            raise Unavailable("PEER_DOWN", f"node {number} answers what cannot be read") from error
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            # The channel was closed under the call, and not the caller's task cancelled.
            raise Unavailable("PEER_DOWN", f"the line to node {number} was closed") from None
        finally:
            self._users -= 1


async def _ended(channel: grpc.aio.Channel | None) -> None:
    if channel is not None:
        await channel.close()


_MOST = {
    MAX_TOLD_BYTES: ("FindNode", "GetProviders", "AddProviders"),
    MAX_SHOWN_BYTES: ("GetCustody", "Challenge", "GetTranscripts"),
}
_LIMITS = json.dumps(
    {
        "methodConfig": [
            {
                "name": [{"service": "tracehold.v1.PeerService", "method": method} for method in methods],
                "maxResponseMessageBytes": most,
            }
            for most, methods in _MOST.items()
        ]
    }
)
_OPTIONS: list[tuple[str, str | int]] = [
    ("grpc.max_receive_message_length", MAX_ANSWER_BYTES),
    ("grpc.max_metadata_size", 16 << 10),
    # A proxy of the environment is for the web; and it would see where the peers are.
    ("grpc.enable_http_proxy", 0),
    ("grpc.service_config", _LIMITS),
    # The peer does not say how it wants to be called.
    ("grpc.service_config_disable_resolution", 1),
    ("grpc.initial_reconnect_backoff_ms", 500),
    # So long may a connection and its handshake take: at 500 ms a far or busy peer could not be reached.
    ("grpc.min_reconnect_backoff_ms", CONNECT_MS),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
]
