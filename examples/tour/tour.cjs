// Everything a back-end asks of a node, with grpc-js and the protos as they are: no code is generated. Prints one JSON object a line.
//
//   node tour.cjs HOST:PORT TOKEN_FILE CA_FILE|- COMMAND...
//
//   upload FILE [STATE [SECONDS]]    upload the events of FILE, one JSON document a line; wait for a state
//   typed ITEM                       upload a typed event
//   stream FILE SIZE                 the same events in batches of SIZE, over one call
//   watch [CURSOR]                   states of the party's records as they come, until it is stopped
//   ask ITEM FINGERPRINT             where a record stands, what it proves, what the item was made from
//   refusals                         calls that fail, and what they say
//
// PROTOS names the folders of the protos, with the platform's separator: proto/ of this repository, and one that holds google/api and
// google/rpc of googleapis (third_party/, once tools/generate_protos.py --third-party has laid it out).

const { readFileSync } = require("node:fs");
const { delimiter } = require("node:path");
const { setTimeout: sleep } = require("node:timers/promises");
const { promisify } = require("node:util");
const grpc = require("@grpc/grpc-js");
const loader = require("@grpc/proto-loader");

const [target, tokenFile, caFile, command, ...rest] = process.argv.slice(2);

// Numbers of 64 bits as text, enums by name, and every field present: what a record lacks is then "" and [], not undefined.
const definition = loader.loadSync(
  ["upload", "verify", "trace"].map((name) => `tracehold/v1/${name}.proto`).concat("google/rpc/status.proto", "google/rpc/error_details.proto"),
  { includeDirs: process.env.PROTOS.split(delimiter), longs: String, enums: String, defaults: true, oneofs: true },
);
const { UploadService, VerifyService, TraceService } = grpc.loadPackageDefinition(definition).tracehold.v1;

const MESSAGE_BYTES = 32 << 20; // what the node takes; grpc-js itself would stop an answer at 4 MiB

function tell(line) {
  console.log(JSON.stringify(line));
}

/** A client whose calls carry the token. Without the node's certificate it speaks in the clear: on this machine only. */
function connect(Service, token) {
  const ca = caFile === "-" ? undefined : readFileSync(caFile);
  const transport = ca ? grpc.credentials.createSsl(ca) : grpc.credentials.createInsecure();
  const withToken = (options, next) =>
    new grpc.InterceptingCall(next(options), {
      start(metadata, listener, start) {
        if (token) metadata.set("authorization", `Bearer ${token}`);
        start(metadata, listener);
      },
    });
  return new Service(target, transport, { interceptors: [withToken], "grpc.max_receive_message_length": MESSAGE_BYTES });
}

/** One unary call, with a deadline: grpc-js sets none by itself. */
function call(client, method, request, seconds = 30) {
  return promisify(client[method].bind(client))(request, { deadline: Date.now() + seconds * 1000 });
}

/** The events of a file. Their bytes are what the node signs, and the same bytes again are the same record. */
function items(file) {
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => ({ eventJson: Buffer.from(line) }));
}

/** What became of one item. An error beside a state is DEADLINE: taken, and not yet as far as was asked. */
function outcome(result) {
  return {
    fingerprint: result.fingerprint,
    index: Number(result.index),
    state: result.state.replace("STATE_", ""),
    warnings: result.warnings.map((warning) => warning.code),
    error: result.error ? result.error.reason.replace("ERROR_REASON_", "") : null,
  };
}

async function upload({ uploads }, file, state = "SEALED", seconds = "30") {
  const request = { items: items(file), waitFor: `STATE_${state}`, omitReceipts: true };
  const answer = await call(uploads, "Upload", request, Number(seconds));
  answer.results.forEach((result) => tell(outcome(result)));
}

async function typed({ uploads }, item) {
  const event = {
    eventId: `${item}#inspected`, // its own, so that no other event has its bytes
    eventTime: { seconds: 1767225600 },
    eventTimeZoneOffset: "+00:00",
    bizStep: "inspecting",
    objectEvent: { action: "ACTION_OBSERVE", epcList: [item] },
  };
  const answer = await call(uploads, "Upload", { items: [{ event }] });
  answer.results.forEach((result) => tell(outcome(result)));
}

