"""What a JSON-RPC caller is told: a code and our own words, never an exception's.

Codes: JSON-RPC 2.0 section 5.1 (-32700, -32600 to -32603), EIP-1474 (-32000, -32003, -32005) and geth's 3 for
reverted execution. Messages of refused transactions are geth's, because clients match them.
"""

PARSE, INVALID_REQUEST, NO_METHOD, BAD_PARAMS, INTERNAL = -32700, -32600, -32601, -32602, -32603
REFUSED = -32000
TOO_LARGE = -32003
LIMIT = -32005
REVERTED = 3


class RpcError(Exception):
    """An answer that is an error."""

    def __init__(self, code: int, message: str, data: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data

    def body(self) -> dict[str, object]:
        """The `error` member of the response object."""
        body: dict[str, object] = {"code": self.code, "message": self.message}
        return body if self.data is None else body | {"data": self.data}


def refused(message: str) -> RpcError:
    """-32000, what the node understands and does not do."""
    return RpcError(REFUSED, message)


def bad_params(message: str) -> RpcError:
    """-32602, a parameter is missing or malformed."""
    return RpcError(BAD_PARAMS, message)
