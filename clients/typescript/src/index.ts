/** Typed gRPC client of a tracehold node: a connection, refusals by stable code, states pushed, records checked by fingerprint. */

export { connect, type Node, type Options } from "./connect.js";
export { fingerprintOf } from "./fingerprint.js";
export { isPassing, refusalOf, refusalOfItem, type Refusal } from "./refusal.js";
export { watch } from "./watch.js";
export { Action } from "./gen/tracehold/v1/event_pb.js";
export { Audience, State } from "./gen/tracehold/v1/record_pb.js";
export { Direction } from "./gen/tracehold/v1/trace_pb.js";
export type { UploadItem, UploadResult, WatchResponse } from "./gen/tracehold/v1/upload_pb.js";
export { Verdict } from "./gen/tracehold/v1/verify_pb.js";
