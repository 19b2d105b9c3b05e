"""How far the chain is followed, in the status, its lines, and the metrics."""

from prometheus_client import generate_latest

from tracehold.api.metrics import Metrics
from tracehold.cli.upkeep import upkeep_lines
from tracehold.journey.chainwatch import ChainStanding
from tracehold.journey.ports.followed import Place
from tracehold.wire.standing import Standing, status_message

BLOCK = Place(12, bytes.fromhex("ab" * 32), b"p" * 32, 1_800_000_000)


def standing(follower: ChainStanding | None) -> Standing:
    """A node of which nothing else is known."""
    return Standing("1", "urn:x", follower=follower)


def test_the_bookmark_and_what_lies_behind_it():
    """Number, hash and time of the last block; how many are still to come; what was undone."""
    message = status_message(standing(ChainStanding(BLOCK, height=40, final=38, undone=2))).follower
    assert (message.block, message.hash, message.behind, message.undone) == (12, "ab" * 32, 28, 2)
    assert message.at.seconds == 1_800_000_000


def test_nothing_is_followed_yet():
    """No hash, and no time."""
    message = status_message(standing(ChainStanding())).follower
    assert (message.block, message.hash, message.behind) == (0, "", 0)
    assert not message.HasField("at")
    assert not status_message(standing(None)).HasField("follower")


def test_the_lines_of_the_status():
    """Where it stands; how far it is behind and what was undone, if anything."""
    calm = ChainStanding(BLOCK, height=12, final=10)
    busy = ChainStanding(BLOCK, height=40, final=38, undone=2)
    for follower, line in (
        (calm, "chain: followed to block 12 (abababab)"),
        (busy, "chain: followed to block 12 (abababab), 28 BEHIND, 2 reorganisations undone since the start"),
        (ChainStanding(), "chain: nothing of the contract's events was read yet"),
    ):
        assert list(upkeep_lines(status_message(standing(follower)))) == [line]
    assert list(upkeep_lines(status_message(standing(None)))) == []


def test_the_gauges():
    """The same in numbers; a chain that is not followed has none behind."""
    metrics = Metrics()
    metrics.stands(standing(ChainStanding(BLOCK, height=40, final=38, undone=2)))
    page = generate_latest(metrics.registry).decode()
    for line in ("tracehold_chain_block 12.0", "tracehold_chain_behind 28.0", "tracehold_chain_undone 2.0"):
        assert line in page
    metrics.stands(standing(None))
    assert "tracehold_chain_behind 0.0" in generate_latest(metrics.registry).decode()
