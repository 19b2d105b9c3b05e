import { isIPv4 } from "node:net";
import { createClient, type Client, type Interceptor, type Transport } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { TraceService } from "./gen/tracehold/v1/trace_pb.js";
import { UploadService } from "./gen/tracehold/v1/upload_pb.js";
import { VerifyService } from "./gen/tracehold/v1/verify_pb.js";

const PING_MS = 30_000;

/** How to reach a node. */
export interface Options {
  /** The token that the operator made for your party. Statements need none. */
  token?: string;
  /** The node's certificate (PEM, `keys/tls.crt` in its folder). Needed unless the node is on this machine. */
  ca?: string | Buffer;
  /** Deadline in milliseconds of a unary call that brings none of its own; 30,000 by default. Streams have none. */
  timeoutMs?: number;
}

/** One connection to one node, with a typed client for each service. */
export interface Node {
  uploads: Client<typeof UploadService>;
  proofs: Client<typeof VerifyService>;
  questions: Client<typeof TraceService>;
  /** Closes the connection; calls that run fail. */
  close(): void;
}

/**
 * Connects to `target` (host:port) at the first call, and again whenever the connection was lost.
 *
 * Throws where `target` is not on this machine and no certificate is given: a token does not go out in the clear.
 */
export function connect(target: string, options: Options = {}): Node {
  const { ca, token, timeoutMs = 30_000 } = options;
  if (ca === undefined && !isLoopback(target)) {
    throw new Error(`${target} is not on this machine: give the node's certificate (ca)`);
  }
  const baseUrl = `${ca === undefined ? "http" : "https"}://${target}`;
  const sessionManager = new Http2SessionManager(baseUrl, { pingIntervalMs: PING_MS }, ca === undefined ? {} : { ca });
  const interceptors = token === undefined ? [] : [bearer(token)];
  const transport = hurried(createGrpcTransport({ baseUrl, sessionManager, interceptors }), timeoutMs);
  return {
    uploads: createClient(UploadService, transport),
    proofs: createClient(VerifyService, transport),
    questions: createClient(TraceService, transport),
    close: () => sessionManager.abort(),
  };
}

/** Whether a target can only be this machine. Names other than localhost are not looked up. */
function isLoopback(target: string): boolean {
  const host = target.slice(0, target.lastIndexOf(":"));
  return host === "localhost" || host === "[::1]" || (isIPv4(host) && host.startsWith("127."));
}

function bearer(token: string): Interceptor {
  return (next) => (request) => {
    request.header.set("authorization", `Bearer ${token}`);
    return next(request);
  };
}

/** The same transport with a default deadline for unary calls alone: the one it has itself would end streams too. */
function hurried(transport: Transport, defaultMs: number): Transport {
  return {
    unary: (method, signal, timeoutMs, ...rest) => transport.unary(method, signal, timeoutMs ?? defaultMs, ...rest),
    stream: (...call) => transport.stream(...call),
  };
}
