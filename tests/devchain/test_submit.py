"""eth_sendRawTransaction: what may enter the pool, and in which words the rest is refused."""

from typing import Any

import pytest
import rlp
from hypothesis import given
from hypothesis import strategies as st

from tests.devchain.bytecode import STORE, word
from tests.devchain.node import ALICE, BOB, CHAIN_ID, GWEI, POOR, Node, Refused, signed
from tracehold.devchain import admission, pool
from tracehold.devchain.errors import RpcError

SECP256K1_N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def refusal(node: Node, raw: str) -> str:
    """The message of the -32000 that this transaction gets."""
    with pytest.raises(Refused) as caught:
        node.rpc("eth_sendRawTransaction", raw)
    assert caught.value.code == -32000
    return caught.value.message


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"gas": 20_999}, "intrinsic gas too low: gas 20999, minimum needed 21000"),
        (
            {"to": None, "data": bytes(3200), "gas": 65_999},
            "intrinsic gas too low: gas 65999, minimum needed 66000",
        ),
        ({"gas": 30_000_001}, "exceeds block gas limit"),
        ({"chainId": 1}, "invalid chain id for signer: have 1 want 7447"),
        ({"chainId": 1, "gasPrice": GWEI}, "invalid chain id for signer: have 1 want 7447"),
        ({"value": 10**24}, "insufficient funds for gas * price + value"),
        ({"maxFeePerGas": 10**20}, "insufficient funds for gas * price + value"),
        ({"maxFeePerGas": GWEI - 1}, "max priority fee per gas higher than max fee per gas"),
        ({"data": b"\x01" * 1000, "gas": 60_999}, "insufficient gas for floor data gas cost"),
        ({"to": None, "data": bytes(49_153), "gas": 10**6}, "max initcode size exceeded"),
        ({"data": bytes(131_072), "gas": 10**7}, "oversized data"),
        (
            {"gasPrice": GWEI, "chainId": None},
            "only replay-protected (EIP-155) transactions allowed over RPC",
        ),
    ],
)
def test_refusals(node: Node, fields: dict[str, Any], message: str) -> None:
    """Each in geth's words, which clients match; nothing enters the pool."""
    assert refusal(node, signed(ALICE, nonce=0, **fields)).startswith(message)
    assert len(node.chain.pool) == 0


@pytest.mark.parametrize(
    "raw", ["0x", "0x02", "0x02c0", "0xc0", "0x7f", "0xffff", "0x05c0", "0x" + "00" * 100, "0xf800"]
)
def test_garbage_is_refused(node: Node, raw: str) -> None:
    """Bytes that are no transaction."""
    assert "cannot be decoded" in refusal(node, raw)


@pytest.mark.parametrize("kind", ["03", "04"])
def test_blobs_and_delegations_are_not_supported(node: Node, kind: str) -> None:
    """The two kinds that the chain does not carry."""
    assert refusal(node, "0x" + kind + "c0") == "transaction type not supported"


def test_a_nonce_that_was_mined_is_too_low(node: Node) -> None:
    """With the numbers, so that a client can catch up; the same bytes again are no second transaction."""
    raw = signed(ALICE, nonce=0)
    node.rpc("eth_sendRawTransaction", raw)
    node.chain.seal()
    assert refusal(node, raw) == "nonce too low: next nonce 1, tx nonce 0"


def test_the_same_bytes_twice_are_already_known(node: Node) -> None:
    """Clients resend what they stored."""
    raw = signed(ALICE, nonce=0)
    node.rpc("eth_sendRawTransaction", raw)
    assert refusal(node, raw) == "already known"


def test_a_replacement_must_pay_a_tenth_more(node: Node) -> None:
    """Both fees; then it takes the place of the first."""
    first = node.send(nonce=0, maxFeePerGas=100, maxPriorityFeePerGas=10)
    for fees in ((110, 10), (109, 11), (100, 20)):
        raw = signed(ALICE, nonce=0, maxFeePerGas=fees[0], maxPriorityFeePerGas=fees[1])
        assert refusal(node, raw) == "replacement transaction underpriced"
    second = node.send(nonce=0, maxFeePerGas=110, maxPriorityFeePerGas=11)
    assert node.rpc("eth_getTransactionByHash", first) is None
    node.chain.seal()
    assert node.rpc("eth_getTransactionReceipt", first) is None
    assert node.rpc("eth_getTransactionReceipt", second)["status"] == "0x1"


def test_a_malleated_signature_is_refused(node: Node) -> None:
    """Attack: the same transaction with s replaced by n - s has another hash (EIP-2)."""
    raw = bytes.fromhex(signed(ALICE, nonce=0)[2:])
    fields = rlp.decode(raw[1:])
    fields[-3] = b"" if fields[-3] else b"\x01"
    fields[-1] = (SECP256K1_N - int.from_bytes(fields[-1], "big")).to_bytes(32, "big")
    assert "s is in the upper half" in refusal(node, "0x02" + rlp.encode(fields).hex())


def test_trailing_bytes_are_refused(node: Node) -> None:
    """Attack: two encodings of one transaction."""
    raw = signed(ALICE, nonce=0)
    assert "decoded" in refusal(node, raw + "00")


def test_a_nonce_at_its_end_is_refused(node: Node) -> None:
    """EIP-2681."""
    assert refusal(node, signed(ALICE, nonce=2**64 - 1)) == "nonce has max value"


def test_an_unfunded_sender_is_refused(node: Node) -> None:
    """With what it has and what it would need."""
    assert refusal(node, signed(POOR, nonce=0)).endswith(f"balance 0, tx cost {100_000 * 10 * GWEI}")


def test_a_full_pool_takes_replacements_only(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded."""
    monkeypatch.setattr(pool, "CAPACITY", 2)
    node.send(nonce=0)
    node.send(nonce=1)
    with pytest.raises(Refused, match="txpool is full"):
        node.send(BOB, nonce=0)
    node.send(nonce=1, maxFeePerGas=20 * GWEI, maxPriorityFeePerGas=2 * GWEI)
    node.chain.seal()
    node.send(BOB, nonce=0)


def test_the_pending_count_counts_what_waits(node: Node) -> None:
    """Without a gap; what is behind one does not count."""
    for nonce in (0, 1, 3):
        node.send(nonce=nonce)
    assert node.rpc("eth_getTransactionCount", ALICE.address, "pending") == "0x2"
    assert node.rpc("eth_getTransactionCount", ALICE.address, "latest") == "0x0"
    assert node.rpc("txpool_status") == {"pending": "0x3", "queued": "0x0"}


@given(st.binary(max_size=200), st.sampled_from([b"", b"\x01", b"\x02", b"\xf8", b"\xc0"]))
def test_no_bytes_break_the_decoder(data: bytes, prefix: bytes) -> None:
    """Attack: arbitrary bytes are refused in words, never an exception of a library."""
    with pytest.raises(RpcError) as caught:
        admission.decode(prefix + data, CHAIN_ID)
    assert caught.value.code == -32000


@given(st.data())
def test_no_changed_byte_is_taken_as_the_same_sender(data: st.DataObject) -> None:
    """Attack: a changed transaction is refused, or is someone else's."""
    raw = bytearray.fromhex(signed(ALICE, nonce=0, data=STORE + word(1))[2:])
    position = data.draw(st.integers(0, len(raw) - 1))
    raw[position] ^= data.draw(st.integers(1, 255))
    try:
        sender = admission.decode(bytes(raw), CHAIN_ID).sender
    except RpcError:
        return
    assert sender != bytes.fromhex(ALICE.address[2:])
