"""When a block is final: policies as configured, and found out from what each kind of chain says."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import rlp

from tests.ports.ledgers import OnDevchain
from tracehold.adapters.ethereum import finality
from tracehold.adapters.ethereum.finality import Finality
from tracehold.core.errors import Rejected

UNKNOWN = {"error": {"code": -39001, "message": "Unknown block"}}
NOT_FOUND = {"error": {"code": -32000, "message": "finalized block not found"}}
NULL = {"result": None}


@pytest.fixture
async def chain(tmp_path: Path) -> AsyncIterator[OnDevchain]:
    """A chain in hand."""
    made = await OnDevchain(tmp_path).start()
    yield made
    made.close()


@pytest.mark.parametrize(
    ("text", "policy", "shown"),
    [
        ("tag", Finality("tag"), "tag"),
        ("depth:12", Finality("depth", 12), "depth:12"),
        ("depth:0", Finality("depth"), "instant"),
        ("depth:1000", Finality("depth", 1000), "depth:1000"),
        ("instant", Finality("depth"), "instant"),
        ("auto", None, "None"),
    ],
)
def test_configured(text: str, policy: Finality | None, shown: str):
    """Each form, and how it is shown again."""
    assert finality.parse(text) == policy
    assert str(policy) == shown


@pytest.mark.parametrize(
    "text", ["", "depth", "depth:", "depth:-1", "depth:1001", "depth:²", "tags", "tag:1", "12"]
)
def test_misconfigured(text: str):
    """Anything else is told with the place in the configuration."""
    with pytest.raises(Rejected) as refused:
        finality.parse(text)
    assert (refused.value.code, refused.value.path) == ("BAD_CONFIG", "ledger.finality")


def says(chain: OnDevchain, final: Any, **header: str) -> None:
    """Let the chain answer so for the `finalized` tag, and have such fields in its other headers."""

    def block(ref: str, full: bool) -> dict[str, Any]:
        if ref == "finalized":
            answer: dict[str, Any] = final
            return answer
        return {"result": {**chain.node.rpc("eth_getBlockByNumber", ref, full), **header}}

    chain.wire.answers["eth_getBlockByNumber"] = block


def clique(signers: int) -> str:
    """extraData of a Clique checkpoint block."""
    return "0x" + "00" * 32 + "5a" * 20 * signers + "00" * 65


BFT = "0x" + rlp.encode([bytes(32), [b"\x5a" * 20] * 4, [], 0, []]).hex()


@pytest.mark.parametrize("final", [UNKNOWN, NOT_FOUND, NULL], ids=["besu", "geth", "null"])
@pytest.mark.parametrize(
    ("header", "policy"),
    [
        ({"difficulty": "0x0"}, Finality("tag")),
        ({"difficulty": "0x1", "extraData": BFT}, Finality("depth", 1)),
        ({"difficulty": "0x2", "extraData": clique(1)}, Finality("depth", 1)),
        ({"difficulty": "0x2", "extraData": clique(3)}, Finality("depth", 2)),
        ({"difficulty": "0x1", "extraData": clique(4)}, Finality("depth", 3)),
        ({"difficulty": "0x1", "extraData": clique(5)}, Finality("depth", 3)),
        ({"difficulty": "0x400000000", "extraData": "0x1234"}, Finality("depth", 12)),
        ({"difficulty": "0x2", "extraData": "0x"}, Finality("depth", 12)),
    ],
    ids=["pos", "bft", "clique1", "clique3", "clique4", "clique5", "pow", "odd"],
)
async def test_found_out(chain: OnDevchain, final: dict[str, Any], header: dict[str, str], policy: Finality):
    """By the tag's absence and the header; Clique's signers as the genesis block lists them."""
    says(chain, final, **header)
    assert await finality.detect(chain.client) == policy


async def test_clique_says_its_signers_now(chain: OnDevchain):
    """clique_getSigners is newer than the genesis block."""
    says(chain, NOT_FOUND, difficulty="0x2", extraData=clique(3))
    chain.wire.answers["clique_getSigners"] = {"result": ["0x" + "5a" * 20] * 9}
    assert await finality.detect(chain.client) == Finality("depth", 5)


async def test_devchain_has_the_tag(chain: OnDevchain):
    """Our own chain is final at once, by its tag."""
    assert await finality.detect(chain.client) == Finality("tag")
    assert await Finality("tag").height(chain.client) == await chain.client.height()


async def test_heights(chain: OnDevchain):
    """The newest final block, -1 while there is none."""
    height = await chain.client.height()
    assert await Finality("depth", 0).height(chain.client) == height
    assert await Finality("depth", 2).height(chain.client) == height - 2
    assert await Finality("depth", height + 1).height(chain.client) == -1
    assert await Finality("depth", 1000).height(chain.client) == -1
    says(chain, UNKNOWN)
    assert await Finality("tag").height(chain.client) == -1
