"""What watchers are told, on the wire."""

from tracehold.journey.watch import News
from tracehold.v1 import upload_pb2
from tracehold.wire.records import findings_message
from tracehold.wire.words import state_number


def news_message(news: News) -> upload_pb2.WatchResponse:
    """One event; a heartbeat where there is no change."""
    message = upload_pb2.WatchResponse(log=news.log.hex(), cursor=news.cursor)
    if news.change is not None:
        message.state = state_number(news.change.state)
        message.first, message.stop = news.change.first, news.change.stop
        message.fingerprints.extend(fingerprint.hex() for fingerprint in news.named or ())
    if news.found is not None:
        record = news.found
        message.first, message.stop = record.index, record.index + 1
        message.fingerprints.append(record.fingerprint.hex())
        message.findings.extend(findings_message(record.found))
    return message
