"""The tracehold client: upload, look up, verify.

    async with AsyncClient("127.0.0.1:7450", token=token) as client:
        async with BatchingUploader(client) as uploader:
            outcome = await (await uploader.add(signer.event(payload)))
        await wait_for_state(client, [outcome.fingerprint], State.FINAL, timeout=60)
        answer = await client.trace("https://id.gs1.org/01/09521234543213/10/A1", "upstream")

`Client` is the same for code without an event loop; `verify` checks an evidence
file with no node and no network.
"""

from tracehold.core.record import Audience
from tracehold_client.aio import AsyncClient
from tracehold_client.batching import BatchingUploader
from tracehold_client.chain import verify_dossier_with_rpc, verify_with_rpc
from tracehold_client.items import Item, Uploaded, event, event_json, masterdata_json, statement
from tracehold_client.offline import Report, Trust, verify, verify_dossier
from tracehold_client.signer import Signer
from tracehold_client.states import State
from tracehold_client.sync import Client
from tracehold_client.waiting import wait_for_state
from tracehold_client.watching import Watched

__all__ = [
    "AsyncClient",
    "Audience",
    "BatchingUploader",
    "Client",
    "Item",
    "Report",
    "Signer",
    "State",
    "Trust",
    "Uploaded",
    "Watched",
    "event",
    "event_json",
    "masterdata_json",
    "statement",
    "verify",
    "verify_dossier",
    "verify_dossier_with_rpc",
    "verify_with_rpc",
    "wait_for_state",
]
