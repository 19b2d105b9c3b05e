import { setTimeout as sleep } from "node:timers/promises";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Client } from "@connectrpc/connect";
import { State } from "./gen/tracehold/v1/record_pb.js";
import type { UploadService, WatchRequestSchema, WatchResponse } from "./gen/tracehold/v1/upload_pb.js";
import { isPassing } from "./refusal.js";

/** Milliseconds without a word after which a connection is given up: a node that lives says so every 15 seconds. */
const SILENCE_MS = 45_000;
const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 10_000;

/**
 * States of records as they come, for ever; use it with `for await`. Needs a token.
 *
 * Begins behind `wanted.cursor`, and connects again by itself behind the last event whenever the node is away: events come at
 * least once, in order. Store `cursor` together with what was done about its event. Throws what the node refuses.
 */
export async function* watch(
  uploads: Client<typeof UploadService>,
  wanted: MessageInitShape<typeof WatchRequestSchema> = {},
): AsyncGenerator<WatchResponse, never, void> {
  let request = wanted;
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    const call = new AbortController();
    const silence = setTimeout(() => call.abort(), SILENCE_MS);
    try {
      for await (const event of uploads.watch(request, { signal: call.signal })) {
        silence.refresh();
        wait = FIRST_WAIT_MS;
        request = { ...request, cursor: event.cursor, fromNow: false };
        if (event.state !== State.UNSPECIFIED) yield event;
      }
    } catch (failure) {
      if (!isPassing(failure)) throw failure;
    } finally {
      clearTimeout(silence);
      call.abort();
    }
    await sleep(wait);
  }
}
