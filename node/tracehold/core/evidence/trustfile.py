"""The trust file: what a verifier pins, as JSON (docs/spec/evidence.md)."""

import re
from typing import Any

from tracehold.core import strict_json
from tracehold.core.errors import Rejected
from tracehold.core.evidence.trust import Accounts, Signers, Trust
from tracehold.core.header import check_party
from tracehold.core.ids import LogId, NetworkId

MAX_SIGNERS = 1024

_HEX = re.compile(r"(?:0x)?((?:[0-9a-fA-F]{2})+)", re.ASCII)
_NODE = re.compile(r"[1-9][0-9]{0,9}", re.ASCII)
_WHERE = {"network", "chainId", "contract", "nodes"}
_BY = {"blocks", "signers", "accounts"}


def parse_trust(raw: bytes) -> Trust:
    """The trust of a file `{"network": HEX, "chainId": N, "contract": "0x..", "nodes": {"1": HEX of its log
    id, ...}}` with at least one of `"blocks": ["0x..", ...]`, `"signers": {"threshold": N, "addresses":
    ["0x..", ...]}` and `"accounts": {"threshold": N, "salt": "0x..", "operators": {PARTY: {"2": ["0x..",
    ...], ...}, ...}}`.

    Raises BAD_CONFIG: for unknown keys too, since a pin that is overlooked is worse than none.
    """
    try:
        parts = strict_json.loads(raw)
    except Rejected as error:
        raise _bad("", f"the trust file is no JSON: {error.message}") from error
    if type(parts) is not dict:
        raise _bad("", "the trust file is an object")
    if not _WHERE <= parts.keys() <= _WHERE | _BY or not parts.keys() & _BY:
        keys, one = ", ".join(sorted(_WHERE)), ", ".join(sorted(_BY))
        raise _bad("", f"the keys are {keys} and at least one of {one}; got {', '.join(sorted(parts))}")
    return Trust(
        NetworkId(_bytes(parts["network"], 32, "network")),
        _positive(parts["chainId"], "chainId"),
        _bytes(parts["contract"], 20, "contract"),
        _blocks(parts["blocks"]) if "blocks" in parts else frozenset(),
        _nodes(parts["nodes"]),
        _signers(parts["signers"]) if "signers" in parts else None,
        _accounts(parts["accounts"]) if "accounts" in parts else None,
    )


def _blocks(value: Any) -> frozenset[bytes]:
    if type(value) is not list or not value:
        raise _bad("blocks", "at least one block hash must be pinned")
    return frozenset(_bytes(entry, 32, "blocks") for entry in value)


def _nodes(value: Any) -> dict[int, LogId]:
    parts = _by_number(value, "nodes")
    return {number: LogId(_bytes(log, 32, f"nodes.{number}")) for number, log in parts.items()}


def _signers(value: Any) -> Signers:
    parts = _exactly(value, {"threshold", "addresses"}, "signers")
    addresses = _addresses(parts["addresses"], "signers.addresses")
    return Signers(addresses, _threshold(parts["threshold"], len(addresses), "signers"))


def _accounts(value: Any) -> Accounts:
    parts = _exactly(value, {"threshold", "salt", "operators"}, "accounts")
    given = parts["operators"]
    if type(given) is not dict or not given:
        raise _bad("accounts.operators", "the accounts of at least one operator must be pinned")
    operators = {party: _operator(party, nodes) for party, nodes in given.items()}
    _check_apart(operators)
    threshold = _threshold(parts["threshold"], len(operators), "accounts")
    return Accounts(_bytes(parts["salt"], 32, "accounts.salt"), operators, threshold)


def _operator(party: str, value: Any) -> dict[int, frozenset[bytes]]:
    # As the log's header has it, letter for letter: by this a creator's own operator is known again.
    check_party(party, "BAD_CONFIG", "trust.accounts.operators")
    nodes = _by_number(value, f"accounts.operators.{party}")
    return {
        number: _addresses(found, f"accounts.operators.{party}.{number}") for number, found in nodes.items()
    }


def _check_apart(operators: dict[str, dict[int, frozenset[bytes]]]) -> None:
    """Neither a node nor an account is of two operators: one signer would be counted twice."""
    numbers = [number for nodes in operators.values() for number in nodes]
    accounts = [account for nodes in operators.values() for found in nodes.values() for account in found]
    if len(set(numbers)) < len(numbers) or len(set(accounts)) < len(accounts):
        raise _bad("accounts.operators", "a node or an account stands there twice")


def _addresses(value: Any, path: str) -> frozenset[bytes]:
    if type(value) is not list or not 0 < len(value) <= MAX_SIGNERS:
        raise _bad(path, f"1 to {MAX_SIGNERS} addresses must be pinned")
    found = frozenset(_bytes(entry, 20, path) for entry in value)
    if len(found) < len(value):
        raise _bad(path, "an address stands there twice")
    return found


def _by_number(value: Any, path: str) -> dict[int, Any]:
    if type(value) is not dict or not value or not all(map(_NODE.fullmatch, value)):
        raise _bad(path, "at least one node must be pinned, by the node's number")
    return {int(number): part for number, part in value.items()}


def _threshold(value: Any, most: int, path: str) -> int:
    if _positive(value, f"{path}.threshold") > most:
        raise _bad(f"{path}.threshold", f"{value} of {most} can never be met")
    return int(value)


def _positive(value: Any, path: str) -> int:
    if type(value) is not int or value < 1:
        raise _bad(path, "a positive number must stand here")
    return value


def _exactly(value: Any, keys: set[str], path: str) -> dict[str, Any]:
    if type(value) is not dict or value.keys() != keys:
        raise _bad(path, f"the keys are exactly {', '.join(sorted(keys))}")
    return value


def _bytes(value: Any, length: int, path: str) -> bytes:
    match = _HEX.fullmatch(value) if type(value) is str else None
    if match is None or len(match[1]) != 2 * length:
        raise _bad(path, f"{length} bytes in hex must stand here")
    return bytes.fromhex(match[1])


def _bad(path: str, message: str) -> Rejected:
    return Rejected("BAD_CONFIG", message, path=f"trust.{path}" if path else "trust")
