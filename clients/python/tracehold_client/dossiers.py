"""Answers as files: fetched whole from a node, to be checked without it (docs/spec/dossier.md)."""

from typing import Any

import grpc
from google.protobuf.message import Message

from tracehold.core.dossier import Dossier, follows, read_dossier
from tracehold.core.errors import Rejected
from tracehold.core.limits import MAX_DOSSIER_BYTES
from tracehold.v1 import trace_pb2, verify_pb2, verify_pb2_grpc
from tracehold_client.aio import AsyncClient
from tracehold_client.errors import of_call

TIMEOUT_S = 600.0


async def dossier(
    client: AsyncClient, question: Message, *, timeout: float = TIMEOUT_S
) -> tuple[bytes, Dossier]:
    """The dossier that answers a trace, history, contents, state, common or recall request: the file, and
    what it holds. That its records are those that it lists, and give its answer, was checked; nothing of who
    is trusted was.

    Raises what the node refuses, PROOF_INVALID or MALFORMED_PROOF where what it sends is no such file, and
    `Unavailable`.
    """
    parts, size = list[bytes](), 0
    stub: Any = verify_pb2_grpc.VerifyServiceStub(client._channel)
    call = stub.GetDossier(_request(question), metadata=client._metadata, timeout=timeout)
    try:
        async for message in call:
            parts.append(message.part)
            size += len(message.part)
            if size > MAX_DOSSIER_BYTES:
                raise Rejected("MALFORMED_PROOF", f"the node sends over {MAX_DOSSIER_BYTES} bytes")
    except grpc.RpcError as error:
        raise of_call(error) from error
    finally:
        call.cancel()
    raw = b"".join(parts)
    found = read_dossier(raw)
    if found.records:
        follows(found)
    return raw, found


def _request(question: Message) -> verify_pb2.GetDossierRequest:
    match question:
        case trace_pb2.TraceRequest():
            return verify_pb2.GetDossierRequest(trace=question)
        case trace_pb2.GetHistoryRequest():
            return verify_pb2.GetDossierRequest(history=question)
        case trace_pb2.GetContentsRequest():
            return verify_pb2.GetDossierRequest(contents=question)
        case trace_pb2.GetStateRequest():
            return verify_pb2.GetDossierRequest(state=question)
        case trace_pb2.CommonRequest():
            return verify_pb2.GetDossierRequest(common=question)
        case trace_pb2.RecallRequest():
            return verify_pb2.GetDossierRequest(recall=question)
    raise Rejected("BAD_REQUEST", "no dossier answers such a request", path="question")
