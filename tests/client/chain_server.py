"""A JSON-RPC server on loopback that answers what a test says, also what no honest chain would."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.blocks import BLOCK_TIME, CHAIN_ID, CONTRACT, anchored_log, keccak256, word
from tests.logs import NETWORK, NODE_KEY, OPERATOR
from tracehold.core.anchor import Anchor
from tracehold.core.anchorproof import AnchoredEvent

Answers = dict[str, Callable[[list[Any]], Any]]


def honest(
    anchor: Anchor, final: int | None = None, keys: Sequence[bytes] = (NODE_KEY.public.raw,)
) -> Answers:
    """A chain on which `anchor` was made, final up to its block or as said; `keys` are the node's up to its
    block, in order.
    """
    event = AnchoredEvent(anchor.node, anchor.prev_size, anchor.size, anchor.root, (2, 3))
    _, topics, data = anchored_log(event)
    log = {"topics": ["0x" + topic.hex() for topic in topics], "data": "0x" + data.hex()}
    told_keys = [{"topics": [], "data": "0x" + (bytes(32) + key + bytes(32)).hex()} for key in keys]
    newest = anchor.block_number + 2 if final is None else final
    node = [word(4), *[bytes(32)] * 3, NODE_KEY.public.raw, bytes(anchor.log), bytes(32)]
    calls = {
        "networkId()": bytes(NETWORK),
        "nodeAt(uint32)" + word(anchor.node).hex(): b"".join(node),
        "operatorAt(uint32)" + word(4).hex(): keccak256(OPERATOR.encode()) + word(1),
    }
    told = {_data(call): answer for call, answer in calls.items()}
    return {
        "eth_chainId": lambda _: hex(CHAIN_ID),
        "eth_blockNumber": lambda _: hex(newest + 50),
        "eth_getBlockByNumber": lambda params: (
            {"number": hex(newest)}
            if params[0] == "finalized"
            else {"hash": "0x" + anchor.block_hash.hex(), "timestamp": hex(BLOCK_TIME)}
        ),
        "eth_getLogs": lambda params: _logs(params[0], log, told_keys),
        "eth_call": lambda params: "0x" + told[params[0]["data"]].hex(),
    }


def _logs(wanted: dict[str, Any], anchored: Any, keys: list[Any]) -> list[Any]:
    """The anchor, or, where several events are asked for, those that name keys."""
    if wanted["address"] != "0x" + CONTRACT.hex():
        return []
    return keys if isinstance(wanted["topics"][0], list) else [anchored]


def _data(call: str) -> str:
    """Call data of a signature, followed by its argument in hex."""
    signature, _, argument = call.partition(")")
    return "0x" + keccak256(f"{signature})".encode())[:4].hex() + argument


@contextmanager
def chain(answers: Answers) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The chain's address, and the requests it got. An answer that is bytes is sent as it is."""
    requests: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["content-length"])))
            requests.append(request)
            result = answers[request["method"]](request["params"])
            if isinstance(result, tuple):
                self.send_response(result[0])
                self.send_header("location", result[1])
                self.end_headers()
                return
            whole = {"jsonrpc": "2.0", "id": request["id"], "result": result}
            body = result if isinstance(result, bytes) else json.dumps(whole).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", requests
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
