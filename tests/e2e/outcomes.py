"""What became of uploads and captures."""

import time
from typing import Any

from tests.e2e.signing import event, signer
from tracehold_client import Client, State
from tracehold_client.rest import RestClient


def refused(client: Client, item: Any) -> str:
    """The code with which this one item is refused; the good record sent beside it must be taken."""
    bad, good = client.upload([item, signer(client).event(event())])
    assert good.error is None, good.error
    assert bad.error is not None
    assert bad.state is State.NONE
    return bad.error.code


def captured(rest: RestClient, raw: bytes, **options: Any) -> dict[str, Any]:
    """The finished capture job of a document."""
    path = rest.capture(raw, **options)
    end = time.monotonic() + 30
    while (job := rest.job(path))["running"] and time.monotonic() < end:
        time.sleep(0.05)
    return job


def wait_until_indexed(client: Client) -> None:
    """Return when every sealed record can be asked for."""
    end = time.monotonic() + 30
    sealed = client.status().sealed
    while client.status().indexed < sealed and time.monotonic() < end:
        time.sleep(0.05)
    assert client.status().indexed >= sealed
