// One request over HTTP: its address, key and condition; its answer, or the problem.
import { Problem, type ProblemCode } from "./problem.js";

/** An answer as it is kept: JSON that may be stored anywhere. */
export interface CacheEntry {
  etag: string;
  body: string;
}

/** Keeps answers by address. A `Map` is one. Not shared between clients with different keys. */
export interface Cache {
  get(url: string): CacheEntry | undefined | Promise<CacheEntry | undefined>;
  set(url: string, entry: CacheEntry): unknown;
  delete(url: string): unknown;
}

export interface ClientOptions {
  /** An API key. Reading what is public takes none; whoever can open a page can read the key in it. */
  key?: string;
  fetch?: typeof fetch;
  /** Where answers are kept, to be asked for only if they have changed. */
  cache?: Cache;
}

export interface RequestOptions {
  signal?: AbortSignal;
}

export interface WriteOptions extends RequestOptions {
  /** The revision that you have seen: the write is refused (`stale`) if there is a newer one. `"*"` for any. */
  ifMatch?: number | "*";
  /** Any text: a repeated POST with the same text has one effect. */
  idempotencyKey?: string;
}

export interface HttpRequest extends WriteOptions {
  query?: object | undefined;
  body?: unknown;
}

export interface Transport {
  /** The JSON of the answer; undefined where it has no body. Throws `Problem`. */
  send(method: string, path: string, request?: HttpRequest): Promise<unknown>;
  /** The answer to a GET as it comes, once its head is there and good. Throws `Problem`. */
  open(path: string, request: HttpRequest): Promise<Response>;
}

// Parameters that are repeated, which means all of; the values of all others are joined by commas, which means any of.
const REPEATED: Record<string, string[]> = {
  "/v1/articles": ["note", "origin", "source", "tag", "tag_not"],
  "/v1/notes": ["source", "tag", "tag_not"],
  "/v1/timeline": ["source", "tag"],
};

export function address(base: string, path: string, query: object = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    const isRepeated = Array.isArray(value) && REPEATED[path]?.includes(name);
    for (const each of isRepeated ? value : [value]) parameters.append(name, String(each));
  }
  // Commas may stand in a query, and are easier to read.
  const search = parameters.toString().replaceAll("%2C", ",");
  return base.replace(/\/+$/, "") + path + (search && `?${search}`);
}

export function transport(base: string, { key, cache, fetch = globalThis.fetch }: ClientOptions): Transport {
  async function request(method: string, url: string, { body, ifMatch, idempotencyKey, signal }: HttpRequest, etag?: string) {
    const headers: Record<string, string> = { Accept: "application/json" };
    if (key) headers["Authorization"] = `Bearer ${key}`;
    if (etag) headers["If-None-Match"] = etag;
    if (ifMatch !== undefined) headers["If-Match"] = ifMatch === "*" ? "*" : `"${ifMatch}"`;
    if (idempotencyKey) headers["Idempotency-Key"] = idempotencyKey;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const init: RequestInit = { method, headers, signal: signal ?? null };
    if (body !== undefined) init.body = JSON.stringify(body);
    return heard(url, signal, () => fetch(url, init));
  }

  async function send(method: string, path: string, options: HttpRequest = {}): Promise<unknown> {
    const url = address(base, path, options.query);
    const kept = method === "GET" ? await cache?.get(url) : undefined;
    const response = await request(method, url, options, kept?.etag);
    if (response.status === 304 && kept) return JSON.parse(kept.body);
    if (response.status === 404 || response.status === 410) await cache?.delete(url);
    const text = await heard(url, options.signal, () => response.text());
    if (response.status === 204) return undefined;
    const content = read(url, response, text);
    const etag = response.headers.get("ETag");
    if (method === "GET" && etag) await cache?.set(url, { etag, body: text });
    return content;
  }

  async function open(path: string, options: HttpRequest): Promise<Response> {
    const url = address(base, path, options.query);
    const response = await request("GET", url, options);
    if (!response.ok || !response.headers.get("Content-Type")?.startsWith("text/event-stream")) {
      read(url, response, await heard(url, options.signal, () => response.text()));
      throw unreadable(url, response);
    }
    return response;
  }

  return { send, open };
}

/** The result, or `unreachable` where there is no connection or it broke. An abort by the caller stays what it is. */
export async function heard<Result>(url: string, signal: AbortSignal | undefined, ask: () => Promise<Result>): Promise<Result> {
  try {
    return await ask();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem("unreachable", `${url} does not answer, or not to the end: ${String(error)}`);
  }
}

function unreadable(url: string, response: Response): Problem {
  const message = `${url} answers ${response.status} without the JSON of this API. Is it the address of a Dovidka server?`;
  return new Problem("unreadable", message, response.status, null, retryAfter(response));
}

function retryAfter(response: Response): number | undefined {
  const seconds = Number(response.headers.get("Retry-After") ?? NaN);
  return seconds >= 0 ? seconds : undefined;
}

function read(url: string, response: Response, text: string): unknown {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw unreadable(url, response);
  }
  if (typeof content !== "object" || content === null) throw unreadable(url, response);
  if (response.ok) return content;
  const details = content as { code?: unknown; detail?: unknown; errors?: unknown };
  if (typeof details.code !== "string" || !Array.isArray(details.errors)) throw unreadable(url, response);
  const code = details.code as ProblemCode;
  throw new Problem(code, String(details.detail), response.status, details as never, retryAfter(response));
}
