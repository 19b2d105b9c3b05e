"""Many batches over one call to a real node that dies in between."""

from collections.abc import Iterator

import pytest

from tests.e2e.conftest import Running
from tests.e2e.signing import event
from tracehold_client import Client, Item, event_json

KILLED_AFTER = {5, 20, 21}
"""Answers after which the node is killed: once while many are under way, and twice at once."""


@pytest.mark.slow
def test_node_that_is_killed_in_a_stream_loses_nothing(own: Running):
    """Every batch is answered in its place, and every event stands once in the log."""
    events = [event() for _ in range(2000)]

    def batches() -> Iterator[list[Item]]:
        for start in range(0, len(events), 50):
            yield [event_json(each) for each in events[start : start + 50]]

    told: list[str] = []
    with Client(own.world.grpc, token=own.sender) as client:
        for number, outcomes in enumerate(client.upload_stream(batches(), receipts=False)):
            told += [outcome.unwrap().fingerprint for outcome in outcomes]
            if number in KILLED_AFTER:
                assert own.world.node is not None
                own.world.node.kill()
                own.world.start()
        kept = client.upload([event_json(each) for each in events])
    assert len(set(told)) == len(events)
    assert [outcome.fingerprint for outcome in kept] == told
    assert len({outcome.index for outcome in kept}) == len(events)
    assert all(outcome.duplicate for outcome in kept)
