// Follows the log of changes: the feed tells what changed, the stream that something did.
import { Problem } from "./problem.js";
import { heard, type Transport } from "./transport.js";
import type { Change, Schemas } from "./types.js";

export interface FollowOptions {
  /** The position to begin behind: `seq` of the last change that you have dealt with, 0 for the beginning of the log. */
  after: number;
  /** `drafts`: the desk's log, with a key that has `drafts:read`. */
  perspective?: "drafts";
  /** Ends the iteration. */
  signal?: AbortSignal;
  /** Is told why the server was not heard, and after how many seconds it is asked again. */
  onRetry?: (problem: Problem, seconds: number) => void;
}

const BATCH = 1000;
// The stream sends a comment every 15 seconds: without three of them the connection is dead.
const SILENCE_SECONDS = 50;
const LONGEST_PAUSE_SECONDS = 30;

/**
 * Every change behind a position, in order, once, without end.
 *
 * The position moves by the feed alone, which has no gaps. The stream is opened at that position and only tells when to
 * read on: whatever it loses, repeats or is cut in, the feed has.
 * Throws `Problem` where asking again is no use: `trimmed` (read the lists anew, then go on after `details.head`),
 * `invalid` (there is no such position), a key that is refused.
 */
export async function* follow(transport: Transport, options: FollowOptions): AsyncGenerator<Change, void, undefined> {
  const { signal, onRetry, after, ...perspective } = options;
  let position = after;
  let failures = 0;

  async function* catchUp(): AsyncGenerator<Change, void, undefined> {
    for (let head = Infinity; position < head; ) {
      const query = { ...perspective, after: position, limit: BATCH };
      const attempt = new Attempt(signal);
      const page = (await transport
        .send("GET", "/v1/changes", { query, signal: attempt.signal })
        .finally(attempt.end)) as Schemas["ChangePage"];
      for (const change of page.items) {
        failures = 0;
        position = change.seq;
        yield change;
      }
      head = page.items.length ? page.head : position;
    }
  }

  while (!signal?.aborted) {
    let pause = 1;
    try {
      yield* catchUp();
      for await (const event of events(transport, { ...perspective, after: position }, signal)) {
        failures = 0;
        if (event.retry) pause = Number(event.retry) / 1000;
        if (event.event === "goaway") break;
        if (event.event === "change" && Number(event.id) > position) yield* catchUp();
      }
    } catch (error) {
      if (signal?.aborted) return;
      if (!(error instanceof Problem && error.isTemporary)) throw error;
      // Not all clients at the same moment after a restart of the server.
      pause = error.retryAfter ?? Math.min(2 ** failures++, LONGEST_PAUSE_SECONDS) * (0.5 + Math.random() / 2);
      onRetry?.(error, pause);
    }
    await sleep(pause, signal);
  }
}

type StreamEvent = Partial<Record<"id" | "event" | "data" | "retry", string>>;

/** The fields of each event of the stream, until it ends. Source: WHATWG HTML, 9.2. */
async function* events(transport: Transport, query: object, signal?: AbortSignal): AsyncGenerator<StreamEvent> {
  const path = "/v1/changes/stream";
  const attempt = new Attempt(signal);
  try {
    const response = await transport.open(path, { query, signal: attempt.signal });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    for (let text = ""; ; ) {
      attempt.extend();
      const chunk = await heard(path, attempt.signal, () => reader.read());
      if (chunk.done) return;
      const parts = (text + chunk.value).split("\n\n");
      text = parts.pop() ?? "";
      for (const part of parts) yield Object.fromEntries(part.split("\n").map((line) => line.split(/: ?(.*)/, 2)));
    }
  } finally {
    // Closes the connection, whoever has had enough of it.
    attempt.end();
  }
}

/** A request that is given up when nothing is heard for a while, or the caller has had enough. */
class Attempt {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly signal = this.#controller.signal;

  constructor(outer: AbortSignal | undefined) {
    this.#outer = outer;
    outer?.addEventListener("abort", this.end);
    this.extend();
  }

  extend(): void {
    clearTimeout(this.#timer);
    const silence = new Problem("unreachable", `Nothing was heard for ${SILENCE_SECONDS} seconds.`);
    this.#timer = setTimeout(() => this.#controller.abort(silence), SILENCE_SECONDS * 1000);
  }

  readonly end = (): void => {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener("abort", this.end);
    this.#controller.abort();
  };
}

function sleep(seconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", wake);
      resolve();
    };
    const timer = setTimeout(wake, seconds * 1000);
    signal?.addEventListener("abort", wake);
  });
}
