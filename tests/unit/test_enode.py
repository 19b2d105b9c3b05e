"""Enodes: what members publish is read strictly, since a node of ours hands it to its chain's node."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracehold.core.enode import MAX_CHARS, Enode, parse_enode
from tracehold.core.errors import Rejected

# The generator of secp256k1 (SEC 2 section 2.4.1): a point that is surely on the curve.
NODE = (
    "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
    "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"
)


@pytest.mark.parametrize(
    "place",
    [
        "127.0.0.1:30303",
        "10.1.2.3:30303?discport=0",
        "[::1]:30303",
        "[2001:db8::7]:1?discport=65535",
        "geth.mill.example:30303",
        "localhost:30303",
        "mill-1:30303",
    ],
)
def test_is_read_and_written_the_same(place: str) -> None:
    """Loopback and private hosts among them: a consortium may live in one network."""
    text = f"enode://{NODE}@{place}"
    assert str(parse_enode(text)) == text


def test_digits_are_compared_in_one_case() -> None:
    """Clients differ in the case of hexadecimal digits; the node is the same."""
    assert parse_enode(f"enode://{NODE.upper()}@127.0.0.1:1").node == NODE


@pytest.mark.parametrize(
    "text",
    [
        "",
        NODE,
        f"enode://{NODE}",
        f"http://{NODE}@127.0.0.1:30303",
        f"enode://{NODE[2:]}@127.0.0.1:30303",
        f"enode://{NODE}00@127.0.0.1:30303",
        f"enode://{NODE}@127.0.0.1",
        f"enode://{NODE}@127.0.0.1:0",
        f"enode://{NODE}@127.0.0.1:65536",
        f"enode://{NODE}@127.0.0.1:030303",
        f"enode://{NODE}@127.0.0.1:30303?discport=65536",
        f"enode://{NODE}@127.0.0.1:30303?discport=1&x=2",
        f"enode://{NODE}@127.0.0.1:30303/admin",
        f"enode://{NODE}@127.0.0.1:30303\n",
        f" enode://{NODE}@127.0.0.1:30303",
        f"enode://{NODE}@a b:30303",
        f"enode://{NODE}@user@host:30303",
        f"enode://{NODE}@-host:30303",
        f"enode://{NODE}@{'h' * 254}:30303",
        f"enode://{NODE}@h{' ' * MAX_CHARS}:30303",
    ],
)
def test_other_forms_are_refused(text: str) -> None:
    """What is not wholly an enode is none."""
    with pytest.raises(Rejected) as refused:
        parse_enode(text)
    assert refused.value.code == "BAD_URI"


@pytest.mark.parametrize(
    "host",
    [
        "0.0.0.0",
        "[::]",
        "224.0.0.1",
        "[ff02::1]",
        "255.255.255.255",
        "1",
        "10.1",
        "300.1.1.1",
        "[127.0.0.1]",
        "[::1::]",
    ],
)
def test_hosts_that_are_nobodys_are_refused(host: str) -> None:
    """Everywhere, many at once, and numbers that only a resolver takes for an address."""
    with pytest.raises(Rejected):
        parse_enode(f"enode://{NODE}@{host}:30303")


@pytest.mark.parametrize("key", ["00" * 64, "ff" * 64, NODE[:-1] + "9", NODE[64:] + NODE[:64]])
def test_keys_off_the_curve_are_refused(key: str) -> None:
    """A client that computed with such a key might leak its own."""
    with pytest.raises(Rejected, match="no point"):
        parse_enode(f"enode://{key}@127.0.0.1:30303")


@pytest.mark.parametrize(
    ("host", "local"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("10.0.0.1", False), ("a.b", False)],
)
def test_says_whether_only_its_machine_reaches_it(host: str, local: bool) -> None:
    """And is the same node under another host."""
    enode = Enode(NODE, host, 30303)
    assert enode.is_local is local
    assert enode.at("::2") == parse_enode(f"enode://{NODE}@[::2]:30303")


@given(st.text(max_size=200))
def test_never_fails_otherwise(text: str) -> None:
    """Any text is an enode, or refused."""
    for tried in (text, f"enode://{NODE}@{text}"):
        try:
            found = parse_enode(tried)
        except Rejected as refused:
            assert refused.code == "BAD_URI"  # noqa: PT017
        else:
            assert parse_enode(str(found)) == found
