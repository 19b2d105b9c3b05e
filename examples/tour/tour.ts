// Everything a back-end asks of a node, with the TypeScript client. Prints one JSON object a line.
//
//   node tour.js HOST:PORT TOKEN_FILE CA_FILE|- COMMAND...
//
//   upload FILE [STATE [SECONDS]]    upload the events of FILE, one JSON document a line; wait for a state
//   typed ITEM                       upload a typed event: the compiler knows its fields
//   stream FILE SIZE                 the same events in batches of SIZE, over one call
//   watch [CURSOR]                   states of the party's records as they come, until it is stopped
//   ask ITEM FINGERPRINT             where a record stands, what it proves, what the item was made from
//   refusals                         calls that fail, and what they say

import { readFileSync } from "node:fs";
import { Action, connect, Direction, fingerprintOf, refusalOf, refusalOfItem, State, Verdict, watch, type Node, type UploadResult } from "tracehold-client";

const [target = "", tokenFile = "", caFile = "-", command = "", ...rest] = process.argv.slice(2);

function tell(line: object): void {
  console.log(JSON.stringify(line));
}

/** The events of a file. Their bytes are what the node signs, and the same bytes again are the same record. */
function events(file: string): Uint8Array[] {
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => new TextEncoder().encode(line));
}

function items(documents: Uint8Array[]) {
  return documents.map((value) => ({ item: { case: "eventJson" as const, value } }));
}

/** What became of one item. An error beside a state is DEADLINE: taken, and not yet as far as was asked. */
function outcome(result: UploadResult): object {
  return {
    fingerprint: result.fingerprint,
    index: Number(result.index),
    state: State[result.state],
    warnings: result.warnings.map((warning) => warning.code),
    error: result.error ? refusalOfItem(result.error).code : null,
  };
}

async function upload(node: Node, file = "", state = "SEALED", seconds = "30"): Promise<void> {
  const request = { items: items(events(file)), waitFor: State[state as keyof typeof State], omitReceipts: true };
  const answer = await node.uploads.upload(request, { timeoutMs: Number(seconds) * 1000 });
  answer.results.forEach((result) => tell(outcome(result)));
}

async function typed(node: Node, item = ""): Promise<void> {
  const value = {
    eventId: `${item}#inspected`, // its own, so that no other event has its bytes
    eventTime: { seconds: 1_767_225_600n },
    eventTimeZoneOffset: "+00:00",
    bizStep: "inspecting",
    type: { case: "objectEvent" as const, value: { action: Action.OBSERVE, epcList: [item] } },
  };
  const answer = await node.uploads.upload({ items: [{ item: { case: "event", value } }] });
  answer.results.forEach((result) => tell(outcome(result)));
}

async function* batches(documents: Uint8Array[], size: number) {
  for (let start = 0; start < documents.length; start += size) {
    yield { batch: { items: items(documents.slice(start, start + size)), omitReceipts: true } };
  }
}

async function stream(node: Node, file = "", size = "100"): Promise<void> {
  // One answer for each batch, in their order; the node reads no further while it works on four.
  for await (const answer of node.uploads.uploadStream(batches(events(file), Number(size)))) {
    if (answer.error) tell({ batch: [], error: refusalOfItem(answer.error).code });
    else tell({ batch: answer.batch?.results.map(outcome), error: null });
  }
}

async function follow(node: Node, cursor = ""): Promise<void> {
  for await (const news of watch(node.uploads, { cursor, ownRecords: true })) {
    const { first, stop, fingerprints } = news;
    tell({ state: State[news.state], first: Number(first), stop: Number(stop), fingerprints, cursor: news.cursor });
  }
}

async function ask(node: Node, item = "", fingerprint = ""): Promise<void> {
  const { states } = await node.uploads.getStates({ fingerprints: [fingerprint] });
  tell({ states: states.map((each) => State[each.state]) });
  const { record } = await node.proofs.getRecord({ fingerprint });
  tell({ recordIsWhole: record !== undefined && fingerprintOf(record.statement) === fingerprint });
  const { verdict, steps } = await node.proofs.verifyRecord({ fingerprint });
  tell({ verdict: Verdict[verdict], steps: steps.length });
  const trace = await node.questions.trace({ item, direction: Direction.UPSTREAM });
  const verified = trace.events.length > 0 && trace.events.every((event) => event.verified);
  tell({ items: trace.items.map((each) => each.item), verified, truncated: trace.truncated });
}

/** What a call is refused with: the status, and the stable code and path that the node sent in google.rpc.ErrorInfo. */
async function refused(call: Promise<unknown>): Promise<void> {
  try {
    await call;
    tell({ status: "OK" });
  } catch (failure) {
    const { status, code, path } = refusalOf(failure);
    tell({ status, code, path });
  }
}

async function refusals(node: Node): Promise<void> {
  const fingerprint = "0".repeat(64);
  await refused(node.proofs.getRecord({ fingerprint }));
  await refused(node.questions.trace({ item: "https://example.com/1" }));
  await refused(node.proofs.getStatus({}, { timeoutMs: 0.001 }));
  const stranger = connect(target, caFile === "-" ? {} : { ca: readFileSync(caFile) });
  await refused(stranger.uploads.watch({})[Symbol.asyncIterator]().next());
  stranger.close();
}

const node = connect(target, {
  token: readFileSync(tokenFile, "utf8").trim(),
  ...(caFile === "-" ? {} : { ca: readFileSync(caFile) }),
});
const commands: Record<string, (node: Node, ...rest: string[]) => Promise<void>> = { upload, typed, stream, watch: follow, ask, refusals };
await commands[command]?.(node, ...rest);
node.close();
