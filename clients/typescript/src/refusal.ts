import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema, RetryInfoSchema } from "./gen/google/rpc/error_details_pb.js";
import { ErrorReason, type Error as ItemError } from "./gen/tracehold/v1/errors_pb.js";

/** Why a call or one item was refused. docs/errors.md has all codes, by who must act. */
export interface Refusal {
  /** Stable code, for example `BAD_REQUEST`; empty where no node answered, but the connection or its own deadline failed. */
  code: string;
  /** The status of the call, for example `INVALID_ARGUMENT`; empty for an item. */
  status: string;
  /** In plain words, which may change. */
  message: string;
  /** JSON pointer to the cause; empty where there is none. */
  path: string;
  /** What to do about it; empty where there is no advice. */
  remedy: string;
}

/** What a failed call means: the code in `google.rpc.ErrorInfo` where the node sent one, and the status. */
export function refusalOf(failure: unknown): Refusal {
  const error = ConnectError.from(failure);
  const info = error.findDetails(ErrorInfoSchema).find((each) => each.domain === "tracehold");
  return {
    code: info?.reason ?? "",
    status: statusOf(error.code),
    message: error.rawMessage,
    path: info?.metadata["path"] ?? "",
    remedy: info?.metadata["remedy"] ?? "",
  };
}

/** Why one item of a batch, or one batch of a stream, was refused. */
export function refusalOfItem(error: ItemError): Refusal {
  const { message, path, remedy } = error;
  return { code: ErrorReason[error.reason] ?? String(error.reason), status: "", message, path, remedy };
}

/**
 * Whether a failed call is worth repeating as it is: the node says so (`google.rpc.RetryInfo`), or no node answered.
 * Every call may be repeated: the same bytes give the same answer.
 */
export function isPassing(failure: unknown): boolean {
  const error = ConnectError.from(failure);
  if (error.findDetails(ErrorInfoSchema).length > 0) return error.findDetails(RetryInfoSchema).length > 0;
  return error.code !== Code.Unimplemented;
}

/** `Code.InvalidArgument` as gRPC writes it: INVALID_ARGUMENT. */
function statusOf(code: Code): string {
  const words = Code[code].replace(/([a-z])([A-Z])/g, "$1_$2").toUpperCase();
  return words === "CANCELED" ? "CANCELLED" : words;
}
