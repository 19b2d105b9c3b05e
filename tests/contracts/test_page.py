"""docs/spec/contract.md says what the contract is; docs/gas.md what it costs."""

import re
from pathlib import Path

from bench import gas
from bench.gas import measure
from tracehold.adapters.ethereum import abi, acks

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "spec" / "contract.md").read_text()


def test_every_name_is_on_the_page():
    """Functions, events with their arguments, errors; and no call is there that the contract has not."""
    found = abi.artifact()
    for name in found.functions:
        assert re.search(rf"`{name}\b", PAGE), name
    for name, entry in found.events.items():
        arguments = [f"{one['name']}{'*' if one['indexed'] else ''}" for one in entry["inputs"]]
        assert f"`{name}({', '.join(arguments)})`" in PAGE
    errors = {entry["name"]: [one["name"] for one in entry["inputs"]] for entry in found.errors.values()}
    for name, arguments in errors.items():
        assert f"`{name}({', '.join(arguments)})`" in PAGE or (not arguments and f"`{name}`" in PAGE), name
    calls = set(re.findall(r"`([a-z]\w+)\([^`]*\)`", PAGE))
    assert calls <= set(found.functions)


def test_the_acknowledgement_on_the_page():
    """Digest and signature follow from the values that stand there."""
    (salt,) = re.findall(r"\| salt \| 0x(\w{64}) \|", PAGE)
    ((node, log),) = re.findall(r"\| node, log \| (\d+), 0x(\w{64}) \|", PAGE)
    ((chain_id, contract),) = re.findall(r"verifyingContract \| (\d+), 0x(\w{40}) \|", PAGE)
    (digest,) = re.findall(r"\| digest \| 0x(\w{64}) \|", PAGE)
    (signer,) = re.findall(r"\| signer \| 0x(\w{40}) \|", PAGE)
    (root,) = re.findall(r"size 3, root 0x(\w{64})", PAGE)
    ((r, vs),) = re.findall(r"r  0x(\w{64}),\s+vs 0x(\w{64})", PAGE)
    domain = acks.Domain(int(chain_id), bytes.fromhex(contract), bytes.fromhex(salt))
    ack = acks.Ack(int(node), bytes.fromhex(log), 0, bytes(32), 3, bytes.fromhex(root))
    assert ack.digest(domain).hex() == digest
    assert acks.signer(bytes.fromhex(digest), bytes.fromhex(r + vs)).hex() == signer


def test_an_anchor_costs_the_same_whatever_its_records():
    """Under 60,000 with two acknowledgements, from 1 record to a full segment; zero bytes make the rest."""
    found = measure()
    flat = [used for name, used in found.items() if re.search(r"2 acknowledgements, [\d,]+ records?$", name)]
    assert len(flat) == 6
    assert max(flat) <= 60_000
    assert max(flat) - min(flat) < 100
    for tree in ("full tree", "right border"):
        assert found[f"verifyInclusion, depth 17, {tree}, check"] <= 8_000


def test_the_gas_page_is_what_is_measured():
    """`make check` compares the whole page; a page for another contract is noticed here too."""
    page = Path(gas.PAGE).read_text()
    assert page == gas.render(measure())
    assert page != gas.render({**measure(), "anchor, later, 2 acknowledgements": 0})
