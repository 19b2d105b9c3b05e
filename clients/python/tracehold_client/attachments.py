"""Attachments over REST: content of up to 1 GiB, hashed while it is sent or fetched, in memory of a block."""

import http.client
import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from tracehold.core.blocks import Blocks, BlockTree
from tracehold.core.cid import CID_CHARS, parse_cid
from tracehold.core.errors import Rejected, Unavailable
from tracehold.core.limits import BLOCK_BYTES
from tracehold_client.http import Answer, check_address
from tracehold_client.rest import check_token, problem

_MEDIA = "application/octet-stream"
Progress = Callable[[int], None]
"""Told of so many bytes more."""


def _silent(_: int) -> None:
    """Nobody looks on."""


class Attachments:
    """Brings attachments to one node and fetches them, each call blocking and on a connection of its own.

    `url` is its REST address. Errors as those of `RestClient`; also ATTACHMENT_MISMATCH where the node has or
    sends other bytes.
    """

    def __init__(
        self, url: str, *, token: str | None = None, tls_ca: bytes | None = None, timeout: float = 60.0
    ) -> None:
        check_address(url)
        check_token(url, token)
        self._url = urlsplit(url)
        self._timeout = timeout
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._tls = ssl.create_default_context(cadata=tls_ca.decode("ascii")) if tls_ca else None

    def attach(self, path: Path, progress: Progress = _silent) -> Blocks:
        """Bring the file's content for the token's party; how a record names it. Durable on return."""
        tree = BlockTree()
        with _opened(path) as file, self._connected() as connection:
            size = path.stat().st_size
            headers = {
                **self._headers,
                "Content-Length": str(size),
                "Content-Type": "application/octet-stream",
            }
            pieces = _hashed(file, tree, progress)
            answer = self._answer(connection, "POST", "v1/attachments", pieces, headers)
            told = json.loads(_whole(answer).body)
        blocks = tree.finish()
        if told.get("fingerprint") != blocks.fingerprint.hex() or told.get("cid") != str(blocks.cid):
            raise Rejected("ATTACHMENT_MISMATCH", "the node names the content otherwise than it hashes here")
        return blocks

    def fetch(self, record: str, name: str, into: Path, progress: Progress = _silent) -> Blocks:
        """Write the content that the record names by this fingerprint or CID to a new file, which appears
        when all of it came and is what it is called.
        """
        part = into.with_name(into.name + ".part")
        path = f"v1/records/{record}/attachments/{name}"
        try:
            with self._connected() as connection, part.open("xb") as file:
                answer = self._answer(connection, "GET", path, None, self._headers)
                blocks = _written(answer, file, progress)
            if not _is_called(blocks, name):
                raise Rejected("ATTACHMENT_MISMATCH", "the node sent other bytes than the name stands for")
            into.hardlink_to(part)  # not over a file that is there
        except FileExistsError:
            raise Rejected("BAD_REQUEST", f"{into} or {part} exists") from None
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        part.unlink()
        return blocks

    @contextmanager
    def _connected(self) -> "Iterator[http.client.HTTPConnection]":
        host = self._url.netloc.rpartition("@")[2]
        if self._url.scheme == "https":
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                host, timeout=self._timeout, context=self._tls, blocksize=BLOCK_BYTES
            )
        else:
            connection = http.client.HTTPConnection(host, timeout=self._timeout, blocksize=BLOCK_BYTES)
        try:
            yield connection
        except (http.client.HTTPException, ValueError) as error:
            raise Unavailable("NODE_DOWN", "the node does not answer as one") from error
        except ConnectionError as error:
            raise Unavailable("NODE_DOWN", f"{self._url.netloc} does not answer") from error
        except TimeoutError as error:
            raise Unavailable("NODE_DOWN", f"{self._url.netloc} does not answer in time") from error
        finally:
            connection.close()

    def _answer(
        self,
        connection: http.client.HTTPConnection,
        verb: str,
        path: str,
        body: Iterator[bytes] | None,
        headers: dict[str, str],
    ) -> http.client.HTTPResponse:
        connection.request(verb, f"{self._url.path.rstrip('/')}/{path}", body, headers)
        response = connection.getresponse()
        if response.status >= 300:
            raise problem(_whole(response))
        return response


def _hashed(file: BinaryIO, tree: BlockTree, progress: Progress) -> Iterator[bytes]:
    while piece := file.read(BLOCK_BYTES):
        tree.feed(piece)
        yield piece
        progress(len(piece))


def _written(answer: http.client.HTTPResponse, file: BinaryIO, progress: Progress) -> Blocks:
    """Raises ATTACHMENT_TOO_LARGE where the answer does not end."""
    tree = BlockTree()
    while piece := answer.read(BLOCK_BYTES):
        tree.feed(piece)
        file.write(piece)
        progress(len(piece))
    return tree.finish()


def _is_called(blocks: Blocks, name: str) -> bool:
    return blocks.cid == parse_cid(name) if len(name) == CID_CHARS else blocks.fingerprint.hex() == name


def _whole(response: http.client.HTTPResponse) -> Answer:
    return Answer(response.status, {}, response.read(BLOCK_BYTES))


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise Rejected("BAD_REQUEST", f"cannot read {path}") from error
    with file:
        yield file