async function stream({ uploads }, file, size = "100") {
  const all = items(file);
  const conversation = uploads.UploadStream();
  const sending = (async () => {
    for (let start = 0; start < all.length; start += Number(size)) {
      const batch = { items: all.slice(start, start + Number(size)), omitReceipts: true };
      // The node reads no further while it works on four batches; then write says so, and room comes back with "drain".
      if (!conversation.write({ batch })) await new Promise((resolve) => conversation.once("drain", resolve));
    }
    conversation.end();
  })();
  for await (const answer of conversation) {
    if (answer.error) tell({ batch: [], error: answer.error.reason.replace("ERROR_REASON_", "") });
    else tell({ batch: answer.batch.results.map(outcome), error: null });
  }
  await sending;
}

async function watch({ uploads }, cursor = "") {
  for (let wait = 200; ; wait = Math.min(wait * 2, 10_000)) {
    const events = uploads.Watch({ cursor, ownRecords: true });
    // A node that lives says so every 15 seconds.
    const silence = setTimeout(() => events.cancel(), 45_000);
    try {
      for await (const news of events) {
        silence.refresh();
        [wait, cursor] = [200, news.cursor];
        if (news.state === "STATE_UNSPECIFIED") continue;
        const [first, stop] = [Number(news.first), Number(news.stop)];
        tell({ state: news.state.replace("STATE_", ""), first, stop, fingerprints: news.fingerprints, cursor });
      }
    } catch (failure) {
      if (!isPassing(failure)) throw failure;
    } finally {
      clearTimeout(silence);
    }
    await sleep(wait);
  }
}

async function ask({ uploads, proofs, questions }, item, fingerprint) {
  const { states } = await call(uploads, "GetStates", { fingerprints: [fingerprint] });
  tell({ states: states.map((each) => each.state.replace("STATE_", "")) });
  const { verdict, steps } = await call(proofs, "VerifyRecord", { fingerprint });
  tell({ verdict: verdict.replace("VERDICT_", ""), steps: steps.length });
  const trace = await call(questions, "Trace", { item, direction: "DIRECTION_UPSTREAM" });
  const verified = trace.events.length > 0 && trace.events.every((event) => event.verified);
  tell({ items: trace.items.map((each) => each.item), verified, truncated: trace.truncated });
}

/** The detail of this type that the node sent with a failed call, or undefined. */
function detailOf(failure, type) {
  const [packed] = failure.metadata?.get("grpc-status-details-bin") ?? [];
  if (packed === undefined) return undefined;
  const { details } = definition["google.rpc.Status"].deserialize(packed);
  const found = details.find((any) => any.type_url.endsWith(`/${type}`));
  return found && definition[type].deserialize(found.value);
}

/** Whether a failed call is worth repeating as it is: the node says so, or no node answered. */
function isPassing(failure) {
  if (detailOf(failure, "google.rpc.ErrorInfo")) return detailOf(failure, "google.rpc.RetryInfo") !== undefined;
  return failure.code !== grpc.status.UNIMPLEMENTED;
}

/** What a call is refused with: the status, and the stable code and path that the node sent in google.rpc.ErrorInfo. */
async function refused(calling) {
  try {
    await calling;
    tell({ status: "OK" });
  } catch (failure) {
    const info = detailOf(failure, "google.rpc.ErrorInfo");
    tell({ status: grpc.status[failure.code], code: info?.reason ?? "", path: info?.metadata.path ?? "" });
  }
}

async function refusals({ proofs, questions }) {
  await refused(call(proofs, "GetRecord", { fingerprint: "0".repeat(64) }));
  await refused(call(questions, "Trace", { item: "https://example.com/1" }));
  await refused(call(proofs, "GetStatus", {}, -1));
  await refused(connect(UploadService).Watch({})[Symbol.asyncIterator]().next());
}

async function main() {
  const token = readFileSync(tokenFile, "utf8").trim();
  const services = { uploads: UploadService, proofs: VerifyService, questions: TraceService };
  const clients = Object.fromEntries(Object.entries(services).map(([name, Service]) => [name, connect(Service, token)]));
  await { upload, typed, stream, watch, ask, refusals }[command](clients, ...rest);
  Object.values(clients).forEach((client) => client.close());
}

main();
